//! Errors in an OpenAPI document, and constructs that a tool cannot express.

use thiserror::Error;

/// Part of an OpenAPI document that cannot be read or that a tool cannot express.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum DocumentError {
    /// The text is not YAML or JSON.
    #[error("{file}:{line}: {message}")]
    Syntax {
        /// The document.
        file: String,
        /// Line of the text, from 1; 0 if the parser reports none.
        line: usize,
        /// Message of the parser.
        message: String,
    },
    /// The text is valid YAML or JSON, but not a valid OpenAPI document.
    #[error("{file}: {pointer}: {message}")]
    Invalid {
        /// The document.
        file: String,
        /// JSON pointer of the part, as precise as possible.
        pointer: String,
        /// Error in the part.
        message: String,
    },
    /// A tool cannot express a construct.
    #[error("{file}: {pointer}: a tool cannot express {construct}")]
    Unsupported {
        /// The document.
        file: String,
        /// JSON pointer of the construct.
        pointer: String,
        /// The construct.
        construct: String,
    },
    /// The target of a `$ref` does not exist.
    #[error("{file}: {pointer}: `{reference}` does not exist in this document")]
    Reference {
        /// The document.
        file: String,
        /// JSON pointer of the reference.
        pointer: String,
        /// Target of the reference.
        reference: String,
    },
    /// The document does not have an operation.
    #[error("{file}: the document has no operation `{operation_id}`")]
    UnknownOperation {
        /// The document.
        file: String,
        /// Operation ID.
        operation_id: String,
    },
    /// A correction no longer fits the document.
    #[error(
        "{file}:{line}: correction of `{document}` at {pointer} no longer applies: {found}; update or remove it"
    )]
    Correction {
        /// File with the correction.
        file: String,
        /// Line of the correction's entry.
        line: usize,
        /// Name of the document.
        document: String,
        /// JSON pointer of the value to correct.
        pointer: String,
        /// Value that was found instead.
        found: String,
    },
}
