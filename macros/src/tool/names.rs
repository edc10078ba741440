//! Checks that names are unique in the flat namespace of a tool.

use proc_macro2::Span;
use syn::LitStr;

use super::ast::{Keys, Page};
use super::param::{Param, Place};
use crate::errors::Errors;

/// Checks the names of arguments and filters, and the names in the request.
pub(crate) fn check_names(keys: &Keys, params: &[(Param, Place)], tool: &str, errors: &mut Errors) {
    let filters = keys.list.iter().flat_map(|list| &list.filters);
    let shown = params.iter().filter(|(param, _)| param.hidden.is_none());
    let arguments: Vec<(String, Span)> = shown
        .map(|(param, _)| (param.argument(), param.name_span()))
        .chain(filters.map(|filter| (filter.name.text.clone(), filter.name.span)))
        .collect();
    for (i, (name, span)) in arguments.iter().enumerate() {
        if arguments[..i].iter().any(|(earlier, _)| earlier == name) {
            errors.push(
                *span,
                format_args!("tool `{tool}` has two arguments `{name}`"),
                "give one of them another name: `name = \"..\"`",
            );
        }
        check_argument(name, *span, keys, tool, errors);
    }
    for (param, _) in params {
        let Some(or) = &param.or else {
            continue;
        };
        let other = or.value();
        let known = params.iter().any(|(param, _)| param.argument() == other);
        if !known || other == param.argument() {
            errors.push(
                or.span(),
                format_args!("tool `{tool}` has no other argument `{other}`"),
                "write the name of the argument whose value is sent instead",
            );
        }
    }
    check_wires(keys, params, tool, errors);
}

fn check_argument(name: &str, span: Span, keys: &Keys, tool: &str, errors: &mut Errors) {
    if is_reserved(name, keys) {
        errors.push(
            span,
            format_args!("`{name}` cannot be an argument of tool `{tool}`: the name is reserved"),
            format_args!("remove it (the macro adds it where the tool needs it), or rename it: `name = \"..\", wire = \"{name}\"`"),
        );
    }
    let allowed = |c: char| c.is_ascii_alphanumeric() || "_.-".contains(c);
    if name.is_empty() || name.len() > 64 || !name.chars().all(allowed) {
        errors.push(
            span,
            format_args!("`{name}` is no name of an argument: some clients refuse it"),
            "use letters, digits, `_`, `.` and `-`, at most 64, and say what it is in the request: `wire = \"..\"`",
        );
    }
}

fn is_reserved(name: &str, keys: &Keys) -> bool {
    let log = keys.answer.as_ref().is_some_and(|it| it.kind == "log");
    matches!(name, "limit" | "next_cursor" | "clear")
        || (keys.list.is_some() && name == "fields")
        || (log && matches!(name, "level" | "contains" | "from_start"))
}

/// Checks that no name is used twice at the same location of the request, because it would be sent twice.
fn check_wires(keys: &Keys, params: &[(Param, Place)], tool: &str, errors: &mut Errors) {
    let mut sent: Vec<(&str, String)> = Vec::new();
    if let Some(Page::Pages(page)) = keys.list.as_ref().and_then(|list| list.page.as_ref()) {
        let place = if page.in_body() { "body" } else { "query" };
        sent.extend(page.parameters().map(|(_, name)| (place, name.value())));
    }
    if let Some(token) = keys.answer.as_ref().and_then(|it| it.token.as_ref()) {
        sent.push(("query", token.value()));
    }
    if let Some(mask) = &keys.mask {
        sent.push(("query", mask.name.text.clone()));
    }
    for (name, _) in &keys.fixed {
        let name = ("body", name.text.clone());
        sent.push(name);
    }
    for (param, place) in params {
        let place = match place {
            Place::Path { .. } => "path",
            Place::Query(_) => "query",
            Place::Header => "header",
            Place::Cookie => "cookie",
            Place::Body => "body",
            Place::Whole | Place::Each => continue,
        };
        let wire = (place, param.wire());
        // For a reserved name, `check_argument` reports an error.
        if sent.contains(&wire) && !is_reserved(&param.argument(), keys) {
            let span = param.wire.as_ref().map_or(param.name_span(), LitStr::span);
            errors.push(
                span,
                format_args!("tool `{tool}` sends `{}` in the {place} twice", wire.1),
                "remove this field, or give the name it has in the request: `wire = \"..\"`",
            );
        }
        sent.push(wire);
    }
}
