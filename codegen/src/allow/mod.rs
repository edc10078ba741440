//! Creates allowlist entries for undecided operations. An entry contains what follows from the documents and from similar tools. A person must replace each `TODO` before the tool is generated.

mod derive;
mod find;
mod write;

use crate::emit::OutputFile;
use crate::input::{self, Input, Parsed};
use crate::openapi::{OperationRef, Spec};
use crate::select::{self, Selection};

/// New entry of the allowlist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewEntry {
    /// Name of the tool. A person can still change the entry and thereby the name.
    pub tool: String,
    /// Path of the file that contains the entry.
    pub path: String,
    /// Line in which the entry begins.
    pub line: usize,
    /// Document and id of each operation of the entry.
    pub operations: Vec<(String, String)>,
}

/// Result of [`allow()`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Allowed {
    /// Changed files with the new entries.
    pub files: Vec<OutputFile>,
    /// New entries, in the order of the request.
    pub entries: Vec<NewEntry>,
}

/// Reason why no entry can be created.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AllowError {
    /// No document has the operation.
    #[error("operation `{operation}` is in no document{}", match nearest {
        Some(nearest) => format!(" (did you mean `{nearest}`?)"),
        None => String::new(),
    })]
    Unknown {
        /// Requested operation.
        operation: String,
        /// Most similar id.
        nearest: Option<String>,
    },
    /// The document does not exist.
    #[error("`{document}` is no document; there are {known}")]
    NoDocument {
        /// Requested document.
        document: String,
        /// Names of all documents.
        known: String,
    },
    /// The operation is already a tool.
    #[error("operation `{operation}` of {document} is a tool already: `{tool}`, {place}")]
    Bound {
        /// Id of the operation.
        operation: String,
        /// Document of the operation.
        document: String,
        /// Name of the tool.
        tool: String,
        /// File and line of the tool.
        place: String,
    },
    /// The operation is excluded.
    #[error(
        "operation `{operation}` of {document} is excluded in {place}: {reason} Take it out there first."
    )]
    Excluded {
        /// Id of the operation.
        operation: String,
        /// Document of the operation.
        document: String,
        /// File and line of the exclusion.
        place: String,
        /// Reason of the exclusion.
        reason: String,
    },
    /// Several documents use the same id for different operations.
    #[error("`{operation}` is something else in each of {documents}: say `DOCUMENT:{operation}`")]
    Ambiguous {
        /// Id of the operations.
        operation: String,
        /// Documents that use the id.
        documents: String,
    },
    /// The same operation of another API is already a tool.
    #[error(
        "`{tool}` is this operation in {other}: add `{document}: {operation}` to its `operations`, {place}"
    )]
    Elsewhere {
        /// Id of the operation.
        operation: String,
        /// Document of the operation.
        document: String,
        /// Name of the tool.
        tool: String,
        /// Document of the tool's operation.
        other: String,
        /// File and line of the tool.
        place: String,
    },
    /// No toolset can be inferred, since there is no similar tool.
    #[error(
        "no tool is near operation `{operation}` of {document} ({request}): say with --toolset where it belongs"
    )]
    NoToolset {
        /// Id of the operation.
        operation: String,
        /// Document of the operation.
        document: String,
        /// Method and path of the operation.
        request: String,
    },
    /// The name of the toolset is invalid.
    #[error("`{toolset}` cannot be the name of a toolset: a-z, 0-9 and _, beginning with a letter")]
    ToolsetName {
        /// Requested name.
        toolset: String,
    },
    /// No entry can be appended to the file, since `tools` is not its last key.
    #[error("{path}: an entry can only be added if `tools` stands at the end of the file")]
    NoPlace {
        /// Path of the file.
        path: String,
    },
}

/// Inputs of all steps.
#[derive(Clone, Copy)]
struct Scope<'p> {
    parsed: &'p Parsed,
    selection: &'p Selection<'p>,
}

/// Operation of a document.
#[derive(Clone)]
struct Found<'p> {
    spec: &'p Spec,
    operation: OperationRef,
}

/// Creates an entry for each operation, given as an id or as `DOCUMENT:ID`. Operations that are the same in several documents share an entry.
///
/// # Errors
///
/// All errors of the request. No entry is created if there is an error.
pub fn allow(
    inputs: &[Input],
    wanted: &[String],
    toolset: Option<&str>,
) -> Result<Allowed, Vec<AllowError>> {
    let parsed = input::parse(inputs);
    let selection = select::select(&parsed);
    let scope = Scope {
        parsed: &parsed,
        selection: &selection,
    };
    let mut errors = Vec::new();
    if let Some(toolset) = toolset
        && !derive::is_name(toolset)
    {
        let toolset = toolset.to_owned();
        errors.push(AllowError::ToolsetName { toolset });
    }
    let groups = find::groups(scope, wanted, &mut errors);
    let mut drafts = Vec::new();
    for group in &groups {
        match derive::draft(scope, group, toolset, &drafts) {
            Ok(draft) => drafts.push(draft),
            Err(error) => errors.push(error),
        }
    }
    if !errors.is_empty() {
        return Err(errors);
    }
    write::write(inputs, scope, &drafts)
}
