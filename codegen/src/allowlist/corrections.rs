//! `corrections.yaml`: corrections of documents that describe their upstream wrongly.

use crate::corrections::{Change, Correction};
use crate::diagnostic::Diagnostic;
use crate::reader::Reader;
use crate::yaml::{Node, Value};

/// Reads the file.
pub(crate) fn read(r: &mut Reader<'_>, node: &Node) -> Vec<Correction> {
    let Some(map) = r.map(node, "this file", &["corrections"]) else {
        return Vec::new();
    };
    let entries = r.items(&map, "corrections");
    entries
        .iter()
        .filter_map(|node| correction(r, node))
        .flatten()
        .collect()
}

/// Reads a correction and returns a copy for each of its documents.
fn correction(r: &mut Reader<'_>, node: &Node) -> Option<Vec<Correction>> {
    let keys = [
        "document", "at", "expect", "set", "remove", "rename", "reason", "link",
    ];
    let map = r.map(node, "a correction", &keys)?;
    let documents = match map.get("document") {
        Some(node) if matches!(node.value, Value::List(_)) => r.texts(&map, "document"),
        _ => r.text(&map, "document").into_iter().collect(),
    };
    let pointer = r.text(&map, "at");
    let rename = r.text_if(&map, "rename");
    let remove = r.flag_if(&map, "remove");
    let change = match (map.get("set"), remove.map(|flag| flag.value), rename) {
        (Some(node), None, None) => Some(Change::Set(node.json())),
        (None, Some(true), None) => Some(Change::Remove),
        (None, None, Some(name)) => Some(Change::Rename(name.value)),
        _ if ["set", "remove", "rename"]
            .iter()
            .any(|key| r.is_misspelled(&map, key)) =>
        {
            None
        }
        _ => {
            let what = "a correction".to_owned();
            let expected = "not one of `set`, `remove: true` and `rename`";
            r.error(map.line, Diagnostic::WrongKind { what, expected });
            None
        }
    };
    let reason = r.text(&map, "reason");
    let link = r.text(&map, "link");
    let correction = Correction {
        source: r.path.to_owned(),
        line: map.line,
        document: String::new(),
        pointer: pointer?.value,
        expect: map.get("expect").map(Node::json),
        change: change?,
        reason: reason?.value,
        link: link?.value,
    };
    let documents = documents.into_iter().map(|document| Correction {
        document: document.value,
        ..correction.clone()
    });
    Some(documents.collect())
}
