//! Emits a [`Catalog`] as Rust modules, JSON schemas and a catalogue for people.
//!
//! Templates contain what documents say. This module prepares the values of the templates and makes no decisions about tools.
//! Equal catalogues result in equal bytes. Rust files are valid, but not formatted: callers format them with `rustfmt`.

mod attributes;
mod json;
mod markdown;
mod output;
mod rust;
mod schemas;
mod shapes;
mod templates;
mod text;

pub use markdown::readme;
pub use output::{EmitError, OutputFile};
pub use schemas::{DescribedTool, describe_tools};

use crate::lower::Catalog;

/// Emits all generated files, sorted by path.
///
/// # Errors
///
/// If a template does not fit the catalogue, which is a mistake in the template.
pub fn emit(catalog: &Catalog) -> Result<Vec<OutputFile>, EmitError> {
    let templates = templates::Templates::new()?;
    let mut files = rust::files(&templates, catalog)?;
    files.push(markdown::catalogue(&templates, catalog)?);
    files.extend(schemas::files(catalog));
    files.sort_by(|one, other| one.path.cmp(&other.path));
    Ok(files)
}
