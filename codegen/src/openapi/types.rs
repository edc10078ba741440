//! Turns schemas into types of the catalogue.
//!
//! Component schemas are read once for the whole document ([`super::component`]); an operation reads only its own schemas.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use indexmap::IndexMap;

use super::component_types::{ComponentType, ComponentTypes, Contents};
use super::flat::{Additional, Basic, Flat, Part};
use super::flatten::flatten;
use super::model::{Model, Referable};
use super::names::Direction;
use super::rules::{only_integers, only_numbers, only_strings};
use crate::catalog::{Rules, TypeDef, TypeKind, TypeRef, TypeShape};
use crate::error::DocumentError;
use crate::ident::{Taken, variant};
use crate::pointer::unescape;

/// Maximum nesting depth. Documents need far less; the limit stops endless nesting.
pub(super) const MAX_DEPTH: usize = 24;

/// Direction of a type, and its name, if the type needs one.
#[derive(Debug, Clone)]
pub(super) struct TypeUse {
    pub(super) direction: Direction,
    /// Name in Rust.
    pub(super) name: String,
    /// Whether the name is unique, as those of components. Otherwise, a unique name is made from it.
    pub(super) is_unique: bool,
    /// Component that the type is, or to which it belongs.
    pub(super) schema: Option<String>,
}

impl TypeUse {
    /// Makes the use of a part of the type.
    pub(super) fn inner(&self, part: &str) -> Self {
        Self {
            direction: self.direction,
            name: format!("{}{}", self.name, variant(part)),
            is_unique: false,
            schema: self.schema.clone(),
        }
    }
}

/// Reader of the types of one operation, or of all components.
pub(super) struct TypeReader<'a> {
    pub(super) model: &'a Model,
    pub(super) contents: Contents,
    pub(super) taken: Taken,
    /// Types of the components; `None` while the components themselves are read.
    pub(super) shared: Option<&'a ComponentTypes>,
    /// Components that were read, by Rust name.
    pub(super) built: BTreeMap<String, ComponentType>,
    /// Components that are being read, by Rust name.
    pub(super) open: Vec<String>,
    /// Components of `open` that were taken for named types before this was known.
    pub(super) guessed: BTreeSet<String>,
    pub(super) depth: usize,
    pub(super) is_too_deep: bool,
}

impl<'a> TypeReader<'a> {
    /// Makes a reader for all components or, with `shared`, for an operation. The types that the reader names do not have names in `taken`.
    pub(super) fn new(
        model: &'a Model,
        shared: Option<&'a ComponentTypes>,
        taken: &Arc<Taken>,
    ) -> Self {
        Self {
            model,
            contents: Contents::default(),
            taken: Taken::over(taken),
            shared,
            built: BTreeMap::new(),
            open: Vec::new(),
            guessed: BTreeSet::new(),
            depth: 0,
            is_too_deep: false,
        }
    }

    /// Follows the references from a parameter, body or response to one of `targets`, which are the components in `section`. Records an error if the part cannot be read.
    pub(super) fn resolve<T>(
        &mut self,
        part: &'a Referable<T>,
        pointer: &str,
        section: &str,
        targets: &'a IndexMap<String, Referable<T>>,
    ) -> Option<(&'a T, String)> {
        let (mut part, mut pointer) = (part, pointer.to_owned());
        // References to references are rare; a long chain of them is treated as a cycle.
        for _ in 0..8 {
            let Referable::Reference(reference) = part else {
                break;
            };
            let name = reference.strip_prefix("#/components/");
            let name = name.and_then(|name| name.strip_prefix(section)?.strip_prefix('/'));
            let Some(target) = name.and_then(|name| targets.get(&unescape(name))) else {
                break;
            };
            part = target;
            pointer = reference.trim_start_matches('#').to_owned();
        }
        let item = self.item(part, &pointer)?;
        Some((item, pointer))
    }

    /// Returns a part that is not a reference. Records an error if the part cannot be read.
    pub(super) fn item<T>(&mut self, part: &'a Referable<T>, pointer: &str) -> Option<&'a T> {
        match part {
            Referable::Item(item) => return Some(item),
            Referable::Unreadable(reason) => self.invalid(pointer, reason),
            Referable::Reference(reference) => self.error(self.model.missing(pointer, reference)),
        }
        None
    }

    /// Flattens a schema. If it cannot be read, records an error of the operation and returns an empty value.
    pub(super) fn flat(&mut self, parts: &[Part<'a>]) -> Flat<'a> {
        flatten(self.model, parts).unwrap_or_else(|error| {
            self.error(error);
            Flat::default()
        })
    }

    /// Returns whether every value of the type is an object.
    pub(super) fn is_object(&self, ty: &TypeRef) -> bool {
        match (&ty.kind, self.shape(ty)) {
            (TypeKind::Map(_), _) | (_, Some(TypeShape::Struct { .. })) => true,
            (_, Some(TypeShape::Union { variants })) => {
                variants.iter().all(|variant| self.is_object(&variant.ty))
            }
            _ => false,
        }
    }

    /// Returns whether a value of the type can be an object or an array.
    pub(super) fn is_several(&self, ty: &TypeRef) -> bool {
        match (&ty.kind, self.shape(ty)) {
            (TypeKind::Map(_) | TypeKind::Array(_), _) | (_, Some(TypeShape::Struct { .. })) => {
                true
            }
            (_, Some(TypeShape::Union { variants })) => {
                variants.iter().any(|variant| self.is_several(&variant.ty))
            }
            _ => false,
        }
    }

    /// Returns the definition of a named type.
    pub(super) fn shape(&self, ty: &TypeRef) -> Option<&TypeShape> {
        let (TypeKind::Named(name) | TypeKind::Boxed(name)) = &ty.kind else {
            return None;
        };
        let component = self.shared.and_then(|shared| shared.components.get(name));
        let contents = component.map_or(&self.contents, |component| &component.contents);
        let found = contents.types.iter().find(|def| def.rust_name == *name);
        found.map(|def| &def.shape)
    }

    /// Records that a tool cannot send a value.
    pub(super) fn unsupported(&mut self, pointer: &str, construct: impl Into<String>) {
        let error = self.model.unsupported(pointer, construct);
        if !self.contents.unsendable.contains(&error) {
            self.contents.unsendable.push(error);
        }
    }

    /// Records an error of the document.
    pub(super) fn invalid(&mut self, pointer: &str, message: impl Into<String>) {
        self.error(self.model.invalid(pointer, message));
    }

    /// Records an error once, because every reference to a component meets the errors in it.
    fn error(&mut self, error: DocumentError) {
        if !self.contents.errors.contains(&error) {
            self.contents.errors.push(error);
        }
    }

    /// Returns the type of a schema that was flattened to `flat`.
    pub(super) fn type_of(
        &mut self,
        parts: &[Part<'a>],
        flat: &Flat<'a>,
        usage: &TypeUse,
    ) -> TypeRef {
        let name = match parts {
            [part] => part.name(),
            _ => None,
        };
        let mut ty = match name {
            Some(name) => self.component(&name, usage.direction),
            None => self.build(parts, flat, usage),
        };
        ty.nullable |= flat.nullable && ty.kind != TypeKind::Any;
        ty
    }

    /// Builds the type of a schema.
    pub(super) fn build(
        &mut self,
        parts: &[Part<'a>],
        flat: &Flat<'a>,
        usage: &TypeUse,
    ) -> TypeRef {
        if self.depth == MAX_DEPTH || self.is_too_deep {
            // Without this check, every path into the schema would add an error.
            if !std::mem::replace(&mut self.is_too_deep, true) {
                let pointer = parts.first().map_or("", |part| part.pointer.as_str());
                self.error(self.model.unsupported(pointer, "nesting without end"));
            }
            return TypeKind::Any.into();
        }
        self.depth += 1;
        if usage.direction == Direction::Input {
            for (pointer, construct) in &flat.unsupported {
                self.unsupported(pointer, construct.clone());
            }
        }
        let ty = self.typed(flat, usage);
        self.depth -= 1;
        ty
    }

    /// Returns the type that the keywords of a schema describe.
    pub(super) fn typed(&mut self, flat: &Flat<'a>, usage: &TypeUse) -> TypeRef {
        if flat.mixed {
            return TypeKind::Any.into();
        }
        if flat.has_more_than_alternatives() {
            let absorbed = self.absorb(flat.clone(), 0);
            return self.typed(&absorbed, usage);
        }
        if !flat.union.is_empty() {
            return self.union(flat, usage);
        }
        if let Some(values) = &flat.values {
            return self.enumeration(flat, values, usage);
        }
        let has_members = !flat.properties.is_empty()
            || matches!(flat.additional, Additional::Closed | Additional::These(_));
        let rules = flat.rules.clone();
        let (kind, rules) = match flat.basic {
            Some(Basic::String) => (TypeKind::String, only_strings(rules)),
            Some(Basic::Integer) => (TypeKind::Integer, only_integers(rules)),
            Some(Basic::Number) => (TypeKind::Number, only_numbers(rules)),
            Some(Basic::Boolean) => (TypeKind::Boolean, Rules::default()),
            Some(Basic::Object) => return self.object(flat, usage),
            None if has_members => return self.object(flat, usage),
            Some(Basic::Array) => return self.array(flat, usage),
            None if !flat.items.is_empty() => return self.array(flat, usage),
            None => (TypeKind::Any, Rules::default()),
        };
        TypeRef {
            rules,
            ..kind.into()
        }
    }

    fn array(&mut self, flat: &Flat<'a>, usage: &TypeUse) -> TypeRef {
        let item = if flat.items.is_empty() {
            TypeKind::Any.into()
        } else {
            self.inner(&flat.items, &usage.inner("item"))
        };
        let (min, max) = (flat.rules.min_items, flat.rules.max_items);
        let is_possible = max.is_none_or(|max| min.is_none_or(|min| min <= max));
        TypeRef {
            rules: Rules {
                min_items: min.filter(|_| is_possible),
                max_items: max.filter(|_| is_possible),
                ..Rules::default()
            },
            ..TypeKind::Array(Box::new(item)).into()
        }
    }

    pub(super) fn inner(&mut self, parts: &[Part<'a>], usage: &TypeUse) -> TypeRef {
        let flat = self.flat(parts);
        self.type_of(parts, &flat, usage)
    }

    /// Adds a named type and returns the reference to it. `shape` makes the shape after the type was added, so that types are in the order of first use.
    pub(super) fn define(
        &mut self,
        flat: &Flat<'a>,
        usage: &TypeUse,
        shape: impl FnOnce(&mut Self, &TypeUse) -> TypeShape,
    ) -> TypeRef {
        let (index, usage) = self.reserve(flat, usage);
        self.contents.types[index].shape = shape(self, &usage);
        TypeKind::Named(usage.name).into()
    }

    /// Adds a placeholder for a type, and returns its index and its use with a unique name.
    pub(super) fn reserve(&mut self, flat: &Flat<'a>, usage: &TypeUse) -> (usize, TypeUse) {
        let mut usage = usage.clone();
        if !usage.is_unique {
            usage.name = self.taken.take(&usage.name);
        }
        self.contents.types.push(TypeDef {
            rust_name: usage.name.clone(),
            schema: usage.schema.clone(),
            description: flat.description.clone(),
            shape: TypeShape::Enum { values: Vec::new() },
        });
        (self.contents.types.len() - 1, usage)
    }
}
