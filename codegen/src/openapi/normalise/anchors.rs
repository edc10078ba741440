//! Replaces references to an anchor (`$ref: '#node'`, `$dynamicRef`, `$recursiveRef`) with references to the location of the anchor.
//!
//! The target of a dynamic reference depends on the path to the reference, unless only one schema has the anchor. Only such unambiguous references are replaced. The others remain and are rejected later.

use std::collections::BTreeMap;

use serde_json::Value;

use super::escape;

/// Replaces the references that have only one possible target.
pub(super) fn references(document: &mut Value) {
    let mut anchors = Anchors::default();
    anchors.find(document, &mut String::new());
    if !anchors.0.is_empty() {
        anchors.rewrite(document, &mut String::new());
    }
}

/// Name for the anchor of `$recursiveAnchor: true`, which has no name of its own.
const RECURSIVE: &str = "";

/// Location of each anchor; empty if several locations have the anchor.
#[derive(Default)]
struct Anchors(BTreeMap<String, String>);

impl Anchors {
    fn find(&mut self, value: &Value, pointer: &mut String) {
        if let Value::Object(map) = value {
            for key in ["$anchor", "$dynamicAnchor", "$recursiveAnchor"] {
                let name = match map.get(key) {
                    Some(Value::String(name)) if key != "$recursiveAnchor" => name.as_str(),
                    Some(Value::Bool(true)) if key == "$recursiveAnchor" => RECURSIVE,
                    _ => continue,
                };
                let places = self.0.entry(name.to_owned());
                let place = places.or_insert_with(|| pointer.clone());
                if place != pointer {
                    place.clear();
                }
            }
        }
        for (key, value) in members(value) {
            within(pointer, &key, |pointer| self.find(value, pointer));
        }
    }

    fn rewrite(&self, value: &mut Value, pointer: &mut String) {
        if let Value::Object(map) = value {
            for key in ["$ref", "$dynamicRef", "$recursiveRef"] {
                let target = map.get(key).and_then(Value::as_str);
                let target = target.and_then(|target| self.target(key, target, pointer));
                let is_other = key == "$ref" || !map.contains_key("$ref");
                if let Some(target) = target.filter(|_| is_other) {
                    map.shift_remove(key);
                    map.insert("$ref".to_owned(), target.into());
                }
            }
        }
        match value {
            Value::Object(map) => {
                for (key, value) in map {
                    within(pointer, key, |pointer| self.rewrite(value, pointer));
                }
            }
            Value::Array(list) => {
                for (index, value) in list.iter_mut().enumerate() {
                    let key = index.to_string();
                    within(pointer, &key, |pointer| self.rewrite(value, pointer));
                }
            }
            _ => {}
        }
    }

    /// Returns the target of a reference, if there is only one.
    fn target(&self, key: &str, reference: &str, pointer: &str) -> Option<String> {
        let name = reference.strip_prefix('#')?;
        if name.is_empty() != (key == "$recursiveRef") || name.starts_with('/') {
            return None;
        }
        let place = self.0.get(name).filter(|place| !place.is_empty())?;
        // A recursive reference refers to a schema that contains it.
        let inside = pointer.strip_prefix(place.as_str());
        let inside = inside.is_some_and(|rest| rest.starts_with('/'));
        (inside || name != RECURSIVE).then(|| format!("#{place}"))
    }
}

fn members(value: &Value) -> Vec<(String, &Value)> {
    match value {
        Value::Object(map) => map.iter().map(|(key, it)| (key.clone(), it)).collect(),
        Value::Array(list) => {
            let members = list.iter().enumerate();
            members.map(|(index, it)| (index.to_string(), it)).collect()
        }
        _ => Vec::new(),
    }
}

fn within(pointer: &mut String, key: &str, then: impl FnOnce(&mut String)) {
    let length = pointer.len();
    pointer.push('/');
    pointer.push_str(&escape(key));
    then(pointer);
    pointer.truncate(length);
}
