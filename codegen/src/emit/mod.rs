//! Emits a [`Catalog`] as Rust modules, JSON schemas and a catalogue for people.
//!
//! Templates contain what documents say. This module prepares the values of the templates and makes no decisions about tools.
//! Equal catalogues result in equal bytes. Rust files are valid, but not formatted: callers format them with `rustfmt`.

mod attributes;
mod check;
mod json;
mod markdown;
mod rust;
mod schemas;
mod shapes;
mod templates;
mod text;
pub(crate) mod types;

pub use markdown::readme;
pub use schemas::{DescribedTool, describe_tools};

use crate::catalog::Catalog;

/// Generated file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutputFile {
    /// Path relative to the workspace.
    pub path: String,
    /// Content of the file.
    pub text: String,
}

/// Reason why a catalogue cannot be emitted.
#[derive(Debug, thiserror::Error)]
pub enum EmitError {
    /// A reference names a type that does not exist.
    #[error("{place}: there is no type `{name}`")]
    UnknownType {
        /// API, followed by the toolset or `shared types`.
        place: String,
        /// Name of the type.
        name: String,
    },
    /// A type contains itself, which a constant schema cannot express.
    #[error("{place}: type `{name}` contains itself")]
    RecursiveType {
        /// API, followed by the toolset or `shared types`.
        place: String,
        /// Name of the type.
        name: String,
    },
    /// Two items of a module have the same name.
    #[error("{place}: the name `{name}` is used twice")]
    DuplicateName {
        /// API, followed by the toolset or `shared types`, if any.
        place: String,
        /// Name in Rust.
        name: String,
    },
    /// A type has a name that generated code uses for something else.
    #[error("{place}: a type cannot be called `{name}`, which generated code uses itself")]
    ReservedName {
        /// API, followed by the toolset or `shared types`.
        place: String,
        /// Name in Rust.
        name: String,
    },
    /// A filter or the summary names a field that the item type does not have.
    #[error("{place}: an item of the list has no field `{field}`")]
    UnknownField {
        /// API and tool.
        place: String,
        /// Path of the field, with dots.
        field: String,
    },
    /// An effect is less strict than the effect that follows from the methods.
    #[error("{place}: the effect that follows from `{http}` can be made stricter, never laxer")]
    LaxEffect {
        /// API and tool.
        place: String,
        /// HTTP method.
        http: String,
    },
    /// Validation rules are on a value for which the block syntax cannot express them.
    #[error("{place}: the values of {what} keep to rules that a block has no place for")]
    RulesWithoutPlace {
        /// API and tool.
        place: String,
        /// Parameter or type with the values.
        what: String,
    },
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

/// Emits all generated files, sorted by path.
///
/// # Errors
///
/// All reasons why the catalogue cannot be emitted. No file is emitted if there is an error.
pub fn emit(catalog: &Catalog) -> Result<Vec<OutputFile>, Vec<EmitError>> {
    let errors = check::check(catalog);
    if !errors.is_empty() {
        return Err(errors);
    }
    print(catalog).map_err(|error| vec![error])
}

fn print(catalog: &Catalog) -> Result<Vec<OutputFile>, EmitError> {
    let templates = templates::Templates::new()?;
    let mut files = rust::files(&templates, catalog)?;
    files.push(markdown::catalogue(&templates, catalog)?);
    files.extend(schemas::files(catalog));
    files.sort_by(|one, other| one.path.cmp(&other.path));
    Ok(files)
}
