//! `history.yaml`: the first release of each operation and parameter. [`crate::history`] writes the file. This module reads it with line numbers, so that an error about an entry that no longer fits a document names its line.

use crate::entry::{Map, TextRules, read_list};
use crate::reader::{Located, Reader};
use crate::yaml::Node;

use super::rules::{DATED_LOCATION, VERSION};

/// Operations and parameters of a document that are newer than its oldest release.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct DocumentHistoryEntry {
    pub(crate) document: Located<String>,
    pub(crate) releases: Vec<String>,
    pub(crate) operations: Vec<OperationEntry>,
}

/// First release of an operation and of its newer parameters.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct OperationEntry {
    pub(crate) id: Located<String>,
    pub(crate) since: Option<String>,
    pub(crate) parameters: Vec<Located<ParameterHistory>>,
}

/// Parameter that is newer than its operation.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ParameterHistory {
    /// Name in the request.
    pub name: String,
    /// `query`, `header` or `body`.
    pub location: String,
    /// First release with the parameter.
    pub since: String,
}

/// Reads the file.
pub(crate) fn read(r: &mut Reader<'_>, node: &Node) -> Vec<DocumentHistoryEntry> {
    let name = "the history of a document";
    read_list(r, node, "history", name, &[], |map| DocumentHistoryEntry {
        document: map.required("document"),
        releases: map.list("releases"),
        operations: map.entries(
            "operations",
            "the history of an operation",
            DATED,
            operation,
        ),
    })
}

/// Conditions that the texts of an operation or a parameter must meet.
const DATED: TextRules = &[("in", DATED_LOCATION), ("since", VERSION)];

fn operation(map: &mut Map<'_, '_>) -> OperationEntry {
    OperationEntry {
        id: map.required("operation"),
        since: map.optional("since"),
        parameters: map.entries("parameters", "the history of a parameter", DATED, parameter),
    }
}

fn parameter(map: &mut Map<'_, '_>) -> Located<ParameterHistory> {
    let parameter = ParameterHistory {
        name: map.required("name"),
        location: map.required("in"),
        since: map.required("since"),
    };
    Located::new(map.line, parameter)
}
