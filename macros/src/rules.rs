//! Parses and checks the rules that narrow a type: `min = 1, max_length = 20, items(pattern = "..")`.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::parse::ParseStream;
use syn::spanned::Spanned as _;
use syn::{Lit, LitInt, LitStr, Token, Type};

use crate::entries::{keys, unknown_key, value};
use crate::errors::{Errors, compile_check, error};
use crate::value::Value;

/// The keys of rules, for messages.
pub(crate) const KEYS: &str = "`min`, `max`, `above`, `min_length`, `max_length`, `pattern`, `format`, `min_items`, `max_items`, `items`";

/// Rules as parsed.
#[derive(Default)]
pub(crate) struct Rules {
    rules: Vec<Rule>,
    items: Option<(Ident, Box<Rules>)>,
}

struct Rule {
    key: Ident,
    limit: Limit,
}

enum Limit {
    Integer(i64, Span),
    Number(f64, Span),
    Count(u32, Span),
    Text(LitStr),
}

impl Rules {
    /// Parses the content after `key`; `false` if `key` is not the key of a rule.
    pub(crate) fn read(
        &mut self,
        key: &Ident,
        input: ParseStream<'_>,
        errors: &mut Errors,
    ) -> syn::Result<bool> {
        let limit = match key.to_string().as_str() {
            "min" | "max" | "above" => bound(input)?,
            "min_length" | "max_length" | "min_items" | "max_items" => {
                let count: LitInt = value(input)?;
                Limit::Count(count.base10_parse()?, count.span())
            }
            "pattern" | "format" => Limit::Text(value(input)?),
            "items" => {
                let mut items = Self::default();
                keys(input, errors, |key, input, errors| {
                    match items.read(key, input, errors)? {
                        true => Ok(()),
                        false => Err(unknown_key(key, "`items(..)`", KEYS)),
                    }
                })?;
                self.items = Some((key.clone(), Box::new(items)));
                return Ok(true);
            }
            _ => return Ok(false),
        };
        self.rules.push(Rule {
            key: key.clone(),
            limit,
        });
        Ok(true)
    }

    /// Reports rules that are empty, invalid or contradictory.
    pub(crate) fn validate(&self, owner: &str, errors: &mut Errors) {
        for rule in &self.rules {
            let Limit::Text(text) = &rule.limit else {
                continue;
            };
            if text.value().is_empty() {
                errors.push(
                    text.span(),
                    format_args!("`{}` of `{owner}` is empty", rule.key),
                    "write a value, or remove the key",
                );
            } else if rule.key == "pattern"
                && let Err(cause) = regex_lite::Regex::new(&text.value())
            {
                errors.push(
                    text.span(),
                    format_args!("`pattern` of `{owner}` is not a regular expression: {cause}"),
                    "write a regular expression without look-around and back-references",
                );
            }
        }
        for (low, high) in [
            ("min", "max"),
            ("above", "max"),
            ("min_length", "max_length"),
            ("min_items", "max_items"),
        ] {
            if let (Some(least), Some(most)) = (self.limit(low), self.limit(high))
                && (most.number() < least.number()
                    || (low == "above" && most.number() <= least.number()))
            {
                errors.push(
                    most.span(),
                    format_args!("no value of `{owner}` is valid: `{high}` is below `{low}`"),
                    format_args!(
                        "write a `{high}` above {}, or exchange the values",
                        least.number()
                    ),
                );
            }
        }
        if let Some((_, items)) = &self.items {
            items.validate(owner, errors);
        }
    }

    /// Reports a string that does not match the pattern of the same rules.
    pub(crate) fn validate_value(
        &self,
        owner: &str,
        key: &str,
        value: &Value,
        errors: &mut Errors,
    ) {
        if let Some(Limit::Text(pattern)) = self.limit("pattern")
            && let Ok(regex) = regex_lite::Regex::new(&pattern.value())
            && let Some(text) = value.json.as_str()
            && !regex.is_match(text)
        {
            errors.push(
                value.span,
                format_args!("the {key} of `{owner}` does not match its pattern"),
                format_args!("write a value that matches `{}`", pattern.value()),
            );
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rules.is_empty() && self.items.is_none()
    }

    /// Generates the shape of the type with these rules.
    pub(crate) fn shape(&self, ty: &Type) -> TokenStream {
        self.narrow(type_shape(ty))
    }

    fn narrow(&self, mut shape: TokenStream) -> TokenStream {
        if let Some((_, items)) = &self.items {
            let item = items.narrow(quote!(#shape.item()));
            shape = quote!(#shape.items(const { &#item }));
        }
        for Rule { key, limit } in &self.rules {
            let limit = match limit {
                Limit::Integer(limit, _) => quote!(::runtime::__private::Bound::Integer(#limit)),
                Limit::Number(limit, _) => quote!(::runtime::__private::Bound::Number(#limit)),
                Limit::Count(limit, _) => quote!(#limit),
                Limit::Text(text) => quote!(#text),
            };
            shape = quote!(#shape.#key(#limit));
        }
        shape
    }

    /// Generates checks that each rule fits the type.
    pub(crate) fn checks(&self, owner: &str, ty: &Type) -> TokenStream {
        self.kind_checks(owner, &format!("`{}`", type_name(ty)), &type_shape(ty))
    }

    fn kind_checks(&self, owner: &str, type_name: &str, shape: &TokenStream) -> TokenStream {
        let mut checks = TokenStream::new();
        let mut check = |key: &Ident, kind: &str, kind_name: &str, instead: &str| {
            let kind = Ident::new(kind, key.span());
            checks.extend(compile_check(
                key.span(),
                &quote!(#shape.#kind()),
                format_args!(
                    "`{key}` of `{owner}` is a rule for {kind_name}, but the type is {type_name}"
                ),
                instead,
            ));
        };
        for Rule { key, limit } in &self.rules {
            let (kind, kind_name, instead) = key_of(&key.to_string(), limit);
            check(key, kind, kind_name, instead);
        }
        if let Some((key, items)) = &self.items {
            check(
                key,
                "is_array",
                "arrays",
                "write the rules without `items(..)` around them",
            );
            let shape = quote!(#shape.item());
            let type_name = format!("the items of {type_name}");
            checks.extend(items.kind_checks(owner, &type_name, &shape));
        }
        checks
    }

    fn limit(&self, key: &str) -> Option<&Limit> {
        let rule = self.rules.iter().find(|rule| rule.key == key)?;
        Some(&rule.limit)
    }
}

impl Limit {
    // The result is only compared, so an integer bound of more than 53 bits may be rounded.
    #[allow(clippy::cast_precision_loss)]
    fn number(&self) -> f64 {
        match self {
            Self::Integer(limit, _) => *limit as f64,
            Self::Number(limit, _) => *limit,
            Self::Count(limit, _) => f64::from(*limit),
            Self::Text(_) => 0.0,
        }
    }

    fn span(&self) -> Span {
        match self {
            Self::Integer(_, span) | Self::Number(_, span) | Self::Count(_, span) => *span,
            Self::Text(text) => text.span(),
        }
    }
}

/// Returns the predicate that a shape must satisfy for a rule, the name of such types for messages, and the correction for other types.
fn key_of(key: &str, limit: &Limit) -> (&'static str, &'static str, &'static str) {
    match (key, limit) {
        ("above", _) => (
            "is_fraction",
            "`f64`",
            "for an `i64`, write `min` with the next greater number",
        ),
        (_, Limit::Number(..)) => (
            "is_fraction",
            "`f64`",
            "for an `i64`, write a number without a fraction",
        ),
        (_, Limit::Integer(..)) => (
            "is_number",
            "numbers",
            "write `min_length` and `max_length` for a string, `min_items` and `max_items` for an array",
        ),
        ("min_items" | "max_items", _) => (
            "is_array",
            "arrays",
            "write `min_length` and `max_length` for a string, `min` and `max` for a number",
        ),
        ("min_length" | "max_length", _) => (
            "is_string",
            "strings",
            "write `min` and `max` for a number, `min_items` and `max_items` for an array",
        ),
        _ => (
            "is_string",
            "strings",
            "remove the key; write rules for the items of an array in `items(..)`",
        ),
    }
}

fn type_shape(ty: &Type) -> TokenStream {
    let schema = quote_spanned!(ty.span()=> ::runtime::__private::Schema);
    quote!(<#ty as #schema>::SHAPE)
}

fn bound(input: ParseStream<'_>) -> syn::Result<Limit> {
    input.parse::<Token![=]>()?;
    let minus = input.parse::<Option<Token![-]>>()?;
    let sign = if minus.is_some() { "-" } else { "" };
    let literal: Lit = input.parse()?;
    match &literal {
        Lit::Int(number) => format!("{sign}{}", number.base10_digits())
            .parse()
            .ok()
            .map(|limit| Limit::Integer(limit, number.span())),
        Lit::Float(number) => format!("{sign}{}", number.base10_digits())
            .parse()
            .ok()
            .map(|limit| Limit::Number(limit, number.span())),
        _ => None,
    }
    .ok_or_else(|| {
        error(
            literal.span(),
            "a limit must be a number",
            "write a number: `1`, `-0.5`",
        )
    })
}

/// Formats a type in the usual notation: `Option<Vec<String>>`.
pub(crate) fn type_name(ty: &Type) -> String {
    let mut name = quote!(#ty).to_string();
    for (spaced, tight) in [(" < ", "<"), (" >", ">"), (" :: ", "::"), (" ,", ",")] {
        name = name.replace(spaced, tight);
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_named_as_they_are_written() {
        let rows = [
            "String",
            "Option<Nullable<String>>",
            "std::collections::BTreeMap<String, Vec<i64>>",
        ];
        for row in rows {
            let ty = syn::parse_str(row).unwrap_or(Type::Verbatim(TokenStream::new()));
            assert_eq!(type_name(&ty), row);
        }
    }
}
