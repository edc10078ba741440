//! The types of all component schemas of a document: read once, and so the same for each operation.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::types::{Direction, Types};
use super::{circles, fits};
use crate::catalog::{TypeDef, TypeRef};
use crate::error::DocumentError;
use crate::ident::Taken;
use crate::openapi::Spec;

/// What component schemas are, by their Rust names.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Shared {
    built: BTreeMap<String, Built>,
    /// All names in use.
    pub(super) taken: Arc<Taken>,
}

/// What one component is.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Built {
    pub(super) ty: TypeRef,
    /// Its own type and the anonymous ones in it, in the order of first use.
    pub(super) types: Vec<TypeDef>,
    /// The components it refers to.
    pub(super) refers: BTreeSet<String>,
    /// What is wrong with it.
    pub(super) errors: Vec<DocumentError>,
    /// What is in the way of sending it.
    pub(super) unsendable: Vec<DocumentError>,
}

impl Shared {
    /// Reads all components.
    pub(super) fn new(spec: &Spec) -> Self {
        let mut types = Types::of_components(spec);
        // The names of what is received first: these are the ones readers know from the document.
        for (name, component) in spec.components.iter() {
            // What is the same in both directions is read as it is sent, which says more.
            let direction = match component.input == component.output {
                true => Direction::Input,
                false => Direction::Output,
            };
            types.read(name, direction);
        }
        for (name, component) in spec.components.iter() {
            if component.input != component.output {
                types.read(name, Direction::Input);
            }
        }
        let mut shared = Self {
            built: types.built,
            taken: Arc::new(types.taken),
        };
        let before: Vec<TypeDef> = shared
            .built
            .values()
            .flat_map(|it| it.types.clone())
            .collect();
        let defs = before.iter().map(|def| (def.rust_name.as_str(), def));
        let defs = defs.collect();
        for def in shared.built.values_mut().flat_map(|it| &mut it.types) {
            fits::keep_fitting(def, &defs);
        }
        circles::cut(shared.built.values_mut().flat_map(|it| &mut it.types));
        shared
    }

    pub(super) fn get(&self, rust_name: &str) -> Option<&Built> {
        self.built.get(rust_name)
    }

    /// The components that these lead to, themselves among them, in the order of their names.
    pub(super) fn reached<'s>(
        &'s self,
        from: impl Iterator<Item = &'s String>,
    ) -> impl Iterator<Item = &'s Built> {
        let mut found = BTreeSet::new();
        let mut open: Vec<&String> = from.collect();
        while let Some(name) = open.pop() {
            if let Some(built) = self.built.get(name)
                && found.insert(name)
            {
                open.extend(&built.refers);
            }
        }
        found.into_iter().filter_map(|name| self.built.get(name))
    }
}
