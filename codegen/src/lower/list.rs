//! Makes list tools: finds the items and checks the fields that are filtered by or shown.

use mcp_schema::names::is_reserved_argument;

use super::arguments::Arguments;
use super::scope::Scope;
use super::types::{find, member};
use crate::catalog::{Field, Filter, List, TypeDef, TypeKind, TypeRef, TypeShape};
use crate::diagnostic::{LowerDiagnostic, ReadDiagnostic, nearest};
use crate::openapi::OperationFacts;
use crate::reader::Located;

/// Makes the list part of a tool; returns `None` if the items cannot be found.
pub(super) fn lower(
    scope: Scope<'_>,
    facts: &OperationFacts,
    arguments: &Arguments,
) -> Option<List> {
    match items(scope, facts) {
        Ok((items, item_type)) => Some(List {
            items: items.to_owned(),
            item_type: item_type.clone(),
            pagination: arguments.pagination.clone(),
            pages_since: arguments.pages_since.clone(),
            filters: filters(scope, facts, item_type, arguments),
            summary: summary(scope, facts, item_type),
        }),
        Err(reason) => {
            let items = scope.entry.items.as_ref();
            let line = items.map_or(scope.operation_line(), |items| items.line);
            let diagnostic = LowerDiagnostic::NoItems {
                operation: scope.operation_id().to_owned(),
                document: scope.document().to_owned(),
                reason,
            };
            scope.report(line, diagnostic);
            None
        }
    }
}

/// Reports settings that only a list tool can have.
pub(super) fn refuse(scope: Scope<'_>) {
    let entry = scope.entry;
    let items = entry.items.iter().map(|items| ("items", items.line));
    let summary = entry.summary.first();
    let summary = summary.map(|field| ("summary", field.name.line));
    let filters = entry.filters.first();
    let filters = filters.map(|filter| ("filters", filter.name.line));
    for (key, line) in items.chain(summary).chain(filters) {
        scope.report(line, LowerDiagnostic::ListOnly { key });
    }
}

/// Name of a list that is the whole response.
const ITEMS: &str = "items";

/// Returns the member of the response that is the list, and the type of its items. The member is the one named in the allowlist, or the only array. A response that is an array is itself the list.
pub(super) fn items<'f>(
    scope: Scope<'_>,
    facts: &'f OperationFacts,
) -> Result<(&'f str, &'f TypeRef), String> {
    let Some(response) = &facts.response else {
        return Err("has no content".to_owned());
    };
    let fields = match &response.kind {
        TypeKind::Array(item_type) if scope.entry.items.is_none() => return Ok((ITEMS, item_type)),
        TypeKind::Array(_) => {
            return Err("is an array and has no members; remove `items`".to_owned());
        }
        TypeKind::Named(name) | TypeKind::Boxed(name) => {
            match find(&facts.types, name).map(|def| &def.shape) {
                Some(TypeShape::Struct { fields, .. }) => fields,
                _ => return Err("is not an object".to_owned()),
            }
        }
        _ => return Err("is not an object".to_owned()),
    };
    let array = |field: &'f Field| match &field.ty.kind {
        TypeKind::Array(of) => Some((field.name.as_str(), &**of)),
        _ => None,
    };
    if let Some(wanted) = &scope.entry.items {
        let field = fields.iter().find(|field| field.name == wanted.value);
        return field.and_then(array).ok_or_else(|| {
            let names = fields.iter().map(|field| field.name.as_str());
            let near = nearest(&wanted.value, names);
            let near = near.map_or_else(String::new, |near| format!(" (did you mean `{near}`?)"));
            format!("has no array `{}`{near}", wanted.value)
        });
    }
    let arrays: Vec<_> = fields.iter().filter_map(array).collect();
    match arrays.as_slice() {
        [only] => Ok(*only),
        [] => Err("has no array".to_owned()),
        _ => {
            let names: Vec<_> = arrays.iter().map(|(name, _)| format!("`{name}`")).collect();
            Err(format!(
                "has several arrays ({}); name the one with the items in `items`",
                names.join(", ")
            ))
        }
    }
}

fn filters(
    scope: Scope<'_>,
    facts: &OperationFacts,
    item_type: &TypeRef,
    arguments: &Arguments,
) -> Vec<Filter> {
    let mut filters: Vec<Filter> = Vec::new();
    let entries = scope.entry.filters.iter();
    for entry in entries.filter(|entry| scope.has(&entry.documents)) {
        let (name, field) = (&entry.name.value, &entry.field);
        let mut parameters = arguments.parameters.iter();
        let is_taken = parameters.any(|parameter| parameter.field.name == *name)
            || filters.iter().any(|filter| filter.name == *name);
        if is_taken || is_reserved_argument(name, false) {
            let diagnostic = LowerDiagnostic::Collision {
                tool: scope.tool.to_owned(),
                argument: name.clone(),
                document: scope.document().to_owned(),
                locations: "filter".to_owned(),
            };
            scope.report(entry.name.line, diagnostic);
            continue;
        }
        let Some(ty) = field_at(scope, facts, item_type, "filter", field) else {
            continue;
        };
        match not_single(ty, &facts.types) {
            None => filters.push(Filter {
                name: name.clone(),
                field: field.value.clone(),
                unique: entry.unique,
            }),
            Some(kind) => {
                let diagnostic = LowerDiagnostic::FilterKind {
                    field: field.value.clone(),
                    kind,
                    document: scope.document().to_owned(),
                };
                scope.report(field.line, diagnostic);
            }
        }
    }
    filters
}

fn summary(scope: Scope<'_>, facts: &OperationFacts, item_type: &TypeRef) -> Vec<String> {
    let mut summary: Vec<&Located<String>> = Vec::new();
    let entries = scope.entry.summary.iter();
    for entry in entries.filter(|entry| scope.has(&entry.documents)) {
        let field = &entry.name;
        if let Some(first) = summary.iter().find(|other| other.value == field.value) {
            let (key, first) = (field.value.clone(), first.line);
            scope.report(field.line, ReadDiagnostic::DuplicateKey { key, first });
        } else if field_at(scope, facts, item_type, "summary field", field).is_some() {
            summary.push(field);
        }
    }
    summary.into_iter().map(|it| it.value.clone()).collect()
}

/// Returns the type at a dotted path, through arrays. Reports a field that does not exist.
pub(super) fn field_at<'f>(
    scope: Scope<'_>,
    facts: &'f OperationFacts,
    item_type: &'f TypeRef,
    kind: &'static str,
    field: &Located<String>,
) -> Option<&'f TypeRef> {
    let mut ty = item_type;
    let mut before = String::new();
    for segment in field.value.split('.') {
        // Any object can have the member, but its type is unknown.
        let found = match ty.innermost().kind {
            TypeKind::Any | TypeKind::Map(_) => Err(None),
            _ => member(ty, segment, &facts.types),
        };
        match found {
            Ok(inner) => ty = inner,
            Err(nearest) => {
                let diagnostic = LowerDiagnostic::UnknownField {
                    kind,
                    field: field.value.clone(),
                    operation: scope.operation_id().to_owned(),
                    document: scope.document().to_owned(),
                    nearest: nearest.map(|nearest| format!("{before}{nearest}")),
                };
                scope.report(field.line, diagnostic);
                return None;
            }
        }
        before = format!("{before}{segment}.");
    }
    Some(ty)
}

/// Returns the kind of a type that does not have a single value to compare with.
fn not_single(ty: &TypeRef, types: &[TypeDef]) -> Option<&'static str> {
    match &ty.innermost().kind {
        TypeKind::Boolean | TypeKind::Integer | TypeKind::Number | TypeKind::String => None,
        TypeKind::Named(name) | TypeKind::Boxed(name) => {
            match find(types, name).map(|def| &def.shape) {
                Some(TypeShape::Enum { .. }) => None,
                _ => Some("an object"),
            }
        }
        TypeKind::Map(_) => Some("an object"),
        _ => Some("any value"),
    }
}
