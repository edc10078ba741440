//! Writes new entries at the end of their files.

use std::fmt::Write as _;

use super::derive::Draft;
use super::error::AllowError;
use crate::catalog::{Api, Field, ModuleTypes, Operation, TypeKind};
use crate::diagnostic::{Diagnostic, LowerDiagnostic};
use crate::emit::OutputFile;
use crate::input::Input;
use crate::reader::TODO;
use crate::workspace::Workspace;

/// New entry of the allowlist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewEntry {
    /// Name of the tool. A person can still change the entry and thereby the name.
    pub tool: String,
    /// Path of the file that contains the entry.
    pub path: String,
    /// Line in which the entry begins.
    pub line: usize,
    /// Document and id of each operation of the entry.
    pub operations: Vec<(String, String)>,
}

/// Result of [`allow()`](super::allow()).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Allowed {
    /// Changed files with the new entries.
    pub files: Vec<OutputFile>,
    /// New entries, in the order of the request.
    pub entries: Vec<NewEntry>,
}

/// Placeholder for documentation while the entry is generated once, in memory, to find out what else it lacks.
const WRITTEN: &str = "Written.";

/// Parts of an entry, besides its documentation, that a person must write or choose.
#[derive(Default)]
struct Open {
    /// Parameters that have no description in the documents.
    parameters: Vec<String>,
    /// Fields of the items of a list, to choose the summary from.
    fields: Vec<String>,
}

pub(super) fn write(
    inputs: &[Input],
    workspace: &Workspace,
    drafts: &[Draft<'_>],
) -> Result<Allowed, Vec<AllowError>> {
    let plain: Vec<String> = drafts
        .iter()
        .map(|it| entry(it, WRITTEN, &Open::default()))
        .collect();
    let tried = append(inputs, workspace, drafts, &plain, WRITTEN)?;
    let mut all: Vec<Input> = inputs.to_vec();
    for file in &tried.files {
        all.retain(|input| input.path != file.path);
        all.push(Input {
            path: file.path.clone(),
            text: file.text.clone(),
        });
    }
    let tried = Workspace::read(&all);
    let texts: Vec<String> = drafts
        .iter()
        .map(|draft| entry(draft, TODO, &open(draft, &tried)))
        .collect();
    append(inputs, workspace, drafts, &texts, TODO)
}

/// Appends the entries to their files.
fn append(
    inputs: &[Input],
    workspace: &Workspace,
    drafts: &[Draft<'_>],
    texts: &[String],
    documentation: &str,
) -> Result<Allowed, Vec<AllowError>> {
    let mut files: Vec<OutputFile> = Vec::new();
    let mut entries = Vec::new();
    let mut errors = Vec::new();
    for (draft, text) in drafts.iter().zip(texts) {
        let mut toolsets = workspace.inputs.toolsets.iter();
        let toolset = toolsets.find(|it| it.name.value == draft.toolset);
        let path = match toolset {
            Some(toolset) => toolset.path.clone(),
            None => format!("{}{}.yaml", workspace.inputs.tools_path(), draft.toolset),
        };
        let known = files.iter().position(|it| it.path == path);
        let current = match known.map(|at| files.remove(at)) {
            Some(file) => file.text,
            None => match inputs.iter().find(|it| it.path == path) {
                Some(input) if !ends_with_tools(&input.text) => {
                    errors.push(AllowError::NotLast { path });
                    continue;
                }
                Some(input) => input.text.clone(),
                None => format!(
                    "toolset: {}\ntags: [{}]\ndescription: {documentation}\ntools:\n",
                    draft.toolset,
                    // `WRITTEN` is not a valid tag, since a tag must be a name.
                    if documentation == TODO {
                        TODO
                    } else {
                        "written"
                    }
                ),
            },
        };
        let mut file = current.trim_end().to_owned();
        file.push_str(if file.ends_with("tools:") {
            "\n"
        } else {
            "\n\n"
        });
        entries.push(NewEntry {
            tool: draft.tool.clone(),
            line: file.lines().count() + 1,
            path: path.clone(),
            operations: draft
                .operations
                .iter()
                .map(|it| (it.document.name.clone(), it.operation.id.clone()))
                .collect(),
        });
        file.push_str(text);
        files.push(OutputFile { path, text: file });
    }
    if errors.is_empty() {
        Ok(Allowed { files, entries })
    } else {
        errors.dedup();
        Err(errors)
    }
}

/// Returns whether the last key of the file is `tools`, in block style.
fn ends_with_tools(text: &str) -> bool {
    let top = |line: &&str| line.starts_with(|c: char| c.is_ascii_alphabetic());
    let last = text.lines().rfind(top);
    last.is_some_and(|line| line.trim_end() == "tools:")
}

/// Returns what an entry lacks once its documentation is written.
fn open(draft: &Draft<'_>, workspace: &Workspace) -> Open {
    let mut open = Open::default();
    for diagnostic in workspace.errors().iter().map(|error| &error.diagnostic) {
        if let Diagnostic::Lower(LowerDiagnostic::UndescribedParameter {
            parameter, tool, ..
        }) = diagnostic
            && *tool == draft.tool
            && !open.parameters.contains(parameter)
        {
            open.parameters.push(parameter.clone());
        }
    }
    let apis = workspace.catalog.apis().iter();
    for (_, shared, toolset) in apis.flat_map(Api::modules) {
        let mut operations = toolset.operations.iter();
        let Some(operation) = operations.find(|it| it.tool_name == draft.tool) else {
            continue;
        };
        for field in fields(&ModuleTypes::of(shared, toolset), operation) {
            if !open.fields.contains(&field) {
                open.fields.push(field);
            }
        }
    }
    open
}

/// Returns the fields of an item that have a single value, since such fields distinguish items.
fn fields(types: &ModuleTypes<'_>, operation: &Operation) -> Vec<String> {
    let Some(list) = &operation.list else {
        return Vec::new();
    };
    let single = |field: &&Field| !matches!(field.ty.kind, TypeKind::Array(_) | TypeKind::Map(_));
    let fields = types.fields(&list.item_type).iter().filter(single);
    fields.map(|field| field.name.clone()).collect()
}

fn entry(draft: &Draft<'_>, documentation: &str, open: &Open) -> String {
    let Draft {
        method, resource, ..
    } = draft;
    let mut out = format!("  - method: {method}\n    resource: {resource}\n");
    match draft.id.as_slice() {
        [] => {}
        [id] => drop(writeln!(out, "    id: {id}")),
        ids => drop(writeln!(out, "    id: [{}]", ids.join(", "))),
    }
    let summary = if draft.summary.is_empty() || documentation != TODO {
        String::new()
    } else {
        format!(
            "    # the document says: {}",
            draft.summary.replace('\n', " ")
        )
    };
    let hint = if documentation == TODO {
        "    # what it does, when to use it, what it returns"
    } else {
        ""
    };
    let _ = writeln!(out, "    title: {documentation}{summary}");
    let _ = writeln!(out, "    description: {documentation}{hint}");
    let bindings: Vec<String> = draft
        .operations
        .iter()
        .map(|it| format!("{}: {}", it.document.name, it.operation.id))
        .collect();
    let _ = writeln!(out, "    operations: {{ {} }}", bindings.join(", "));
    if method == "list" && !open.fields.is_empty() {
        let fields = open.fields.join(", ");
        let _ = writeln!(out, "    summary: [{TODO}]    # some of {fields}");
    }
    if !open.parameters.is_empty() {
        out.push_str("    parameters:\n");
    }
    for parameter in &open.parameters {
        let _ = writeln!(out, "      - {{ name: {parameter}, description: {TODO} }}");
    }
    out
}
