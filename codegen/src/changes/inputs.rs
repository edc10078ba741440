//! Compares types of arguments: whether a value that was valid is still valid.

use std::collections::BTreeSet;

use serde_json::{Number, Value};

use super::arguments::member;
use super::types::{pairs, said, values};
use super::{Change, Kind, Weight};
use crate::catalog::{EnumValue, Field, TypeKind, TypeRef, TypeShape, Variant};
use crate::emit::types::Types;

/// Collects changes in the types of arguments.
pub(super) struct Inputs<'c> {
    old: &'c Types<'c>,
    new: &'c Types<'c>,
    pub(super) changes: Vec<Change>,
    /// Pairs of named types that are being compared. A pair in this set is not compared again, so that recursive types terminate.
    open: BTreeSet<(String, String)>,
}

impl<'c> Inputs<'c> {
    pub(super) fn new(old: &'c Types<'c>, new: &'c Types<'c>) -> Self {
        Self {
            old,
            new,
            changes: Vec::new(),
            open: BTreeSet::new(),
        }
    }

    pub(super) fn add(&mut self, change: Change) {
        self.changes.push(change);
    }

    fn say(&mut self, kind: Kind, path: &str, what: &str) {
        self.add(Change::new(kind, format!("parameter `{path}` {what}")));
    }

    pub(super) fn needed(&mut self, of: &str, old: bool, new: bool) {
        let (kind, what) = match (old, new) {
            (false, true) => (Kind::ArgumentRequired, "has to be given now"),
            (true, false) => (Kind::ArgumentOptional, "may be left out"),
            _ => return,
        };
        self.add(Change::new(kind, format!("{of} {what}")));
    }

    pub(super) fn default(&mut self, of: &str, old: Option<&Value>, new: Option<&Value>) {
        let (kind, what) = match (old, new) {
            (Some(old), Some(new)) if old != new => (
                Kind::DefaultChanged,
                format!("is {new} when it is left out, was {old}"),
            ),
            (None, Some(new)) => (
                Kind::DefaultDocumented,
                format!("is said to be {new} when it is left out"),
            ),
            (Some(old), None) => (
                Kind::DefaultDocumented,
                format!("is no longer said to be {old} when it is left out"),
            ),
            _ => return,
        };
        self.add(Change::new(kind, format!("{of} {what}")));
    }

    pub(super) fn words(&mut self, of: &str, description: bool, example: bool) {
        let what = match (description, example) {
            (true, _) => "is described differently",
            (false, true) => "has another example",
            (false, false) => return,
        };
        self.add(Change::new(Kind::ArgumentText, format!("{of} {what}")));
    }

    pub(super) fn types(&mut self, path: &str, old: &TypeRef, new: &TypeRef) {
        match (&old.kind, &new.kind) {
            (TypeKind::Any, TypeKind::Any) => {}
            (_, TypeKind::Any) => {
                self.say(Kind::ArgumentWider, path, "takes any value");
                return;
            }
            (TypeKind::Any, _) => {
                let what = format!("takes {} only", said(self.new, new));
                self.say(Kind::ArgumentNarrower, path, &what);
                return;
            }
            _ => {}
        }
        match (old.nullable, new.nullable) {
            (false, true) => self.say(Kind::ArgumentWider, path, "can be null"),
            (true, false) => self.say(Kind::ArgumentNarrower, path, "can no longer be null"),
            _ => {}
        }
        let before = self.changes.len();
        match (&old.kind, &new.kind) {
            (TypeKind::Array(old), TypeKind::Array(new)) => self.types(path, old, new),
            (TypeKind::Map(old), TypeKind::Map(new)) => {
                self.types(&format!("{path}.*"), old, new);
            }
            (TypeKind::Integer, TypeKind::Number) => {
                self.say(Kind::ArgumentWider, path, "can have a fraction");
            }
            (one, other) if one == other && !matches!(one, TypeKind::Named(_)) => {}
            _ => self.shapes(path, old, new),
        }
        // If the type changed, its rules cannot be compared.
        let since = self.changes.iter().skip(before);
        if !since.into_iter().any(|it| it.kind == Kind::ArgumentRetyped) {
            self.rules(path, old, new);
        }
    }

    /// Compares types if at least one of them is named or their kinds differ.
    fn shapes(&mut self, path: &str, old: &TypeRef, new: &TypeRef) {
        let (old_types, new_types) = (self.old, self.new);
        let shape = |types: &Types<'c>, ty: &TypeRef| match &ty.kind {
            TypeKind::Named(name) => types.get(name).map(|def| &def.shape),
            _ => None,
        };
        let open = match (&old.kind, &new.kind) {
            (TypeKind::Named(old), TypeKind::Named(new)) => Some((old.clone(), new.clone())),
            _ => None,
        };
        if open.as_ref().is_some_and(|open| self.open.contains(open)) {
            return;
        }
        self.open.extend(open.clone());
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
            ) => self.members(path, (old, before.as_ref()), (new, now.as_ref())),
            (Some(TypeShape::Enum { values: old }), Some(TypeShape::Enum { values: new })) => {
                self.values(path, old, new);
            }
            (
                Some(TypeShape::Union { variants: old }),
                Some(TypeShape::Union { variants: new }),
            ) => self.variants(path, old, new),
            (Some(TypeShape::Enum { .. }), None) if new.kind == TypeKind::String => {
                self.say(Kind::ArgumentWider, path, "takes any text");
            }
            (None, Some(TypeShape::Enum { .. })) if old.kind == TypeKind::String => {
                self.say(Kind::ArgumentNarrower, path, "takes certain values only");
            }
            (Some(TypeShape::Struct { .. }), None) if is_open(new) => {
                self.say(Kind::ArgumentWider, path, "takes any members");
            }
            (_, Some(TypeShape::Union { variants }))
                if variants.iter().any(|it| self.fits(old, &it.ty)) =>
            {
                let what = format!("can also be {}", said(new_types, new));
                self.say(Kind::ArgumentWider, path, &what);
            }
            (Some(TypeShape::Union { variants }), _)
                if variants.iter().any(|it| self.fits(&it.ty, new)) =>
            {
                let what = format!("can only be {}", said(new_types, new));
                self.say(Kind::ArgumentNarrower, path, &what);
            }
            _ => {
                let what = format!("is {}, was {}", said(new_types, new), said(old_types, old));
                self.say(Kind::ArgumentRetyped, path, &what);
            }
        }
        if let Some(open) = open {
            self.open.remove(&open);
        }
    }

    fn members(
        &mut self,
        path: &str,
        (old, before): (&[Field], Option<&TypeRef>),
        (new, now): (&[Field], Option<&TypeRef>),
    ) {
        for field in new {
            let path = member(path, field);
            let of = format!("parameter `{path}`");
            let Some(known) = old.iter().find(|it| it.name == field.name) else {
                let (kind, what) = if field.required {
                    (Kind::ArgumentNewRequired, "is new and has to be given")
                } else {
                    (Kind::ArgumentNew, "is new")
                };
                self.add(Change::new(kind, format!("{of} {what}")));
                continue;
            };
            self.needed(&of, known.required, field.required);
            self.types(&path, &known.ty, &field.ty);
            self.default(&of, known.default.as_ref(), field.default.as_ref());
            self.words(
                &of,
                known.description != field.description,
                known.example != field.example,
            );
        }
        for field in old {
            if !new.iter().any(|it| it.name == field.name) {
                let text = format!("parameter `{}` is gone", member(path, field));
                self.add(Change::new(Kind::ArgumentGone, text));
            }
        }
        match (before, now) {
            (None, Some(_)) => self.say(Kind::ArgumentWider, path, "takes other members too"),
            (Some(_), None) => self.say(
                Kind::ArgumentNarrower,
                path,
                "takes no other members any more",
            ),
            (Some(before), Some(now)) => self.types(&format!("{path}.*"), before, now),
            (None, None) => {}
        }
    }

    fn values(&mut self, path: &str, old: &[EnumValue], new: &[EnumValue]) {
        for (kind, text) in values(old, new) {
            let kind = match kind {
                Weight::Additive => Kind::ArgumentWider,
                _ => Kind::ArgumentNarrower,
            };
            self.say(kind, path, &text);
        }
    }

    /// Compares unions. The names of variants do not matter: variants whose types fit each other count as the same.
    fn variants(&mut self, path: &str, old: &[Variant], new: &[Variant]) {
        let mut left: Vec<&Variant> = new.iter().collect();
        let mut lost = Vec::new();
        for variant in old {
            let found = left.iter().position(|it| self.fits(&variant.ty, &it.ty));
            match found {
                Some(index) => drop(left.remove(index)),
                None => lost.push(variant),
            }
        }
        for (old, new) in pairs(&mut lost, &mut left) {
            self.types(path, &old, &new);
        }
        for variant in lost {
            let what = format!("can no longer be {}", said(self.old, &variant.ty));
            self.say(Kind::ArgumentNarrower, path, &what);
        }
        for variant in left {
            let what = format!("can also be {}", said(self.new, &variant.ty));
            self.say(Kind::ArgumentWider, path, &what);
        }
    }

    /// Returns whether all values of the old type are valid for the new type.
    fn fits(&self, old: &TypeRef, new: &TypeRef) -> bool {
        let mut inputs = Inputs {
            open: self.open.clone(),
            ..Inputs::new(self.old, self.new)
        };
        inputs.types("", old, new);
        let breaks = |change: &Change| change.kind.weight() == Weight::Breaking;
        !inputs.changes.iter().any(breaks)
    }

    fn rules(&mut self, path: &str, old: &TypeRef, new: &TypeRef) {
        let (old, new) = (&old.rules, &new.rules);
        let number = |number: &Option<Number>| number.as_ref().and_then(Number::as_f64);
        let count = |count: Option<u32>| count.map(f64::from);
        let limits = [
            ("minimum", number(&old.minimum), number(&new.minimum), true),
            ("maximum", number(&old.maximum), number(&new.maximum), false),
            (
                "exclusive minimum",
                number(&old.exclusive_minimum),
                number(&new.exclusive_minimum),
                true,
            ),
            (
                "least length",
                count(old.min_length),
                count(new.min_length),
                true,
            ),
            (
                "greatest length",
                count(old.max_length),
                count(new.max_length),
                false,
            ),
            (
                "least number of items",
                count(old.min_items),
                count(new.min_items),
                true,
            ),
            (
                "greatest number of items",
                count(old.max_items),
                count(new.max_items),
                false,
            ),
        ];
        for (name, old, new, is_lower) in limits {
            let (narrower, what) = match (old, new) {
                (Some(old), Some(new)) if old < new => {
                    (is_lower, format!("has the {name} {new}, was {old}"))
                }
                (Some(old), Some(new)) if old > new => {
                    (!is_lower, format!("has the {name} {new}, was {old}"))
                }
                (None, Some(new)) => (true, format!("has a {name}, {new}")),
                (Some(_), None) => (false, format!("has no {name} any more")),
                _ => continue,
            };
            self.narrower(path, narrower, &what);
        }
        let texts = [
            ("pattern", &old.pattern, &new.pattern),
            ("format", &old.format, &new.format),
        ];
        for (name, old, new) in texts {
            match (old, new) {
                (Some(old), Some(new)) if old != new => {
                    self.narrower(path, true, &format!("has the {name} `{new}`, was `{old}`"));
                }
                (None, Some(new)) => {
                    self.narrower(path, true, &format!("has a {name}, `{new}`"));
                }
                (Some(_), None) => self.narrower(path, false, &format!("has no {name} any more")),
                _ => {}
            }
        }
    }

    fn narrower(&mut self, path: &str, narrower: bool, what: &str) {
        let kind = if narrower {
            Kind::ArgumentNarrower
        } else {
            Kind::ArgumentWider
        };
        self.say(kind, path, what);
    }
}

fn is_open(ty: &TypeRef) -> bool {
    matches!(&ty.kind, TypeKind::Map(values) if values.kind == TypeKind::Any)
}
