//! Converts parameters, members and rules of the IR to the arguments of their attributes.

use serde_json::Value;

use super::text::{json_literal, string_literal};
use crate::catalog::{Field, Parameter, ParameterLocation, ParameterStyle, TypeKind, TypeRef};

/// Returns the arguments of `#[param(...)]`.
pub(super) fn parameter(parameter: &Parameter) -> Vec<String> {
    let field = &parameter.field;
    let name = (parameter.wire != field.name).then(|| text("wire", &parameter.wire));
    let flags = [
        (parameter.hidden, "hidden"),
        (parameter.clear, "clear"),
        (parameter.secret, "secret"),
    ];
    let flags = flags.into_iter().filter(|(is_set, _)| *is_set);
    std::iter::once(location(parameter.location))
        .chain(name)
        .chain(renamed(field))
        .chain(parameter.fallback.as_ref().map(|it| text("fallback", it)))
        .chain(value("when_omitted", parameter.when_omitted.as_ref()))
        .chain(flags.map(|(_, flag)| flag.to_owned()))
        .chain(parameter.since.as_ref().map(|it| text("since", it)))
        .chain(restrictions(field))
        .collect()
}

/// Returns the arguments of `#[schema(...)]` on a field.
pub(super) fn field(field: &Field) -> Vec<String> {
    renamed(field)
        .into_iter()
        .chain(restrictions(field))
        .collect()
}

/// Returns the rules, the default and the example of a field.
fn restrictions(field: &Field) -> impl Iterator<Item = String> {
    let default = value("default", field.default.as_ref());
    let example = value("example", field.example.as_ref());
    rules(&field.ty).into_iter().chain(default).chain(example)
}

fn location(location: ParameterLocation) -> String {
    match location {
        ParameterLocation::Path { slash: false } => "path",
        ParameterLocation::Path { slash: true } => "path(slash)",
        ParameterLocation::Query { style } => match style {
            ParameterStyle::Repeat => "query",
            ParameterStyle::Comma => "query(comma)",
            ParameterStyle::Space => "query(space)",
            ParameterStyle::Pipe => "query(pipe)",
            ParameterStyle::Deep => "query(deep)",
            ParameterStyle::Json => "query(json)",
            ParameterStyle::Members => "query(members)",
        },
        ParameterLocation::Header => "header",
        ParameterLocation::Cookie => "cookie",
        ParameterLocation::Body => "body",
        ParameterLocation::WholeBody => "whole",
        ParameterLocation::ForEach => "each",
    }
    .to_owned()
}

fn renamed(field: &Field) -> Option<String> {
    (field.rust_name != field.name).then(|| text("name", &field.name))
}

/// Returns the arguments of `#[schema(...)]` for the rules of a type.
pub(super) fn rules(ty: &TypeRef) -> Vec<String> {
    let rules = &ty.rules;
    let count = |count: &Option<u32>| count.map(|count| count.to_string());
    let number = |number: &Option<serde_json::Number>| number.as_ref().map(ToString::to_string);
    let literal = |text: &Option<String>| text.as_deref().map(string_literal);
    let rules = [
        ("min", number(&rules.minimum)),
        ("max", number(&rules.maximum)),
        ("above", number(&rules.exclusive_minimum)),
        ("min_length", count(&rules.min_length)),
        ("max_length", count(&rules.max_length)),
        ("pattern", literal(&rules.pattern)),
        ("format", literal(&rules.format)),
        ("min_items", count(&rules.min_items)),
        ("max_items", count(&rules.max_items)),
    ];
    let rules = rules.into_iter();
    let mut all: Vec<String> = rules
        .filter_map(|(name, value)| Some(format!("{name} = {}", value?)))
        .collect();
    if let TypeKind::Array(items) = &ty.kind {
        let items = self::rules(items);
        all.extend((!items.is_empty()).then(|| format!("items({})", items.join(", "))));
    }
    all
}

fn value(name: &str, value: Option<&Value>) -> Option<String> {
    value.map(|value| format!("{name} = {}", json_literal(value)))
}

fn text(name: &str, text: &str) -> String {
    format!("{name} = {}", string_literal(text))
}
