//! Checks `list(..)`: items, pagination, filters and summary.

use proc_macro2::Span;
use syn::spanned::Spanned as _;
use syn::{LitStr, Type};

use super::ast::{Body, Filter, List, Page, Pagination};
use super::block::Block;
use super::since::check_newer;
use crate::entries::Name;
use crate::errors::Errors;

/// A list without errors.
pub(crate) struct CheckedList {
    pub(crate) items: String,
    pub(crate) item_type: Type,
    /// Pagination; `None` if the server returns all items at once.
    pub(crate) pagination: Option<CheckedPagination>,
    pub(crate) filters: Vec<CheckedFilter>,
    pub(crate) summary: Vec<Name>,
}

/// Pagination without errors.
pub(crate) struct CheckedPagination {
    pub(crate) keys: Pagination,
    /// Maximum number of items that the server returns at once.
    pub(crate) max: u32,
    /// Number of the first page, if pages are numbered.
    pub(crate) first: u32,
    /// First release that has pagination; empty if all releases have it.
    pub(crate) since: String,
}

/// Filter with the path of the field that it compares.
pub(crate) struct CheckedFilter {
    pub(crate) name: Name,
    pub(crate) path: String,
    pub(crate) path_span: Span,
    pub(crate) unique: bool,
}

/// Checks `list(..)`, and that it is present if the method is `list`.
pub(super) fn check_list(
    block: Block<'_>,
    method: &str,
    errors: &mut Errors,
) -> Option<CheckedList> {
    let Block { keys, tool, .. } = block;
    let Some(list) = &keys.list else {
        if let ("list", Some(literal), false) = (method, &keys.method, keys.is_log()) {
            errors.push(
                literal.span(),
                format_args!("list tool `{tool}` has no `list(..)`"),
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
            format_args!("list tool `{tool}` has `returns`"),
            "remove `returns`; `of` in `list(..)` is the type of the items",
        );
    }
    let items = list.items.as_ref();
    let named = items.map(LitStr::value).unwrap_or_default();
    if let (Some(items), "" | "next_cursor" | "total_entries") = (items, named.as_str()) {
        errors.push(
            items.span(),
            format_args!("the items of tool `{tool}` cannot be called `{named}`"),
            "write the member of the response that contains the array",
        );
    }
    for (key, example) in [
        ("items", "items = \"users\""),
        ("of", "of = User"),
        ("page", "page = whole"),
    ] {
        if !list.seen.iter().any(|seen| seen == key) {
            errors.push(
                list.key.span(),
                format_args!("`list(..)` of tool `{tool}` has no `{key}`"),
                format_args!("add `{example}`"),
            );
        }
    }
    let pagination = match list.page.as_ref()? {
        Page::Whole => None,
        Page::Pagination(pagination) => Some(check_pagination(pagination, block, errors)?),
    };
    check_summary(list, tool, errors);
    Some(CheckedList {
        items: named,
        item_type: list.item_type.clone()?,
        pagination,
        filters: list.filters.iter().map(filter).collect(),
        summary: list.summary.clone(),
    })
}

/// Checks the pagination.
fn check_pagination(
    keys: &Pagination,
    block: Block<'_>,
    errors: &mut Errors,
) -> Option<CheckedPagination> {
    let tool = block.tool;
    let style = keys.style.to_string();
    let required = keys.required();
    let is_complete = required.iter().all(|key| keys.written(key).is_some());
    let (Some(max), true) = (keys.max.as_ref(), is_complete) else {
        let example = |key: &&str| match *key {
            "limit" => "limit = \"per_page\", ".to_owned(),
            "rel" => "rel = \"next\", ".to_owned(),
            "position" => "position(\"page\"), ".to_owned(),
            key => format!("{key} = \"{key}\", "),
        };
        let examples: String = required.iter().map(example).collect();
        errors.push(
            keys.style.span(),
            format_args!("the pagination of tool `{tool}` is incomplete"),
            format_args!("write `{style}({examples}max = 100)`"),
        );
        return None;
    };
    for (key, text) in &keys.texts {
        if text.value().is_empty() {
            errors.push(
                text.span(),
                format_args!("`{key}` in the pagination of tool `{tool}` is empty"),
                "write a name, or remove the key",
            );
        }
    }
    check_location(keys, block, errors);
    check_names(keys, tool, errors);
    let since = keys.since.as_ref();
    let since =
        since.map(|since| check_newer(since, block.keys.since.as_ref(), "the pagination", errors));
    let most = max.base10_parse::<u32>().ok().filter(|most| *most > 0);
    if most.is_none() {
        errors.push(
            max.span(),
            format_args!("invalid page size {max} of tool `{tool}`"),
            "write the maximum number of items that the server returns at once",
        );
    }
    let first = keys.first.as_ref();
    let number = first.map_or(Some(1), |first| first.base10_parse::<u32>().ok());
    if let (Some(first), None) = (first, number) {
        errors.push(
            first.span(),
            format_args!("invalid number {first} of the first page of tool `{tool}`"),
            "write 0, or remove `first` for 1",
        );
    }
    Some(CheckedPagination {
        keys: keys.clone(),
        max: most?,
        first: number?,
        since: since.unwrap_or_default(),
    })
}

/// Checks the location of the pagination parameters. They can be in the body only if it is a JSON body.
fn check_location(keys: &Pagination, block: Block<'_>, errors: &mut Errors) {
    let Some(location) = &keys.location else {
        return;
    };
    let is_json = |body: &Body| {
        let media_type = body.media_type.as_ref();
        media_type.is_none_or(|media_type| media_type.text.ends_with("json"))
    };
    match location.to_string().as_str() {
        "query" => {}
        "body" if block.keys.body.as_ref().is_some_and(is_json) => {}
        "body" => errors.push(
            location.span(),
            format_args!(
                "the pagination of tool `{}` is in the body, but the tool has no JSON body",
                block.tool
            ),
            "add `body(json)` to `#[tool(..)]`, or remove `in = body`",
        ),
        _ => errors.push(
            location.span(),
            format_args!("the pagination cannot be in `{location}`"),
            "write `in = body`, or remove `in` for the query",
        ),
    }
}

/// Checks that no name is used for two pagination parameters.
fn check_names(keys: &Pagination, tool: &str, errors: &mut Errors) {
    let names = keys.parameters();
    for (index, (_, name)) in names.iter().enumerate() {
        let earlier = names[..index].iter().find(|(_, other)| other == name);
        if let Some((key, _)) = earlier {
            let mut written = keys.texts.iter().rev();
            let written = written.find(|(_, text)| text.value() == *name);
            errors.push(
                written.map_or(keys.style.span(), |(_, text)| text.span()),
                format_args!("tool `{tool}` sends `{name}` twice, because it is also the `{key}` of the pagination"),
                "write the name of another parameter",
            );
        }
    }
}

fn filter(filter: &Filter) -> CheckedFilter {
    let path = filter.path.as_ref();
    CheckedFilter {
        name: filter.name.clone(),
        path: path.map_or(filter.name.text.clone(), LitStr::value),
        path_span: path.map_or(filter.name.span, LitStr::span),
        unique: filter.unique,
    }
}

fn check_summary(list: &List, tool: &str, errors: &mut Errors) {
    for (i, field) in list.summary.iter().enumerate() {
        let mut earlier = list.summary[..i].iter();
        if earlier.any(|earlier| earlier.text == field.text) {
            errors.push(
                field.span,
                format_args!(
                    "duplicate field `{}` in the summary of tool `{tool}`",
                    field.text
                ),
                "remove it",
            );
        }
    }
}
