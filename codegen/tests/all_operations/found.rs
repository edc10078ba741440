//! Facts that the generator found, as comparable lines.

use std::collections::BTreeSet;

use mcp_codegen::catalog::{
    ParameterLocation, ParameterStyle, Rules, TypeKind, TypeRef, TypeShape,
};
use mcp_codegen::openapi::OperationFacts;
use serde_json::{Number, Value};

pub(crate) fn lines(facts: &OperationFacts) -> Vec<String> {
    let mut lines = vec![format!("{} {}", facts.http, facts.path)];
    for parameter in &facts.parameters {
        assert_eq!(parameter.field.name, parameter.wire);
        let place = match parameter.location {
            ParameterLocation::Path { slash: false } => "path",
            ParameterLocation::Path { slash: true } => "path with /",
            ParameterLocation::Query {
                style: ParameterStyle::Repeat,
            } => "query",
            ParameterLocation::Query {
                style: ParameterStyle::Comma,
            } => "query with ,",
            ParameterLocation::Query { .. } => "query with something",
            ParameterLocation::Header => "header",
            ParameterLocation::Cookie => "cookie",
            ParameterLocation::Body => "body",
            ParameterLocation::WholeBody => "whole",
            ParameterLocation::ForEach => "each",
        };
        lines.push(format!(
            "{place} {}{}{}: {}{}{}; {}",
            parameter.field.name,
            if parameter.field.required { "" } else { "?" },
            if parameter.secret { " secret" } else { "" },
            ty(facts, &parameter.field.ty),
            value(" default", parameter.field.default.as_ref()),
            value(" example", parameter.field.example.as_ref()),
            parameter.field.description,
        ));
    }
    if let Some(body) = &facts.body {
        lines.push(format!(
            "body {} required={} fixed={:?}",
            body.media_type, body.required, body.fixed
        ));
    }
    lines.push(format!(
        "response {:?}: {}",
        facts.response_media,
        facts
            .response
            .as_ref()
            .map(|response| ty(facts, response))
            .unwrap_or_default()
    ));
    lines.push(format!("{}; {}", facts.summary, facts.description));
    lines
}

fn value(name: &str, value: Option<&Value>) -> String {
    value
        .map(|value| format!("{name}={value}"))
        .unwrap_or_default()
}

fn ty(facts: &OperationFacts, ty: &TypeRef) -> String {
    let kind = match &ty.kind {
        TypeKind::Any => "any".to_owned(),
        TypeKind::Boolean => "boolean".to_owned(),
        TypeKind::Integer => "integer".to_owned(),
        TypeKind::Number => "number".to_owned(),
        TypeKind::String => "string".to_owned(),
        TypeKind::Array(item) => format!("[{}]", self::ty(facts, item)),
        TypeKind::Map(value) => format!("{{*: {}}}", self::ty(facts, value)),
        TypeKind::Named(name) | TypeKind::Boxed(name) => named_shape(facts, name),
    };
    format!(
        "{kind}{}{}",
        rules(&ty.rules),
        if ty.nullable { " or null" } else { "" }
    )
}

fn named_shape(facts: &OperationFacts, name: &str) -> String {
    let def = facts
        .types
        .iter()
        .find(|def| def.rust_name == name)
        .unwrap_or_else(|| panic!("no type {name}"));
    match &def.shape {
        TypeShape::Enum { values } => values
            .iter()
            .map(|value| format!("'{}'", value.name))
            .collect::<Vec<_>>()
            .join("|"),
        TypeShape::Union { variants } => {
            let variants: Vec<String> = variants
                .iter()
                .map(|variant| ty(facts, &variant.ty))
                .collect();
            format!("<{}>", variants.join(" / "))
        }
        TypeShape::Struct { fields, additional } => {
            let mut members: Vec<String> = fields
                .iter()
                .map(|field| {
                    let optional = if field.required { "" } else { "?" };
                    format!(
                        "{}{optional}: {}{}",
                        field.name,
                        ty(facts, &field.ty),
                        value(" default", field.default.as_ref())
                    )
                })
                .collect();
            members.extend(
                additional
                    .as_ref()
                    .map(|additional| format!("*: {}", ty(facts, additional))),
            );
            format!("{{{}}}", members.join(", "))
        }
    }
}

fn rules(rules: &Rules) -> String {
    let number =
        |name: &str, value: &Option<Number>| value.as_ref().map(|value| format!(" {name}={value}"));
    let length = |name: &str, value: Option<u32>| value.map(|value| format!(" {name}={value}"));
    let parts = [
        rules
            .format
            .as_ref()
            .map(|format| format!(" format={format}")),
        rules
            .pattern
            .as_ref()
            .map(|pattern| format!(" pattern={pattern}")),
        length("minLength", rules.min_length),
        length("maxLength", rules.max_length),
        number("minimum", &rules.minimum),
        number("maximum", &rules.maximum),
        number("above", &rules.exclusive_minimum),
        length("minItems", rules.min_items),
        length("maxItems", rules.max_items),
    ];
    parts.into_iter().flatten().collect()
}

/// Returns the names of all types that are reachable from the parameters and the response.
pub(crate) fn named(facts: &OperationFacts) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let mut open: Vec<&TypeRef> = facts
        .parameters
        .iter()
        .map(|parameter| &parameter.field.ty)
        .chain(&facts.response)
        .collect();
    while let Some(ty) = open.pop() {
        match &ty.kind {
            TypeKind::Array(inner) | TypeKind::Map(inner) => open.push(inner),
            TypeKind::Named(name) | TypeKind::Boxed(name) if names.insert(name.clone()) => {
                let def = facts
                    .types
                    .iter()
                    .find(|def| def.rust_name == *name)
                    .unwrap_or_else(|| panic!("no type {name}"));
                match &def.shape {
                    TypeShape::Struct { fields, additional } => {
                        open.extend(fields.iter().map(|field| &field.ty).chain(additional));
                    }
                    TypeShape::Union { variants } => {
                        open.extend(variants.iter().map(|variant| &variant.ty));
                    }
                    TypeShape::Enum { .. } => {}
                }
            }
            _ => {}
        }
    }
    names
}
