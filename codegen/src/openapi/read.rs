//! Reads a document: text -> JSON value ([`super::parse`]) -> corrected value ([`crate::corrections`]) -> OpenAPI 3.0 ([`super::normalise`]) -> typed form ([`super::model`]) -> [`Document`].

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::component_types::ComponentTypes;
use super::document::{Document, DocumentOperation};
use super::model::{Components, Model, Operation, PathItem, Referable, Server};
use super::names::{Names, References};
use super::normalise::METHODS;
use super::operation::{self, OperationContext};
use super::parameters::OperationSource;
use super::{component, normalise, parse};
use crate::corrections::{self, Correction};
use crate::error::DocumentError;
use crate::ident::type_name;
use crate::pointer::escape;

/// Text of a document, and what `apis.yaml` and `corrections.yaml` say about it.
#[derive(Debug, Clone, Copy, Default)]
pub struct DocumentSource<'a> {
    /// Name in `apis.yaml`.
    pub name: &'a str,
    /// File, relative to the workspace.
    pub file: &'a str,
    /// Text of the file.
    pub text: &'a str,
    /// Path that replaces that of the first server.
    pub base: Option<&'a str>,
    /// Corrections of all documents.
    pub corrections: &'a [Correction],
}

/// Path items of a document, by path.
type Paths = Vec<(String, Result<PathItem, String>, Vec<RawOperation>)>;

/// Operation that was found in a path item.
struct RawOperation {
    id: String,
    http: String,
    /// The operation, or the reason why it cannot be read.
    operation: Result<Operation, String>,
}

/// Reads a document and applies the corrections that are for this document.
///
/// # Errors
///
/// All errors that prevent reading any operation. An error in one operation is part of the document.
pub fn read(source: &DocumentSource<'_>) -> Result<Document, Vec<DocumentError>> {
    let mut value = parse::parse(source.file, source.text).map_err(|error| vec![error])?;
    let invalid = |pointer: &str, message: String| {
        vec![DocumentError::Invalid {
            file: source.file.to_owned(),
            pointer: pointer.to_owned(),
            message,
        }]
    };
    let version = text(&value, "openapi");
    if let Some(swagger) = value.get("swagger").filter(|_| version.is_empty()) {
        let swagger = swagger.as_str().map_or(swagger.to_string(), str::to_owned);
        let message =
            format!("Swagger {swagger} is not supported; convert the document to OpenAPI 3");
        return Err(invalid("/swagger", message));
    }
    if !(version.starts_with("3.0.") || version.starts_with("3.1.")) {
        let message = format!("version `{version}` is not supported; use 3.0 or 3.1");
        return Err(invalid("/openapi", message));
    }
    corrections::apply(source.name, &mut value, source.corrections)?;
    normalise::document(&mut value);
    let title = text(&value["info"], "title");
    let mut take = |key: &str| value.get_mut(key).map(Value::take).unwrap_or_default();
    let components = match take("components") {
        Value::Null => Components::default(),
        components => Components::deserialize(components)
            .map_err(|error| invalid("/components", error.to_string()))?,
    };
    let servers = match take("servers") {
        Value::Null => Vec::new(),
        servers => Vec::<Server>::deserialize(servers)
            .map_err(|error| invalid("/servers", error.to_string()))?,
    };
    let Value::Object(paths) = take("paths") else {
        return Err(invalid("/paths", "must be a map".to_owned()));
    };
    let paths = read_paths(source.file, paths)?;
    let mut sent = References::default();
    sent.components(&components);
    for (_, item, operations) in &paths {
        item.iter()
            .for_each(|item| sent.parameters(&item.parameters));
        let operations = operations
            .iter()
            .filter_map(|it| it.operation.as_ref().ok());
        operations.for_each(|operation| sent.operation(operation));
    }
    let model = Model {
        file: source.file.to_owned(),
        names: Names::new(&components, &sent),
        components,
    };
    let base = servers.first().map(Server::base).unwrap_or_default();
    let base = source.base.unwrap_or(&base);
    let components = component::read(&model);
    Ok(Document {
        name: source.name.to_owned(),
        source: source.file.to_owned(),
        title,
        has_servers: !servers.is_empty(),
        operations: read_operations(source, &model, &components, base, &paths),
        components,
    })
}

/// Reads the path items. A path item in another document is an error.
fn read_paths(file: &str, paths: Map<String, Value>) -> Result<Paths, Vec<DocumentError>> {
    let mut read = Vec::new();
    let mut errors = Vec::new();
    for (path, mut item) in paths {
        if !path.starts_with('/') {
            continue;
        }
        let methods = item.as_object_mut().into_iter().flatten();
        let methods = methods.filter(|(http, _)| METHODS.contains(&http.as_str()));
        let operations = methods.map(|(http, operation)| RawOperation {
            id: text(operation, "operationId"),
            http: http.clone(),
            operation: readable(operation.take().into()),
        });
        let operations = operations.collect();
        match Referable::from(item) {
            Referable::Reference(reference) => errors.push(DocumentError::Reference {
                file: file.to_owned(),
                pointer: format!("/paths/{}", escape(&path)),
                reference,
            }),
            item => read.push((path, readable(item), operations)),
        }
    }
    if errors.is_empty() {
        Ok(read)
    } else {
        Err(errors)
    }
}

fn text(value: &Value, key: &str) -> String {
    let text = value.get(key).and_then(Value::as_str);
    text.unwrap_or_default().to_owned()
}

fn readable<T>(part: Referable<T>) -> Result<T, String> {
    match part {
        Referable::Item(item) => Ok(item),
        Referable::Unreadable(reason) => Err(reason),
        Referable::Reference(reference) => {
            Err(format!("`$ref` to `{reference}` is not allowed here"))
        }
    }
}

fn read_operations(
    source: &DocumentSource<'_>,
    model: &Model,
    components: &ComponentTypes,
    base: &str,
    paths: &Paths,
) -> Vec<DocumentOperation> {
    let all = paths.iter().flat_map(|(_, _, operations)| operations);
    let context = OperationContext {
        model,
        components,
        prefixes: all.map(|it| type_name(&it.id)).collect(),
    };
    let mut lines = BTreeMap::new();
    for (line, id) in operation_lines(source.text) {
        lines.entry(id).or_insert(line);
    }
    let mut operations = Vec::new();
    for (path, item, of_path) in paths {
        for RawOperation {
            id,
            http,
            operation,
        } in of_path
        {
            let pointer = format!("/paths/{}/{http}", escape(path));
            let own = operation.as_ref().ok().and_then(|it| it.servers.first());
            let server = own.or(item.as_ref().ok().and_then(|it| it.servers.first()));
            let base = server.map_or(base.to_owned(), Server::base);
            let full_path = format!("{base}{path}");
            let facts = match (item, operation) {
                (Err(reason), _) | (_, Err(reason)) => Err(vec![model.invalid(&pointer, reason)]),
                (Ok(item), Ok(operation)) => {
                    let source = OperationSource {
                        path,
                        item,
                        http,
                        operation,
                        pointer: pointer.clone(),
                    };
                    operation::read(&context, &source, id, &full_path)
                }
            };
            let operation = operation.as_ref().ok();
            operations.push(DocumentOperation {
                id: id.clone(),
                http: http.clone(),
                path: full_path,
                pointer,
                line: lines.get(id.as_str()).copied().unwrap_or(0),
                deprecated: operation.is_some_and(|it| it.deprecated),
                summary: operation
                    .and_then(|it| it.summary.clone())
                    .unwrap_or_default(),
                tags: operation.map(|it| it.tags.clone()).unwrap_or_default(),
                facts,
            });
        }
    }
    operations
}

/// Yields the lines in which a text declares operations. The parser of documents does not keep positions, and no other positions are needed.
fn operation_lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines().enumerate().filter_map(|(index, line)| {
        let line = line.trim().trim_start_matches(['"', '\'']);
        let rest = line.strip_prefix("operationId")?;
        let id = rest.trim_matches([' ', ':', '"', '\'', ',']);
        Some((index + 1, id))
    })
}
