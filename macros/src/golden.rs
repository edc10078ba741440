//! Compares formatted expansions with golden files: the expansion of `tests/golden/NAME.rs` is `NAME.expanded.rs`. `UPDATE_EXPECT=1` updates the files.

use expect_test::expect_file;
use proc_macro2::TokenStream;
use quote::quote;
use syn::{Attribute, Item, Meta};

/// Expands the items of a file with the macros in their attributes.
fn expanded(source: &str) -> String {
    let file = syn::parse_file(source).expect("an input in `tests/golden` is Rust");
    let tokens: TokenStream = file.items.into_iter().map(expand).collect();
    let file = syn::parse2(tokens).expect("an expansion is Rust");
    prettyplease::unparse(&file)
}

fn expand(item: Item) -> TokenStream {
    let (expansion, errors) = match item {
        Item::Mod(mut module) => {
            let attr = take(&mut module.attrs, "tools").unwrap_or_default();
            crate::tools::expand(attr, quote!(#module))
        }
        Item::Struct(mut item) => match take(&mut item.attrs, "tool") {
            // `#[tools]` adds the keys of the module.
            Some(attr) => crate::tool::expand(
                quote!(module(toolset = "users", document = "core"), #attr),
                quote!(#item),
            ),
            None => derive(quote!(#item)),
        },
        item => derive(quote!(#item)),
    };
    assert!(errors.is_empty(), "{errors:?}");
    expansion
}

/// The output of a derive does not contain the item, so only the added code is compared.
fn derive(item: TokenStream) -> (TokenStream, Vec<syn::Error>) {
    crate::derive::expand(item)
}

/// Removes the attribute and returns the content of its parentheses.
fn take(attributes: &mut Vec<Attribute>, name: &str) -> Option<TokenStream> {
    let at = attributes
        .iter()
        .position(|attribute| attribute.path().is_ident(name))?;
    match attributes.remove(at).meta {
        Meta::List(list) => Some(list.tokens),
        _ => None,
    }
}

#[test]
fn expansions_are_as_expected() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden");
    for name in [
        "list_tool",
        "log_tool",
        "module",
        "object",
        "strings",
        "union",
        "update_tool",
    ] {
        let source = std::fs::read_to_string(format!("{folder}/{name}.rs"));
        let expanded = expanded(&source.expect("the input exists"));
        expect_file![format!("{folder}/{name}.expanded.rs")].assert_eq(&expanded);
    }
}
