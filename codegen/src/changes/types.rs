//! Comparison of enums and unions, and names of types, for both arguments and results.

use super::Weight;
use crate::catalog::{EnumValue, TypeKind, TypeRef, TypeShape, Variant};
use crate::emit::types::Types;

/// Pairs old and new variants that do not fit each other: first those with the same type name, then the remaining one if each side has exactly one. Each pair is compared as the old and new form of a variant.
pub(super) fn pairs(old: &mut Vec<&Variant>, new: &mut Vec<&Variant>) -> Vec<(TypeRef, TypeRef)> {
    let mut pairs = Vec::new();
    old.retain(|variant| {
        let same = |it: &&Variant| it.ty.kind == variant.ty.kind;
        let found = new.iter().position(same).map(|at| new.remove(at));
        pairs.extend(found.map(|it| (variant.ty.clone(), it.ty.clone())));
        found.is_none()
    });
    if let ([one], [other]) = (old.as_slice(), new.as_slice()) {
        pairs.push((one.ty.clone(), other.ty.clone()));
        old.clear();
        new.clear();
    }
    pairs
}

/// Returns the new and removed values of an enum.
pub(super) fn values(old: &[EnumValue], new: &[EnumValue]) -> Vec<(Weight, String)> {
    let names = |values: &[EnumValue]| -> Vec<String> {
        values.iter().map(|value| value.name.clone()).collect()
    };
    let (old, new) = (names(old), names(new));
    let listed = |values: Vec<&String>| {
        let quoted: Vec<String> = values.iter().map(|it| format!("`{it}`")).collect();
        quoted.join(", ")
    };
    let only = |one: &[String], other: &[String]| {
        let only: Vec<&String> = one.iter().filter(|it| !other.contains(it)).collect();
        (!only.is_empty()).then(|| listed(only))
    };
    let added = only(&new, &old).map(|it| (Weight::Additive, format!("can also be {it}")));
    let gone = only(&old, &new).map(|it| (Weight::Breaking, format!("can no longer be {it}")));
    added.into_iter().chain(gone).collect()
}

/// Returns the display name of a type.
pub(super) fn said(types: &Types<'_>, ty: &TypeRef) -> String {
    match &ty.kind {
        TypeKind::Any => "anything".to_owned(),
        TypeKind::Boolean => "a boolean".to_owned(),
        TypeKind::Integer => "an integer".to_owned(),
        TypeKind::Number => "a number".to_owned(),
        TypeKind::String => "a text".to_owned(),
        TypeKind::Array(items) => format!("an array, each {}", said(types, items)),
        TypeKind::Map(_) => "an object".to_owned(),
        TypeKind::Named(name) | TypeKind::Boxed(name) => {
            match types.get(name).map(|def| &def.shape) {
                Some(TypeShape::Struct { .. }) => "an object".to_owned(),
                Some(TypeShape::Enum { .. }) => "one of certain texts".to_owned(),
                Some(TypeShape::Union { .. }) => "one of several types".to_owned(),
                None => "unknown".to_owned(),
            }
        }
    }
}
