//! Checks that names are valid and unique in the flat namespace of a tool.

use mcp_schema::names::{MAX_NAME_LENGTH, is_argument_name, is_reserved_argument};
use proc_macro2::Span;
use syn::LitStr;

use super::ast::Page;
use super::block::Block;
use super::parameter::ParameterLocation;
use crate::errors::Errors;

/// Checks the spelling of the name or former name of a tool.
pub(super) fn check_tool_name(name: &LitStr, errors: &mut Errors) {
    let text = name.value();
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    if text.is_empty() || !text.chars().all(allowed) {
        errors.push(
            name.span(),
            format_args!("invalid tool name `{text}`"),
            "use lower-case letters, digits and `_`: `list_users`",
        );
    } else if text.len() > MAX_NAME_LENGTH {
        errors.push(
            name.span(),
            format_args!("the name `{text}` has {} characters", text.len()),
            "use at most 64, because clients reject longer names",
        );
    }
}

/// Checks the names of arguments and filters, and the names in the request.
pub(super) fn check_names(block: Block<'_>, errors: &mut Errors) {
    let Block {
        keys,
        parameters,
        tool,
    } = block;
    let filters = keys.list.iter().flat_map(|list| &list.filters);
    let shown = block.shown();
    let arguments: Vec<(String, Span)> = shown
        .map(|parameter| (parameter.argument(), parameter.name_span()))
        .chain(filters.map(|filter| (filter.name.text.clone(), filter.name.span)))
        .collect();
    for (i, (name, span)) in arguments.iter().enumerate() {
        if arguments[..i].iter().any(|(earlier, _)| earlier == name) {
            errors.push(
                *span,
                format_args!("tool `{tool}` has two arguments `{name}`"),
                "rename one of them: `name = \"..\"`",
            );
        }
        if is_reserved_argument(name, keys.is_log()) {
            errors.push(
                *span,
                format_args!("reserved name `{name}` of an argument of tool `{tool}`"),
                format_args!("remove it, because the macro adds it where it is needed, or rename it: `name = \"..\", wire = \"{name}\"`"),
            );
        }
        if !is_argument_name(name) {
            errors.push(
                *span,
                format_args!("invalid name `{name}` of an argument"),
                "use at most 64 letters, digits, `_`, `.` and `-`, and write the name in the request as `wire = \"..\"`",
            );
        }
    }
    for parameter in parameters {
        let Some(fallback) = &parameter.fallback else {
            continue;
        };
        let other = fallback.value();
        let known = parameters.iter().any(|it| it.argument() == other);
        if !known || other == parameter.argument() {
            errors.push(
                fallback.span(),
                format_args!("tool `{tool}` has no other argument `{other}`"),
                "write the argument whose value is sent instead",
            );
        }
    }
    check_wires(block, errors);
}

/// Checks that no name is used twice at the same location of the request, because it would be sent twice.
fn check_wires(block: Block<'_>, errors: &mut Errors) {
    let Block { keys, tool, .. } = block;
    let mut sent: Vec<(&str, String)> = Vec::new();
    if let Some(Page::Pagination(page)) = keys.list.as_ref().and_then(|list| list.page.as_ref()) {
        let location = if page.in_body() { "body" } else { "query" };
        let names = page.parameters().into_iter();
        sent.extend(names.map(|(_, name)| (location, name)));
    }
    let format = keys.response_format.as_ref();
    if let Some(token) = format.and_then(|format| format.token.as_ref()) {
        sent.push(("query", token.value()));
    }
    if let Some(mask) = &keys.mask {
        sent.push(("query", mask.name.text.clone()));
    }
    let fixed = keys.fixed.iter();
    sent.extend(fixed.map(|(name, _)| ("body", name.text.clone())));
    for parameter in block.parameters {
        let location = match parameter.location {
            ParameterLocation::Path { .. } => "path",
            ParameterLocation::Query(_) => "query",
            ParameterLocation::Header => "header",
            ParameterLocation::Cookie => "cookie",
            ParameterLocation::Body => "body",
            ParameterLocation::WholeBody | ParameterLocation::Each => continue,
        };
        let wire = (location, parameter.wire());
        // A reserved name was reported before.
        let is_reserved = is_reserved_argument(&parameter.argument(), keys.is_log());
        if sent.contains(&wire) && !is_reserved {
            errors.push(
                parameter.wire_span(),
                format_args!("tool `{tool}` sends `{}` twice in the {location}", wire.1),
                "remove this field, or write its name in the request: `wire = \"..\"`",
            );
        }
        sent.push(wire);
    }
}
