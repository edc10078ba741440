//! Context in which a tool is lowered.

use std::cell::RefCell;

use crate::allowlist::tools::ToolEntry;
use crate::catalog::TypeShape;
use crate::diagnostic::{Diagnostic, Error, LowerDiagnostic, SelectDiagnostic, nearest};
use crate::input::ParsedInputs;
use crate::openapi::{DocumentOperation, OperationFacts};
use crate::reader::Located;
use crate::select::SelectedOperation;
use crate::text::tidy;

/// Errors that were found so far, in any order. All steps add to it, so that one run reports all errors.
#[derive(Debug, Default)]
pub(super) struct ErrorList(RefCell<Vec<Error>>);

impl ErrorList {
    pub(super) fn add(&self, path: &str, line: usize, diagnostic: impl Into<Diagnostic>) {
        self.0.borrow_mut().push(Error::new(path, line, diagnostic));
    }

    pub(super) fn into_errors(self) -> Vec<Error> {
        self.0.into_inner()
    }
}

/// Tool and operation that are being lowered; all steps need them.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scope<'p> {
    pub(super) inputs: &'p ParsedInputs,
    pub(super) errors: &'p ErrorList,
    /// File that declares the tool.
    pub(super) path: &'p str,
    /// Name of the tool.
    pub(super) tool: &'p str,
    pub(super) entry: &'p ToolEntry,
    pub(super) operation: SelectedOperation<'p>,
}

impl<'p> Scope<'p> {
    /// Returns whether an entry applies to this document. An entry with an empty list applies to all documents.
    pub(super) fn has(&self, documents: &[Located<String>]) -> bool {
        let own = self.document();
        documents.is_empty() || documents.iter().any(|document| document.value == own)
    }

    pub(super) fn document(&self) -> &'p str {
        &self.operation.document.name
    }

    pub(super) fn operation_id(&self) -> &'p str {
        &self.operation.binding.operation.value
    }

    /// Line of the operation in the allowlist.
    pub(super) fn operation_line(&self) -> usize {
        self.operation.binding.operation.line
    }

    pub(super) fn report(&self, line: usize, diagnostic: impl Into<Diagnostic>) {
        self.errors.add(self.path, line, diagnostic);
    }

    /// Reports a decision that changes nothing.
    pub(super) fn report_no_effect(&self, line: usize, what: String) {
        let document = self.document().to_owned();
        self.report(line, LowerDiagnostic::NoEffect { what, document });
    }

    /// Reports that values are recorded which nothing reads.
    pub(super) fn report_not_read(&self) {
        let document = self.document().to_owned();
        self.report(self.operation_line(), LowerDiagnostic::NotRead { document });
    }

    /// Reports a name of a parameter that the operation does not have.
    pub(super) fn report_unknown_parameter(
        &self,
        line: usize,
        name: &str,
        nearest: Option<String>,
    ) {
        let diagnostic = LowerDiagnostic::UnknownParameter {
            parameter: name.to_owned(),
            operation: self.operation_id().to_owned(),
            document: self.document().to_owned(),
            nearest,
        };
        self.report(line, diagnostic);
    }

    /// Reports an operation that does not suit a key.
    pub(super) fn report_unsuitable(
        &self,
        line: usize,
        key: &'static str,
        id: &Located<String>,
        reason: String,
    ) {
        let diagnostic = LowerDiagnostic::UnsuitableOperation {
            key,
            operation: id.value.clone(),
            document: self.document().to_owned(),
            reason,
        };
        self.report(line, diagnostic);
    }

    /// Finds another operation of the document. Reports an operation that does not exist.
    pub(super) fn find(&self, id: &Located<String>) -> Option<&'p DocumentOperation> {
        let document = self.operation.document;
        let found = document.operation(&id.value);
        if found.is_none() {
            let diagnostic = SelectDiagnostic::UnknownOperation {
                operation: id.value.clone(),
                document: document.name.clone(),
                nearest: nearest(&id.value, document.ids()),
            };
            self.report(id.line, diagnostic);
        }
        found
    }

    /// Reports an error in the document at one of its operations.
    pub(super) fn report_in_document(&self, id: &str, diagnostic: impl Into<Diagnostic>) {
        let document = self.operation.document;
        let line = document.operation(id).map_or(0, |operation| operation.line);
        self.errors.add(&document.source, line, diagnostic);
    }

    /// Returns what the document says about an operation, with tidy descriptions. Reports an operation that cannot be a tool.
    pub(super) fn read(&self, id: &str) -> Option<OperationFacts> {
        let mut facts = match self.operation.document.facts(id) {
            Ok(facts) => facts,
            Err(errors) => {
                let errors = errors.into_iter();
                errors.for_each(|error| self.report_in_document(id, error));
                return None;
            }
        };
        let entry = self.inputs.apis.document(self.document());
        let boilerplate = entry.map_or(&[][..], |entry| entry.boilerplate.as_slice());
        let boilerplate: Vec<&str> = boilerplate.iter().map(|it| it.value.as_str()).collect();
        let tidy = |text: &mut String| *text = tidy(text, &boilerplate);
        for parameter in &mut facts.parameters {
            tidy(&mut parameter.field.description);
        }
        for def in &mut facts.types {
            tidy(&mut def.description);
            if let TypeShape::Struct { fields, .. } = &mut def.shape {
                let fields = fields.iter_mut();
                fields.for_each(|field| tidy(&mut field.description));
            }
        }
        Some(facts)
    }
}
