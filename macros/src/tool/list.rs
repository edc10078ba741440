//! Checks `list(..)`: items, pagination, filters and summary.

use proc_macro2::Span;
use syn::spanned::Spanned as _;
use syn::{LitStr, Type};

use super::ast::{Body, Filter, Keys, List, Page, PageKeys, WAYS};
use super::since::check_newer;
use crate::entries::Name;
use crate::errors::Errors;

/// A list without errors.
pub(crate) struct CheckedList {
    pub(crate) items: String,
    pub(crate) of: Type,
    /// Pagination; `None` if the server returns all items at once.
    pub(crate) pages: Option<Pages>,
    /// Name, path and uniqueness of each filter.
    pub(crate) filters: Vec<(Name, LitPath, bool)>,
    pub(crate) summary: Vec<Name>,
}

/// Pagination of the API.
pub(crate) struct Pages {
    /// Whether the parameters are members of the body.
    pub(crate) in_body: bool,
    pub(crate) limit: String,
    /// Maximum number of items that the server returns at once.
    pub(crate) max: u32,
    /// Member of the response with the total number of items; empty for the default member.
    pub(crate) total: String,
    pub(crate) way: Way,
    /// First release that has pagination; empty if all releases have it.
    pub(crate) since: String,
}

/// Pagination style.
pub(crate) enum Way {
    Offset {
        offset: String,
    },
    Number {
        page: String,
        first: u32,
    },
    Cursor {
        cursor: String,
        next: String,
        /// Parameter with the number of items to skip, for servers that do not support the cursor; empty if there is none.
        offset: String,
    },
    Link {
        rel: String,
        /// Parameters of the link that state the position of the next page.
        position: Vec<String>,
    },
}

/// Path of the field that a filter compares, with its span.
pub(crate) struct LitPath {
    pub(crate) path: String,
    pub(crate) span: Span,
}

/// Checks `list(..)`, and that it is present if the method is `list`.
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
        Page::Pages(page) => Some(pages(page, keys, tool, errors)?),
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

/// Checks the pagination.
fn pages(page: &PageKeys, keys: &Keys, tool: &str, errors: &mut Errors) -> Option<Pages> {
    let way = page.key.to_string();
    let text = |key: &str| page.text(key).map(LitStr::value);
    let of_way = WAYS.into_iter().find(|(name, ..)| *name == way);
    let needed = of_way.map_or(&[][..], |(_, needed, _)| needed);
    let (Some(max), true) = (
        page.max.as_ref(),
        needed.iter().all(|key| page.text(key).is_some()),
    ) else {
        let example = |key: &&str| match *key {
            "limit" if way != "offset" => "limit = \"per_page\", ".to_owned(),
            "rel" => "rel = \"next\", ".to_owned(),
            "position" => "position(\"page\"), ".to_owned(),
            key => format!("{key} = \"{key}\", "),
        };
        let examples: String = needed.iter().map(example).collect();
        errors.push(
            page.key.span(),
            format_args!("paging of tool `{tool}` is incomplete"),
            format_args!("write `{way}({examples}max = 100)`"),
        );
        return None;
    };
    for (key, text) in page
        .texts
        .iter()
        .filter(|(_, text)| text.value().is_empty())
    {
        errors.push(
            text.span(),
            format_args!("`{key}` of the paging of tool `{tool}` is empty"),
            "write its name, or remove the key",
        );
    }
    check_place(page, keys, tool, errors);
    check_twice(page, tool, errors);
    let since = page.since.as_ref();
    let since = since.map(|since| check_newer(since, keys, "paging", errors));
    let most = max.base10_parse::<u32>().ok().filter(|most| *most > 0);
    if most.is_none() {
        errors.push(
            max.span(),
            format_args!("tool `{tool}` cannot have pages of {max} items"),
            "write the most items that the server gives at once",
        );
    }
    let first = page.first.as_ref();
    let number = first.map_or(Some(1), |first| first.base10_parse::<u32>().ok());
    if let (Some(first), None) = (first, number) {
        errors.push(
            first.span(),
            format_args!("the first page of tool `{tool}` cannot have the number {first}"),
            "write 0 or 1, or leave `first` out for 1",
        );
    }
    let text = |key: &str| text(key).unwrap_or_default();
    Some(Pages {
        in_body: page.in_body(),
        limit: text("limit"),
        max: most?,
        total: text("total"),
        way: match way.as_str() {
            "number" => Way::Number {
                page: text("page"),
                first: number?,
            },
            "cursor" => Way::Cursor {
                cursor: text("cursor"),
                next: text("next"),
                offset: text("offset"),
            },
            "link" => Way::Link {
                rel: text("rel"),
                position: page.all("position").collect(),
            },
            _ => Way::Offset {
                offset: text("offset"),
            },
        },
        since: since.unwrap_or_default(),
    })
}

/// Checks the location of the pagination parameters. They can be in the body only if it is a JSON body.
fn check_place(page: &PageKeys, keys: &Keys, tool: &str, errors: &mut Errors) {
    let Some(place) = &page.place else {
        return;
    };
    let is_json = |body: &Body| {
        let media_type = body.media_type.as_ref();
        media_type.is_none_or(|media_type| media_type.text.ends_with("json"))
    };
    match place.to_string().as_str() {
        "query" => {}
        "body" if keys.body.as_ref().is_some_and(is_json) => {}
        "body" => errors.push(
            place.span(),
            format_args!(
                "pages of tool `{tool}` are asked for in its body, but it has none of members"
            ),
            "add `body(json)` to `#[tool(..)]`, or remove `in = body`",
        ),
        _ => errors.push(
            place.span(),
            format_args!("pages cannot be asked for in `{place}`"),
            "write `in = body`, or nothing for the query",
        ),
    }
}

/// Checks that no name is used for two pagination parameters.
fn check_twice(page: &PageKeys, tool: &str, errors: &mut Errors) {
    let names: Vec<_> = page.parameters().collect();
    for (index, (_, name)) in names.iter().enumerate() {
        let text = name.value();
        let earlier = names[..index].iter().find(|(_, it)| it.value() == text);
        if let Some((key, _)) = earlier {
            errors.push(
                name.span(),
                format_args!(
                    "tool `{tool}` sends `{text}` twice: it is the `{key}` of its paging already"
                ),
                "write the name of another parameter",
            );
        }
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
