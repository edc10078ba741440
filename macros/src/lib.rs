//! Attribute and derive macros that turn a documented struct into a checked MCP tool.
//!
//! This file only converts token streams. Each macro has three steps: `ast` parses the input and keeps its tokens, `validate` checks all rules, and `expand` cannot fail. All errors are reported in one run, each at the smallest invalid token. The documentation of the macros is on their re-exports in `runtime`, with compiled examples.

mod derive;
mod docs;
mod entries;
mod errors;
mod field;
#[cfg(test)]
#[allow(clippy::expect_used)]
mod golden;
mod rules;
mod tool;
mod tools;
mod value;

use errors::with_errors;
use proc_macro::TokenStream;

#[allow(missing_docs)]
#[proc_macro_attribute]
pub fn tool(attr: TokenStream, item: TokenStream) -> TokenStream {
    with_errors(tool::expand(attr.into(), item.into())).into()
}

#[allow(missing_docs)]
#[proc_macro_attribute]
pub fn tools(attr: TokenStream, item: TokenStream) -> TokenStream {
    with_errors(tools::expand(attr.into(), item.into())).into()
}

#[allow(missing_docs)]
#[proc_macro_derive(Schema, attributes(schema))]
pub fn schema(item: TokenStream) -> TokenStream {
    with_errors(derive::expand(item.into())).into()
}
