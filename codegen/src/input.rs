//! Reads the input files, each as the kind that its path determines.

use std::collections::BTreeMap;

use crate::allowlist::apis::{self, Apis};
use crate::allowlist::corrections;
use crate::allowlist::documents::DocumentEntry;
use crate::allowlist::excluded::{self, Exclusion};
use crate::allowlist::history::{self, DocumentEntry as HistoryEntry};
use crate::allowlist::tools::{self, ToolsetEntry};
use crate::corrections::Correction;
use crate::diagnostic::{Error, ReadDiagnostic, nearest};
use crate::error::DocumentError;
use crate::openapi::{self, Spec};
use crate::reader::Reader;
use crate::yaml::Node;

/// Input file: `specs/apis.yaml`, `specs/tools/*.yaml`, `specs/excluded.yaml`, `specs/corrections.yaml`, `specs/history.yaml` or a document that `apis.yaml` names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Input {
    /// Path relative to the workspace, with `/`.
    pub path: String,
    /// Content.
    pub text: String,
}

/// Contents of all files.
#[derive(Debug)]
pub(crate) struct Parsed {
    pub(crate) apis: Apis,
    pub(crate) apis_path: String,
    /// Toolsets in the order of their paths.
    pub(crate) toolsets: Vec<ToolsetEntry>,
    pub(crate) exclusions: Vec<Exclusion>,
    pub(crate) excluded_path: String,
    /// Releases that first had an operation or a parameter.
    pub(crate) history: Vec<HistoryEntry>,
    pub(crate) history_path: String,
    /// Documents that could be read, in the order of `apis.yaml`.
    pub(crate) specs: Vec<Spec>,
    /// Whether all entries of the allowlist could be read. If not, missing entries cannot be reported.
    pub(crate) whole: bool,
    pub(crate) errors: Vec<Error>,
    /// Line of each operation, by source and ID.
    operation_lines: BTreeMap<(String, String), usize>,
}

impl Parsed {
    /// Finds a document by name.
    pub(crate) fn spec(&self, name: &str) -> Option<&Spec> {
        self.specs.iter().find(|spec| spec.name == name)
    }

    /// Returns the line in which an operation is declared; 0 if the line is unknown.
    pub(crate) fn operation_line(&self, spec: &Spec, operation: &str) -> usize {
        let key = (spec.source.clone(), operation.to_owned());
        self.operation_lines.get(&key).copied().unwrap_or(0)
    }

    /// Returns the directory of the tool files.
    pub(crate) fn tools_path(&self) -> String {
        format!("{}tools/", root(&self.apis_path))
    }
}

/// Reads as much of `apis.yaml` as can be read.
pub(crate) fn apis(inputs: &[Input]) -> Apis {
    let Some(input) = find(inputs, apis_path(inputs)) else {
        return Apis::default();
    };
    let (mut reader, node) = Reader::open(&input.path, &input.text);
    node.map(|node| apis::read(&mut reader, &node))
        .unwrap_or_default()
}

fn apis_path(inputs: &[Input]) -> &str {
    inputs
        .iter()
        .map(|input| input.path.as_str())
        .find(|path| *path == "apis.yaml" || path.ends_with("/apis.yaml"))
        .unwrap_or("specs/apis.yaml")
}

/// Reads all files.
pub(crate) fn parse(inputs: &[Input]) -> Parsed {
    let apis_path = apis_path(inputs);
    let root = root(apis_path);
    let mut parsed = Parsed {
        apis: Apis::default(),
        apis_path: apis_path.to_owned(),
        toolsets: Vec::new(),
        exclusions: Vec::new(),
        excluded_path: format!("{root}excluded.yaml"),
        history: Vec::new(),
        history_path: format!("{root}history.yaml"),
        specs: Vec::new(),
        whole: true,
        errors: Vec::new(),
        operation_lines: BTreeMap::new(),
    };
    match find(inputs, apis_path) {
        Some(input) => parsed.apis = parsed.read(input, apis::read).unwrap_or_default(),
        None => parsed.missing(apis_path, 0, apis_path),
    }
    if let Some(input) = find(inputs, &parsed.excluded_path) {
        parsed.exclusions = parsed.read(input, excluded::read).unwrap_or_default();
    }
    if let Some(input) = find(inputs, &parsed.history_path) {
        parsed.history = parsed.read(input, history::read).unwrap_or_default();
    }
    let corrections = find(inputs, &format!("{root}corrections.yaml"))
        .and_then(|input| parsed.read(input, corrections::read))
        .unwrap_or_default();
    parsed
        .errors
        .extend(unknown_documents(&parsed, &corrections));
    let folder = parsed.tools_path();
    let mut files: Vec<_> = inputs
        .iter()
        .filter(|input| input.path.starts_with(&folder) && input.path.ends_with(".yaml"))
        .collect();
    files.sort_by(|one, other| one.path.cmp(&other.path));
    for input in files {
        parsed.toolset(input);
    }
    for document in parsed.apis.documents.clone() {
        parsed.document(inputs, &document, &corrections);
    }
    parsed
}

impl Parsed {
    fn read<T>(&mut self, input: &Input, read: impl Fn(&mut Reader<'_>, &Node) -> T) -> Option<T> {
        let (mut reader, node) = Reader::open(&input.path, &input.text);
        let value = node.map(|node| read(&mut reader, &node));
        let lost = |error: &Error| error.loses_entries();
        self.whole &= value.is_some() && !reader.errors.iter().any(lost);
        self.errors.append(&mut reader.errors);
        value
    }

    /// Reads one of the tool files.
    pub(crate) fn toolset(&mut self, input: &Input) {
        let toolset = self.read(input, tools::read).flatten();
        self.whole &= toolset.is_some();
        self.toolsets.extend(toolset);
    }

    fn missing(&mut self, path: &str, line: usize, file: &str) {
        let file = file.to_owned();
        let diagnostic = ReadDiagnostic::MissingFile { file };
        self.errors.push(Error::new(path, line, diagnostic));
    }

    fn document(&mut self, inputs: &[Input], entry: &DocumentEntry, corrections: &[Correction]) {
        let source = &entry.source.value;
        let Some(input) = find(inputs, source) else {
            let apis_path = self.apis_path.clone();
            self.missing(&apis_path, entry.source.line, source);
            return;
        };
        let name = &entry.name.value;
        let own: Vec<_> = corrections
            .iter()
            .filter(|correction| correction.document == *name)
            .cloned()
            .collect();
        let mut read = openapi::read(name, source, &input.text, &own);
        if let Err(errors) = &read
            && let Some(fitting) = fitting(&own, errors)
        {
            self.refuse(source, errors.clone());
            read = openapi::read(name, source, &input.text, &fitting);
        }
        match read {
            Ok(mut spec) => {
                if let Some(base) = &entry.base {
                    if !spec.openapi.servers.is_empty() {
                        let document = name.clone();
                        let diagnostic = ReadDiagnostic::UnusedBase { document };
                        let error = Error::new(&self.apis_path, base.line, diagnostic);
                        self.errors.push(error);
                    }
                    spec.base.clone_from(&base.value);
                }
                for (line, id) in operation_ids(&input.text) {
                    let key = (source.clone(), id.to_owned());
                    self.operation_lines.entry(key).or_insert(line);
                }
                self.specs.push(spec);
            }
            Err(errors) => self.refuse(source, errors),
        }
    }

    fn refuse(&mut self, source: &str, errors: Vec<DocumentError>) {
        let errors = errors.into_iter();
        self.errors
            .extend(errors.map(|error| Error::new(source, 0, error)));
    }
}

/// Returns the corrections that still apply, if the only errors are corrections that no longer apply. These are reported once, and the document is still read.
fn fitting(corrections: &[Correction], errors: &[DocumentError]) -> Option<Vec<Correction>> {
    let mut idle = Vec::new();
    for error in errors {
        match error {
            DocumentError::Correction { file, line, .. } => idle.push((file, *line)),
            _ => return None,
        }
    }
    let fits = |it: &&Correction| !idle.contains(&(&it.source, it.line));
    Some(corrections.iter().filter(fits).cloned().collect())
}

/// Reports corrections of documents that do not exist.
fn unknown_documents(parsed: &Parsed, corrections: &[Correction]) -> Vec<Error> {
    let documents = &parsed.apis.documents;
    let names = || documents.iter().map(|entry| entry.name.value.as_str());
    let unknown = corrections.iter().filter(|correction| {
        !documents.is_empty() && parsed.apis.document(&correction.document).is_none()
    });
    unknown
        .map(|correction| {
            let diagnostic = ReadDiagnostic::UnknownDocument {
                document: correction.document.clone(),
                owner: parsed.apis_path.clone(),
                nearest: nearest(&correction.document, names()),
            };
            Error::new(&correction.source, correction.line, diagnostic)
        })
        .collect()
}

/// Finds the lines in which a text declares operations. The parser of documents does not keep positions, and no other positions are needed.
fn operation_ids(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines().enumerate().filter_map(|(index, line)| {
        let line = line.trim().trim_start_matches(['"', '\'']);
        let rest = line.strip_prefix("operationId")?;
        let id = rest.trim_matches([' ', ':', '"', '\'', ',']);
        Some((index + 1, id))
    })
}

fn find<'i>(inputs: &'i [Input], path: &str) -> Option<&'i Input> {
    inputs.iter().find(|input| input.path == path)
}

/// Returns the directory part of a path.
fn root(path: &str) -> &str {
    path.rfind('/').map_or("", |slash| &path[..=slash])
}
