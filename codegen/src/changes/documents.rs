//! What the documents offer, whether it is a tool or not: operations that are new or gone, and parameters that no tool takes.

use crate::catalog::{Api, Catalog, Operation, Place};
use crate::facts::facts;
use crate::history::without_names;
use crate::select::{Decision, Selection};

/// What a document offers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocumentState {
    /// Name as in `apis.yaml`.
    pub name: String,
    /// Its operations, in its order.
    pub operations: Vec<DocumentOperation>,
}

/// An operation of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocumentOperation {
    /// Its id.
    pub id: String,
    /// HTTP method, lower case.
    pub http: String,
    /// Path with the base of the document.
    pub path: String,
    /// What it does, in the words of the document; may be empty.
    pub summary: String,
    /// Whether the document says that it will go.
    pub deprecated: bool,
    /// What was decided about it.
    pub decision: Decision,
    /// Query, header and body; empty for an operation that cannot be read.
    pub parameters: Vec<DocumentParameter>,
}

/// A parameter of an operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocumentParameter {
    /// Name in the request.
    pub name: String,
    /// `query`, `header` or `body`.
    pub place: &'static str,
    /// Whether the server needs it.
    pub required: bool,
}

/// What changed about what a document offers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocumentChanges {
    /// Name as in `apis.yaml`.
    pub name: String,
    /// Operations that the document did not have.
    pub new: Vec<NewOperation>,
    /// Operations that it no longer has.
    pub gone: Vec<GoneOperation>,
    /// Ids that changed, of the same method and path: now and before.
    pub renamed: Vec<(String, String)>,
    /// Ids of those that are newly deprecated, and their tools.
    pub deprecated: Vec<(String, Option<String>)>,
    /// Parameters that operations newly have and their tools do not take: id, tool, parameters.
    pub ignored: Vec<(String, String, Vec<DocumentParameter>)>,
}

/// An operation that a document newly has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewOperation {
    /// Its id.
    pub id: String,
    /// Method and path.
    pub request: String,
    /// What it does, in the words of the document; may be empty.
    pub summary: String,
    /// What was decided about it.
    pub decision: Decision,
}

/// An operation that a document no longer has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GoneOperation {
    /// Its id.
    pub id: String,
    /// Method and path.
    pub request: String,
    /// The tool that it was.
    pub tool: Option<String>,
}

impl DocumentChanges {
    /// Whether nothing changed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.new.is_empty()
            && self.gone.is_empty()
            && self.renamed.is_empty()
            && self.deprecated.is_empty()
            && self.ignored.is_empty()
    }
}

/// What the documents offer.
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
        Place::Path { .. } | Place::Each => return None,
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

/// What changed, for each document that both have, in the order of `head`. A document that only one of them has is all new, or all gone.
///
/// An operation is the same if its method and path are, whatever its id and the names in the path. `tools` is the catalogue of `head`.
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

/// Names in the request of all that a tool sends, or that the runtime sends for it.
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
