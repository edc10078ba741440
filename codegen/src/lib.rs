//! Turns published OpenAPI documents and a documented allowlist into the source of MCP tools.
//!
//! Data flows in one direction, and nothing in this crate reads or writes files: text -> [`openapi::read`] -> [`facts::facts`] -> selection -> [`catalog::Catalog`] -> files.

pub mod allow;
pub mod catalog;
pub mod changes;
pub mod corrections;
pub mod emit;
pub mod error;
pub mod facts;
pub mod history;
pub mod ident;
pub mod openapi;
pub mod trial;

mod allowlist;
mod coverage;
mod diagnostic;
mod entry;
mod glob;
mod input;
mod lower;
mod reader;
mod select;
mod text;
mod yaml;

pub use coverage::{Coverage, CoveredOperation, DocumentCoverage};
pub use diagnostic::{Diagnostic, Error, LowerDiagnostic, ReadDiagnostic, SelectDiagnostic};
pub use input::Input;
pub use select::Decision;
pub use text::listed;

use catalog::Catalog;
use changes::DocumentState;

/// Makes the catalogue of all tools, or returns all errors in the inputs, by file and line.
pub fn catalog(inputs: &[Input]) -> Result<Catalog, Vec<Error>> {
    let (catalog, undecided) = draft(inputs)?;
    if undecided.is_empty() {
        Ok(catalog)
    } else {
        Err(undecided)
    }
}

/// Makes the catalogue of the existing tools and returns it with the operations that are still undecided. Fails only if the decisions that were made have errors.
pub fn draft(inputs: &[Input]) -> Result<(Catalog, Vec<Error>), Vec<Error>> {
    let mut parsed = input::parse(inputs);
    let mut errors = std::mem::take(&mut parsed.errors);
    let selection = select::select(&parsed);
    let (catalog, wrong) = lower::lower(&parsed, &selection);
    errors.extend(selection.errors);
    errors.extend(wrong);
    let mut undecided = selection.undecided;
    if errors.is_empty() {
        sort(&mut undecided);
        return Ok((catalog, undecided));
    }
    errors.append(&mut undecided);
    sort(&mut errors);
    Err(errors)
}

/// Everything that could be read despite errors. A state is compared with an earlier one while the allowlist does not fit a new document yet.
#[derive(Debug, Clone, PartialEq)]
pub struct State {
    /// Tools that could be made.
    pub catalog: Catalog,
    /// All errors, except undecided operations.
    pub diagnostics: Vec<Error>,
    /// Undecided operations.
    pub undecided: Vec<Error>,
    /// Contents of the documents.
    pub documents: Vec<DocumentState>,
}

/// Reads the state of the inputs, with or without errors.
#[must_use]
pub fn state(inputs: &[Input]) -> State {
    let mut parsed = input::parse(inputs);
    let mut diagnostics = std::mem::take(&mut parsed.errors);
    let selection = select::select(&parsed);
    let (catalog, wrong) = lower::lower(&parsed, &selection);
    let documents = changes::states(&selection);
    diagnostics.extend(selection.errors);
    diagnostics.extend(wrong);
    let mut undecided = selection.undecided;
    sort(&mut diagnostics);
    sort(&mut undecided);
    State {
        catalog,
        diagnostics,
        undecided,
        documents,
    }
}

/// Returns the APIs, each with its main document, which is the first one in its list.
#[must_use]
pub fn main_documents(inputs: &[Input]) -> Vec<(String, String)> {
    let apis = input::apis(inputs).apis.into_iter();
    let main = apis.filter_map(|api| {
        let document = api.documents.into_iter().next()?;
        Some((api.name.value, document.value))
    });
    main.collect()
}

/// Returns the decision about every operation. Fails only if errors make the decisions unknown.
pub fn coverage(inputs: &[Input]) -> Result<Coverage, Vec<Error>> {
    let mut parsed = input::parse(inputs);
    let mut errors = std::mem::take(&mut parsed.errors);
    let selection = select::select(&parsed);
    let coverage = coverage::cover(&parsed, &selection);
    errors.extend(selection.errors);
    if errors.is_empty() {
        return Ok(coverage);
    }
    sort(&mut errors);
    Err(errors)
}

/// Sorts errors by file, line and text, and removes duplicates.
fn sort(errors: &mut Vec<Error>) {
    errors.sort_by_cached_key(|error| (error.path.clone(), error.line, error.to_string()));
    errors.dedup();
}
