//! Prints a [`Catalog`]: Rust modules, JSON schemas and the catalogue for people.
//!
//! Templates hold what the specification says; this module prepares values for them and decides nothing about tools.
//! Equal catalogues give equal bytes, already in the form that rustfmt leaves alone.

mod attributes;
mod check;
mod expression;
mod json;
mod json_schema;
mod markdown;
mod room;
mod rust;
mod templates;
mod text;
pub(crate) mod types;

pub use markdown::readme;

use crate::catalog::Catalog;

/// A generated file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutputFile {
    /// Path relative to the workspace.
    pub path: String,
    /// Content.
    pub text: String,
}

/// Why a catalogue cannot be printed.
#[derive(Debug, thiserror::Error)]
pub enum EmitError {
    /// A type refers to one that is not there.
    #[error("{place}: there is no type `{name}`")]
    UnknownType {
        /// API and toolset, or tool.
        place: String,
        /// The type.
        name: String,
    },
    /// A type contains itself. A constant schema cannot.
    #[error("{place}: type `{name}` contains itself")]
    RecursiveType {
        /// API and toolset.
        place: String,
        /// The type.
        name: String,
    },
    /// Two items of one module have one name.
    #[error("{place}: the name `{name}` is used twice")]
    DuplicateName {
        /// API and toolset.
        place: String,
        /// The name in Rust.
        name: String,
    },
    /// A type has a name that the generated module gives another meaning.
    #[error("{place}: a type cannot be called `{name}`, which generated code uses itself")]
    ReservedName {
        /// API and toolset.
        place: String,
        /// The name in Rust.
        name: String,
    },
    /// A filter or the summary names a field that the item does not have.
    #[error("{place}: an item of the list has no field `{field}`")]
    UnknownField {
        /// API and tool.
        place: String,
        /// The field, with dots.
        field: String,
    },
    /// An effect is milder than the HTTP method says.
    #[error("{place}: the effect that follows from `{http}` can be made stricter, never laxer")]
    LaxEffect {
        /// API and tool.
        place: String,
        /// HTTP method.
        http: String,
    },
    /// A rule stands where the block syntax has no place for it.
    #[error("{place}: the values of {what} keep to rules that a block has no place for")]
    RulesWithoutPlace {
        /// API and tool, or type.
        place: String,
        /// What they are the values of.
        what: String,
    },
    /// The README has no place for the table.
    #[error("README.md: there is no line `{marker}` where it belongs")]
    NoMarker {
        /// The missing line.
        marker: &'static str,
    },
    /// A template does not fit its values.
    #[error("template `{template}`")]
    Template {
        /// Its name.
        template: &'static str,
        /// What does not fit.
        #[source]
        source: minijinja::Error,
    },
}

/// Prints everything that is generated, sorted by path.
///
/// # Errors
///
/// All that cannot be printed. Nothing is printed then.
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
    files.extend(json_schema::files(catalog));
    files.sort_by(|one, other| one.path.cmp(&other.path));
    Ok(files)
}
