//! Selects the operations of the tools and checks that every operation is either a tool or excluded with a reason.

use crate::allowlist::apis::ApiEntry;
use crate::allowlist::tools::{Binding, ToolEntry, ToolsetEntry};
use crate::diagnostic::{Diagnostic, Error, ReadDiagnostic, SelectDiagnostic, nearest};
use crate::glob;
use crate::input::Parsed;
use crate::openapi::Spec;
use crate::reader::Located;

/// Pattern for all operations to which no other entry applies.
pub(crate) const EVERYTHING_ELSE: &str = "*";

/// Tools in the order of the allowlist, and the decision about every operation.
#[derive(Debug)]
pub(crate) struct Selection<'p> {
    pub(crate) toolsets: Vec<SelectedToolset<'p>>,
    /// Decisions by document, then operation, in the order of the documents.
    pub(crate) decisions: Vec<(&'p Spec, Vec<(String, Decision)>)>,
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
    pub(crate) spec: &'p Spec,
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
pub(crate) fn select(parsed: &Parsed) -> Selection<'_> {
    let mut selection = Selection {
        toolsets: Vec::new(),
        decisions: parsed
            .specs
            .iter()
            .map(|spec| {
                let ids = spec.operations().into_iter();
                (
                    spec,
                    ids.map(|operation| (operation.id, Decision::Undecided))
                        .collect(),
                )
            })
            .collect(),
        errors: Vec::new(),
        undecided: Vec::new(),
    };
    let mut misspelled: Vec<(String, String)> = Vec::new();
    for entry in &parsed.toolsets {
        let tools = entry
            .tools
            .iter()
            .map(|tool| selection.tool(parsed, entry, tool, &mut misspelled))
            .collect();
        selection.toolsets.push(SelectedToolset { entry, tools });
    }
    selection.names(parsed);
    selection.exclude(parsed);
    if parsed.whole {
        selection.undecided(parsed, &misspelled);
    }
    selection
}

impl<'p> Selection<'p> {
    fn error(&mut self, path: &str, line: usize, diagnostic: impl Into<Diagnostic>) {
        self.errors.push(Error::new(path, line, diagnostic));
    }

    fn tool(
        &mut self,
        parsed: &'p Parsed,
        toolset: &'p ToolsetEntry,
        entry: &'p ToolEntry,
        misspelled: &mut Vec<(String, String)>,
    ) -> SelectedTool<'p> {
        let name = parsed
            .apis
            .tool_name(&entry.method.value, &entry.resource.value);
        let mut operations: Vec<SelectedOperation<'p>> = Vec::new();
        for binding in &entry.bindings {
            let id = &binding.operation;
            if let Some(meant) = self.unknown_document(parsed, &toolset.path, &binding.document) {
                misspelled.extend(meant.map(|name| (name, id.value.clone())));
                continue;
            }
            // A document that could not be read has its own diagnostic.
            let Some(spec) = parsed.spec(&binding.document.value) else {
                continue;
            };
            let Some(decision) = self.decision(spec, &id.value) else {
                let ids = spec.operations();
                let nearest = nearest(&id.value, ids.iter().map(|other| other.id.as_str()));
                let meant = nearest.clone().map(|id| (spec.name.clone(), id));
                misspelled.extend(meant);
                let diagnostic = SelectDiagnostic::UnknownOperation {
                    operation: id.value.clone(),
                    document: spec.name.clone(),
                    nearest,
                };
                self.error(&toolset.path, id.line, diagnostic);
                continue;
            };
            if let Decision::Tool(other) = decision
                && *other != name
            {
                let diagnostic = SelectDiagnostic::OperationInUse {
                    operation: id.value.clone(),
                    document: spec.name.clone(),
                    tool: other.clone(),
                };
                self.error(&toolset.path, id.line, diagnostic);
                continue;
            }
            *decision = Decision::Tool(name.clone());
            // A document without an API has its own diagnostic.
            let Some(api) = parsed.apis.api_of(&spec.name) else {
                continue;
            };
            let twice = operations.iter().find(|other| {
                other.api.name == api.name
                    && !parsed.apis.exclude_each_other(&other.spec.name, &spec.name)
            });
            if let Some(other) = twice {
                let diagnostic = SelectDiagnostic::BoundTwice {
                    document: binding.document.value.clone(),
                    other: other.binding.document.value.clone(),
                    api: api.name.value.clone(),
                };
                self.error(&toolset.path, binding.document.line, diagnostic);
                continue;
            }
            operations.push(SelectedOperation { binding, spec, api });
        }
        SelectedTool {
            entry,
            name,
            operations,
        }
    }

    /// Reports a document that does not exist; `Some` has the one that was probably meant.
    fn unknown_document(
        &mut self,
        parsed: &Parsed,
        path: &str,
        document: &Located<String>,
    ) -> Option<Option<String>> {
        let documents = &parsed.apis.documents;
        if parsed.apis.document(&document.value).is_some() || documents.is_empty() {
            return None;
        }
        let known = documents.iter().map(|entry| entry.name.value.as_str());
        let nearest = nearest(&document.value, known);
        let diagnostic = ReadDiagnostic::UnknownDocument {
            document: document.value.clone(),
            owner: parsed.apis_path.clone(),
            nearest: nearest.clone(),
        };
        self.error(path, document.line, diagnostic);
        Some(nearest)
    }

    fn decision(&mut self, spec: &Spec, operation: &str) -> Option<&mut Decision> {
        let (_, decisions) = self
            .decisions
            .iter_mut()
            .find(|(other, _)| other.name == spec.name)?;
        let found = decisions.iter_mut().find(|(id, _)| id == operation);
        found.map(|(_, decision)| decision)
    }

    /// Checks that the names of toolsets and tools, including former names, are well formed and unique.
    fn names(&mut self, parsed: &Parsed) {
        let mut toolsets: Vec<(&str, String)> = Vec::new();
        let mut tools: Vec<(String, String)> = Vec::new();
        for toolset in &parsed.toolsets {
            let (name, path) = (&toolset.name, &toolset.path);
            let place = format!("{path}:{}", name.line);
            match toolsets.iter().find(|(other, _)| *other == name.value) {
                Some((_, first)) if !name.value.is_empty() => {
                    let diagnostic = taken("toolset", &name.value, first);
                    self.error(path, name.line, diagnostic);
                }
                _ => toolsets.push((&name.value, place)),
            }
            for tool in &toolset.tools {
                let name = parsed
                    .apis
                    .tool_name(&tool.method.value, &tool.resource.value);
                self.spelling(path, tool.line, &name);
                match tools.iter().find(|(other, _)| *other == name) {
                    Some((_, first)) => {
                        let diagnostic = taken("tool name", &name, first);
                        self.error(path, tool.line, diagnostic);
                    }
                    None => tools.push((name, format!("{path}:{}", tool.line))),
                }
            }
        }
        // Former names are checked last, when all current names are known.
        for toolset in &parsed.toolsets {
            let path = &toolset.path;
            for former in toolset
                .tools
                .iter()
                .filter_map(|tool| tool.renamed_from.as_ref())
            {
                let name = &former.value;
                self.spelling(path, former.line, name);
                match tools.iter().find(|(other, _)| other == name) {
                    Some((_, first)) => {
                        let diagnostic = taken("tool name", name, first);
                        self.error(path, former.line, diagnostic);
                    }
                    None => tools.push((name.clone(), format!("{path}:{}", former.line))),
                }
            }
        }
    }

    fn spelling(&mut self, path: &str, line: usize, name: &str) {
        let ok = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        if name.is_empty() || name.len() > 64 || !name.chars().all(ok) {
            let name = name.to_owned();
            self.error(path, line, SelectDiagnostic::ToolName { name });
        }
    }

    fn exclude(&mut self, parsed: &'p Parsed) {
        let path = &parsed.excluded_path;
        for exclusion in &parsed.exclusions {
            // For a misspelled document, the most similar one is used, so that its operations are not also reported as undecided.
            let name = &exclusion.document.value;
            let spec = match self.unknown_document(parsed, path, &exclusion.document) {
                Some(meant) => meant.and_then(|name| parsed.spec(&name)),
                None => parsed.spec(name),
            };
            // A document that could not be read has its own diagnostic.
            let Some(spec) = spec else {
                continue;
            };
            for pattern in &exclusion.operations {
                self.pattern(parsed, spec, pattern, &exclusion.reason);
            }
        }
    }

    /// Excludes the operations that match a pattern. If several patterns match, the first one applies, so that one operation can have its own reason. `*` alone matches all remaining operations and never contradicts a tool.
    fn pattern(&mut self, parsed: &Parsed, spec: &Spec, pattern: &Located<String>, reason: &str) {
        let path = &parsed.excluded_path;
        let decisions = self
            .decisions
            .iter_mut()
            .find(|(other, _)| other.name == spec.name);
        let Some((_, decisions)) = decisions else {
            return;
        };
        let mut idle = true;
        let mut tools = Vec::new();
        for (id, decision) in decisions.iter_mut() {
            if !glob::matches(&pattern.value, id) {
                continue;
            }
            match decision {
                Decision::Tool(_) if pattern.value == EVERYTHING_ELSE => {}
                Decision::Tool(tool) => tools.push((id.clone(), tool.clone())),
                Decision::Undecided => {
                    *decision = Decision::Excluded(reason.to_owned());
                    idle = false;
                }
                Decision::Excluded(_) => {}
            }
        }
        if idle && tools.is_empty() {
            let ids = decisions.iter().map(|(id, _)| id.as_str());
            let near = nearest(&pattern.value, ids).filter(|near| *near != pattern.value);
            let diagnostic = SelectDiagnostic::UnusedExclusion {
                pattern: pattern.value.clone(),
                document: spec.name.clone(),
                nearest: near,
            };
            self.error(path, pattern.line, diagnostic);
        }
        for (operation, tool) in tools {
            let diagnostic = SelectDiagnostic::ExcludedTool {
                pattern: pattern.value.clone(),
                operation,
                document: spec.name.clone(),
                tool,
            };
            self.error(path, pattern.line, diagnostic);
        }
    }

    /// Reports undecided operations, except those that a misspelled ID probably means.
    fn undecided(&mut self, parsed: &Parsed, misspelled: &[(String, String)]) {
        for (spec, decisions) in &self.decisions {
            for (id, decision) in decisions {
                let meant = misspelled
                    .iter()
                    .any(|(document, other)| *document == spec.name && other == id);
                if *decision != Decision::Undecided || meant {
                    continue;
                }
                let line = parsed.operation_line(spec, id);
                let diagnostic = SelectDiagnostic::Undecided {
                    operation: id.clone(),
                    document: spec.name.clone(),
                    tools: parsed.tools_path(),
                    excluded: parsed.excluded_path.clone(),
                };
                self.undecided
                    .push(Error::new(&spec.source, line, diagnostic));
            }
        }
    }
}

fn taken(kind: &'static str, name: &str, first: &str) -> ReadDiagnostic {
    ReadDiagnostic::DuplicateName {
        kind,
        name: name.to_owned(),
        first: first.to_owned(),
    }
}
