//! Reads the types of all component schemas of a document once, so that they are the same for every operation.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::types::{Direction, Types};
use super::{circles, fits};
use crate::catalog::{TypeDef, TypeRef};
use crate::error::DocumentError;
use crate::ident::{Taken, type_name};
use crate::openapi::Spec;

/// Types of all component schemas, by Rust name.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Shared {
    built: BTreeMap<String, Built>,
    /// All names in use.
    pub(super) taken: Arc<Taken>,
    /// Prefixes of the type names of all operations.
    operations: BTreeSet<String>,
}

/// Types and errors of one component.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Built {
    pub(super) ty: TypeRef,
    /// Type of the component and the anonymous types in it, in the order of first use.
    pub(super) types: Vec<TypeDef>,
    /// Components to which this component refers.
    pub(super) refers: BTreeSet<String>,
    /// Errors in the component.
    pub(super) errors: Vec<DocumentError>,
    /// Errors that matter only if the component is sent.
    pub(super) unsendable: Vec<DocumentError>,
}

impl Shared {
    /// Reads all components.
    pub(super) fn new(spec: &Spec) -> Self {
        let mut types = Types::of_components(spec);
        // Received types get their names first, because these are the names that readers know from the document.
        for (name, component) in spec.components.iter() {
            // A component with the same type in both directions is read as input, because input has more details.
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
            operations: spec
                .operations()
                .iter()
                .map(|operation| type_name(&operation.id))
                .collect(),
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

    /// Returns whether a type of the operation whose type names begin with `own` could be a type of another operation with a longer name. Example: the member `parts` of `GetItem`, and the operation `GetItemParts`.
    pub(super) fn is_ambiguous(&self, own: &str, types: &[TypeDef]) -> bool {
        let longer = self.operations.range(own.to_owned()..);
        let mut longer = longer
            .take_while(|name| name.starts_with(own))
            .filter(|name| *name != own);
        longer.any(|name| {
            types
                .iter()
                .any(|def| def.rust_name.starts_with(name.as_str()))
        })
    }

    /// Returns all components that can be reached from the given ones, including these, in the order of their names.
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
