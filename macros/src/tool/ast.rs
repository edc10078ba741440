//! Parses `#[tool(..)]` and its nested keys, and keeps the tokens at which errors are reported.

mod list;

pub(crate) use list::{Filter, List, Page, Pagination};

use proc_macro2::{Ident, TokenStream};
use syn::parse::ParseStream;
use syn::{LitStr, Token, Type};

use super::versions::{self, VersionedText};
use crate::entries::{
    Name, Word, each, each_key_of, items, keys, pairs, parenthesized, unknown_key, value,
};
use crate::errors::{Errors, error};
use crate::tools::ModuleKeys;
use crate::value::Value;

const KEYS: &str = "`name`, `renamed_from`, `title`, `tags`, `method`, `document`, `operation`, `since`, an HTTP method such as `get`, `body`, `fixed`, `list`, `merge`, `mask`, `read_back`, `recorded`, `verify`, `not_applied`, `notes`, `each`, `require_any`, `secret_fields`, `hidden_fields`, `returns`, `response_format`, `effect`";

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
    pub(crate) recorded: Vec<Name>,
    pub(crate) verify: Option<Verify>,
    pub(crate) not_applied: Option<NotApplied>,
    pub(crate) notes: Vec<VersionedText>,
    pub(crate) each: Option<Each>,
    pub(crate) require_any: Vec<Name>,
    pub(crate) secret_fields: Vec<LitStr>,
    pub(crate) hidden_fields: Vec<LitStr>,
    pub(crate) returns: Option<Type>,
    pub(crate) response_format: Option<DeclaredFormat>,
    pub(crate) effect: Vec<Word>,
}

/// `text("text/plain")`, `lines("..")`, or `log("..", token = "..", next = "..")`
pub(crate) struct DeclaredFormat {
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
            "recorded" => self.recorded = items(input, errors)?,
            "verify" => self.verify = Some(verify(key, input, errors)?),
            "not_applied" => self.not_applied = Some(not_applied(key, input, errors)?),
            "notes" => self.notes = versions::parse(input, errors)?,
            "each" => self.each = Some(each_id(key, input, errors)?),
            "require_any" => self.require_any = items(input, errors)?,
            "secret_fields" => self.secret_fields = items(input, errors)?,
            "hidden_fields" => self.hidden_fields = items(input, errors)?,
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

fn response_format(input: ParseStream<'_>, errors: &mut Errors) -> syn::Result<DeclaredFormat> {
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
    Ok(DeclaredFormat {
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
