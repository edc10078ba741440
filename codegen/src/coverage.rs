//! Lists the decision about every operation of every document.

use crate::input::Parsed;
use crate::lower::history;
use crate::select::{Decision, Selection};

/// Decisions about all operations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Coverage {
    /// Documents in the order of `apis.yaml`.
    pub documents: Vec<DocumentCoverage>,
}

/// Decisions about the operations of one document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocumentCoverage {
    /// Name in `apis.yaml`.
    pub name: String,
    /// File, relative to the workspace.
    pub source: String,
    /// Operations in the order of the document.
    pub operations: Vec<CoveredOperation>,
}

/// Operation and the decision about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CoveredOperation {
    /// Operation ID.
    pub id: String,
    /// HTTP method in lower case.
    pub http: String,
    /// Path including the base path of the document.
    pub path: String,
    /// Line in the document; 0 if the line is unknown.
    pub line: usize,
    /// First release with the operation, if it is newer than the oldest supported release.
    pub since: Option<String>,
    /// Whether the operation is marked as deprecated.
    pub deprecated: bool,
    /// Decision about the operation.
    pub decision: Decision,
}

/// Combines the decisions with what the documents say.
pub(crate) fn cover(parsed: &Parsed, selection: &Selection<'_>) -> Coverage {
    let documents = selection
        .decisions
        .iter()
        .map(|(spec, decisions)| DocumentCoverage {
            name: spec.name.clone(),
            source: spec.source.clone(),
            operations: spec
                .operations()
                .into_iter()
                .zip(decisions)
                .map(|(operation, (_, decision))| CoveredOperation {
                    line: parsed.operation_line(spec, &operation.id),
                    since: history::of(parsed, &spec.name, &operation.id)
                        .and_then(|entry| entry.since.clone()),
                    deprecated: operation.deprecated,
                    id: operation.id,
                    http: operation.http,
                    path: operation.path,
                    decision: decision.clone(),
                })
                .collect(),
        });
    Coverage {
        documents: documents.collect(),
    }
}
