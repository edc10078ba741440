//! Converts parameters, fields and tools of the IR to arguments of their attributes.

use serde::Serialize;
use serde_json::Value;

use super::text::{json_literal, string_literal, word};
use crate::catalog::{
    Body, Effect, Field, Filter, ForEach, List, Mask, Operation, Pagination, PaginationStyle,
    Parameter, ParameterLocation, ParameterStyle, Parts, ResponseFormat, Rules, TypeKind, TypeRef,
    Variant, Verify, VersionedText,
};

/// Argument of an attribute: `name`, `name = value` or `name(arguments)`.
#[derive(Debug, Serialize)]
pub(super) struct Argument {
    name: String,
    value: Option<String>,
    arguments: Vec<Argument>,
}

impl Argument {
    fn word(name: impl Into<String>) -> Self {
        Self::list(name, Vec::new())
    }

    fn value(name: impl Into<String>, value: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            value: Some(value.into()),
            arguments: Vec::new(),
        }
    }

    fn list(name: impl Into<String>, arguments: Vec<Argument>) -> Self {
        Self {
            name: name.into(),
            value: None,
            arguments,
        }
    }
}

/// Returns the arguments of `#[param(...)]`.
pub(super) fn param(parameter: &Parameter) -> Vec<Argument> {
    let mut all = vec![location(parameter.location)];
    if parameter.wire != parameter.name {
        all.push(Argument::value("wire", string_literal(&parameter.wire)));
    }
    all.extend(renamed(&parameter.name, &parameter.rust_name));
    if let Some(fallback) = &parameter.fallback {
        all.push(Argument::value("or", string_literal(fallback)));
    }
    if let Some(value) = &parameter.when_omitted {
        all.push(Argument::value("when_omitted", json_literal(value)));
    }
    if parameter.hidden {
        all.push(Argument::word("hidden"));
    }
    if parameter.clear {
        all.push(Argument::word("clear"));
    }
    if let Some(since) = &parameter.since {
        all.push(Argument::value("since", string_literal(since)));
    }
    if parameter.secret {
        all.push(Argument::word("secret"));
    }
    all.extend(rules(&parameter.ty));
    all.extend(values(
        parameter.default.as_ref(),
        parameter.example.as_ref(),
    ));
    all
}

/// Returns the arguments of `#[schema(...)]` on a field.
pub(super) fn field(field: &Field) -> Vec<Argument> {
    let mut all = Vec::from_iter(renamed(&field.name, &field.rust_name));
    all.extend(rules(&field.ty));
    all.extend(values(field.default.as_ref(), field.example.as_ref()));
    all
}

/// Returns the arguments of `#[schema(...)]` on a variant of a union.
pub(super) fn variant(variant: &Variant) -> Vec<Argument> {
    rules(&variant.ty)
}

/// Returns the arguments of `tags(...)`.
pub(super) fn tags(tags: &[String]) -> Vec<Argument> {
    tags.iter()
        .map(|tag| Argument::word(string_literal(tag)))
        .collect()
}

/// Returns the arguments of `body(...)`.
pub(super) fn body(body: &Body) -> Vec<Argument> {
    let media_type = if body.media_type == "application/json" {
        "json".to_owned()
    } else {
        string_literal(&body.media_type)
    };
    let mut all = vec![Argument::word(media_type)];
    if body.required {
        all.push(Argument::word("required"));
    }
    if !body.encoding.is_empty() {
        let written = body.encoding.iter();
        let written = written.map(|(name, how)| Argument::value(word(name), style(*how)));
        all.push(Argument::list("encoding", written.collect()));
    }
    all
}

/// Returns the arguments of `fixed(...)`.
pub(super) fn fixed(members: &[(String, Value)]) -> Vec<Argument> {
    members
        .iter()
        .map(|(name, value)| Argument::value(word(name), json_literal(value)))
        .collect()
}

/// Returns the value of `page`.
pub(super) fn page(list: &List) -> Argument {
    let Some(pagination) = &list.pagination else {
        return Argument::word("whole");
    };
    let mut page = way(pagination);
    if let Some(since) = &list.pages_since {
        let since = Argument::value("since", string_literal(since));
        page.arguments.push(since);
    }
    page
}

fn way(pagination: &Pagination) -> Argument {
    let text = |name, text: &str| Argument::value(name, string_literal(text));
    let limit = text("limit", &pagination.limit);
    let (name, keys) = match &pagination.style {
        PaginationStyle::Offset { offset } => ("offset", vec![limit, text("offset", offset)]),
        PaginationStyle::Number { page, first } => {
            // Pages are numbered from 1 by default.
            let first = Some(first).filter(|first| **first != 1);
            let first = first.map(|first| Argument::value("first", first.to_string()));
            let page = [limit, text("page", page)].into_iter();
            ("number", page.chain(first).collect())
        }
        PaginationStyle::Cursor {
            cursor,
            next,
            offset,
        } => {
            let offset = offset.as_ref().map(|offset| text("offset", offset));
            let cursor = [text("cursor", cursor), text("next", next), limit].into_iter();
            ("cursor", cursor.chain(offset).collect())
        }
        PaginationStyle::Link { rel, position } => {
            let names = position.iter();
            let names = names.map(|name| Argument::word(string_literal(name)));
            let position = Argument::list("position", names.collect());
            ("link", vec![text("rel", rel), position, limit])
        }
    };
    let place = pagination
        .in_body
        .then(|| Argument::value("in", "body".to_owned()));
    let max = Argument::value("max", pagination.max.to_string());
    let total = pagination.total.as_ref().map(|total| text("total", total));
    let keys = place.into_iter().chain(keys).chain([max]).chain(total);
    Argument::list(name, keys.collect())
}

/// Returns the value of `answer`; `None` for JSON.
pub(super) fn answer(content: &ResponseFormat) -> Option<Argument> {
    let named =
        |name, accept: &str| Argument::list(name, vec![Argument::word(string_literal(accept))]);
    match content {
        ResponseFormat::Json => None,
        ResponseFormat::Text { accept } => Some(named("text", accept)),
        ResponseFormat::Lines { accept } => Some(named("lines", accept)),
        ResponseFormat::Log { accept, parts } => {
            let mut log = named("log", accept);
            if let Some(Parts { parameter, next }) = parts {
                let names = [("token", parameter), ("next", next)];
                let names = names.map(|(name, text)| Argument::value(name, string_literal(text)));
                log.arguments.extend(names);
            }
            Some(log)
        }
    }
}

/// Returns the arguments of `filter(...)`.
pub(super) fn filters(filters: &[Filter]) -> Vec<Argument> {
    filters
        .iter()
        .map(|filter| Argument {
            name: word(&filter.name),
            value: (filter.field != filter.name).then(|| string_literal(&filter.field)),
            arguments: Vec::from_iter(filter.unique.then(|| Argument::word("unique"))),
        })
        .collect()
}

/// Returns the arguments of `summary(...)`.
pub(super) fn summary(fields: &[String]) -> Vec<Argument> {
    fields
        .iter()
        .map(|name| Argument::word(word(name)))
        .collect()
}

/// Returns the arguments of `mask(...)`.
pub(super) fn mask(mask: &Mask) -> Vec<Argument> {
    vec![Argument::value(word(&mask.name), style(mask.style))]
}

/// Returns the arguments of `verify(...)`.
pub(super) fn verify(verify: &Verify) -> Vec<Argument> {
    let except = verify.ignore.iter().map(|name| Argument::word(word(name)));
    let except: Vec<_> = except.collect();
    let slash = verify.slash.then(|| Argument::word("slash"));
    let except = (!except.is_empty()).then(|| Argument::list("except", except));
    slash.into_iter().chain(except).collect()
}

/// Returns the arguments of `notes(...)` and `not_applied(...)`.
pub(super) fn versioned(texts: &[VersionedText]) -> Vec<Argument> {
    let bound = |name, bound: &Option<String>| {
        let bound = bound.as_ref();
        bound.map(|bound| Argument::value(name, string_literal(bound)))
    };
    texts
        .iter()
        .map(|text| {
            let bounds = [bound("since", &text.since), bound("before", &text.before)];
            Argument {
                name: word(&text.product),
                value: Some(string_literal(&text.text)),
                arguments: bounds.into_iter().flatten().collect(),
            }
        })
        .collect()
}

/// Returns the arguments of `each(...)`.
pub(super) fn for_each(each: &ForEach) -> Vec<Argument> {
    let text = |name: &str, text: &str| Argument::value(name, string_literal(text));
    vec![
        text("operation", &each.operation_id),
        text(&each.http, &each.path),
        text("items", &each.items),
    ]
}

/// Returns the arguments of `require_any(...)`.
pub(super) fn require_any(names: &[String]) -> Vec<Argument> {
    names
        .iter()
        .map(|name| Argument::word(word(name)))
        .collect()
}

/// Returns the arguments of `effect(...)`: the differences from the effect that follows from the methods.
pub(super) fn effect(operation: &Operation) -> Vec<Argument> {
    let usual = Effect::usual(&operation.method, &operation.http);
    let effect = operation.effect;
    let mut words = Vec::new();
    if effect.read_only && !usual.read_only {
        words.push("read_only");
    } else if effect.destructive && !usual.destructive {
        words.push("destructive");
    } else if !effect.read_only && usual.read_only {
        words.push("not_read_only");
    }
    if !effect.idempotent && usual.idempotent {
        words.push("not_idempotent");
    }
    words.into_iter().map(Argument::word).collect()
}

fn location(location: ParameterLocation) -> Argument {
    match location {
        ParameterLocation::Path { slash: false } => Argument::word("path"),
        ParameterLocation::Path { slash: true } => {
            Argument::list("path", vec![Argument::word("slash")])
        }
        ParameterLocation::Query {
            style: ParameterStyle::Repeat,
        } => Argument::word("query"),
        ParameterLocation::Query { style: other } => {
            Argument::list("query", vec![Argument::word(style(other))])
        }
        ParameterLocation::Header => Argument::word("header"),
        ParameterLocation::Cookie => Argument::word("cookie"),
        ParameterLocation::Body => Argument::word("body"),
        ParameterLocation::WholeBody => Argument::word("whole"),
        ParameterLocation::ForEach => Argument::word("each"),
    }
}

fn style(style: ParameterStyle) -> &'static str {
    match style {
        ParameterStyle::Repeat => "repeat",
        ParameterStyle::Comma => "comma",
        ParameterStyle::Space => "space",
        ParameterStyle::Pipe => "pipe",
        ParameterStyle::Deep => "deep",
        ParameterStyle::Json => "json",
        ParameterStyle::Members => "members",
    }
}

fn renamed(name: &str, rust_name: &str) -> Option<Argument> {
    (rust_name.trim_start_matches("r#") != name)
        .then(|| Argument::value("name", string_literal(name)))
}

/// Returns the rules of a type, followed by those of its items.
fn rules(ty: &TypeRef) -> Vec<Argument> {
    let Rules {
        format,
        pattern,
        min_length,
        max_length,
        minimum,
        maximum,
        exclusive_minimum,
        min_items,
        max_items,
    } = &ty.rules;
    let number = |name, value: &Option<serde_json::Number>| {
        value
            .as_ref()
            .map(|value| Argument::value(name, value.to_string()))
    };
    let count =
        |name, value: Option<u32>| value.map(|value| Argument::value(name, value.to_string()));
    let text = |name, value: &Option<String>| {
        value
            .as_ref()
            .map(|value| Argument::value(name, string_literal(value)))
    };
    let mut all: Vec<Argument> = [
        number("min", minimum),
        number("max", maximum),
        number("above", exclusive_minimum),
        count("min_length", *min_length),
        count("max_length", *max_length),
        text("pattern", pattern),
        text("format", format),
        count("min_items", *min_items),
        count("max_items", *max_items),
    ]
    .into_iter()
    .flatten()
    .collect();
    if let TypeKind::Array(items) = &ty.kind {
        let items = rules(items);
        if !items.is_empty() {
            all.push(Argument::list("items", items));
        }
    }
    all
}

fn values(default: Option<&Value>, example: Option<&Value>) -> Vec<Argument> {
    [("default", default), ("example", example)]
        .into_iter()
        .filter_map(|(name, value)| Some(Argument::value(name, json_literal(value?))))
        .collect()
}
