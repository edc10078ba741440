//! Finds the requested operations, and the same operations in other documents.

use super::error::AllowError;
use crate::allowlist::tools::{ToolEntry, ToolsetEntry};
use crate::diagnostic::nearest;
use crate::glob;
use crate::openapi::{Document, DocumentOperation};
use crate::reader::Located;
use crate::select::{Decision, EVERYTHING_ELSE};
use crate::workspace::Workspace;

/// Operation of a document.
#[derive(Debug, Clone, Copy)]
pub(super) struct FoundOperation<'w> {
    pub(super) document: &'w Document,
    pub(super) operation: &'w DocumentOperation,
}

/// Returns the operations of each new entry: the requested ones, and the same operations of other APIs if they are undecided.
pub(super) fn groups<'p>(
    workspace: &'p Workspace,
    wanted: &[String],
    errors: &mut Vec<AllowError>,
) -> Vec<Vec<FoundOperation<'p>>> {
    let mut groups: Vec<Vec<FoundOperation<'p>>> = Vec::new();
    for text in wanted {
        let mut group = match undecided(workspace, text) {
            Ok(group) => group,
            Err(error) => {
                errors.push(error);
                continue;
            }
        };
        let Some(first) = group.first() else {
            continue;
        };
        let is_known = |group: &Vec<FoundOperation<'_>>| group.iter().any(|it| is_same(it, first));
        if groups.iter().any(is_known) {
            continue;
        }
        if let Some(error) = elsewhere(workspace, first) {
            errors.push(error);
            continue;
        }
        complete(workspace, &mut group);
        groups.push(group);
    }
    groups
}

/// Returns the undecided operations that an id denotes. Several documents can have the same id.
fn undecided<'p>(
    workspace: &'p Workspace,
    text: &str,
) -> Result<Vec<FoundOperation<'p>>, AllowError> {
    let (document, id) = match text.split_once(':') {
        Some((document, id)) => (Some(document), id),
        None => (None, text),
    };
    let documents = &workspace.inputs.documents;
    let known = documents.iter().map(|document| document.name.as_str());
    let known: Vec<&str> = known.collect();
    if let Some(document) = document.filter(|document| !known.contains(document)) {
        return Err(AllowError::NoDocument {
            document: document.to_owned(),
            known: known.join(", "),
        });
    }
    let is_wanted = |other: &Document| document.is_none_or(|name| other.name == name);
    let operations = || decisions(workspace).filter(|(found, _)| is_wanted(found.document));
    let all: Vec<_> = operations()
        .filter(|(found, _)| found.operation.id == id)
        .collect();
    let undecided = all
        .iter()
        .filter(|(_, decision)| *decision == &Decision::Undecided);
    let undecided: Vec<FoundOperation<'p>> = undecided.map(|(found, _)| *found).collect();
    match (undecided.as_slice(), all.first()) {
        ([first, others @ ..], _) if others.iter().all(|it| is_same(it, first)) => Ok(undecided),
        ([_, ..], _) => {
            let documents = undecided.iter().map(|it| it.document.name.as_str());
            Err(AllowError::Ambiguous {
                operation: id.to_owned(),
                documents: documents.collect::<Vec<_>>().join(", "),
            })
        }
        ([], Some((found, Decision::Tool(tool)))) => Err(AllowError::Bound {
            location: tools(workspace)
                .find(|(name, ..)| name == tool)
                .map(|(_, toolset, entry)| location(toolset, entry))
                .unwrap_or_default(),
            tool: tool.clone(),
            operation: id.to_owned(),
            document: found.document.name.clone(),
        }),
        ([], Some((found, Decision::Excluded(reason)))) => {
            let document = found.document.name.clone();
            let pattern = exclusion(workspace, &document, id);
            let line = pattern.map_or(0, |pattern| pattern.line);
            Err(AllowError::Excluded {
                location: format!("{}:{line}", workspace.inputs.excluded_path),
                reason: reason.clone(),
                operation: id.to_owned(),
                document,
            })
        }
        ([], _) => Err(AllowError::Unknown {
            operation: text.to_owned(),
            nearest: nearest(
                id,
                operations().map(|(found, _)| found.operation.id.as_str()),
            ),
        }),
    }
}

/// Returns the pattern that excludes an operation.
fn exclusion<'p>(
    workspace: &'p Workspace,
    document: &str,
    operation: &str,
) -> Option<&'p Located<String>> {
    let exclusions = workspace.inputs.exclusions.iter();
    let of_document = exclusions.filter(|it| it.document.value == document);
    let mut patterns = of_document.flat_map(|exclusion| &exclusion.operations);
    patterns.find(|pattern| glob::matches(&pattern.value, operation))
}

/// Yields all operations with the decisions about them. An operation that only the pattern `*` excludes counts as undecided.
pub(super) fn decisions(
    workspace: &Workspace,
) -> impl Iterator<Item = (FoundOperation<'_>, &Decision)> {
    workspace
        .operations()
        .map(move |(document, operation, decision)| {
            let pattern = || exclusion(workspace, &document.name, &operation.id);
            let decision = match decision {
                Decision::Excluded(_)
                    if pattern().is_some_and(|it| it.value == EVERYTHING_ELSE) =>
                {
                    &Decision::Undecided
                }
                decision => decision,
            };
            (
                FoundOperation {
                    document,
                    operation,
                },
                decision,
            )
        })
}

/// Yields the name of each tool, with its toolset and entry.
pub(super) fn tools(
    workspace: &Workspace,
) -> impl Iterator<Item = (String, &ToolsetEntry, &ToolEntry)> {
    let inputs = &workspace.inputs;
    inputs.toolsets.iter().flat_map(move |toolset| {
        toolset.tools.iter().map(move |entry| {
            let name = inputs
                .apis
                .tool_name(&entry.method.value, &entry.resource.value);
            (name, toolset, entry)
        })
    })
}

/// Yields the operations that are tools, with tool name, toolset and entry.
pub(super) fn bound(
    workspace: &Workspace,
) -> impl Iterator<Item = (FoundOperation<'_>, String, &ToolsetEntry, &ToolEntry)> {
    tools(workspace).flat_map(move |(name, toolset, entry)| {
        entry.bindings.iter().filter_map(move |binding| {
            let document = workspace.inputs.document(&binding.document.value)?;
            let operation = document.operation(&binding.operation.value)?;
            let found = FoundOperation {
                document,
                operation,
            };
            Some((found, name.clone(), toolset, entry))
        })
    })
}

/// Returns the file and line of a tool.
fn location(toolset: &ToolsetEntry, entry: &ToolEntry) -> String {
    format!("{}:{}", toolset.path, entry.line)
}

/// Returns an error if the same operation of another API is already a tool.
fn elsewhere(workspace: &Workspace, found: &FoundOperation<'_>) -> Option<AllowError> {
    let mut bound = bound(workspace);
    let same = bound
        .find(|(other, ..)| is_same(other, found) && other.document.name != found.document.name);
    let (other, tool, toolset, entry) = same?;
    Some(AllowError::Elsewhere {
        operation: found.operation.id.clone(),
        document: found.document.name.clone(),
        tool,
        other: other.document.name.clone(),
        location: location(toolset, entry),
    })
}

/// Adds the same operations of APIs that the group does not contain yet, if these operations are undecided.
fn complete<'p>(workspace: &'p Workspace, group: &mut Vec<FoundOperation<'p>>) {
    let Some(first) = group.first().copied() else {
        return;
    };
    let apis = &workspace.inputs.apis;
    let api = |it: &FoundOperation<'_>| {
        let api = apis.api_of(&it.document.name);
        api.map(|api| &api.name.value)
    };
    for (found, decision) in decisions(workspace) {
        let is_taken = group.iter().any(|it| {
            let (one, other) = (&it.document.name, &found.document.name);
            api(it) == api(&found) && !apis.exclude_each_other(one, other)
        });
        if decision == &Decision::Undecided && is_same(&first, &found) && !is_taken {
            group.push(found);
        }
    }
}

/// Returns whether two operations have the same method and path. Base paths and the names of path parameters can differ.
fn is_same(one: &FoundOperation<'_>, other: &FoundOperation<'_>) -> bool {
    one.operation.http == other.operation.http
        && segments(&one.operation.path) == segments(&other.operation.path)
}

/// Splits the path after the version of the API into segments, in lower case, without underscores and without the names of parameters: `/api/v2/dags/{dag_id}/dagRuns` -> `dags`, `{}`, `dagruns`.
pub(super) fn segments(path: &str) -> Vec<String> {
    let all: Vec<&str> = path.split('/').filter(|it| !it.is_empty()).collect();
    let is_version = |it: &&str| {
        let digits = it.strip_prefix('v').unwrap_or_default();
        !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit())
    };
    let behind = all.iter().rposition(is_version).map_or(0, |at| at + 1);
    let behind = all.get(behind..).unwrap_or_default().iter();
    let segment = |it: &&str| {
        if it.starts_with('{') {
            "{}".to_owned()
        } else {
            it.replace('_', "").to_lowercase()
        }
    };
    behind.map(segment).collect()
}
