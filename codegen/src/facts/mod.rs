//! What a document says about one operation, in the terms of the catalogue and without any decision.

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

/// What a document says about one operation.
#[derive(Debug, Clone, PartialEq)]
pub struct Facts {
    /// Its id.
    pub operation_id: String,
    /// HTTP method, lower case.
    pub http: String,
    /// Path with the base of the document, parameters with only one value filled in.
    pub path: String,
    /// Path, query and header parameters in the order of the document, then the members of the body.
    ///
    /// `name` is the wire name; two parameters of different places may have the same. `description` may be empty. A body that is no object with named members is one parameter `body`. What stands in a URL or a header is never nullable, since there is no way to write `null` there.
    pub parameters: Vec<Parameter>,
    /// The request body; `None` if the operation takes none.
    pub body: Option<Body>,
    /// The answer if all goes well; `None` if it has no content or none that is JSON.
    pub response: Option<TypeRef>,
    /// Media types of that answer; empty if it has no content.
    pub response_media: Vec<String>,
    /// JSON pointer of its media types; empty if it has no content.
    pub response_pointer: String,
    /// All types that parameters and response refer to: its own in the order of first use, then those of components by name, which are the same for each operation of the document.
    pub types: Vec<TypeDef>,
    /// `summary` of the operation; may be empty.
    pub summary: String,
    /// `description` of the operation; may be empty.
    pub description: String,
}

/// HTTP methods that say what a request does to what.
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
    // Decided by the whole document, so that no name depends on which operations are tools.
    if shared.is_ambiguous(&name, &reading.types) {
        name.push_str("With");
        reading = read(&mut Types::new(spec, shared), &at, &name);
    }
    // Names inside a component are in the way only of operations that have it, so that those of others can be shorter.
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

/// What is an operation's own.
struct Reading {
    path: String,
    parameters: Vec<Parameter>,
    body: Option<Body>,
    response: Option<TypeRef>,
    response_media: Vec<String>,
    response_pointer: String,
    types: Vec<TypeDef>,
    /// The components it refers to, and those of them that are sent.
    refers: BTreeSet<String>,
    sent: BTreeSet<String>,
    errors: Vec<DocumentError>,
}

impl Reading {
    /// Whether no type has the name of one in a component.
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

/// `name` is what names of its own types begin with.
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
