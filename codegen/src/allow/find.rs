//! Finds the requested operations, and the same operations in other documents.

use super::{AllowError, Found, Scope};
use crate::allowlist::excluded::Exclusion;
use crate::allowlist::tools::{ToolEntry, ToolsetEntry};
use crate::diagnostic::nearest;
use crate::glob;
use crate::openapi::{OperationRef, Spec};
use crate::reader::Located;
use crate::select::{Decision, EVERYTHING_ELSE};

/// Returns the operations of each new entry: the requested ones, and the same operations of other APIs if they are undecided.
pub(super) fn groups<'p>(
    scope: Scope<'p>,
    wanted: &[String],
    errors: &mut Vec<AllowError>,
) -> Vec<Vec<Found<'p>>> {
    let mut groups: Vec<Vec<Found<'p>>> = Vec::new();
    for text in wanted {
        let found = match one(scope, text) {
            Ok(found) => found,
            Err(error) => {
                errors.push(error);
                continue;
            }
        };
        let Some(first) = found.first() else {
            continue;
        };
        let known = |group: &Vec<Found<'_>>| group.iter().any(|it| is_same(it, first));
        if groups.iter().any(known) {
            continue;
        }
        if let Some(error) = elsewhere(scope, &found) {
            errors.push(error);
            continue;
        }
        let mut group = found;
        group.extend(same(scope, &group));
        groups.push(group);
    }
    groups
}

/// Returns the operations that an id denotes. Several documents can have the same id.
fn one<'p>(scope: Scope<'p>, text: &str) -> Result<Vec<Found<'p>>, AllowError> {
    let (document, id) = match text.split_once(':') {
        Some((document, id)) => (Some(document), id),
        None => (None, text),
    };
    let specs = &scope.parsed.specs;
    if let Some(document) = document
        && !specs.iter().any(|spec| spec.name == document)
    {
        let known: Vec<&str> = specs.iter().map(|spec| spec.name.as_str()).collect();
        return Err(AllowError::NoDocument {
            document: document.to_owned(),
            known: known.join(", "),
        });
    }
    let specs = specs.iter();
    let specs = specs.filter(|spec| document.is_none_or(|name| spec.name == name));
    let specs: Vec<&Spec> = specs.collect();
    let all: Vec<Found<'p>> = specs
        .iter()
        .filter_map(|&spec| {
            let operation = spec.operations().into_iter().find(|it| it.id == id)?;
            Some(Found { spec, operation })
        })
        .collect();
    let undecided = all.iter();
    let undecided = undecided.filter(|it| decision(scope, it) == &Decision::Undecided);
    let undecided: Vec<Found<'p>> = undecided.cloned().collect();
    if let Some(first) = undecided.first() {
        if undecided.iter().all(|it| is_same(it, first)) {
            return Ok(undecided);
        }
        let documents: Vec<&str> = undecided.iter().map(|it| it.spec.name.as_str()).collect();
        return Err(AllowError::Ambiguous {
            operation: id.to_owned(),
            documents: documents.join(", "),
        });
    }
    let Some(decided) = all.first() else {
        let ids: Vec<OperationRef> = specs.iter().flat_map(|spec| spec.operations()).collect();
        return Err(AllowError::Unknown {
            operation: text.to_owned(),
            nearest: nearest(id, ids.iter().map(|it| it.id.as_str())),
        });
    };
    Err(refusal(scope, decided))
}

/// Returns the reason why a decided operation gets no entry.
fn refusal(scope: Scope<'_>, found: &Found<'_>) -> AllowError {
    let operation = found.operation.id.clone();
    let document = found.spec.name.clone();
    match decision(scope, found) {
        Decision::Tool(tool) => AllowError::Bound {
            place: tools(scope)
                .find(|(name, ..)| name == tool)
                .map(|(_, toolset, entry)| place(toolset, entry))
                .unwrap_or_default(),
            tool: tool.clone(),
            operation,
            document,
        },
        Decision::Excluded(reason) => {
            let path = &scope.parsed.excluded_path;
            let pattern = exclusion(scope, &document, &operation);
            let line = pattern.map_or(0, |(_, pattern)| pattern.line);
            AllowError::Excluded {
                place: format!("{path}:{line}"),
                reason: reason.clone(),
                operation,
                document,
            }
        }
        // Unreachable: the caller accepts undecided operations.
        Decision::Undecided => AllowError::Unknown {
            operation,
            nearest: None,
        },
    }
}

fn exclusion<'p>(
    scope: Scope<'p>,
    document: &str,
    operation: &str,
) -> Option<(&'p Exclusion, &'p Located<String>)> {
    let exclusions = scope.parsed.exclusions.iter();
    let mut of_document = exclusions.filter(|it| it.document.value == document);
    of_document.find_map(|exclusion| {
        let mut patterns = exclusion.operations.iter();
        let pattern = patterns.find(|it| glob::matches(&it.value, operation))?;
        Some((exclusion, pattern))
    })
}

/// Returns the decision about an operation. An operation that only the pattern `*` excludes counts as undecided.
pub(super) fn decision<'p>(scope: Scope<'p>, found: &Found<'_>) -> &'p Decision {
    let mut documents = scope.selection.decisions.iter();
    let document = documents.find(|(spec, _)| spec.name == found.spec.name);
    let decisions = document.map(|(_, decisions)| decisions.as_slice());
    let mut decisions = decisions.unwrap_or_default().iter();
    let decision = decisions.find(|(id, _)| *id == found.operation.id);
    match decision {
        Some((id, Decision::Excluded(_))) if is_of_the_rest(scope, &found.spec.name, id) => {
            &Decision::Undecided
        }
        Some((_, decision)) => decision,
        None => &Decision::Undecided,
    }
}

fn is_of_the_rest(scope: Scope<'_>, document: &str, operation: &str) -> bool {
    exclusion(scope, document, operation)
        .is_some_and(|(_, pattern)| pattern.value == EVERYTHING_ELSE)
}

/// Yields the name of each tool, with its toolset and entry.
pub(super) fn tools<'p>(
    scope: Scope<'p>,
) -> impl Iterator<Item = (&'p str, &'p ToolsetEntry, &'p ToolEntry)> {
    let toolsets = scope.selection.toolsets.iter();
    toolsets.flat_map(|toolset| {
        let tools = toolset.tools.iter();
        tools.map(|tool| (tool.name.as_str(), toolset.entry, tool.entry))
    })
}

/// Yields the operations that are tools, with tool name, toolset and entry.
pub(super) fn bound<'p>(
    scope: Scope<'p>,
) -> impl Iterator<Item = (Found<'p>, &'p str, &'p ToolsetEntry, &'p ToolEntry)> {
    tools(scope).flat_map(move |(name, toolset, entry)| {
        let bindings = entry.bindings.iter();
        bindings.filter_map(move |binding| {
            let spec = scope.parsed.spec(&binding.document.value)?;
            let operations = spec.operations().into_iter();
            let id = &binding.operation.value;
            let operation = operations.into_iter().find(|it| it.id == *id)?;
            Some((Found { spec, operation }, name, toolset, entry))
        })
    })
}

fn place(toolset: &ToolsetEntry, entry: &ToolEntry) -> String {
    format!("{}:{}", toolset.path, entry.line)
}

/// Returns an error if the same operation of another API is already a tool.
fn elsewhere(scope: Scope<'_>, found: &[Found<'_>]) -> Option<AllowError> {
    let first = found.first()?;
    let mut bound = bound(scope);
    let same =
        bound.find(|(other, ..)| is_same(other, first) && other.spec.name != first.spec.name);
    let (other, tool, toolset, entry) = same?;
    Some(AllowError::Elsewhere {
        operation: first.operation.id.clone(),
        document: first.spec.name.clone(),
        tool: tool.to_owned(),
        other: other.spec.name.clone(),
        place: place(toolset, entry),
    })
}

/// Returns the same operations of APIs that the group does not contain yet, if these operations are undecided.
fn same<'p>(scope: Scope<'p>, group: &[Found<'p>]) -> Vec<Found<'p>> {
    let mut more: Vec<Found<'p>> = Vec::new();
    let api = |it: &Found<'_>| {
        let api = scope.parsed.apis.api_of(&it.spec.name);
        api.map(|api| api.name.value.clone())
    };
    for spec in &scope.parsed.specs {
        for operation in spec.operations() {
            let found = Found { spec, operation };
            let apis = &scope.parsed.apis;
            let taken = group.iter().chain(&more).any(|it| {
                api(it) == api(&found) && !apis.exclude_each_other(&it.spec.name, &spec.name)
            });
            let fits = group.first().is_some_and(|first| is_same(first, &found));
            if fits && !taken && decision(scope, &found) == &Decision::Undecided {
                more.push(found);
            }
        }
    }
    more
}

/// Returns whether two operations have the same method and path. Base paths and the names of path parameters can differ.
fn is_same(one: &Found<'_>, other: &Found<'_>) -> bool {
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
