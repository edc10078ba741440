//! Takes the values of omitted body members from the stored object, for APIs that require the whole object. Responses have members that requests do not accept.

use serde_json::{Map, Value};

use crate::args::check::{has_type, is_password, member_shape};
use crate::args::{ArgumentError, CheckedArguments};
use crate::mask::contains_mask;
use crate::schema::{Kind, Shape};
use crate::tool::ParameterLocation;

/// Returns the stored values of the body members that the caller omitted, by wire name, reduced to what the members accept. Secrets and `null` are omitted: servers return secrets masked, and the mask would be written as the value.
///
/// Returns an error if the server masks a value that the update would overwrite. An update with a mask overwrites only given members.
pub(super) fn stored_members(
    arguments: &CheckedArguments,
    current: &Value,
) -> Result<Map<String, Value>, ArgumentError> {
    let tool = arguments.tool();
    let mut stored = Map::new();
    for parameter in tool.parameters {
        let shape = &parameter.field.shape;
        let is_kept = parameter.location == ParameterLocation::Body
            && arguments.given(parameter.field.name).is_none()
            && !parameter.secret
            && !is_password(shape);
        let value = current
            .get(parameter.wire)
            .filter(|it| is_kept && !it.is_null());
        let Some(value) = value.and_then(|it| fit(shape, it)) else {
            continue;
        };
        if !contains_mask(&value) {
            stored.insert(parameter.wire.to_owned(), value);
        } else if tool.update.mask.is_none() {
            let name = parameter.field.name;
            return Err(ArgumentError::MaskedByServer { name });
        }
    }
    Ok(stored)
}

/// Returns the value without passwords, which servers mask, and without members that the shape does not have; `None` if nothing remains.
fn fit(shape: &Shape, value: &Value) -> Option<Value> {
    let shape = &shape.resolved();
    match (&shape.kind, value) {
        (_, Value::Null) => has_type(shape, value).then_some(Value::Null),
        (Kind::Object { fields, additional }, Value::Object(members)) => {
            let kept = members.iter().filter_map(|(name, value)| {
                let shape = member_shape(fields, *additional, name);
                let shape = shape.filter(|shape| !is_password(shape))?;
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
            .find(|shape| has_type(shape, value))
            .and_then(|shape| fit(shape, value)),
        _ => has_type(shape, value).then(|| value.clone()),
    }
}

#[cfg(test)]
mod tests;
