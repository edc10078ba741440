//! Everything that can be read from the inputs, with the decisions about all operations and the catalogue of the tools.

use crate::coverage::{self, Coverage};
use crate::diagnostic::Error;
use crate::input::{self, Input, ParsedInputs};
use crate::lower::{self, Catalog};
use crate::openapi::{Document, DocumentOperation};
use crate::select::{self, Decision, Decisions};

/// Inputs with everything that follows from them, with or without errors. A state with errors can be compared with an earlier one while the allowlist does not fit a new document yet.
#[derive(Debug)]
pub struct Workspace {
    pub(crate) inputs: ParsedInputs,
    pub(crate) decisions: Decisions,
    /// Tools that could be made.
    pub catalog: Catalog,
    /// Undecided operations.
    pub undecided: Vec<Error>,
    /// Errors in the inputs and in the decisions about operations.
    decision_errors: Vec<Error>,
    /// Errors in the tools.
    tool_errors: Vec<Error>,
}

impl Workspace {
    /// Reads the inputs.
    #[must_use]
    pub fn read(inputs: &[Input]) -> Self {
        Self::complete(input::parse(inputs))
    }

    /// Makes the decisions and the catalogue.
    pub(crate) fn complete(mut inputs: ParsedInputs) -> Self {
        let mut decision_errors = std::mem::take(&mut inputs.errors);
        let selection = select::select(&inputs);
        let (catalog, mut tool_errors) = lower::lower(&inputs, &selection.toolsets);
        decision_errors.extend(selection.errors);
        let mut undecided = selection.undecided;
        let decisions = selection.decisions;
        for errors in [&mut decision_errors, &mut tool_errors, &mut undecided] {
            sort(errors);
        }
        Self {
            inputs,
            decisions,
            catalog,
            undecided,
            decision_errors,
            tool_errors,
        }
    }

    /// Returns all errors, except undecided operations.
    #[must_use]
    pub fn errors(&self) -> Vec<Error> {
        let errors = self.decision_errors.iter().chain(&self.tool_errors);
        let mut errors: Vec<Error> = errors.cloned().collect();
        sort(&mut errors);
        errors
    }

    /// Returns the catalogue of all tools.
    ///
    /// # Errors
    ///
    /// All errors in the inputs, by file and line, and all undecided operations.
    pub fn into_catalog(self) -> Result<Catalog, Vec<Error>> {
        match self.into_draft()? {
            (catalog, undecided) if undecided.is_empty() => Ok(catalog),
            (_, undecided) => Err(undecided),
        }
    }

    /// Returns the catalogue of the existing tools with the operations that are still undecided.
    ///
    /// # Errors
    ///
    /// All errors, if the decisions that were made have errors.
    pub fn into_draft(self) -> Result<(Catalog, Vec<Error>), Vec<Error>> {
        let mut errors = self.errors();
        if errors.is_empty() {
            return Ok((self.catalog, self.undecided));
        }
        errors.extend(self.undecided);
        sort(&mut errors);
        Err(errors)
    }

    /// Returns the decision about every operation.
    ///
    /// # Errors
    ///
    /// The errors that make the decisions unknown.
    pub fn coverage(&self) -> Result<Coverage, Vec<Error>> {
        if self.decision_errors.is_empty() {
            Ok(coverage::cover(&self.inputs, &self.decisions))
        } else {
            Err(self.decision_errors.clone())
        }
    }

    /// Returns the APIs, each with its main document, which is the first one in its list.
    #[must_use]
    pub fn main_documents(&self) -> Vec<(String, String)> {
        let apis = self.inputs.apis.apis.iter();
        let main = apis.filter_map(|api| {
            let document = api.documents.first()?;
            Some((api.name.value.clone(), document.value.clone()))
        });
        main.collect()
    }

    /// Yields each document with the decisions about its operations, in the order of the document.
    pub(crate) fn documents(&self) -> impl Iterator<Item = (&Document, &[Decision])> {
        let documents = self.inputs.documents.iter();
        documents.zip(self.decisions.iter().map(Vec::as_slice))
    }

    /// Yields each operation with its document and the decision about it.
    pub(crate) fn operations(
        &self,
    ) -> impl Iterator<Item = (&Document, &DocumentOperation, &Decision)> {
        self.documents().flat_map(|(document, decisions)| {
            let operations = document.operations.iter().zip(decisions);
            operations.map(move |(operation, decision)| (document, operation, decision))
        })
    }
}

/// Sorts errors by file, line and text, and removes duplicates.
fn sort(errors: &mut Vec<Error>) {
    errors.sort_by_cached_key(|error| (error.path.clone(), error.line, error.to_string()));
    errors.dedup();
}
