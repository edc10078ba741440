//! Derives parts of an allowlist entry from its operations and from similar tools: toolset, method, resource and id.

use super::error::AllowError;
use super::find::{FoundOperation, bound, segments, tools};
use crate::catalog::{TypeKind, TypeShape};
use crate::ident::snake;
use crate::openapi::OperationFacts;
use crate::path::placeholders;
use crate::workspace::Workspace;

/// Allowlist entry before its documentation is written.
pub(super) struct Draft<'p> {
    pub(super) toolset: String,
    pub(super) method: String,
    pub(super) resource: String,
    /// Name of the tool.
    pub(super) tool: String,
    /// Path parameters that form the id, if the path has several parameters.
    pub(super) id: Vec<String>,
    pub(super) operations: Vec<FoundOperation<'p>>,
    /// Summary of the operation in the document; can be empty.
    pub(super) summary: String,
}

/// Derives an entry for a group of operations. `before` contains the entries derived earlier in the same call.
pub(super) fn draft<'p>(
    workspace: &'p Workspace,
    group: &[FoundOperation<'p>],
    toolset: Option<&str>,
    before: &[Draft<'p>],
) -> Result<Draft<'p>, AllowError> {
    let first = group.first().ok_or(AllowError::Unknown {
        operation: String::new(),
        nearest: None,
    })?;
    let toolset = match toolset {
        Some(toolset) => toolset.to_owned(),
        None => nearest_toolset(workspace, first).ok_or_else(|| AllowError::NoToolset {
            operation: first.operation.id.clone(),
            document: first.document.name.clone(),
            request: format!(
                "{} {}",
                first.operation.http.to_uppercase(),
                first.operation.path
            ),
        })?,
    };
    let facts = first.document.facts(&first.operation.id).ok();
    let (method, resource) = name(workspace, first, facts.as_ref());
    let taken = |tool: &str| {
        let known = tools(workspace).any(|(name, ..)| name == tool);
        known || before.iter().any(|it| it.tool == tool)
    };
    let apis = &workspace.inputs.apis;
    let mut resource = resource;
    if taken(&apis.tool_name(&method, &resource)) {
        // The id distinguishes operations whose paths result in the same name.
        resource = without_verb(&snake(&first.operation.id));
    }
    Ok(Draft {
        tool: apis.tool_name(&method, &resource),
        id: id(&method, group),
        toolset,
        resource,
        operations: group.to_vec(),
        summary: first.operation.summary.trim().to_owned(),
        method,
    })
}

/// Returns the toolset of the tools whose paths begin with the most equal segments. If several toolsets qualify, the one that shares a tag of the document is used, and then the one with the most such tools.
fn nearest_toolset(workspace: &Workspace, found: &FoundOperation<'_>) -> Option<String> {
    let own = segments(&found.operation.path);
    let mut scores: Vec<(String, (usize, usize, usize))> = Vec::new();
    for (other, _, toolset, _) in bound(workspace) {
        let theirs = segments(&other.operation.path);
        let pairs = own.iter().zip(&theirs);
        let alike = pairs.take_while(|(one, other)| one == other).count();
        let is_own = |tag: &String| found.operation.tags.contains(tag);
        let tagged = usize::from(other.operation.tags.iter().any(is_own));
        if alike == 0 && tagged == 0 {
            continue;
        }
        let name = &toolset.name.value;
        match scores.iter_mut().find(|(known, _)| known == name) {
            None => scores.push((name.clone(), (alike, tagged, 1))),
            Some((_, best)) if (alike, tagged) > (best.0, best.1) => *best = (alike, tagged, 1),
            Some((_, best)) if (alike, tagged) == (best.0, best.1) => best.2 += 1,
            Some(_) => {}
        }
    }
    // `max_by_key` returns the last of several maxima, so the order is reversed to get the toolset that is declared first.
    scores.reverse();
    let best = scores.into_iter().max_by_key(|(_, score)| *score);
    best.map(|(name, _)| name)
}

/// Derives method and resource from the request and from the tools on the same path.
fn name(
    workspace: &Workspace,
    found: &FoundOperation<'_>,
    facts: Option<&OperationFacts>,
) -> (String, String) {
    let path = found.operation.path.trim_end_matches('/');
    let last = path.rsplit('/').next().unwrap_or_default();
    let by_id = last.starts_with('{');
    let has_siblings = |http: &str| {
        let mut operations = found.document.operations.iter();
        let own = segments(&found.operation.path);
        operations.any(|it| it.http == http && segments(&it.path) == own)
    };
    let method = match found.operation.http.as_str() {
        "get" if !by_id && facts.is_some_and(is_list) => "list",
        "get" => "get",
        "delete" => "delete",
        "patch" | "put" => "update",
        _ if !by_id && has_siblings("get") => "create",
        _ => {
            // The last segment of the path contains the verb: `clearTaskInstances`.
            let words = snake(last.trim_matches(['{', '}']));
            let (verb, rest) = words.split_once('_').unwrap_or((&words, ""));
            let of = if rest.is_empty() {
                singular(&noun(
                    path.rsplit_once('/').map_or("", |(before, _)| before),
                ))
            } else {
                rest.to_owned()
            };
            return (verb.to_owned(), of);
        }
    };
    let is_list = method == "list";
    let resource = neighbour(workspace, found, is_list).unwrap_or_else(|| {
        let noun = noun(path);
        if is_list { noun } else { singular(&noun) }
    });
    (method.to_owned(), resource)
}

/// Returns the resource of tools on the same path, with or without the id at its end.
fn neighbour(workspace: &Workspace, found: &FoundOperation<'_>, is_list: bool) -> Option<String> {
    let collection = |path: &str| {
        let mut all = segments(path);
        if all.last().is_some_and(|last| last == "{}") {
            all.pop();
        }
        all
    };
    let own = collection(&found.operation.path);
    let known = ["list", "get", "create", "update", "delete"];
    let entries = bound(workspace).filter(|(other, _, _, entry)| {
        known.contains(&entry.method.value.as_str()) && collection(&other.operation.path) == own
    });
    let entries: Vec<(bool, String)> = entries
        .map(|(_, _, _, entry)| {
            let is_list = entry.method.value == "list";
            (is_list, entry.resource.value.clone())
        })
        .collect();
    let same = entries.iter().find(|(other, _)| *other == is_list);
    if let Some((_, resource)) = same {
        return Some(resource.clone());
    }
    let (_, other) = entries.first()?;
    Some(if is_list {
        plural(other)
    } else {
        singular(other)
    })
}

/// Returns whether the response is an object with exactly one array.
fn is_list(facts: &OperationFacts) -> bool {
    let Some(TypeKind::Named(name)) = facts.response.as_ref().map(|ty| &ty.kind) else {
        return false;
    };
    let def = facts.types.iter().find(|def| def.rust_name == *name);
    match def.map(|def| &def.shape) {
        Some(TypeShape::Struct { fields, .. }) => {
            let arrays = fields.iter();
            let arrays = arrays.filter(|it| matches!(it.ty.kind, TypeKind::Array(_)));
            arrays.count() == 1
        }
        _ => false,
    }
}

/// Returns the last segment of a path that is not a parameter.
fn noun(path: &str) -> String {
    let mut words = path
        .rsplit('/')
        .filter(|it| !it.is_empty() && !it.starts_with('{'));
    snake(words.next().unwrap_or_default())
}

fn singular(word: &str) -> String {
    if let Some(stem) = word.strip_suffix("ies") {
        return format!("{stem}y");
    }
    match word {
        _ if word.ends_with("ss") || word.ends_with("us") || word.ends_with("is") => {
            word.to_owned()
        }
        _ => word.strip_suffix('s').unwrap_or(word).to_owned(),
    }
}

fn plural(word: &str) -> String {
    match word.strip_suffix('y') {
        Some(stem) if !stem.ends_with(['a', 'e', 'o', 'u']) => format!("{stem}ies"),
        _ if word.ends_with('s') => word.to_owned(),
        _ => format!("{word}s"),
    }
}

/// Removes the verb from an id: `get_dag_stats` -> `dag_stats`.
fn without_verb(id: &str) -> String {
    let verbs = [
        "get", "list", "create", "post", "patch", "update", "put", "delete",
    ];
    match id.split_once('_') {
        Some((verb, rest)) if verbs.contains(&verb) => rest.to_owned(),
        _ => id.to_owned(),
    }
}

/// Returns the last parameter of each path that has several parameters.
fn id(method: &str, group: &[FoundOperation<'_>]) -> Vec<String> {
    let mut ids: Vec<String> = Vec::new();
    if !["get", "update", "delete"].contains(&method) {
        return ids;
    }
    for found in group {
        if let [_, .., last] = placeholders(&found.operation.path).as_slice()
            && !ids.iter().any(|id| id == last)
        {
            ids.push((*last).to_owned());
        }
    }
    ids
}

pub(super) fn is_name(name: &str) -> bool {
    let known = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    name.starts_with(|c: char| c.is_ascii_lowercase()) && name.chars().all(known)
}

#[cfg(test)]
mod tests {
    use super::singular;

    #[test]
    fn one_of_several() {
        for (several, one) in [
            ("users", "user"),
            ("policies", "policy"),
            // Only the last ending is that of the plural.
            ("iesies", "iesy"),
            ("status", "status"),
        ] {
            assert_eq!(singular(several), one, "{several}");
        }
    }
}
