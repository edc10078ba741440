//! Describes one operation of a document in the terms of the catalogue, without making any decision.

mod body;
mod choices;
mod circles;
mod component;
mod fits;
mod flat;
mod keywords;
mod merge;
mod objects;
mod parameters;
mod response;
mod rules;
mod shared;
mod types;

use std::collections::BTreeSet;

use crate::catalog::{Body, Parameter, TypeDef, TypeRef};
use crate::error::DocumentError;
use crate::ident::type_name;
use crate::openapi::{OperationAt, Spec};
pub(crate) use body::is_json;
pub(crate) use shared::Shared;
pub(crate) use types::Direction;
use types::{Hint, Types};

/// Description of one operation by its document.
#[derive(Debug, Clone, PartialEq)]
pub struct Facts {
    /// Operation ID.
    pub operation_id: String,
    /// HTTP method in lower case.
    pub http: String,
    /// Path including the base path of the document. Parameters with only one value are filled in.
    pub path: String,
    /// Path, query, header and cookie parameters in the order of the document, then the members of the body.
    ///
    /// `name` is the wire name, restricted to the characters that are allowed in argument names; two parameters in different locations can have the same name. `description` may be empty. A body that is not an object with named members is one parameter `body`. A value in a URL or a header is never nullable, because `null` cannot be written there.
    pub parameters: Vec<Parameter>,
    /// Request body; `None` if the operation has none.
    pub body: Option<Body>,
    /// Type of the successful response; `None` if the response has no content or no JSON content.
    pub response: Option<TypeRef>,
    /// Media types of the successful response; empty if it has no content.
    pub response_media: Vec<String>,
    /// JSON pointer to the media types of the successful response; empty if it has no content.
    pub response_pointer: String,
    /// All types to which the parameters and the response refer: the operation's own types in the order of first use, then the types of components by name, which are the same for every operation of the document.
    pub types: Vec<TypeDef>,
    /// `summary` of the operation; may be empty.
    pub summary: String,
    /// `description` of the operation; may be empty.
    pub description: String,
}

/// HTTP methods that tools can use.
const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

/// Reads one operation.
pub fn facts(spec: &Spec, operation_id: &str) -> Result<Facts, Vec<DocumentError>> {
    let Some(at) = spec.find(operation_id) else {
        return Err(vec![DocumentError::UnknownOperation {
            file: spec.source.clone(),
            operation_id: operation_id.to_owned(),
        }]);
    };
    let shared = spec.shared.get_or_init(|| Shared::new(spec));
    let mut name = type_name(operation_id);
    let mut reading = read(&mut Types::new(spec, shared), &at, &name);
    // The whole document decides the name, so that the name does not depend on which operations are tools.
    if shared.is_ambiguous(&name, &reading.types) {
        name.push_str("With");
        reading = read(&mut Types::new(spec, shared), &at, &name);
    }
    // Only an operation that uses a component must avoid the type names inside this component. Other operations can have shorter names.
    if !reading.is_named_apart(shared) {
        reading = read(&mut Types::apart(spec, shared), &at, &name);
    }
    let mut types = reading.types;
    let mut parameters = reading.parameters;
    let before = types.clone();
    let of_components = shared.reached(reading.refers.iter());
    let defs = before.iter().chain(of_components.flat_map(|it| &it.types));
    let defs: fits::Defs<'_> = defs.map(|def| (def.rust_name.as_str(), def)).collect();
    for def in &mut types {
        fits::keep_fitting(def, &defs);
    }
    for parameter in &mut parameters {
        let ty = &parameter.ty;
        for value in [&mut parameter.default, &mut parameter.example] {
            *value = value.take().filter(|value| fits::fits(value, ty, &defs));
        }
    }
    for built in shared.reached(reading.refers.iter()) {
        types.extend_from_slice(&built.types);
    }
    let errors = reading.errors;
    let sendable = shared.reached(reading.sent.iter());
    let sendable = sendable.flat_map(|built| &built.unsendable);
    let refers = shared.reached(reading.refers.iter());
    let of_components = sendable.chain(refers.flat_map(|built| &built.errors));
    let mut each: Vec<DocumentError> = Vec::new();
    for error in errors.iter().chain(of_components) {
        if !each.contains(error) {
            each.push(error.clone());
        }
    }
    if !each.is_empty() {
        return Err(each);
    }
    let Reading {
        path,
        body,
        response,
        response_media,
        response_pointer,
        ..
    } = reading;
    let text = |text: &Option<String>| text.as_deref().unwrap_or_default().trim().to_owned();
    Ok(Facts {
        operation_id: operation_id.to_owned(),
        http: at.http.to_owned(),
        path,
        parameters,
        body,
        response,
        response_media,
        response_pointer,
        types,
        summary: text(&at.operation.summary),
        description: text(&at.operation.description),
    })
}

/// Parts of an operation that are its own, without those of components.
struct Reading {
    path: String,
    parameters: Vec<Parameter>,
    body: Option<Body>,
    response: Option<TypeRef>,
    response_media: Vec<String>,
    response_pointer: String,
    types: Vec<TypeDef>,
    /// Components to which the operation refers; `sent` has those of them that are sent.
    refers: BTreeSet<String>,
    sent: BTreeSet<String>,
    errors: Vec<DocumentError>,
}

impl Reading {
    /// Returns whether no type of the operation has the name of a type in a component.
    fn is_named_apart(&self, shared: &Shared) -> bool {
        let own: BTreeSet<&str> = self
            .types
            .iter()
            .map(|def| def.rust_name.as_str())
            .collect();
        let mut others = shared.reached(self.refers.iter()).flat_map(|it| &it.types);
        !others.any(|def| own.contains(def.rust_name.as_str()))
    }
}

/// Reads the operation's own parts. The names of its own types begin with `name`.
fn read<'a>(types: &mut Types<'a>, at: &OperationAt<'a>, name: &str) -> Reading {
    let hint = Hint {
        name: name.to_owned(),
        schema: None,
    };
    types.refused(&at.item.extensions, &at.pointer());
    types.refused(&at.operation.extensions, &at.pointer());
    if !METHODS.contains(&at.http) {
        let request = format!("a {} request", at.http.to_uppercase());
        types.unsupported(&at.pointer(), request);
    }
    let mut path = types.spec.full_path(at);
    let mut parameters = parameters::read(types, at, &hint, &mut path);
    let body = body::read(types, at, &hint, &mut parameters);
    let answer = response::read(types, at, &hint);
    let mut errors = std::mem::take(&mut types.errors);
    errors.append(&mut types.unsendable);
    Reading {
        path,
        parameters,
        body,
        response: answer.ty,
        response_media: answer.media_types,
        response_pointer: answer.pointer,
        types: std::mem::take(&mut types.types),
        refers: std::mem::take(&mut types.refers),
        sent: std::mem::take(&mut types.sent),
        errors,
    }
}
