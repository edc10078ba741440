//! OpenAPI document of the management API, for readers and for the checks in `request`.

use std::sync::LazyLock;

use axum::body::Body;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderValue, Method};
use axum::response::Response;
use serde_json::Value;

use crate::model::Role;
use mcp_server::product::product;

static DOCUMENT: LazyLock<Value> = LazyLock::new(|| {
    // A test parses the file, so it is valid JSON.
    let mut document: Value =
        serde_json::from_str(include_str!("openapi.json")).unwrap_or_default();
    document["info"]["title"] = Value::from(format!("{} management API", product().name));
    document["info"]["version"] = Value::from(product().version);
    document
});

/// Operation of the document.
#[derive(Debug, Clone, Copy)]
pub(super) struct Operation(&'static Value);

/// Responds with the document.
pub(super) async fn serve() -> Response {
    let mut response = Response::new(Body::from(DOCUMENT.to_string()));
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// Returns the whole document.
pub(super) fn document() -> &'static Value {
    &DOCUMENT
}

/// Returns the operation of a route. axum writes path parameters in the same way as OpenAPI.
pub(super) fn operation(path: &str, method: &Method) -> Option<Operation> {
    let method = match *method {
        // The GET handler also responds to HEAD.
        Method::HEAD => "get".to_owned(),
        ref method => method.as_str().to_lowercase(),
    };
    let operation = &DOCUMENT["paths"][path][method.as_str()];
    operation.is_object().then_some(Operation(operation))
}

impl Operation {
    /// Returns the lowest role that permits the operation.
    pub(super) fn role(self) -> Role {
        match self.0["x-required-role"].as_str() {
            Some("caller") => Role::Caller,
            Some("issuer") => Role::Issuer,
            _ => Role::Admin,
        }
    }

    /// Returns the schema of the request body.
    pub(super) fn body(self) -> &'static Value {
        &self.0["requestBody"]["content"]["application/json"]["schema"]
    }

    /// Returns the names and schemas of the query parameters.
    pub(super) fn query(self) -> Vec<(&'static str, &'static Value)> {
        let parameters = self.0["parameters"].as_array();
        let query = parameters.into_iter().flatten();
        query
            .filter(|parameter| parameter["in"] == "query")
            .filter_map(|parameter| Some((parameter["name"].as_str()?, &parameter["schema"])))
            .collect()
    }
}
