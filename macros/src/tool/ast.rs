//! Parses `#[tool(..)]` and its nested keys, and keeps the tokens at which errors are reported.

use proc_macro2::{Ident, TokenStream};
use syn::parse::ParseStream;
use syn::{LitInt, LitStr, Token, Type};

use super::versions::{self, VersionedText};
use crate::entries::{
    Name, Word, each, each_key_of, items, keys, pairs, parenthesized, unknown_key, value,
};
use crate::errors::{Errors, error};
use crate::tools::ModuleKeys;
use crate::value::Value;

const KEYS: &str = "`name`, `renamed_from`, `title`, `tags`, `method`, `document`, `operation`, `since`, an HTTP method such as `get`, `body`, `fixed`, `list`, `merge`, `mask`, `read_back`, `verify`, `not_applied`, `notes`, `each`, `require_any`, `returns`, `response_format`, `effect`";

/// Keys of `#[tool(..)]`.
#[derive(Default)]
pub(crate) struct Keys {
    /// All keys that are present, including those with a parse error.
    pub(crate) seen: Vec<String>,
    /// Keys of the module, which `#[tools]` adds; `None` if there is no `#[tools]`.
    pub(crate) module: Option<ModuleKeys>,
    pub(crate) name: Option<LitStr>,
    pub(crate) renamed_from: Option<LitStr>,
    pub(crate) title: Option<LitStr>,
    pub(crate) tags: Vec<LitStr>,
    pub(crate) method: Option<LitStr>,
    pub(crate) document: Option<LitStr>,
    pub(crate) operation: Option<LitStr>,
    pub(crate) since: Option<LitStr>,
    pub(crate) http: Vec<(Ident, LitStr)>,
    pub(crate) body: Option<Body>,
    pub(crate) fixed: Vec<(Name, Value)>,
    pub(crate) list: Option<List>,
    pub(crate) merge: Option<LitStr>,
    pub(crate) mask: Option<Mask>,
    pub(crate) read_back: Option<LitStr>,
    pub(crate) verify: Option<Verify>,
    pub(crate) not_applied: Option<NotApplied>,
    pub(crate) notes: Vec<VersionedText>,
    pub(crate) each: Option<Each>,
    pub(crate) require_any: Vec<Name>,
    pub(crate) returns: Option<Type>,
    pub(crate) response_format: Option<ResponseFormat>,
    pub(crate) effect: Vec<Word>,
}

/// `text("text/plain")`, `lines("..")`, or `log("..", token = "..", next = "..")`
pub(crate) struct ResponseFormat {
    pub(crate) kind: Ident,
    pub(crate) accept: Option<LitStr>,
    pub(crate) token: Option<LitStr>,
    pub(crate) next: Option<LitStr>,
}

/// `body(json, required)`
pub(crate) struct Body {
    pub(crate) key: Ident,
    pub(crate) media_type: Option<Name>,
    pub(crate) required: bool,
    /// `encoding(member = deep)`
    pub(crate) encoding: Vec<(Name, Ident)>,
}

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

/// `verify(slash, except(member))`
pub(crate) struct Verify {
    pub(crate) key: Ident,
    pub(crate) slash: bool,
    pub(crate) except: Vec<Name>,
}

/// `not_applied = ".."`, or `not_applied(..)` with versions.
pub(crate) struct NotApplied {
    pub(crate) key: Ident,
    pub(crate) text: Option<LitStr>,
    pub(crate) versions: Vec<VersionedText>,
}

/// `mask(update_mask = comma)`
pub(crate) struct Mask {
    pub(crate) key: Ident,
    pub(crate) name: Name,
    pub(crate) style: Ident,
}

/// `each(operation = "..", patch = "..", items = "..")`
pub(crate) struct Each {
    pub(crate) key: Ident,
    pub(crate) operation: Option<LitStr>,
    pub(crate) http: Option<(Ident, LitStr)>,
    pub(crate) items: Option<LitStr>,
}

impl Keys {
    pub(crate) fn parse(tokens: TokenStream, errors: &mut Errors) -> Self {
        let mut keys = Self::default();
        each_key_of(tokens, errors, |key, input, errors| {
            keys.read(key, input, errors)
        });
        keys
    }

    /// Returns whether the tool reads a log.
    pub(crate) fn is_log(&self) -> bool {
        self.response_format
            .as_ref()
            .is_some_and(|format| format.kind == "log")
    }

    fn read(
        &mut self,
        key: &Ident,
        input: ParseStream<'_>,
        errors: &mut Errors,
    ) -> syn::Result<()> {
        self.seen.push(key.to_string());
        match key.to_string().as_str() {
            "module" => self.module = Some(ModuleKeys::parse(input, errors)?),
            "name" => self.name = Some(value(input)?),
            "renamed_from" => self.renamed_from = Some(value(input)?),
            "title" => self.title = Some(value(input)?),
            "tags" => self.tags = items(input, errors)?,
            "method" => self.method = Some(value(input)?),
            "document" => self.document = Some(value(input)?),
            "operation" => self.operation = Some(value(input)?),
            "since" => self.since = Some(value(input)?),
            "get" | "post" | "put" | "patch" | "delete" => {
                self.http.push((key.clone(), value(input)?));
            }
            "body" => self.body = Some(body(key, input, errors)?),
            "fixed" => self.fixed = pairs(input, errors)?,
            "list" => self.list = Some(List::parse(key, input, errors)?),
            "merge" => self.merge = Some(value(input)?),
            "mask" => self.mask = mask(key, input, errors)?,
            "read_back" => self.read_back = Some(value(input)?),
            "verify" => self.verify = Some(verify(key, input, errors)?),
            "not_applied" => self.not_applied = Some(not_applied(key, input, errors)?),
            "notes" => self.notes = versions::parse(input, errors)?,
            "each" => self.each = Some(each_id(key, input, errors)?),
            "require_any" => self.require_any = items(input, errors)?,
            "returns" => self.returns = Some(value(input)?),
            "response_format" => self.response_format = Some(response_format(input, errors)?),
            "effect" => self.effect = items(input, errors)?,
            "head" | "options" | "trace" | "connect" => {
                return Err(error(
                    key.span(),
                    format_args!("a tool cannot have the HTTP method `{key}`"),
                    "use one of `get`, `post`, `put`, `patch`, `delete`",
                ));
            }
            "toolset" => {
                return Err(error(
                    key.span(),
                    "`toolset` is a key of the module, not of a tool",
                    "move it to the module: `#[runtime::tools(toolset = \"..\", document = \"..\")]`",
                ));
            }
            _ => return Err(unknown_key(key, "`#[tool(..)]`", KEYS)),
        }
        Ok(())
    }
}

fn body(key: &Ident, input: ParseStream<'_>, errors: &mut Errors) -> syn::Result<Body> {
    let mut body = Body {
        key: key.clone(),
        media_type: None,
        required: false,
        encoding: Vec::new(),
    };
    parenthesized(input, errors, |input, errors| {
        each(input, errors, |input, errors| {
            let name: Name = input.parse()?;
            match name.text.as_str() {
                _ if body.media_type.is_none() => body.media_type = Some(name),
                "required" => body.required = true,
                "encoding" => body.encoding = pairs(input, errors)?,
                _ => {
                    return Err(error(
                        name.span,
                        format_args!("unknown key `{}` in `body(..)`", name.text),
                        "write `body(json)` or `body(json, required)`",
                    ));
                }
            }
            Ok(())
        });
    })?;
    Ok(body)
}

fn response_format(input: ParseStream<'_>, errors: &mut Errors) -> syn::Result<ResponseFormat> {
    let kind: Ident = value(input)?;
    let is_log = kind == "log";
    if !is_log && kind != "text" && kind != "lines" {
        return Err(error(
            kind.span(),
            format_args!("unknown response format `{kind}`"),
            "write `text(\"..\")`, `lines(\"..\")` or `log(\"..\")`, each with the media type; for JSON, write `returns` instead",
        ));
    }
    let (mut accept, mut token, mut next) = (None, None, None);
    parenthesized(input, errors, |input, errors| {
        each(input, errors, |input, _| {
            if input.peek(LitStr) {
                accept = Some(input.parse()?);
                return Ok(());
            }
            let Word(key) = input.parse()?;
            match key.to_string().as_str() {
                "token" if is_log => token = Some(value(input)?),
                "next" if is_log => next = Some(value(input)?),
                _ if is_log => return Err(unknown_key(&key, "`log(..)`", "`token`, `next`")),
                _ => {
                    return Err(error(
                        key.span(),
                        format_args!("unknown key `{key}` in `{kind}(..)`"),
                        format_args!("write only the media type: `{kind}(\"..\")`"),
                    ));
                }
            }
            Ok(())
        });
    })?;
    Ok(ResponseFormat {
        kind,
        accept,
        token,
        next,
    })
}

fn not_applied(
    key: &Ident,
    input: ParseStream<'_>,
    errors: &mut Errors,
) -> syn::Result<NotApplied> {
    let (mut text, mut texts) = (None, Vec::new());
    if input.peek(Token![=]) {
        text = Some(value(input)?);
    } else {
        texts = versions::parse(input, errors)?;
    }
    Ok(NotApplied {
        key: key.clone(),
        text,
        versions: texts,
    })
}

fn verify(key: &Ident, input: ParseStream<'_>, errors: &mut Errors) -> syn::Result<Verify> {
    let mut verify = Verify {
        key: key.clone(),
        slash: false,
        except: Vec::new(),
    };
    keys(input, errors, |key, input, errors| {
        match key.to_string().as_str() {
            "slash" => verify.slash = true,
            "except" => verify.except = items(input, errors)?,
            _ => return Err(unknown_key(key, "`verify(..)`", "`slash`, `except`")),
        }
        Ok(())
    })?;
    Ok(verify)
}

fn each_id(key: &Ident, input: ParseStream<'_>, errors: &mut Errors) -> syn::Result<Each> {
    let mut each = Each {
        key: key.clone(),
        operation: None,
        http: None,
        items: None,
    };
    keys(input, errors, |key, input, _| {
        match key.to_string().as_str() {
            "operation" => each.operation = Some(value(input)?),
            "post" | "put" | "patch" | "delete" => each.http = Some((key.clone(), value(input)?)),
            "items" => each.items = Some(value(input)?),
            _ => {
                let known = "`operation`, an HTTP method such as `patch`, `items`";
                return Err(unknown_key(key, "`each(..)`", known));
            }
        }
        Ok(())
    })?;
    Ok(each)
}

fn mask(key: &Ident, input: ParseStream<'_>, errors: &mut Errors) -> syn::Result<Option<Mask>> {
    let mut masks = pairs(input, errors)?;
    if masks.len() > 1 {
        errors.push(
            key.span(),
            "a request has only one mask",
            "write one parameter: `mask(update_mask = comma)`",
        );
    }
    Ok(masks.pop().map(|(name, style)| Mask {
        key: key.clone(),
        name,
        style,
    }))
}

impl List {
    fn parse(key: &Ident, input: ParseStream<'_>, errors: &mut Errors) -> syn::Result<Self> {
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
