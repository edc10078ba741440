//! Parses and checks fields with `#[param(..)]`: the parameters.

use proc_macro2::{Ident, Span};
use syn::ext::IdentExt as _;
use syn::parse::ParseStream;
use syn::spanned::Spanned as _;
use syn::{Attribute, Fields, ItemStruct, LitStr, Type};

use crate::docs::description;
use crate::entries::{each, each_key_of, parenthesized, unknown_key, value};
use crate::errors::Errors;
use crate::field::Facts;
use crate::rules;
use crate::value::Value;

/// A field of the struct.
pub(crate) struct Param {
    pub(crate) ident: Ident,
    pub(crate) ty: Type,
    pub(crate) description: String,
    pub(crate) places: Vec<(Ident, Option<Ident>)>,
    /// Whether a part of `#[param(..)]` has a parse error; that part may be the location.
    pub(crate) broken: bool,
    pub(crate) wire: Option<LitStr>,
    pub(crate) name: Option<LitStr>,
    pub(crate) or: Option<LitStr>,
    pub(crate) when_omitted: Option<Value>,
    pub(crate) hidden: Option<Ident>,
    pub(crate) clear: Option<Ident>,
    pub(crate) since: Option<LitStr>,
    pub(crate) secret: Option<Ident>,
    pub(crate) facts: Facts,
}

/// Location of a parameter in the request.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Place {
    Path { slash: bool },
    Query(Separator),
    Header,
    Cookie,
    Body,
    Whole,
    Each,
}

/// Name of a variant of `Separator`.
pub(crate) type Separator = &'static str;

/// Parses the fields of the struct and removes their `#[param]` attributes, which only `#[tool]` can expand.
pub(crate) fn params(item: &mut ItemStruct, errors: &mut Errors) -> Vec<Param> {
    if !item.generics.params.is_empty() {
        errors.push(
            item.generics.span(),
            format_args!("`{}` is generic", item.ident),
            "a tool is one struct without parameters",
        );
    }
    let fields = match &mut item.fields {
        Fields::Unit => return Vec::new(),
        Fields::Named(fields) => &mut fields.named,
        Fields::Unnamed(fields) => {
            errors.push(
                fields.span(),
                format_args!("the arguments of `{}` have no names", item.ident),
                "write a struct with named fields: `{ #[param(query)] pub name: String }`",
            );
            return Vec::new();
        }
    };
    let mut params = Vec::new();
    for field in fields {
        let own: Vec<Attribute> = field
            .attrs
            .extract_if(.., |attribute| attribute.path().is_ident("param"))
            .collect();
        // Fields in braces always have a name.
        let Some(ident) = field.ident.clone() else {
            continue;
        };
        let mut param = Param {
            ident,
            ty: field.ty.clone(),
            description: description(&field.attrs),
            places: Vec::new(),
            broken: false,
            wire: None,
            name: None,
            or: None,
            when_omitted: None,
            hidden: None,
            clear: None,
            since: None,
            secret: None,
            facts: Facts::default(),
        };
        for attribute in own {
            match attribute.meta.require_list() {
                Ok(list) => each_key_of(list.tokens.clone(), errors, |key, input, errors| {
                    let read = param.read(key, input, errors);
                    param.broken |= read.is_err();
                    read
                }),
                Err(error) => errors.add(error),
            }
        }
        params.push(param);
    }
    params
}

impl Param {
    fn read(
        &mut self,
        key: &Ident,
        input: ParseStream<'_>,
        errors: &mut Errors,
    ) -> syn::Result<()> {
        match key.to_string().as_str() {
            "path" | "query" | "header" | "cookie" | "body" | "whole" | "each" => {
                let mut how = None;
                if input.peek(syn::token::Paren) {
                    parenthesized(input, errors, |input, errors| {
                        each(input, errors, |input, _| {
                            how = Some(input.call(Ident::parse_any)?);
                            Ok(())
                        });
                    })?;
                }
                self.places.push((key.clone(), how));
            }
            "wire" => self.wire = Some(value(input)?),
            "name" => self.name = Some(value(input)?),
            "or" => self.or = Some(value(input)?),
            "when_omitted" => self.when_omitted = Some(value(input)?),
            "hidden" => self.hidden = Some(key.clone()),
            "clear" => self.clear = Some(key.clone()),
            "since" => self.since = Some(value(input)?),
            "secret" => self.secret = Some(key.clone()),
            _ => {
                if !self.facts.read(key, input, errors)? {
                    let known = format!(
                        "`path`, `query`, `header`, `cookie`, `body`, `whole`, `each`, `wire`, `name`, `or`, `when_omitted`, `hidden`, `clear`, `since`, `secret`, {}, `default`, `example`",
                        rules::KEYS
                    );
                    return Err(unknown_key(key, "`#[param(..)]`", &known));
                }
            }
        }
        Ok(())
    }

    /// Returns the name of the argument.
    pub(crate) fn argument(&self) -> String {
        match &self.name {
            Some(name) => name.value(),
            None => self.ident.unraw().to_string(),
        }
    }

    /// Returns the name in the request.
    pub(crate) fn wire(&self) -> String {
        match &self.wire {
            Some(wire) => wire.value(),
            None => self.argument(),
        }
    }

    /// Returns the span for errors about the argument's name.
    pub(crate) fn name_span(&self) -> Span {
        match &self.name {
            Some(name) => name.span(),
            None => self.ident.span(),
        }
    }
}

/// Returns the location of the parameter.
pub(super) fn place(param: &Param, tool: &str, errors: &mut Errors) -> Option<Place> {
    let [(key, how)] = param.places.as_slice() else {
        match param.places.get(1) {
            None if param.broken => {}
            None => errors.push(
                param.ident.span(),
                format_args!(
                    "tool `{tool}` does not say where argument `{}` goes",
                    param.argument()
                ),
                "add `#[param(..)]` with one of `path`, `query`, `header`, `cookie`, `body`, `whole`",
            ),
            Some((second, _)) => errors.push(
                second.span(),
                format_args!("argument `{}` goes to two places", param.argument()),
                "keep one; the same value in two places is two arguments",
            ),
        }
        return None;
    };
    let word = how.as_ref().map(ToString::to_string).unwrap_or_default();
    Some(match (key.to_string().as_str(), word.as_str()) {
        ("path", "") => Place::Path { slash: false },
        ("path", "slash") => Place::Path { slash: true },
        ("query", "") => Place::Query("Repeat"),
        ("query", word) if separator(word).is_some() => Place::Query(separator(word)?),
        ("header", "") => Place::Header,
        ("cookie", "") => Place::Cookie,
        ("body", "") => Place::Body,
        ("whole", "") => Place::Whole,
        ("each", "") => Place::Each,
        (key, _) => {
            let instead = match key {
                "path" => "write `path` or `path(slash)`",
                "query" => {
                    "write `query`, or how several values are sent: `repeat`, `comma`, `space`, `pipe`, `deep`, `json`, `members`"
                }
                _ => "remove it and its parentheses",
            };
            let span = how.as_ref().map_or(Span::call_site(), Ident::span);
            errors.push(
                span,
                format_args!("`{word}` is not known in `{key}(..)`"),
                instead,
            );
            return None;
        }
    })
}

/// Returns the serialization of arrays and objects.
pub(super) fn separator(word: &str) -> Option<Separator> {
    Some(match word {
        "repeat" => "Repeat",
        "comma" => "Comma",
        "space" => "Space",
        "pipe" => "Pipe",
        "deep" => "Deep",
        "json" => "Json",
        "members" => "Members",
        _ => return None,
    })
}

/// Checks one argument.
pub(super) fn check_param(param: &Param, place: Place, tool: &str, errors: &mut Errors) {
    let name = param.argument();
    if let Some(hidden) = &param.hidden
        && param.or.is_none()
        && param.when_omitted.is_none()
    {
        errors.push(
            hidden.span(),
            format_args!("`{name}` is hidden, but nothing says what is sent"),
            "add `or = \"..\"` or `when_omitted = ..`",
        );
    }
    if let Some(clear) = &param.clear {
        if !matches!(place, Place::Body) {
            errors.push(
                clear.span(),
                format_args!("`{name}` cannot be cleared: only a member of the body can be `null`"),
                "remove `clear`",
            );
        } else if param.hidden.is_some() {
            errors.push(
                clear.span(),
                format_args!(
                    "`{name}` cannot be cleared: a hidden argument has no name for the caller"
                ),
                "remove `clear` or `hidden`",
            );
        }
    }
    if param.description.is_empty() && param.hidden.is_none() {
        errors.push(
            param.ident.span(),
            format_args!("argument `{name}` of tool `{tool}` has no description"),
            "say in a doc comment what it means",
        );
    }
    param.facts.validate(&name, errors);
    if let Some(secret) = &param.secret {
        if !matches!(
            place,
            Place::Body | Place::Header | Place::Cookie | Place::Whole
        ) {
            errors.push(
                secret.span(),
                format_args!("`{name}` is secret, but stands in the address, which is logged"),
                "send it in the body or in a header",
            );
        }
        if let Some(shown) = param
            .facts
            .example
            .as_ref()
            .or(param.facts.default.as_ref())
        {
            errors.push(
                shown.span,
                format_args!("`{name}` is secret, but this value of it is shown to everybody"),
                "remove it",
            );
        }
    }
}
