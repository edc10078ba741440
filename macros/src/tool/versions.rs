//! Parses and checks texts that apply to some versions of a server: `notes(FAB(before = "3.9") = "..", FAB(since = "3.9") = "..")`.

use proc_macro2::TokenStream;
use quote::quote;
use syn::LitStr;
use syn::parse::ParseStream;

use super::since::numbers;
use crate::entries::{Name, each, keys, parenthesized, unknown_key, value};
use crate::errors::Errors;

/// `FAB(since = "3.2", before = "3.9") = ".."`
pub(crate) struct VersionedText {
    product: Name,
    since: Option<LitStr>,
    before: Option<LitStr>,
    text: LitStr,
}

/// A text, and its variants for known versions.
#[derive(Default)]
pub(crate) struct Texts {
    /// Text if the version is unknown.
    pub(crate) any: String,
    /// First version, first version after the range, and text.
    pub(crate) versions: Vec<(String, String, String)>,
}

/// A version as numbers; `None` if there is no bound or the version is invalid.
type Bound = Option<Vec<u32>>;

/// Parses the content of `key(..)`.
pub(super) fn parse(
    input: ParseStream<'_>,
    errors: &mut Errors,
) -> syn::Result<Vec<VersionedText>> {
    let mut texts = Vec::new();
    parenthesized(input, errors, |input, errors| {
        each(input, errors, |input, errors| {
            let product: Name = input.parse()?;
            let (mut since, mut before) = (None, None);
            keys(input, errors, |key, input, _| {
                match key.to_string().as_str() {
                    "since" => since = Some(value(input)?),
                    "before" => before = Some(value(input)?),
                    _ => return Err(unknown_key(key, "a version", "`since`, `before`")),
                }
                Ok(())
            })?;
            let text = value(input)?;
            texts.push(VersionedText {
                product,
                since,
                before,
                text,
            });
            Ok(())
        });
    })?;
    Ok(texts)
}

/// Checks the texts of a key and appends each to `base`, which applies to all versions.
pub(super) fn check(
    texts: &[VersionedText],
    base: &str,
    key: &str,
    tool: &str,
    errors: &mut Errors,
) -> Texts {
    let mut ranges: Vec<(Bound, Bound)> = Vec::new();
    for text in texts {
        let [since, before] =
            [&text.since, &text.before].map(|bound| numbers(bound.as_ref()?, "version", errors));
        let empty = since.as_ref().zip(before.as_ref());
        let empty = empty.is_some_and(|(since, before)| since >= before);
        // Two ranges overlap if each begins before the other ends.
        let begins_before = |one: &Bound, other: &Bound| {
            let both = one.as_ref().zip(other.as_ref());
            both.is_none_or(|(begin, end)| begin < end)
        };
        let overlaps = ranges
            .iter()
            .any(|(from, to)| begins_before(from, &before) && begins_before(&since, to));
        if text.since.is_none() && text.before.is_none() {
            errors.push(
                text.product.span,
                format_args!("a text in `{key}` of tool `{tool}` has no versions"),
                "write `since = \"..\"` or `before = \"..\"`",
            );
        } else if since.is_none() && before.is_none() {
            // The invalid versions have already been reported.
        } else if empty {
            errors.push(
                text.product.span,
                format_args!("a text in `{key}` of tool `{tool}` applies to no version"),
                "write a `since` that is before `before`",
            );
        } else if overlaps {
            errors.push(
                text.product.span,
                format_args!("two texts in `{key}` of tool `{tool}` apply to the same version"),
                "let one range end where the other begins: `before = \"3.9\"`, `since = \"3.9\"`",
            );
        } else {
            ranges.push((since, before));
        }
        let first = texts.first().map(|first| &first.product.text);
        if first.is_some_and(|first| *first != text.product.text) {
            errors.push(
                text.product.span,
                format_args!("the texts in `{key}` of tool `{tool}` name several products"),
                "write only the product whose version decides",
            );
        }
        if text.text.value().trim().is_empty() {
            errors.push(
                text.text.span(),
                format_args!("a text in `{key}` of tool `{tool}` is empty"),
                "write a text for these versions, or remove it",
            );
        }
    }
    if texts.is_empty() {
        return Texts {
            any: base.to_owned(),
            versions: Vec::new(),
        };
    }
    let join = |base: &str, text: &str| format!("{base} {text}").trim().to_owned();
    let any = texts.iter().fold(base.to_owned(), |any, it| {
        join(&any, &format!("{}: {}", phrase(it), it.text.value()))
    });
    let own = |bound: &Option<LitStr>| bound.as_ref().map(LitStr::value).unwrap_or_default();
    let versions = texts.iter().map(|it| {
        let text = join(base, &it.text.value());
        (own(&it.since), own(&it.before), text)
    });
    // Text for versions outside all ranges.
    let rest = (String::new(), String::new(), base.to_owned());
    Texts {
        any,
        versions: versions.chain([rest]).collect(),
    }
}

/// Generates a slice of `VersionedText`.
pub(super) fn expand(texts: &Texts) -> TokenStream {
    let texts = texts.versions.iter().map(|(since, before, text)| {
        quote! {
            ::runtime::__private::VersionedText { since: #since, before: #before, text: #text }
        }
    });
    quote!(&[#(#texts),*])
}

/// Describes the versions in words.
fn phrase(text: &VersionedText) -> String {
    let product = &text.product.text;
    let value = |bound: &Option<LitStr>| bound.as_ref().map(LitStr::value);
    match (value(&text.since), value(&text.before)) {
        (Some(since), Some(before)) => format!("From {product} {since} to before {before}"),
        (Some(since), None) => format!("From {product} {since}"),
        (None, before) => format!("Before {product} {}", before.unwrap_or_default()),
    }
}
