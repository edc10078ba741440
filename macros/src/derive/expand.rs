//! Generates the shape of a type. This step cannot fail.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::Generics;
use syn::spanned::Spanned as _;

use super::ast::{Additional, JsonName, Member, SchemaBody, Variant};

/// Generates the implementation of `Schema`.
pub(crate) fn expand(ident: &Ident, body: &SchemaBody) -> TokenStream {
    let (constants, kind) = match body {
        SchemaBody::Object {
            members,
            additional,
        } => object(members, additional),
        SchemaBody::Strings(values) => {
            let values = values.iter().map(JsonName::text);
            let kind = quote! {
                String(::runtime::__private::StringRules {
                    values: &[#(#values),*],
                    ..::runtime::__private::StringRules::ANY
                })
            };
            (TokenStream::new(), kind)
        }
        SchemaBody::Union(variants) => union(variants),
    };
    quote! {
        #[allow(non_upper_case_globals)]
        const _: () = {
            #constants
            #[diagnostic::do_not_recommend]
            impl ::runtime::__private::Schema for #ident {
                const SHAPE: ::runtime::__private::Shape = ::runtime::__private::Shape {
                    kind: ::runtime::__private::Kind::#kind,
                    nullable: false,
                };
            }
        };
    }
}

/// Generates a placeholder implementation for a type with errors, so that no further errors are reported because of them.
pub(crate) fn stub(ident: &Ident, generics: &Generics) -> TokenStream {
    let (generics, arguments, bounds) = generics.split_for_impl();
    quote! {
        impl #generics ::runtime::__private::Schema for #ident #arguments #bounds {
            const SHAPE: ::runtime::__private::Shape = ::runtime::__private::Shape::UNKNOWN;
        }
    }
}

/// Generates a constant for each member, so that each member reports its own errors.
fn object(members: &[Member], additional: &Additional) -> (TokenStream, TokenStream) {
    let constants = members.iter().map(|member| {
        let (ident, name) = (&member.name.ident, member.name.text());
        let field = member.rules.field(&name, &member.description, &member.ty);
        let checks = member
            .rules
            .checks(&name, &member.ty, &quote!(#ident.shape));
        quote! {
            const #ident: ::runtime::__private::Field = #field;
            #checks
        }
    });
    let constants = constants.collect();
    let fields = members.iter().map(|member| &member.name.ident);
    let additional = match additional {
        Additional::Closed => quote!(Closed),
        Additional::Any => quote! {
            Open(&<::runtime::__private::Json as ::runtime::__private::Schema>::SHAPE)
        },
        Additional::Of(ty) => {
            let schema = quote_spanned!(ty.span()=> ::runtime::__private::Schema);
            quote!(Open(&<#ty as #schema>::SHAPE))
        }
    };
    let kind = quote! {
        Object {
            fields: &[#(#fields),*],
            additional: ::runtime::__private::Additional::#additional,
        }
    };
    (constants, kind)
}

fn union(variants: &[Variant]) -> (TokenStream, TokenStream) {
    let names = variants
        .iter()
        .map(|variant| format_ident!("_{}", variant.ident));
    let names: Vec<Ident> = names.collect();
    let constants = names.iter().zip(variants).map(|(name, variant)| {
        let rules = &variant.rules.rules;
        let shape = rules.shape(&variant.ty);
        let checks = rules.checks(&variant.ident.to_string(), &variant.ty);
        quote!(const #name: ::runtime::__private::Shape = #shape; #checks)
    });
    let constants = constants.collect();
    (constants, quote!(OneOf(&[#(#names),*])))
}
