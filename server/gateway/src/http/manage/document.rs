//! OpenAPI document of the management API, for readers and for the checks in `request`. The schemas come from the types of the model, and the operations from `operations.json`.

use std::sync::LazyLock;

use axum::body::Body;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderValue, Method};
use axum::response::Response;
use axum::routing::MethodFilter;
use serde::Deserialize;
use serde_json::{Value, json};

use super::schemas;
use crate::model::Role;
use mcp_server::product::product;

static DOCUMENT: LazyLock<Value> = LazyLock::new(|| {
    // A test parses the file, so it is valid JSON.
    let file: DocumentFile =
        serde_json::from_str(include_str!("operations.json")).unwrap_or_default();
    let mut document = file.document;
    document["info"]["title"] = Value::from(format!("{} management API", product().name));
    document["info"]["version"] = Value::from(product().version);
    for (name, schema) in schemas::components(&file.descriptions) {
        document["components"]["schemas"][name] = schema;
    }
    for entry in &file.operations {
        document["paths"][&entry.path][&entry.method] = entry.describe(&file.examples);
    }
    document
});

/// Content of `operations.json`.
#[derive(Default, Deserialize)]
struct DocumentFile {
    /// Document without paths and without the schemas of the model.
    document: Value,
    operations: Vec<OperationEntry>,
    /// Descriptions of the schemas, by name.
    descriptions: Value,
    /// Examples of the schemas, by name.
    examples: Value,
}

/// Operation in `operations.json`.
#[derive(Deserialize)]
struct OperationEntry {
    path: String,
    method: String,
    /// Members of the operation that are not derived from the other fields.
    operation: Value,
    /// Type of the query parameters.
    query: Option<String>,
    /// Query parameters of the type that the operation does not have.
    #[serde(default)]
    omit: Vec<String>,
    /// Schema of the request body.
    body: Option<String>,
    status: String,
    /// Schema of the response.
    result: Option<String>,
    media_type: Option<String>,
    errors: Vec<String>,
}

impl OperationEntry {
    fn describe(&self, examples: &Value) -> Value {
        let mut operation = self.operation.clone();
        let parameters = self.parameters();
        if !parameters.is_empty() {
            operation["parameters"] = Value::Array(parameters);
        }
        if let Some(body) = &self.body {
            let content = json!({"application/json": content(body, examples)});
            operation["requestBody"] = json!({"required": true, "content": content});
        }
        operation["responses"][&self.status] = self.success(examples);
        for status in &self.errors {
            let reference = format!("#/components/responses/{status}");
            operation["responses"][status] = json!({"$ref": reference});
        }
        operation
    }

    fn parameters(&self) -> Vec<Value> {
        let mut segment = "";
        let mut parameters = Vec::new();
        for part in self.path.split('/') {
            if let Some(name) = part.strip_prefix('{') {
                let what = match segment {
                    "integrated-account" => "integrated account",
                    "mcp" => "MCP server",
                    _ => "API token",
                };
                parameters.push(json!({
                    "name": name.trim_end_matches('}'),
                    "in": "path",
                    "required": true,
                    "description": format!("Id of the {what}."),
                    "schema": {"type": "string"},
                }));
            }
            segment = part;
        }
        let own = self.operation["parameters"].as_array();
        parameters.extend(own.into_iter().flatten().cloned());
        let query = self.query.iter().flat_map(|query| schemas::query(query));
        parameters.extend(query.filter(|it| !self.omit.iter().any(|name| it["name"] == **name)));
        parameters
    }

    fn success(&self, examples: &Value) -> Value {
        let description = match self.status.as_str() {
            "201" => "Created.",
            "204" => "Deleted.",
            _ => "Success.",
        };
        let mut response = json!({"description": description});
        if self.status == "201" {
            response["headers"]["Location"] = json!({
                "description": "Path of the created object.",
                "schema": {"type": "string"},
            });
        }
        if self.status != "204" {
            let media_type = self.media_type.as_deref().unwrap_or("application/json");
            let result = self.result.as_deref();
            let any = || json!({"schema": {"type": "object"}});
            response["content"][media_type] = result.map_or_else(any, |it| content(it, examples));
        }
        response
    }
}

/// Returns a reference to a schema with its example.
fn content(name: &str, examples: &Value) -> Value {
    let example = match schemas::page_item(name) {
        Some(item) => json!({"result": [examples[item]], "next_cursor": null}),
        None => examples[name].clone(),
    };
    json!({"schema": schemas::reference(name), "example": example})
}

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
