//! Generated files, and reasons why they cannot be made.

/// Generated file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutputFile {
    /// Path relative to the workspace.
    pub path: String,
    /// Content of the file.
    pub text: String,
}

/// Reason why a file cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum EmitError {
    /// The README has no marker for the table.
    #[error("README.md: there is no line `{marker}` where it belongs")]
    NoMarker {
        /// Missing line.
        marker: &'static str,
    },
    /// A template does not fit its values.
    #[error("template `{template}`")]
    Template {
        /// Name of the template.
        template: &'static str,
        /// Error of the template engine.
        #[source]
        source: minijinja::Error,
    },
}
