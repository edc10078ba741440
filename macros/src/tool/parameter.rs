//! Parses and checks fields with `#[param(..)]`: the parameters.

use proc_macro2::{Ident, Span};
use syn::ext::IdentExt as _;
use syn::parse::ParseStream;
use syn::spanned::Spanned as _;
use syn::{Attribute, Fields, ItemStruct, LitStr, Type};

use crate::docs::description;
use crate::entries::{Word, each_key_of, items, unknown_key, value};
use crate::errors::Errors;
use crate::field::FieldRules;
use crate::rules;
use crate::value::Value;

/// The keys of `#[param(..)]`, for messages.
const KEYS: &str = "`path`, `query`, `header`, `cookie`, `body`, `whole`, `each`, `wire`, `name`, `fallback`, `when_omitted`, `hidden`, `clear`, `since`, `secret`";

/// A field of the struct.
pub(crate) struct Parameter {
    pub(crate) ident: Ident,
    pub(crate) ty: Type,
    pub(crate) description: String,
    pub(crate) location: ParameterLocation,
    /// Span for errors about the location.
    pub(crate) location_span: Span,
    pub(crate) wire: Option<LitStr>,
    pub(crate) name: Option<LitStr>,
    pub(crate) fallback: Option<LitStr>,
    pub(crate) when_omitted: Option<Value>,
    pub(crate) hidden: Option<Ident>,
    pub(crate) clear: Option<Ident>,
    pub(crate) since: Option<LitStr>,
    pub(crate) secret: Option<Ident>,
    pub(crate) rules: FieldRules,
}

/// Location of a parameter in the request.
#[derive(Clone, PartialEq)]
pub(crate) enum ParameterLocation {
    Path { slash: bool },
    Query(ParameterStyle),
    Header,
    Cookie,
    Body,
    WholeBody,
    Each,
}

/// Serialization of arrays and objects: the name of a variant in the runtime.
pub(crate) type ParameterStyle = Ident;

/// Words for the serialization of arrays and objects.
const STYLES: [&str; 7] = [
    "repeat", "comma", "space", "pipe", "deep", "json", "members",
];

/// The same words, for messages.
pub(super) const STYLES_IN_WORDS: &str =
    "`repeat`, `comma`, `space`, `pipe`, `deep`, `json` or `members`";

/// Parses the fields of the struct and removes their `#[param]` attributes, which only `#[tool]` can expand. Fields without a valid location are left out.
pub(crate) fn parameters(item: &mut ItemStruct, tool: &str, errors: &mut Errors) -> Vec<Parameter> {
    if !item.generics.params.is_empty() {
        errors.push(
            item.generics.span(),
            format_args!("`{}` is generic", item.ident),
            "write a struct without type parameters",
        );
    }
    let fields = match &mut item.fields {
        Fields::Unit => return Vec::new(),
        Fields::Named(fields) => &mut fields.named,
        Fields::Unnamed(fields) => {
            errors.push(
                fields.span(),
                format_args!("the fields of `{}` have no names", item.ident),
                "write a struct with named fields: `{ #[param(query)] pub name: String }`",
            );
            return Vec::new();
        }
    };
    fields
        .iter_mut()
        .filter_map(|field| parameter(field, tool, errors))
        .collect()
}

fn parameter(field: &mut syn::Field, tool: &str, errors: &mut Errors) -> Option<Parameter> {
    let own: Vec<Attribute> = field
        .attrs
        .extract_if(.., |attribute| attribute.path().is_ident("param"))
        .collect();
    // Fields in braces always have a name.
    let ident = field.ident.clone()?;
    let mut parameter = Parameter {
        location: ParameterLocation::Body,
        location_span: ident.span(),
        ident,
        ty: field.ty.clone(),
        description: description(&field.attrs),
        wire: None,
        name: None,
        fallback: None,
        when_omitted: None,
        hidden: None,
        clear: None,
        since: None,
        secret: None,
        rules: FieldRules::default(),
    };
    let mut locations = Vec::new();
    let before = errors.len();
    for attribute in own {
        match attribute.meta.require_list() {
            Ok(list) => each_key_of(list.tokens.clone(), errors, |key, input, errors| {
                parameter.read(key, input, &mut locations, errors)
            }),
            Err(error) => errors.add(error),
        }
    }
    // If a part of the attribute has an error, that part may be the location.
    let is_broken = errors.len() > before;
    parameter.location = match locations.as_slice() {
        [] if is_broken => return None,
        [] => {
            errors.push(
                parameter.ident.span(),
                format_args!(
                    "argument `{}` of tool `{tool}` has no location",
                    parameter.argument()
                ),
                "add `#[param(..)]` with `path`, `query`, `header`, `cookie`, `body` or `whole`",
            );
            return None;
        }
        [(key, word)] => {
            parameter.location_span = key.span();
            location(key, word.as_ref(), errors)?
        }
        [_, (second, _), ..] => {
            errors.push(
                second.span(),
                format_args!("argument `{}` has two locations", parameter.argument()),
                "keep one; to send a value in two locations, declare two arguments",
            );
            return None;
        }
    };
    Some(parameter)
}

/// Returns the location with this key and word.
fn location(key: &Ident, word: Option<&Ident>, errors: &mut Errors) -> Option<ParameterLocation> {
    let text = word.map(ToString::to_string).unwrap_or_default();
    Some(match (key.to_string().as_str(), text.as_str(), word) {
        ("path", "" | "slash", _) => ParameterLocation::Path {
            slash: word.is_some(),
        },
        ("query", "", _) => ParameterLocation::Query(Ident::new("Repeat", Span::call_site())),
        ("query", _, Some(word)) if style(word).is_some() => ParameterLocation::Query(style(word)?),
        ("header", "", _) => ParameterLocation::Header,
        ("cookie", "", _) => ParameterLocation::Cookie,
        ("body", "", _) => ParameterLocation::Body,
        ("whole", "", _) => ParameterLocation::WholeBody,
        ("each", "", _) => ParameterLocation::Each,
        (location, ..) => {
            let instead = match location {
                "path" => "write `path` or `path(slash)`".to_owned(),
                "query" => format!("write `query`, or one of {STYLES_IN_WORDS} in its parentheses"),
                _ => format!("write `{location}`"),
            };
            let span = word.map_or(key.span(), Ident::span);
            let wrong = format_args!("unknown key `{text}` in `{location}(..)`");
            errors.push(span, wrong, instead);
            return None;
        }
    })
}

impl Parameter {
    fn read(
        &mut self,
        key: &Ident,
        input: ParseStream<'_>,
        locations: &mut Vec<(Ident, Option<Ident>)>,
        errors: &mut Errors,
    ) -> syn::Result<()> {
        match key.to_string().as_str() {
            "path" | "query" | "header" | "cookie" | "body" | "whole" | "each" => {
                let mut words = Vec::new();
                if input.peek(syn::token::Paren) {
                    words = items(input, errors)?;
                }
                let word = words.pop().map(|Word(word)| word);
                locations.push((key.clone(), word));
            }
            "wire" => self.wire = Some(value(input)?),
            "name" => self.name = Some(value(input)?),
            "fallback" => self.fallback = Some(value(input)?),
            "when_omitted" => self.when_omitted = Some(value(input)?),
            "hidden" => self.hidden = Some(key.clone()),
            "clear" => self.clear = Some(key.clone()),
            "since" => self.since = Some(value(input)?),
            "secret" => self.secret = Some(key.clone()),
            _ => {
                if !self.rules.read(key, input, errors)? {
                    let known = format!("{KEYS}, {}, `default`, `example`", rules::KEYS);
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

    /// Returns the span for errors about the name in the request.
    pub(crate) fn wire_span(&self) -> Span {
        self.wire.as_ref().map_or(self.name_span(), LitStr::span)
    }

    /// Returns whether the value is one segment of the path.
    pub(crate) fn is_in_path(&self) -> bool {
        matches!(self.location, ParameterLocation::Path { .. })
    }
}

/// Returns the serialization of arrays and objects.
pub(super) fn style(word: &Ident) -> Option<ParameterStyle> {
    STYLES
        .iter()
        .any(|style| word == style)
        .then(|| capitalized(&word.to_string()))
}

/// Returns a word as the name of a variant in the runtime.
pub(super) fn capitalized(word: &str) -> Ident {
    let (first, rest) = word.split_at(1);
    let name = format!("{}{rest}", first.to_uppercase());
    Ident::new(&name, Span::call_site())
}

/// Checks one argument.
pub(super) fn check_parameter(parameter: &Parameter, tool: &str, errors: &mut Errors) {
    let name = parameter.argument();
    let location = &parameter.location;
    let has_value = parameter.fallback.is_some() || parameter.when_omitted.is_some();
    if let (Some(hidden), false) = (&parameter.hidden, has_value) {
        errors.push(
            hidden.span(),
            format_args!("hidden argument `{name}` has no value"),
            "add `fallback = \"..\"` or `when_omitted = ..`",
        );
    }
    if let Some(clear) = &parameter.clear {
        if *location != ParameterLocation::Body {
            errors.push(
                clear.span(),
                format_args!("`{name}` cannot be cleared, because it is not a member of the body"),
                "remove `clear`",
            );
        } else if parameter.hidden.is_some() {
            errors.push(
                clear.span(),
                format_args!("`{name}` cannot be cleared, because callers cannot name it"),
                "remove `clear` or `hidden`",
            );
        }
    }
    if parameter.description.is_empty() && parameter.hidden.is_none() {
        errors.push(
            parameter.ident.span(),
            format_args!("argument `{name}` of tool `{tool}` has no description"),
            "describe the argument in a doc comment",
        );
    }
    parameter.rules.validate(&name, errors);
    let Some(secret) = &parameter.secret else {
        return;
    };
    if matches!(
        location,
        ParameterLocation::Query(_) | ParameterLocation::Each
    ) || parameter.is_in_path()
    {
        errors.push(
            secret.span(),
            format_args!("secret argument `{name}` would be in the URL, which is logged"),
            "send it in the body, in a header or in a cookie",
        );
    }
    let rules = &parameter.rules;
    if let Some(shown) = rules.example.as_ref().or(rules.default.as_ref()) {
        errors.push(
            shown.span,
            format_args!("everybody can read this value of secret argument `{name}`"),
            "remove the value",
        );
    }
}
