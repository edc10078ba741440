//! Compares types of arguments: whether a value that was valid is still valid.

use std::collections::BTreeSet;

use serde_json::Number;

use super::change::ApiChangeSeverity::{Additive, Breaking};
use super::change::{ApiChangeKind, FoundChanges};
use super::types::{UnionChanges, type_text, values};
use crate::catalog::{Field, ModuleTypes, Rules, TypeKind, TypeRef, TypeShape, Variant};

/// Collects changes in the types of arguments.
pub(super) struct InputComparison<'c> {
    old: &'c ModuleTypes<'c>,
    new: &'c ModuleTypes<'c>,
    pub(super) changes: FoundChanges,
    /// Pairs of named types that are being compared. A pair in this set is not compared again, so that recursive types terminate.
    open: BTreeSet<(&'c str, &'c str)>,
}

impl<'c> InputComparison<'c> {
    pub(super) fn new(old: &'c ModuleTypes<'c>, new: &'c ModuleTypes<'c>) -> Self {
        Self {
            old,
            new,
            changes: FoundChanges::default(),
            open: BTreeSet::new(),
        }
    }

    /// Compares a parameter that both catalogues have.
    pub(super) fn input(&mut self, path: &str, old: &'c Field, new: &'c Field) {
        let subject = format!("parameter `{path}`");
        self.changes.property(
            &subject,
            (old.required, new.required),
            (Breaking, "is now required"),
            (Additive, "is now optional"),
        );
        self.types(path, &old.ty, &new.ty);
        match (&old.default, &new.default) {
            (Some(old), Some(new)) if old != new => {
                let text = format!("{subject} is {new} when omitted, was {old}");
                self.changes.breaking(text);
            }
            (None, Some(new)) => {
                let text = format!("{subject} has the documented default {new}");
                self.changes.cosmetic(text);
            }
            (Some(old), None) => {
                let text = format!("{subject} no longer has the documented default {old}");
                self.changes.cosmetic(text);
            }
            _ => {}
        }
        if old.description != new.description {
            let text = format!("{subject} has another description");
            self.changes.cosmetic(text);
        } else if old.example != new.example {
            self.changes
                .cosmetic(format!("{subject} has another example"));
        }
    }

    /// Adds a parameter that only the new catalogue has.
    pub(super) fn new_input(&mut self, path: &str, is_required: bool) {
        if is_required {
            let text = format!("parameter `{path}` is new and required");
            self.changes.breaking(text);
        } else {
            self.changes.additive(format!("parameter `{path}` is new"));
        }
    }

    /// Adds a parameter that only the old catalogue has.
    pub(super) fn removed_input(&mut self, path: &str) {
        self.changes
            .breaking(format!("parameter `{path}` was removed"));
    }

    fn wider(&mut self, path: &str, what: &str) {
        self.changes.additive(format!("parameter `{path}` {what}"));
    }

    fn narrower(&mut self, path: &str, what: &str) {
        self.changes.breaking(format!("parameter `{path}` {what}"));
    }

    fn types(&mut self, path: &str, old: &'c TypeRef, new: &'c TypeRef) {
        match (&old.kind, &new.kind) {
            (TypeKind::Any, TypeKind::Any) => {}
            (_, TypeKind::Any) => return self.wider(path, "takes any value"),
            (TypeKind::Any, _) => {
                let what = format!("takes {} only", type_text(self.new, new));
                return self.narrower(path, &what);
            }
            _ => {}
        }
        self.changes.property(
            &format!("parameter `{path}`"),
            (old.nullable, new.nullable),
            (Additive, "can be null"),
            (Breaking, "can no longer be null"),
        );
        let before = self.changes.0.len();
        match (&old.kind, &new.kind) {
            (TypeKind::Array(old), TypeKind::Array(new)) => self.types(path, old, new),
            (TypeKind::Map(old), TypeKind::Map(new)) => {
                self.types(&format!("{path}.*"), old, new);
            }
            (TypeKind::Integer, TypeKind::Number) => self.wider(path, "can have a fraction"),
            (TypeKind::Named(one), TypeKind::Named(other)) => {
                let pair = (one.as_str(), other.as_str());
                if self.open.insert(pair) {
                    self.shapes(path, old, new);
                    self.open.remove(&pair);
                }
            }
            (one, other) if one == other => {}
            _ => self.shapes(path, old, new),
        }
        // If the type changed, its rules cannot be compared.
        let mut since = self.changes.0.iter().skip(before);
        if !since.any(|it| it.kind == ApiChangeKind::RetypedParameter) {
            self.rules(path, &old.rules, &new.rules);
        }
    }

    /// Compares types if at least one of them is named or their kinds differ.
    fn shapes(&mut self, path: &str, old: &'c TypeRef, new: &'c TypeRef) {
        let (old_types, new_types) = (self.old, self.new);
        let shape = |types: &'c ModuleTypes<'c>, ty: &TypeRef| match &ty.kind {
            TypeKind::Named(name) => types.get(name).map(|def| &def.shape),
            _ => None,
        };
        let is_text = |ty: &TypeRef| ty.kind == TypeKind::String;
        match (shape(old_types, old), shape(new_types, new)) {
            (
                Some(TypeShape::Struct {
                    fields: old,
                    additional: before,
                }),
                Some(TypeShape::Struct {
                    fields: new,
                    additional: now,
                }),
            ) => {
                self.members(path, old, new);
                self.additional(path, before.as_ref(), now.as_ref());
            }
            (Some(TypeShape::Enum { values: old }), Some(TypeShape::Enum { values: new })) => {
                for (severity, what) in values(old, new) {
                    self.changes
                        .add(severity, format!("parameter `{path}` {what}"));
                }
            }
            (
                Some(TypeShape::Union { variants: old }),
                Some(TypeShape::Union { variants: new }),
            ) => self.variants(path, old, new),
            (Some(TypeShape::Enum { .. }), None) if is_text(new) => {
                self.wider(path, "takes any text");
            }
            (None, Some(TypeShape::Enum { .. })) if is_text(old) => {
                self.narrower(path, "takes certain values only");
            }
            (Some(TypeShape::Struct { .. }), None) if is_open(new) => {
                self.wider(path, "takes any members");
            }
            (_, Some(TypeShape::Union { variants }))
                if variants.iter().any(|it| self.fits(old, &it.ty)) =>
            {
                self.wider(path, &format!("can also be {}", type_text(new_types, new)));
            }
            (Some(TypeShape::Union { variants }), _)
                if variants.iter().any(|it| self.fits(&it.ty, new)) =>
            {
                self.narrower(path, &format!("can only be {}", type_text(new_types, new)));
            }
            _ => {
                let (now, before) = (type_text(new_types, new), type_text(old_types, old));
                let text = format!("parameter `{path}` is {now}, was {before}");
                let kind = ApiChangeKind::RetypedParameter;
                self.changes.add_kind(kind, Breaking, text);
            }
        }
    }

    fn members(&mut self, path: &str, old: &'c [Field], new: &'c [Field]) {
        for field in new {
            let path = format!("{path}.{}", field.name);
            match old.iter().find(|it| it.name == field.name) {
                Some(known) => self.input(&path, known, field),
                None => self.new_input(&path, field.required),
            }
        }
        for field in old {
            if !new.iter().any(|it| it.name == field.name) {
                self.removed_input(&format!("{path}.{}", field.name));
            }
        }
    }

    fn additional(&mut self, path: &str, old: Option<&'c TypeRef>, new: Option<&'c TypeRef>) {
        match (old, new) {
            (None, Some(_)) => self.wider(path, "takes other members too"),
            (Some(_), None) => self.narrower(path, "no longer takes other members"),
            (Some(old), Some(new)) => self.types(&format!("{path}.*"), old, new),
            (None, None) => {}
        }
    }

    /// Compares unions: variants whose types fit each other count as the same.
    fn variants(&mut self, path: &str, old: &'c [Variant], new: &'c [Variant]) {
        let union = UnionChanges::new(old, new, |old, new| self.fits(old, new));
        for (old, new) in union.changed {
            self.types(path, old, new);
        }
        for ty in union.removed {
            self.narrower(
                path,
                &format!("can no longer be {}", type_text(self.old, ty)),
            );
        }
        for ty in union.added {
            self.wider(path, &format!("can also be {}", type_text(self.new, ty)));
        }
    }

    /// Returns whether all values of the old type are valid for the new type.
    fn fits(&self, old: &'c TypeRef, new: &'c TypeRef) -> bool {
        let mut inputs = InputComparison {
            open: self.open.clone(),
            ..InputComparison::new(self.old, self.new)
        };
        inputs.types("", old, new);
        let mut changes = inputs.changes.0.iter();
        !changes.any(|change| change.severity == Breaking)
    }

    fn rules(&mut self, path: &str, old: &Rules, new: &Rules) {
        for ((name, old), (_, new)) in lower_limits(old).into_iter().zip(lower_limits(new)) {
            self.limit(path, name, old, new, |old, new| old < new);
        }
        for ((name, old), (_, new)) in upper_limits(old).into_iter().zip(upper_limits(new)) {
            self.limit(path, name, old, new, |old, new| old > new);
        }
        let quoted = |text: &Option<String>| text.as_ref().map(|text| format!("`{text}`"));
        let texts = [
            ("pattern", quoted(&old.pattern), quoted(&new.pattern)),
            ("format", quoted(&old.format), quoted(&new.format)),
        ];
        for (name, old, new) in texts {
            self.limit(path, name, old, new, |_, _| true);
        }
    }

    /// Compares one rule. `is_narrower` decides whether a changed rule allows fewer values.
    fn limit<T: PartialEq + std::fmt::Display>(
        &mut self,
        path: &str,
        name: &str,
        old: Option<T>,
        new: Option<T>,
        is_narrower: impl Fn(&T, &T) -> bool,
    ) {
        match (old, new) {
            (Some(old), Some(new)) if old != new => {
                let what = format!("has the {name} {new} instead of {old}");
                match is_narrower(&old, &new) {
                    true => self.narrower(path, &what),
                    false => self.wider(path, &what),
                }
            }
            (None, Some(new)) => self.narrower(path, &format!("has a new {name}: {new}")),
            (Some(old), None) => self.wider(path, &format!("no longer has the {name} {old}")),
            _ => {}
        }
    }
}

type Limit = (&'static str, Option<f64>);

fn lower_limits(rules: &Rules) -> [Limit; 4] {
    [
        ("minimum", number(rules.minimum.as_ref())),
        (
            "exclusive minimum",
            number(rules.exclusive_minimum.as_ref()),
        ),
        ("minimum length", rules.min_length.map(f64::from)),
        ("minimum number of items", rules.min_items.map(f64::from)),
    ]
}

fn upper_limits(rules: &Rules) -> [Limit; 3] {
    [
        ("maximum", number(rules.maximum.as_ref())),
        ("maximum length", rules.max_length.map(f64::from)),
        ("maximum number of items", rules.max_items.map(f64::from)),
    ]
}

fn number(number: Option<&Number>) -> Option<f64> {
    number.and_then(Number::as_f64)
}

fn is_open(ty: &TypeRef) -> bool {
    matches!(&ty.kind, TypeKind::Map(values) if values.kind == TypeKind::Any)
}
