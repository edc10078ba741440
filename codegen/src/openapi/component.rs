//! Reads component schemas, each once, at its first use.

use std::sync::Arc;

use super::component_types::{ComponentType, ComponentTypes};
use super::flat::Part;
use super::model::Model;
use super::names::Direction;
use super::types::{TypeReader, TypeUse};
use super::{cycles, fits};
use crate::catalog::{TypeDef, TypeKind, TypeRef};

/// Reads the types of all components.
pub(super) fn read(model: &Model) -> ComponentTypes {
    let mut types = TypeReader::new(model, None, &model.names.taken);
    // Received types get their names first, because these are the names that readers know from the document.
    for (name, component) in model.names.iter() {
        // A component with the same type in both directions is read as input, because input has more details.
        let direction = match component.is_one_type() {
            true => Direction::Input,
            false => Direction::Output,
        };
        types.read_component(name, direction);
    }
    for (name, component) in model.names.iter() {
        if !component.is_one_type() {
            types.read_component(name, Direction::Input);
        }
    }
    let mut components = types.built;
    let all = components.values().flat_map(|it| &it.contents.types);
    let before: Vec<TypeDef> = all.cloned().collect();
    let defs = before.iter().map(|def| (def.rust_name.as_str(), def));
    let defs = defs.collect();
    for component in components.values_mut() {
        let types = component.contents.types.iter_mut();
        types.for_each(|def| fits::keep_fitting(def, &defs));
    }
    cycles::cut(
        components
            .values_mut()
            .flat_map(|it| &mut it.contents.types),
    );
    ComponentTypes {
        components,
        taken: Arc::new(types.taken),
    }
}

impl TypeReader<'_> {
    /// Returns the type of a component to which a schema refers.
    pub(super) fn component(&mut self, name: &str, direction: Direction) -> TypeRef {
        // Flattening has already reported that the component does not exist.
        let Some(names) = self.model.names.get(name) else {
            return TypeKind::Any.into();
        };
        let rust_name = names.in_direction(direction);
        self.contents.components.insert(rust_name.to_owned());
        if direction == Direction::Input {
            self.contents.sent.insert(rust_name.to_owned());
        }
        if let Some(shared) = self.shared {
            let built = shared.components.get(rust_name);
            return built.map_or_else(|| TypeKind::Any.into(), |built| built.ty.clone());
        }
        if let Some(built) = self.built.get(rust_name) {
            return built.ty.clone();
        }
        let whole = self.flat(&[Part::component(name)]);
        let named = TypeRef {
            nullable: whole.nullable,
            ..TypeKind::Named(rust_name.to_owned()).into()
        };
        if whole.is_struct() {
            // A struct is read in its own turn, so that a long chain of components does not become a deep recursion here.
            return named;
        }
        if self.open.iter().any(|open| open == rust_name) {
            self.guessed.insert(rust_name.to_owned());
            return named;
        }
        self.read_component(name, direction)
    }

    /// Reads a component, unless this was already done.
    fn read_component(&mut self, name: &str, direction: Direction) -> TypeRef {
        let Some(names) = self.model.names.get(name) else {
            return TypeKind::Any.into();
        };
        let rust_name = names.in_direction(direction).to_owned();
        if let Some(built) = self.built.get(&rust_name) {
            return built.ty.clone();
        }
        let outer = std::mem::take(&mut self.contents);
        let (depth, is_too_deep) = (self.depth, self.is_too_deep);
        (self.depth, self.is_too_deep) = (self.open.len(), false);
        self.open.push(rust_name.clone());
        let part = [Part::component(name)];
        let whole = self.flat(&part);
        let usage = TypeUse {
            direction,
            name: rust_name.clone(),
            is_unique: true,
            schema: Some(name.to_owned()),
        };
        let mut ty = self.build(&part, &whole, &usage);
        ty.nullable = whole.nullable && ty.kind != TypeKind::Any;
        self.open.pop();
        (self.depth, self.is_too_deep) = (depth, is_too_deep);
        let contents = std::mem::replace(&mut self.contents, outer);
        let mut built = ComponentType { ty, contents };
        let named = TypeKind::Named(rust_name.clone());
        if self.guessed.remove(&rust_name) && built.ty.kind != named {
            // The component did not become a type of this name, so no reference to the name is possible.
            forget(&named, &mut built);
            for other in self.built.values_mut() {
                forget(&named, other);
            }
        }
        let ty = built.ty.clone();
        self.built.insert(rust_name, built);
        ty
    }
}

/// Replaces a named type that does not exist with the type of any value.
fn forget(named: &TypeKind, built: &mut ComponentType) {
    let mut forget = |kind: &mut TypeKind| {
        if kind == named {
            *kind = TypeKind::Any;
        }
    };
    cycles::inside(&mut built.ty, &mut forget);
    for def in &mut built.contents.types {
        cycles::each_kind(def, &mut forget);
    }
    // The type of any value already allows `null`.
    if built.ty.kind == TypeKind::Any {
        built.ty.nullable = false;
    }
}
