//! Finds the secrets in the arguments of a call.

use serde_json::{Map, Value};

use super::check::{is_password, member_shape};
use crate::mask::is_masked;
use crate::schema::{Kind, Shape};
use crate::tool::{Parameter, Tool};

const ANY: Shape = Shape {
    kind: Kind::Any,
    nullable: true,
};

/// Returns the values in unchecked arguments that must not be shown again, so that they can be removed from messages about invalid arguments.
pub(crate) fn secret_values(tool: &Tool, arguments: &Map<String, Value>) -> Vec<String> {
    let mut secrets = Vec::new();
    for parameter in tool.parameters {
        if let Some(value) = arguments.get(parameter.field.name) {
            collect(
                &parameter.field.shape,
                value,
                parameter.secret,
                &mut secrets,
            );
        }
    }
    secrets
}

/// Returns whether a value contains a mask instead of a secret.
pub(crate) fn has_masked_secret(parameter: &Parameter, value: &Value) -> bool {
    let mut secrets = Vec::new();
    collect(
        &parameter.field.shape,
        value,
        parameter.secret,
        &mut secrets,
    );
    secrets.iter().any(|secret| is_masked(secret))
}

fn collect(shape: &Shape, value: &Value, secret: bool, secrets: &mut Vec<String>) {
    let shape = shape.resolved();
    let secret = secret || is_password(&shape);
    match (&shape.kind, value) {
        (Kind::OneOf(shapes), value) if !secret => {
            for shape in *shapes {
                collect(shape, value, false, secrets);
            }
        }
        (_, Value::String(text)) if secret => secrets.push(text.clone()),
        (_, Value::Number(number)) if secret => secrets.push(number.as_str().to_owned()),
        (kind, Value::Array(values)) => {
            let items = match kind {
                Kind::Array { items, .. } => *items,
                _ => &ANY,
            };
            for value in values {
                collect(items, value, secret, secrets);
            }
        }
        (kind, Value::Object(members)) => {
            for (name, value) in members {
                let shape = match kind {
                    Kind::Object { fields, additional } => member_shape(fields, *additional, name),
                    _ => None,
                };
                collect(shape.unwrap_or(&ANY), value, secret, secrets);
            }
        }
        _ => {}
    }
}
