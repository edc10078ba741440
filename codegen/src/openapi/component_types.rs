//! Types of all component schemas of a document. They are the same for every operation.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::catalog::{TypeDef, TypeRef};
use crate::error::DocumentError;
use crate::ident::Taken;

/// Types of all component schemas.
#[derive(Debug, Default)]
pub(super) struct ComponentTypes {
    /// Components by Rust name.
    pub(super) components: BTreeMap<String, ComponentType>,
    /// All names in use.
    pub(super) taken: Arc<Taken>,
}

/// Types and errors of one component.
#[derive(Debug)]
pub(super) struct ComponentType {
    pub(super) ty: TypeRef,
    pub(super) contents: Contents,
}

/// Types that were made for a part of a document, and what was found in it.
#[derive(Debug, Default)]
pub(super) struct Contents {
    /// Types in the order of first use. The first one of a component is the component itself.
    pub(super) types: Vec<TypeDef>,
    /// Components that were referred to, by Rust name.
    pub(super) components: BTreeSet<String>,
    /// Components of `components` that are sent.
    pub(super) sent: BTreeSet<String>,
    pub(super) errors: Vec<DocumentError>,
    /// Errors that matter only if the types are sent.
    pub(super) unsendable: Vec<DocumentError>,
}

impl ComponentTypes {
    /// Returns all components that can be reached from the given ones, including these, in the order of their names.
    pub(super) fn reached(&self, from: &BTreeSet<String>) -> Vec<&Contents> {
        let mut found = BTreeMap::new();
        let mut open: Vec<&String> = from.iter().collect();
        while let Some(name) = open.pop() {
            if let Some(component) = self.components.get(name)
                && found.insert(name, &component.contents).is_none()
            {
                open.extend(&component.contents.components);
            }
        }
        found.into_values().collect()
    }
}
