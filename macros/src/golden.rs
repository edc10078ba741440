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
            take(&mut module.attrs, "tools");
            crate::tools::expand(TokenStream::new(), quote!(#module))
        }
        Item::Struct(mut item) => match take(&mut item.attrs, "tool") {
            Some(attr) => crate::tool::expand(attr, quote!(#item)),
            None => derive(quote!(#item)),
        },
        item => derive(quote!(#item)),
    };
    assert!(errors.is_empty(), "{errors:?}");
    expansion
}

/// The output of a derive does not contain the item, so only the added code is compared.
fn derive(item: TokenStream) -> (TokenStream, Vec<syn::Error>) {
    crate::schema::expand(item)
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
fn log_tool() {
    expect_file!["../tests/golden/log_tool.expanded.rs"]
        .assert_eq(&expanded(include_str!("../tests/golden/log_tool.rs")));
}

#[test]
fn list_tool() {
    expect_file!["../tests/golden/list_tool.expanded.rs"]
        .assert_eq(&expanded(include_str!("../tests/golden/list_tool.rs")));
}

#[test]
fn update_tool() {
    expect_file!["../tests/golden/update_tool.expanded.rs"]
        .assert_eq(&expanded(include_str!("../tests/golden/update_tool.rs")));
}

#[test]
fn object() {
    expect_file!["../tests/golden/object.expanded.rs"]
        .assert_eq(&expanded(include_str!("../tests/golden/object.rs")));
}

#[test]
fn strings() {
    expect_file!["../tests/golden/strings.expanded.rs"]
        .assert_eq(&expanded(include_str!("../tests/golden/strings.rs")));
}

#[test]
fn union() {
    expect_file!["../tests/golden/union.expanded.rs"]
        .assert_eq(&expanded(include_str!("../tests/golden/union.rs")));
}

#[test]
fn module() {
    expect_file!["../tests/golden/module.expanded.rs"]
        .assert_eq(&expanded(include_str!("../tests/golden/module.rs")));
}
