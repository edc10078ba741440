//! What a document says about one operation, in the terms of the catalogue and without any decision.

use crate::catalog::{Body, Parameter, TypeDef, TypeRef};
use crate::error::DocumentError;
use crate::openapi::Spec;

/// What a document says about one operation.
#[derive(Debug, Clone, PartialEq)]
pub struct Facts {
    /// Its id.
    pub operation_id: String,
    /// HTTP method, lower case.
    pub http: String,
    /// Path with the base of the document, parameters with only one value filled in.
    pub path: String,
    /// Path, query and header parameters in the order of the document, then the members of the body. `name` is the wire name; two parameters of different places may have the same. `description` may be empty.
    pub parameters: Vec<Parameter>,
    /// The request body; `None` if the operation takes none.
    pub body: Option<Body>,
    /// The answer if all goes well; `None` if it has no content or none that is JSON.
    pub response: Option<TypeRef>,
    /// Media types of that answer; empty if it has no content.
    pub response_media: Vec<String>,
    /// All types that parameters and response refer to, in the order of first use.
    pub types: Vec<TypeDef>,
    /// `summary` of the operation; may be empty.
    pub summary: String,
    /// `description` of the operation; may be empty.
    pub description: String,
}

/// Reads one operation.
pub fn facts(spec: &Spec, operation_id: &str) -> Result<Facts, Vec<DocumentError>> {
    Err(vec![DocumentError::UnknownOperation {
        file: spec.source.clone(),
        operation_id: operation_id.to_owned(),
    }])
}
