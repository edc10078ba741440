//! Parses `list(..)`: items, pagination, filters and summary.

use proc_macro2::Ident;
use syn::parse::ParseStream;
use syn::{LitInt, LitStr, Token, Type};

use crate::entries::{Name, Word, each, items, keys, parenthesized, unknown_key, value};
use crate::errors::{Errors, error};

/// `list(..)`
pub(crate) struct List {
    pub(crate) key: Ident,
    /// All keys that are present, including those with a parse error.
    pub(crate) seen: Vec<String>,
    pub(crate) items: Option<LitStr>,
    pub(crate) item_type: Option<Type>,
    pub(crate) page: Option<Page>,
    pub(crate) filters: Vec<Filter>,
    pub(crate) summary: Vec<Name>,
}

/// `page = ..`
pub(crate) enum Page {
    /// `whole`
    Whole,
    /// `offset(..)`, `number(..)`, `cursor(..)` or `link(..)`.
    Pagination(Box<Pagination>),
}

/// Content of `offset(..)`, `number(..)`, `cursor(..)` or `link(..)`.
#[derive(Clone)]
pub(crate) struct Pagination {
    /// Pagination style.
    pub(crate) style: Ident,
    /// `query` or `body`.
    pub(crate) location: Option<Ident>,
    /// Keys with string values, as written.
    pub(crate) texts: Vec<(Ident, LitStr)>,
    pub(crate) first: Option<LitInt>,
    pub(crate) max: Option<LitInt>,
    /// First release that has pagination.
    pub(crate) since: Option<LitStr>,
}

/// A pagination style with its keys with string values.
struct PaginationStyle {
    name: &'static str,
    required: &'static [&'static str],
    /// Optional keys, with the value that they have if they are omitted.
    optional: &'static [(&'static str, &'static str)],
}

const STYLES: [PaginationStyle; 4] = [
    PaginationStyle {
        name: "offset",
        required: &[],
        optional: &[("limit", "limit"), ("offset", "offset")],
    },
    PaginationStyle {
        name: "number",
        required: &["limit", "page"],
        optional: &[],
    },
    PaginationStyle {
        name: "cursor",
        required: &["cursor", "next", "limit"],
        optional: &[("offset", "")],
    },
    PaginationStyle {
        name: "link",
        required: &["rel", "position", "limit"],
        optional: &[],
    },
];

impl PaginationStyle {
    fn find(name: &Ident) -> Option<&'static Self> {
        STYLES.iter().find(|style| name == style.name)
    }
}

impl Pagination {
    /// Returns the value of a key; the default if the key is omitted.
    pub(crate) fn text(&self, key: &str) -> String {
        match self.written(key) {
            Some(text) => text.value(),
            None => self.default(key).to_owned(),
        }
    }

    /// Returns the value of a key as written.
    pub(crate) fn written(&self, key: &str) -> Option<&LitStr> {
        let mut texts = self.texts.iter();
        texts.find(|(name, _)| name == key).map(|(_, text)| text)
    }

    fn default(&self, key: &str) -> &'static str {
        let style = PaginationStyle::find(&self.style);
        let mut optional = style.into_iter().flat_map(|style| style.optional);
        let default = optional.find(|(name, _)| *name == key);
        default.map_or("", |(_, default)| default)
    }

    /// Returns the keys with string values that the pagination style needs.
    pub(crate) fn required(&self) -> &'static [&'static str] {
        PaginationStyle::find(&self.style).map_or(&[], |style| style.required)
    }

    /// Returns whether the pagination parameters are in the body.
    pub(crate) fn in_body(&self) -> bool {
        self.location
            .as_ref()
            .is_some_and(|location| location == "body")
    }

    /// Returns the string values of a key that may have several.
    pub(crate) fn all(&self, key: &str) -> impl Iterator<Item = String> {
        let texts = self.texts.iter().filter(move |(name, _)| name == key);
        texts.map(|(_, text)| text.value())
    }

    /// Returns the keys and names of the pagination parameters, including those that have their default names.
    pub(crate) fn parameters(&self) -> Vec<(&'static str, String)> {
        let keys = ["limit", "offset", "page", "cursor", "position"];
        let named = keys.into_iter().flat_map(|key| {
            let default = Some(self.default(key).to_owned());
            let default = default.filter(|_| self.written(key).is_none());
            let names = self.all(key).chain(default);
            names.map(move |name| (key, name))
        });
        named.filter(|(_, name)| !name.is_empty()).collect()
    }
}

/// `role(unique) = "roles.name"`
pub(crate) struct Filter {
    pub(crate) name: Name,
    pub(crate) unique: bool,
    pub(crate) path: Option<LitStr>,
}

impl List {
    pub(super) fn parse(
        key: &Ident,
        input: ParseStream<'_>,
        errors: &mut Errors,
    ) -> syn::Result<Self> {
        let mut list = Self {
            key: key.clone(),
            seen: Vec::new(),
            items: None,
            item_type: None,
            page: None,
            filters: Vec::new(),
            summary: Vec::new(),
        };
        keys(input, errors, |key, input, errors| {
            list.seen.push(key.to_string());
            match key.to_string().as_str() {
                "items" => list.items = Some(value(input)?),
                "of" => list.item_type = Some(value(input)?),
                "page" => list.page = Some(page(input, errors)?),
                "filter" => list.filters = filters(input, errors)?,
                "summary" => list.summary = items(input, errors)?,
                _ => {
                    let known = "`items`, `of`, `page`, `filter`, `summary`";
                    return Err(unknown_key(key, "`list(..)`", known));
                }
            }
            Ok(())
        })?;
        Ok(list)
    }
}

fn page(input: ParseStream<'_>, errors: &mut Errors) -> syn::Result<Page> {
    let key: Ident = value(input)?;
    if key == "whole" {
        return Ok(Page::Whole);
    }
    let Some(style) = PaginationStyle::find(&key) else {
        return Err(error(
            key.span(),
            format_args!("unknown pagination style `{key}`"),
            "write `offset(max = ..)`, `number(..)`, `cursor(..)` or `link(..)` with their keys, or `whole`",
        ));
    };
    let mut pagination = Pagination {
        style: key,
        location: None,
        texts: Vec::new(),
        first: None,
        max: None,
        since: None,
    };
    keys(input, errors, |key, input, errors| {
        let is_text = |name: &str| {
            let mut optional = style.optional.iter().map(|(name, _)| *name);
            name == "total" || style.required.contains(&name) || optional.any(|it| it == name)
        };
        match key.to_string().as_str() {
            "in" if style.name != "link" => pagination.location = Some(value(input)?),
            "first" if style.name == "number" => pagination.first = Some(value(input)?),
            "max" => pagination.max = Some(value(input)?),
            "position" if style.name == "link" => {
                let names: Vec<LitStr> = items(input, errors)?;
                let names = names.into_iter().map(|name| (key.clone(), name));
                pagination.texts.extend(names);
            }
            "since" => pagination.since = Some(value(input)?),
            name if is_text(name) => pagination.texts.push((key.clone(), value(input)?)),
            _ => {
                return Err(unknown_key(
                    key,
                    &format!("`{}(..)`", style.name),
                    &style.keys(),
                ));
            }
        }
        Ok(())
    })?;
    Ok(Page::Pagination(Box::new(pagination)))
}

impl PaginationStyle {
    /// Lists all keys for a message.
    fn keys(&self) -> String {
        let location = Some("in").filter(|_| self.name != "link");
        let first = Some("first").filter(|_| self.name == "number");
        let optional = self.optional.iter().map(|(name, _)| *name);
        let texts = self.required.iter().copied().chain(optional);
        let all = location.into_iter().chain(texts).chain(first);
        let all = all.chain(["max", "total", "since"]);
        let all: Vec<_> = all.map(|name| format!("`{name}`")).collect();
        all.join(", ")
    }
}

fn filters(input: ParseStream<'_>, errors: &mut Errors) -> syn::Result<Vec<Filter>> {
    let mut filters = Vec::new();
    parenthesized(input, errors, |input, errors| {
        each(input, errors, |input, errors| {
            filters.push(filter(input, errors)?);
            Ok(())
        });
    })?;
    Ok(filters)
}

fn filter(input: ParseStream<'_>, errors: &mut Errors) -> syn::Result<Filter> {
    let name: Name = input.parse()?;
    let mut unique = false;
    if input.peek(syn::token::Paren) {
        for Word(word) in items(input, errors)? {
            match word == "unique" {
                true => unique = true,
                false => errors.add(unknown_key(&word, "a filter", "`unique`")),
            }
        }
    }
    let path = input.peek(Token![=]).then(|| value(input)).transpose()?;
    Ok(Filter { name, unique, path })
}
