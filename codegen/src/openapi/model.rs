//! Typed form of a normalised document, before its references are resolved.
//!
//! The types contain what a call can depend on; all other members of a document are ignored. A part that cannot be read is a value, [`Referable::Unreadable`], so that it only affects the operations that use it.

use indexmap::IndexMap;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::{Number, Value};

use super::names::Names;
use crate::error::DocumentError;
use crate::pointer::{escape, unescape};

/// Member of a part that says why no tool can use the part.
pub(super) const UNREADABLE: &str = "x-unreadable";

/// Everything to which operations can refer.
#[derive(Debug)]
pub(super) struct Model {
    /// File of the document.
    pub(super) file: String,
    pub(super) components: Components,
    /// Rust names of the component schemas.
    pub(super) names: Names,
}

impl Model {
    pub(super) fn invalid(&self, pointer: &str, message: impl Into<String>) -> DocumentError {
        DocumentError::Invalid {
            file: self.file.clone(),
            pointer: pointer.to_owned(),
            message: message.into(),
        }
    }

    pub(super) fn unsupported(&self, pointer: &str, construct: impl Into<String>) -> DocumentError {
        DocumentError::Unsupported {
            file: self.file.clone(),
            pointer: pointer.to_owned(),
            construct: construct.into(),
        }
    }

    pub(super) fn missing(&self, pointer: &str, reference: &str) -> DocumentError {
        DocumentError::Reference {
            file: self.file.clone(),
            pointer: pointer.to_owned(),
            reference: reference.to_owned(),
        }
    }
}

/// Part of a document that can be a reference.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Referable<T> {
    Item(T),
    Reference(String),
    /// Reason why the part cannot be read.
    Unreadable(String),
}

impl<T: DeserializeOwned> From<Value> for Referable<T> {
    fn from(value: Value) -> Self {
        let text = |key: &str| value.get(key).and_then(Value::as_str).map(str::to_owned);
        if let Some(reference) = text("$ref") {
            return Self::Reference(reference);
        }
        match text(UNREADABLE) {
            Some(reason) => Self::Unreadable(reason),
            None => T::deserialize(value)
                .map_or_else(|error| Self::Unreadable(error.to_string()), Self::Item),
        }
    }
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for Referable<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Value::deserialize(deserializer).map(Self::from)
    }
}

/// Named parts of one kind.
pub(super) type Section<T> = IndexMap<String, Referable<T>>;

/// Parts to which references can refer.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Components {
    pub(super) schemas: Section<Schema>,
    pub(super) parameters: Section<Parameter>,
    pub(super) request_bodies: Section<RequestBody>,
    pub(super) responses: Section<Response>,
    pub(super) examples: IndexMap<String, Value>,
}

/// Parameters and operations of a path.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct PathItem {
    pub(super) parameters: Vec<Referable<Parameter>>,
    pub(super) servers: Vec<Server>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Operation {
    pub(super) tags: Vec<String>,
    pub(super) summary: Option<String>,
    pub(super) description: Option<String>,
    pub(super) deprecated: bool,
    pub(super) parameters: Vec<Referable<Parameter>>,
    pub(super) request_body: Option<Referable<RequestBody>>,
    pub(super) responses: Section<Response>,
    pub(super) servers: Vec<Server>,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct Server {
    url: String,
    #[serde(default)]
    variables: IndexMap<String, ServerVariable>,
}

#[derive(Debug, Clone, Deserialize)]
struct ServerVariable {
    default: String,
}

impl Server {
    /// Returns the path of the URL, with variables replaced by their defaults: `https://host/api/v1/` -> `/api/v1`.
    pub(super) fn base(&self) -> String {
        let mut url = self.url.clone();
        for (name, variable) in &self.variables {
            url = url.replace(&format!("{{{name}}}"), &variable.default);
        }
        let path = match url.split_once("://") {
            Some((_, rest)) => rest.split_once('/').map_or("", |(_, path)| path),
            None => url.trim_start_matches("./"),
        };
        let path = path.split(['?', '#']).next().unwrap_or_default();
        match path.trim_matches('/') {
            "" | "." => String::new(),
            path => format!("/{path}"),
        }
    }
}

/// Location of a parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum DeclaredLocation {
    Path,
    Query,
    Header,
    Cookie,
}

impl DeclaredLocation {
    /// Returns the name as in `in`.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Path => "path",
            Self::Query => "query",
            Self::Header => "header",
            Self::Cookie => "cookie",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
pub(super) struct Parameter {
    pub(super) name: String,
    #[serde(rename = "in")]
    pub(super) location: DeclaredLocation,
    pub(super) description: Option<String>,
    #[serde(default)]
    pub(super) required: bool,
    pub(super) deprecated: Option<bool>,
    pub(super) style: Option<String>,
    pub(super) explode: Option<bool>,
    pub(super) schema: Option<Referable<Schema>>,
    #[serde(default)]
    pub(super) content: Section<MediaType>,
    pub(super) example: Option<Value>,
    #[serde(default)]
    pub(super) examples: IndexMap<String, Value>,
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
pub(super) struct RequestBody {
    pub(super) description: Option<String>,
    pub(super) required: bool,
    pub(super) content: Section<MediaType>,
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
pub(super) struct Response {
    pub(super) content: Section<MediaType>,
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
pub(super) struct MediaType {
    pub(super) schema: Option<Referable<Schema>>,
    pub(super) example: Option<Value>,
    /// How the members of a form are written, by member.
    pub(super) encoding: Value,
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Schema {
    #[serde(rename = "type")]
    pub(super) type_name: Option<String>,
    pub(super) title: Option<String>,
    pub(super) description: Option<String>,
    pub(super) default: Option<Value>,
    pub(super) example: Option<Value>,
    pub(super) nullable: bool,
    pub(super) read_only: bool,
    pub(super) write_only: bool,
    pub(super) deprecated: bool,
    #[serde(rename = "x-const", deserialize_with = "present")]
    pub(super) constant: Option<Value>,
    #[serde(rename = "enum")]
    pub(super) values: Vec<Value>,
    pub(super) format: Option<String>,
    pub(super) pattern: Option<String>,
    pub(super) min_length: Option<usize>,
    pub(super) max_length: Option<usize>,
    pub(super) minimum: Option<Number>,
    pub(super) maximum: Option<Number>,
    pub(super) exclusive_minimum: bool,
    pub(super) exclusive_maximum: bool,
    pub(super) multiple_of: Option<Number>,
    pub(super) items: Option<Box<Referable<Schema>>>,
    pub(super) min_items: Option<usize>,
    pub(super) max_items: Option<usize>,
    pub(super) unique_items: bool,
    pub(super) properties: Section<Schema>,
    pub(super) required: Vec<String>,
    pub(super) additional_properties: Option<AdditionalProperties>,
    pub(super) min_properties: Option<usize>,
    pub(super) max_properties: Option<usize>,
    pub(super) all_of: Vec<Referable<Schema>>,
    pub(super) any_of: Vec<Referable<Schema>>,
    pub(super) one_of: Vec<Referable<Schema>>,
}

impl Schema {
    /// Returns whether the schema adds nothing but a `type` and annotations to its `allOf`.
    pub(super) fn is_only_all_of(&self) -> bool {
        let mut rest = self.clone();
        rest.all_of.clear();
        rest == Self {
            type_name: rest.type_name.clone(),
            title: rest.title.clone(),
            description: rest.description.clone(),
            default: rest.default.clone(),
            example: rest.example.clone(),
            nullable: rest.nullable,
            read_only: rest.read_only,
            write_only: rest.write_only,
            deprecated: rest.deprecated,
            ..Self::default()
        }
    }

    /// Yields the schemas in this schema.
    pub(super) fn children(&self) -> impl Iterator<Item = &Referable<Self>> {
        let additional = match &self.additional_properties {
            Some(AdditionalProperties::Schema(schema)) => Some(schema),
            _ => None,
        };
        let lists = [&self.all_of, &self.any_of, &self.one_of];
        let one = self.items.iter().chain(additional).map(|schema| &**schema);
        let several = lists.into_iter().flatten();
        self.properties.values().chain(one).chain(several)
    }
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(from = "Value")]
pub(super) enum AdditionalProperties {
    Any(bool),
    Schema(Box<Referable<Schema>>),
}

impl From<Value> for AdditionalProperties {
    fn from(value: Value) -> Self {
        match value {
            Value::Bool(any) => Self::Any(any),
            value => Self::Schema(Box::new(value.into())),
        }
    }
}

/// Reads a member that exists, even if it is `null`.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

/// Returns the JSON pointer of a component schema.
pub(super) fn schema_pointer(name: &str) -> String {
    format!("/components/schemas/{}", escape(name))
}

/// Returns the name of the component to which a reference refers.
pub(super) fn component_name(reference: &str) -> Option<String> {
    let name = reference.strip_prefix("#/components/schemas/");
    name.map(unescape)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::Server;

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
        let made = rows.map(|(server, _)| serde_yaml::from_str::<Server>(server).unwrap().base());
        assert_eq!(made, rows.map(|(_, base)| base.to_owned()));
    }
}
