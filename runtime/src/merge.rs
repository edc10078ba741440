//! Converts part of a response into part of a request body, because responses have members that requests do not accept.

use serde_json::Value;

use crate::check::{is_kind, is_password};
use crate::schema::{Additional, Kind, Shape};

/// Returns the value without passwords, which servers mask, and without members that the shape does not have; `None` if nothing remains.
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
