//! `history.yaml`: the first release of each operation and parameter. [`crate::history`] writes the file. This module reads it with line numbers, so that an error about an entry that no longer fits a document names its line.

use crate::diagnostic::Diagnostic;
use crate::history::{DocumentHistory, OperationHistory, ParameterHistory};
use crate::reader::{At, Reader};
use crate::yaml::Node;

/// Operations and parameters of a document that are newer than its oldest release.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct DocumentEntry {
    pub(crate) document: At<String>,
    pub(crate) releases: Vec<String>,
    pub(crate) operations: Vec<OperationEntry>,
}

/// First release of an operation and of its newer parameters.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct OperationEntry {
    pub(crate) id: At<String>,
    pub(crate) since: Option<String>,
    pub(crate) parameters: Vec<At<ParameterHistory>>,
}

impl DocumentEntry {
    /// Removes the line numbers.
    pub(crate) fn into_history(self) -> DocumentHistory {
        let operations = self.operations.into_iter().map(|entry| OperationHistory {
            id: entry.id.value,
            since: entry.since,
            parameters: entry.parameters.into_iter().map(|it| it.value).collect(),
        });
        DocumentHistory {
            document: self.document.value,
            releases: self.releases,
            operations: operations.collect(),
        }
    }
}

/// Reads the file.
pub(crate) fn read(r: &mut Reader<'_>, node: &Node) -> Vec<DocumentEntry> {
    let Some(map) = r.map(node, "this file", &["history"]) else {
        return Vec::new();
    };
    let entries = r.items(&map, "history");
    entries
        .iter()
        .filter_map(|node| document(r, node))
        .collect()
}

fn document(r: &mut Reader<'_>, node: &Node) -> Option<DocumentEntry> {
    let keys = ["document", "releases", "operations"];
    let map = r.map(node, "the history of a document", &keys)?;
    let document = r.text(&map, "document");
    let releases = r.texts(&map, "releases");
    let operations = r.items(&map, "operations");
    let operations = operations.iter().filter_map(|node| operation(r, node));
    let operations = operations.collect();
    Some(DocumentEntry {
        document: document?,
        releases: releases.into_iter().map(|it| it.value).collect(),
        operations,
    })
}

fn operation(r: &mut Reader<'_>, node: &Node) -> Option<OperationEntry> {
    let keys = ["operation", "since", "parameters"];
    let map = r.map(node, "the history of an operation", &keys)?;
    let id = r.text(&map, "operation");
    let since = r.text_if(&map, "since");
    let since = since.and_then(|since| version(r, since));
    let parameters = r.items(&map, "parameters");
    let parameters = parameters.iter().filter_map(|node| parameter(r, node));
    let parameters = parameters.collect();
    Some(OperationEntry {
        id: id?,
        since,
        parameters,
    })
}

fn parameter(r: &mut Reader<'_>, node: &Node) -> Option<At<ParameterHistory>> {
    let map = r.map(node, "the history of a parameter", &["name", "in", "since"])?;
    let name = r.text(&map, "name");
    let place = r.text(&map, "in");
    let place = place.and_then(|place| r.word(&place, "place", &["query", "header", "body"]));
    let since = r.text(&map, "since");
    let since = since.and_then(|since| version(r, since));
    let parameter = ParameterHistory {
        name: name?.value,
        place: place?,
        since: since?,
    };
    Some(At::new(map.line, parameter))
}

/// Checks that a version consists of numbers separated by dots.
fn version(r: &mut Reader<'_>, found: At<String>) -> Option<String> {
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    if found.value.split('.').all(is_number) {
        return Some(found.value);
    }
    let what = format!("`{}`", found.value);
    let expected = "no version; write numbers with dots: \"3.2\"";
    r.error(found.line, Diagnostic::WrongKind { what, expected });
    None
}
