//! Reasons why no allowlist entry can be created.

/// Reason why no entry can be created.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AllowError {
    /// No document has the operation.
    #[error("unknown operation `{operation}`: no document has it{}", match nearest {
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
    #[error("unknown document `{document}`; use one of {known}")]
    NoDocument {
        /// Requested document.
        document: String,
        /// Names of all documents.
        known: String,
    },
    /// The operation is already a tool.
    #[error("operation `{operation}` of {document} is already the tool `{tool}`: {location}")]
    Bound {
        /// Id of the operation.
        operation: String,
        /// Document of the operation.
        document: String,
        /// Name of the tool.
        tool: String,
        /// File and line of the tool.
        location: String,
    },
    /// The operation is excluded.
    #[error(
        "operation `{operation}` of {document} is excluded in {location}: {reason} Remove the exclusion first."
    )]
    Excluded {
        /// Id of the operation.
        operation: String,
        /// Document of the operation.
        document: String,
        /// File and line of the exclusion.
        location: String,
        /// Reason of the exclusion.
        reason: String,
    },
    /// Several documents use the same id for different operations.
    #[error("operation `{operation}` differs between {documents}; pass `DOCUMENT:{operation}`")]
    Ambiguous {
        /// Id of the operations.
        operation: String,
        /// Documents that use the id.
        documents: String,
    },
    /// The same operation of another API is already a tool.
    #[error(
        "`{tool}` is the tool of this operation in {other}; add `{document}: {operation}` to its `operations`: {location}"
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
        location: String,
    },
    /// No toolset can be inferred, since there is no similar tool.
    #[error(
        "cannot infer a toolset for operation `{operation}` of {document} ({request}); pass `--toolset NAME`"
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
    #[error("invalid toolset name `{toolset}`; use a-z, 0-9 and _, beginning with a letter")]
    ToolsetName {
        /// Requested name.
        toolset: String,
    },
    /// No entry can be appended to the file, since `tools` is not its last key.
    #[error("{path}: cannot add an entry; `tools` must be the last key of the file")]
    NotLast {
        /// Path of the file.
        path: String,
    },
}
