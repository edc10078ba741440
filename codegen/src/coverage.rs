//! Lists the decision about every operation of every document.

use crate::input::ParsedInputs;
use crate::select::{Decision, Decisions};

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

/// Combines the decisions with the properties of the operations.
pub(crate) fn cover(inputs: &ParsedInputs, decisions: &Decisions) -> Coverage {
    let documents = inputs.documents.iter().zip(decisions);
    let documents = documents.map(|(document, decisions)| {
        let operations = document.operations.iter().zip(decisions);
        let operations = operations.map(|(operation, decision)| CoveredOperation {
            id: operation.id.clone(),
            http: operation.http.clone(),
            path: operation.path.clone(),
            line: operation.line,
            since: inputs.since(&document.name, &operation.id),
            deprecated: operation.deprecated,
            decision: decision.clone(),
        });
        DocumentCoverage {
            name: document.name.clone(),
            source: document.source.clone(),
            operations: operations.collect(),
        }
    });
    Coverage {
        documents: documents.collect(),
    }
}
