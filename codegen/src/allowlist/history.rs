//! `history.yaml`: the first release of each operation and parameter. [`crate::history`] writes the file. This module reads it with line numbers, so that an error about an entry that no longer fits a document names its line.

use crate::entry::{Entry, Map, list_file};
use crate::reader::{Located, Reader, Rule};
use crate::yaml::Node;

use super::rules::{DATED_LOCATION, VERSION};

/// Operations and parameters of a document that are newer than its oldest release.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct DocumentEntry {
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
pub(crate) fn read(r: &mut Reader<'_>, node: &Node) -> Vec<DocumentEntry> {
    list_file(r, node, "history")
}

impl Entry for DocumentEntry {
    const NAME: &'static str = "the history of a document";

    fn read(map: &mut Map<'_, '_>) -> Self {
        Self {
            document: map.required("document"),
            releases: map.list("releases"),
            operations: map.list("operations"),
        }
    }
}

impl Entry for OperationEntry {
    const NAME: &'static str = "the history of an operation";

    const RULES: &'static [(&'static str, Rule)] = &[("since", VERSION)];

    fn read(map: &mut Map<'_, '_>) -> Self {
        Self {
            id: map.required("operation"),
            since: map.optional("since"),
            parameters: map.list("parameters"),
        }
    }
}

impl Entry for ParameterHistory {
    const NAME: &'static str = "the history of a parameter";

    const RULES: &'static [(&'static str, Rule)] = &[("in", DATED_LOCATION), ("since", VERSION)];

    fn read(map: &mut Map<'_, '_>) -> Self {
        Self {
            name: map.required("name"),
            location: map.required("in"),
            since: map.required("since"),
        }
    }
}
