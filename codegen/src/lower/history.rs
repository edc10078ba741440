//! Applies `history.yaml`, which says which release first had an operation or a parameter, and checks that its entries fit the documents.

use crate::allowlist::history::OperationEntry;
use crate::diagnostic::{
    Diagnostic, Error, LowerDiagnostic, ReadDiagnostic, SelectDiagnostic, nearest,
};
use crate::facts::{Facts, facts};
use crate::history::key;
use crate::input::Parsed;
use crate::openapi::Spec;

/// Returns the entry of an operation in `history.yaml`.
pub(crate) fn of<'p>(parsed: &'p Parsed, document: &str, id: &str) -> Option<&'p OperationEntry> {
    let mut documents = parsed.history.iter();
    let document = documents.find(|entry| entry.document.value == document)?;
    document
        .operations
        .iter()
        .find(|entry| entry.id.value == id)
}

/// Sets for each parameter the release that first had it.
pub(super) fn date(entry: &OperationEntry, facts: &mut Facts) {
    for parameter in &mut facts.parameters {
        let Some((name, place)) = key(parameter) else {
            continue;
        };
        let mut entries = entry.parameters.iter().map(|it| &it.value);
        let found = entries.find(|it| it.name == name && it.location == place);
        parameter.since = found.map(|it| it.since.clone());
    }
}

/// Reports names in `history.yaml` that the documents do not have.
pub(super) fn check(parsed: &Parsed) -> Vec<Error> {
    let mut errors = Vec::new();
    let mut error = |line: usize, diagnostic: Diagnostic| {
        errors.push(Error::new(&parsed.history_path, line, diagnostic));
    };
    for entry in &parsed.history {
        let name = &entry.document.value;
        let Some(spec) = parsed.spec(name) else {
            // A document that could not be read has already been reported.
            if parsed.whole && parsed.apis.document(name).is_none() {
                let known = parsed.apis.documents.iter();
                let diagnostic = ReadDiagnostic::UnknownDocument {
                    document: name.clone(),
                    owner: parsed.apis_path.clone(),
                    nearest: nearest(name, known.map(|it| it.name.value.as_str())),
                };
                error(entry.document.line, diagnostic.into());
            }
            continue;
        };
        for operation in &entry.operations {
            for (line, diagnostic) in unknown(spec, operation) {
                error(line, diagnostic);
            }
        }
    }
    errors
}

fn unknown(spec: &Spec, entry: &OperationEntry) -> Vec<(usize, Diagnostic)> {
    let id = &entry.id.value;
    if spec.find(id).is_none() {
        let known = spec.operations();
        let diagnostic = SelectDiagnostic::UnknownOperation {
            operation: id.clone(),
            document: spec.name.clone(),
            nearest: nearest(id, known.iter().map(|it| it.id.as_str())),
        };
        return vec![(entry.id.line, diagnostic.into())];
    }
    if entry.parameters.is_empty() {
        return Vec::new();
    }
    // An operation that cannot be read is reported where it becomes a tool.
    let facts = facts(spec, id);
    let keys: Vec<_> = match &facts {
        Ok(facts) => facts.parameters.iter().filter_map(key).collect(),
        Err(_) => return Vec::new(),
    };
    let is_known = |name: &str, place: &str| keys.iter().any(|key| key.0 == name && key.1 == place);
    let unknown = entry.parameters.iter();
    let unknown = unknown.filter(|it| !is_known(&it.value.name, &it.value.location));
    let diagnostics = unknown.map(|it| {
        let diagnostic = LowerDiagnostic::UnknownParameter {
            parameter: it.value.name.clone(),
            operation: id.clone(),
            document: spec.name.clone(),
            nearest: nearest(&it.value.name, keys.iter().map(|(name, _)| name.as_str())),
        };
        (it.line, diagnostic.into())
    });
    diagnostics.collect()
}
