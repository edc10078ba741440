//! Applies `history.yaml`, which says which release first had an operation or a parameter, and checks that its entries fit the documents.

use super::scope::ErrorList;
use crate::allowlist::history::{OperationEntry, ParameterHistory};
use crate::catalog::Parameter;
use crate::diagnostic::{Diagnostic, LowerDiagnostic, ReadDiagnostic, SelectDiagnostic, nearest};
use crate::input::ParsedInputs;
use crate::openapi::{Document, OperationFacts};

/// Sets for each parameter the release that first had it.
pub(super) fn date(entry: &OperationEntry, facts: &mut OperationFacts) {
    for parameter in &mut facts.parameters {
        if let Some(key) = parameter.request_key() {
            let mut entries = entry.parameters.iter().map(|it| &it.value);
            let found = entries.find(|it| (it.name.as_str(), it.location.as_str()) == key);
            parameter.since = found.map(|it| it.since.clone());
        }
    }
}

/// Reports names in `history.yaml` that the documents do not have.
pub(super) fn check(inputs: &ParsedInputs, errors: &ErrorList) {
    let error = |line: usize, diagnostic: Diagnostic| {
        errors.add(&inputs.history_path, line, diagnostic);
    };
    for entry in &inputs.history {
        let name = &entry.document.value;
        if let Some(document) = inputs.document(name) {
            let operations = entry.operations.iter();
            operations.for_each(|operation| check_operation(document, operation, error));
        } else if inputs.whole && inputs.apis.document(name).is_none() {
            // A document that could not be read has already been reported.
            let known = inputs.apis.documents.iter();
            let diagnostic = ReadDiagnostic::UnknownDocument {
                document: name.clone(),
                owner: inputs.apis_path.clone(),
                nearest: nearest(name, known.map(|it| it.name.value.as_str())),
            };
            error(entry.document.line, diagnostic.into());
        }
    }
}

fn check_operation(document: &Document, entry: &OperationEntry, error: impl Fn(usize, Diagnostic)) {
    let id = &entry.id.value;
    let Some(operation) = document.operation(id) else {
        let diagnostic = SelectDiagnostic::UnknownOperation {
            operation: id.clone(),
            document: document.name.clone(),
            nearest: nearest(id, document.ids()),
        };
        return error(entry.id.line, diagnostic.into());
    };
    // An operation that cannot be read is reported where it becomes a tool.
    let Ok(facts) = &operation.facts else {
        return;
    };
    let keys = || facts.parameters.iter().filter_map(Parameter::request_key);
    let is_known = |it: &ParameterHistory| {
        let own = (it.name.as_str(), it.location.as_str());
        keys().any(|key| key == own)
    };
    for parameter in entry.parameters.iter().filter(|it| !is_known(&it.value)) {
        let name = &parameter.value.name;
        let diagnostic = LowerDiagnostic::UnknownParameter {
            parameter: name.clone(),
            operation: id.clone(),
            document: document.name.clone(),
            nearest: nearest(name, keys().map(|(name, _)| name)),
        };
        error(parameter.line, diagnostic.into());
    }
}
