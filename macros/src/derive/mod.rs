//! `#[derive(Schema)]`: generates a constant shape from a struct or an enum.

mod ast;
mod expand;
mod validate;

use proc_macro2::TokenStream;
use syn::DeriveInput;

use crate::errors::Errors;

/// Expands `#[derive(Schema)] item`.
pub(crate) fn expand(item: TokenStream) -> (TokenStream, Vec<syn::Error>) {
    let mut errors = Errors::default();
    let item = match syn::parse2::<DeriveInput>(item) {
        Ok(item) => item,
        Err(error) => return (TokenStream::new(), vec![error]),
    };
    let (ident, generics) = (item.ident.clone(), item.generics.clone());
    let body = ast::parse(item, &mut errors);
    if let Some(body) = &body {
        validate::validate(&ident, body, &mut errors);
    }
    let expansion = match body {
        Some(body) if errors.is_empty() => expand::expand(&ident, &body),
        _ => expand::stub(&ident, &generics),
    };
    (expansion, errors.into_vec())
}
