//! What became of every operation of every document.

use crate::input::Parsed;
use crate::lower::history;
use crate::select::{Decision, Selection};

/// What became of every operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Coverage {
    /// The documents, in the order of `apis.yaml`.
    pub documents: Vec<DocumentCoverage>,
}

/// What became of the operations of one document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocumentCoverage {
    /// Name as in `apis.yaml`.
    pub name: String,
    /// File, relative to the workspace.
    pub source: String,
    /// Its operations, in its order.
    pub operations: Vec<CoveredOperation>,
}

/// What became of an operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CoveredOperation {
    /// Its id.
    pub id: String,
    /// HTTP method, lower case.
    pub http: String,
    /// Path with the base of the document.
    pub path: String,
    /// Line of the document, 0 if it is not known.
    pub line: usize,
    /// The first release that has it, if it is newer than the oldest one that is supported.
    pub since: Option<String>,
    /// Whether the document says that it will go.
    pub deprecated: bool,
    /// What was decided.
    pub decision: Decision,
}

/// Puts the decisions beside what the documents say.
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
