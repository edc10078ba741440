//! What a document says about one operation, in the terms of the catalogue and without any decision.

mod body;
mod choices;
mod flat;
mod keywords;
mod merge;
mod parameters;
mod response;
mod types;

use crate::catalog::{Body, Parameter, TypeDef, TypeRef};
use crate::error::DocumentError;
use crate::ident::type_name;
use crate::openapi::Spec;
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
    /// All types that parameters and response refer to, in the order of first use. Those that belong to a component are the same for each operation of the document.
    pub types: Vec<TypeDef>,
    /// `summary` of the operation; may be empty.
    pub summary: String,
    /// `description` of the operation; may be empty.
    pub description: String,
}

/// Reads one operation.
pub fn facts(spec: &Spec, operation_id: &str) -> Result<Facts, Vec<DocumentError>> {
    let Some(at) = spec.find(operation_id) else {
        return Err(vec![DocumentError::UnknownOperation {
            file: spec.source.clone(),
            operation_id: operation_id.to_owned(),
        }]);
    };
    let mut types = Types::new(spec);
    let hint = Hint {
        name: type_name(operation_id),
        schema: None,
    };
    let mut path = spec.full_path(&at);
    let mut parameters = parameters::read(&mut types, &at, &hint, &mut path);
    let body = body::read(&mut types, &at, &hint, &mut parameters);
    let (response, response_media) = response::read(&mut types, &at, &hint);
    if !types.errors.is_empty() {
        return Err(types.errors);
    }
    let text = |text: &Option<String>| text.as_deref().unwrap_or_default().trim().to_owned();
    Ok(Facts {
        operation_id: operation_id.to_owned(),
        http: at.http.to_owned(),
        path,
        parameters,
        body,
        response,
        response_media,
        types: types.types,
        summary: text(&at.operation.summary),
        description: text(&at.operation.description),
    })
}
