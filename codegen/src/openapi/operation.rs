//! Reads one operation: its parameters, body, response and types.

use std::collections::{BTreeMap, BTreeSet};

use super::component_types::{ComponentTypes, Contents};
use super::document::OperationFacts;
use super::model::Model;
use super::names::Direction;
use super::parameters::OperationSource;
use super::response::SuccessfulResponse;
use super::types::{TypeReader, TypeUse};
use super::{body, fits, parameters, response};
use crate::catalog::{Body, Parameter};
use crate::error::DocumentError;
use crate::ident::type_name;

/// Parts of a document that all its operations use.
pub(super) struct OperationContext<'a> {
    pub(super) model: &'a Model,
    pub(super) components: &'a ComponentTypes,
    /// Beginnings of the type names of all operations.
    pub(super) prefixes: BTreeSet<String>,
}

/// HTTP methods that tools can use.
const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

/// Reads an operation. `path` includes the base path. Returns all reasons if no tool can call the operation.
pub(super) fn read(
    context: &OperationContext<'_>,
    source: &OperationSource<'_>,
    id: &str,
    path: &str,
) -> Result<OperationFacts, Vec<DocumentError>> {
    let (model, components) = (context.model, context.components);
    let mut name = type_name(id);
    let own_types = |taken| TypeReader::new(model, Some(components), taken);
    let names = &model.names.taken;
    let mut reading = Reading::new(own_types(names), source, &name, path);
    // The whole document decides the name, so that the name does not depend on which operations are tools.
    if context.is_ambiguous(&name, &reading.contents) {
        name.push_str("With");
        reading = Reading::new(own_types(names), source, &name, path);
    }
    // Only an operation that uses a component must avoid the type names inside this component. Other operations can have shorter names.
    if !reading.is_named_apart(components) {
        reading = Reading::new(own_types(&components.taken), source, &name, path);
    }
    let Reading {
        path,
        mut parameters,
        body,
        response,
        contents,
    } = reading;
    let reached = components.reached(&contents.components);
    let sent = components.reached(&contents.sent);
    let all = contents.errors.iter().chain(&contents.unsendable);
    let all = all.chain(sent.iter().flat_map(|it| &it.unsendable));
    let all = all.chain(reached.iter().flat_map(|it| &it.errors));
    let mut errors: Vec<DocumentError> = Vec::new();
    for error in all {
        if !errors.contains(error) {
            errors.push(error.clone());
        }
    }
    if !errors.is_empty() {
        return Err(errors);
    }
    let of_components = reached.iter().flat_map(|it| &it.types);
    let all = contents.types.iter().chain(of_components);
    let defs: BTreeMap<_, _> = all.map(|def| (def.rust_name.as_str(), def)).collect();
    let mut types = contents.types.clone();
    for def in &mut types {
        fits::keep_fitting(def, &defs);
    }
    for parameter in &mut parameters {
        fits::keep_fitting_values(&mut parameter.field, &defs);
    }
    let text = |text: &Option<String>| text.as_deref().unwrap_or_default().trim().to_owned();
    Ok(OperationFacts {
        operation_id: id.to_owned(),
        http: source.http.to_owned(),
        path,
        parameters,
        body,
        response: response.ty,
        response_media: response.media_types,
        response_pointer: response.pointer,
        types,
        components: contents.components,
        summary: text(&source.operation.summary),
        description: text(&source.operation.description),
    })
}

impl OperationContext<'_> {
    /// Returns whether a type of the operation whose type names begin with `own` could be a type of another operation with a longer name. Example: the member `parts` of `GetItem`, and the operation `GetItemParts`.
    fn is_ambiguous(&self, own: &str, contents: &Contents) -> bool {
        let longer = self.prefixes.range(own.to_owned()..);
        let longer = longer.take_while(|name| name.starts_with(own));
        longer.filter(|name| *name != own).any(|name| {
            let mut types = contents.types.iter();
            types.any(|def| def.rust_name.starts_with(name.as_str()))
        })
    }
}

/// Parts of an operation that are its own, without those of components.
struct Reading {
    path: String,
    parameters: Vec<Parameter>,
    body: Option<Body>,
    response: SuccessfulResponse,
    contents: Contents,
}

impl Reading {
    /// Reads the operation's own parts. The names of its own types begin with `name`.
    fn new<'a>(
        mut types: TypeReader<'a>,
        source: &OperationSource<'a>,
        name: &str,
        path: &str,
    ) -> Self {
        let usage = |direction| TypeUse {
            direction,
            name: name.to_owned(),
            is_unique: false,
            schema: None,
        };
        let (sent, received) = (usage(Direction::Input), usage(Direction::Output));
        if !METHODS.contains(&source.http) {
            let request = format!("the method {}", source.http.to_uppercase());
            types.unsupported(&source.pointer, request);
        }
        let mut path = path.to_owned();
        let mut parameters = parameters::read(&mut types, source, &sent, &mut path);
        Self {
            body: body::read(&mut types, source, &sent, &mut parameters),
            response: response::read(&mut types, source, &received),
            parameters,
            path,
            contents: types.contents,
        }
    }

    /// Returns whether no type of the operation has the name of a type in a component.
    fn is_named_apart(&self, components: &ComponentTypes) -> bool {
        let own = self.contents.types.iter().map(|def| &def.rust_name);
        let own: BTreeSet<&String> = own.collect();
        let reached = components.reached(&self.contents.components);
        let mut others = reached.iter().flat_map(|it| &it.types);
        !others.any(|def| own.contains(&def.rust_name))
    }
}
