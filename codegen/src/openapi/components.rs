//! What is to be known of all component schemas of a document at once: Rust names, differences between input and output, recursion.

use std::collections::BTreeSet;

use indexmap::IndexMap;
use openapiv3::{AdditionalProperties, OpenAPI, ReferenceOr, Schema, SchemaKind, Type};

use super::unescape;
use crate::ident::{Taken, type_name};

/// The component schemas of a document.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Components {
    schemas: IndexMap<String, Component>,
    /// All Rust names that they have.
    pub(crate) taken: Taken,
}

/// A component schema.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Component {
    /// Name in Rust of what is received.
    pub(crate) output: String,
    /// Name in Rust of what is sent; another one only if the two differ.
    pub(crate) input: String,
    /// Components it refers to in a circle, where the circle is cut.
    cut: BTreeSet<String>,
}

impl Components {
    pub(crate) fn new(openapi: &OpenAPI) -> Self {
        let schemas = openapi
            .components
            .iter()
            .flat_map(|components| &components.schemas);
        let seen: IndexMap<&str, Seen> = schemas
            .map(|(name, schema)| {
                let mut seen = Seen::default();
                seen.visit(schema);
                (name.as_str(), seen)
            })
            .collect();
        let reached: Vec<BTreeSet<usize>> =
            (0..seen.len()).map(|from| reach(&seen, from)).collect();
        let differs = |index: usize| {
            reached[index]
                .iter()
                .chain([&index])
                .any(|index| seen[*index].one_way)
        };
        let mut components = Self::default();
        // The names of what is received first: these are the ones readers know from the document.
        for name in seen.keys() {
            let output = components.taken.take(&type_name(name));
            components.schemas.insert(
                (*name).to_owned(),
                Component {
                    input: output.clone(),
                    output,
                    cut: BTreeSet::new(),
                },
            );
        }
        for (index, component) in components.schemas.values_mut().enumerate() {
            if differs(index) {
                component.input = components.taken.take(&format!("{}Input", component.output));
            }
            // Within a circle only references to a later component are kept. This leaves no circle, and the same result wherever one begins to read.
            let circular = |target: &usize| {
                *target <= index && (*target == index || reached[*target].contains(&index))
            };
            let targets = seen[index].references.iter().filter(|name| {
                seen.get_index_of(name.as_str())
                    .as_ref()
                    .is_some_and(circular)
            });
            component.cut = targets.cloned().collect();
        }
        components
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Component> {
        self.schemas.get(name)
    }

    /// Whether the reference that `from` has to `to` is one of a circle and not followed.
    pub(crate) fn is_cut(&self, from: &str, to: &str) -> bool {
        self.get(from)
            .is_some_and(|component| component.cut.contains(to))
    }
}

/// The component that a reference names.
pub(crate) fn component_name(reference: &str) -> Option<String> {
    reference
        .strip_prefix("#/components/schemas/")
        .map(unescape)
}

/// All components that `from` leads to.
fn reach(seen: &IndexMap<&str, Seen>, from: usize) -> BTreeSet<usize> {
    let mut reached = BTreeSet::new();
    let mut open = vec![from];
    while let Some(index) = open.pop() {
        let targets = seen[index]
            .references
            .iter()
            .filter_map(|name| seen.get_index_of(name.as_str()));
        open.extend(targets.filter(|target| reached.insert(*target)));
    }
    reached
}

/// What stands in one component.
#[derive(Default)]
struct Seen {
    references: BTreeSet<String>,
    /// Something is read-only or write-only.
    one_way: bool,
}

impl Seen {
    fn visit(&mut self, schema: &ReferenceOr<Schema>) {
        match schema {
            ReferenceOr::Reference { reference } => {
                self.references.extend(component_name(reference));
            }
            ReferenceOr::Item(schema) => self.item(schema),
        }
    }

    fn boxed(&mut self, schema: &ReferenceOr<Box<Schema>>) {
        match schema {
            ReferenceOr::Reference { reference } => {
                self.references.extend(component_name(reference));
            }
            ReferenceOr::Item(schema) => self.item(schema),
        }
    }

    fn item(&mut self, schema: &Schema) {
        self.one_way |= schema.schema_data.read_only || schema.schema_data.write_only;
        match &schema.schema_kind {
            SchemaKind::Type(Type::Object(object)) => {
                object
                    .properties
                    .values()
                    .for_each(|property| self.boxed(property));
                self.additional(object.additional_properties.as_ref());
            }
            SchemaKind::Type(Type::Array(array)) => {
                array.items.iter().for_each(|items| self.boxed(items));
            }
            SchemaKind::Type(_) => {}
            SchemaKind::OneOf { one_of: list }
            | SchemaKind::AllOf { all_of: list }
            | SchemaKind::AnyOf { any_of: list } => {
                list.iter().for_each(|schema| self.visit(schema));
            }
            SchemaKind::Not { .. } => {}
            SchemaKind::Any(any) => {
                any.properties
                    .values()
                    .chain(&any.items)
                    .for_each(|inner| self.boxed(inner));
                self.additional(any.additional_properties.as_ref());
                any.all_of
                    .iter()
                    .chain(&any.any_of)
                    .chain(&any.one_of)
                    .for_each(|inner| self.visit(inner));
            }
        }
    }

    fn additional(&mut self, additional: Option<&AdditionalProperties>) {
        if let Some(AdditionalProperties::Schema(schema)) = additional {
            self.visit(schema);
        }
    }
}
