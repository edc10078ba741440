//! A normalised value -> the typed document, whole or not at all.

use openapiv3::{OpenAPI, Parameter, PathItem, ReferenceOr, RequestBody, Response, Schema};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::normalise::escape;
use super::roundtrip::losses;
use crate::error::DocumentError;

/// Reads a normalised document; whatever the typed one has no place for is an error.
pub(crate) fn typed(source: &str, value: &Value) -> Result<OpenAPI, Vec<DocumentError>> {
    let invalid = |(pointer, message)| DocumentError::Invalid {
        file: source.to_owned(),
        pointer,
        message,
    };
    let openapi: OpenAPI = match OpenAPI::deserialize(value) {
        Ok(openapi) => openapi,
        Err(error) => {
            let mut found = culprits(value);
            if found.is_empty() {
                found.push((String::new(), error.to_string()));
            }
            return Err(found.into_iter().map(invalid).collect());
        }
    };
    let back = serde_json::to_value(&openapi)
        .map_err(|error| vec![invalid((String::new(), error.to_string()))])?;
    let lost = losses(value, &back)
        .into_iter()
        .map(|pointer| DocumentError::Lost {
            file: source.to_owned(),
            construct: pointer.rsplit('/').next().unwrap_or_default().to_owned(),
            pointer,
        });
    let lost: Vec<_> = lost.collect();
    if lost.is_empty() {
        Ok(openapi)
    } else {
        Err(lost)
    }
}

use serde::Deserialize;

/// The parts that cannot be read, and why: the reader itself does not say where it stopped.
fn culprits(value: &Value) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut section = |pointer: &str, check: fn(&Value) -> Option<String>| {
        for (name, part) in value
            .pointer(pointer)
            .and_then(Value::as_object)
            .into_iter()
            .flatten()
        {
            if let Some(message) = check(part) {
                found.push(narrow(format!("{pointer}/{}", escape(name)), part, message));
            }
        }
    };
    section("/components/schemas", fails::<Schema>);
    section("/components/parameters", fails::<Parameter>);
    section("/components/requestBodies", fails::<RequestBody>);
    section("/components/responses", fails::<Response>);
    section("/paths", fails::<PathItem>);
    found
}

fn fails<T: DeserializeOwned>(value: &Value) -> Option<String> {
    ReferenceOr::<T>::deserialize(value)
        .err()
        .map(|error| error.to_string())
}

/// The innermost schema that cannot be read.
fn narrow(pointer: String, value: &Value, message: String) -> (String, String) {
    let one = |key: &'static str| {
        value
            .get(key)
            .filter(|inner| inner.is_object())
            .map(|inner| (key.to_owned(), inner))
    };
    let named = value
        .get("properties")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
        .map(|(name, inner)| (format!("properties/{}", escape(name)), inner));
    let listed = ["allOf", "anyOf", "oneOf"].into_iter().flat_map(|key| {
        value
            .get(key)
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .enumerate()
            .map(move |(index, inner)| (format!("{key}/{index}"), inner))
    });
    let mut inner = named
        .chain(
            ["items", "not", "additionalProperties", "schema"]
                .into_iter()
                .filter_map(one),
        )
        .chain(listed);
    match inner.find_map(|(step, inner)| Some((step, inner, fails::<Schema>(inner)?))) {
        Some((step, inner, message)) => narrow(format!("{pointer}/{step}"), inner, message),
        None => (pointer, message),
    }
}
