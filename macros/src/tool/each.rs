//! Checks `each(..)`, an operation on one object that is called for each id of an argument, and `require_any(..)`.

use super::block::Block;
use super::parameter::ParameterLocation;
use super::path::{Segment, placeholders, segments};
use crate::errors::Errors;

/// A checked `each(..)`.
pub(crate) struct CheckedEach {
    pub(crate) operation: String,
    /// Name of the HTTP method in lower case.
    pub(crate) http: String,
    pub(crate) segments: Vec<Segment>,
    pub(crate) items: String,
}

/// Checks that `each(..)` is complete, and that one `#[param(each)]` and the fields of the tool's own path supply all values of its path.
pub(super) fn check_each(block: Block<'_>, errors: &mut Errors) -> Option<CheckedEach> {
    let Block { keys, tool, .. } = block;
    let mut ids = block.located(&ParameterLocation::Each);
    let first = ids.next();
    for parameter in ids {
        errors.push(
            parameter.name_span(),
            format_args!("tool `{tool}` has two arguments with ids"),
            "keep one `#[param(each)]`",
        );
    }
    let (each, ids) = match (&keys.each, first) {
        (None, None) => return None,
        (None, Some(ids)) => {
            errors.push(
                ids.name_span(),
                format_args!("tool `{tool}` has ids, but no operation to call for each id"),
                "add `each(operation = \"..\", patch = \"..\", items = \"..\")` to `#[tool(..)]`",
            );
            return None;
        }
        (Some(each), None) => {
            errors.push(
                each.key.span(),
                format_args!("tool `{tool}` has `each(..)`, but no argument with ids"),
                "add a field such as `#[param(each, wire = \"id\")] pub ids: Option<Vec<String>>`",
            );
            return None;
        }
        (Some(each), Some(ids)) => (each, ids),
    };
    if keys.returns.is_none() {
        errors.push(
            each.key.span(),
            format_args!("tool `{tool}` has `each(..)`, but no `returns`"),
            "add `returns = ..`, a type with the member `items` for the responses",
        );
    }
    let (Some(operation), Some((http, path)), Some(items)) =
        (&each.operation, &each.http, &each.items)
    else {
        errors.push(
            each.key.span(),
            format_args!("`each(..)` of tool `{tool}` is incomplete"),
            "write `each(operation = \"..\", patch = \"..\", items = \"..\")`",
        );
        return None;
    };
    let segments = segments(path, errors);
    for name in placeholders(&segments) {
        let mut in_path = block.parameters.iter().filter(|it| it.is_in_path());
        if ids.wire() != *name && !in_path.any(|it| it.wire() == *name) {
            errors.push(
                path.span(),
                format_args!("`{{{name}}}` in `each(..)` of tool `{tool}` has no value"),
                "use the name of the ids in the request, or a placeholder of the path of the tool",
            );
        }
    }
    if !segments.contains(&Segment::Placeholder(ids.wire())) {
        errors.push(
            path.span(),
            format_args!(
                "the path in `each(..)` of tool `{tool}` has no placeholder `{{{}}}`",
                ids.wire()
            ),
            "add it, or name the placeholder of the ids: `#[param(each, wire = \"..\")]`",
        );
    }
    Some(CheckedEach {
        operation: operation.value(),
        http: http.to_string(),
        segments,
        items: items.value(),
    })
}

/// Checks that `require_any(..)` names arguments that are not hidden.
pub(super) fn check_require_any(block: Block<'_>, errors: &mut Errors) {
    for name in &block.keys.require_any {
        if !block.shown().any(|it| it.argument() == name.text) {
            errors.push(
                name.span,
                format_args!("tool `{}` has no argument `{}`", block.tool, name.text),
                "write the name of an argument that callers can set",
            );
        }
    }
}
