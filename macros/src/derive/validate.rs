//! Checks all rules about a type that depend only on its definition.

use proc_macro2::{Ident, Span};
use syn::LitStr;

use super::ast::SchemaBody;
use crate::errors::Errors;

/// Checks names and rules.
pub(crate) fn validate(ident: &Ident, body: &SchemaBody, errors: &mut Errors) {
    match body {
        SchemaBody::Object { members, .. } => {
            let names = members
                .iter()
                .map(|member| (member.name(), span(member.name.as_ref(), &member.ident)));
            unique(ident, "fields", names, errors);
            for member in members {
                member.rules.validate(&member.name(), errors);
            }
        }
        SchemaBody::Strings(values) => {
            let names = values
                .iter()
                .map(|value| (value.name(), span(value.name.as_ref(), &value.ident)));
            unique(ident, "values", names, errors);
        }
        SchemaBody::Union(variants) => {
            for variant in variants {
                variant.rules.validate(&variant.ident.to_string(), errors);
            }
        }
    }
}

fn unique(
    ident: &Ident,
    what: &str,
    names: impl Iterator<Item = (String, Span)>,
    errors: &mut Errors,
) {
    let mut seen: Vec<String> = Vec::new();
    for (name, span) in names {
        if seen.contains(&name) {
            errors.push(
                span,
                format_args!("`{ident}` has two {what} `{name}`"),
                "give one of them another name: `#[schema(name = \"..\")]`",
            );
        }
        seen.push(name);
    }
}

fn span(name: Option<&LitStr>, ident: &Ident) -> Span {
    name.map_or(ident.span(), LitStr::span)
}
