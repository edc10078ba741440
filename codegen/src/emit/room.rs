//! How much of a schema is written out: types of some APIs lead to almost all others, and some to themselves.
//!
//! The runtime decides the same way.

use serde_json::{Map, Value};

use super::json_schema::{any, object};
use super::types::Types;
use crate::catalog::{TypeDef, TypeKind, TypeRef, TypeShape};

/// Most schemas in one schema.
const MOST: usize = 300;

/// Most objects in each other.
const DEEPEST: usize = 12;

/// The types, and how much of them there is room for.
#[derive(Clone, Copy)]
pub(super) struct Room<'t> {
    pub(super) types: &'t Types<'t>,
    /// Objects in each other.
    pub(super) objects: usize,
    /// Times that a circle is gone round.
    links: usize,
}

impl<'t> Room<'t> {
    /// As much as there is room for with all of these.
    pub(super) fn of<'a>(
        types: &'t Types<'t>,
        of: &(impl Iterator<Item = &'a TypeRef> + Clone),
    ) -> Self {
        let room = |objects| Self {
            types,
            objects,
            links: 1,
        };
        let fits = |room: &Self| {
            let mut left = MOST;
            of.clone().all(|ty| room.fits(ty, &mut left))
        };
        let rooms = (1..=DEEPEST).rev().map(room);
        rooms.into_iter().find(fits).unwrap_or(room(0))
    }

    /// Within an object.
    pub(super) fn inner(self) -> Self {
        Self {
            objects: self.objects.saturating_sub(1),
            ..self
        }
    }

    /// Behind a link.
    pub(super) fn beyond(self) -> Option<Self> {
        let links = self.links.checked_sub(1)?;
        Some(Self { links, ..self })
    }

    fn fits(self, ty: &TypeRef, left: &mut usize) -> bool {
        let Some(rest) = left.checked_sub(1) else {
            return false;
        };
        *left = rest;
        match &ty.kind {
            TypeKind::Array(items) => self.fits(items, left),
            TypeKind::Map(_) if self.objects == 0 => true,
            TypeKind::Map(values) => self.inner().fits(values, left),
            TypeKind::Named(name) => {
                let definition = self.types.get(name);
                definition.is_none_or(|definition| self.fits_inside(definition, left))
            }
            TypeKind::Boxed(name) => match (self.beyond(), self.types.get(name)) {
                (Some(beyond), Some(definition)) => {
                    // The link is one, what it leads to another.
                    left.checked_sub(1).is_some_and(|rest| {
                        *left = rest;
                        beyond.fits_inside(definition, left)
                    })
                }
                _ => true,
            },
            _ => true,
        }
    }

    fn fits_inside(self, definition: &TypeDef, left: &mut usize) -> bool {
        match &definition.shape {
            TypeShape::Enum { .. } => true,
            TypeShape::Struct { .. } if self.objects == 0 => true,
            TypeShape::Struct { fields, additional } => {
                let inner = self.inner();
                let others = additional.iter();
                let mut all = others.chain(fields.iter().map(|field| &field.ty));
                all.all(|ty| inner.fits(ty, left))
            }
            TypeShape::Union { variants } => {
                let mut variants = variants.iter();
                variants.all(|variant| self.fits(&variant.ty, left))
            }
        }
    }
}

/// What stands where a circle is not gone round again.
pub(super) fn cut(definition: Option<&TypeDef>) -> Map<String, Value> {
    match definition.map(|definition| &definition.shape) {
        Some(TypeShape::Struct { .. }) => object("object"),
        _ => any(),
    }
}
