//! Removes the parameters that the runtime sets: those for pagination, the mask, and the position in a log.

use super::scope::Scope;
use super::types::member;
use crate::allowlist::tools::DeclaredFormat;
use crate::catalog::{
    Mask, Pagination, PaginationStyle, Parameter, ParameterLocation, Parts, TypeKind,
};
use crate::openapi::OperationFacts;
use crate::pointer::unescape;

fn is_query(parameter: &Parameter, wire: &str) -> bool {
    matches!(parameter.location, ParameterLocation::Query { .. }) && parameter.wire == wire
}

/// Removes the pagination parameters of a list tool. The pagination style is the first one of the API whose parameters the operation has.
pub(super) fn take_pages(
    scope: Scope<'_>,
    facts: &OperationFacts,
    parameters: &mut Vec<Parameter>,
) -> (Option<Pagination>, Option<String>) {
    if scope.entry.method.value != "list" {
        return (None, None);
    }
    let fits = |pages: &&Pagination| {
        let mut names = pages.parameters().into_iter();
        names.all(|name| parameters.iter().any(|it| is_of_page(it, pages, name)))
            && answers(pages, facts)
    };
    let Some(pages) = scope.operation.api.pagination.iter().find(fits) else {
        return (None, None);
    };
    let mut counted = pages.parameters();
    if let PaginationStyle::Cursor {
        cursor,
        offset: Some(_),
        ..
    } = &pages.style
    {
        // A server that does not support the cursor uses the offset, so only the offset counts.
        counted.retain(|name| name != cursor);
    }
    let mut numbers = parameters.iter().filter(|parameter| {
        let mut names = counted.iter();
        names.any(|name| is_of_page(parameter, pages, name))
    });
    let since = numbers.find_map(|parameter| parameter.since.clone());
    parameters.retain(|parameter| {
        let position = pages.position().iter().map(String::as_str);
        let mut names = pages.parameters().into_iter().chain(position);
        !names.any(|name| is_of_page(parameter, pages, name))
    });
    (Some(pages.clone()), since)
}

/// Returns whether the response can contain the next cursor, according to the document. A style that can also use an offset does not need the cursor.
fn answers(pages: &Pagination, facts: &OperationFacts) -> bool {
    let next = match &pages.style {
        PaginationStyle::Cursor {
            next, offset: None, ..
        } => next,
        _ => return true,
    };
    let steps = next.trim_start_matches('/').split('/').map(unescape);
    let mut at = facts.response.as_ref();
    for name in steps {
        at = at.and_then(|ty| member(ty, &name, &facts.types).ok());
    }
    at.is_some()
}

fn is_of_page(parameter: &Parameter, pages: &Pagination, name: &str) -> bool {
    match pages.in_body {
        true => parameter.location == ParameterLocation::Body && parameter.wire == name,
        false => is_query(parameter, name),
    }
}

/// Removes the parameter that names the fields to write. The runtime derives its value from the arguments of a call.
pub(super) fn take_mask(
    scope: Scope<'_>,
    facts: &OperationFacts,
    parameters: &mut Vec<Parameter>,
) -> Option<Mask> {
    let rule = scope.operation.api.mask.as_ref()?;
    facts.body.as_ref()?;
    let at = parameters
        .iter()
        .position(|parameter| is_query(parameter, &rule.parameter))?;
    let parameter = parameters.remove(at);
    let style = match (parameter.field.ty.kind, parameter.location) {
        (TypeKind::Array(_), ParameterLocation::Query { style }) => style,
        _ => rule.style,
    };
    Some(Mask {
        name: rule.parameter.clone(),
        style,
    })
}

/// Removes the parameter that continues a log from a tool that reads a log.
pub(super) fn take_parts(scope: Scope<'_>, parameters: &mut Vec<Parameter>) -> Option<Parts> {
    let answer = scope.entry.response_format.as_ref();
    answer.filter(|answer| answer.value == DeclaredFormat::Log)?;
    let parts = scope.operation.api.logs.as_ref()?;
    let at = parameters
        .iter()
        .position(|parameter| is_query(parameter, &parts.parameter))?;
    parameters.remove(at);
    Some(parts.clone())
}
