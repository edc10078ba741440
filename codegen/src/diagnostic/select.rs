//! Diagnostics about the relation between the allowlist and the operations of the documents.

use super::suggestion::did_you_mean;

/// Diagnostic about an entry that does not fit the documents or another entry.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SelectDiagnostic {
    /// Clients would reject a tool name.
    #[error("tool name `{name}` must have 1 to 64 characters of a-z, 0-9 and _")]
    ToolName {
        /// The name.
        name: String,
    },
    /// A tool has two operations in one API.
    #[error(
        "a tool has one operation in each API, but `{document}` and `{other}` both belong to {api} and are not alternatives; remove one of them"
    )]
    BoundTwice {
        /// Second document.
        document: String,
        /// First document.
        other: String,
        /// API of both documents.
        api: String,
    },
    /// The document does not have an operation.
    #[error("{document} has no operation `{operation}`{}", did_you_mean(nearest.as_deref()))]
    UnknownOperation {
        /// Operation ID.
        operation: String,
        /// The document.
        document: String,
        /// Most similar operation ID.
        nearest: Option<String>,
    },
    /// Two tools use one operation.
    #[error(
        "operation `{operation}` of {document} already belongs to tool `{tool}`; remove it from one of the tools"
    )]
    OperationInUse {
        /// Operation ID.
        operation: String,
        /// The document.
        document: String,
        /// The other tool.
        tool: String,
    },
    /// An operation is neither a tool nor excluded.
    #[error(
        "operation `{operation}` of {document} is neither a tool nor excluded; document it in {tools}, or exclude it with a reason in {excluded}"
    )]
    Undecided {
        /// Operation ID.
        operation: String,
        /// The document.
        document: String,
        /// Directory in which the tools are declared.
        tools: String,
        /// File in which exclusions are declared.
        excluded: String,
    },
    /// An operation is excluded although a tool uses it.
    #[error(
        "`{pattern}` excludes operation `{operation}` of {document}, which is a tool ({tool}); remove one of the two, or write `*`, which excludes only operations that are not tools"
    )]
    ExcludedTool {
        /// Operation ID or glob.
        pattern: String,
        /// The operation.
        operation: String,
        /// The document.
        document: String,
        /// File and line of the tool.
        tool: String,
    },
    /// An exclusion has no effect.
    #[error(
        "`{pattern}` is unused: it matches no operation of {document} that is not excluded already{}",
        did_you_mean(nearest.as_deref())
    )]
    UnusedExclusion {
        /// Operation ID or glob.
        pattern: String,
        /// The document.
        document: String,
        /// Most similar operation ID.
        nearest: Option<String>,
    },
}
