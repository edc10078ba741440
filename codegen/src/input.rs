//! Reads the input files, each as the kind that its path determines.

use crate::allowlist::apis::{self, Apis};
use crate::allowlist::corrections;
use crate::allowlist::documents::DocumentEntry;
use crate::allowlist::excluded::{self, Exclusion};
use crate::allowlist::history::{self, DocumentHistoryEntry, OperationEntry};
use crate::allowlist::presets::{self, PresetEntry};
use crate::allowlist::tools::{self, ToolsetEntry};
use crate::corrections::Correction;
use crate::diagnostic::{Error, ReadDiagnostic, nearest};
use crate::error::DocumentError;
use crate::openapi::{self, Document, DocumentSource};
use crate::reader::Reader;
use crate::yaml::Node;

/// Input file: `specs/apis.yaml`, `specs/tools/*.yaml`, `specs/excluded.yaml`, `specs/presets.yaml`, `specs/corrections.yaml`, `specs/history.yaml` or a document that `apis.yaml` names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Input {
    /// Path relative to the workspace, with `/`.
    pub path: String,
    /// Content.
    pub text: String,
}

/// Contents of all files.
#[derive(Debug)]
pub(crate) struct ParsedInputs {
    pub(crate) apis: Apis,
    pub(crate) apis_path: String,
    /// Toolsets in the order of their paths.
    pub(crate) toolsets: Vec<ToolsetEntry>,
    pub(crate) exclusions: Vec<Exclusion>,
    pub(crate) excluded_path: String,
    pub(crate) presets: Vec<PresetEntry>,
    pub(crate) presets_path: String,
    /// Releases that first had an operation or a parameter.
    pub(crate) history: Vec<DocumentHistoryEntry>,
    pub(crate) history_path: String,
    /// Documents that could be read, in the order of `apis.yaml`.
    pub(crate) documents: Vec<Document>,
    /// Whether all entries of the allowlist could be read. If not, missing entries cannot be reported.
    pub(crate) whole: bool,
    pub(crate) errors: Vec<Error>,
}

impl ParsedInputs {
    /// Finds a document by name.
    pub(crate) fn document(&self, name: &str) -> Option<&Document> {
        self.documents.iter().find(|document| document.name == name)
    }

    /// Returns the entry of an operation in `history.yaml`.
    pub(crate) fn history_of(&self, document: &str, id: &str) -> Option<&OperationEntry> {
        let mut documents = self.history.iter();
        let document = documents.find(|entry| entry.document.value == document)?;
        let mut operations = document.operations.iter();
        operations.find(|entry| entry.id.value == id)
    }

    /// Returns the first release with an operation, if it is newer than the oldest supported release.
    pub(crate) fn since(&self, document: &str, id: &str) -> Option<String> {
        self.history_of(document, id)?.since.clone()
    }

    /// Returns the directory of the tool files.
    pub(crate) fn tools_path(&self) -> String {
        format!("{}tools/", root(&self.apis_path))
    }
}

fn apis_path(inputs: &[Input]) -> &str {
    inputs
        .iter()
        .map(|input| input.path.as_str())
        .find(|path| *path == "apis.yaml" || path.ends_with("/apis.yaml"))
        .unwrap_or("specs/apis.yaml")
}

/// Reads all files.
pub(crate) fn parse(inputs: &[Input]) -> ParsedInputs {
    let apis_path = apis_path(inputs);
    let root = root(apis_path);
    let mut parsed = ParsedInputs {
        apis: Apis::default(),
        apis_path: apis_path.to_owned(),
        toolsets: Vec::new(),
        exclusions: Vec::new(),
        excluded_path: format!("{root}excluded.yaml"),
        presets: Vec::new(),
        presets_path: format!("{root}presets.yaml"),
        history: Vec::new(),
        history_path: format!("{root}history.yaml"),
        documents: Vec::new(),
        whole: true,
        errors: Vec::new(),
    };
    match find(inputs, apis_path) {
        Some(input) => parsed.apis = parsed.read(input, apis::read).unwrap_or_default(),
        None => parsed.missing(apis_path, 0, apis_path),
    }
    if let Some(input) = find(inputs, &parsed.excluded_path) {
        parsed.exclusions = parsed.read(input, excluded::read).unwrap_or_default();
    }
    if let Some(input) = find(inputs, &parsed.presets_path) {
        parsed.presets = parsed.read(input, presets::read).unwrap_or_default();
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
        parsed.read_toolset(input);
    }
    for document in parsed.apis.documents.clone() {
        parsed.read_document(inputs, &document, &corrections);
    }
    parsed
}

impl ParsedInputs {
    fn read<T>(&mut self, input: &Input, read: impl Fn(&mut Reader<'_>, &Node) -> T) -> Option<T> {
        let (mut reader, node) = Reader::open(&input.path, &input.text);
        let value = node.map(|node| read(&mut reader, &node));
        let lost = |error: &Error| error.loses_entries();
        self.whole &= value.is_some() && !reader.errors.iter().any(lost);
        self.errors.append(&mut reader.errors);
        value
    }

    /// Reads one of the tool files.
    pub(crate) fn read_toolset(&mut self, input: &Input) {
        let toolset = self.read(input, tools::read).flatten();
        self.whole &= toolset.is_some();
        self.toolsets.extend(toolset);
    }

    fn missing(&mut self, path: &str, line: usize, file: &str) {
        let file = file.to_owned();
        let error = Error::new(path, line, ReadDiagnostic::MissingFile { file });
        self.errors.push(error);
    }

    fn read_document(
        &mut self,
        inputs: &[Input],
        entry: &DocumentEntry,
        corrections: &[Correction],
    ) {
        let file = &entry.source.value;
        let Some(input) = find(inputs, file) else {
            let apis_path = self.apis_path.clone();
            self.missing(&apis_path, entry.source.line, file);
            return;
        };
        let source = DocumentSource {
            name: &entry.name.value,
            file,
            text: &input.text,
            base: entry.base.as_ref().map(|base| base.value.as_str()),
            corrections,
        };
        let mut read = openapi::read(&source);
        if let Err(errors) = &read
            && let Some(corrections) = fitting(corrections, errors)
        {
            self.refuse(file, errors.clone());
            let corrections = &corrections;
            read = openapi::read(&DocumentSource {
                corrections,
                ..source
            });
        }
        match read {
            Ok(document) => {
                if let Some(base) = entry.base.as_ref().filter(|_| document.has_servers) {
                    let document = document.name.clone();
                    let diagnostic = ReadDiagnostic::UnusedBase { document };
                    let error = Error::new(&self.apis_path, base.line, diagnostic);
                    self.errors.push(error);
                }
                self.documents.push(document);
            }
            Err(errors) => self.refuse(file, errors),
        }
    }

    fn refuse(&mut self, file: &str, errors: Vec<DocumentError>) {
        let errors = errors.into_iter();
        self.errors
            .extend(errors.map(|error| Error::new(file, 0, error)));
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
fn unknown_documents(parsed: &ParsedInputs, corrections: &[Correction]) -> Vec<Error> {
    let documents = &parsed.apis.documents;
    let names = || documents.iter().map(|entry| entry.name.value.as_str());
    let unknown = corrections.iter().filter(|correction| {
        !documents.is_empty() && parsed.apis.document(&correction.document).is_none()
    });
    let error = |correction: &Correction| {
        let diagnostic = ReadDiagnostic::UnknownDocument {
            document: correction.document.clone(),
            owner: parsed.apis_path.clone(),
            nearest: nearest(&correction.document, names()),
        };
        Error::new(&correction.source, correction.line, diagnostic)
    };
    unknown.map(error).collect()
}

fn find<'i>(inputs: &'i [Input], path: &str) -> Option<&'i Input> {
    inputs.iter().find(|input| input.path == path)
}

/// Returns the directory part of a path.
fn root(path: &str) -> &str {
    path.rfind('/').map_or("", |slash| &path[..=slash])
}
