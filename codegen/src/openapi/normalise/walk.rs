//! Visits all objects of a document.

use serde_json::{Map, Value};

use crate::pointer::escape;

/// Calls `visit` with each object and its JSON pointer, outer objects first.
pub(super) fn each_object(
    document: &mut Value,
    visit: &mut impl FnMut(&mut Map<String, Value>, &str),
) {
    walk(document, &mut String::new(), visit);
}

fn walk(
    value: &mut Value,
    pointer: &mut String,
    visit: &mut impl FnMut(&mut Map<String, Value>, &str),
) {
    if let Value::Object(map) = value {
        visit(map, pointer);
    }
    let members: Box<dyn Iterator<Item = (String, &mut Value)>> = match value {
        Value::Object(map) => Box::new(map.iter_mut().map(|(key, it)| (escape(key), it))),
        Value::Array(list) => {
            let items = list.iter_mut().enumerate();
            Box::new(items.map(|(index, it)| (index.to_string(), it)))
        }
        _ => return,
    };
    let length = pointer.len();
    for (step, value) in members {
        pointer.push('/');
        pointer.push_str(&step);
        walk(value, pointer, visit);
        pointer.truncate(length);
    }
}
