//! Makes list tools: finds the items and checks the fields that are filtered by or shown.

use mcp_schema::names::is_reserved_argument;

use crate::catalog::{Field, Filter, List, TypeDef, TypeKind, TypeRef, TypeShape};
use crate::facts::Facts;
use crate::problem::{Error, Problem, nearest};

use super::arguments::Arguments;
use super::operation::Scope;
use super::types::{find, innermost, member};

/// Makes the list part of a tool; returns `None` if the items cannot be found.
pub(super) fn lower(
    scope: Scope<'_>,
    facts: &Facts,
    arguments: &Arguments,
    errors: &mut Vec<Error>,
) -> Option<List> {
    let items = match items(scope, facts) {
        Ok(items) => items,
        Err(why) => {
            let line = scope
                .entry
                .items
                .as_ref()
                .map_or(scope.operation.binding.operation.line, |items| items.line);
            let problem = Problem::NoItems {
                operation: scope.operation_id().to_owned(),
                document: scope.document().to_owned(),
                why,
            };
            scope.error(errors, line, problem);
            return None;
        }
    };
    let (items, of) = items;
    Some(List {
        items: items.to_owned(),
        of: of.clone(),
        pagination: arguments.pagination.clone(),
        pages_since: arguments.pages_since.clone(),
        filters: filters(scope, facts, of, arguments, errors),
        summary: summary(scope, facts, of, errors),
    })
}

/// Reports settings that only a list tool can have.
pub(super) fn refuse(scope: Scope<'_>, errors: &mut Vec<Error>) {
    let entry = scope.entry;
    let found = [
        ("items", entry.items.as_ref().map(|items| items.line)),
        (
            "summary",
            entry.summary.first().map(|field| field.name.line),
        ),
        (
            "filters",
            entry.filters.first().map(|filter| filter.name.line),
        ),
    ];
    for (key, line) in found {
        let problem = Problem::ListOnly { key };
        if let Some(line) = line
            && !errors
                .iter()
                .any(|error| error.line == line && error.problem == problem)
        {
            scope.error(errors, line, problem);
        }
    }
}

/// Name of a list that is the whole response.
const ITEMS: &str = "items";

/// Returns the member of the response that is the list, and the type of its items. The member is the one named in the allowlist, or the only array. A response that is an array is itself the list.
pub(super) fn items<'f>(
    scope: Scope<'_>,
    facts: &'f Facts,
) -> Result<(&'f str, &'f TypeRef), String> {
    let fields = match &facts.response {
        Some(TypeRef {
            kind: TypeKind::Array(of),
            ..
        }) => {
            let name = scope.entry.items.as_ref();
            return match name {
                None => Ok((ITEMS, of)),
                Some(_) => Err("is an array itself, and has no members".to_owned()),
            };
        }
        Some(TypeRef {
            kind: TypeKind::Named(name) | TypeKind::Boxed(name),
            ..
        }) => match find(&facts.types, name) {
            Some(TypeDef {
                shape: TypeShape::Struct { fields, .. },
                ..
            }) => fields,
            _ => return Err("is no object".to_owned()),
        },
        Some(_) => return Err("is no object".to_owned()),
        None => return Err("has no content".to_owned()),
    };
    let array = |field: &'f Field| match &field.ty.kind {
        TypeKind::Array(of) => Some((field.name.as_str(), &**of)),
        _ => None,
    };
    if let Some(wanted) = &scope.entry.items {
        let field = fields.iter().find(|field| field.name == wanted.value);
        return field.and_then(array).ok_or_else(|| {
            let near = nearest(
                &wanted.value,
                fields.iter().map(|field| field.name.as_str()),
            );
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
                "has several arrays ({}): say with `items` which is the list",
                names.join(", ")
            ))
        }
    }
}

fn filters(
    scope: Scope<'_>,
    facts: &Facts,
    of: &TypeRef,
    arguments: &Arguments,
    errors: &mut Vec<Error>,
) -> Vec<Filter> {
    let mut filters: Vec<Filter> = Vec::new();
    for entry in scope
        .entry
        .filters
        .iter()
        .filter(|entry| scope.is_on(&entry.on))
    {
        let name = &entry.name.value;
        let taken = arguments
            .parameters
            .iter()
            .any(|parameter| parameter.name == *name)
            || filters.iter().any(|filter| filter.name == *name);
        if taken || is_reserved_argument(name, false) {
            let problem = Problem::Collision {
                tool: scope.tool.to_owned(),
                argument: name.clone(),
                document: scope.document().to_owned(),
                places: "filter".to_owned(),
            };
            scope.error(errors, entry.name.line, problem);
            continue;
        }
        match field_at(of, &entry.field.value, &facts.types) {
            Ok(ty) => match not_single(ty, &facts.types) {
                None => filters.push(Filter {
                    name: name.clone(),
                    field: entry.field.value.clone(),
                    unique: entry.unique,
                }),
                Some(what) => {
                    let problem = Problem::FilterKind {
                        field: entry.field.value.clone(),
                        what,
                        document: scope.document().to_owned(),
                    };
                    scope.error(errors, entry.field.line, problem);
                }
            },
            Err(near) => {
                let problem = unknown_field(scope, "filter", &entry.field.value, near);
                scope.error(errors, entry.field.line, problem);
            }
        }
    }
    filters
}

fn summary(scope: Scope<'_>, facts: &Facts, of: &TypeRef, errors: &mut Vec<Error>) -> Vec<String> {
    let mut summary: Vec<String> = Vec::new();
    let entries = || {
        let all = scope.entry.summary.iter();
        all.filter(|entry| scope.is_on(&entry.on))
    };
    for entry in entries() {
        let field = &entry.name.value;
        let first = entries().find(|other| other.name.value == *field);
        if let Some(first) = first.filter(|_| summary.contains(field)) {
            let problem = Problem::DuplicateKey {
                key: field.clone(),
                first: first.name.line,
            };
            scope.error(errors, entry.name.line, problem);
            continue;
        }
        match field_at(of, field, &facts.types) {
            Ok(_) => summary.push(field.clone()),
            Err(near) => {
                let problem = unknown_field(scope, "summary field", field, near);
                scope.error(errors, entry.name.line, problem);
            }
        }
    }
    summary
}

fn unknown_field(
    scope: Scope<'_>,
    what: &'static str,
    field: &str,
    nearest: Option<String>,
) -> Problem {
    Problem::UnknownField {
        what,
        field: field.to_owned(),
        operation: scope.operation_id().to_owned(),
        document: scope.document().to_owned(),
        nearest,
    }
}

/// Returns the type at a dotted path, through arrays. The error is the path that was probably meant.
fn field_at<'t>(
    ty: &'t TypeRef,
    path: &str,
    types: &'t [TypeDef],
) -> Result<&'t TypeRef, Option<String>> {
    let mut at = ty;
    let mut before = String::new();
    for segment in path.split('.') {
        let field = member(at, segment, types);
        at = field.map_err(|near| near.map(|near| format!("{before}{near}")))?;
        before = format!("{before}{segment}.");
    }
    Ok(at)
}

/// Returns the kind of a type that does not have a single value to compare with.
fn not_single(ty: &TypeRef, types: &[TypeDef]) -> Option<&'static str> {
    match &innermost(ty).kind {
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
