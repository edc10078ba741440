//! Collects all errors of a block, so that all are reported in one run.

use std::fmt::Display;

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};

/// Errors found so far.
#[derive(Default)]
pub(crate) struct Errors(Vec<syn::Error>);

impl Errors {
    /// Adds an error: what is wrong, and what to write instead.
    pub(crate) fn push(&mut self, span: Span, wrong: impl Display, instead: impl Display) {
        self.0.push(error(span, wrong, instead));
    }

    /// Adds an error of the parser.
    pub(crate) fn add(&mut self, error: syn::Error) {
        self.0.push(error);
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn into_vec(self) -> Vec<syn::Error> {
        self.0
    }
}

/// Creates an error: what is wrong, and what to write instead.
pub(crate) fn error(span: Span, wrong: impl Display, instead: impl Display) -> syn::Error {
    syn::Error::new(span, message(wrong, instead))
}

/// Returns the text of an error.
pub(crate) fn message(wrong: impl Display, instead: impl Display) -> String {
    format!("{wrong}\nnote: {instead}")
}

/// Generates a check that the compiler makes. If the condition is false, the error is at `span`.
pub(crate) fn compile_check(
    span: Span,
    condition: &TokenStream,
    wrong: impl Display,
    instead: impl Display,
) -> TokenStream {
    let message = message(wrong, instead);
    quote_spanned! {span=>
        const _: () = ::runtime::__private::check(#condition, #message);
    }
}

/// Returns the output of a macro: its expansion, and a compile error for each error.
pub(crate) fn with_errors((expansion, errors): (TokenStream, Vec<syn::Error>)) -> TokenStream {
    let errors = errors.iter().map(syn::Error::to_compile_error);
    quote!(#expansion #(#errors)*)
}
