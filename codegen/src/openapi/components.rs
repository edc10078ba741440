//! Reads what concerns all component schemas of a document together: their Rust names, and the differences between input and output.

use std::collections::BTreeSet;
use std::sync::Arc;

use indexmap::IndexMap;
use openapiv3::{
    AdditionalProperties, MediaType, OpenAPI, Operation, Parameter, ParameterSchemaOrContent,
    ReferenceOr, RequestBody, Schema, SchemaKind, Type,
};

use super::unescape;
use crate::facts::Direction;
use crate::ident::{Taken, type_name};

/// Component schemas of a document.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Components {
    schemas: IndexMap<String, Component>,
    /// All Rust names of the component schemas.
    pub(crate) taken: Arc<Taken>,
}

/// Component schema.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Component {
    /// Rust name of the type that is received.
    pub(crate) output: String,
    /// Rust name of the type that is sent; differs from `output` only if the two types differ.
    pub(crate) input: String,
    /// Whether a request can contain the component.
    pub(crate) sent: bool,
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
        let differs = differing(&seen);
        let sent = sent(openapi, &seen);
        let mut components = Self::default();
        let mut taken = Taken::default();
        // Received types get their names first, because these are the names that readers know from the document.
        for name in seen.keys() {
            let output = taken.take(&type_name(name));
            components.schemas.insert(
                (*name).to_owned(),
                Component {
                    input: output.clone(),
                    output,
                    sent: sent.contains(name),
                },
            );
        }
        for (index, component) in components.schemas.values_mut().enumerate() {
            if differs[index] {
                component.input = taken.take(&format!("{}Input", component.output));
            }
        }
        components.taken = Arc::new(taken);
        components
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Component> {
        self.schemas.get(name)
    }

    /// Returns all components with their names, in the order of the document.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &Component)> {
        let schemas = self.schemas.iter();
        schemas.map(|(name, component)| (name.as_str(), component))
    }
}

impl Component {
    /// Returns the Rust name of the component for a direction.
    pub(crate) fn of(&self, direction: Direction) -> &str {
        match direction {
            Direction::Input => &self.input,
            Direction::Output => &self.output,
        }
    }
}

/// Returns the name of the component to which a reference refers.
pub(crate) fn component_name(reference: &str) -> Option<String> {
    reference
        .strip_prefix("#/components/schemas/")
        .map(unescape)
}

/// Returns for each component whether it differs between the directions: it has read-only or write-only values, or refers to a component that has them.
fn differing(seen: &IndexMap<&str, Seen>) -> Vec<bool> {
    let mut referred: Vec<Vec<usize>> = vec![Vec::new(); seen.len()];
    for (from, seen_in) in seen.values().enumerate() {
        for name in &seen_in.references {
            if let Some(to) = seen.get_index_of(name.as_str()) {
                referred[to].push(from);
            }
        }
    }
    let mut differs: Vec<bool> = seen.values().map(|seen| seen.one_way).collect();
    let mut open: Vec<usize> = (0..seen.len()).filter(|index| differs[*index]).collect();
    while let Some(index) = open.pop() {
        for from in &referred[index] {
            if !std::mem::replace(&mut differs[*from], true) {
                open.push(*from);
            }
        }
    }
    differs
}

/// Returns the components to which requests refer, directly or through other components.
fn sent<'s>(openapi: &OpenAPI, seen: &IndexMap<&'s str, Seen>) -> BTreeSet<&'s str> {
    let mut roots = Seen::default();
    let items = openapi.paths.paths.values();
    for item in items.filter_map(ReferenceOr::as_item) {
        roots.parameters(&item.parameters);
        for (_, operation) in item.iter() {
            roots.operation(operation);
        }
    }
    if let Some(components) = &openapi.components {
        components
            .parameters
            .values()
            .for_each(|parameter| roots.parameter(parameter));
        components
            .request_bodies
            .values()
            .for_each(|body| roots.body(body));
    }
    let mut found = BTreeSet::new();
    let mut open = vec![&roots];
    while let Some(one) = open.pop() {
        for name in &one.references {
            if let Some((name, inner)) = seen.get_key_value(name.as_str())
                && found.insert(*name)
            {
                open.push(inner);
            }
        }
    }
    found
}

/// Contents of one component.
#[derive(Default)]
struct Seen {
    references: BTreeSet<String>,
    /// Whether a value is read-only or write-only.
    one_way: bool,
}

impl Seen {
    fn operation(&mut self, operation: &Operation) {
        self.parameters(&operation.parameters);
        if let Some(body) = &operation.request_body {
            self.body(body);
        }
    }

    fn parameters(&mut self, parameters: &[ReferenceOr<Parameter>]) {
        parameters
            .iter()
            .for_each(|parameter| self.parameter(parameter));
    }

    fn parameter(&mut self, parameter: &ReferenceOr<Parameter>) {
        let data = parameter.as_item().map(Parameter::parameter_data_ref);
        match data.map(|data| &data.format) {
            Some(ParameterSchemaOrContent::Schema(schema)) => self.visit(schema),
            Some(ParameterSchemaOrContent::Content(content)) => {
                content.values().for_each(|media| self.media(media));
            }
            None => {}
        }
    }

    fn body(&mut self, body: &ReferenceOr<RequestBody>) {
        let media = body
            .as_item()
            .into_iter()
            .flat_map(|it| it.content.values());
        media.for_each(|media| self.media(media));
    }

    fn media(&mut self, media: &MediaType) {
        media.schema.iter().for_each(|schema| self.visit(schema));
    }

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
