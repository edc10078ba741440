//! Selects the types of a module: those that a tool needs, and those of them that are shared.

use std::collections::{BTreeMap, BTreeSet};

use crate::catalog::{TypeDef, TypeKind, TypeRef, TypeShape};
use crate::diagnostic::nearest;

/// Shared types of a module, and all names in use in the module.
#[derive(Debug, Default)]
pub(super) struct Module {
    types: BTreeMap<String, TypeDef>,
    taken: BTreeSet<String>,
}

impl Module {
    /// Adds a shared type; returns `false` if a different type has this name.
    pub(super) fn share(&mut self, def: &TypeDef) -> bool {
        self.taken.insert(def.rust_name.clone());
        let shared = self
            .types
            .entry(def.rust_name.clone())
            .or_insert_with(|| def.clone());
        shared == def
    }

    /// Takes a name for something that is not shared; returns `false` if the name is in use.
    pub(super) fn take(&mut self, name: &str) -> bool {
        self.taken.insert(name.to_owned())
    }

    pub(super) fn types_mut(&mut self) -> &mut BTreeMap<String, TypeDef> {
        &mut self.types
    }

    /// Returns the shared types, sorted by name.
    pub(super) fn into_types(self) -> Vec<TypeDef> {
        self.types.into_values().collect()
    }
}

/// Returns the types that can be reached from `roots`, in the order of first use: first those of component schemas with all their parts, then the anonymous ones.
pub(super) fn reached(roots: &[&TypeRef], types: &[TypeDef]) -> (Vec<TypeDef>, Vec<TypeDef>) {
    let by_name = types.iter().map(|def| (def.rust_name.as_str(), def));
    let mut walk = Walk {
        types: by_name.collect(),
        seen: BTreeMap::new(),
        order: Vec::new(),
    };
    for root in roots {
        walk.type_ref(root, false);
    }
    let found = walk
        .order
        .iter()
        .filter_map(|name| walk.types.get(name).copied())
        .cloned();
    found.partition(|def| walk.seen.get(def.rust_name.as_str()) == Some(&true))
}

/// Returns the type of a member. The error is the most similar member name, if there is one.
pub(super) fn member<'t>(
    ty: &'t TypeRef,
    name: &str,
    types: &'t [TypeDef],
) -> Result<&'t TypeRef, Option<String>> {
    match &ty.innermost().kind {
        TypeKind::Any => Ok(ty),
        TypeKind::Map(of) => Ok(of),
        TypeKind::Named(type_name) | TypeKind::Boxed(type_name) => {
            match find(types, type_name).map(|def| &def.shape) {
                Some(TypeShape::Struct { fields, .. }) => {
                    match fields.iter().find(|field| field.name == name) {
                        Some(field) => Ok(&field.ty),
                        None => Err(nearest(
                            name,
                            fields.iter().map(|field| field.name.as_str()),
                        )),
                    }
                }
                _ => Err(None),
            }
        }
        _ => Err(None),
    }
}

/// Finds a type by its Rust name.
pub(super) fn find<'t>(types: &'t [TypeDef], name: &str) -> Option<&'t TypeDef> {
    types.iter().find(|def| def.rust_name == name)
}

struct Walk<'t> {
    types: BTreeMap<&'t str, &'t TypeDef>,
    /// Types that were seen, and whether each belongs to a component schema.
    seen: BTreeMap<&'t str, bool>,
    order: Vec<&'t str>,
}

impl<'t> Walk<'t> {
    fn type_ref(&mut self, ty: &TypeRef, shared: bool) {
        let def = ty.name().and_then(|name| self.types.get(name).copied());
        let Some(def) = def else {
            return;
        };
        let shared = shared || def.schema.is_some();
        match self.seen.insert(&def.rust_name, shared) {
            // The type and its parts have already been visited with the same or a stronger result.
            Some(before) if before || !shared => {
                self.seen.insert(&def.rust_name, before);
                return;
            }
            Some(_) => {}
            None => self.order.push(&def.rust_name),
        }
        for part in def.parts() {
            self.type_ref(part, shared);
        }
    }
}
