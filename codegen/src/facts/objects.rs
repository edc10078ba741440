//! Reads objects: their members become the fields of a struct, or the values of a map.

use super::flat::{Additional, Flat};
use super::rules::{described, without_rules};
use super::types::{Direction, Hint, Types, plain};
use crate::catalog::{Field, TypeDef, TypeKind, TypeRef, TypeShape};
use crate::ident::{Taken, snake};
use crate::text::deprecated;

impl<'a> Types<'a> {
    pub(super) fn object(
        &mut self,
        flat: &Flat<'a>,
        direction: Direction,
        hint: &Hint,
        name: Option<String>,
    ) -> TypeRef {
        if flat.properties.is_empty() && !matches!(flat.additional, Additional::Closed) {
            let member = match &flat.additional {
                Additional::These(parts) => {
                    without_rules(self.inner(parts, direction, &hint.of("value")))
                }
                _ => plain(TypeKind::Any),
            };
            return plain(TypeKind::Map(Box::new(member)));
        }
        self.define(flat, hint, name, |types, hint| {
            let fields = types.fields(flat, direction, hint);
            let additional = match &flat.additional {
                Additional::Unsaid | Additional::Closed => None,
                Additional::Open => Some(plain(TypeKind::Any)),
                Additional::These(parts) => {
                    let values = types.inner(parts, direction, &hint.of("value"));
                    Some(without_rules(values))
                }
            };
            TypeShape::Struct { fields, additional }
        })
    }

    fn fields(&mut self, flat: &Flat<'a>, direction: Direction, hint: &Hint) -> Vec<Field> {
        let mut taken = Taken::default();
        let mut fields = Vec::new();
        // A component with the same type in both directions is read as input even if it is never sent, so `sent` of the component decides.
        let component = hint.schema.as_ref();
        let component = component.and_then(|name| self.spec.components.get(name));
        let is_sent = direction == Direction::Input && component.is_none_or(|it| it.sent);
        for (name, parts) in &flat.properties {
            let inner = self.flat(parts);
            if is_hidden(&inner, direction) {
                continue;
            }
            let ty = self.type_of(parts, &inner, direction, &hint.of(name));
            // The description of a component is at its type; the field does not repeat it.
            let repeated = inner.described_by_component && matches!(ty.kind, TypeKind::Named(_));
            fields.push(Field {
                name: (*name).to_owned(),
                rust_name: taken.take(&snake(name)),
                description: match described(&inner, direction) {
                    _ if repeated => String::new(),
                    text if inner.deprecated && is_sent => deprecated(text),
                    text => text,
                },
                required: flat.required.contains(name),
                ty,
                default: inner.default,
                example: inner.example,
            });
        }
        fields
    }

    pub(super) fn define(
        &mut self,
        flat: &Flat<'a>,
        hint: &Hint,
        name: Option<String>,
        shape: impl FnOnce(&mut Self, &Hint) -> TypeShape,
    ) -> TypeRef {
        let name = name.unwrap_or_else(|| self.taken.take(&hint.name));
        let index = self.reserve(flat, hint, &name);
        let hint = Hint {
            name: name.clone(),
            schema: hint.schema.clone(),
        };
        self.types[index].shape = shape(self, &hint);
        plain(TypeKind::Named(name))
    }

    /// Adds a placeholder for a type and returns its index, so that types are in the order of first use.
    pub(super) fn reserve(&mut self, flat: &Flat<'a>, hint: &Hint, name: &str) -> usize {
        let shape = TypeShape::Enum { values: Vec::new() };
        let description = flat.description.clone();
        self.types.push(TypeDef {
            rust_name: name.to_owned(),
            schema: hint.schema.clone(),
            description,
            shape,
        });
        self.types.len() - 1
    }
}

/// Returns whether a value does not occur in a direction: read-only values are never sent, write-only values are never received.
pub(super) fn is_hidden(flat: &Flat<'_>, direction: Direction) -> bool {
    match direction {
        Direction::Input => flat.read_only,
        Direction::Output => flat.write_only,
    }
}
