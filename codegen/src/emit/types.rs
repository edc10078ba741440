//! The types that one generated module knows, by name.

use std::collections::BTreeMap;

use crate::catalog::{Field, Toolset, TypeDef, TypeKind, TypeRef, TypeShape};

/// The types of a module: anonymous ones, its own, and those of the API.
pub(crate) struct Types<'a>(BTreeMap<&'a str, &'a TypeDef>);

impl<'a> Types<'a> {
    /// Those that an API has for all its toolsets.
    pub(super) fn shared(types: &'a [TypeDef]) -> Self {
        Self(
            types
                .iter()
                .map(|definition| (definition.rust_name.as_str(), definition))
                .collect(),
        )
    }

    /// Those of the module of a toolset. Its own come before those of the API, which it shares.
    pub(crate) fn of(shared: &'a [TypeDef], toolset: &'a Toolset) -> Self {
        Self(
            shared
                .iter()
                .chain(definitions(toolset))
                .map(|definition| (definition.rust_name.as_str(), definition))
                .collect(),
        )
    }

    /// The type of this name.
    pub(crate) fn get(&self, name: &str) -> Option<&'a TypeDef> {
        self.0.get(name).copied()
    }

    /// What a path with dots leads to in a type, through objects and arrays of objects.
    pub(crate) fn field(&self, ty: &'a TypeRef, path: &str) -> Option<&'a TypeRef> {
        path.split('.')
            .try_fold(ty, |ty, name| Some(&self.member(ty, name)?.ty))
    }

    /// The members of an object; none of anything else.
    pub(crate) fn fields(&self, ty: &'a TypeRef) -> &'a [Field] {
        match &ty.kind {
            TypeKind::Named(of) => match self.get(of).map(|def| &def.shape) {
                Some(TypeShape::Struct { fields, .. }) => fields,
                _ => &[],
            },
            _ => &[],
        }
    }

    fn member(&self, ty: &'a TypeRef, name: &str) -> Option<&'a Field> {
        match &ty.kind {
            TypeKind::Array(items) => self.member(items, name),
            TypeKind::Named(of) | TypeKind::Boxed(of) => match &self.get(of)?.shape {
                TypeShape::Struct { fields, .. } => fields.iter().find(|field| field.name == name),
                TypeShape::Enum { .. } | TypeShape::Union { .. } => None,
            },
            _ => None,
        }
    }
}

/// All that a module refers to, in its tools and in the types that it defines.
pub(super) fn references(toolset: &Toolset) -> impl Iterator<Item = &TypeRef> {
    let of_operations = toolset.operations.iter().flat_map(|operation| {
        operation
            .parameters
            .iter()
            .map(|parameter| &parameter.ty)
            .chain(operation.list.as_ref().map(|list| &list.of))
            .chain(&operation.returns)
    });
    of_operations.chain(definitions(toolset).flat_map(parts))
}

/// The types that a module defines, in the order they are printed.
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
        TypeKind::Named(name) | TypeKind::Boxed(name) => Some(name),
        _ => None,
    }
}
