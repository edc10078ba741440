//! Turns targets of references that are not components, such as `#/components/schemas/A/properties/b`, into components.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::unescape;
use crate::openapi::places::{self, Leaf};

/// Makes a component of each part to which such a reference refers, and rewrites the references.
pub(super) fn targets(document: &mut Value) {
    let mut deep = BTreeMap::new();
    find(document, &mut deep);
    let targets: Vec<(String, &str, Value)> = deep
        .keys()
        .filter_map(|reference| {
            let pointer = pointer(reference);
            let target = document.pointer(&pointer)?;
            let section = section(&pointer)?;
            target
                .is_object()
                .then(|| (reference.clone(), section, target.clone()))
        })
        .collect();
    deep.clear();
    for (reference, section, target) in targets {
        let Some(map) = document.as_object_mut() else {
            return;
        };
        let components = map.entry("components").or_insert_with(|| json!({}));
        let of_kind = components
            .as_object_mut()
            .map(|components| components.entry(section).or_insert_with(|| json!({})));
        let Some(Value::Object(of_kind)) = of_kind else {
            continue;
        };
        let name = free(&reference, of_kind);
        deep.insert(reference, format!("#/components/{section}/{name}"));
        of_kind.insert(name, target);
    }
    if !deep.is_empty() {
        rename(document, &deep);
    }
}

/// Returns whether the target of a reference is not a component. References to path items are resolved with the paths.
fn is_deep(reference: &str) -> bool {
    match reference.split('/').collect::<Vec<_>>().as_slice() {
        ["#", "components", _, _] | ["#", "paths", _] | ["#"] => false,
        ["#", ..] => true,
        _ => false,
    }
}

/// Returns the JSON pointer of a reference. A reference is part of a URL and can be percent-encoded.
fn pointer(reference: &str) -> String {
    let text = reference.trim_start_matches('#');
    let mut bytes = Vec::new();
    let mut at = 0;
    while let Some(byte) = text.as_bytes().get(at) {
        let digits = text.get(at + 1..at + 3).filter(|_| *byte == b'%');
        let decoded = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        bytes.push(decoded.unwrap_or(*byte));
        at += if decoded.is_some() { 3 } else { 1 };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Returns the section of the components to which a part belongs.
fn section(pointer: &str) -> Option<&'static str> {
    match places::at(pointer) {
        Some(Leaf::Schema) => Some("schemas"),
        Some(Leaf::Parameter) => Some("parameters"),
        Some(Leaf::Body) => Some("requestBodies"),
        Some(Leaf::Response) => Some("responses"),
        Some(_) => None,
        None => {
            let named = pointer.starts_with("/definitions/") || pointer.contains("/$defs/");
            named.then_some("schemas")
        }
    }
}

/// Makes an unused name from the end of the pointer, without characters that must be escaped in pointers.
fn free(reference: &str, taken: &Map<String, Value>) -> String {
    const STEPS: [&str; 9] = [
        "#",
        "components",
        "schemas",
        "paths",
        "properties",
        "content",
        "schema",
        "$defs",
        "definitions",
    ];
    let words: Vec<String> = pointer(reference)
        .split('/')
        .filter(|step| !step.is_empty() && !STEPS.contains(step))
        .map(|step| unescape(step).replace(['/', '~', '%', '{', '}'], "_"))
        .collect();
    let mut name = words.join("_");
    while taken.contains_key(&name) {
        name.push('_');
    }
    name
}

fn find(value: &Value, deep: &mut BTreeMap<String, String>) {
    match value {
        Value::Object(map) => {
            if let Some(Value::String(reference)) = map.get("$ref")
                && is_deep(reference)
            {
                deep.insert(reference.clone(), String::new());
            }
            map.values().for_each(|value| find(value, deep));
        }
        Value::Array(list) => list.iter().for_each(|value| find(value, deep)),
        _ => {}
    }
}

fn rename(value: &mut Value, names: &BTreeMap<String, String>) {
    match value {
        Value::Object(map) => {
            if let Some(Value::String(reference)) = map.get_mut("$ref")
                && let Some(name) = names.get(reference)
            {
                reference.clone_from(name);
            }
            map.values_mut().for_each(|value| rename(value, names));
        }
        Value::Array(list) => list.iter_mut().for_each(|value| rename(value, names)),
        _ => {}
    }
}
