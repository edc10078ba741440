//! The rules that narrow a type: `min = 1, max_length = 20, items(pattern = "..")`.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::parse::ParseStream;
use syn::spanned::Spanned as _;
use syn::{Lit, LitInt, LitStr, Token, Type};

use crate::entries::{each_key, parenthesized, unknown_key, value};
use crate::errors::{Errors, error};
use crate::value::Value;

/// The keys of rules, for messages.
pub(crate) const KEYS: &str = "`min`, `max`, `above`, `min_length`, `max_length`, `pattern`, `format`, `min_items`, `max_items`, `items`";

/// Rules as written.
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
    /// Reads what follows `key`; `false` if it is not the key of a rule.
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
                parenthesized(input, errors, |input, errors| {
                    each_key(input, errors, |key, input, errors| {
                        match items.read(key, input, errors)? {
                            true => Ok(()),
                            false => Err(unknown_key(key, "`items(..)`", KEYS)),
                        }
                    });
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

    /// Finds rules that no value, or any value, keeps to.
    pub(crate) fn validate(&self, owner: &str, errors: &mut Errors) {
        for rule in &self.rules {
            let Limit::Text(text) = &rule.limit else {
                continue;
            };
            if text.value().is_empty() {
                errors.push(
                    text.span(),
                    format_args!("`{}` of `{owner}` is empty", rule.key),
                    "remove it",
                );
            } else if rule.key == "pattern"
                && let Err(cause) = regex_lite::Regex::new(&text.value())
            {
                errors.push(
                    text.span(),
                    format_args!("`pattern` of `{owner}` is no regular expression: {cause}"),
                    "write one without look-around and back-references",
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
                    format_args!(
                        "no value of `{owner}` is right: its `{high}` is below its `{low}`"
                    ),
                    format_args!(
                        "write a `{high}` above {}, or exchange the two",
                        least.number()
                    ),
                );
            }
        }
        if let Some((_, items)) = &self.items {
            items.validate(owner, errors);
        }
    }

    /// Finds a string that does not match the pattern that stands beside it.
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
                format_args!("write one that `{}` matches", pattern.value()),
            );
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rules.is_empty() && self.items.is_none()
    }

    /// The shape of the type with these rules; one that does not fit panics in the compiler, at its key.
    pub(crate) fn shape(&self, ty: &Type) -> TokenStream {
        let schema = quote_spanned!(ty.span()=> ::runtime::__private::Schema);
        self.narrow(quote!(<#ty as #schema>::SHAPE))
    }

    // Calls are nested, not chained, so that the span of each is its key alone.
    fn narrow(&self, mut shape: TokenStream) -> TokenStream {
        if let Some((key, items)) = &self.items {
            let item = items.narrow(quote!(::runtime::__private::Shape::item(#shape)));
            shape = quote_spanned!(key.span()=> ::runtime::__private::Shape::items(#shape, const { &#item }));
        }
        for Rule { key, limit } in &self.rules {
            let limit = match limit {
                Limit::Integer(limit, span) => {
                    quote_spanned!(*span=> ::runtime::__private::Bound::Integer(#limit))
                }
                Limit::Number(limit, span) => {
                    quote_spanned!(*span=> ::runtime::__private::Bound::Number(#limit))
                }
                Limit::Count(limit, span) => quote_spanned!(*span=> #limit),
                Limit::Text(text) => quote!(#text),
            };
            shape = quote_spanned!(key.span()=> ::runtime::__private::Shape::#key(#shape, #limit));
        }
        shape
    }

    fn limit(&self, key: &str) -> Option<&Limit> {
        let rule = self.rules.iter().find(|rule| rule.key == key)?;
        Some(&rule.limit)
    }
}

impl Limit {
    // Compared only, where a whole bound of more than 53 bits may be rounded.
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
            "this is no limit of a number",
            "write a number: `1`, `-0.5`",
        )
    })
}
