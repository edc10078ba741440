//! `#[tool]`: generates a checked constant from a documented struct.
//!
//! `ast` and `parameter` parse. `validate` checks, with one module for each subject, such as `names`, `path`, `body` and `list`. `expand` generates the code.

mod ast;
mod block;
mod body;
mod each;
mod expand;
mod list;
mod names;
mod parameter;
mod path;
mod since;
mod validate;
mod versions;

use proc_macro2::TokenStream;
use quote::quote;
use syn::{ItemStruct, LitStr};

use crate::errors::Errors;

/// Expands `#[tool(attr)] item`. The output always contains the item, even if there are errors.
pub(crate) fn expand(attr: TokenStream, item: TokenStream) -> (TokenStream, Vec<syn::Error>) {
    let mut errors = Errors::default();
    let mut item = match syn::parse2::<ItemStruct>(item.clone()) {
        Ok(item) => item,
        Err(error) => {
            let what = "`#[tool]` must be on a struct";
            let instead = "write the arguments of the tool as fields of a struct";
            errors.push(error.span(), what, instead);
            return (item, errors.into_vec());
        }
    };
    let keys = ast::Keys::parse(attr, &mut errors);
    let name = keys.name.as_ref();
    let name = name.map_or(item.ident.to_string(), LitStr::value);
    let parameters = parameter::parameters(&mut item, &name, &mut errors);
    let behind = match validate::validate(&item, &name, keys, parameters, &mut errors) {
        Some(tool) => {
            let line = expand::doc_line(&tool);
            item.attrs.push(syn::parse_quote!(#[doc = ""]));
            item.attrs.push(syn::parse_quote!(#[doc = #line]));
            expand::expand(&tool)
        }
        None => expand::stub(&item),
    };
    (quote!(#item #behind), errors.into_vec())
}
