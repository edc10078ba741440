//! Limits the depth and size of a schema. The types of some APIs refer to almost all other types, or to themselves.
//!
//! The runtime has the same limits.

use serde_json::{Map, Value};

use super::json_schema::{any, object};
use super::types::Types;
use crate::catalog::{TypeDef, TypeKind, TypeRef, TypeShape};

/// Maximum number of schemas within a schema.
const MOST: usize = 300;

/// Maximum nesting depth of objects.
const DEEPEST: usize = 12;

/// Types, with the remaining depth at a position in a schema.
#[derive(Clone, Copy)]
pub(super) struct Room<'t> {
    pub(super) types: &'t Types<'t>,
    /// Remaining nesting depth of objects.
    pub(super) objects: usize,
    /// Number of recursive references that can still be followed.
    links: usize,
}

impl<'t> Room<'t> {
    /// Returns the greatest depth at which all of these types together keep to the maximum number of schemas.
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

    /// Returns the remaining depth inside an object.
    pub(super) fn inner(self) -> Self {
        Self {
            objects: self.objects.saturating_sub(1),
            ..self
        }
    }

    /// Returns the remaining depth after a recursive reference; `None` if the reference must not be followed.
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
                    // The reference and its target count as two schemas.
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

/// Returns the placeholder for a recursive type beyond the depth limit.
pub(super) fn cut(definition: Option<&TypeDef>) -> Map<String, Value> {
    match definition.map(|definition| &definition.shape) {
        Some(TypeShape::Struct { .. }) => object("object"),
        _ => any(),
    }
}
