//! Lists: items, pages, filters, summary.

use proc_macro2::{Ident, Span};
use syn::spanned::Spanned as _;
use syn::{LitStr, Type};

use super::ast::{Body, Filter, Keys, List, Page};
use super::since::check_newer;
use crate::entries::Name;
use crate::errors::Errors;

/// A list without mistakes.
pub(crate) struct CheckedList {
    pub(crate) items: String,
    pub(crate) of: Type,
    /// `None` if everything comes at once.
    pub(crate) pages: Option<Pages>,
    /// Name, path and whether it is unique.
    pub(crate) filters: Vec<(Name, LitPath, bool)>,
    pub(crate) summary: Vec<Name>,
}

/// How pages are asked for.
pub(crate) struct Pages {
    /// `offset`, `body` or `cursor`.
    pub(crate) way: String,
    /// Names of the parameter with the cursor and of the member with the next one.
    pub(crate) cursor: Option<(String, String)>,
    pub(crate) limit: String,
    pub(crate) offset: String,
    /// Most items at once.
    pub(crate) max: u32,
    /// Release that pages first; empty if all do.
    pub(crate) since: String,
}

/// The field that a filter looks at, and where it is written.
pub(crate) struct LitPath {
    pub(crate) path: String,
    pub(crate) span: Span,
}

/// Checks `list(..)`, and that it is there if the method is `list`.
pub(super) fn check_list(
    keys: &Keys,
    method: &str,
    tool: &str,
    errors: &mut Errors,
) -> Option<CheckedList> {
    let Some(list) = &keys.list else {
        let log = keys.answer.as_ref().is_some_and(|it| it.kind == "log");
        if let ("list", Some(literal), false) = (method, &keys.method, log) {
            errors.push(
                literal.span(),
                format_args!("tool `{tool}` is a list, but does not say of what"),
                "add `list(items = \"..\", of = .., page = ..)`",
            );
        }
        return None;
    };
    if method != "list" {
        errors.push(
            list.key.span(),
            format_args!("tool `{tool}` has `list(..)`, but its method is `{method}`"),
            "write `method = \"list\"`, or remove `list(..)`",
        );
    }
    if let Some(returns) = &keys.returns {
        errors.push(
            returns.span(),
            format_args!("list tool `{tool}` says twice what it returns"),
            "remove `returns`; `of` in `list(..)` is enough",
        );
    }
    let items = list.items.as_ref();
    let named = items.map(LitStr::value).unwrap_or_default();
    if let (Some(items), "" | "next_cursor" | "total_entries") = (items, named.as_str()) {
        errors.push(
            items.span(),
            format_args!("`{named}` cannot be the name of the items of tool `{tool}`"),
            "write the member of the answer that holds the array",
        );
    }
    let mut absent = |key: &str, example: &str| {
        if !list.seen.iter().any(|seen| seen == key) {
            errors.push(
                list.key.span(),
                format_args!("`list(..)` of tool `{tool}` has no `{key}`"),
                format_args!("add `{example}`"),
            );
        }
    };
    absent("items", "items = \"users\"");
    absent("of", "of = User");
    absent("page", "page = whole");
    let pages = match list.page.as_ref()? {
        Page::Whole => None,
        Page::Numbers {
            key,
            cursor,
            next,
            limit,
            offset,
            max,
            since,
        } => {
            let way = key.to_string();
            let native = cursor.as_ref().zip(next.as_ref());
            let (Some(limit), Some(offset), Some(max), true) =
                (limit, offset, max, native.is_some() || way != "cursor")
            else {
                let cursor = match way.as_str() {
                    "cursor" => "cursor = \"cursor\", next = \"next\", ",
                    _ => "",
                };
                errors.push(
                    key.span(),
                    format_args!("paging of tool `{tool}` is incomplete"),
                    format_args!(
                        "write `{way}({cursor}limit = \"limit\", offset = \"offset\", max = 100)`"
                    ),
                );
                return None;
            };
            check_body_page(keys, key, tool, errors);
            let since = since.as_ref();
            let since = since.map(|since| check_newer(since, keys, "paging", errors));
            let since = since.unwrap_or_default();
            match max.base10_parse::<u32>() {
                Ok(most) if most > 0 => Some(Pages {
                    way,
                    cursor: native.map(|(cursor, next)| (cursor.value(), next.value())),
                    limit: limit.value(),
                    offset: offset.value(),
                    max: most,
                    since,
                }),
                _ => {
                    errors.push(
                        max.span(),
                        format_args!("tool `{tool}` cannot have pages of {max} items"),
                        "write the most items that the server gives at once",
                    );
                    None
                }
            }
        }
    };
    check_summary(list, tool, errors);
    Some(CheckedList {
        items: named,
        of: list.of.clone()?,
        pages,
        filters: filters(list),
        summary: list.summary.clone(),
    })
}

/// Only what has a body can be asked for pages in it.
fn check_body_page(keys: &Keys, key: &Ident, tool: &str, errors: &mut Errors) {
    let is_json = |body: &Body| {
        let media_type = body.media_type.as_ref();
        media_type.is_none_or(|media_type| media_type.text.ends_with("json"))
    };
    if key == "body" && !keys.body.as_ref().is_some_and(is_json) {
        errors.push(
            key.span(),
            format_args!(
                "pages of tool `{tool}` are asked for in its body, but it has none of members"
            ),
            "add `body(json)` to `#[tool(..)]`, or write `offset(..)`",
        );
    }
}

fn filters(list: &List) -> Vec<(Name, LitPath, bool)> {
    let path = |filter: &Filter| match &filter.path {
        Some(path) => LitPath {
            path: path.value(),
            span: path.span(),
        },
        None => LitPath {
            path: filter.name.text.clone(),
            span: filter.name.span,
        },
    };
    list.filters
        .iter()
        .map(|filter| (filter.name.clone(), path(filter), filter.unique))
        .collect()
}

fn check_summary(list: &List, tool: &str, errors: &mut Errors) {
    for (i, field) in list.summary.iter().enumerate() {
        if list.summary[..i]
            .iter()
            .any(|earlier| earlier.text == field.text)
        {
            errors.push(
                field.span,
                format_args!(
                    "`{}` stands in the summary of tool `{tool}` twice",
                    field.text
                ),
                "remove it",
            );
        }
    }
}
