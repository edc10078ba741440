//! Schemas -> types of the catalogue.
//!
//! Circles of components are cut where one refers to itself or an earlier one of the circle: there stands any object, or any value.

use std::collections::BTreeMap;

use super::flat::{Additional, Basic, Flat, Part, flatten};
use crate::catalog::{Field, Rules, TypeDef, TypeKind, TypeRef, TypeShape};
use crate::error::DocumentError;
use crate::ident::{Taken, snake, variant};
use crate::openapi::Spec;

/// Deepest nesting that is followed: far more than any document needs, and an end for those that have none.
pub(super) const MAX_DEPTH: usize = 24;

/// Which way values go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Direction {
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

/// Reads the types of one operation.
pub(super) struct Types<'a> {
    pub(super) spec: &'a Spec,
    pub(super) errors: Vec<DocumentError>,
    pub(super) types: Vec<TypeDef>,
    pub(super) taken: Taken,
    components: BTreeMap<String, TypeRef>,
    /// Components that are being read, by their Rust names.
    open: Vec<String>,
    depth: usize,
    too_deep: bool,
}

impl<'a> Types<'a> {
    pub(super) fn new(spec: &'a Spec) -> Self {
        let taken = spec.components.taken.clone();
        Self {
            spec,
            errors: Vec::new(),
            types: Vec::new(),
            taken,
            components: BTreeMap::new(),
            open: Vec::new(),
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

    pub(super) fn unsupported(&mut self, pointer: &str, construct: impl Into<String>) {
        let error = DocumentError::Unsupported {
            file: self.spec.source.clone(),
            pointer: pointer.to_owned(),
            construct: construct.into(),
        };
        self.error(error);
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
            [part] => part.name().map(|name| (name, part.owner.clone())),
            _ => None,
        };
        let mut ty = match name {
            Some((name, owner)) => self.component(&name, owner.as_deref(), flat, direction),
            None => self.anonymous(parts, flat, direction, hint),
        };
        ty.nullable |= flat.nullable && ty.kind != TypeKind::Any;
        ty
    }

    fn component(
        &mut self,
        name: &str,
        owner: Option<&str>,
        flat: &Flat<'a>,
        direction: Direction,
    ) -> TypeRef {
        // That there is no such component was an error when `flat` was made.
        let Some(names) = self.spec.components.get(name) else {
            return plain(TypeKind::Any);
        };
        let rust_name = if direction == Direction::Input {
            &names.input
        } else {
            &names.output
        }
        .clone();
        if owner.is_some_and(|owner| self.spec.components.is_cut(owner, name))
            || self.open.contains(&rust_name)
        {
            let any = plain(TypeKind::Any);
            return if flat.basic == Some(Basic::Object) {
                plain(TypeKind::Map(Box::new(any)))
            } else {
                any
            };
        }
        if let Some(known) = self.components.get(&rust_name) {
            return known.clone();
        }
        self.open.push(rust_name.clone());
        let part = [Part::component(name)];
        let whole = self.flat(&part);
        let hint = Hint {
            name: rust_name.clone(),
            schema: Some(name.to_owned()),
        };
        let mut ty = self.build(&part, &whole, direction, &hint, Some(rust_name.clone()));
        ty.nullable = whole.nullable && ty.kind != TypeKind::Any;
        self.open.pop();
        self.components.insert(rust_name, ty.clone());
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
    fn build(
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
        if self.depth == MAX_DEPTH {
            // There would be one for each way down.
            if !std::mem::replace(&mut self.too_deep, true) {
                self.unsupported(&pointer, "nesting without end");
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
        if !flat.union.is_empty() {
            // Beside alternatives, that there are no other members says nothing new.
            let more =
                !flat.properties.is_empty() || flat.values.is_some() || !flat.items.is_empty();
            if more && direction == Direction::Input {
                self.unsupported(pointer, "alternatives beside other keywords");
            }
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
                rules: only_numbers(rules),
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
        let rules = Rules {
            min_items: flat.rules.min_items,
            max_items: flat.rules.max_items,
            ..Rules::default()
        };
        TypeRef {
            rules,
            ..plain(TypeKind::Array(Box::new(item)))
        }
    }

    fn inner(&mut self, parts: &[Part<'a>], direction: Direction, hint: &Hint) -> TypeRef {
        let flat = self.flat(parts);
        self.type_of(parts, &flat, direction, hint)
    }

    fn object(
        &mut self,
        flat: &Flat<'a>,
        direction: Direction,
        hint: &Hint,
        name: Option<String>,
    ) -> TypeRef {
        if flat.properties.is_empty() && !matches!(flat.additional, Additional::Closed) {
            let member = match &flat.additional {
                Additional::These(parts) => self.inner(parts, direction, &hint.of("value")),
                _ => plain(TypeKind::Any),
            };
            return plain(TypeKind::Map(Box::new(member)));
        }
        self.define(flat, hint, name, |types, hint| {
            let fields = types.fields(flat, direction, hint);
            let additional = match &flat.additional {
                Additional::Unsaid | Additional::Closed => None,
                Additional::Open => Some(plain(TypeKind::Any)),
                Additional::These(parts) => Some(types.inner(parts, direction, &hint.of("value"))),
            };
            TypeShape::Struct { fields, additional }
        })
    }

    fn fields(&mut self, flat: &Flat<'a>, direction: Direction, hint: &Hint) -> Vec<Field> {
        let mut taken = Taken::default();
        let mut fields = Vec::new();
        for (name, parts) in &flat.properties {
            let inner = self.flat(parts);
            if is_hidden(&inner, direction) {
                continue;
            }
            let ty = self.type_of(parts, &inner, direction, &hint.of(name));
            // What a component says of itself stands at its type.
            let repeated = inner.described_by_component && matches!(ty.kind, TypeKind::Named(_));
            fields.push(Field {
                name: (*name).to_owned(),
                rust_name: taken.take(&snake(name)),
                description: if repeated {
                    String::new()
                } else {
                    inner.description
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

    /// Takes the place of a type, so that types stand in the order of first use.
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

/// Read-only values are never sent, write-only ones never received.
pub(super) fn is_hidden(flat: &Flat<'_>, direction: Direction) -> bool {
    match direction {
        Direction::Input => flat.read_only,
        Direction::Output => flat.write_only,
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

fn only_strings(rules: Rules) -> Rules {
    Rules {
        format: rules.format,
        pattern: rules.pattern,
        min_length: rules.min_length,
        max_length: rules.max_length,
        ..Rules::default()
    }
}

fn only_numbers(rules: Rules) -> Rules {
    Rules {
        minimum: rules.minimum,
        maximum: rules.maximum,
        exclusive_minimum: rules.exclusive_minimum,
        ..Rules::default()
    }
}
