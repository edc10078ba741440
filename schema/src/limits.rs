//! Limits the depth and size of a schema. The types of some APIs refer to almost all other types, or to themselves.

use crate::shape::{Additional, Shape, ShapeKind};

/// Maximum number of subschemas in one schema.
const MAX_SUBSCHEMAS: usize = 300;

/// Maximum nesting of objects in any schema.
const MAX_DEPTH: usize = 12;

/// Number of times that a recursive type is expanded.
pub(crate) const MAX_LINKS: usize = 1;

/// Part of a shape that may still be written at some position.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// Remaining nesting of objects.
    pub(crate) objects: usize,
    /// Remaining expansions of recursive types.
    links: usize,
}

impl Limits {
    /// Returns the widest limits with which all of these shapes fit into one schema.
    pub(crate) fn fitting<'a>(shapes: &(impl Iterator<Item = Shape<'a>> + Clone)) -> Self {
        let limits = |objects| Self {
            objects,
            links: MAX_LINKS,
        };
        let fit = |limits: &Self| {
            let mut left = MAX_SUBSCHEMAS;
            shapes.clone().all(|shape| limits.fit(&shape, &mut left))
        };
        let candidates = (1..=MAX_DEPTH).rev().map(limits);
        candidates.into_iter().find(fit).unwrap_or(limits(0))
    }

    /// Returns the limits inside an object.
    pub(crate) fn inside(self) -> Self {
        Self {
            objects: self.objects.saturating_sub(1),
            ..self
        }
    }

    /// Returns the limits behind a link; `None` if the link must not be followed.
    pub(crate) fn behind_link(self) -> Option<Self> {
        let links = self.links.checked_sub(1)?;
        Some(Self { links, ..self })
    }

    fn fit(self, shape: &Shape<'_>, left: &mut usize) -> bool {
        let Some(rest) = left.checked_sub(1) else {
            return false;
        };
        *left = rest;
        match &shape.kind {
            ShapeKind::Array { items, .. } => self.fit(items, left),
            ShapeKind::Object { .. } if self.objects == 0 => true,
            ShapeKind::Object { fields, additional } => {
                let inside = self.inside();
                let others = match additional {
                    Additional::Open(shape) => inside.fit(shape, left),
                    Additional::Closed => true,
                };
                others && fields.iter().all(|field| inside.fit(&field.shape, left))
            }
            ShapeKind::OneOf(shapes) => shapes.iter().all(|shape| self.fit(shape, left)),
            ShapeKind::Link(link) => {
                let behind = self.behind_link();
                behind.is_none_or(|behind| behind.fit(link.target(), left))
            }
            _ => true,
        }
    }
}
