//! Converts types of the IR to shapes, from which the shared writer makes schemas. The macros build the same shapes from the emitted code.

use std::cell::RefCell;
use std::collections::BTreeMap;

use bumpalo::Bump;
use mcp_schema::markdown::description;
use mcp_schema::{Additional, Bound, Field, Link, Shape, ShapeKind, StringRules};
use serde_json::{Number, Value};

use crate::catalog::{self, ModuleTypes, Parameter, Rules, TypeDef, TypeKind, TypeRef, TypeShape};

/// Number of times that recursive types are converted inside themselves. The writer follows fewer references.
const EXPANSIONS: usize = 2;

/// Shapes of the types of a module.
pub(super) struct Shapes<'a> {
    arena: &'a Bump,
    types: &'a ModuleTypes<'a>,
    /// Shapes of named types, by name and number of expansions that are left.
    known: RefCell<BTreeMap<(&'a str, usize), Shape<'a>>>,
}

impl<'a> Shapes<'a> {
    pub(super) fn new(arena: &'a Bump, types: &'a ModuleTypes<'a>) -> Self {
        Self {
            arena,
            types,
            known: RefCell::default(),
        }
    }

    /// Returns the shape of a type.
    pub(super) fn shape(&self, ty: &'a TypeRef) -> Shape<'a> {
        self.expanded(ty, EXPANSIONS)
    }

    /// Returns a declared parameter as a member of the arguments.
    pub(super) fn argument(&self, parameter: &'a Parameter) -> Field<'a> {
        self.member(&parameter.field, EXPANSIONS)
    }

    fn expanded(&self, ty: &'a TypeRef, left: usize) -> Shape<'a> {
        let kind = match &ty.kind {
            TypeKind::Any => ShapeKind::Any,
            TypeKind::Boolean => ShapeKind::Boolean,
            TypeKind::Integer => ShapeKind::Integer {
                min: None,
                max: None,
            },
            TypeKind::Number => ShapeKind::Number {
                min: None,
                max: None,
                above: None,
            },
            TypeKind::String => ShapeKind::String(StringRules::ANY),
            TypeKind::Array(items) => ShapeKind::Array {
                items: self.arena.alloc(self.expanded(items, left)),
                min_items: None,
                max_items: None,
            },
            TypeKind::Map(values) => ShapeKind::Object {
                fields: &[],
                additional: Additional::Open(self.arena.alloc(self.expanded(values, left))),
            },
            TypeKind::Named(name) => self.named(name, left).kind,
            TypeKind::Boxed(name) => {
                let target = match (left.checked_sub(1), self.types.get(name)) {
                    (Some(left), _) => self.named(name, left),
                    (None, definition) => stub(definition),
                };
                ShapeKind::Link(Link::Resolved(self.arena.alloc(target)))
            }
        };
        let shape = Shape {
            kind,
            nullable: ty.nullable,
        };
        narrow(shape, &ty.rules)
    }

    fn named(&self, name: &'a str, left: usize) -> Shape<'a> {
        if let Some(shape) = self.known.borrow().get(&(name, left)) {
            return *shape;
        }
        let definition = self.types.get(name);
        let shape = definition.map_or(Shape::UNKNOWN, |it| self.definition(it, left));
        self.known.borrow_mut().insert((name, left), shape);
        shape
    }

    fn definition(&self, definition: &'a TypeDef, left: usize) -> Shape<'a> {
        Shape::of(match &definition.shape {
            TypeShape::Struct { fields, additional } => ShapeKind::Object {
                fields: self.slice(fields.iter().map(|field| self.member(field, left))),
                additional: match additional {
                    Some(ty) => Additional::Open(self.arena.alloc(self.expanded(ty, left))),
                    None => Additional::Closed,
                },
            },
            TypeShape::Enum { values } => ShapeKind::String(StringRules {
                values: self.slice(values.iter().map(|value| value.name.as_str())),
                ..StringRules::ANY
            }),
            TypeShape::Union { variants } => {
                ShapeKind::OneOf(self.slice(variants.iter().map(|it| self.expanded(&it.ty, left))))
            }
        })
    }

    fn member(&self, field: &'a catalog::Field, left: usize) -> Field<'a> {
        Field {
            name: &field.name,
            description: self.description(&field.description),
            required: field.required,
            shape: self.expanded(&field.ty, left),
            default: self.json(field.default.as_ref()),
            example: self.json(field.example.as_ref()),
        }
    }

    /// Keeps items. They are collected first, because making them uses the arena.
    pub(super) fn slice<T: Copy>(&self, items: impl Iterator<Item = T>) -> &'a [T] {
        let items: Vec<T> = items.collect();
        self.arena.alloc_slice_copy(&items)
    }

    /// Keeps a text.
    pub(super) fn text(&self, text: &str) -> &'a str {
        self.arena.alloc_str(text)
    }

    fn description(&self, text: &str) -> &'a str {
        self.text(&description(text))
    }

    fn json(&self, value: Option<&Value>) -> &'a str {
        value.map_or("", |value| self.text(&value.to_string()))
    }
}

/// Returns the placeholder for a type that is not expanded further.
fn stub<'a>(definition: Option<&TypeDef>) -> Shape<'a> {
    Shape::of(match definition.map(|definition| &definition.shape) {
        Some(TypeShape::Struct { .. }) => ShapeKind::Object {
            fields: &[],
            additional: Additional::Closed,
        },
        _ => ShapeKind::Any,
    })
}

fn narrow<'a>(mut shape: Shape<'a>, rules: &'a Rules) -> Shape<'a> {
    if let Some(limit) = &rules.minimum {
        shape = shape.min(bound(limit));
    }
    if let Some(limit) = &rules.maximum {
        shape = shape.max(bound(limit));
    }
    if let Some(limit) = &rules.exclusive_minimum {
        shape = shape.above(bound(limit));
    }
    if let Some(length) = rules.min_length {
        shape = shape.min_length(length);
    }
    if let Some(length) = rules.max_length {
        shape = shape.max_length(length);
    }
    if let Some(pattern) = &rules.pattern {
        shape = shape.pattern(pattern);
    }
    if let Some(format) = &rules.format {
        shape = shape.format(format);
    }
    if let Some(count) = rules.min_items {
        shape = shape.min_items(count);
    }
    if let Some(count) = rules.max_items {
        shape = shape.max_items(count);
    }
    shape
}

fn bound(limit: &Number) -> Bound {
    match limit.as_i64() {
        Some(limit) => Bound::Integer(limit),
        None => Bound::Number(limit.as_f64().unwrap_or_default()),
    }
}
