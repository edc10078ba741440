//! Parses structs and enums with `#[schema(..)]`, and keeps their tokens.

use proc_macro2::{Ident, Span};
use syn::ext::IdentExt as _;
use syn::spanned::Spanned as _;
use syn::{Attribute, Data, DeriveInput, Fields, LitStr, Token, Type};

use crate::docs::description;
use crate::entries::{each_key_of, unknown_key, value};
use crate::errors::Errors;
use crate::field::FieldRules;
use crate::rules::KEYS as RULE_KEYS;

/// JSON type of a Rust type.
pub(crate) enum SchemaBody {
    /// A struct: an object.
    Object {
        members: Vec<Member>,
        additional: Additional,
    },
    /// An enum of unit variants: a string.
    Strings(Vec<JsonName>),
    /// An enum of variants with one field: one of several types.
    Union(Vec<Variant>),
}

/// `#[schema(additional)]`
pub(crate) enum Additional {
    Closed,
    Any,
    Of(Box<Type>),
}

/// Identifier in Rust, and the name in JSON if it differs.
pub(crate) struct JsonName {
    pub(crate) ident: Ident,
    written: Option<LitStr>,
}

impl JsonName {
    fn new(ident: Ident) -> Self {
        let written = None;
        Self { ident, written }
    }

    /// Returns the name in JSON.
    pub(crate) fn text(&self) -> String {
        let own = || self.ident.unraw().to_string();
        self.written.as_ref().map_or_else(own, LitStr::value)
    }

    /// Returns the span for errors about the name.
    pub(crate) fn span(&self) -> Span {
        self.written
            .as_ref()
            .map_or(self.ident.span(), LitStr::span)
    }
}

/// A field of a struct.
pub(crate) struct Member {
    pub(crate) name: JsonName,
    /// Type with the shape: that of the field, or that of the key `shape`.
    pub(crate) ty: Type,
    pub(crate) description: String,
    pub(crate) rules: FieldRules,
}

/// A variant with one field.
pub(crate) struct Variant {
    pub(crate) ident: Ident,
    pub(crate) ty: Type,
    pub(crate) rules: FieldRules,
}

/// Parses the item; `None` if the item has no JSON type.
pub(crate) fn parse(item: DeriveInput, errors: &mut Errors) -> Option<SchemaBody> {
    let ident = &item.ident;
    if !item.generics.params.is_empty() {
        errors.push(
            item.generics.span(),
            format_args!("`{ident}` is generic"),
            "derive `Schema` only for types without parameters",
        );
    }
    match item.data {
        Data::Struct(data) => match data.fields {
            Fields::Named(fields) => {
                let additional = additional(&item.attrs, errors);
                let fields = fields.named.into_iter();
                let members = fields.filter_map(|field| member(field, errors)).collect();
                Some(SchemaBody::Object {
                    members,
                    additional,
                })
            }
            Fields::Unnamed(_) | Fields::Unit => {
                errors.push(
                    ident.span(),
                    format_args!("struct `{ident}` has no named fields"),
                    "write the members of the object as fields: `pub name: String`",
                );
                None
            }
        },
        Data::Enum(data) => {
            no_keys(&item.attrs, "an enum", errors);
            variants(ident, data.variants.into_iter().collect(), errors)
        }
        Data::Union(_) => {
            errors.push(
                ident.span(),
                format_args!("`{ident}` is a `union`"),
                "write an enum with one variant for each type: `Text(String)`",
            );
            None
        }
    }
}

fn additional(attributes: &[Attribute], errors: &mut Errors) -> Additional {
    let mut additional = Additional::Closed;
    each_schema_key(attributes, errors, |key, input, _| {
        if key != "additional" {
            return Err(unknown_key(
                key,
                "`#[schema(..)]` of a struct",
                "`additional`",
            ));
        }
        additional = match input.peek(Token![=]) {
            true => Additional::Of(Box::new(value(input)?)),
            false => Additional::Any,
        };
        Ok(())
    });
    additional
}

fn member(field: syn::Field, errors: &mut Errors) -> Option<Member> {
    let mut member = Member {
        name: JsonName::new(field.ident?),
        ty: field.ty,
        description: description(&field.attrs),
        rules: FieldRules::default(),
    };
    each_schema_key(&field.attrs, errors, |key, input, errors| {
        if key == "name" {
            member.name.written = Some(value(input)?);
        } else if key == "shape" {
            member.ty = value(input)?;
        } else if !member.rules.read(key, input, errors)? {
            let known = format!("`name`, `shape`, {RULE_KEYS}, `default`, `example`");
            return Err(unknown_key(key, "`#[schema(..)]` of a field", &known));
        }
        Ok(())
    });
    Some(member)
}

fn variants(ident: &Ident, variants: Vec<syn::Variant>, errors: &mut Errors) -> Option<SchemaBody> {
    let (mut strings, mut union) = (Vec::new(), Vec::new());
    for variant in variants {
        match &variant.fields {
            Fields::Unit => strings.push(string_value(&variant, errors)),
            Fields::Unnamed(fields) if fields.unnamed.len() == 1 => {
                let ty = fields.unnamed[0].ty.clone();
                union.push(union_variant(&variant, ty, errors));
            }
            fields => errors.push(
                fields.span(),
                format_args!("variant `{ident}::{}` has no JSON form", variant.ident),
                "write `Name` in an enum of strings, `Name(Type)` in an enum of types",
            ),
        }
    }
    match (strings.first(), union.first()) {
        (Some(first), Some(other)) => {
            // The error is reported for the less frequent kind of variant.
            let fewer = if strings.len() < union.len() {
                &first.ident
            } else {
                &other.ident
            };
            errors.push(
                fewer.span(),
                format_args!("`{ident}` mixes strings and types"),
                "move the strings to their own enum, and make it a variant of this enum",
            );
            None
        }
        (None, None) if errors.is_empty() => {
            errors.push(
                ident.span(),
                format_args!("`{ident}` has no variants, so no value has this type"),
                "add a variant, or use `Json` for any value",
            );
            None
        }
        (None, _) => Some(SchemaBody::Union(union)),
        (_, None) => Some(SchemaBody::Strings(strings)),
    }
}

fn string_value(variant: &syn::Variant, errors: &mut Errors) -> JsonName {
    let mut name = JsonName::new(variant.ident.clone());
    each_schema_key(&variant.attrs, errors, |key, input, _| {
        if key != "name" {
            return Err(unknown_key(key, "`#[schema(..)]` of a variant", "`name`"));
        }
        name.written = Some(value(input)?);
        Ok(())
    });
    name
}

fn union_variant(variant: &syn::Variant, ty: Type, errors: &mut Errors) -> Variant {
    let mut rules = FieldRules::default();
    each_schema_key(&variant.attrs, errors, |key, input, errors| {
        if matches!(key.to_string().as_str(), "default" | "example")
            || !rules.read(key, input, errors)?
        {
            return Err(unknown_key(key, "`#[schema(..)]` of a variant", RULE_KEYS));
        }
        Ok(())
    });
    Variant {
        ident: variant.ident.clone(),
        ty,
        rules,
    }
}

fn no_keys(attributes: &[Attribute], place: &str, errors: &mut Errors) {
    each_schema_key(attributes, errors, |key, _, _| {
        Err(unknown_key(
            key,
            &format!("`#[schema(..)]` of {place}"),
            "those of its variants",
        ))
    });
}

fn each_schema_key(
    attributes: &[Attribute],
    errors: &mut Errors,
    mut read: impl FnMut(&Ident, syn::parse::ParseStream<'_>, &mut Errors) -> syn::Result<()>,
) {
    for attribute in attributes {
        if !attribute.path().is_ident("schema") {
            continue;
        }
        match attribute.meta.require_list() {
            Ok(list) => each_key_of(list.tokens.clone(), errors, &mut read),
            Err(error) => errors.add(error),
        }
    }
}
