//! Diagnostics about the inputs, by stage. Each has its file and line, so that one run reports all of them.

mod lower;
mod read;
mod select;
mod suggestion;

pub use lower::LowerDiagnostic;
pub use read::ReadDiagnostic;
pub use select::SelectDiagnostic;
pub(crate) use suggestion::nearest;

use std::fmt;

use crate::error::DocumentError;

/// Diagnostic and its location.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub struct Error {
    /// File, relative to the workspace.
    pub path: String,
    /// Line, from 1; 0 if the diagnostic concerns no line.
    pub line: usize,
    /// Diagnostic.
    #[source]
    pub diagnostic: Diagnostic,
}

impl Error {
    pub(crate) fn new(path: &str, line: usize, diagnostic: impl Into<Diagnostic>) -> Self {
        Self {
            path: path.to_owned(),
            line,
            diagnostic: diagnostic.into(),
        }
    }

    /// Returns whether an entry of a file, or an operation in an entry, may be missing from what was read because of this error.
    pub(crate) fn loses_entries(&self) -> bool {
        matches!(&self.diagnostic, Diagnostic::Read(diagnostic) if diagnostic.loses_entries())
    }

    /// Returns whether the input has a key that was renamed, so that it was written for an older version of this crate.
    #[must_use]
    pub fn is_renamed_key(&self) -> bool {
        matches!(
            self.diagnostic,
            Diagnostic::Read(ReadDiagnostic::RenamedKey { .. })
        )
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            path,
            line,
            diagnostic,
        } = self;
        match (diagnostic, line) {
            (Diagnostic::Document(error), _) => write!(f, "{error}"),
            (diagnostic, 0) => write!(f, "{path}: {diagnostic}"),
            (diagnostic, line) => write!(f, "{path}:{line}: {diagnostic}"),
        }
    }
}

/// Diagnostic about an input, by the stage that found it.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Diagnostic {
    /// A file of the allowlist cannot be read, or contradicts itself.
    #[error(transparent)]
    Read(#[from] ReadDiagnostic),
    /// An OpenAPI document cannot be read or used.
    #[error(transparent)]
    Document(#[from] DocumentError),
    /// The allowlist does not fit the operations of the documents.
    #[error(transparent)]
    Select(#[from] SelectDiagnostic),
    /// The entry of a tool does not fit its operation.
    #[error(transparent)]
    Lower(#[from] LowerDiagnostic),
}
