//! Selects the operations of the tools and checks that every operation is either a tool or excluded with a reason.

use std::collections::BTreeMap;

use crate::allowlist::apis::ApiEntry;
use crate::allowlist::tools::{Binding, ToolEntry, ToolsetEntry};
use crate::diagnostic::{Diagnostic, Error, ReadDiagnostic, SelectDiagnostic, nearest};
use crate::glob;
use crate::input::ParsedInputs;
use crate::openapi::Document;
use crate::reader::Located;

/// Pattern for all operations to which no other entry applies.
pub(crate) const EVERYTHING_ELSE: &str = "*";

/// Decisions by document, then operation, in the order of the documents.
pub(crate) type Decisions = Vec<Vec<Decision>>;

/// Tools in the order of the allowlist, and the decision about every operation.
#[derive(Debug)]
pub(crate) struct Selection<'p> {
    pub(crate) toolsets: Vec<SelectedToolset<'p>>,
    pub(crate) decisions: Decisions,
    /// Errors in the allowlist.
    pub(crate) errors: Vec<Error>,
    /// Operations without a decision.
    pub(crate) undecided: Vec<Error>,
}

/// Toolset with its tools.
#[derive(Debug)]
pub(crate) struct SelectedToolset<'p> {
    pub(crate) entry: &'p ToolsetEntry,
    pub(crate) tools: Vec<SelectedTool<'p>>,
}

/// Tool and its operations.
#[derive(Debug)]
pub(crate) struct SelectedTool<'p> {
    pub(crate) entry: &'p ToolEntry,
    pub(crate) name: String,
    pub(crate) operations: Vec<SelectedOperation<'p>>,
}

/// Operation of a tool in one API, or in an alternative document of this API.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SelectedOperation<'p> {
    pub(crate) binding: &'p Binding,
    pub(crate) document: &'p Document,
    pub(crate) api: &'p ApiEntry,
}

/// Decision about an operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// The operation is a tool of this name.
    Tool(String),
    /// The operation is excluded for this reason.
    Excluded(String),
    /// No decision was made.
    Undecided,
}

/// Matches the allowlist with the documents.
pub(crate) fn select(inputs: &ParsedInputs) -> Selection<'_> {
    let documents = inputs.documents.iter();
    let undecided = |document: &Document| vec![Decision::Undecided; document.operations.len()];
    let mut selector = Selector {
        inputs,
        decisions: documents.map(undecided).collect(),
        errors: Vec::new(),
        misspelled: Vec::new(),
    };
    let toolsets = inputs.toolsets.iter().map(|entry| SelectedToolset {
        entry,
        tools: entry
            .tools
            .iter()
            .map(|tool| selector.tool(&entry.path, tool))
            .collect(),
    });
    let toolsets = toolsets.collect();
    selector.check_names();
    selector.exclude();
    let undecided = match inputs.whole {
        true => selector.undecided(),
        false => Vec::new(),
    };
    Selection {
        toolsets,
        decisions: selector.decisions,
        errors: selector.errors,
        undecided,
    }
}

/// Decisions and errors that were found so far.
struct Selector<'p> {
    inputs: &'p ParsedInputs,
    decisions: Decisions,
    errors: Vec<Error>,
    /// Documents and operations that misspelled names probably mean.
    misspelled: Vec<(String, String)>,
}

impl<'p> Selector<'p> {
    fn error(&mut self, path: &str, line: usize, diagnostic: impl Into<Diagnostic>) {
        self.errors.push(Error::new(path, line, diagnostic));
    }

    fn tool(&mut self, path: &str, entry: &'p ToolEntry) -> SelectedTool<'p> {
        let inputs = self.inputs;
        let apis = &inputs.apis;
        let name = apis.tool_name(&entry.method.value, &entry.resource.value);
        let mut operations: Vec<SelectedOperation<'p>> = Vec::new();
        for binding in &entry.bindings {
            let id = &binding.operation;
            if let Some(meant) = self.unknown_document(path, &binding.document) {
                let meant = meant.map(|name| (name, id.value.clone()));
                self.misspelled.extend(meant);
                continue;
            }
            // A document that could not be read has its own diagnostic.
            let Some(document) = inputs.document(&binding.document.value) else {
                continue;
            };
            let Some(decision) = self.decision(document, &id.value) else {
                let nearest = nearest(&id.value, document.ids());
                let meant = nearest.clone().map(|id| (document.name.clone(), id));
                self.misspelled.extend(meant);
                let diagnostic = SelectDiagnostic::UnknownOperation {
                    operation: id.value.clone(),
                    document: document.name.clone(),
                    nearest,
                };
                self.error(path, id.line, diagnostic);
                continue;
            };
            if let Decision::Tool(other) = decision
                && *other != name
            {
                let diagnostic = SelectDiagnostic::OperationInUse {
                    operation: id.value.clone(),
                    document: document.name.clone(),
                    tool: other.clone(),
                };
                self.error(path, id.line, diagnostic);
                continue;
            }
            *decision = Decision::Tool(name.clone());
            // A document without an API has its own diagnostic.
            let Some(api) = apis.api_of(&document.name) else {
                continue;
            };
            let twice = operations.iter().find(|other| {
                other.api.name == api.name
                    && !apis.exclude_each_other(&other.document.name, &document.name)
            });
            if let Some(other) = twice {
                let diagnostic = SelectDiagnostic::BoundTwice {
                    document: binding.document.value.clone(),
                    other: other.binding.document.value.clone(),
                    api: api.name.value.clone(),
                };
                self.error(path, binding.document.line, diagnostic);
                continue;
            }
            operations.push(SelectedOperation {
                binding,
                document,
                api,
            });
        }
        SelectedTool {
            entry,
            name,
            operations,
        }
    }

    /// Reports a document that does not exist; `Some` has the one that was probably meant.
    fn unknown_document(&mut self, path: &str, name: &Located<String>) -> Option<Option<String>> {
        let inputs = self.inputs;
        let apis = &inputs.apis;
        if apis.document(&name.value).is_some() || apis.documents.is_empty() {
            return None;
        }
        let known = apis.documents.iter();
        let nearest = nearest(&name.value, known.map(|entry| entry.name.value.as_str()));
        let diagnostic = ReadDiagnostic::UnknownDocument {
            document: name.value.clone(),
            owner: inputs.apis_path.clone(),
            nearest: nearest.clone(),
        };
        self.error(path, name.line, diagnostic);
        Some(nearest)
    }

    fn decision(&mut self, document: &Document, operation: &str) -> Option<&mut Decision> {
        let at = document.ids().position(|id| id == operation)?;
        self.decisions_of(document)?.get_mut(at)
    }

    fn decisions_of(&mut self, document: &Document) -> Option<&mut Vec<Decision>> {
        let mut documents = self.inputs.documents.iter();
        let at = documents.position(|other| other.name == document.name)?;
        self.decisions.get_mut(at)
    }

    /// Checks that the names of toolsets and tools, including former names, are well formed and unique.
    fn check_names(&mut self) {
        let inputs = self.inputs;
        let mut toolsets = UniqueNames::new("toolset");
        let mut tools = UniqueNames::new("tool name");
        for toolset in &inputs.toolsets {
            if !toolset.name.value.is_empty() {
                toolsets.add(&toolset.path, toolset.name.line, &toolset.name.value);
            }
            for tool in &toolset.tools {
                let (method, resource) = (&tool.method.value, &tool.resource.value);
                let name = inputs.apis.tool_name(method, resource);
                tools.add_tool(&toolset.path, tool.line, &name);
            }
        }
        // Former names are checked last, when all current names are known.
        for toolset in &inputs.toolsets {
            for name in toolset
                .tools
                .iter()
                .filter_map(|tool| tool.renamed_from.as_ref())
            {
                tools.add_tool(&toolset.path, name.line, &name.value);
            }
        }
        self.errors.extend(toolsets.errors);
        self.errors.extend(tools.errors);
    }

    fn exclude(&mut self) {
        let inputs = self.inputs;
        for exclusion in &inputs.exclusions {
            // For a misspelled document, the most similar one is used, so that its operations are not also reported as undecided.
            let name = &exclusion.document;
            let document = match self.unknown_document(&inputs.excluded_path, name) {
                Some(meant) => meant.and_then(|name| inputs.document(&name)),
                None => inputs.document(&name.value),
            };
            // A document that could not be read has its own diagnostic.
            let Some(document) = document else {
                continue;
            };
            for pattern in &exclusion.operations {
                self.exclude_matches(document, pattern, &exclusion.reason);
            }
        }
    }

    /// Excludes the operations that match a pattern. If several patterns match, the first one applies, so that one operation can have its own reason. `*` alone matches all remaining operations and never contradicts a tool.
    fn exclude_matches(&mut self, document: &Document, pattern: &Located<String>, reason: &str) {
        let mut is_unused = true;
        let mut tools = Vec::new();
        let decisions = self.decisions_of(document).into_iter().flatten();
        for (id, decision) in document.ids().zip(decisions) {
            if !glob::matches(&pattern.value, id) {
                continue;
            }
            match decision {
                Decision::Tool(_) if pattern.value == EVERYTHING_ELSE => {}
                Decision::Tool(tool) => tools.push((id.to_owned(), tool.clone())),
                Decision::Undecided => {
                    *decision = Decision::Excluded(reason.to_owned());
                    is_unused = false;
                }
                Decision::Excluded(_) => {}
            }
        }
        let inputs = self.inputs;
        let path = &inputs.excluded_path;
        if is_unused && tools.is_empty() {
            let near = nearest(&pattern.value, document.ids());
            let diagnostic = SelectDiagnostic::UnusedExclusion {
                pattern: pattern.value.clone(),
                document: document.name.clone(),
                nearest: near.filter(|near| *near != pattern.value),
            };
            self.error(path, pattern.line, diagnostic);
        }
        for (operation, tool) in tools {
            let diagnostic = SelectDiagnostic::ExcludedTool {
                pattern: pattern.value.clone(),
                operation,
                document: document.name.clone(),
                tool,
            };
            self.error(path, pattern.line, diagnostic);
        }
    }

    /// Returns the undecided operations, except those that a misspelled ID probably means.
    fn undecided(&self) -> Vec<Error> {
        let inputs = self.inputs;
        let mut undecided = Vec::new();
        for (document, decisions) in inputs.documents.iter().zip(&self.decisions) {
            let is_meant = |id: &str| {
                let mut misspelled = self.misspelled.iter();
                misspelled.any(|(name, other)| *name == document.name && other == id)
            };
            let operations = document.operations.iter().zip(decisions);
            let open = operations.filter(|(operation, decision)| {
                **decision == Decision::Undecided && !is_meant(&operation.id)
            });
            undecided.extend(open.map(|(operation, _)| {
                let diagnostic = SelectDiagnostic::Undecided {
                    operation: operation.id.clone(),
                    document: document.name.clone(),
                    tools: inputs.tools_path(),
                    excluded: inputs.excluded_path.clone(),
                };
                Error::new(&document.source, operation.line, diagnostic)
            }));
        }
        undecided
    }
}

/// Names of one kind, with the locations of their first uses.
struct UniqueNames {
    kind: &'static str,
    locations: BTreeMap<String, String>,
    errors: Vec<Error>,
}

impl UniqueNames {
    fn new(kind: &'static str) -> Self {
        Self {
            kind,
            locations: BTreeMap::new(),
            errors: Vec::new(),
        }
    }

    fn add(&mut self, path: &str, line: usize, name: &str) {
        if let Some(first) = self.locations.get(name) {
            let diagnostic = ReadDiagnostic::DuplicateName {
                kind: self.kind,
                name: name.to_owned(),
                first: first.clone(),
            };
            self.errors.push(Error::new(path, line, diagnostic));
        } else {
            let location = format!("{path}:{line}");
            self.locations.insert(name.to_owned(), location);
        }
    }

    /// Adds the name of a tool after checking its characters.
    fn add_tool(&mut self, path: &str, line: usize, name: &str) {
        let is_known = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        if name.is_empty() || name.len() > 64 || !name.chars().all(is_known) {
            let name = name.to_owned();
            let diagnostic = SelectDiagnostic::ToolName { name };
            self.errors.push(Error::new(path, line, diagnostic));
        }
        self.add(path, line, name);
    }
}
