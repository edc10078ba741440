//! The types that several toolsets of an API have, and mean the same by: they are written once.

use std::collections::BTreeMap;

use crate::catalog::{Rules, Toolset, TypeDef, TypeKind, TypeRef};

use super::types::reached;

/// Takes them out of the toolsets, sorted by name.
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

/// Whether a type is the same everywhere, down to the types that it is made of: a decision about a field holds for the toolset that states it, and two documents can mean different things by one name.
fn is_same(name: &str, toolsets: &[&Toolset]) -> bool {
    let root = TypeRef {
        kind: TypeKind::Named(name.to_owned()),
        nullable: false,
        rules: Rules::default(),
    };
    let mut all = toolsets
        .iter()
        .map(|toolset| reached(&[&root], &toolset.types));
    let first = all.next();
    all.all(|other| Some(&other) == first.as_ref())
}
