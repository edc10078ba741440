//! Flattens a schema: follows its references and merges its `allOf`, so that one value has everything the schema says.

use indexmap::{IndexMap, IndexSet};
use openapiv3::{AnySchema, ReferenceOr, Schema, SchemaData, SchemaKind};
use serde_json::Value;

use super::merge::At;
use crate::catalog::Rules;
use crate::error::DocumentError;
use crate::openapi::{REFUSED, Spec, component_name, escape};

/// Schema at one location of a document.
#[derive(Debug, Clone)]
pub(super) struct Part<'a> {
    source: Source<'a>,
    /// JSON pointer in the normalised document.
    pub(super) pointer: String,
    /// Component that contains the schema.
    pub(super) owner: Option<String>,
    /// Components that have this schema as an alternative. A reference from the schema to one of them would make the component a part of itself.
    inside: Vec<String>,
}

/// Origin of a part.
#[derive(Debug, Clone)]
enum Source<'a> {
    Schema(&'a Schema),
    Reference(String),
    /// Alternatives, of which any one applies.
    Either(Vec<Part<'a>>),
}

impl<'a> Part<'a> {
    pub(super) fn new(
        schema: &'a ReferenceOr<Schema>,
        pointer: String,
        owner: Option<String>,
    ) -> Self {
        let source = match schema {
            ReferenceOr::Reference { reference } => Source::Reference(reference.clone()),
            ReferenceOr::Item(schema) => Source::Schema(schema),
        };
        Self {
            source,
            pointer,
            owner,
            inside: Vec::new(),
        }
    }

    pub(super) fn boxed(
        schema: &'a ReferenceOr<Box<Schema>>,
        pointer: String,
        owner: Option<String>,
    ) -> Self {
        let source = match schema {
            ReferenceOr::Reference { reference } => Source::Reference(reference.clone()),
            ReferenceOr::Item(schema) => Source::Schema(schema.as_ref()),
        };
        Self {
            source,
            pointer,
            owner,
            inside: Vec::new(),
        }
    }

    /// Makes a part from several definitions, of which one applies.
    pub(super) fn either(parts: Vec<Self>) -> Self {
        let first = parts.first();
        Self {
            pointer: first.map_or_else(String::new, |part| part.pointer.clone()),
            owner: first.and_then(|part| part.owner.clone()),
            inside: first.map_or_else(Vec::new, |part| part.inside.clone()),
            source: Source::Either(parts),
        }
    }

    /// Returns whether both parts are the same reference or equal schemas.
    pub(super) fn is(&self, other: &Self) -> bool {
        match (&self.source, &other.source) {
            (Source::Reference(one), Source::Reference(two)) => one == two,
            (Source::Schema(one), Source::Schema(two)) => one == two,
            _ => false,
        }
    }

    /// Makes a part for a whole component.
    pub(super) fn component(name: &str) -> Self {
        let pointer = format!("/components/schemas/{}", escape(name));
        Self {
            source: Source::Reference(format!("#{pointer}")),
            pointer,
            owner: None,
            inside: Vec::new(),
        }
    }

    /// Returns the schema's own `title`, not that of a component to which it refers.
    pub(super) fn title(&self) -> Option<&'a str> {
        match &self.source {
            Source::Schema(schema) => schema.schema_data.title.as_deref(),
            Source::Reference(_) | Source::Either(_) => None,
        }
    }

    /// Returns the name of the component to which the part refers, with or without annotations beside the reference.
    pub(super) fn name(&self) -> Option<String> {
        let schema = match &self.source {
            Source::Reference(reference) => return component_name(reference),
            Source::Schema(schema) => schema,
            Source::Either(_) => return None,
        };
        let all = match &schema.schema_kind {
            SchemaKind::AllOf { all_of } => all_of,
            // A `type` beside a reference repeats the type of the component.
            SchemaKind::Any(any) if is_only_all_of(any) => &any.all_of,
            _ => return None,
        };
        match all.as_slice() {
            [ReferenceOr::Reference { reference }] => component_name(reference),
            _ => None,
        }
    }
}

fn is_only_all_of(any: &AnySchema) -> bool {
    *any == AnySchema {
        typ: any.typ.clone(),
        all_of: any.all_of.clone(),
        ..AnySchema::default()
    }
}

/// JSON type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Basic {
    String,
    Integer,
    Number,
    Boolean,
    Object,
    Array,
}

/// Members that are not listed in `properties`.
#[derive(Debug, Clone, Default)]
pub(super) enum Additional<'a> {
    /// The document does not mention such members.
    #[default]
    Unsaid,
    /// Such members are not allowed.
    Closed,
    /// Any such members are allowed.
    Open,
    /// Such members have all of these schemas.
    These(Vec<Part<'a>>),
}

/// Everything that a schema says.
#[derive(Debug, Clone, Default)]
pub(super) struct Flat<'a> {
    pub(super) basic: Option<Basic>,
    pub(super) nullable: bool,
    pub(super) read_only: bool,
    pub(super) write_only: bool,
    pub(super) deprecated: bool,
    /// Outermost description.
    pub(super) description: String,
    /// Whether the description is that of a component to which the schema refers.
    pub(super) described_by_component: bool,
    pub(super) default: Option<Value>,
    pub(super) example: Option<Value>,
    pub(super) constant: Option<Value>,
    pub(super) values: Option<Vec<Value>>,
    pub(super) rules: Rules,
    pub(super) properties: IndexMap<&'a str, Vec<Part<'a>>>,
    pub(super) required: IndexSet<&'a str>,
    pub(super) additional: Additional<'a>,
    pub(super) items: Vec<Part<'a>>,
    /// Alternatives; empty if there are none.
    pub(super) union: Vec<Part<'a>>,
    /// Whether the schema requires several JSON types at once. No value can satisfy this, but servers respond with values of such schemas.
    pub(super) mixed: bool,
    /// Constraints on a sent value that no rule can express, as sentences.
    pub(super) notes: Vec<String>,
    /// Constructs that the catalogue cannot express, each with its pointer. They matter only for values that are sent.
    pub(super) unsupported: Vec<(String, String)>,
}

impl Flat<'_> {
    /// Returns whether the schema is an object with named members, whatever else it says.
    pub(super) fn is_struct(&self) -> bool {
        let object = self.basic.is_none_or(|basic| basic == Basic::Object);
        object && !self.mixed && self.values.is_none() && !self.properties.is_empty()
    }

    /// Returns whether the schema has alternatives and also members, values or items of its own. `additionalProperties: false` does not count, because it adds nothing.
    pub(super) fn has_more_than_alternatives(&self) -> bool {
        let more = !self.properties.is_empty() || self.values.is_some() || !self.items.is_empty();
        more && !self.union.is_empty()
    }
}

/// Merges everything that holds for a value to which all `parts` apply.
pub(super) fn flatten<'a>(spec: &'a Spec, parts: &[Part<'a>]) -> Result<Flat<'a>, DocumentError> {
    let mut reader = Flattener {
        spec,
        flat: Flat::default(),
        open: Vec::new(),
    };
    let mut nullable = !parts.is_empty();
    for part in parts {
        reader.open.clone_from(&part.inside);
        nullable &= reader.part(part)?;
    }
    let mut flat = reader.flat;
    flat.nullable = nullable;
    if !flat.union.is_empty() {
        alternatives(spec, &mut flat)?;
    }
    Ok(flat)
}

/// Derives properties of the whole from its alternatives: read-only if all are, write-only or nullable if at least one is.
fn alternatives(spec: &Spec, flat: &mut Flat<'_>) -> Result<(), DocumentError> {
    let mut read_only = true;
    for part in flat.union.clone() {
        let inner = flatten(spec, &[part])?;
        read_only &= inner.read_only;
        flat.write_only |= inner.write_only;
        flat.nullable |= inner.nullable;
    }
    flat.read_only |= read_only;
    Ok(())
}

pub(super) struct Flattener<'a> {
    pub(super) spec: &'a Spec,
    pub(super) flat: Flat<'a>,
    /// Components that are being read.
    open: Vec<String>,
}

impl<'a> Flattener<'a> {
    /// Adds the keywords of a part and returns whether it allows `null`.
    fn part(&mut self, part: &Part<'a>) -> Result<bool, DocumentError> {
        match &part.source {
            Source::Schema(schema) => self.schema(schema, &part.pointer, part.owner.as_deref()),
            Source::Reference(reference) => self.reference(reference, &part.pointer),
            Source::Either(parts) if self.flat.union.is_empty() => {
                self.flat.union.clone_from(parts);
                for part in parts {
                    if self.flat.description.is_empty() {
                        let inner = flatten(self.spec, std::slice::from_ref(part))?;
                        self.flat.description = inner.description;
                    }
                }
                Ok(false)
            }
            Source::Either(_) => {
                let at = At {
                    pointer: &part.pointer,
                    owner: None,
                };
                Ok(self.unsupported(at, "oneOf` beside other alternatives, `oneOf"))
            }
        }
    }

    fn reference(&mut self, reference: &str, pointer: &str) -> Result<bool, DocumentError> {
        let missing = || DocumentError::Reference {
            file: self.spec.source.clone(),
            pointer: pointer.to_owned(),
            reference: reference.to_owned(),
        };
        let name = component_name(reference).ok_or_else(missing)?;
        let schemas = self
            .spec
            .openapi
            .components
            .as_ref()
            .map(|components| &components.schemas);
        let schema = schemas
            .and_then(|schemas| schemas.get(&name))
            .ok_or_else(missing)?;
        if self.open.contains(&name) {
            let construct = format!("`{name}` as a part of itself");
            return Err(DocumentError::Unsupported {
                file: self.spec.source.clone(),
                pointer: pointer.to_owned(),
                construct,
            });
        }
        self.open.push(name.clone());
        let described = !self.flat.description.is_empty();
        let part = Part::new(
            schema,
            format!("/components/schemas/{}", escape(&name)),
            Some(name),
        );
        let nullable = self.part(&part);
        self.flat.described_by_component |= !described && !self.flat.description.is_empty();
        self.open.pop();
        nullable
    }

    fn schema(
        &mut self,
        schema: &'a Schema,
        pointer: &str,
        owner: Option<&str>,
    ) -> Result<bool, DocumentError> {
        let extensions = &schema.schema_data.extensions;
        if let Some(reason) = extensions.get(REFUSED).and_then(Value::as_str) {
            return Err(DocumentError::Invalid {
                file: self.spec.source.clone(),
                pointer: pointer.to_owned(),
                message: reason.to_owned(),
            });
        }
        self.data(&schema.schema_data);
        let at = At { pointer, owner };
        let nullable = match &schema.schema_kind {
            SchemaKind::Type(ty) => {
                self.ty(ty, at);
                false
            }
            SchemaKind::AllOf { all_of } => self.all_of(all_of, at)?,
            SchemaKind::AnyOf { any_of } => self.union(any_of, "anyOf", at),
            SchemaKind::OneOf { one_of } => self.union(one_of, "oneOf", at),
            // Servers check `not`.
            SchemaKind::Not { .. } => false,
            SchemaKind::Any(any) => self.any(any, at)?,
        };
        Ok(nullable || schema.schema_data.nullable)
    }

    fn data(&mut self, data: &'a SchemaData) {
        let flat = &mut self.flat;
        flat.read_only |= data.read_only;
        flat.write_only |= data.write_only;
        flat.deprecated |= data.deprecated;
        if flat.description.is_empty() {
            data.description
                .as_deref()
                .unwrap_or_default()
                .trim()
                .clone_into(&mut flat.description);
        }
        // A default of `null`, kept as `x-default`, only says that the value can be omitted, so it is ignored here.
        flat.default = flat.default.take().or_else(|| data.default.clone());
        flat.example = flat.example.take().or_else(|| data.example.clone());
        flat.constant = flat
            .constant
            .take()
            .or_else(|| data.extensions.get("x-const").cloned());
    }

    pub(super) fn all_of(
        &mut self,
        list: &'a [ReferenceOr<Schema>],
        at: At<'_>,
    ) -> Result<bool, DocumentError> {
        let mut nullable = !list.is_empty();
        for (index, schema) in list.iter().enumerate() {
            nullable &= self.part(&at.part(schema, &format!("allOf/{index}")))?;
        }
        Ok(nullable)
    }

    pub(super) fn union(&mut self, list: &'a [ReferenceOr<Schema>], key: &str, at: At<'_>) -> bool {
        if list.is_empty() {
            return false;
        }
        if !self.flat.union.is_empty() {
            return self.unsupported(at, &format!("{key}` beside other alternatives, `{key}"));
        }
        let parts = list
            .iter()
            .enumerate()
            .map(|(index, schema)| at.part(schema, &format!("{key}/{index}")));
        self.flat.union = parts
            .map(|part| Part {
                inside: self.open.clone(),
                ..part
            })
            .collect();
        false
    }
}
