//! Corrects documents that differ from the behaviour of their server.
//!
//! Corrections are data, not code. Each names the document and the published value, so that a correction which a new document no longer needs is noticed.

use serde_json::{Map, Value};

use crate::error::DocumentError;
use crate::openapi::unescape;

/// Wrong value of a document, and its correction.
#[derive(Debug, Clone, PartialEq)]
pub struct Correction {
    /// File with the correction.
    pub source: String,
    /// Line of the entry.
    pub line: usize,
    /// Name of the document.
    pub document: String,
    /// JSON pointer of the value.
    pub pointer: String,
    /// Published value. `None` means for `Set` that the value must not exist, and for `Remove` and `Rename` that it can be any value.
    pub expect: Option<Value>,
    /// Action of the correction.
    pub change: Change,
    /// Behaviour of the server.
    pub reason: String,
    /// URL of the evidence.
    pub link: String,
}

/// Action of a correction.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// Replaces or adds the value.
    Set(Value),
    /// Removes the value.
    Remove,
    /// Replaces the key of the value and keeps its position among the other keys.
    Rename(String),
}

/// Applies the corrections that are for the document `name`. Each correction that does not fit is an error.
pub(crate) fn apply(
    name: &str,
    value: &mut Value,
    corrections: &[Correction],
) -> Result<(), Vec<DocumentError>> {
    let mine = corrections
        .iter()
        .filter(|correction| correction.document == name);
    let errors: Vec<DocumentError> = mine
        .filter_map(|correction| {
            let found = correct(value, correction).err()?;
            Some(DocumentError::Correction {
                file: correction.source.clone(),
                line: correction.line,
                document: name.to_owned(),
                pointer: correction.pointer.clone(),
                found,
            })
        })
        .collect();
    if errors.is_empty() {
        Ok(())
    } else {
        Err(errors)
    }
}

/// Applies one correction. The error describes the value that was found instead.
fn correct(value: &mut Value, correction: &Correction) -> Result<(), String> {
    let found = value.pointer(&correction.pointer);
    match (found, &correction.expect, &correction.change) {
        (None, None, Change::Set(_)) => {}
        (Some(_), None, Change::Remove | Change::Rename(_)) => {}
        (Some(found), Some(expected), _) if found == expected => {}
        (Some(found), ..) => return Err(format!("there is {found}")),
        (None, ..) => return Err("there is nothing".to_owned()),
    }
    let Some((parent, key)) = correction.pointer.rsplit_once('/') else {
        return Err("it is the whole document".to_owned());
    };
    let key = unescape(key);
    let around = value
        .pointer_mut(parent)
        .ok_or("what it stands in is not there")?;
    match (around, &correction.change) {
        (Value::Object(map), Change::Set(new)) => drop(map.insert(key, new.clone())),
        (Value::Object(map), Change::Remove) => drop(map.shift_remove(&key)),
        (Value::Object(map), Change::Rename(new)) => {
            if map.contains_key(new) {
                return Err(format!("there is a `{new}` already"));
            }
            rename(map, &key, new);
            rename_required(value, parent, &key, new);
        }
        (Value::Array(list), change) => match (key.parse::<usize>(), change) {
            (Ok(index), Change::Set(new)) if index < list.len() => list[index] = new.clone(),
            (Ok(index), Change::Remove) if index < list.len() => drop(list.remove(index)),
            (Err(_), Change::Set(new)) if key == "-" => list.push(new.clone()),
            _ => return Err("a list has no such place".to_owned()),
        },
        _ => return Err("it stands in no object or list".to_owned()),
    }
    Ok(())
}

fn rename(map: &mut Map<String, Value>, key: &str, new: &str) {
    let renamed = std::mem::take(map)
        .into_iter()
        .map(|(name, value)| (if name == key { new.to_owned() } else { name }, value));
    map.extend(renamed);
}

/// Renames a property in `required` as well.
fn rename_required(value: &mut Value, properties: &str, key: &str, new: &str) {
    let Some(schema) = properties.strip_suffix("/properties") else {
        return;
    };
    let required = value
        .pointer_mut(&format!("{schema}/required"))
        .and_then(Value::as_array_mut);
    for name in required.into_iter().flatten().filter(|name| *name == key) {
        *name = new.into();
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn correction(pointer: &str, expect: Option<Value>, change: Change) -> Correction {
        let text = String::new;
        Correction {
            source: "c.yaml".to_owned(),
            line: 7,
            document: "d".to_owned(),
            pointer: pointer.to_owned(),
            expect,
            change,
            reason: text(),
            link: text(),
        }
    }

    #[test]
    fn a_correction_changes_its_value_and_no_other() {
        let document =
            json!({"a": {"required": ["x", "y"], "properties": {"x": 1, "y/z": 2, "w": [1, 2]}}});
        let rows = [
            (
                "/a/properties/x",
                Some(json!(1)),
                Change::Set(json!(3)),
                json!({"a": {"required": ["x", "y"], "properties": {"x": 3, "y/z": 2, "w": [1, 2]}}}),
            ),
            (
                "/a/properties/n",
                None,
                Change::Set(json!({})),
                json!({"a": {"required": ["x", "y"], "properties": {"x": 1, "y/z": 2, "w": [1, 2], "n": {}}}}),
            ),
            (
                "/a/properties/y~1z",
                None,
                Change::Remove,
                json!({"a": {"required": ["x", "y"], "properties": {"x": 1, "w": [1, 2]}}}),
            ),
            (
                "/a/properties/x",
                None,
                Change::Rename("v".to_owned()),
                json!({"a": {"required": ["v", "y"], "properties": {"v": 1, "y/z": 2, "w": [1, 2]}}}),
            ),
            (
                "/a/properties/w/0",
                Some(json!(1)),
                Change::Remove,
                json!({"a": {"required": ["x", "y"], "properties": {"x": 1, "y/z": 2, "w": [2]}}}),
            ),
            (
                "/a/properties/w/-",
                None,
                Change::Set(json!(3)),
                json!({"a": {"required": ["x", "y"], "properties": {"x": 1, "y/z": 2, "w": [1, 2, 3]}}}),
            ),
        ];
        for (pointer, expect, change, expected) in rows {
            let mut value = document.clone();
            assert_eq!(
                apply("d", &mut value, &[correction(pointer, expect, change)]),
                Ok(())
            );
            // The values are compared as text, because the order of keys matters.
            assert_eq!(value.to_string(), expected.to_string());
        }
    }

    #[test]
    fn a_correction_that_does_not_fit_is_an_error() {
        let rows = [
            ("/a", Some(json!(2)), Change::Remove, "there is 1"),
            ("/a", None, Change::Set(json!(2)), "there is 1"),
            (
                "/b",
                Some(json!(2)),
                Change::Set(json!(3)),
                "there is nothing",
            ),
            ("/b", None, Change::Remove, "there is nothing"),
            (
                "/b/c",
                None,
                Change::Set(json!(3)),
                "what it stands in is not there",
            ),
            (
                "/a",
                None,
                Change::Rename("l".to_owned()),
                "there is a `l` already",
            ),
            (
                "/l/x",
                None,
                Change::Set(json!(3)),
                "a list has no such place",
            ),
            ("", None, Change::Remove, "it is the whole document"),
        ];
        for (pointer, expect, change, found) in rows {
            let mut value = json!({"a": 1, "l": []});
            let errors = apply("d", &mut value, &[correction(pointer, expect, change)])
                .err()
                .unwrap_or_default();
            let messages: Vec<String> = errors.iter().map(ToString::to_string).collect();
            assert_eq!(
                messages,
                [format!(
                    "c.yaml:7: correction of `d` at {pointer} no longer applies: {found}; update or remove it"
                )]
            );
        }
    }

    #[test]
    fn corrections_of_other_documents_are_left_alone() {
        let mut value = json!({});
        assert_eq!(
            apply(
                "other",
                &mut value,
                &[correction("/a", None, Change::Remove)]
            ),
            Ok(())
        );
    }
}
