//! Parses comma-separated entries such as `name = "..", list(..), secret`, and continues after an error.

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use syn::ext::IdentExt as _;
use syn::parse::{Parse, ParseStream, Parser as _};
use syn::{LitStr, Token};

use crate::errors::{Errors, error};

/// A name as written: an identifier, or a string if the name is not an identifier.
#[derive(Clone)]
pub(crate) struct Name {
    pub(crate) text: String,
    pub(crate) span: Span,
}

impl Parse for Name {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        if input.peek(LitStr) {
            return input.parse::<LitStr>().map(|name| Self {
                text: name.value(),
                span: name.span(),
            });
        }
        input
            .parse::<Ident>()
            .map(|name| Self {
                text: name.unraw().to_string(),
                span: name.span(),
            })
            .map_err(|e| {
                error(
                    e.span(),
                    "expected a name",
                    "write the name as in JSON: `email`, or `\"type\"` for a keyword",
                )
            })
    }
}

/// A word that may be a keyword.
pub(crate) struct Word(pub(crate) Ident);

impl Parse for Word {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        input.call(Ident::parse_any).map(Self)
    }
}

/// Calls `read` at the start of each entry.
pub(crate) fn each(
    input: ParseStream<'_>,
    errors: &mut Errors,
    mut read: impl FnMut(ParseStream<'_>, &mut Errors) -> syn::Result<()>,
) {
    while !input.is_empty() {
        if let Err(error) = read(input, errors) {
            errors.add(error);
            skip_entry(input);
        } else if !input.is_empty() && !input.peek(Token![,]) {
            errors.push(
                input.span(),
                "expected a comma",
                "write a comma before the next entry",
            );
            if !input.peek(Ident::peek_any) {
                skip_entry(input);
            }
        }
        // The next token is a comma or the end of the input, as checked above.
        let _ = input.parse::<Option<Token![,]>>();
    }
}

/// Calls `read` after the key of each entry, and reports duplicate keys.
pub(crate) fn each_key(
    input: ParseStream<'_>,
    errors: &mut Errors,
    mut read: impl FnMut(&Ident, ParseStream<'_>, &mut Errors) -> syn::Result<()>,
) {
    let mut seen: Vec<Ident> = Vec::new();
    each(input, errors, |input, errors| {
        let Word(key) = input.parse()?;
        if seen.contains(&key) {
            errors.push(
                key.span(),
                format_args!("duplicate key `{key}`"),
                "remove one of them",
            );
        }
        let is_bare = input.is_empty() || input.peek(Token![,]);
        let result = read(&key, input, errors);
        let result = result.map_err(|cause| explained(cause, &key, is_bare));
        seen.push(key);
        result
    });
}

/// Calls [`each_key`] for the tokens of an attribute.
pub(crate) fn each_key_of(
    tokens: TokenStream,
    errors: &mut Errors,
    read: impl FnMut(&Ident, ParseStream<'_>, &mut Errors) -> syn::Result<()>,
) {
    let parsed = (|input: ParseStream<'_>| {
        each_key(input, errors, read);
        Ok(())
    })
    .parse2(tokens);
    if let Err(error) = parsed {
        errors.add(error);
    }
}

/// Parses the value of `key = ..`.
pub(crate) fn value<T: Parse>(input: ParseStream<'_>) -> syn::Result<T> {
    input.parse::<Token![=]>()?;
    input.parse()
}

/// Parses the content of `key(..)`.
pub(crate) fn parenthesized(
    input: ParseStream<'_>,
    errors: &mut Errors,
    read: impl FnOnce(ParseStream<'_>, &mut Errors),
) -> syn::Result<()> {
    let content;
    syn::parenthesized!(content in input);
    read(&content, errors);
    Ok(())
}

/// Parses `key(..)`, whose entries have keys.
pub(crate) fn keys(
    input: ParseStream<'_>,
    errors: &mut Errors,
    read: impl FnMut(&Ident, ParseStream<'_>, &mut Errors) -> syn::Result<()>,
) -> syn::Result<()> {
    parenthesized(input, errors, |input, errors| each_key(input, errors, read))
}

/// Parses `key(a, b)`.
pub(crate) fn items<T: Parse>(input: ParseStream<'_>, errors: &mut Errors) -> syn::Result<Vec<T>> {
    let mut items = Vec::new();
    parenthesized(input, errors, |input, errors| {
        each(input, errors, |input, _| {
            items.push(input.parse()?);
            Ok(())
        });
    })?;
    Ok(items)
}

/// Parses `key(a = 1, b = 2)`.
pub(crate) fn pairs<T: Parse>(
    input: ParseStream<'_>,
    errors: &mut Errors,
) -> syn::Result<Vec<(Name, T)>> {
    let mut pairs = Vec::new();
    parenthesized(input, errors, |input, errors| {
        each(input, errors, |input, _| {
            pairs.push((input.parse()?, value(input)?));
            Ok(())
        });
    })?;
    Ok(pairs)
}

/// Creates the error for an unknown key. `owner` contains the key, such as `list(..)`.
pub(crate) fn unknown_key(key: &Ident, owner: &str, known: &str) -> syn::Error {
    error(
        key.span(),
        format_args!("unknown key `{key}` in {owner}"),
        format_args!("use one of {known}"),
    )
}

/// Adds a note to an error of the parser, which only names the expected token. Errors of this crate already have a note.
fn explained(cause: syn::Error, key: &Ident, is_bare: bool) -> syn::Error {
    if cause.to_string().contains("\nnote: ") {
        cause
    } else if is_bare {
        error(
            key.span(),
            format_args!("`{key}` has no value"),
            format_args!("write `{key} = ..` or `{key}(..)`"),
        )
    } else {
        error(
            cause.span(),
            format_args!("invalid value of `{key}`: {cause}"),
            "see the documentation of the macro for the form of each key",
        )
    }
}

fn skip_entry(input: ParseStream<'_>) {
    while !input.is_empty() && !input.peek(Token![,]) {
        // A token exists, because the input is not empty.
        let _ = input.parse::<TokenTree>();
    }
}
