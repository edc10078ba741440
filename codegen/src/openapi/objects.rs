//! Reads objects: their members become the fields of a struct, or the values of a map.

use super::flat::{Additional, Flat};
use super::names::Direction;
use super::rules::{described, is_hidden, without_rules};
use super::types::{TypeReader, TypeUse};
use crate::catalog::{Field, TypeKind, TypeRef, TypeShape};
use crate::ident::{Taken, snake};
use crate::text::deprecated;

impl<'a> TypeReader<'a> {
    pub(super) fn object(&mut self, flat: &Flat<'a>, usage: &TypeUse) -> TypeRef {
        if flat.properties.is_empty() && !matches!(flat.additional, Additional::Closed) {
            let member = self.additional(flat, usage);
            let member = member.unwrap_or_else(|| TypeKind::Any.into());
            return TypeKind::Map(Box::new(member)).into();
        }
        self.define(flat, usage, |types, usage| TypeShape::Struct {
            fields: types.fields(flat, usage),
            additional: types.additional(flat, usage),
        })
    }

    /// Returns the type of the members that are not listed in `properties`.
    fn additional(&mut self, flat: &Flat<'a>, usage: &TypeUse) -> Option<TypeRef> {
        match &flat.additional {
            Additional::Unsaid | Additional::Closed => None,
            Additional::Open => Some(TypeKind::Any.into()),
            Additional::These(parts) => {
                let values = self.inner(parts, &usage.inner("value"));
                Some(without_rules(values))
            }
        }
    }

    fn fields(&mut self, flat: &Flat<'a>, usage: &TypeUse) -> Vec<Field> {
        let mut taken = Taken::default();
        let mut fields = Vec::new();
        // A component with the same type in both directions is read as input even if it is never sent, so `is_sent` of the component decides.
        let component = usage.schema.as_ref();
        let component = component.and_then(|name| self.model.names.get(name));
        let is_sent = usage.direction == Direction::Input && component.is_none_or(|it| it.is_sent);
        for (name, parts) in &flat.properties {
            let inner = self.flat(parts);
            if is_hidden(&inner, usage.direction) {
                continue;
            }
            let ty = self.type_of(parts, &inner, &usage.inner(name));
            // The description of a component is at its type; the field does not repeat it.
            let is_repeated = inner.described_by_component && matches!(ty.kind, TypeKind::Named(_));
            fields.push(Field {
                name: (*name).to_owned(),
                rust_name: taken.take(&snake(name)),
                description: match described(&inner, usage.direction) {
                    _ if is_repeated => String::new(),
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
}
