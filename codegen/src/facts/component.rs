//! Reads component schemas, each once, at its first use.

use super::circles;
use super::flat::Part;
use super::shared::Built;
use super::types::{Direction, Hint, Types, plain};
use crate::catalog::{TypeKind, TypeRef};

impl Types<'_> {
    pub(super) fn component(&mut self, name: &str, direction: Direction) -> TypeRef {
        // Flattening has already reported that the component does not exist.
        let Some(names) = self.spec.components.get(name) else {
            return plain(TypeKind::Any);
        };
        let rust_name = names.of(direction);
        self.refers.insert(rust_name.to_owned());
        if direction == Direction::Input {
            self.sent.insert(rust_name.to_owned());
        }
        if let Some(shared) = self.shared {
            let built = shared.get(rust_name);
            return built.map_or(plain(TypeKind::Any), |built| built.ty.clone());
        }
        if let Some(built) = self.built.get(rust_name) {
            return built.ty.clone();
        }
        let whole = self.flat(&[Part::component(name)]);
        let named = TypeRef {
            nullable: whole.nullable,
            ..plain(TypeKind::Named(rust_name.to_owned()))
        };
        if whole.is_struct() {
            // A struct is read in its own turn, so that a long chain of components does not become a deep recursion here.
            return named;
        }
        if self.open.iter().any(|open| open == rust_name) {
            self.guessed.insert(rust_name.to_owned());
            return named;
        }
        self.read(name, direction)
    }

    /// Reads a component, unless this was already done.
    pub(super) fn read(&mut self, name: &str, direction: Direction) -> TypeRef {
        let Some(names) = self.spec.components.get(name) else {
            return plain(TypeKind::Any);
        };
        let rust_name = names.of(direction).to_owned();
        if let Some(built) = self.built.get(&rust_name) {
            return built.ty.clone();
        }
        let types = std::mem::take(&mut self.types);
        let refers = std::mem::take(&mut self.refers);
        let errors = std::mem::take(&mut self.errors);
        let unsendable = std::mem::take(&mut self.unsendable);
        let (depth, too_deep) = (self.depth, self.too_deep);
        (self.depth, self.too_deep) = (self.open.len(), false);
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
        (self.depth, self.too_deep) = (depth, too_deep);
        let mut built = Built {
            ty: ty.clone(),
            types: std::mem::replace(&mut self.types, types),
            refers: std::mem::replace(&mut self.refers, refers),
            errors: std::mem::replace(&mut self.errors, errors),
            unsendable: std::mem::replace(&mut self.unsendable, unsendable),
        };
        if self.guessed.remove(&rust_name) && ty.kind != TypeKind::Named(rust_name.clone()) {
            // The component did not become a type of this name, so no reference to the name is possible.
            forget(&rust_name, &mut built);
            for other in self.built.values_mut() {
                forget(&rust_name, other);
            }
            ty = built.ty.clone();
        }
        self.built.insert(rust_name, built);
        ty
    }
}

/// Replaces a type name that does not exist with the type of any value.
fn forget(name: &str, built: &mut Built) {
    let mut forget = |kind: &mut TypeKind| {
        if *kind == TypeKind::Named(name.to_owned()) {
            *kind = TypeKind::Any;
        }
    };
    circles::inside(&mut built.ty, &mut forget);
    for def in &mut built.types {
        circles::each_kind(def, &mut forget);
    }
    // The type of any value already allows `null`.
    if built.ty.kind == TypeKind::Any {
        built.ty.nullable = false;
    }
}
