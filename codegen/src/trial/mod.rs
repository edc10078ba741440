//! A document that nobody has prepared -> the tools it would have if all its operations were taken, and what is in the way of the others.
//!
//! For trying out a document before anything is written for it, and for testing this crate on documents that it was not made for: whatever a document holds, each operation becomes code or a refusal.

mod entry;

use std::collections::BTreeMap;

use crate::emit::{OutputFile, emit};
use crate::error::DocumentError;
use crate::input::{self, Input, Parsed};
use crate::problem::{Error, Problem};
use crate::{lower, select};

use self::entry::{Entry, Names};

/// What became of a document.
#[derive(Debug, Clone, PartialEq)]
pub struct Trial {
    /// How many operations it has.
    pub operations: usize,
    /// Those that cannot be tools, in the order of the document.
    pub refused: Vec<Refused>,
    /// The generated files of all others.
    pub files: Vec<OutputFile>,
}

/// An operation that cannot be a tool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// Its id.
    pub operation: String,
    /// All that is in the way, with where it stands.
    pub reasons: Vec<String>,
}

/// Takes every operation of a document, documented with what it says itself. Fails only if there is no document to be read.
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
    // Each round takes out what the one before refused; one operation less refuses no other, so few are needed.
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

/// What is in the way, by the index of the operation; what is in the way of all has an index that no operation has.
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
    /// The operation that an error is about.
    fn index(&self, error: &Error) -> Option<usize> {
        if error.path != self.input.path || matches!(error.problem, Problem::Document(_)) {
            return None;
        }
        let before = self.lines.iter().rev();
        before
            .clone()
            .find(|(line, _)| *line <= error.line)
            .map(|(_, index)| *index)
    }
}

/// An API of which nothing is known but its document.
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
    version: { get: /version, at: /version }
    sign_in: { basic: {} }
    pagination: []
    errors: { detail: [/detail], title: [/title], hints: [] }
"#;
