//! `#[tools]`: adds the list of its tools to a module.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Attribute, Item, ItemMod};

use crate::errors::Errors;

/// Expands `#[tools] mod tools { .. }`.
pub(crate) fn expand(attr: TokenStream, item: TokenStream) -> (TokenStream, Vec<syn::Error>) {
    let mut errors = Errors::default();
    if let Some(token) = attr.into_iter().next() {
        errors.push(
            token.span(),
            "`#[tools]` takes nothing",
            "write `#[runtime::tools]`",
        );
    }
    let mut module = match syn::parse2::<ItemMod>(item.clone()) {
        Ok(module) => module,
        Err(error) => {
            let what = "`#[tools]` stands before something else than a module";
            errors.push(error.span(), what, "write `pub mod tools { .. }`");
            return (item, errors.into_vec());
        }
    };
    let Some((_, items)) = &mut module.content else {
        errors.push(
            module.ident.span(),
            format_args!(
                "the content of module `{}` is in another file",
                module.ident
            ),
            "write it here: `pub mod tools { .. }`",
        );
        return (item, errors.into_vec());
    };
    let tools = items.iter().filter_map(|item| match item {
        // For a generic struct, `#[tool]` reports an error.
        Item::Struct(block)
            if block.attrs.iter().any(is_tool) && block.generics.params.is_empty() =>
        {
            let (ident, cfg) = (
                &block.ident,
                block.attrs.iter().filter(|a| a.path().is_ident("cfg")),
            );
            Some(quote!(#(#cfg)* <#ident as ::runtime::__private::ToolBlock>::TOOL))
        }
        _ => None,
    });
    let list = syn::parse_quote! {
        /// The tools of this module, in its order.
        pub static TOOLS: &[::runtime::Tool] = &[#(#tools),*];
    };
    items.push(list);
    // The types are never constructed, so their size is irrelevant. Names and texts are those of the document. A box marks a recursive type.
    module.attrs.push(syn::parse_quote! {
        #[allow(
            dead_code,
            missing_docs,
            clippy::enum_variant_names,
            clippy::large_enum_variant,
            clippy::vec_box
        )]
    });
    (quote!(#module), errors.into_vec())
}

fn is_tool(attribute: &Attribute) -> bool {
    let last = attribute.path().segments.last();
    last.is_some_and(|segment| segment.ident == "tool")
}
