//! Removes defaults and examples that are invalid for their types. Documents contain such values, and they help nobody.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::catalog::{Field, Rules, TypeDef, TypeKind, TypeRef, TypeShape};

/// Type definitions by Rust name.
pub(super) type Defs<'t> = BTreeMap<&'t str, &'t TypeDef>;

/// Returns whether a value has a type and satisfies its rules.
pub(super) fn fits(value: &Value, ty: &TypeRef, defs: &Defs<'_>) -> bool {
    match (&ty.kind, value) {
        (TypeKind::Any | TypeKind::Boxed(_), _) => true,
        (_, Value::Null) => ty.nullable,
        (TypeKind::Boolean, value) => value.is_boolean(),
        (TypeKind::Integer, value) => value.as_i64().is_some() && in_range(value, &ty.rules),
        (TypeKind::Number, value) => value.is_number() && in_range(value, &ty.rules),
        (TypeKind::String, Value::String(text)) => keeps(text, &ty.rules),
        (TypeKind::Array(items), Value::Array(values)) => {
            let counts = counts(values.len(), ty.rules.min_items, ty.rules.max_items);
            counts && values.iter().all(|value| fits(value, items, defs))
        }
        (TypeKind::Map(of), Value::Object(members)) => {
            members.values().all(|value| fits(value, of, defs))
        }
        (TypeKind::Named(name), value) => defs
            .get(name.as_str())
            .is_some_and(|def| fits_shape(value, &def.shape, defs)),
        _ => false,
    }
}

fn fits_shape(value: &Value, shape: &TypeShape, defs: &Defs<'_>) -> bool {
    match (shape, value) {
        (TypeShape::Enum { values }, Value::String(text)) => {
            values.iter().any(|value| value.name == *text)
        }
        (TypeShape::Union { variants }, value) => variants
            .iter()
            .any(|variant| fits(value, &variant.ty, defs)),
        (TypeShape::Struct { fields, additional }, Value::Object(members)) => {
            let given = |field: &Field| members.contains_key(&field.name);
            let complete = fields.iter().all(|field| !field.required || given(field));
            complete
                && members.iter().all(|(name, value)| {
                    match (fields.iter().find(|field| field.name == *name), additional) {
                        (Some(field), _) => fits(value, &field.ty, defs),
                        (None, Some(of)) => fits(value, of, defs),
                        (None, None) => false,
                    }
                })
        }
        _ => false,
    }
}

fn in_range(value: &Value, rules: &Rules) -> bool {
    let number =
        |limit: &Option<serde_json::Number>| limit.as_ref().and_then(serde_json::Number::as_f64);
    let Some(value) = value.as_f64() else {
        return false;
    };
    number(&rules.minimum).is_none_or(|min| value >= min)
        && number(&rules.maximum).is_none_or(|max| value <= max)
        && number(&rules.exclusive_minimum).is_none_or(|above| value > above)
}

fn keeps(text: &str, rules: &Rules) -> bool {
    let pattern = rules.pattern.as_deref().map(regex_lite::Regex::new);
    counts(text.chars().count(), rules.min_length, rules.max_length)
        && pattern.is_none_or(|pattern| pattern.is_ok_and(|pattern| pattern.is_match(text)))
}

fn counts(count: usize, min: Option<u32>, max: Option<u32>) -> bool {
    let min = min.is_none_or(|min| usize::try_from(min).is_ok_and(|min| count >= min));
    min && max.is_none_or(|max| usize::try_from(max).is_ok_and(|max| count <= max))
}

/// Removes the invalid defaults and examples of a type's fields.
pub(super) fn keep_fitting(def: &mut TypeDef, defs: &Defs<'_>) {
    if let TypeShape::Struct { fields, .. } = &mut def.shape {
        let fields = fields.iter_mut();
        fields.for_each(|field| keep_fitting_values(field, defs));
    }
}

/// Removes the default and the example of a field if they are invalid.
pub(super) fn keep_fitting_values(field: &mut Field, defs: &Defs<'_>) {
    for value in [&mut field.default, &mut field.example] {
        value.take_if(|value| !fits(value, &field.ty, defs));
    }
}
