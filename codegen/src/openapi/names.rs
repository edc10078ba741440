//! Names the component schemas of a document in Rust. A component has two names if its input differs from its output.

use std::collections::BTreeSet;
use std::sync::Arc;

use indexmap::IndexMap;

use super::model::{
    Components, MediaType, Operation, Parameter, Referable, RequestBody, Schema, Section,
    component_name,
};
use crate::ident::{Taken, type_name};

/// Direction of a value: sent (`Input`) or received (`Output`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Direction {
    Input,
    Output,
}

/// Names of the component schemas of a document.
#[derive(Debug, Default)]
pub(super) struct Names {
    schemas: IndexMap<String, ComponentNames>,
    /// All Rust names of the component schemas.
    pub(super) taken: Arc<Taken>,
}

/// Names of a component schema.
#[derive(Debug)]
pub(super) struct ComponentNames {
    /// Rust name of the type that is received.
    pub(super) output: String,
    /// Rust name of the type that is sent; differs from `output` only if the two types differ.
    pub(super) input: String,
    /// Whether a request can contain the component.
    pub(super) is_sent: bool,
}

impl Names {
    /// Names the components. `sent` has the references in requests.
    pub(super) fn new(components: &Components, sent: &References) -> Self {
        let seen: IndexMap<&str, References> = components
            .schemas
            .iter()
            .map(|(name, schema)| {
                let mut seen = References::default();
                seen.schema(schema);
                (name.as_str(), seen)
            })
            .collect();
        let differs = differing(&seen);
        let sent = sent.reached(&seen);
        let mut taken = Taken::default();
        // Received types get their names first, because these are the names that readers know from the document.
        let mut schemas: IndexMap<String, ComponentNames> = seen
            .keys()
            .map(|name| {
                let output = taken.take(&type_name(name));
                let names = ComponentNames {
                    input: output.clone(),
                    output,
                    is_sent: sent.contains(name),
                };
                ((*name).to_owned(), names)
            })
            .collect();
        for (names, _) in schemas
            .values_mut()
            .zip(differs)
            .filter(|(_, differ)| *differ)
        {
            names.input = taken.take(&format!("{}Input", names.output));
        }
        Self {
            schemas,
            taken: Arc::new(taken),
        }
    }

    pub(super) fn get(&self, name: &str) -> Option<&ComponentNames> {
        self.schemas.get(name)
    }

    /// Returns all components with their names, in the order of the document.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&String, &ComponentNames)> {
        self.schemas.iter()
    }
}

impl ComponentNames {
    /// Returns the Rust name for a direction.
    pub(super) fn in_direction(&self, direction: Direction) -> &str {
        match direction {
            Direction::Input => &self.input,
            Direction::Output => &self.output,
        }
    }

    /// Returns whether both directions have the same type.
    pub(super) fn is_one_type(&self) -> bool {
        self.input == self.output
    }
}

/// Returns for each component whether it differs between the directions: it has read-only or write-only values, or refers to a component that has them.
fn differing(seen: &IndexMap<&str, References>) -> Vec<bool> {
    let mut differs: Vec<bool> = seen.values().map(|seen| seen.is_one_way).collect();
    let mut is_changed = true;
    while std::mem::take(&mut is_changed) {
        for (index, references) in seen.values().enumerate() {
            let targets = references.components.iter();
            let mut targets = targets.filter_map(|name| seen.get_index_of(name.as_str()));
            if !differs[index] && targets.any(|target| differs[target]) {
                differs[index] = true;
                is_changed = true;
            }
        }
    }
    differs
}

/// Components to which a part of the document refers.
#[derive(Default)]
pub(super) struct References {
    components: BTreeSet<String>,
    /// Whether a value is read-only or write-only.
    is_one_way: bool,
}

impl References {
    pub(super) fn operation(&mut self, operation: &Operation) {
        self.parameters(&operation.parameters);
        self.bodies(&operation.request_body);
    }

    /// Adds the components to which parameters and bodies among the components refer.
    pub(super) fn components(&mut self, components: &Components) {
        self.parameters(components.parameters.values());
        self.bodies(components.request_bodies.values());
    }

    pub(super) fn parameters<'m>(
        &mut self,
        parameters: impl IntoIterator<Item = &'m Referable<Parameter>>,
    ) {
        for parameter in parameters {
            if let Referable::Item(parameter) = parameter {
                parameter.schema.iter().for_each(|it| self.schema(it));
                self.content(&parameter.content);
            }
        }
    }

    fn bodies<'m>(&mut self, bodies: impl IntoIterator<Item = &'m Referable<RequestBody>>) {
        for body in bodies {
            if let Referable::Item(body) = body {
                self.content(&body.content);
            }
        }
    }

    fn content(&mut self, content: &Section<MediaType>) {
        for media in content.values() {
            if let Referable::Item(media) = media {
                media.schema.iter().for_each(|it| self.schema(it));
            }
        }
    }

    fn schema(&mut self, schema: &Referable<Schema>) {
        match schema {
            Referable::Reference(reference) => self.components.extend(component_name(reference)),
            Referable::Item(schema) => {
                self.is_one_way |= schema.read_only || schema.write_only;
                schema.children().for_each(|it| self.schema(it));
            }
            Referable::Unreadable(_) => {}
        }
    }

    /// Returns the components that can be reached, directly or through other components.
    fn reached<'s>(&self, seen: &IndexMap<&'s str, Self>) -> BTreeSet<&'s str> {
        let mut found = BTreeSet::new();
        let mut open = vec![self];
        while let Some(next) = open.pop() {
            for name in &next.components {
                if let Some((name, inner)) = seen.get_key_value(name.as_str())
                    && found.insert(*name)
                {
                    open.push(inner);
                }
            }
        }
        found
    }
}
