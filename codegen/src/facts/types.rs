//! Schemas -> types of the catalogue.
//!
//! Component schemas are read once for the whole document ([`super::shared`]); an operation reads what is its own.

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

/// Deepest nesting that is followed: far more than any document needs, and an end for those that have none.
pub(super) const MAX_DEPTH: usize = 24;

/// Which way values go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Direction {
    Input,
    Output,
}

/// What a type is called if it needs a name.
#[derive(Debug, Clone)]
pub(super) struct Hint {
    /// Name in Rust.
    pub(super) name: String,
    /// The component it is, or stands in.
    pub(super) schema: Option<String>,
}

impl Hint {
    /// A part of it.
    pub(super) fn of(&self, part: &str) -> Self {
        Self {
            name: format!("{}{}", self.name, variant(part)),
            schema: self.schema.clone(),
        }
    }
}

/// Reads the types of one operation, or of all components.
pub(super) struct Types<'a> {
    pub(super) spec: &'a Spec,
    pub(super) errors: Vec<DocumentError>,
    /// What is in the way of sending what was read.
    pub(super) unsendable: Vec<DocumentError>,
    pub(super) types: Vec<TypeDef>,
    pub(super) taken: Taken,
    /// The components, unless they are what is read.
    pub(super) shared: Option<&'a Shared>,
    /// The components that were read.
    pub(super) built: BTreeMap<String, Built>,
    /// Components that were referred to.
    pub(super) refers: BTreeSet<String>,
    /// Those of them that are sent.
    pub(super) sent: BTreeSet<String>,
    /// Components that are being read, by their Rust names.
    pub(super) open: Vec<String>,
    /// Those of them that were taken for named types before that was known.
    pub(super) guessed: BTreeSet<String>,
    pub(super) depth: usize,
    pub(super) too_deep: bool,
}

impl<'a> Types<'a> {
    /// For an operation.
    pub(super) fn new(spec: &'a Spec, shared: &'a Shared) -> Self {
        Self {
            shared: Some(shared),
            taken: Taken::over(&spec.components.taken),
            ..Self::of_components(spec)
        }
    }

    /// For an operation whose own types are called otherwise than all those inside components.
    pub(super) fn apart(spec: &'a Spec, shared: &'a Shared) -> Self {
        Self {
            taken: Taken::over(&shared.taken),
            ..Self::new(spec, shared)
        }
    }

    /// For all components.
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

    /// All that a schema says; nothing if it cannot be read, which is then an error of the operation.
    pub(super) fn flat(&mut self, parts: &[Part<'a>]) -> Flat<'a> {
        flatten(self.spec, parts).unwrap_or_else(|error| {
            self.error(error);
            Flat::default()
        })
    }

    /// Whether a value of the type is an object.
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

    /// Whether a value of the type may be an object or an array.
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

    /// Whether a value is of one of several types.
    pub(super) fn is_union(&self, ty: &TypeRef) -> bool {
        let (TypeKind::Named(name) | TypeKind::Boxed(name)) = &ty.kind else {
            return false;
        };
        matches!(self.shape_of(name), Some(TypeShape::Union { .. }))
    }

    /// Whether a value is bytes, or several.
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

    /// Notes why a part of the document is refused, if it is.
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

    /// Notes an error, once: what is wrong in a component is met by each that refers to it.
    fn error(&mut self, error: DocumentError) {
        if !self.errors.contains(&error) {
            self.errors.push(error);
        }
    }

    /// The type of a schema that was read as `flat`.
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

    /// `name` is that of a component, which nothing else has; without one, a name is made if there has to be one.
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
            // There would be one for each way down.
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

/// A type without rules that is not `null`.
pub(super) fn plain(kind: TypeKind) -> TypeRef {
    TypeRef {
        kind,
        nullable: false,
        rules: Rules::default(),
    }
}
