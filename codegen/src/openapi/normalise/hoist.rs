//! Turns targets of references that are not components, such as `#/components/schemas/A/properties/b`, into components.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::walk::each_object;
use crate::pointer::unescape;

/// Makes a component of each part to which such a reference refers, and rewrites the references.
pub(super) fn targets(document: &mut Value) {
    let mut deep = BTreeSet::new();
    each_object(document, &mut |map, _| {
        let reference = map.get("$ref").and_then(Value::as_str);
        deep.extend(reference.filter(|it| is_deep(it)).map(str::to_owned));
    });
    let targets = deep.into_iter().filter_map(|reference| {
        let pointer = pointer(&reference);
        let target = document.pointer(&pointer)?;
        let section = section(&pointer)?;
        let target = target.is_object().then(|| target.clone())?;
        Some((reference, section, target))
    });
    let targets: Vec<(String, &str, Value)> = targets.collect();
    let mut names = BTreeMap::new();
    for (reference, section, target) in targets {
        let components = &mut document["components"];
        if components.is_null() {
            *components = json!({});
        }
        let parts = components.as_object_mut();
        let parts = parts.map(|it| it.entry(section).or_insert_with(|| json!({})));
        let Some(Value::Object(parts)) = parts else {
            continue;
        };
        let name = unused_name(&reference, parts);
        names.insert(reference, format!("#/components/{section}/{name}"));
        parts.insert(name, target);
    }
    if names.is_empty() {
        return;
    }
    each_object(document, &mut |map, _| {
        if let Some(Value::String(reference)) = map.get_mut("$ref")
            && let Some(name) = names.get(reference)
        {
            reference.clone_from(name);
        }
    });
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
    let mut steps = pointer.rsplit('/');
    let (last, parent) = (steps.next()?, steps.next()?);
    match (parent, last) {
        ("properties" | "allOf" | "anyOf" | "oneOf" | "schemas", _) => Some("schemas"),
        ("definitions" | "$defs", _) => Some("schemas"),
        ("parameters", _) => Some("parameters"),
        ("requestBodies", _) | (_, "requestBody") => Some("requestBodies"),
        ("responses", _) => Some("responses"),
        (_, "schema" | "items" | "not" | "additionalProperties") => Some("schemas"),
        _ if pointer.contains("/$defs/") => Some("schemas"),
        _ => None,
    }
}

/// Makes an unused name from the end of the pointer, without characters that must be escaped in pointers.
fn unused_name(reference: &str, taken: &Map<String, Value>) -> String {
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
