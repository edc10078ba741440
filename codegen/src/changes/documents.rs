//! Compares the operations of documents, including those that are not tools: new and removed operations, and new parameters that no tool has.

use crate::catalog::{Api, Operation, Pagination};
use crate::lower::Catalog;
use crate::openapi::DocumentOperation;
use crate::path::without_names;
use crate::select::Decision;
use crate::workspace::Workspace;

/// Parameter of an operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocumentParameter {
    /// Name in the request.
    pub name: String,
    /// Location: `query`, `header`, `cookie` or `body`.
    pub location: &'static str,
    /// Whether the upstream requires the parameter.
    pub required: bool,
}

/// Changes of a document.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DocumentChanges {
    /// Name as in `apis.yaml`.
    pub name: String,
    /// New operations.
    pub new: Vec<NewOperation>,
    /// Removed operations.
    pub removed: Vec<RemovedOperation>,
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
pub struct RemovedOperation {
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
        let nothing = Self {
            name: self.name.clone(),
            ..Self::default()
        };
        *self == nothing
    }
}

/// Operation of a document with the decision about it.
type DecidedOperation<'w> = (&'w DocumentOperation, &'w Decision);

/// Compares the documents of two workspaces, in the order of `head`. If only one workspace has a document, all operations of the document are new or removed.
///
/// Two operations are the same if their methods and paths are equal. Their ids and the names of path parameters can differ.
#[must_use]
pub fn document_changes(base: &Workspace, head: &Workspace) -> Vec<DocumentChanges> {
    let mut names: Vec<&str> = Vec::new();
    for (document, _) in head.documents().chain(base.documents()) {
        if !names.contains(&document.name.as_str()) {
            names.push(&document.name);
        }
    }
    let changes = names.into_iter().map(|name| {
        let (old, new) = (operations(base, name), operations(head, name));
        compare(name, &old, &new, &head.catalog)
    });
    changes.filter(|document| !document.is_empty()).collect()
}

fn operations<'w>(workspace: &'w Workspace, document: &str) -> Vec<DecidedOperation<'w>> {
    let all = workspace.operations();
    let own = all.filter(|(other, ..)| other.name == document);
    own.map(|(_, operation, decision)| (operation, decision))
        .collect()
}

fn compare(
    name: &str,
    old: &[DecidedOperation<'_>],
    new: &[DecidedOperation<'_>],
    tools: &Catalog,
) -> DocumentChanges {
    let mut changes = DocumentChanges {
        name: name.to_owned(),
        ..DocumentChanges::default()
    };
    for (operation, decision) in new {
        let id = &operation.id;
        let Some((known, _)) = old.iter().find(|(it, _)| is_same(it, operation)) else {
            changes.new.push(NewOperation {
                id: id.clone(),
                request: request(operation),
                summary: operation.summary.clone(),
                decision: (*decision).clone(),
            });
            continue;
        };
        if known.id != *id {
            changes.renamed.push((id.clone(), known.id.clone()));
        }
        let tool = tool(decision);
        if operation.deprecated && !known.deprecated {
            changes.deprecated.push((id.clone(), tool.clone()));
        }
        if let Some(tool) = tool {
            let taken = taken(tools, name, id);
            let known: Vec<_> = parameters(known).collect();
            let is_new = |it: &DocumentParameter| {
                let mut known = known.iter();
                let is_known =
                    known.any(|other| (&other.name, other.location) == (&it.name, it.location));
                !is_known && !taken.contains(&it.name.as_str())
            };
            let ignored: Vec<_> = parameters(operation).filter(is_new).collect();
            if !ignored.is_empty() {
                changes.ignored.push((id.clone(), tool, ignored));
            }
        }
    }
    for (operation, decision) in old {
        if !new.iter().any(|(it, _)| is_same(operation, it)) {
            changes.removed.push(RemovedOperation {
                id: operation.id.clone(),
                request: request(operation),
                tool: tool(decision),
            });
        }
    }
    changes
}

/// Yields the parameters outside the path; none if the operation is unsupported.
fn parameters(operation: &DocumentOperation) -> impl Iterator<Item = DocumentParameter> {
    let facts = operation.facts.iter();
    facts.flat_map(|facts| &facts.parameters).filter_map(|it| {
        let (name, location) = it.request_key()?;
        Some(DocumentParameter {
            name: name.to_owned(),
            location,
            required: it.field.required,
        })
    })
}

fn is_same(one: &DocumentOperation, other: &DocumentOperation) -> bool {
    one.http == other.http && without_names(&one.path) == without_names(&other.path)
}

fn tool(decision: &Decision) -> Option<String> {
    match decision {
        Decision::Tool(name) => Some(name.clone()),
        Decision::Excluded(_) | Decision::Undecided => None,
    }
}

fn request(operation: &DocumentOperation) -> String {
    format!("{} {}", operation.http.to_uppercase(), operation.path)
}

/// Returns the names of all request parameters that a tool has or that the runtime sends for it.
fn taken<'c>(tools: &'c Catalog, document: &str, id: &str) -> Vec<&'c str> {
    let modules = tools.apis().iter().flat_map(Api::modules);
    let mut operations = modules.flat_map(|(_, _, toolset)| &toolset.operations);
    let found = operations.find(|it| it.document == document && it.operation_id == id);
    found.map(names).unwrap_or_default()
}

fn names(operation: &Operation) -> Vec<&str> {
    let mut names: Vec<&str> = operation.parameters.iter().map(|it| &*it.wire).collect();
    names.extend(operation.mask.iter().map(|mask| &*mask.name));
    let fixed = operation.body.iter().flat_map(|body| &body.fixed);
    names.extend(fixed.map(|(name, _)| &**name));
    let pages = operation
        .list
        .iter()
        .filter_map(|it| it.pagination.as_ref());
    names.extend(pages.flat_map(Pagination::parameters));
    names
}
