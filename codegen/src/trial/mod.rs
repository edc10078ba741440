//! Turns an unprepared document into the tools that it would have if all its operations were included, and reports why the others cannot be tools.
//!
//! A trial shows what a document offers before an allowlist is written, and tests this crate on documents for which it was not made: whatever a document contains, each operation becomes either code or an error.

mod entry;

use std::collections::BTreeMap;

use crate::diagnostic::{Diagnostic, Error};
use crate::emit::{OutputFile, emit};
use crate::error::DocumentError;
use crate::input::{self, Input, ParsedInputs};
use crate::workspace::Workspace;

use self::entry::{Entry, Names};

/// Result of a trial.
#[derive(Debug, Clone, PartialEq)]
pub struct Trial {
    /// Number of operations in the document.
    pub operations: usize,
    /// Operations that cannot be tools, in the order of the document.
    pub unsupported: Vec<UnsupportedOperation>,
    /// Generated files of all other operations.
    pub files: Vec<OutputFile>,
}

/// Operation that cannot be a tool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnsupportedOperation {
    /// Operation ID.
    pub operation: String,
    /// All reasons, with their locations.
    pub reasons: Vec<String>,
}

/// Includes every operation of a document, described by the document itself. Fails only if the document cannot be read.
pub fn trial(source: &str, text: &str) -> Result<Trial, Vec<String>> {
    let apis = Input {
        path: "specs/apis.yaml".to_owned(),
        text: APIS.replace("SOURCE", &entry::quoted(source)),
    };
    let document = Input {
        path: source.to_owned(),
        text: text.to_owned(),
    };
    let mut inputs = input::parse(&[apis, document]);
    let Some(document) = inputs.documents.first() else {
        return Err(inputs.errors.iter().map(ToString::to_string).collect());
    };
    let ids: Vec<String> = document.ids().map(str::to_owned).collect();
    let mut names = Names::default();
    let mut reasons: BTreeMap<usize, Vec<String>> = BTreeMap::new();
    let mut entries = Vec::new();
    for (index, operation) in document.operations.iter().enumerate() {
        match entry::entry(document, index, operation, &mut names) {
            Ok(entry) => entries.push(entry),
            Err(errors) => {
                let errors = errors.iter().map(DocumentError::to_string);
                reasons.insert(index, errors.collect());
            }
        }
    }
    let mut files = Vec::new();
    // Each round removes the operations that the previous one rejected. Removing an operation never makes another one fail, so few rounds are needed.
    while !entries.is_empty() {
        let (again, generated) = generate(inputs, &entries);
        inputs = again;
        let found = match generated {
            Ok(generated) => {
                files = generated;
                break;
            }
            Err(found) => found,
        };
        let before = entries.len();
        entries.retain(|entry| !found.contains_key(&entry.index));
        if entries.len() == before {
            return Err(found.into_values().flatten().collect());
        }
        for (index, found) in found {
            reasons.entry(index).or_default().extend(found);
        }
    }
    let unsupported = reasons.into_iter().filter_map(|(index, reasons)| {
        let operation = ids.get(index)?.clone();
        Some(UnsupportedOperation { operation, reasons })
    });
    Ok(Trial {
        operations: ids.len(),
        unsupported: unsupported.collect(),
        files,
    })
}

/// Errors by index of the operation. Errors that concern all operations have an index that no operation has.
type FoundErrors = BTreeMap<usize, Vec<String>>;

/// Generates the files of the entries, and returns the inputs for the next round.
fn generate(
    mut inputs: ParsedInputs,
    entries: &[Entry],
) -> (ParsedInputs, Result<Vec<OutputFile>, FoundErrors>) {
    let mut found = FoundErrors::new();
    let toolsets = entry::toolsets(entries);
    inputs.toolsets.clear();
    inputs.errors.clear();
    for toolset in &toolsets {
        inputs.read_toolset(&toolset.input);
    }
    let workspace = Workspace::complete(inputs);
    for error in workspace.errors() {
        let index = toolsets.iter().find_map(|toolset| toolset.index(&error));
        let errors = found.entry(index.unwrap_or(usize::MAX)).or_default();
        errors.push(error.to_string());
    }
    let generated = match found.is_empty() {
        true => emit(&workspace.catalog)
            .map_err(|error| FoundErrors::from([(usize::MAX, vec![error.to_string()])])),
        false => Err(found),
    };
    (workspace.inputs, generated)
}

impl entry::Toolset {
    /// Returns the index of the operation that an error concerns.
    fn index(&self, error: &Error) -> Option<usize> {
        if error.path != self.input.path || matches!(error.diagnostic, Diagnostic::Document(_)) {
            return None;
        }
        let before = self.lines.iter().rev();
        before
            .clone()
            .find(|(line, _)| *line <= error.line)
            .map(|(_, index)| *index)
    }
}

/// API of which only the document is known.
const APIS: &str = r#"names:
  list: list_{resource}
  get: get_{resource}
  create: create_{resource}
  update: update_{resource}
  delete: delete_{resource}
  other: "{verb}_{resource}"
documents:
  - name: trial
    source: SOURCE
apis:
  - name: trial
    title: Trial
    documents: [trial]
    version: { get: /version, version: /version }
    sign_in: { basic: {} }
    pagination: []
    errors: { detail: [/detail], title: [/title], hints: [] }
"#;
