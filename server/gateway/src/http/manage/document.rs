//! OpenAPI document of the management API, for readers and for the checks in `request`. The schemas come from the types of the model, and the rest from `openapi.json`.

use std::sync::LazyLock;

use axum::http::Method;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::routing::MethodFilter;
use serde_json::{Value, json};

use super::schemas;
use crate::error::ServiceError;
use crate::model::Role;
use mcp_server::product::product;

static DOCUMENT: LazyLock<Value> = LazyLock::new(|| {
    // A test parses the file, so it is valid JSON.
    let mut document: Value =
        serde_json::from_str(include_str!("openapi.json")).unwrap_or_default();
    document["info"]["title"] = Value::from(format!("{} management API", product().name));
    document["info"]["version"] = Value::from(product().version);
    for (name, schema) in schemas::components() {
        let named = &mut document["components"]["schemas"][name];
        let description = named["description"].take();
        *named = schema;
        if !description.is_null() {
            named["description"] = description;
        }
    }
    for error in error_examples() {
        let response = &mut document["components"]["responses"][error.status().to_string()];
        response["content"]["application/json"]["example"] = error.to_json();
    }
    let examples = document
        .as_object_mut()
        .and_then(|it| it.shift_remove("examples"));
    complete(&mut document["paths"], &examples.unwrap_or_default());
    document
});

/// Returns an error for each status of `components.responses`.
fn error_examples() -> [ServiceError; 5] {
    let (what, id) = ("account", "acc_9vJ2mQ7tYx4K".to_owned());
    let name = "production".to_owned();
    [
        ServiceError::Unauthenticated,
        ServiceError::Forbidden { needs: Role::Admin },
        ServiceError::NotFound { what, id },
        ServiceError::Conflict { what, name },
        ServiceError::invalid("config.methods[0]", "expected a string, got a number"),
    ]
}

/// Adds the query parameters of each operation, and the example of each request and response.
fn complete(value: &mut Value, examples: &Value) {
    let Value::Object(object) = value else {
        return;
    };
    object
        .values_mut()
        .for_each(|value| complete(value, examples));
    if let Some(query) = object.shift_remove("query") {
        let parameters = object.entry("parameters").or_insert_with(|| json!([]));
        if let Value::Array(parameters) = parameters {
            schemas::add_query(query.as_str().unwrap_or_default(), parameters);
        }
    }
    let reference = object
        .get("schema")
        .and_then(|schema| schema["$ref"].as_str());
    if let Some(name) = reference.and_then(|it| it.strip_prefix("#/components/schemas/")) {
        let example = match schemas::page_item(name) {
            Some(item) => json!({"result": [examples[item]], "next_cursor": null}),
            None => examples[name].clone(),
        };
        object.insert("example".to_owned(), example);
    }
}

/// Operation of the document.
#[derive(Debug, Clone, Copy)]
pub(super) struct Operation(&'static Value);

/// Responds with the document.
pub(super) async fn serve() -> Response {
    let headers = [(CONTENT_TYPE, "application/json")];
    (headers, DOCUMENT.to_string()).into_response()
}

/// Returns the whole document.
pub(super) fn document() -> &'static Value {
    &DOCUMENT
}

/// Returns the paths with their methods.
pub(super) fn routes() -> impl Iterator<Item = (&'static str, impl Iterator<Item = MethodFilter>)> {
    let paths = DOCUMENT["paths"].as_object().into_iter().flatten();
    paths.map(|(path, methods)| {
        let methods = methods.as_object().into_iter().flatten();
        let methods = methods.filter_map(|(method, _)| {
            let method = Method::from_bytes(method.to_uppercase().as_bytes()).ok()?;
            MethodFilter::try_from(method).ok()
        });
        (path.as_str(), methods)
    })
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
    /// Returns the operation id.
    pub(super) fn id(self) -> &'static str {
        self.0["operationId"].as_str().unwrap_or_default()
    }

    /// Returns the lowest role that permits the operation.
    pub(super) fn role(self) -> Role {
        match self.0["x-required-role"].as_str() {
            Some("caller") => Role::Caller,
            Some("issuer") => Role::Issuer,
            _ => Role::Admin,
        }
    }

    /// Returns the schema of the request body, if the operation has one.
    pub(super) fn body(self) -> Option<&'static Value> {
        let body = self.0.get("requestBody")?;
        Some(&body["content"]["application/json"]["schema"])
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
