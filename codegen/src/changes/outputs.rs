//! Compares the results of a tool in two catalogues: whether everything that was read from them still exists.

use std::collections::BTreeSet;

use super::change::{ApiChangeSeverity, FoundChanges};
use super::side::Side;
use super::types::{UnionChanges, only, type_text, values};
use crate::catalog::{
    Field, List, ModuleTypes, Operation, ResponseFormat, TypeKind, TypeRef, TypeShape, Variant,
};

/// Adds the changes of the result of a tool.
pub(super) fn compare(old: Side<'_>, new: Side<'_>, changes: &mut FoundChanges) {
    let mut outputs = OutputComparison {
        old: &old.types(),
        new: &new.types(),
        changes: FoundChanges::default(),
        open: BTreeSet::new(),
    };
    outputs.results(old.operation, new.operation);
    changes.0.append(&mut outputs.changes.0);
}

struct OutputComparison<'c> {
    old: &'c ModuleTypes<'c>,
    new: &'c ModuleTypes<'c>,
    changes: FoundChanges,
    /// Pairs of named types that are being compared. A pair in this set is not compared again, so that recursive types terminate.
    open: BTreeSet<(&'c str, &'c str)>,
}

impl<'c> OutputComparison<'c> {
    fn results(&mut self, old: &'c Operation, new: &'c Operation) {
        let form = |it: &Operation| match (&it.response_format, &it.list) {
            (ResponseFormat::Json, None) => "JSON",
            (ResponseFormat::Json, Some(_)) => "a list",
            (ResponseFormat::Text { .. }, _) => "text",
            (ResponseFormat::Lines { .. }, _) => "lines of JSON",
            (ResponseFormat::Log { .. }, _) => "a log",
        };
        let (before, now) = (form(old), form(new));
        if before != now {
            let text = format!("the result is {now}, was {before}");
            return self.changes.breaking(text);
        }
        if let (Some(old), Some(new)) = (&old.list, &new.list) {
            self.lists(old, new);
        }
        match (&old.returns, &new.returns) {
            (Some(old), Some(new)) => self.types("", old, new),
            (None, Some(_)) => self.changes.additive("it has a result now"),
            (Some(_), None) => self.changes.breaking("it no longer has a result"),
            (None, None) => {}
        }
    }

    fn lists(&mut self, old: &'c List, new: &'c List) {
        if old.items != new.items {
            let text = format!("the items are in `{}`, were in `{}`", new.items, old.items);
            self.changes.breaking(text);
        }
        self.types("", &old.item_type, &new.item_type);
        let (old, new) = (&old.summary, &new.summary);
        match (old.is_empty(), new.is_empty()) {
            (true, true) => {}
            (true, false) => {
                let fields = only(new, &[]).unwrap_or_default();
                let text = format!("returns only {fields} by default");
                self.changes.breaking(text);
            }
            (false, true) => self.changes.additive("returns all fields by default"),
            (false, false) => {
                if let Some(added) = only(new, old) {
                    self.changes
                        .additive(format!("returns {added} by default too"));
                }
                if let Some(removed) = only(old, new) {
                    let text = format!("no longer returns {removed} by default");
                    self.changes.breaking(text);
                }
            }
        }
    }

    /// Compares types at a path, which is empty for the whole result.
    fn types(&mut self, path: &str, old: &'c TypeRef, new: &'c TypeRef) {
        match (&old.kind, &new.kind) {
            (TypeKind::Any, TypeKind::Any) => {}
            (TypeKind::Any, _) => {
                let text = format!("{} is known to be {}", part(path), type_text(self.new, new));
                self.changes.additive(text);
            }
            (TypeKind::Array(old), TypeKind::Array(new)) => self.types(path, old, new),
            // Output schemas do not describe the members of a map.
            (TypeKind::Map(_), TypeKind::Map(_)) => {}
            (TypeKind::Named(one), TypeKind::Named(other)) => {
                let pair = (one.as_str(), other.as_str());
                if self.open.insert(pair) {
                    self.shapes(path, old, new);
                    self.open.remove(&pair);
                }
            }
            (one, other) if one == other => {}
            _ if is_text(self.old, old) && is_text(self.new, new) => {}
            _ => self.retyped(path, old, new),
        }
    }

    fn retyped(&mut self, path: &str, old: &TypeRef, new: &TypeRef) {
        let (now, before) = (type_text(self.new, new), type_text(self.old, old));
        let text = if now == before {
            format!("{} is {now} of another kind", part(path))
        } else {
            format!("{} is {now}, was {before}", part(path))
        };
        self.changes.breaking(text);
    }

    fn shapes(&mut self, path: &str, old: &'c TypeRef, new: &'c TypeRef) {
        match (shape(self.old, old), shape(self.new, new)) {
            (
                Some(TypeShape::Struct { fields: old, .. }),
                Some(TypeShape::Struct { fields: new, .. }),
            ) => self.members(path, old, new),
            (Some(TypeShape::Enum { values: old }), Some(TypeShape::Enum { values: new })) => {
                for (severity, what) in values(old, new) {
                    // Readers expect unknown values, and that a value no longer occurs breaks nothing.
                    let severity = match severity {
                        ApiChangeSeverity::Breaking => ApiChangeSeverity::Cosmetic,
                        severity => severity,
                    };
                    self.changes.add(severity, format!("{} {what}", part(path)));
                }
            }
            (
                Some(TypeShape::Union { variants: old }),
                Some(TypeShape::Union { variants: new }),
            ) => self.variants(path, old, new),
            _ => self.retyped(path, old, new),
        }
    }

    fn members(&mut self, path: &str, old: &'c [Field], new: &'c [Field]) {
        let inside = |field: &Field| match path {
            "" => field.name.clone(),
            path => format!("{path}.{}", field.name),
        };
        for field in new {
            let path = inside(field);
            match old.iter().find(|it| it.name == field.name) {
                None => self.changes.additive(format!("{} is new", part(&path))),
                Some(known) => {
                    self.types(&path, &known.ty, &field.ty);
                    if known.description != field.description {
                        let text = format!("{} has another description", part(&path));
                        self.changes.cosmetic(text);
                    }
                }
            }
        }
        for field in old {
            if !new.iter().any(|it| it.name == field.name) {
                let text = format!("{} was removed", part(&inside(field)));
                self.changes.breaking(text);
            }
        }
    }

    /// Compares unions: variants whose types are unchanged count as the same.
    fn variants(&mut self, path: &str, old: &'c [Variant], new: &'c [Variant]) {
        let union = UnionChanges::new(old, new, |old, new| self.is_same(old, new));
        for (old, new) in union.changed {
            self.types(path, old, new);
        }
        for ty in union.removed {
            let text = format!("{} is no longer {}", part(path), type_text(self.old, ty));
            self.changes.cosmetic(text);
        }
        for ty in union.added {
            let text = format!("{} can also be {}", part(path), type_text(self.new, ty));
            self.changes.breaking(text);
        }
    }

    fn is_same(&self, old: &'c TypeRef, new: &'c TypeRef) -> bool {
        let mut outputs = OutputComparison {
            old: self.old,
            new: self.new,
            changes: FoundChanges::default(),
            open: self.open.clone(),
        };
        outputs.types("", old, new);
        outputs.changes.0.is_empty()
    }
}

fn shape<'c>(types: &'c ModuleTypes<'c>, ty: &TypeRef) -> Option<&'c TypeShape> {
    match &ty.kind {
        TypeKind::Named(name) => types.get(name).map(|def| &def.shape),
        _ => None,
    }
}

/// Returns whether the output schema of a type is a string, which includes enums.
fn is_text(types: &ModuleTypes<'_>, ty: &TypeRef) -> bool {
    ty.kind == TypeKind::String || matches!(shape(types, ty), Some(TypeShape::Enum { .. }))
}

/// Returns the display name of a part of a result.
fn part(path: &str) -> String {
    match path {
        "" => "the result".to_owned(),
        path => format!("result field `{path}`"),
    }
}
