//! Checks `each(..)`, an operation on one object that is called for each id of an argument, and `require_any(..)`.

use super::ast::Keys;
use super::param::{Param, Place};
use super::path::{Segment, segments};
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
pub(super) fn check_each(
    keys: &Keys,
    params: &[(Param, Place)],
    tool: &str,
    errors: &mut Errors,
) -> Option<CheckedEach> {
    let mut ids = params.iter().filter(|(_, place)| *place == Place::Each);
    let first = ids.next();
    for (param, _) in ids {
        errors.push(
            param.name_span(),
            format_args!("tool `{tool}` has two arguments with ids"),
            "keep one `#[param(each)]`",
        );
    }
    let Some(each) = &keys.each else {
        if let Some((param, _)) = first {
            errors.push(
                param.name_span(),
                format_args!("tool `{tool}` has ids, but no operation to call for each of them"),
                "add `each(operation = \"..\", patch = \"..\", items = \"..\")` to `#[tool(..)]`",
            );
        }
        return None;
    };
    let Some((ids, _)) = first else {
        errors.push(
            each.key.span(),
            format_args!("tool `{tool}` has no argument with the ids for `each(..)`"),
            "add a field such as `#[param(each, wire = \"id\")] pub ids: Option<Vec<String>>`",
        );
        return None;
    };
    if keys.returns.is_none() {
        errors.push(
            each.key.span(),
            format_args!("tool `{tool}` calls an operation for each id, but returns nothing"),
            "add `returns = ..`: the answers are returned as its `items`",
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
    let is_filled = |name: &String| {
        let mut params = params.iter();
        params.any(|(param, place)| {
            matches!(place, Place::Path { .. } | Place::Each) && param.wire() == *name
        })
    };
    for segment in &segments {
        if let Segment::Param(name) = segment
            && !is_filled(name)
        {
            errors.push(
                path.span(),
                format_args!("`{{{name}}}` in `each(..)` of tool `{tool}` has no value"),
                "use the name of the ids in the request, or a placeholder of the tool's own path",
            );
        }
    }
    if !segments.contains(&Segment::Param(ids.wire())) {
        errors.push(
            path.span(),
            format_args!(
                "the path in `each(..)` of tool `{tool}` has no placeholder `{{{}}}`",
                ids.wire()
            ),
            "add it, or say which one the ids fill: `#[param(each, wire = \"..\")]`",
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
pub(super) fn check_require_any(
    keys: &Keys,
    params: &[(Param, Place)],
    tool: &str,
    errors: &mut Errors,
) {
    for name in &keys.require_any {
        let mut shown = params.iter().filter(|(param, _)| param.hidden.is_none());
        if !shown.any(|(param, _)| param.argument() == name.text) {
            errors.push(
                name.span,
                format_args!("tool `{tool}` has no argument `{}` to require", name.text),
                "write the name of a field as the model sees it",
            );
        }
    }
}
