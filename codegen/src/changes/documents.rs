//! Compares what the documents offer, including operations that are not tools: new and removed operations, and new parameters that no tool has.

use crate::catalog::{Api, Catalog, Operation, Place};
use crate::facts::facts;
use crate::history::without_names;
use crate::select::{Decision, Selection};

/// Operations of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocumentState {
    /// Name as in `apis.yaml`.
    pub name: String,
    /// Operations, in the order of the document.
    pub operations: Vec<DocumentOperation>,
}

/// Operation of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocumentOperation {
    /// Id of the operation.
    pub id: String,
    /// HTTP method in lower case.
    pub http: String,
    /// Path that begins with the base path of the document.
    pub path: String,
    /// Summary in the document; can be empty.
    pub summary: String,
    /// Whether the document marks the operation as deprecated.
    pub deprecated: bool,
    /// Decision about the operation.
    pub decision: Decision,
    /// Parameters outside the path; empty if the operation is unsupported.
    pub parameters: Vec<DocumentParameter>,
}

/// Parameter of an operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocumentParameter {
    /// Name in the request.
    pub name: String,
    /// Location: `query`, `header`, `cookie` or `body`.
    pub place: &'static str,
    /// Whether the upstream requires the parameter.
    pub required: bool,
}

/// Changes in what a document offers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocumentChanges {
    /// Name as in `apis.yaml`.
    pub name: String,
    /// New operations.
    pub new: Vec<NewOperation>,
    /// Removed operations.
    pub gone: Vec<GoneOperation>,
    /// New and old ids of operations whose method and path are unchanged.
    pub renamed: Vec<(String, String)>,
    /// Ids of newly deprecated operations, with their tools.
    pub deprecated: Vec<(String, Option<String>)>,
    /// New parameters that the tool of the operation does not have: id, tool and parameters.
    pub ignored: Vec<(String, String, Vec<DocumentParameter>)>,
}

/// Operation that is new in a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewOperation {
    /// Id of the operation.
    pub id: String,
    /// Method and path.
    pub request: String,
    /// Summary in the document; can be empty.
    pub summary: String,
    /// Decision about the operation.
    pub decision: Decision,
}

/// Operation that was removed from a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GoneOperation {
    /// Id of the operation.
    pub id: String,
    /// Method and path.
    pub request: String,
    /// Tool of the operation in the base.
    pub tool: Option<String>,
}

impl DocumentChanges {
    /// Returns whether nothing changed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.new.is_empty()
            && self.gone.is_empty()
            && self.renamed.is_empty()
            && self.deprecated.is_empty()
            && self.ignored.is_empty()
    }
}

/// Returns the operations of each document.
pub(crate) fn states(selection: &Selection<'_>) -> Vec<DocumentState> {
    let states = selection.decisions.iter().map(|(spec, decisions)| {
        let operations = spec.operations().into_iter().zip(decisions);
        let operations = operations.map(|(operation, (_, decision))| DocumentOperation {
            parameters: facts(spec, &operation.id)
                .map(|facts| facts.parameters.iter().filter_map(parameter).collect())
                .unwrap_or_default(),
            id: operation.id,
            http: operation.http,
            path: operation.path,
            summary: operation.summary,
            deprecated: operation.deprecated,
            decision: decision.clone(),
        });
        DocumentState {
            name: spec.name.clone(),
            operations: operations.collect(),
        }
    });
    states.collect()
}

fn parameter(parameter: &crate::catalog::Parameter) -> Option<DocumentParameter> {
    let place = match parameter.place {
        Place::Path { .. } | Place::ForEach => return None,
        Place::Query { .. } => "query",
        Place::Header => "header",
        Place::Cookie => "cookie",
        Place::Body | Place::WholeBody => "body",
    };
    Some(DocumentParameter {
        name: parameter.wire.clone(),
        place,
        required: parameter.required,
    })
}

/// Compares the documents of two states, in the order of `head`. If only one state has a document, all operations of the document are new or removed.
///
/// Two operations are the same if their methods and paths are equal. Their ids and the names of path parameters can differ. `tools` is the catalogue of `head`.
#[must_use]
pub fn documents(
    base: &[DocumentState],
    head: &[DocumentState],
    tools: &Catalog,
) -> Vec<DocumentChanges> {
    let nothing: &[DocumentOperation] = &[];
    let of = |all: &[DocumentState], name: &str| all.iter().position(|it| it.name == name);
    let mut changes: Vec<DocumentChanges> = Vec::new();
    for document in head {
        let old = of(base, &document.name).and_then(|at| base.get(at));
        let old = old.map_or(nothing, |old| &old.operations);
        let name = &document.name;
        changes.push(between(name, old, &document.operations, tools));
    }
    for document in base {
        if of(head, &document.name).is_none() {
            changes.push(between(
                &document.name,
                &document.operations,
                nothing,
                tools,
            ));
        }
    }
    changes.retain(|document| !document.is_empty());
    changes
}

fn between(
    name: &str,
    old: &[DocumentOperation],
    new: &[DocumentOperation],
    tools: &Catalog,
) -> DocumentChanges {
    let mut changes = DocumentChanges {
        name: name.to_owned(),
        new: Vec::new(),
        gone: Vec::new(),
        renamed: Vec::new(),
        deprecated: Vec::new(),
        ignored: Vec::new(),
    };
    for operation in new {
        let Some(known) = old.iter().find(|it| same(it, operation)) else {
            changes.new.push(NewOperation {
                id: operation.id.clone(),
                request: request(operation),
                summary: operation.summary.clone(),
                decision: operation.decision.clone(),
            });
            continue;
        };
        if known.id != operation.id {
            let ids = (operation.id.clone(), known.id.clone());
            changes.renamed.push(ids);
        }
        let tool = tool(&operation.decision);
        if operation.deprecated && !known.deprecated {
            let tool = tool.map(str::to_owned);
            changes.deprecated.push((operation.id.clone(), tool));
        }
        if let Some(tool) = tool {
            let taken = taken(tools, name, &operation.id);
            let is_new = |it: &&DocumentParameter| {
                let same =
                    |other: &DocumentParameter| (&other.name, other.place) == (&it.name, it.place);
                !known.parameters.iter().any(same) && !taken.contains(&it.name.as_str())
            };
            let ignored: Vec<_> = operation
                .parameters
                .iter()
                .filter(is_new)
                .cloned()
                .collect();
            if !ignored.is_empty() {
                let id = operation.id.clone();
                changes.ignored.push((id, tool.to_owned(), ignored));
            }
        }
    }
    for operation in old {
        if !new.iter().any(|it| same(operation, it)) {
            changes.gone.push(GoneOperation {
                id: operation.id.clone(),
                request: request(operation),
                tool: tool(&operation.decision).map(str::to_owned),
            });
        }
    }
    changes
}

fn same(one: &DocumentOperation, other: &DocumentOperation) -> bool {
    one.http == other.http && without_names(&one.path) == without_names(&other.path)
}

fn tool(decision: &Decision) -> Option<&str> {
    match decision {
        Decision::Tool(name) => Some(name),
        Decision::Excluded(_) | Decision::Undecided => None,
    }
}

fn request(operation: &DocumentOperation) -> String {
    format!("{} {}", operation.http.to_uppercase(), operation.path)
}

/// Returns the names of all request parameters that a tool has or that the runtime sends for it.
fn taken<'c>(tools: &'c Catalog, document: &str, id: &str) -> Vec<&'c str> {
    let parts = tools.apis.iter().flat_map(Api::parts);
    let toolsets = parts.flat_map(|(_, _, toolsets)| toolsets);
    let mut operations = toolsets.flat_map(|toolset| &toolset.operations);
    let found = operations.find(|it| it.document == document && it.operation_id == id);
    found.map(names).unwrap_or_default()
}

fn names(operation: &Operation) -> Vec<&str> {
    let mut names: Vec<&str> = operation.parameters.iter().map(|it| &*it.wire).collect();
    names.extend(operation.mask.iter().map(|mask| &*mask.name));
    names.extend(
        operation
            .body
            .iter()
            .flat_map(|it| it.fixed.iter().map(|(name, _)| &**name)),
    );
    let pages = operation
        .list
        .as_ref()
        .and_then(|it| it.pagination.as_ref());
    names.extend(pages.iter().flat_map(|it| it.parameters()));
    names
}
