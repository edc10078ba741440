//! Checks all rules about a type that depend only on its definition.

use proc_macro2::Ident;

use super::ast::{JsonName, SchemaBody};
use crate::errors::Errors;

/// Checks names and rules.
pub(crate) fn validate(ident: &Ident, body: &SchemaBody, errors: &mut Errors) {
    match body {
        SchemaBody::Object { members, .. } => {
            unique(ident, "fields", members.iter().map(|it| &it.name), errors);
            for member in members {
                member.rules.validate(&member.name.text(), errors);
            }
        }
        SchemaBody::Strings(values) => unique(ident, "values", values.iter(), errors),
        SchemaBody::Union(variants) => {
            for variant in variants {
                variant.rules.validate(&variant.ident.to_string(), errors);
            }
        }
    }
}

fn unique<'a>(
    ident: &Ident,
    what: &str,
    names: impl Iterator<Item = &'a JsonName>,
    errors: &mut Errors,
) {
    let mut seen: Vec<String> = Vec::new();
    for name in names {
        let text = name.text();
        if seen.contains(&text) {
            errors.push(
                name.span(),
                format_args!("`{ident}` has two {what} `{text}`"),
                "give one of them another name: `#[schema(name = \"..\")]`",
            );
        }
        seen.push(text);
    }
}
