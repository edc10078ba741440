//! Parses defaults, examples and fixed members: a literal, or any JSON as `json("..")`.

use std::fmt::Display;

use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use serde_json::Value as Json;
use syn::ext::IdentExt as _;
use syn::parse::{Parse, ParseStream};
use syn::{Lit, LitStr, Token};

use crate::errors::{compile_check, error};

/// A JSON value with its span.
pub(crate) struct Value {
    pub(crate) json: Json,
    pub(crate) span: Span,
}

impl Parse for Value {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        if input.peek(Ident::peek_any) && !input.peek(syn::LitBool) {
            return json_call(input);
        }
        let minus = input.parse::<Option<Token![-]>>()?;
        let literal: Lit = input.parse()?;
        let span = literal.span();
        let sign = if minus.is_some() { "-" } else { "" };
        let parsed = |digits: &str| serde_json::from_str(&format!("{sign}{digits}")).ok();
        let json = match &literal {
            Lit::Str(text) if minus.is_none() => Some(Json::String(text.value())),
            Lit::Bool(value) if minus.is_none() => Some(Json::Bool(value.value)),
            Lit::Int(number) => parsed(number.base10_digits()),
            Lit::Float(number) => parsed(number.base10_digits()),
            _ => None,
        };
        json.map(|json| Self { json, span }).ok_or_else(|| {
            error(
                span,
                "expected a JSON value",
                "write a string, a number as in JSON, `true`, `false`, or `json(\"..\")`",
            )
        })
    }
}

impl Value {
    /// Returns compact JSON text.
    pub(crate) fn text(&self) -> String {
        self.json.to_string()
    }

    /// Generates the check that the value fits a shape.
    pub(crate) fn check(&self, shape: &TokenStream, wrong: impl Display) -> TokenStream {
        let constant = constant(&self.json, self.span);
        let fits = quote!(::runtime::__private::fits(#shape, #constant));
        let instead = "write a value that the type and its rules allow";
        compile_check(self.span, &fits, wrong, instead)
    }
}

fn json_call(input: ParseStream<'_>) -> syn::Result<Value> {
    let key = input.call(Ident::parse_any)?;
    if key != "json" {
        return Err(error(
            key.span(),
            format_args!("`{key}` is not a JSON value"),
            "write a string, a number as in JSON, `true`, `false`, or `json(\"..\")`",
        ));
    }
    let content;
    syn::parenthesized!(content in input);
    let text: LitStr = content.parse()?;
    let json = serde_json::from_str(&text.value()).map_err(|cause| {
        error(
            text.span(),
            format_args!("invalid JSON: {cause}"),
            "write JSON inside the string: `json(\"[1, 2]\")`",
        )
    })?;
    Ok(Value {
        json,
        span: text.span(),
    })
}

fn constant(json: &Json, span: Span) -> TokenStream {
    let value = quote_spanned!(span=> ::runtime::__private::Value);
    match json {
        Json::Null => quote_spanned!(span=> #value::Null),
        Json::Bool(_) => quote_spanned!(span=> #value::Boolean),
        Json::String(text) => quote_spanned!(span=> #value::String(#text)),
        Json::Number(number) => number_constant(&number.to_string(), &value, span),
        Json::Array(items) => {
            let items = items.iter().map(|item| constant(item, span));
            quote_spanned!(span=> #value::Array(&[#(#items),*]))
        }
        Json::Object(members) => {
            let members = members.iter().map(|(name, member)| {
                let member = constant(member, span);
                quote_spanned!(span=> (#name, #member))
            });
            quote_spanned!(span=> #value::Object(&[#(#members),*]))
        }
    }
}

fn number_constant(text: &str, value: &TokenStream, span: Span) -> TokenStream {
    if text.contains(['.', 'e', 'E']) {
        // The text of a JSON number always parses. A result of infinity must be clamped, because infinity has no literal.
        let number: f64 = text.parse().unwrap_or(0.0);
        let number = number.clamp(f64::MIN, f64::MAX);
        return quote_spanned!(span=> #value::Number(#number));
    }
    let largest = if text.starts_with('-') {
        i64::MIN
    } else {
        i64::MAX
    };
    let number: i64 = text.parse().unwrap_or(largest);
    quote_spanned!(span=> #value::Integer(#number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_become_json_text() {
        let rows = [
            (r#""a\"b""#, Some(r#""a\"b""#)),
            ("1_000", Some("1000")),
            ("-1", Some("-1")),
            ("1.50", Some("1.50")),
            ("1e300", Some("1e+300")),
            (
                "123456789012345678901234567890",
                Some("123456789012345678901234567890"),
            ),
            ("true", Some("true")),
            (r#"json("null")"#, Some("null")),
            (
                r#"json("{\"b\": [1, 2.0], \"a\": 1}")"#,
                Some(r#"{"b":[1,2.0],"a":1}"#),
            ),
            ("-\"a\"", None),
            ("'a'", None),
            ("None", None),
            (r#"json("")"#, None),
        ];
        for (source, expected) in rows {
            let text = syn::parse_str::<Value>(source)
                .ok()
                .map(|value| value.text());
            assert_eq!(text.as_deref(), expected, "{source}");
        }
    }
}
