//! What can be wrong with an OpenAPI document, or cannot be expressed by a tool.

use thiserror::Error;

/// Something in an OpenAPI document that cannot be read, or has no place in a tool.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum DocumentError {
    /// The text is not YAML or JSON.
    #[error("{file}:{line}: {message}")]
    Syntax {
        /// The document.
        file: String,
        /// Line of the text, from 1; 0 if the parser knows none.
        line: usize,
        /// What the parser says.
        message: String,
    },
    /// The text is data, but no OpenAPI document.
    #[error("{file}: {pointer}: {message}")]
    Invalid {
        /// The document.
        file: String,
        /// JSON pointer of the part, as precise as is known.
        pointer: String,
        /// What is wrong with it.
        message: String,
    },
    /// Something of the document that the typed document has no place for.
    #[error("{file}: {pointer}: `{construct}` is not understood")]
    Lost {
        /// The document.
        file: String,
        /// JSON pointer of what would be lost.
        pointer: String,
        /// Last key of the pointer, or what would become of it.
        construct: String,
    },
    /// A construct that a tool cannot express.
    #[error("{file}: {pointer}: {construct} cannot be expressed by a tool")]
    Unsupported {
        /// The document.
        file: String,
        /// JSON pointer of the construct.
        pointer: String,
        /// The construct.
        construct: String,
    },
    /// A `$ref` to something that is not there.
    #[error("{file}: {pointer}: `{reference}` is not in this document")]
    Reference {
        /// The document.
        file: String,
        /// JSON pointer of the reference.
        pointer: String,
        /// What it refers to.
        reference: String,
    },
    /// An operation that the document does not have.
    #[error("{file}: operation `{operation_id}` is not in this document")]
    UnknownOperation {
        /// The document.
        file: String,
        /// The id.
        operation_id: String,
    },
    /// A correction that no longer fits the document.
    #[error("{file}:{line}: correction of `{document}` at {pointer} no longer applies: {found}")]
    Correction {
        /// The file with the correction.
        file: String,
        /// Line of its entry.
        line: usize,
        /// Name of the document.
        document: String,
        /// JSON pointer of the value to correct.
        pointer: String,
        /// What is there now.
        found: String,
    },
}
