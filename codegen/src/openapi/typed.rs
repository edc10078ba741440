//! Reads the typed document from a normalised value.

use openapiv3::OpenAPI;
use serde::Deserialize;
use serde_json::Value;

use super::places;
use super::roundtrip::losses;
use crate::error::DocumentError;

/// Maximum number of rounds. Each round removes what the previous one could not read; few documents need more than two.
const ROUNDS: usize = 16;

/// Reads a normalised document. A part that cannot be read is rejected, together with the operations that use it.
pub(crate) fn read(source: &str, mut value: Value) -> Result<OpenAPI, Vec<DocumentError>> {
    for _ in 0..ROUNDS {
        let errors = match typed(source, &value) {
            Ok(openapi) => return Ok(openapi),
            Err(errors) => errors,
        };
        let mut helpless = Vec::new();
        for error in errors {
            let helped = match &error {
                DocumentError::Invalid {
                    pointer, message, ..
                } => places::replace(&mut value, pointer, message),
                DocumentError::Lost {
                    pointer, construct, ..
                } => {
                    let reason = format!("`{construct}` is not supported");
                    places::take_out(&mut value, pointer, &reason)
                }
                _ => false,
            };
            if !helped {
                helpless.push(error);
            }
        }
        if !helpless.is_empty() {
            return Err(helpless);
        }
    }
    typed(source, &value)
}

/// Reads a normalised document completely or not at all: anything that the typed document cannot express is an error.
pub(crate) fn typed(source: &str, value: &Value) -> Result<OpenAPI, Vec<DocumentError>> {
    let invalid = |(pointer, message)| DocumentError::Invalid {
        file: source.to_owned(),
        pointer,
        message,
    };
    let openapi: OpenAPI = match OpenAPI::deserialize(value) {
        Ok(openapi) => openapi,
        Err(error) => {
            let mut found = places::unreadable(value);
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
