//! macros
use proc_macro::TokenStream;
/// tool
#[proc_macro_attribute]
pub fn tool(_: TokenStream, item: TokenStream) -> TokenStream {
    item
}
/// tools
#[proc_macro_attribute]
pub fn tools(_: TokenStream, item: TokenStream) -> TokenStream {
    item
}
/// Schema
#[proc_macro_derive(Schema, attributes(schema))]
pub fn schema(_: TokenStream) -> TokenStream {
    TokenStream::new()
}
