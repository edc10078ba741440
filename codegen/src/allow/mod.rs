//! Entries of the allowlist for operations that are none yet: what the documents and the neighbours tell is written, what only a person can say is left to be written, and nothing is generated until it is.

mod derive;
mod find;
mod write;

use crate::emit::OutputFile;
use crate::input::{self, Input, Parsed};
use crate::openapi::{OperationRef, Spec};
use crate::select::{self, Selection};

/// An entry that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewEntry {
    /// Name of the tool, as long as nobody says otherwise.
    pub tool: String,
    /// File that it stands in.
    pub path: String,
    /// Line that it begins in.
    pub line: usize,
    /// Document and id of each operation that it is.
    pub operations: Vec<(String, String)>,
}

/// What was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Allowed {
    /// The files with the entries in them.
    pub files: Vec<OutputFile>,
    /// The entries, in the order asked for.
    pub entries: Vec<NewEntry>,
}

/// Why there can be no entry.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AllowError {
    /// No document has the operation.
    #[error("operation `{operation}` is in no document{}", match nearest {
        Some(nearest) => format!(" (did you mean `{nearest}`?)"),
        None => String::new(),
    })]
    Unknown {
        /// What was asked for.
        operation: String,
        /// The id most like it.
        nearest: Option<String>,
    },
    /// No such document.
    #[error("`{document}` is no document; there are {known}")]
    NoDocument {
        /// What was asked for.
        document: String,
        /// All there are.
        known: String,
    },
    /// It is a tool already.
    #[error("operation `{operation}` of {document} is a tool already: `{tool}`, {place}")]
    Bound {
        /// The operation.
        operation: String,
        /// Its document.
        document: String,
        /// The tool.
        tool: String,
        /// File and line of the tool.
        place: String,
    },
    /// It was decided that it is none.
    #[error(
        "operation `{operation}` of {document} is excluded in {place}: {reason} Take it out there first."
    )]
    Excluded {
        /// The operation.
        operation: String,
        /// Its document.
        document: String,
        /// File and line of the exclusion.
        place: String,
        /// The reason given there.
        reason: String,
    },
    /// Operations of one id that do different things.
    #[error("`{operation}` is something else in each of {documents}: say `DOCUMENT:{operation}`")]
    Ambiguous {
        /// The id.
        operation: String,
        /// The documents.
        documents: String,
    },
    /// There is a tool for the same operation of another API.
    #[error(
        "`{tool}` is this operation in {other}: add `{document}: {operation}` to its `operations`, {place}"
    )]
    Elsewhere {
        /// The operation.
        operation: String,
        /// Its document.
        document: String,
        /// The tool.
        tool: String,
        /// The other document.
        other: String,
        /// File and line of the tool.
        place: String,
    },
    /// No neighbour is a tool.
    #[error(
        "no tool is near operation `{operation}` of {document} ({request}): say with --toolset where it belongs"
    )]
    NoToolset {
        /// The operation.
        operation: String,
        /// Its document.
        document: String,
        /// Its method and path.
        request: String,
    },
    /// A toolset that cannot be called so.
    #[error("`{toolset}` cannot be the name of a toolset: a-z, 0-9 and _, beginning with a letter")]
    ToolsetName {
        /// The name.
        toolset: String,
    },
    /// A file to which no entry can be added at the end.
    #[error("{path}: an entry can only be added if `tools` stands at the end of the file")]
    NoPlace {
        /// The file.
        path: String,
    },
}

/// What all steps look at.
#[derive(Clone, Copy)]
struct Scope<'p> {
    parsed: &'p Parsed,
    selection: &'p Selection<'p>,
}

/// An operation of a document.
#[derive(Clone)]
struct Found<'p> {
    spec: &'p Spec,
    operation: OperationRef,
}

/// Makes an entry for each of the operations: ids, or `DOCUMENT:ID`. Those that are the same in several documents share one.
///
/// # Errors
///
/// All that is wrong with what was asked for; then nothing is made.
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
