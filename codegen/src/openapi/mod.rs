//! Reads an OpenAPI document, 3.0 or 3.1, as published.
//!
//! Steps: text -> JSON value (`parse`) -> corrected value ([`crate::corrections`]) -> OpenAPI 3.0 (`normalise`) -> [`openapiv3::OpenAPI`], and back to a value to check that nothing was lost (`roundtrip`).

mod components;
mod normalise;
mod parse;
mod places;
mod roundtrip;
mod typed;

use std::sync::OnceLock;

use openapiv3::{OpenAPI, Operation, PathItem, ReferenceOr, Server};

pub(crate) use components::{Components, component_name};
pub(crate) use normalise::{escape, unescape};
pub(crate) use places::REFUSED;

use crate::corrections::{self, Correction};
use crate::error::DocumentError;
use crate::facts::Shared;

/// Normalised document.
#[derive(Debug, Clone, PartialEq)]
pub struct Spec {
    /// Name in `apis.yaml`.
    pub name: String,
    /// File, relative to the workspace.
    pub source: String,
    /// Path of the first server, or its replacement in `apis.yaml`, without a trailing slash.
    pub base: String,
    /// Document as OpenAPI 3.0. Constructs that 3.0 does not have are in `x-` extensions.
    pub openapi: OpenAPI,
    pub(crate) components: Components,
    /// Types of the components, set when the first operation is read.
    pub(crate) shared: OnceLock<Shared>,
}

/// Operation of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OperationRef {
    /// Operation ID.
    pub id: String,
    /// HTTP method in lower case.
    pub http: String,
    /// Path including the base path of the document.
    pub path: String,
    /// JSON pointer to the operation.
    pub pointer: String,
    /// Whether the operation is marked as deprecated.
    pub deprecated: bool,
    /// `summary`; may be empty.
    pub summary: String,
}

/// Reads the text of a document and applies the corrections that are for this document.
pub fn read(
    name: &str,
    source: &str,
    text: &str,
    corrections: &[Correction],
) -> Result<Spec, Vec<DocumentError>> {
    let mut value = parse::parse(source, text).map_err(|error| vec![error])?;
    let version = value
        .get("openapi")
        .and_then(serde_json::Value::as_str)
        .unwrap_or_default();
    if let Some(swagger) = value.get("swagger").filter(|_| version.is_empty()) {
        let swagger = swagger.as_str().map_or(swagger.to_string(), str::to_owned);
        return Err(vec![DocumentError::Invalid {
            file: source.to_owned(),
            pointer: "/swagger".to_owned(),
            message: format!("Swagger {swagger} is not read: convert the document to OpenAPI 3"),
        }]);
    }
    if !(version.starts_with("3.0.") || version.starts_with("3.1.")) {
        let message = format!("`{version}` is not a version that can be read (3.0 and 3.1 are)");
        return Err(vec![DocumentError::Invalid {
            file: source.to_owned(),
            pointer: "/openapi".to_owned(),
            message,
        }]);
    }
    corrections::apply(name, &mut value, corrections)?;
    normalise::document(&mut value);
    let openapi = typed::read(source, value)?;
    let base = openapi.servers.first().map(base).unwrap_or_default();
    let components = Components::new(&openapi);
    let spec = Spec {
        components,
        shared: OnceLock::new(),
        name: name.to_owned(),
        source: source.to_owned(),
        base,
        openapi,
    };
    spec.check_paths()?;
    Ok(spec)
}

impl Spec {
    /// Returns all operations in the order of the document.
    #[must_use]
    pub fn operations(&self) -> Vec<OperationRef> {
        self.each_operation()
            .map(|at| OperationRef {
                id: at.operation.operation_id.clone().unwrap_or_default(),
                http: at.http.to_owned(),
                path: self.full_path(&at),
                pointer: at.pointer(),
                deprecated: at.operation.deprecated,
                summary: at.operation.summary.clone().unwrap_or_default(),
            })
            .collect()
    }

    pub(crate) fn find(&self, operation_id: &str) -> Option<OperationAt<'_>> {
        self.each_operation()
            .find(|at| at.operation.operation_id.as_deref() == Some(operation_id))
    }

    /// Returns the path of an operation, including the base path of the innermost `servers`.
    pub(crate) fn full_path(&self, at: &OperationAt<'_>) -> String {
        let own = at
            .operation
            .servers
            .first()
            .or(at.item.servers.first())
            .map(base);
        format!("{}{}", own.as_deref().unwrap_or(&self.base), at.path)
    }

    fn each_operation(&self) -> impl Iterator<Item = OperationAt<'_>> {
        let items = self
            .openapi
            .paths
            .iter()
            .filter_map(|(path, item)| Some((path.as_str(), item.as_item()?)));
        items.flat_map(|(path, item)| {
            let order: Vec<&str> = item
                .extensions
                .get("x-methods")
                .and_then(serde_json::Value::as_array)
                .into_iter()
                .flatten()
                .filter_map(|v| v.as_str())
                .collect();
            let mut operations: Vec<_> = item.iter().collect();
            operations.sort_by_key(|(http, _)| order.iter().position(|method| method == http));
            operations
                .into_iter()
                .map(move |(http, operation)| OperationAt {
                    path,
                    item,
                    http,
                    operation,
                })
        })
    }

    /// Reports all path items that are defined in another document.
    fn check_paths(&self) -> Result<(), Vec<DocumentError>> {
        let errors: Vec<DocumentError> = self
            .openapi
            .paths
            .iter()
            .filter_map(|(path, item)| match item {
                ReferenceOr::Reference { reference } => Some(DocumentError::Reference {
                    file: self.source.clone(),
                    pointer: format!("/paths/{}", escape(path)),
                    reference: reference.clone(),
                }),
                ReferenceOr::Item(_) => None,
            })
            .collect();
        if errors.is_empty() {
            Ok(())
        } else {
            Err(errors)
        }
    }
}

/// Operation and its location in the document.
pub(crate) struct OperationAt<'a> {
    pub(crate) path: &'a str,
    pub(crate) item: &'a PathItem,
    pub(crate) http: &'a str,
    pub(crate) operation: &'a Operation,
}

impl OperationAt<'_> {
    pub(crate) fn pointer(&self) -> String {
        format!("/paths/{}/{}", escape(self.path), self.http)
    }
}

/// Returns the path of a server's URL, with variables replaced by their defaults: `https://host/api/v1/` -> `/api/v1`.
fn base(server: &Server) -> String {
    let mut url = server.url.clone();
    for (name, variable) in server.variables.iter().flatten() {
        url = url.replace(&format!("{{{name}}}"), &variable.default);
    }
    let path = match url.split_once("://") {
        Some((_, rest)) => rest.split_once('/').map_or("", |(_, path)| path),
        None => url.trim_start_matches("./"),
    };
    let path = path
        .split(['?', '#'])
        .next()
        .unwrap_or_default()
        .trim_matches('/');
    if path.is_empty() || path == "." {
        String::new()
    } else {
        format!("/{path}")
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn the_base_is_the_path_of_the_server() {
        let rows = [
            ("url: /api/v1", "/api/v1"),
            ("url: https://example.com/api/v1/", "/api/v1"),
            ("url: https://example.com", ""),
            ("url: /", ""),
            ("url: ./", ""),
            ("url: .", ""),
            ("url: api", "/api"),
            (
                "{url: 'https://{host}/{base}', variables: {base: {default: v2}, host: {default: h}}}",
                "/v2",
            ),
        ];
        let made: Vec<String> = rows
            .iter()
            .map(|(server, _)| base(&serde_yaml::from_str(server).unwrap()))
            .collect();
        assert_eq!(made, rows.map(|(_, base)| base));
    }

    #[test]
    fn operations_come_in_the_order_of_the_document() {
        let text = "openapi: 3.1.0\ninfo: {title: t, version: '1'}\npaths:\n  /b:\n    delete: {operationId: d, summary: S, deprecated: true, responses: {}}\n    get: {operationId: g, servers: [{url: /own}], responses: {}}\n  /a/{x}:\n    servers: [{url: /p}]\n    post: {operationId: p, responses: {}}\n";
        let spec = read("n", "n.yaml", text, &[]).unwrap();
        let made: Vec<String> = spec
            .operations()
            .iter()
            .map(|o| {
                format!(
                    "{} {} {} {} {} {}",
                    o.id, o.http, o.path, o.pointer, o.deprecated, o.summary
                )
            })
            .collect();
        assert_eq!(
            made,
            [
                "d delete /b /paths/~1b/delete true S",
                "g get /own/b /paths/~1b/get false ",
                "p post /p/a/{x} /paths/~1a~1{x}/post false "
            ]
        );
    }

    #[test]
    fn documents_that_cannot_be_used_say_why() {
        let head = "openapi: 3.1.0\ninfo: {title: t, version: '1'}\n";
        let rows = [
            (
                "swagger: '2.0'".to_owned(),
                "x.yaml: /swagger: Swagger 2.0 is not read: convert the document to OpenAPI 3",
            ),
            (
                "openapi: 4.0.0".to_owned(),
                "x.yaml: /openapi: `4.0.0` is not a version that can be read (3.0 and 3.1 are)",
            ),
            (
                "[]".to_owned(),
                "x.yaml: /openapi: `` is not a version that can be read (3.0 and 3.1 are)",
            ),
            (
                format!("{head}paths: {{/a: {{$ref: other.yaml}}}}"),
                "x.yaml: /paths/~1a: `other.yaml` does not exist in this document",
            ),
        ];
        for (text, expected) in rows {
            let errors = read("x", "x.yaml", &text, &[]).unwrap_err();
            assert_eq!(
                errors.iter().map(ToString::to_string).collect::<Vec<_>>(),
                [expected]
            );
        }
    }

    #[test]
    fn what_cannot_be_read_is_refused_with_what_has_it() {
        let head = "openapi: 3.1.0\ninfo: {}\n";
        let rows = [
            // Two operations with the same ID, and one without an ID.
            (
                "paths: {/a: {get: {operationId: a, responses: {}}, put: {operationId: a, responses: {}}, post: {}}}",
                "a: ; put_a: ; post_a: ",
            ),
            (
                "paths: {/a: {get: {parameters: [{name: x, in: query}]}, put: {}}}",
                "get_a: /paths/~1a/get/parameters/0/schema: no variant of enum ParameterSchemaOrContent found in flattened data; put_a: ",
            ),
            (
                "paths: {/a: {get: {tags: 1}, put: {}}}",
                "get_a: /paths/~1a/get: invalid type: number, expected a sequence; put_a: ",
            ),
            (
                "paths: {/a: {get: {sumary: s}, put: {}}}",
                "get_a: /paths/~1a/get: `sumary` is not supported; put_a: ",
            ),
            (
                "paths: {/a: {get: {responses: {200: {description: d, content: {application/json: {schema: {$ref: '#/components/schemas/A'}}}}}}, put: {}}}\ncomponents: {schemas: {A: {properties: {b: {type: {}}}}}}",
                "get_a: /components/schemas/A/properties/b: invalid type: map, expected a string; put_a: ",
            ),
            // Parts that do not matter for a call may be invalid.
            (
                "paths: {/a: {get: {responses: {200: {description: d, headers: {H: {descripton: x, schema: {}}}}}}}}\ntags: [{nam: x, name: y}]",
                "get_a: ",
            ),
        ];
        for (text, expected) in rows {
            let spec = read("x", "x.yaml", &format!("{head}{text}"), &[]).unwrap();
            let each = spec.operations().into_iter().map(|operation| {
                let errors = crate::facts::facts(&spec, &operation.id).err();
                let errors = errors.unwrap_or_default();
                let errors: Vec<String> = errors.iter().map(ToString::to_string).collect();
                let errors = errors.join(" and ").replace("x.yaml: ", "");
                format!("{}: {errors}", operation.id)
            });
            assert_eq!(each.collect::<Vec<_>>().join("; "), expected, "{text}");
        }
    }
}
