//! Turns an unprepared document into the tools that it would have if all its operations were included, and reports why the others cannot be tools.
//!
//! A trial shows what a document offers before an allowlist is written, and tests this crate on documents for which it was not made: whatever a document contains, each operation becomes either code or an error.

mod entry;

use std::collections::BTreeMap;

use crate::diagnostic::{Diagnostic, Error};
use crate::emit::{OutputFile, emit};
use crate::error::DocumentError;
use crate::input::{self, Input, Parsed};
use crate::{lower, select};

use self::entry::{Entry, Names};

/// Result of a trial.
#[derive(Debug, Clone, PartialEq)]
pub struct Trial {
    /// Number of operations in the document.
    pub operations: usize,
    /// Operations that cannot be tools, in the order of the document.
    pub refused: Vec<Refused>,
    /// Generated files of all other operations.
    pub files: Vec<OutputFile>,
}

/// Operation that cannot be a tool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
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
    let mut parsed = input::parse(&[apis, document]);
    let Some(spec) = parsed.specs.first() else {
        return Err(parsed.errors.iter().map(ToString::to_string).collect());
    };
    let operations = spec.operations();
    let mut names = Names::default();
    let mut reasons: BTreeMap<usize, Vec<String>> = BTreeMap::new();
    let mut entries = Vec::new();
    for (index, operation) in operations.iter().enumerate() {
        match entry::entry(spec, index, operation, &mut names) {
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
        let found = match generate(&mut parsed, &entries) {
            Ok(found) => {
                files = found;
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
    let refused = reasons.into_iter().filter_map(|(index, reasons)| {
        Some(Refused {
            operation: operations.get(index)?.id.clone(),
            reasons,
        })
    });
    Ok(Trial {
        operations: operations.len(),
        refused: refused.collect(),
        files,
    })
}

/// Errors by index of the operation. Errors that concern all operations have an index that no operation has.
type Found = BTreeMap<usize, Vec<String>>;

fn generate(parsed: &mut Parsed, entries: &[Entry]) -> Result<Vec<OutputFile>, Found> {
    let mut found = Found::new();
    let toolsets = entry::toolsets(entries);
    parsed.toolsets.clear();
    parsed.errors.clear();
    for toolset in &toolsets {
        parsed.toolset(&toolset.input);
    }
    let selection = select::select(parsed);
    let (catalog, wrong) = lower::lower(parsed, &selection);
    let errors = parsed.errors.iter().chain(&selection.errors).chain(&wrong);
    for error in errors {
        let index = toolsets.iter().find_map(|toolset| toolset.index(error));
        found
            .entry(index.unwrap_or(usize::MAX))
            .or_default()
            .push(error.to_string());
    }
    if !found.is_empty() {
        return Err(found);
    }
    emit(&catalog).map_err(|errors| {
        for error in errors {
            let text = error.to_string();
            let tool = |entry: &&Entry| text.contains(&format!("tool `{}`", entry.tool));
            let index = entries.iter().find(tool).map_or(usize::MAX, |it| it.index);
            found.entry(index).or_default().push(text);
        }
        found
    })
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
