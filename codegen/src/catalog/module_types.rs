//! Types that are visible in a generated module, by name.

use std::collections::BTreeMap;

use super::api::Toolset;
use super::types::{Field, TypeDef, TypeKind, TypeRef, TypeShape};

/// Types of a module: anonymous types, its named types and the shared types of the API.
pub(crate) struct ModuleTypes<'a>(BTreeMap<&'a str, &'a TypeDef>);

impl<'a> ModuleTypes<'a> {
    /// Returns the types of a toolset's module. A type of the module hides a shared type with the same name.
    pub(crate) fn of(shared: &'a [TypeDef], toolset: &'a Toolset) -> Self {
        Self(
            shared
                .iter()
                .chain(definitions(toolset))
                .map(|definition| (definition.rust_name.as_str(), definition))
                .collect(),
        )
    }

    /// Returns the type with this name.
    pub(crate) fn get(&self, name: &str) -> Option<&'a TypeDef> {
        self.0.get(name).copied()
    }

    /// Returns the type at a path with dots, which leads through objects and arrays of objects.
    pub(crate) fn field(&self, ty: &'a TypeRef, path: &str) -> Option<&'a TypeRef> {
        path.split('.')
            .try_fold(ty, |ty, name| Some(&self.member(ty, name)?.ty))
    }

    /// Returns the members of an object; an empty slice for other types.
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

/// Returns all types to which a module refers, in its tools and in its type definitions.
pub(crate) fn references(toolset: &Toolset) -> impl Iterator<Item = &TypeRef> {
    let of_operations = toolset.operations.iter().flat_map(|operation| {
        operation
            .parameters
            .iter()
            .map(|parameter| &parameter.field.ty)
            .chain(operation.list.as_ref().map(|list| &list.item_type))
            .chain(&operation.returns)
    });
    of_operations.chain(definitions(toolset).flat_map(TypeDef::parts))
}

/// Returns the types that a module defines, in the order in which they are emitted.
pub(crate) fn definitions(toolset: &Toolset) -> impl Iterator<Item = &TypeDef> {
    toolset
        .operations
        .iter()
        .flat_map(|operation| &operation.types)
        .chain(&toolset.types)
}
