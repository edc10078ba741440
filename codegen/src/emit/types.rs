//! The types of one generated module, by name.

use std::collections::BTreeMap;

use crate::catalog::{Field, Toolset, TypeDef, TypeKind, TypeRef, TypeShape};

/// The types of a module, shared and anonymous ones.
pub(super) struct Types<'a>(BTreeMap<&'a str, &'a TypeDef>);

impl<'a> Types<'a> {
    /// Those of the module of a toolset.
    pub(super) fn of(toolset: &'a Toolset) -> Self {
        Self(
            definitions(toolset)
                .map(|definition| (definition.rust_name.as_str(), definition))
                .collect(),
        )
    }

    /// The type of this name.
    pub(super) fn get(&self, name: &str) -> Option<&'a TypeDef> {
        self.0.get(name).copied()
    }

    /// What a path with dots leads to in a type, through objects and arrays of objects.
    pub(super) fn field(&self, ty: &'a TypeRef, path: &str) -> Option<&'a TypeRef> {
        path.split('.')
            .try_fold(ty, |ty, name| Some(&self.member(ty, name)?.ty))
    }

    fn member(&self, ty: &'a TypeRef, name: &str) -> Option<&'a Field> {
        match &ty.kind {
            TypeKind::Array(items) => self.member(items, name),
            TypeKind::Named(of) => match &self.get(of)?.shape {
                TypeShape::Struct { fields, .. } => fields.iter().find(|field| field.name == name),
                TypeShape::Enum { .. } | TypeShape::Union { .. } => None,
            },
            _ => None,
        }
    }
}

/// All types of a module, in the order they are printed.
pub(super) fn definitions(toolset: &Toolset) -> impl Iterator<Item = &TypeDef> {
    toolset
        .operations
        .iter()
        .flat_map(|operation| &operation.types)
        .chain(&toolset.types)
}

/// The types that a type consists of.
pub(super) fn parts(definition: &TypeDef) -> Vec<&TypeRef> {
    match &definition.shape {
        TypeShape::Struct { fields, additional } => fields
            .iter()
            .map(|field| &field.ty)
            .chain(additional)
            .collect(),
        TypeShape::Enum { .. } => Vec::new(),
        TypeShape::Union { variants } => variants.iter().map(|variant| &variant.ty).collect(),
    }
}

/// The named type that a type is, or holds in arrays and maps.
pub(super) fn named(ty: &TypeRef) -> Option<&str> {
    match &ty.kind {
        TypeKind::Array(of) | TypeKind::Map(of) => named(of),
        TypeKind::Named(name) => Some(name),
        _ => None,
    }
}
