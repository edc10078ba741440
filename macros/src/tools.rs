//! `#[tools]`: adds the list of its tools to a module, and passes the keys of the module to each tool.

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;
use syn::parse::ParseStream;
use syn::{Attribute, Item, ItemMod, ItemStruct, LitStr, Meta};

use crate::entries::{each_key_of, items, keys, unknown_key, value};
use crate::errors::Errors;

/// Keys of `#[tools(..)]`: what all tools of the module have in common.
#[derive(Default)]
pub(crate) struct ModuleKeys {
    pub(crate) toolset: Option<LitStr>,
    pub(crate) document: Option<LitStr>,
    pub(crate) tags: Vec<LitStr>,
    pub(crate) secret_fields: Vec<LitStr>,
}

impl ModuleKeys {
    /// Parses `module(..)`, with which `#[tools]` passes the keys to a tool.
    pub(crate) fn parse(input: ParseStream<'_>, errors: &mut Errors) -> syn::Result<Self> {
        let mut module = Self::default();
        keys(input, errors, |key, input, errors| {
            module.read(key, input, errors)
        })?;
        Ok(module)
    }

    fn read(
        &mut self,
        key: &Ident,
        input: ParseStream<'_>,
        errors: &mut Errors,
    ) -> syn::Result<()> {
        match key.to_string().as_str() {
            "toolset" => self.toolset = Some(value(input)?),
            "document" => self.document = Some(value(input)?),
            "tags" => self.tags = items(input, errors)?,
            "secret_fields" => self.secret_fields = items(input, errors)?,
            _ => {
                let known = "`toolset`, `document`, `tags`, `secret_fields`";
                return Err(unknown_key(key, "`#[tools(..)]`", known));
            }
        }
        Ok(())
    }

    /// Reports keys that are missing or empty.
    fn validate(&self, module: &Ident, errors: &mut Errors) {
        for (key, value) in [("toolset", &self.toolset), ("document", &self.document)] {
            match value {
                None => errors.push(
                    Span::call_site(),
                    format_args!("module `{module}` has no {key}"),
                    format_args!("add `{key} = \"..\"` to `#[runtime::tools(..)]`"),
                ),
                Some(text) if text.value().trim().is_empty() => errors.push(
                    text.span(),
                    format_args!("the {key} of module `{module}` is empty"),
                    format_args!("write `{key} = \"..\"`"),
                ),
                Some(_) => {}
            }
        }
    }

    /// Generates `module(..)`.
    fn expand(&self) -> TokenStream {
        let toolset = self.toolset.iter();
        let document = self.document.iter();
        let tags = &self.tags;
        let secret = match &self.secret_fields[..] {
            [] => TokenStream::new(),
            fields => quote!(, secret_fields(#(#fields),*)),
        };
        quote!(module(#(toolset = #toolset,)* #(document = #document,)* tags(#(#tags),*) #secret))
    }
}

/// Expands `#[tools(..)] mod tools { .. }`.
pub(crate) fn expand(attr: TokenStream, item: TokenStream) -> (TokenStream, Vec<syn::Error>) {
    let mut errors = Errors::default();
    let mut module = match syn::parse2::<ItemMod>(item.clone()) {
        Ok(module) => module,
        Err(error) => {
            let what = "`#[tools]` must be on a module";
            errors.push(error.span(), what, "write `pub mod tools { .. }` after it");
            return (item, errors.into_vec());
        }
    };
    let mut keys = ModuleKeys::default();
    each_key_of(attr, &mut errors, |key, input, errors| {
        keys.read(key, input, errors)
    });
    if errors.is_empty() {
        keys.validate(&module.ident, &mut errors);
    }
    let Some((_, items)) = &mut module.content else {
        errors.push(
            module.ident.span(),
            format_args!("module `{}` has no content in this file", module.ident),
            "write the content here: `pub mod tools { .. }`",
        );
        return (item, errors.into_vec());
    };
    let common = keys.expand();
    let mut tools = Vec::new();
    for item in items.iter_mut() {
        if let Item::Struct(block) = item {
            tools.extend(tool(block, &common));
        }
    }
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

/// Adds the keys of the module to the block of a tool, and generates the item of the list. Returns `None` if the struct is not a tool, or is generic, which `#[tool]` reports.
fn tool(block: &mut ItemStruct, common: &TokenStream) -> Option<TokenStream> {
    let attribute = block
        .attrs
        .iter_mut()
        .find(|attribute| is_tool(attribute))?;
    let path = attribute.path().clone();
    let own = match &attribute.meta {
        Meta::List(list) => list.tokens.clone(),
        Meta::Path(_) | Meta::NameValue(_) => TokenStream::new(),
    };
    attribute.meta = syn::parse_quote!(#path(#common, #own));
    let ident = &block.ident;
    let cfg = block.attrs.iter().filter(|a| a.path().is_ident("cfg"));
    let item = quote!(#(#cfg)* <#ident as ::runtime::__private::ToolBlock>::TOOL);
    block.generics.params.is_empty().then_some(item)
}

fn is_tool(attribute: &Attribute) -> bool {
    let last = attribute.path().segments.last();
    last.is_some_and(|segment| segment.ident == "tool")
}
