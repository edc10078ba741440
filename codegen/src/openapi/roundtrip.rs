//! Finds the parts of a value that its typed document lost.

use serde_json::Value;

use super::normalise::escape;

/// Returns JSON pointers of the parts of `value` that are not in `typed`, each once, at the highest member that is missing or changed.
pub(crate) fn losses(value: &Value, typed: &Value) -> Vec<String> {
    let mut lost = Vec::new();
    compare(value, typed, &mut String::new(), &mut lost);
    lost
}

fn compare(value: &Value, typed: &Value, pointer: &mut String, lost: &mut Vec<String>) {
    let length = pointer.len();
    match (value, typed) {
        (Value::Object(from), Value::Object(to)) => {
            for (key, value) in from {
                pointer.push('/');
                pointer.push_str(&escape(key));
                match to.get(key) {
                    Some(typed) => compare(value, typed, pointer, lost),
                    None if is_default(key, value) => {}
                    None => lost.push(pointer.clone()),
                }
                pointer.truncate(length);
            }
        }
        (Value::Array(from), Value::Array(to)) if from.len() == to.len() => {
            for (index, (value, typed)) in from.iter().zip(to).enumerate() {
                pointer.push_str(&format!("/{index}"));
                compare(value, typed, pointer, lost);
                pointer.truncate(length);
            }
        }
        (Value::Number(from), Value::Number(to)) if from.as_f64() == to.as_f64() => {}
        _ if value == typed => {}
        _ => lost.push(pointer.clone()),
    }
}

/// Returns whether a member has the same meaning as if it were omitted.
fn is_default(key: &str, value: &Value) -> bool {
    const FALSE: [&str; 10] = [
        "nullable",
        "readOnly",
        "writeOnly",
        "deprecated",
        "required",
        "uniqueItems",
        "exclusiveMinimum",
        "exclusiveMaximum",
        "allowEmptyValue",
        "allowReserved",
    ];
    const EMPTY: [&str; 19] = [
        "servers",
        "tags",
        "parameters",
        "required",
        "properties",
        "allOf",
        "enum",
        "content",
        "headers",
        "examples",
        "links",
        "encoding",
        "callbacks",
        "mapping",
        "schemas",
        "responses",
        "requestBodies",
        "securitySchemes",
        "scopes",
    ];
    match value {
        Value::Bool(false) => FALSE.contains(&key),
        Value::Array(list) => list.is_empty() && EMPTY.contains(&key),
        Value::Object(map) => map.is_empty() && EMPTY.contains(&key),
        _ => false,
    }
}
