//! A part of an answer as part of an input: an API answers with more than it accepts.

use serde_json::Value;

use crate::check::{is_kind, is_password};
use crate::schema::{Additional, Kind, Shape};

/// The value without passwords, which servers mask, and without what the shape has no place for; `None` if nothing is left of it.
pub(crate) fn fit(shape: &Shape, value: &Value) -> Option<Value> {
    let shape = &shape.resolved();
    match (&shape.kind, value) {
        (_, Value::Null) => is_kind(shape, value).then_some(Value::Null),
        (Kind::Object { fields, additional }, Value::Object(members)) => {
            let kept = members.iter().filter_map(|(name, value)| {
                let field = fields.iter().find(|field| field.name == name);
                let shape = match (field, additional) {
                    (Some(field), _) if is_password(&field.shape) => return None,
                    (Some(field), _) => &field.shape,
                    (None, Additional::Open(shape)) => shape,
                    (None, Additional::Closed) => return None,
                };
                Some((name.clone(), fit(shape, value)?))
            });
            Some(Value::Object(kept.collect()))
        }
        (Kind::Array { items, .. }, Value::Array(values)) => {
            let kept = values.iter().filter_map(|value| fit(items, value));
            Some(Value::Array(kept.collect()))
        }
        (Kind::OneOf(shapes), value) => shapes
            .iter()
            .find(|shape| is_kind(shape, value))
            .and_then(|shape| fit(shape, value)),
        _ => is_kind(shape, value).then(|| value.clone()),
    }
}

#[cfg(test)]
mod tests;
