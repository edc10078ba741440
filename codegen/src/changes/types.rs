//! Comparison of enums and unions, and names of types, for both arguments and results.

use super::change::ApiChangeSeverity;
use crate::catalog::{EnumValue, ModuleTypes, TypeKind, TypeRef, TypeShape, Variant};

/// Differences between two unions. The names of variants do not matter.
pub(super) struct UnionChanges<'c> {
    /// Old and new form of the variants that changed.
    pub(super) changed: Vec<(&'c TypeRef, &'c TypeRef)>,
    pub(super) removed: Vec<&'c TypeRef>,
    pub(super) added: Vec<&'c TypeRef>,
}

impl<'c> UnionChanges<'c> {
    /// Compares two unions; `is_same` decides which variants did not change.
    pub(super) fn new(
        old: &'c [Variant],
        new: &'c [Variant],
        is_same: impl Fn(&'c TypeRef, &'c TypeRef) -> bool,
    ) -> Self {
        let mut changes = Self {
            changed: Vec::new(),
            removed: old.iter().map(|variant| &variant.ty).collect(),
            added: new.iter().map(|variant| &variant.ty).collect(),
        };
        changes.pair(is_same);
        changes.changed.clear();
        // Variants of the same named type are the old and new form of one variant, and so are the last two.
        changes.pair(|old, new| old.kind == new.kind);
        if let ([old], [new]) = (changes.removed.as_slice(), changes.added.as_slice()) {
            changes.changed.push((*old, *new));
            changes.removed.clear();
            changes.added.clear();
        }
        changes
    }

    /// Moves matching variants to `changed`.
    fn pair(&mut self, matches: impl Fn(&'c TypeRef, &'c TypeRef) -> bool) {
        let Self {
            changed,
            removed,
            added,
        } = self;
        removed.retain(|old| {
            let found = added.iter().position(|new| matches(old, new));
            changed.extend(found.map(|at| (*old, added.remove(at))));
            found.is_none()
        });
    }
}

/// Returns the new and removed values of an enum.
pub(super) fn values(old: &[EnumValue], new: &[EnumValue]) -> Vec<(ApiChangeSeverity, String)> {
    let names = |values: &[EnumValue]| -> Vec<String> {
        values.iter().map(|value| value.name.clone()).collect()
    };
    let (old, new) = (names(old), names(new));
    let added = only(&new, &old);
    let added = added.map(|it| (ApiChangeSeverity::Additive, format!("can also be {it}")));
    let removed = only(&old, &new);
    let removed = removed.map(|it| {
        (
            ApiChangeSeverity::Breaking,
            format!("can no longer be {it}"),
        )
    });
    added.into_iter().chain(removed).collect()
}

/// Lists the names that only the first list has; `None` if there are none.
pub(super) fn only(one: &[String], other: &[String]) -> Option<String> {
    let only = one.iter().filter(|name| !other.contains(name));
    let only: Vec<String> = only.map(|name| format!("`{name}`")).collect();
    (!only.is_empty()).then(|| only.join(", "))
}

/// Returns the display name of a type.
pub(super) fn type_text(types: &ModuleTypes<'_>, ty: &TypeRef) -> String {
    let name = match &ty.kind {
        TypeKind::Any => "anything",
        TypeKind::Boolean => "a boolean",
        TypeKind::Integer => "an integer",
        TypeKind::Number => "a number",
        TypeKind::String => "a text",
        TypeKind::Array(items) => return format!("an array, each {}", type_text(types, items)),
        TypeKind::Map(_) => "an object",
        TypeKind::Named(name) | TypeKind::Boxed(name) => {
            match types.get(name).map(|def| &def.shape) {
                Some(TypeShape::Struct { .. }) => "an object",
                Some(TypeShape::Enum { .. }) => "one of certain texts",
                Some(TypeShape::Union { .. }) => "one of several types",
                None => "unknown",
            }
        }
    };
    name.to_owned()
}
