//! Corrects documents that differ from the behaviour of their server.
//!
//! Corrections are data, not code. Each names the document and the published value, so that a correction which a new document no longer needs is noticed.

use serde_json::{Map, Value};

use crate::error::DocumentError;
use crate::pointer::unescape;

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
    pub action: CorrectionAction,
    /// Behaviour of the server.
    pub reason: String,
    /// URL of the evidence.
    pub link: String,
}

/// Action of a correction.
#[derive(Debug, Clone, PartialEq)]
pub enum CorrectionAction {
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
    match (found, &correction.expect, &correction.action) {
        (None, None, CorrectionAction::Set(_)) => {}
        (Some(_), None, CorrectionAction::Remove | CorrectionAction::Rename(_)) => {}
        (Some(found), Some(expected), _) if found == expected => {}
        (Some(found), ..) => return Err(format!("the value is {found}")),
        (None, ..) => return Err("the value does not exist".to_owned()),
    }
    let Some((parent, key)) = correction.pointer.rsplit_once('/') else {
        return Err("the pointer is that of the whole document".to_owned());
    };
    let key = unescape(key);
    let around = value
        .pointer_mut(parent)
        .ok_or("the parent does not exist")?;
    match (around, &correction.action) {
        (Value::Object(map), CorrectionAction::Set(new)) => drop(map.insert(key, new.clone())),
        (Value::Object(map), CorrectionAction::Remove) => drop(map.shift_remove(&key)),
        (Value::Object(map), CorrectionAction::Rename(new)) => {
            if map.contains_key(new) {
                return Err(format!("`{new}` already exists"));
            }
            rename(map, &key, new);
            rename_required(value, parent, &key, new);
        }
        (Value::Array(list), action) => match (key.parse::<usize>(), action) {
            (Ok(index), CorrectionAction::Set(new)) if index < list.len() => {
                list[index] = new.clone();
            }
            (Ok(index), CorrectionAction::Remove) if index < list.len() => drop(list.remove(index)),
            (Err(_), CorrectionAction::Set(new)) if key == "-" => list.push(new.clone()),
            _ => return Err("the list has no such index".to_owned()),
        },
        _ => return Err("the parent is neither an object nor a list".to_owned()),
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

    fn correction(pointer: &str, expect: Option<Value>, action: CorrectionAction) -> Correction {
        let text = String::new;
        Correction {
            source: "c.yaml".to_owned(),
            line: 7,
            document: "d".to_owned(),
            pointer: pointer.to_owned(),
            expect,
            action,
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
                CorrectionAction::Set(json!(3)),
                json!({"a": {"required": ["x", "y"], "properties": {"x": 3, "y/z": 2, "w": [1, 2]}}}),
            ),
            (
                "/a/properties/n",
                None,
                CorrectionAction::Set(json!({})),
                json!({"a": {"required": ["x", "y"], "properties": {"x": 1, "y/z": 2, "w": [1, 2], "n": {}}}}),
            ),
            (
                "/a/properties/y~1z",
                None,
                CorrectionAction::Remove,
                json!({"a": {"required": ["x", "y"], "properties": {"x": 1, "w": [1, 2]}}}),
            ),
            (
                "/a/properties/x",
                None,
                CorrectionAction::Rename("v".to_owned()),
                json!({"a": {"required": ["v", "y"], "properties": {"v": 1, "y/z": 2, "w": [1, 2]}}}),
            ),
            (
                "/a/properties/w/0",
                Some(json!(1)),
                CorrectionAction::Remove,
                json!({"a": {"required": ["x", "y"], "properties": {"x": 1, "y/z": 2, "w": [2]}}}),
            ),
            (
                "/a/properties/w/-",
                None,
                CorrectionAction::Set(json!(3)),
                json!({"a": {"required": ["x", "y"], "properties": {"x": 1, "y/z": 2, "w": [1, 2, 3]}}}),
            ),
        ];
        for (pointer, expect, action, expected) in rows {
            let mut value = document.clone();
            assert_eq!(
                apply("d", &mut value, &[correction(pointer, expect, action)]),
                Ok(())
            );
            // The values are compared as text, because the order of keys matters.
            assert_eq!(value.to_string(), expected.to_string());
        }
    }

    #[test]
    fn a_correction_that_does_not_fit_is_an_error() {
        let rows = [
            (
                "/a",
                Some(json!(2)),
                CorrectionAction::Remove,
                "the value is 1",
            ),
            (
                "/a",
                None,
                CorrectionAction::Set(json!(2)),
                "the value is 1",
            ),
            (
                "/b",
                Some(json!(2)),
                CorrectionAction::Set(json!(3)),
                "the value does not exist",
            ),
            (
                "/b",
                None,
                CorrectionAction::Remove,
                "the value does not exist",
            ),
            (
                "/b/c",
                None,
                CorrectionAction::Set(json!(3)),
                "the parent does not exist",
            ),
            (
                "/a",
                None,
                CorrectionAction::Rename("l".to_owned()),
                "`l` already exists",
            ),
            (
                "/l/x",
                None,
                CorrectionAction::Set(json!(3)),
                "the list has no such index",
            ),
            (
                "",
                None,
                CorrectionAction::Remove,
                "the pointer is that of the whole document",
            ),
        ];
        for (pointer, expect, action, found) in rows {
            let mut value = json!({"a": 1, "l": []});
            let errors = apply("d", &mut value, &[correction(pointer, expect, action)])
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
                &[correction("/a", None, CorrectionAction::Remove)]
            ),
            Ok(())
        );
    }
}
