//! Computes from the documents of an API's releases which release first had an operation or a parameter.
//!
//! Operations are identified by method and path, as on a server, because the operation ID and the parameter names in a path can change from release to release.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use crate::allowlist::history;
pub use crate::allowlist::history::ParameterHistory;
use crate::catalog::Parameter;
use crate::diagnostic::Error;
use crate::error::DocumentError;
use crate::openapi::{self, DocumentSource};
use crate::path::without_names;
use crate::reader::Reader;

/// Release of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Release {
    /// Version, such as `3.1.8`.
    pub version: String,
    /// Document as published.
    pub text: String,
}

/// Operations and parameters of a document that its oldest release does not have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocumentHistory {
    /// Name in `apis.yaml`.
    pub document: String,
    /// Versions of the releases that were compared, oldest first.
    pub releases: Vec<String>,
    /// Operations sorted by ID.
    pub operations: Vec<OperationHistory>,
}

/// History of an operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OperationHistory {
    /// Operation ID in the newest release.
    pub id: String,
    /// First release with the operation; `None` if the oldest release has it.
    pub since: Option<String>,
    /// Parameters that are newer than the operation.
    pub parameters: Vec<ParameterHistory>,
}

/// Compares the releases of a document, given oldest first. An operation or parameter of the newest release counts as new from the release since which every release has it. Operations and parameters that only older releases have are ignored.
///
/// # Errors
///
/// If a release cannot be read.
pub fn history(
    document: &str,
    releases: &[Release],
) -> Result<DocumentHistory, Vec<DocumentError>> {
    let mut read = Vec::new();
    let mut errors = Vec::new();
    for release in releases {
        match operations(document, release) {
            Ok(operations) => read.push((minor(&release.version), operations)),
            Err(mut wrong) => errors.append(&mut wrong),
        }
    }
    if !errors.is_empty() {
        return Err(errors);
    }
    let mut operations = Vec::new();
    if let Some((_, newest)) = read.last() {
        for (request, known) in newest {
            let since = since(&read, |all| all.contains_key(request));
            let mut parameters: Vec<_> = known
                .parameters
                .iter()
                .filter_map(|(name, location)| {
                    let of = |all: &Operations| {
                        all.get(request)
                            .is_some_and(|it| it.parameters.contains(&(name.clone(), location)))
                    };
                    let first =
                        self::since(&read, of).filter(|first| Some(first) != since.as_ref());
                    Some(ParameterHistory {
                        name: name.clone(),
                        location: (*location).to_owned(),
                        since: first?,
                    })
                })
                .collect();
            parameters.sort();
            if since.is_some() || !parameters.is_empty() {
                operations.push(OperationHistory {
                    id: known.id.clone(),
                    since,
                    parameters,
                });
            }
        }
    }
    operations.sort_by(|one, other| one.id.cmp(&other.id));
    Ok(DocumentHistory {
        document: document.to_owned(),
        releases: releases.iter().map(|it| it.version.clone()).collect(),
        operations,
    })
}

/// Writes the text of `history.yaml`.
#[must_use]
pub fn write(documents: &[DocumentHistory]) -> String {
    let mut out = "# First release of each operation and parameter that the oldest compared release does not have.\n# Written by `cargo xtask history` from the documents of the releases. Do not edit.\n\nhistory:\n".to_owned();
    for document in documents {
        let releases: Vec<_> = document.releases.iter().map(|it| quoted(it)).collect();
        let _ = write!(
            out,
            "  - document: {}\n    releases: [{}]\n    operations:\n",
            document.document,
            releases.join(", ")
        );
        for operation in &document.operations {
            let _ = writeln!(out, "      - operation: {}", operation.id);
            if let Some(since) = &operation.since {
                let _ = writeln!(out, "        since: {}", quoted(since));
            }
            if !operation.parameters.is_empty() {
                let _ = writeln!(out, "        parameters:");
            }
            for ParameterHistory {
                name,
                location,
                since,
            } in &operation.parameters
            {
                let (name, since) = (plain(name), quoted(since));
                let _ = writeln!(
                    out,
                    "          - {{ name: {name}, in: {location}, since: {since} }}"
                );
            }
        }
    }
    out
}

/// Reads the text of `history.yaml`.
///
/// # Errors
///
/// If the text cannot be read.
pub fn read(path: &str, text: &str) -> Result<Vec<DocumentHistory>, Vec<Error>> {
    let (mut reader, node) = Reader::open(path, text);
    let entries = node.map(|node| history::read(&mut reader, &node));
    if !reader.errors.is_empty() {
        return Err(reader.errors);
    }
    let entries = entries.into_iter().flatten();
    Ok(entries.map(without_lines).collect())
}

/// Operations by method and path, without the names in the path.
type Operations = BTreeMap<(String, String), ReleasedOperation>;

/// Operation of one release.
struct ReleasedOperation {
    id: String,
    /// Names and locations of all parameters that are not in the path.
    parameters: BTreeSet<(String, &'static str)>,
}

fn operations(document: &str, release: &Release) -> Result<Operations, Vec<DocumentError>> {
    let document = openapi::read(&DocumentSource {
        name: document,
        file: &format!("{document} {}", release.version),
        text: &release.text,
        ..DocumentSource::default()
    })?;
    let mut operations = Operations::new();
    let mut errors = Vec::new();
    for operation in document.operations {
        match operation.facts {
            Ok(facts) => {
                let parameters = facts.parameters.iter().filter_map(Parameter::request_key);
                let parameters = parameters.map(|(name, location)| (name.to_owned(), location));
                let released = ReleasedOperation {
                    id: operation.id,
                    parameters: parameters.collect(),
                };
                let request = (operation.http, without_names(&operation.path));
                operations.insert(request, released);
            }
            Err(mut wrong) => errors.append(&mut wrong),
        }
    }
    if errors.is_empty() {
        Ok(operations)
    } else {
        Err(errors)
    }
}

/// Returns the release since which every release has something; `None` if this includes the oldest.
fn since(releases: &[(String, Operations)], has: impl Fn(&Operations) -> bool) -> Option<String> {
    let without = releases.iter().rposition(|(_, all)| !has(all))?;
    releases
        .get(without + 1)
        .map(|(version, _)| version.clone())
}

/// Removes the line numbers of an entry.
fn without_lines(entry: history::DocumentHistoryEntry) -> DocumentHistory {
    let operations = entry.operations.into_iter().map(|entry| OperationHistory {
        id: entry.id.value,
        since: entry.since,
        parameters: entry.parameters.into_iter().map(|it| it.value).collect(),
    });
    DocumentHistory {
        document: entry.document.value,
        releases: entry.releases,
        operations: operations.collect(),
    }
}

/// Shortens a version to its first two parts, because patch releases add nothing new: `3.1.8` -> `3.1`.
fn minor(version: &str) -> String {
    let parts: Vec<_> = version.split('.').take(2).collect();
    parts.join(".")
}

/// Quotes a text, because YAML reads `3.10` as a number.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// Writes a name as YAML, with quotes if YAML could read it as another type.
fn plain(name: &str) -> String {
    let is_word = |text: &str| {
        let mut chars = text.chars();
        chars
            .next()
            .is_some_and(|first| first.is_ascii_alphabetic())
            && chars.all(|c| c.is_ascii_alphanumeric() || c == '_')
            && !["true", "false", "null", "yes", "no", "on", "off", "y", "n"]
                .contains(&text.to_ascii_lowercase().as_str())
    };
    if is_word(name) {
        name.to_owned()
    } else {
        quoted(name)
    }
}

#[cfg(test)]
#[path = "history_tests.rs"]
mod tests;
