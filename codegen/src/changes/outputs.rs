//! Compares the results of a tool in two catalogues: whether everything that was read from them still exists.

use std::collections::BTreeSet;

use super::tools::Side;
use super::types::{pairs, said, values};
use super::{Change, Kind, Weight};
use crate::catalog::{Content, Field, List, Operation, TypeKind, TypeRef, TypeShape, Variant};
use crate::emit::types::Types;

pub(super) fn between(old: Side<'_>, new: Side<'_>) -> Vec<Change> {
    let (old_types, new_types) = (old.types(), new.types());
    let mut outputs = Outputs {
        old: &old_types,
        new: &new_types,
        changes: Vec::new(),
        open: BTreeSet::new(),
    };
    outputs.results(old.operation, new.operation);
    outputs.changes
}

struct Outputs<'c> {
    old: &'c Types<'c>,
    new: &'c Types<'c>,
    changes: Vec<Change>,
    /// Pairs of named types that are being compared. A pair in this set is not compared again, so that recursive types terminate.
    open: BTreeSet<(String, String)>,
}

impl Outputs<'_> {
    fn add(&mut self, kind: Kind, text: String) {
        self.changes.push(Change::new(kind, text));
    }

    fn results(&mut self, old: &Operation, new: &Operation) {
        let form = |it: &Operation| match (&it.content, &it.list) {
            (Content::Json, None) => "JSON",
            (Content::Json, Some(_)) => "a list",
            (Content::Text { .. }, _) => "text",
            (Content::Lines { .. }, _) => "lines of JSON",
            (Content::Log { .. }, _) => "a log",
        };
        let (before, now) = (form(old), form(new));
        if before != now {
            self.add(
                Kind::ResultForm,
                format!("the result is {now}, was {before}"),
            );
            return;
        }
        if let (Some(old), Some(new)) = (&old.list, &new.list) {
            self.lists(old, new);
        }
        match (&old.returns, &new.returns) {
            (Some(old), Some(new)) => self.types("", old, new),
            (None, Some(_)) => self.add(Kind::ResultNew, "it has a result now".to_owned()),
            (Some(_), None) => self.add(Kind::ResultGone, "it has no result any more".to_owned()),
            (None, None) => {}
        }
    }

    fn lists(&mut self, old: &List, new: &List) {
        if old.items != new.items {
            let text = format!("the items are in `{}`, were in `{}`", new.items, old.items);
            self.add(Kind::ResultForm, text);
        }
        self.types("", &old.item_type, &new.item_type);
        match (old.summary.is_empty(), new.summary.is_empty()) {
            (true, true) => {}
            (true, false) => {
                let text = format!("returns only {} by default", listed(&new.summary));
                self.add(Kind::SummaryGone, text);
            }
            (false, true) => {
                let text = "returns all fields by default".to_owned();
                self.add(Kind::SummaryNew, text);
            }
            (false, false) => {
                let only = |one: &[String], other: &[String]| -> Vec<String> {
                    let only = one.iter().filter(|field| !other.contains(field));
                    only.cloned().collect()
                };
                let added = only(&new.summary, &old.summary);
                if !added.is_empty() {
                    let text = format!("returns {} by default too", listed(&added));
                    self.add(Kind::SummaryNew, text);
                }
                let gone = only(&old.summary, &new.summary);
                if !gone.is_empty() {
                    let text = format!("no longer returns {} by default", listed(&gone));
                    self.add(Kind::SummaryGone, text);
                }
            }
        }
    }

    /// Compares types at a path, which is empty for the whole result.
    fn types(&mut self, path: &str, old: &TypeRef, new: &TypeRef) {
        match (&old.kind, &new.kind) {
            (TypeKind::Any, TypeKind::Any) => {}
            (TypeKind::Any, _) => {
                let text = format!("{} is known to be {}", of(path), said(self.new, new));
                self.add(Kind::FieldTyped, text);
            }
            (TypeKind::Array(old), TypeKind::Array(new)) => self.types(path, old, new),
            // Output schemas do not describe the members of a map.
            (TypeKind::Map(_), TypeKind::Map(_)) => {}
            (TypeKind::Named(old), TypeKind::Named(new)) => {
                let open = (old.clone(), new.clone());
                if self.open.insert(open.clone()) {
                    self.shapes(path, old, new);
                    self.open.remove(&open);
                }
            }
            (one, other) if one == other => {}
            _ if self.is_text(self.old, old) && self.is_text(self.new, new) => {}
            _ => self.retyped(path, old, new),
        }
    }

    /// Returns whether the output schema of a type is a string, which includes enums.
    fn is_text(&self, types: &Types<'_>, ty: &TypeRef) -> bool {
        match &ty.kind {
            TypeKind::String => true,
            TypeKind::Named(name) => matches!(
                types.get(name).map(|def| &def.shape),
                Some(TypeShape::Enum { .. })
            ),
            _ => false,
        }
    }

    fn retyped(&mut self, path: &str, old: &TypeRef, new: &TypeRef) {
        let (now, before) = (said(self.new, new), said(self.old, old));
        let text = if now == before {
            format!("{} is {now} of another kind", of(path))
        } else {
            format!("{} is {now}, was {before}", of(path))
        };
        self.add(Kind::FieldRetyped, text);
    }

    fn shapes(&mut self, path: &str, old: &str, new: &str) {
        let shape = |types: &Types<'_>, name| types.get(name).map(|def| def.shape.clone());
        let (before, now) = (shape(self.old, old), shape(self.new, new));
        match (before, now) {
            (
                Some(TypeShape::Struct { fields: old, .. }),
                Some(TypeShape::Struct { fields: new, .. }),
            ) => self.members(path, &old, &new),
            (Some(TypeShape::Enum { values: old }), Some(TypeShape::Enum { values: new })) => {
                for (weight, what) in values(&old, &new) {
                    let kind = match weight {
                        Weight::Additive => Kind::FieldValueNew,
                        _ => Kind::FieldValueGone,
                    };
                    self.add(kind, format!("{} {what}", of(path)));
                }
            }
            (
                Some(TypeShape::Union { variants: old }),
                Some(TypeShape::Union { variants: new }),
            ) => self.variants(path, &old, &new),
            _ => {
                let ty = |name: &str| TypeRef {
                    kind: TypeKind::Named(name.to_owned()),
                    nullable: false,
                    rules: crate::catalog::Rules::default(),
                };
                self.retyped(path, &ty(old), &ty(new));
            }
        }
    }

    fn members(&mut self, path: &str, old: &[Field], new: &[Field]) {
        let inside = |field: &Field| match path {
            "" => field.name.clone(),
            path => format!("{path}.{}", field.name),
        };
        for field in new {
            let path = inside(field);
            match old.iter().find(|it| it.name == field.name) {
                None => self.add(Kind::FieldNew, format!("{} is new", of(&path))),
                Some(known) => {
                    self.types(&path, &known.ty, &field.ty);
                    if known.description != field.description {
                        let text = format!("{} is described differently", of(&path));
                        self.add(Kind::FieldText, text);
                    }
                }
            }
        }
        for field in old {
            if !new.iter().any(|it| it.name == field.name) {
                let text = format!("{} is gone", of(&inside(field)));
                self.add(Kind::FieldGone, text);
            }
        }
    }

    /// Compares unions. The names of variants do not matter: variants whose types are unchanged count as the same.
    fn variants(&mut self, path: &str, old: &[Variant], new: &[Variant]) {
        let mut left: Vec<&Variant> = new.iter().collect();
        let mut lost = Vec::new();
        for variant in old {
            let found = left.iter().position(|it| self.same(&variant.ty, &it.ty));
            match found {
                Some(index) => drop(left.remove(index)),
                None => lost.push(variant),
            }
        }
        for (old, new) in pairs(&mut lost, &mut left) {
            self.types(path, &old, &new);
        }
        for variant in lost {
            let what = said(self.old, &variant.ty);
            let text = format!("{} is no longer {what}", of(path));
            self.add(Kind::FieldValueGone, text);
        }
        for variant in left {
            let what = said(self.new, &variant.ty);
            let text = format!("{} can also be {what}", of(path));
            self.add(Kind::FieldRetyped, text);
        }
    }

    fn same(&self, old: &TypeRef, new: &TypeRef) -> bool {
        let mut outputs = Outputs {
            old: self.old,
            new: self.new,
            changes: Vec::new(),
            open: self.open.clone(),
        };
        outputs.types("", old, new);
        outputs.changes.is_empty()
    }
}

/// Returns the display name of a part of a result.
fn of(path: &str) -> String {
    match path {
        "" => "the result".to_owned(),
        path => format!("result field `{path}`"),
    }
}

fn listed(names: &[String]) -> String {
    let quoted: Vec<String> = names.iter().map(|it| format!("`{it}`")).collect();
    quoted.join(", ")
}
