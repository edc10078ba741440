//! Schema with all its keywords in one value, after references were followed and `allOf` was merged.

use indexmap::{IndexMap, IndexSet};
use serde_json::Value;

use super::model::{Referable, Schema, component_name, schema_pointer};
use crate::catalog::Rules;
use crate::pointer::escape;

/// Schema at one location of a document.
#[derive(Debug, Clone)]
pub(super) struct Part<'a> {
    pub(super) source: PartSource<'a>,
    /// JSON pointer in the normalised document.
    pub(super) pointer: String,
    /// Components that have this schema as an alternative. A reference from the schema to one of them would make the component a part of itself.
    pub(super) inside: Vec<String>,
}

/// Origin of a part.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum PartSource<'a> {
    Schema(&'a Schema),
    Reference(String),
    Unreadable(&'a str),
    /// Definitions, of which any one applies.
    Either(Vec<Part<'a>>),
    /// Definitions, which all apply.
    All(Vec<Part<'a>>),
}

impl PartialEq for Part<'_> {
    /// Compares what the parts say, not where.
    fn eq(&self, other: &Self) -> bool {
        self.source == other.source
    }
}

impl<'a> Part<'a> {
    pub(super) fn new(schema: &'a Referable<Schema>, pointer: String) -> Self {
        let source = match schema {
            Referable::Item(schema) => PartSource::Schema(schema),
            Referable::Reference(reference) => PartSource::Reference(reference.clone()),
            Referable::Unreadable(reason) => PartSource::Unreadable(reason),
        };
        Self {
            source,
            pointer,
            inside: Vec::new(),
        }
    }

    /// Makes a part for a whole component.
    pub(super) fn component(name: &str) -> Self {
        let pointer = schema_pointer(name);
        Self {
            source: PartSource::Reference(format!("#{pointer}")),
            pointer,
            inside: Vec::new(),
        }
    }

    /// Makes a part for a schema in this part.
    pub(super) fn inner(&self, schema: &'a Referable<Schema>, step: &str) -> Self {
        Self::new(schema, format!("{}/{step}", self.pointer))
    }

    /// Makes a part for a named member of this part.
    pub(super) fn property(&self, schema: &'a Referable<Schema>, name: &str) -> Self {
        self.inner(schema, &format!("properties/{}", escape(name)))
    }

    /// Makes one part of several definitions.
    pub(super) fn combined(
        mut parts: Vec<Self>,
        combine: fn(Vec<Self>) -> PartSource<'a>,
    ) -> Option<Self> {
        let first = parts.first()?.clone();
        if parts.len() == 1 {
            return parts.pop();
        }
        Some(Self {
            source: combine(parts),
            ..first
        })
    }

    /// Returns the schema's own `title`, not that of a component to which it refers.
    pub(super) fn title(&self) -> Option<&'a str> {
        match &self.source {
            PartSource::Schema(schema) => schema.title.as_deref(),
            _ => None,
        }
    }

    /// Returns the name of the component to which the part refers, with or without annotations beside the reference.
    pub(super) fn name(&self) -> Option<String> {
        match &self.source {
            PartSource::Reference(reference) => component_name(reference),
            PartSource::Schema(schema) => match schema.all_of.as_slice() {
                // A `type` beside a reference repeats the type of the component.
                [Referable::Reference(reference)] if schema.is_only_all_of() => {
                    component_name(reference)
                }
                _ => None,
            },
            _ => None,
        }
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

impl Basic {
    const NAMES: [(Self, &'static str); 6] = [
        (Self::String, "string"),
        (Self::Integer, "integer"),
        (Self::Number, "number"),
        (Self::Boolean, "boolean"),
        (Self::Object, "object"),
        (Self::Array, "array"),
    ];

    /// Returns the name as in `type`.
    pub(super) fn name(self) -> &'static str {
        let found = Self::NAMES.iter().find(|(basic, _)| *basic == self);
        found.map_or("", |(_, name)| name)
    }

    /// Returns the type with a name as in `type`.
    pub(super) fn named(name: &str) -> Option<Self> {
        let found = Self::NAMES.iter().find(|(_, known)| *known == name);
        found.map(|(basic, _)| *basic)
    }
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
    /// Returns whether the schema can be an object.
    pub(super) fn can_be_object(&self) -> bool {
        self.basic.is_none_or(|basic| basic == Basic::Object)
    }

    /// Returns whether the schema is an object with named members, whatever else it says.
    pub(super) fn is_struct(&self) -> bool {
        let can_be = self.can_be_object() && !self.mixed && self.values.is_none();
        can_be && !self.properties.is_empty()
    }

    /// Returns whether the schema has alternatives and also members, values or items of its own. `additionalProperties: false` does not count, because it adds nothing.
    pub(super) fn has_more_than_alternatives(&self) -> bool {
        let more = !self.properties.is_empty() || self.values.is_some() || !self.items.is_empty();
        more && !self.union.is_empty()
    }
}
