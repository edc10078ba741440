//! Turns schemas into types of the catalogue.
//!
//! Component schemas are read once for the whole document ([`super::shared`]); an operation reads only its own schemas.

use std::collections::{BTreeMap, BTreeSet};

use super::flat::{Additional, Basic, Flat, Part, flatten};
use super::rules::{only_integers, only_numbers, only_strings};
use super::shared::{Built, Shared};
use crate::catalog::{Rules, TypeDef, TypeKind, TypeRef, TypeShape};
use crate::error::DocumentError;
use crate::ident::{Taken, variant};
use crate::openapi::{REFUSED, Spec};
use indexmap::IndexMap;
use serde_json::Value;

/// Maximum nesting depth. Documents need far less; the limit stops endless nesting.
pub(super) const MAX_DEPTH: usize = 24;

/// Direction of a value: sent (`Input`) or received (`Output`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Direction {
    Input,
    Output,
}

/// Name for a type, if the type needs one.
#[derive(Debug, Clone)]
pub(super) struct Hint {
    /// Name in Rust.
    pub(super) name: String,
    /// Component that the type is, or to which it belongs.
    pub(super) schema: Option<String>,
}

impl Hint {
    /// Makes the hint for a part of the type.
    pub(super) fn of(&self, part: &str) -> Self {
        Self {
            name: format!("{}{}", self.name, variant(part)),
            schema: self.schema.clone(),
        }
    }
}

/// Reader of the types of one operation, or of all components.
pub(super) struct Types<'a> {
    pub(super) spec: &'a Spec,
    pub(super) errors: Vec<DocumentError>,
    /// Errors that matter only if the types are sent.
    pub(super) unsendable: Vec<DocumentError>,
    pub(super) types: Vec<TypeDef>,
    pub(super) taken: Taken,
    /// Types of the components; `None` while the components themselves are read.
    pub(super) shared: Option<&'a Shared>,
    /// Components that were read, by Rust name.
    pub(super) built: BTreeMap<String, Built>,
    /// Components that were referred to, by Rust name.
    pub(super) refers: BTreeSet<String>,
    /// Components of `refers` that are sent.
    pub(super) sent: BTreeSet<String>,
    /// Components that are being read, by Rust name.
    pub(super) open: Vec<String>,
    /// Components of `open` that were taken for named types before this was known.
    pub(super) guessed: BTreeSet<String>,
    pub(super) depth: usize,
    pub(super) too_deep: bool,
}

impl<'a> Types<'a> {
    /// Makes a reader for an operation.
    pub(super) fn new(spec: &'a Spec, shared: &'a Shared) -> Self {
        Self {
            shared: Some(shared),
            taken: Taken::over(&spec.components.taken),
            ..Self::of_components(spec)
        }
    }

    /// Makes a reader for an operation whose own types must not have the name of any type inside a component.
    pub(super) fn apart(spec: &'a Spec, shared: &'a Shared) -> Self {
        Self {
            taken: Taken::over(&shared.taken),
            ..Self::new(spec, shared)
        }
    }

    /// Makes a reader for all components.
    pub(super) fn of_components(spec: &'a Spec) -> Self {
        Self {
            spec,
            errors: Vec::new(),
            unsendable: Vec::new(),
            types: Vec::new(),
            taken: Taken::over(&spec.components.taken),
            shared: None,
            built: BTreeMap::new(),
            refers: BTreeSet::new(),
            sent: BTreeSet::new(),
            open: Vec::new(),
            guessed: BTreeSet::new(),
            depth: 0,
            too_deep: false,
        }
    }

    /// Flattens a schema. If it cannot be read, records an error of the operation and returns an empty value.
    pub(super) fn flat(&mut self, parts: &[Part<'a>]) -> Flat<'a> {
        flatten(self.spec, parts).unwrap_or_else(|error| {
            self.error(error);
            Flat::default()
        })
    }

    /// Returns whether every value of the type is an object.
    pub(super) fn is_object(&self, ty: &TypeRef) -> bool {
        match &ty.kind {
            TypeKind::Map(_) => true,
            TypeKind::Named(name) | TypeKind::Boxed(name) => match self.shape_of(name) {
                Some(TypeShape::Struct { .. }) => true,
                Some(TypeShape::Union { variants }) => {
                    variants.iter().all(|variant| self.is_object(&variant.ty))
                }
                _ => false,
            },
            _ => false,
        }
    }

    /// Returns whether a value of the type can be an object or an array.
    pub(super) fn is_several(&self, ty: &TypeRef) -> bool {
        match &ty.kind {
            TypeKind::Map(_) | TypeKind::Array(_) => true,
            TypeKind::Named(name) | TypeKind::Boxed(name) => match self.shape_of(name) {
                Some(TypeShape::Struct { .. }) => true,
                Some(TypeShape::Union { variants }) => {
                    variants.iter().any(|variant| self.is_several(&variant.ty))
                }
                _ => false,
            },
            _ => false,
        }
    }

    /// Returns whether the type is a union.
    pub(super) fn is_union(&self, ty: &TypeRef) -> bool {
        let (TypeKind::Named(name) | TypeKind::Boxed(name)) = &ty.kind else {
            return false;
        };
        matches!(self.shape_of(name), Some(TypeShape::Union { .. }))
    }

    /// Returns whether a value of the type is a file or an array of files.
    pub(super) fn is_file(&self, ty: &TypeRef) -> bool {
        match &ty.kind {
            TypeKind::Array(items) => self.is_file(items),
            TypeKind::String => ty.rules.format.as_deref() == Some("binary"),
            _ => false,
        }
    }

    fn shape_of(&self, name: &str) -> Option<&TypeShape> {
        let of_component = self.shared.and_then(|shared| shared.get(name));
        let mut types = of_component
            .map_or(&self.types, |built| &built.types)
            .iter();
        types
            .find(|def| def.rust_name == name)
            .map(|def| &def.shape)
    }

    pub(super) fn unsupported(&mut self, pointer: &str, construct: impl Into<String>) {
        let error = DocumentError::Unsupported {
            file: self.spec.source.clone(),
            pointer: pointer.to_owned(),
            construct: construct.into(),
        };
        if !self.unsendable.contains(&error) {
            self.unsendable.push(error);
        }
    }

    /// Records an error if the document is invalid at this location.
    pub(super) fn refused(&mut self, extensions: &IndexMap<String, Value>, pointer: &str) {
        if let Some(reason) = extensions.get(REFUSED).and_then(Value::as_str) {
            let error = DocumentError::Invalid {
                file: self.spec.source.clone(),
                pointer: pointer.to_owned(),
                message: reason.to_owned(),
            };
            self.error(error);
        }
    }

    /// Records an error once, because every reference to a component meets the errors in it.
    fn error(&mut self, error: DocumentError) {
        if !self.errors.contains(&error) {
            self.errors.push(error);
        }
    }

    /// Returns the type of a schema that was flattened to `flat`.
    pub(super) fn type_of(
        &mut self,
        parts: &[Part<'a>],
        flat: &Flat<'a>,
        direction: Direction,
        hint: &Hint,
    ) -> TypeRef {
        let name = match parts {
            [part] => part.name(),
            _ => None,
        };
        let mut ty = match name {
            Some(name) => self.component(&name, direction),
            None => self.anonymous(parts, flat, direction, hint),
        };
        ty.nullable |= flat.nullable && ty.kind != TypeKind::Any;
        ty
    }

    fn anonymous(
        &mut self,
        parts: &[Part<'a>],
        flat: &Flat<'a>,
        direction: Direction,
        hint: &Hint,
    ) -> TypeRef {
        self.build(parts, flat, direction, hint, None)
    }

    /// Builds the type of a schema. `name` is the unique name of a component; without it, a name is made if the type needs one.
    pub(super) fn build(
        &mut self,
        parts: &[Part<'a>],
        flat: &Flat<'a>,
        direction: Direction,
        hint: &Hint,
        name: Option<String>,
    ) -> TypeRef {
        let pointer = parts
            .first()
            .map(|part| part.pointer.clone())
            .unwrap_or_default();
        if self.depth == MAX_DEPTH || self.too_deep {
            // Without this check, every path into the schema would add an error.
            if !std::mem::replace(&mut self.too_deep, true) {
                self.error(DocumentError::Unsupported {
                    file: self.spec.source.clone(),
                    pointer,
                    construct: "nesting without end".to_owned(),
                });
            }
            return plain(TypeKind::Any);
        }
        self.depth += 1;
        if direction == Direction::Input {
            for (pointer, construct) in &flat.unsupported {
                self.unsupported(pointer, construct.clone());
            }
        }
        let ty = self.shape(&pointer, flat, direction, hint, name);
        self.depth -= 1;
        ty
    }

    pub(super) fn shape(
        &mut self,
        pointer: &str,
        flat: &Flat<'a>,
        direction: Direction,
        hint: &Hint,
        name: Option<String>,
    ) -> TypeRef {
        let has_members = !flat.properties.is_empty()
            || matches!(flat.additional, Additional::Closed | Additional::These(_));
        if flat.mixed {
            return plain(TypeKind::Any);
        }
        if flat.has_more_than_alternatives() {
            let absorbed = self.absorb(flat.clone(), 0);
            return self.shape(pointer, &absorbed, direction, hint, name);
        }
        if !flat.union.is_empty() {
            return self.union(flat, direction, hint, name);
        }
        if let Some(values) = &flat.values {
            return self.enumeration(pointer, flat, values, direction, hint, name);
        }
        let rules = flat.rules.clone();
        match flat.basic {
            Some(Basic::String) => TypeRef {
                rules: only_strings(rules),
                ..plain(TypeKind::String)
            },
            Some(Basic::Integer) => TypeRef {
                rules: only_integers(rules),
                ..plain(TypeKind::Integer)
            },
            Some(Basic::Number) => TypeRef {
                rules: only_numbers(rules),
                ..plain(TypeKind::Number)
            },
            Some(Basic::Boolean) => plain(TypeKind::Boolean),
            Some(Basic::Array) => self.array(flat, direction, hint),
            Some(Basic::Object) => self.object(flat, direction, hint, name),
            None if has_members => self.object(flat, direction, hint, name),
            None if !flat.items.is_empty() => self.array(flat, direction, hint),
            None => plain(TypeKind::Any),
        }
    }

    fn array(&mut self, flat: &Flat<'a>, direction: Direction, hint: &Hint) -> TypeRef {
        let item = if flat.items.is_empty() {
            plain(TypeKind::Any)
        } else {
            self.inner(&flat.items, direction, &hint.of("item"))
        };
        let (min, max) = (flat.rules.min_items, flat.rules.max_items);
        let possible = max.is_none_or(|max| min.is_none_or(|min| min <= max));
        let rules = Rules {
            min_items: min.filter(|_| possible),
            max_items: max.filter(|_| possible),
            ..Rules::default()
        };
        TypeRef {
            rules,
            ..plain(TypeKind::Array(Box::new(item)))
        }
    }

    pub(super) fn inner(
        &mut self,
        parts: &[Part<'a>],
        direction: Direction,
        hint: &Hint,
    ) -> TypeRef {
        let flat = self.flat(parts);
        self.type_of(parts, &flat, direction, hint)
    }
}

/// Makes a type that has no rules and does not allow `null`.
pub(super) fn plain(kind: TypeKind) -> TypeRef {
    TypeRef {
        kind,
        nullable: false,
        rules: Rules::default(),
    }
}
