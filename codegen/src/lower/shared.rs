//! Collects the types that are the same in several toolsets of an API, so that each is written once.

use std::collections::BTreeMap;

use crate::catalog::{Toolset, TypeDef, TypeKind, TypeRef};

use super::types::reached;

/// Removes these types from the toolsets and returns them, sorted by name.
pub(super) fn take(toolsets: &mut [Toolset]) -> Vec<TypeDef> {
    let mut found: BTreeMap<&str, Vec<&Toolset>> = BTreeMap::new();
    for toolset in toolsets.iter() {
        for def in &toolset.types {
            found.entry(&def.rust_name).or_default().push(toolset);
        }
    }
    let shared: Vec<TypeDef> = found
        .into_iter()
        .filter(|(name, holders)| holders.len() > 1 && is_same(name, holders))
        .filter_map(|(name, holders)| definition(holders.first()?, name))
        .collect();
    for toolset in toolsets {
        toolset.types.retain(|def| !shared.contains(def));
    }
    shared
}

fn definition(toolset: &Toolset, name: &str) -> Option<TypeDef> {
    let mut types = toolset.types.iter();
    types.find(|def| def.rust_name == name).cloned()
}

/// Returns whether a type and all its parts are the same in all toolsets. They can differ: an override of a field applies only to the toolset that states it, and two documents can use one name for different types.
fn is_same(name: &str, toolsets: &[&Toolset]) -> bool {
    let root = TypeRef::from(TypeKind::Named(name.to_owned()));
    let mut all = toolsets
        .iter()
        .map(|toolset| reached(&[&root], &toolset.types));
    let first = all.next();
    all.all(|other| Some(&other) == first.as_ref())
}
