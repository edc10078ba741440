//! Keys that arguments and members of objects have in common: rules, a default, an example.

use proc_macro2::{Ident, TokenStream};
use quote::{quote, quote_spanned};
use syn::Type;
use syn::parse::ParseStream;
use syn::spanned::Spanned as _;

use crate::entries::value;
use crate::errors::Errors;
use crate::rules::{Rules, type_name};
use crate::value::Value;

/// Rules, default and example of a value, as parsed.
#[derive(Default)]
pub(crate) struct FieldRules {
    pub(crate) rules: Rules,
    pub(crate) default: Option<Value>,
    pub(crate) example: Option<Value>,
}

impl FieldRules {
    /// Parses the content after `key`; `false` if `key` is not one of these keys.
    pub(crate) fn read(
        &mut self,
        key: &Ident,
        input: ParseStream<'_>,
        errors: &mut Errors,
    ) -> syn::Result<bool> {
        match key.to_string().as_str() {
            "default" => self.default = Some(value(input)?),
            "example" => self.example = Some(value(input)?),
            _ => return self.rules.read(key, input, errors),
        }
        Ok(true)
    }

    /// Checks the rules that do not depend on the type.
    pub(crate) fn validate(&self, owner: &str, errors: &mut Errors) {
        self.rules.validate(owner, errors);
        for (key, value) in self.values() {
            self.rules.validate_value(owner, key, value, errors);
        }
    }

    /// Generates the `Field` of a member of this type.
    pub(crate) fn field(&self, name: &str, description: &str, ty: &Type) -> TokenStream {
        let of = quote_spanned!(ty.span()=> ::runtime::__private::Field::of);
        let field = quote!(#of::<#ty>(#name, #description));
        let shape = (!self.rules.is_empty()).then(|| {
            let shape = self.rules.shape(ty);
            quote!(shape: #shape,)
        });
        let texts = self.values().map(|(key, value)| {
            let (key, text) = (Ident::new(key, value.span), value.text());
            quote!(#key: #text,)
        });
        let set: TokenStream = shape.into_iter().chain(texts).collect();
        if set.is_empty() {
            return field;
        }
        quote!(::runtime::__private::Field { #set ..#field })
    }

    /// Generates checks that the rules fit the type, and that the default and the example are values of the type. `shape` is an expression for the shape of the type.
    pub(crate) fn checks(&self, name: &str, ty: &Type, shape: &TokenStream) -> TokenStream {
        let ty_name = type_name(ty);
        let values = self.values().map(|(key, value)| {
            let text = value.text();
            let wrong = format_args!(
                "the {key} `{text}` of `{name}` is not a value of its type `{ty_name}`"
            );
            value.check(shape, wrong)
        });
        let rules = self.rules.checks(name, ty);
        std::iter::once(rules).chain(values).collect()
    }

    fn values(&self) -> impl Iterator<Item = (&'static str, &Value)> {
        let default = self.default.iter().map(|value| ("default", value));
        default.chain(self.example.iter().map(|value| ("example", value)))
    }
}
