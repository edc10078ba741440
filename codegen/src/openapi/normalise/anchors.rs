//! Replaces references to an anchor (`$ref: '#node'`, `$dynamicRef`, `$recursiveRef`) with references to the location of the anchor.
//!
//! The target of a dynamic reference depends on the path to the reference, unless only one schema has the anchor. Only such unambiguous references are replaced. The others remain and are rejected later.

use std::collections::BTreeMap;

use serde_json::Value;

use super::walk::each_object;

/// Name for the anchor of `$recursiveAnchor: true`, which has no name of its own.
const RECURSIVE: &str = "";

/// Replaces the references that have only one possible target.
pub(super) fn references(document: &mut Value) {
    // Location of each anchor; empty if several locations have the anchor.
    let mut anchors: BTreeMap<String, String> = BTreeMap::new();
    each_object(document, &mut |map, pointer| {
        for key in ["$anchor", "$dynamicAnchor", "$recursiveAnchor"] {
            let name = match map.get(key) {
                Some(Value::String(name)) if key != "$recursiveAnchor" => name.as_str(),
                Some(Value::Bool(true)) if key == "$recursiveAnchor" => RECURSIVE,
                _ => continue,
            };
            let location = anchors.entry(name.to_owned());
            let location = location.or_insert_with(|| pointer.to_owned());
            if location != pointer {
                location.clear();
            }
        }
    });
    if anchors.is_empty() {
        return;
    }
    each_object(document, &mut |map, pointer| {
        for key in ["$ref", "$dynamicRef", "$recursiveRef"] {
            let reference = map.get(key).and_then(Value::as_str);
            let target = reference.and_then(|reference| target(&anchors, key, reference, pointer));
            let is_other = key == "$ref" || !map.contains_key("$ref");
            if let Some(target) = target.filter(|_| is_other) {
                map.shift_remove(key);
                map.insert("$ref".to_owned(), target.into());
            }
        }
    });
}

/// Returns the target of a reference, if there is only one.
fn target(
    anchors: &BTreeMap<String, String>,
    key: &str,
    reference: &str,
    pointer: &str,
) -> Option<String> {
    let name = reference.strip_prefix('#')?;
    if name.is_empty() != (key == "$recursiveRef") || name.starts_with('/') {
        return None;
    }
    let location = anchors.get(name).filter(|location| !location.is_empty())?;
    // A recursive reference refers to a schema that contains it.
    let rest = pointer.strip_prefix(location.as_str());
    let is_inside = rest.is_some_and(|rest| rest.starts_with('/'));
    (is_inside || name != RECURSIVE).then(|| format!("#{location}"))
}
