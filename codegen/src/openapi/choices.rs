//! Reads schemas that list allowed values (`enum`) or alternatives (`oneOf`, `anyOf`).

use indexmap::{IndexMap, IndexSet};
use serde_json::Value;

use super::flat::{Additional, Basic, Flat, Part, PartSource};
use super::names::Direction;
use super::rules::is_hidden;
use super::types::{MAX_DEPTH, TypeReader, TypeUse};
use crate::catalog::{EnumValue, Rules, TypeKind, TypeRef, TypeShape, Variant};
use crate::ident::{Taken, variant};

impl<'a> TypeReader<'a> {
    pub(super) fn enumeration(
        &mut self,
        flat: &Flat<'a>,
        values: &[Value],
        usage: &TypeUse,
    ) -> TypeRef {
        let known = || values.iter().filter(|value| !value.is_null());
        if known().next().is_some() {
            let strings: Option<IndexSet<&str>> = known().map(Value::as_str).collect();
            if let Some(strings) = strings {
                let mut taken = Taken::default();
                let values = strings.into_iter().map(|name| EnumValue {
                    name: name.to_owned(),
                    rust_name: taken.take(&variant(name)),
                });
                let values = values.collect();
                return self.define(flat, usage, |_, _| TypeShape::Enum { values });
            }
            let integers: Option<IndexSet<i64>> = known().map(Value::as_i64).collect();
            if let Some(integers) = integers {
                return integer_enumeration(&integers, usage.direction);
            }
            if known().all(Value::is_boolean) {
                return TypeKind::Boolean.into();
            }
        }
        let of_values = |basic| matches!(basic, Basic::Object | Basic::Array | Basic::String);
        let without = Flat {
            basic: flat.basic.filter(|basic| !of_values(*basic)),
            ..Flat::default()
        };
        self.typed(&without, usage)
    }

    pub(super) fn union(&mut self, flat: &Flat<'a>, usage: &TypeUse) -> TypeRef {
        let mut parts = Vec::new();
        self.alternatives(&flat.union, Some(usage.direction), &mut parts, 0);
        if parts.is_empty() {
            // Only members of an object can be hidden. A union is not a member, so if all its alternatives are hidden, all are used.
            self.alternatives(&flat.union, None, &mut parts, 0);
        }
        let mut types: Vec<TypeRef> = Vec::new();
        // The name of the union is taken before those of the alternatives, which begin with it.
        let (index, usage) = self.reserve(flat, usage);
        for (number, (part, inner)) in parts.iter().enumerate() {
            let word = match (part.title(), &inner.constant) {
                (Some(title), _) => title.to_owned(),
                (None, Some(Value::String(value))) => value.clone(),
                (None, _) => format!("variant {}", number + 1),
            };
            let part = std::slice::from_ref(part);
            let mut ty = self.type_of(part, inner, &usage.inner(&word));
            ty.nullable = false;
            if !types.contains(&ty) {
                types.push(ty);
            }
        }
        if types.len() == 1
            && let Some(ty) = types.pop()
        {
            // Removing the entry is safe: only types that are still being read are known by their index, and their indexes are lower.
            self.contents.types.remove(index);
            return TypeRef {
                nullable: flat.nullable,
                ..ty
            };
        }
        let mut taken = Taken::default();
        let variants = types.into_iter().map(|ty| Variant {
            rust_name: taken.take(&variant_name(&ty, &usage.name)),
            ty,
        });
        self.contents.types[index].shape = TypeShape::Union {
            variants: variants.collect(),
        };
        TypeKind::Named(usage.name).into()
    }

    /// Merges the alternatives of a schema that also has members, values or items of its own: the members of the alternatives become optional members of the whole. The result allows more than the document, never less.
    pub(super) fn absorb(&mut self, mut flat: Flat<'a>, depth: usize) -> Flat<'a> {
        let union = std::mem::take(&mut flat.union);
        if flat.values.is_some() || !flat.can_be_object() {
            // The alternatives of a value that is not an object only restrict the type that is already known.
            return flat;
        }
        let mut is_open = depth == MAX_DEPTH;
        let mut found: IndexMap<&'a str, Vec<Part<'a>>> = IndexMap::new();
        for part in union {
            let mut inner = self.flat(std::slice::from_ref(&part));
            if !inner.union.is_empty() && depth < MAX_DEPTH {
                inner.basic = inner.basic.or(Some(Basic::Object));
                inner = self.absorb(inner, depth + 1);
            }
            let says_nothing = inner.properties.is_empty() && inner.required.is_empty();
            is_open |= matches!(inner.additional, Additional::Open | Additional::These(_))
                || (says_nothing && !matches!(inner.additional, Additional::Closed));
            for (name, parts) in inner.properties {
                let whole = Part::combined(parts, PartSource::All);
                let known = found.entry(name).or_default();
                known.extend(whole.filter(|whole| !known.contains(whole)));
            }
        }
        for (name, parts) in found {
            // A definition outside the alternatives applies to all of them.
            let known = flat.properties.entry(name);
            let either = || Part::combined(parts, PartSource::Either);
            known.or_insert_with(|| either().into_iter().collect());
        }
        if is_open && !matches!(flat.additional, Additional::These(_)) {
            flat.additional = Additional::Open;
        }
        flat.basic = flat.basic.or(Some(Basic::Object));
        flat
    }

    /// Collects all alternatives, including those of nested unions, except alternatives that are hidden in a direction.
    fn alternatives(
        &mut self,
        union: &[Part<'a>],
        direction: Option<Direction>,
        parts: &mut Vec<(Part<'a>, Flat<'a>)>,
        depth: usize,
    ) {
        for part in union {
            let flat = self.flat(std::slice::from_ref(part));
            if part.name().is_none() && !flat.union.is_empty() && depth < MAX_DEPTH {
                self.alternatives(&flat.union, direction, parts, depth + 1);
            } else if !direction.is_some_and(|direction| is_hidden(&flat, direction)) {
                parts.push((part.clone(), flat));
            }
        }
    }
}

/// Returns the range that contains the listed integers. In a response, a range replaces them only if it contains no others.
fn integer_enumeration(integers: &IndexSet<i64>, direction: Direction) -> TypeRef {
    let (min, max) = (integers.iter().min(), integers.iter().max());
    let is_whole = min.zip(max).is_some_and(|(min, max)| {
        let between = max.abs_diff(*min);
        between.checked_add(1) == u64::try_from(integers.len()).ok()
    });
    let is_limited = is_whole || direction == Direction::Input;
    let limit = |limit: Option<&i64>| limit.filter(|_| is_limited).map(|limit| (*limit).into());
    TypeRef {
        rules: Rules {
            minimum: limit(min),
            maximum: limit(max),
            ..Rules::default()
        },
        ..TypeKind::Integer.into()
    }
}

fn variant_name(ty: &TypeRef, union: &str) -> String {
    let name = match &ty.kind {
        TypeKind::Any => "Any",
        TypeKind::Boolean => "Boolean",
        TypeKind::Integer => "Integer",
        TypeKind::Number => "Number",
        TypeKind::String => "String",
        TypeKind::Array(item) => return format!("{}Array", variant_name(item, union)),
        TypeKind::Map(_) => "Object",
        // The alternatives of `XValue` are named `XValueA`, and their variants `A`.
        TypeKind::Named(name) | TypeKind::Boxed(name) => name
            .strip_prefix(union)
            .filter(|rest| rest.starts_with(|c: char| c.is_ascii_uppercase()))
            .unwrap_or(name),
    };
    name.to_owned()
}
