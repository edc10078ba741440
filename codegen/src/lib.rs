//! Turns published OpenAPI documents and a documented allowlist into the source of MCP tools.
//!
//! Data flows one way and nothing here reads or writes a file: text -> [`openapi::read`] -> [`facts::facts`] -> selection -> [`catalog::Catalog`] -> files.

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
mod glob;
mod input;
mod lower;
mod problem;
mod reader;
mod select;
mod text;
mod yaml;

pub use coverage::{Coverage, CoveredOperation, DocumentCoverage};
pub use input::Input;
pub use problem::{Error, Problem};
pub use select::Decision;
pub use text::listed;

use catalog::Catalog;
use changes::DocumentState;

/// Makes the catalogue of all tools, or says all that is wrong with the inputs, by file and line.
pub fn catalog(inputs: &[Input]) -> Result<Catalog, Vec<Error>> {
    let (catalog, undecided) = draft(inputs)?;
    if undecided.is_empty() {
        Ok(catalog)
    } else {
        Err(undecided)
    }
}

/// The catalogue of the tools there are, with the operations for which nothing was decided yet. Fails only if something is wrong with what was decided.
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

/// What there is, however much is wrong with it: for comparing with what there was, when the allowlist does not fit a new document yet.
#[derive(Debug, Clone, PartialEq)]
pub struct State {
    /// The tools that could be made.
    pub catalog: Catalog,
    /// All that is wrong, operations for which nothing was decided left out.
    pub problems: Vec<Error>,
    /// Operations for which nothing was decided.
    pub undecided: Vec<Error>,
    /// What the documents offer.
    pub documents: Vec<DocumentState>,
}

/// Reads what can be read.
#[must_use]
pub fn state(inputs: &[Input]) -> State {
    let mut parsed = input::parse(inputs);
    let mut problems = std::mem::take(&mut parsed.errors);
    let selection = select::select(&parsed);
    let (catalog, wrong) = lower::lower(&parsed, &selection);
    let documents = changes::states(&selection);
    problems.extend(selection.errors);
    problems.extend(wrong);
    let mut undecided = selection.undecided;
    sort(&mut problems);
    sort(&mut undecided);
    State {
        catalog,
        problems,
        undecided,
        documents,
    }
}

/// The APIs, each with its own document; those of its parts come behind that.
#[must_use]
pub fn main_documents(inputs: &[Input]) -> Vec<(String, String)> {
    let apis = input::apis(inputs).apis.into_iter();
    let main = apis.filter_map(|api| {
        let document = api.documents.into_iter().next()?;
        Some((api.name.value, document.value))
    });
    main.collect()
}

/// What became of every operation. Fails only if that cannot be told.
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

/// By file, line and text; nothing twice.
fn sort(errors: &mut Vec<Error>) {
    errors.sort_by_cached_key(|error| (error.path.clone(), error.line, error.to_string()));
    errors.dedup();
}
