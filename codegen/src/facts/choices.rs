//! Reads schemas that list allowed values (`enum`) or alternatives (`oneOf`, `anyOf`).

use indexmap::{IndexMap, IndexSet};
use serde_json::Value;

use super::flat::{Additional, Basic, Flat, Part};
use super::objects::is_hidden;
use super::types::{Direction, Hint, MAX_DEPTH, Types, plain};
use crate::catalog::{EnumValue, Rules, TypeKind, TypeRef, TypeShape, Variant};
use crate::ident::{Taken, variant};

impl<'a> Types<'a> {
    pub(super) fn enumeration(
        &mut self,
        pointer: &str,
        flat: &Flat<'a>,
        values: &[Value],
        direction: Direction,
        hint: &Hint,
        name: Option<String>,
    ) -> TypeRef {
        let known: Vec<&Value> = values.iter().filter(|value| !value.is_null()).collect();
        let strings: Option<Vec<&str>> = known.iter().map(|value| value.as_str()).collect();
        if let Some(strings) = strings.filter(|strings| !strings.is_empty()) {
            let mut taken = Taken::default();
            let strings: IndexSet<&str> = strings.into_iter().collect();
            let values = strings
                .iter()
                .map(|name| EnumValue {
                    name: (*name).to_owned(),
                    rust_name: taken.take(&variant(name)),
                })
                .collect();
            return self.define(flat, hint, name, |_, _| TypeShape::Enum { values });
        }
        let numbers = known.iter().filter_map(|value| value.as_i64());
        if let Some((min, max)) = numbers.clone().min().zip(numbers.clone().max())
            && numbers.count() == known.len()
        {
            let between = Rules {
                minimum: Some(min.into()),
                maximum: Some(max.into()),
                ..Rules::default()
            };
            // In a response, a range replaces the listed integers only if it contains no others.
            let mut several = known
                .iter()
                .filter_map(|value| value.as_i64())
                .collect::<Vec<_>>();
            several.sort_unstable();
            several.dedup();
            let whole = max.abs_diff(min) + 1 == several.len() as u64;
            return match direction {
                Direction::Output if !whole => plain(TypeKind::Integer),
                _ => TypeRef {
                    rules: between,
                    ..plain(TypeKind::Integer)
                },
            };
        }
        if !known.is_empty() && known.iter().all(|value| value.is_boolean()) {
            return plain(TypeKind::Boolean);
        }
        let without = Flat {
            values: None,
            basic: flat
                .basic
                .filter(|basic| !matches!(basic, Basic::Object | Basic::Array | Basic::String)),
            ..Flat::default()
        };
        self.shape(pointer, &without, direction, hint, name)
    }

    pub(super) fn union(
        &mut self,
        flat: &Flat<'a>,
        direction: Direction,
        hint: &Hint,
        name: Option<String>,
    ) -> TypeRef {
        let mut parts = Vec::new();
        self.alternatives(&flat.union, Some(direction), &mut parts, 0);
        if parts.is_empty() {
            // Only members of an object can be hidden. A union is not a member, so if all its alternatives are hidden, all are used.
            self.alternatives(&flat.union, None, &mut parts, 0);
        }
        let mut types: Vec<(String, TypeRef)> = Vec::new();
        // The name of the union is taken before those of the alternatives, which begin with it.
        let own = name.unwrap_or_else(|| self.taken.take(&hint.name));
        let index = self.reserve(flat, hint, &own);
        for (number, (part, inner)) in parts.iter().enumerate() {
            let word = match (part.title(), &inner.constant) {
                (Some(title), _) => title.to_owned(),
                (None, Some(Value::String(value))) => value.clone(),
                (None, _) => format!("variant {}", number + 1),
            };
            let inner_hint = Hint {
                name: own.clone(),
                schema: hint.schema.clone(),
            }
            .of(&word);
            let mut ty = self.type_of(std::slice::from_ref(part), inner, direction, &inner_hint);
            ty.nullable = false;
            if !types.iter().any(|(_, known)| *known == ty) {
                types.push((word, ty));
            }
        }
        if types.len() == 1
            && let Some((_, ty)) = types.pop()
        {
            // Removing the entry is safe: only types that are still being read are known by their index, and their indexes are lower.
            self.types.remove(index);
            return TypeRef {
                nullable: flat.nullable,
                ..ty
            };
        }
        let mut taken = Taken::default();
        let variants = types
            .into_iter()
            .map(|(_, ty)| Variant {
                rust_name: taken.take(&variant_name(&ty, &own)),
                ty,
            })
            .collect();
        self.types[index].shape = TypeShape::Union { variants };
        plain(TypeKind::Named(own))
    }

    /// Merges the alternatives of a schema that also has members, values or items of its own: the members of the alternatives become optional members of the whole. The result allows more than the document, never less.
    pub(super) fn absorb(&mut self, mut flat: Flat<'a>, depth: usize) -> Flat<'a> {
        let union = std::mem::take(&mut flat.union);
        if flat.values.is_some() || flat.basic.is_some_and(|basic| basic != Basic::Object) {
            // The alternatives of a value that is not an object only restrict the type that is already known.
            return flat;
        }
        let mut open = depth == MAX_DEPTH;
        let mut found: IndexMap<&'a str, Vec<Part<'a>>> = IndexMap::new();
        for part in union {
            let mut inner = self.flat(std::slice::from_ref(&part));
            if !inner.union.is_empty() && depth < MAX_DEPTH {
                inner.basic = inner.basic.or(Some(Basic::Object));
                inner = self.absorb(inner, depth + 1);
            }
            let says_nothing = inner.properties.is_empty() && inner.required.is_empty();
            open |= matches!(inner.additional, Additional::Open | Additional::These(_))
                || (says_nothing && !matches!(inner.additional, Additional::Closed));
            for (name, parts) in inner.properties {
                // If several parts define a member and all apply, together they cannot be one alternative. The last part is used.
                let Some(whole) = parts.into_iter().next_back() else {
                    continue;
                };
                let known = found.entry(name).or_default();
                if !known.iter().any(|part| part.is(&whole)) {
                    known.push(whole);
                }
            }
        }
        for (name, parts) in found {
            // A definition outside the alternatives applies to all of them.
            flat.properties
                .entry(name)
                .or_insert_with(|| match parts.len() {
                    1 => parts,
                    _ => vec![Part::either(parts)],
                });
        }
        if open && !matches!(flat.additional, Additional::These(_)) {
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

fn variant_name(ty: &TypeRef, union: &str) -> String {
    match &ty.kind {
        TypeKind::Any => "Any".to_owned(),
        TypeKind::Boolean => "Boolean".to_owned(),
        TypeKind::Integer => "Integer".to_owned(),
        TypeKind::Number => "Number".to_owned(),
        TypeKind::String => "String".to_owned(),
        TypeKind::Array(item) => format!("{}Array", variant_name(item, union)),
        TypeKind::Map(_) => "Object".to_owned(),
        // The alternatives of `XValue` are named `XValueA`, and their variants `A`.
        TypeKind::Named(name) | TypeKind::Boxed(name) => name
            .strip_prefix(union)
            .filter(|rest| rest.starts_with(|c: char| c.is_ascii_uppercase()))
            .unwrap_or(name)
            .to_owned(),
    }
}
