//! Reads objects: their members become the fields of a struct, or the values of a map.

use super::flat::{Additional, Flat};
use super::names::Direction;
use super::rules::{described, is_hidden, without_rules};
use super::types::{NameHint, TypeReader};
use crate::catalog::{Field, TypeKind, TypeRef, TypeShape};
use crate::ident::{Taken, snake};
use crate::text::deprecated;

impl<'a> TypeReader<'a> {
    pub(super) fn object(
        &mut self,
        flat: &Flat<'a>,
        direction: Direction,
        hint: &NameHint,
        name: Option<String>,
    ) -> TypeRef {
        if flat.properties.is_empty() && !matches!(flat.additional, Additional::Closed) {
            let member = self.additional(flat, direction, hint);
            let member = member.unwrap_or_else(|| TypeKind::Any.into());
            return TypeKind::Map(Box::new(member)).into();
        }
        self.define(flat, hint, name, |types, hint| TypeShape::Struct {
            fields: types.fields(flat, direction, hint),
            additional: types.additional(flat, direction, hint),
        })
    }

    /// Returns the type of the members that are not listed in `properties`.
    fn additional(
        &mut self,
        flat: &Flat<'a>,
        direction: Direction,
        hint: &NameHint,
    ) -> Option<TypeRef> {
        match &flat.additional {
            Additional::Unsaid | Additional::Closed => None,
            Additional::Open => Some(TypeKind::Any.into()),
            Additional::These(parts) => {
                let values = self.inner(parts, direction, &hint.inner("value"));
                Some(without_rules(values))
            }
        }
    }

    fn fields(&mut self, flat: &Flat<'a>, direction: Direction, hint: &NameHint) -> Vec<Field> {
        let mut taken = Taken::default();
        let mut fields = Vec::new();
        // A component with the same type in both directions is read as input even if it is never sent, so `is_sent` of the component decides.
        let component = hint.schema.as_ref();
        let component = component.and_then(|name| self.model.names.get(name));
        let is_sent = direction == Direction::Input && component.is_none_or(|it| it.is_sent);
        for (name, parts) in &flat.properties {
            let inner = self.flat(parts);
            if is_hidden(&inner, direction) {
                continue;
            }
            let ty = self.type_of(parts, &inner, direction, &hint.inner(name));
            // The description of a component is at its type; the field does not repeat it.
            let is_repeated = inner.described_by_component && matches!(ty.kind, TypeKind::Named(_));
            fields.push(Field {
                name: (*name).to_owned(),
                rust_name: taken.take(&snake(name)),
                description: match described(&inner, direction) {
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
