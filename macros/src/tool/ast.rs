//! Parses `#[tool(..)]` and its nested keys, and keeps the tokens at which errors are reported.

use proc_macro2::{Ident, TokenStream};
use syn::ext::IdentExt as _;
use syn::parse::{Parse, ParseStream};
use syn::{LitInt, LitStr, Token, Type};

use super::versions::{self, VersionedText};
use crate::entries::{Name, each, each_key, each_key_of, parenthesized, unknown_key, value};
use crate::errors::{Errors, error};
use crate::value::Value;

const KEYS: &str = "`name`, `was`, `title`, `toolset`, `tags`, `method`, `document`, `operation`, `since`, an HTTP method such as `get`, `body`, `fixed`, `list`, `merge`, `mask`, `read_back`, `verify`, `not_applied`, `notes`, `each`, `require_any`, `returns`, `answer`, `effect`";

/// Keys of `#[tool(..)]`.
#[derive(Default)]
pub(crate) struct Keys {
    /// All keys that are present, including those with a parse error.
    pub(crate) seen: Vec<String>,
    pub(crate) name: Option<LitStr>,
    pub(crate) was: Option<LitStr>,
    pub(crate) title: Option<LitStr>,
    pub(crate) toolset: Option<LitStr>,
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
    pub(crate) answer: Option<Answer>,
    pub(crate) effect: Vec<Ident>,
}

/// `text("text/plain")`, `lines("..")`, or `log("..", token = "..", next = "..")`
pub(crate) struct Answer {
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
    pub(crate) of: Option<Type>,
    pub(crate) page: Option<Page>,
    pub(crate) filters: Vec<Filter>,
    pub(crate) summary: Vec<Name>,
}

/// `page = ..`
pub(crate) enum Page {
    /// `whole`
    Whole,
    /// `offset(..)`, `number(..)`, `cursor(..)` or `link(..)`.
    Pages(Box<PageKeys>),
}

/// Content of `offset(..)`, `number(..)`, `cursor(..)` or `link(..)`.
pub(crate) struct PageKeys {
    /// Pagination style.
    pub(crate) key: Ident,
    /// `query` or `body`.
    pub(crate) place: Option<Ident>,
    /// Keys with string values, as written.
    pub(crate) texts: Vec<(Ident, LitStr)>,
    pub(crate) first: Option<LitInt>,
    pub(crate) max: Option<LitInt>,
    /// First release that has pagination.
    pub(crate) since: Option<LitStr>,
}

impl PageKeys {
    pub(crate) fn text(&self, key: &str) -> Option<&LitStr> {
        let mut texts = self.texts.iter();
        texts.find(|(name, _)| name == key).map(|(_, text)| text)
    }

    /// Returns whether the pagination parameters are in the body.
    pub(crate) fn in_body(&self) -> bool {
        self.place.as_ref().is_some_and(|place| place == "body")
    }

    /// Returns the string values of a key that may have several.
    pub(crate) fn all(&self, key: &str) -> impl Iterator<Item = String> {
        let texts = self.texts.iter().filter(move |(name, _)| name == key);
        texts.map(|(_, text)| text.value())
    }

    /// Returns the pagination parameters with their keys.
    pub(crate) fn parameters(&self) -> impl Iterator<Item = &(Ident, LitStr)> {
        let names = ["limit", "offset", "page", "cursor", "position"];
        let texts = self.texts.iter();
        texts.filter(move |(key, _)| names.iter().any(|name| key == name))
    }
}

/// The keys with string values of each pagination style: the required keys, and one optional key.
pub(crate) const WAYS: [(&str, &[&str], &str); 4] = [
    ("offset", &["limit", "offset"], ""),
    ("number", &["limit", "page"], ""),
    ("cursor", &["cursor", "next", "limit"], "offset"),
    ("link", &["rel", "position", "limit"], ""),
];

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
    pub(crate) separator: Ident,
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

    fn read(
        &mut self,
        key: &Ident,
        input: ParseStream<'_>,
        errors: &mut Errors,
    ) -> syn::Result<()> {
        self.seen.push(key.to_string());
        match key.to_string().as_str() {
            "name" => self.name = Some(value(input)?),
            "was" => self.was = Some(value(input)?),
            "title" => self.title = Some(value(input)?),
            "toolset" => self.toolset = Some(value(input)?),
            "tags" => {
                parenthesized(input, errors, |input, errors| {
                    each(input, errors, |input, _| {
                        self.tags.push(input.parse()?);
                        Ok(())
                    });
                })?;
            }
            "method" => self.method = Some(value(input)?),
            "document" => self.document = Some(value(input)?),
            "operation" => self.operation = Some(value(input)?),
            "since" => self.since = Some(value(input)?),
            "get" | "post" | "put" | "patch" | "delete" => {
                self.http.push((key.clone(), value(input)?));
            }
            "body" => self.body = Some(body(key, input, errors)?),
            "fixed" => {
                parenthesized(input, errors, |input, errors| {
                    each(input, errors, |input, _| {
                        self.fixed.push((input.parse()?, value(input)?));
                        Ok(())
                    });
                })?;
            }
            "list" => self.list = Some(List::parse(key, input, errors)?),
            "merge" => self.merge = Some(value(input)?),
            "mask" => self.mask = mask(key, input, errors)?,
            "read_back" => self.read_back = Some(value(input)?),
            "verify" => self.verify = Some(verify(key, input, errors)?),
            "not_applied" if input.peek(Token![=]) => {
                self.not_applied = Some(NotApplied {
                    key: key.clone(),
                    text: Some(value(input)?),
                    versions: Vec::new(),
                });
            }
            "not_applied" => {
                self.not_applied = Some(NotApplied {
                    key: key.clone(),
                    text: None,
                    versions: versions::parse(input, errors)?,
                });
            }
            "notes" => self.notes = versions::parse(input, errors)?,
            "each" => self.each = Some(each_id(key, input, errors)?),
            "require_any" => {
                parenthesized(input, errors, |input, errors| {
                    each(input, errors, |input, _| {
                        self.require_any.push(input.parse()?);
                        Ok(())
                    });
                })?;
            }
            "returns" => self.returns = Some(value(input)?),
            "answer" => self.answer = Some(answer(input, errors)?),
            "effect" => {
                parenthesized(input, errors, |input, errors| {
                    each(input, errors, |input, _| {
                        self.effect.push(input.call(Ident::parse_any)?);
                        Ok(())
                    });
                })?;
            }
            "head" | "options" | "trace" | "connect" => {
                return Err(error(
                    key.span(),
                    format_args!("`{key}` is no HTTP method of a tool"),
                    "write one of `get`, `post`, `put`, `patch`, `delete`",
                ));
            }
            _ => return Err(unknown_key(key, "`#[tool(..)]`", KEYS)),
        }
        Ok(())
    }
}

fn body(key: &Ident, input: ParseStream<'_>, errors: &mut Errors) -> syn::Result<Body> {
    let (mut media_type, mut required, mut encoding) = (None, false, Vec::new());
    parenthesized(input, errors, |input, errors| {
        each(input, errors, |input, errors| {
            let name: Name = input.parse()?;
            match name.text.as_str() {
                "required" if media_type.is_some() => required = true,
                "encoding" if media_type.is_some() => {
                    parenthesized(input, errors, |input, errors| {
                        each(input, errors, |input, _| {
                            encoding.push((input.parse()?, value(input)?));
                            Ok(())
                        });
                    })?;
                }
                _ if media_type.is_some() => {
                    return Err(error(
                        name.span,
                        format_args!("`{}` is not known here", name.text),
                        "write `body(json)` or `body(json, required)`",
                    ));
                }
                _ => media_type = Some(name),
            }
            Ok(())
        });
    })?;
    Ok(Body {
        key: key.clone(),
        media_type,
        required,
        encoding,
    })
}

fn answer(input: ParseStream<'_>, errors: &mut Errors) -> syn::Result<Answer> {
    let kind: Ident = value(input)?;
    let (mut accept, mut token, mut next) = (None, None, None);
    let is_log = match kind.to_string().as_str() {
        "text" | "lines" => false,
        "log" => true,
        _ => {
            return Err(error(
                kind.span(),
                format_args!("`{kind}` is no kind of answer"),
                "write `text(\"..\")`, `lines(\"..\")` or `log(\"..\")`, each with the media type; an answer of JSON has `returns` instead",
            ));
        }
    };
    parenthesized(input, errors, |input, errors| {
        each(input, errors, |input, _| {
            if input.peek(LitStr) {
                accept = Some(input.parse()?);
                return Ok(());
            }
            let key = input.call(Ident::parse_any)?;
            match key.to_string().as_str() {
                "token" if is_log => token = Some(value(input)?),
                "next" if is_log => next = Some(value(input)?),
                _ => {
                    let known = if is_log { "`token`, `next`" } else { "none" };
                    return Err(unknown_key(&key, &format!("`{kind}(..)`"), known));
                }
            }
            Ok(())
        });
    })?;
    Ok(Answer {
        kind,
        accept,
        token,
        next,
    })
}

fn verify(key: &Ident, input: ParseStream<'_>, errors: &mut Errors) -> syn::Result<Verify> {
    let (mut slash, mut except) = (false, Vec::new());
    parenthesized(input, errors, |input, errors| {
        each_key(input, errors, |key, input, errors| {
            match key.to_string().as_str() {
                "slash" => slash = true,
                "except" => {
                    parenthesized(input, errors, |input, errors| {
                        each(input, errors, |input, _| {
                            except.push(input.parse()?);
                            Ok(())
                        });
                    })?;
                }
                _ => return Err(unknown_key(key, "`verify(..)`", "`slash`, `except`")),
            }
            Ok(())
        });
    })?;
    Ok(Verify {
        key: key.clone(),
        slash,
        except,
    })
}

fn each_id(key: &Ident, input: ParseStream<'_>, errors: &mut Errors) -> syn::Result<Each> {
    let mut keys = Each {
        key: key.clone(),
        operation: None,
        http: None,
        items: None,
    };
    parenthesized(input, errors, |input, errors| {
        each_key(input, errors, |key, input, _| {
            match key.to_string().as_str() {
                "operation" => keys.operation = Some(value(input)?),
                "post" | "put" | "patch" | "delete" => {
                    keys.http = Some((key.clone(), value(input)?));
                }
                "items" => keys.items = Some(value(input)?),
                _ => {
                    return Err(unknown_key(
                        key,
                        "`each(..)`",
                        "`operation`, an HTTP method such as `patch`, `items`",
                    ));
                }
            }
            Ok(())
        });
    })?;
    Ok(keys)
}

fn mask(key: &Ident, input: ParseStream<'_>, errors: &mut Errors) -> syn::Result<Option<Mask>> {
    let mut masks = Vec::new();
    parenthesized(input, errors, |input, errors| {
        each(input, errors, |input, _| {
            masks.push(Mask {
                key: key.clone(),
                name: input.parse()?,
                separator: value(input)?,
            });
            Ok(())
        });
        if masks.len() > 1 {
            errors.push(
                key.span(),
                "a request has one mask",
                "write one: `mask(update_mask = comma)`",
            );
        }
    })?;
    Ok(masks.pop())
}

impl List {
    fn parse(key: &Ident, input: ParseStream<'_>, errors: &mut Errors) -> syn::Result<Self> {
        let mut list = Self {
            key: key.clone(),
            seen: Vec::new(),
            items: None,
            of: None,
            page: None,
            filters: Vec::new(),
            summary: Vec::new(),
        };
        parenthesized(input, errors, |input, errors| {
            each_key(input, errors, |key, input, errors| {
                list.read(key, input, errors)
            });
        })?;
        Ok(list)
    }

    fn read(
        &mut self,
        key: &Ident,
        input: ParseStream<'_>,
        errors: &mut Errors,
    ) -> syn::Result<()> {
        self.seen.push(key.to_string());
        match key.to_string().as_str() {
            "items" => self.items = Some(value(input)?),
            "of" => self.of = Some(value(input)?),
            "page" => self.page = Some(page(input, errors)?),
            "filter" => {
                parenthesized(input, errors, |input, errors| {
                    each(input, errors, |input, errors| {
                        self.filters.push(filter(input, errors)?);
                        Ok(())
                    });
                })?;
            }
            "summary" => {
                parenthesized(input, errors, |input, errors| {
                    each(input, errors, |input, _| {
                        self.summary.push(input.parse()?);
                        Ok(())
                    });
                })?;
            }
            _ => {
                return Err(unknown_key(
                    key,
                    "`list(..)`",
                    "`items`, `of`, `page`, `filter`, `summary`",
                ));
            }
        }
        Ok(())
    }
}

fn page(input: ParseStream<'_>, errors: &mut Errors) -> syn::Result<Page> {
    let key: Ident = value(input)?;
    let way = key.to_string();
    if way == "whole" {
        return Ok(Page::Whole);
    }
    let Some((_, needed, more)) = WAYS.into_iter().find(|(name, ..)| *name == way) else {
        return Err(error(
            key.span(),
            format_args!("`{key}` is no way to page"),
            "write `offset(limit = \"..\", offset = \"..\", max = ..)`, or `number(..)`, `cursor(..)` or `link(..)` with keys of their own, or `whole`",
        ));
    };
    let mut keys = PageKeys {
        key,
        place: None,
        texts: Vec::new(),
        first: None,
        max: None,
        since: None,
    };
    parenthesized(input, errors, |input, errors| {
        each_key(input, errors, |key, input, _| {
            match key.to_string().as_str() {
                "in" if way != "link" => keys.place = Some(value(input)?),
                "first" if way == "number" => keys.first = Some(value(input)?),
                "max" => keys.max = Some(value(input)?),
                "position" if way == "link" => {
                    let list;
                    syn::parenthesized!(list in input);
                    let names = list.parse_terminated(<LitStr as Parse>::parse, Token![,])?;
                    let named = names.into_iter().map(|name| (key.clone(), name));
                    keys.texts.extend(named);
                }
                "since" => keys.since = Some(value(input)?),
                name if name == "total" || name == more || needed.contains(&name) => {
                    keys.texts.push((key.clone(), value(input)?));
                }
                _ => {
                    let first = if way == "number" { "first" } else { "" };
                    let place = if way == "link" { "" } else { "in" };
                    let known = [place].into_iter().chain(needed.iter().copied());
                    let known = known.chain([more, first, "max", "total", "since"]);
                    let known: Vec<_> = known
                        .filter(|name| !name.is_empty())
                        .map(|name| format!("`{name}`"))
                        .collect();
                    return Err(unknown_key(key, &format!("`{way}(..)`"), &known.join(", ")));
                }
            }
            Ok(())
        });
    })?;
    Ok(Page::Pages(Box::new(keys)))
}

fn filter(input: ParseStream<'_>, errors: &mut Errors) -> syn::Result<Filter> {
    let name: Name = input.parse()?;
    let mut unique = false;
    if input.peek(syn::token::Paren) {
        parenthesized(input, errors, |input, errors| {
            each(input, errors, |input, _| {
                let word = input.call(Ident::parse_any)?;
                unique |= word == "unique";
                match word == "unique" {
                    true => Ok(()),
                    false => Err(unknown_key(&word, "a filter", "`unique`")),
                }
            });
        })?;
    }
    let path = match input.peek(Token![=]) {
        true => Some(value(input)?),
        false => None,
    };
    Ok(Filter { name, unique, path })
}
