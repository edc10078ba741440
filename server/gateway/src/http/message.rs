//! Body of an MCP request: read within the limits of its MCP server, before the request takes a slot.

use std::future::poll_fn;
use std::pin::Pin;

use axum::Json;
use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use hyper::body::Body as HttpBody;
use rmcp::model::{ErrorCode, ErrorData};
use serde::de::IgnoredAny;
use serde_json::json;

use super::body::{SMALL, incomplete};
use super::error_response::{error_response, overloaded};
use crate::slots::{LargeSlot, ServerSlots};

/// Largest message in bytes.
const MAX_MESSAGE: usize = 4 * 1024 * 1024;

/// Maximum number of JSON values in a message. In memory, a value needs up to a hundred times as much space as in the message.
const MAX_VALUES: usize = 100_000;

/// Message of a client.
#[derive(Debug)]
pub(super) struct ClientMessage {
    pub(super) bytes: Bytes,
    /// Slot of a message that is large.
    pub(super) large: Option<LargeSlot>,
}

/// Reads a message. The part above [`SMALL`] is read only with a slot for large messages, so that unfinished messages cannot fill the memory.
pub(super) async fn read(slots: &ServerSlots, mut body: Body) -> Result<ClientMessage, Response> {
    let mut large = None;
    let mut values = ValueCounter::default();
    let mut first = Bytes::new();
    let mut all = Vec::new();
    loop {
        let part = poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await;
        let part = match part {
            None => break,
            Some(Err(_)) => return Err(incomplete()),
            Some(Ok(part)) => part.into_data().unwrap_or_default(),
        };
        let length = first.len() + all.len() + part.len();
        if length > MAX_MESSAGE {
            return Err(too_large(&format!(
                "the message is larger than {} MB",
                MAX_MESSAGE >> 20
            )));
        }
        if length > SMALL && large.is_none() {
            let slot = slots.large().await;
            large = Some(slot.map_err(|error| overloaded(&error.to_string()))?);
        }
        if length > SMALL {
            if !values.has_begun {
                values.add(if all.is_empty() { &first } else { &all });
            }
            values.add(&part);
            if values.count > MAX_VALUES {
                return Err(too_large(&format!(
                    "the message has more than {MAX_VALUES} JSON values"
                )));
            }
        }
        // A message in one part, as most are, is not copied.
        if first.is_empty() && all.is_empty() {
            first = part;
        } else {
            if all.is_empty() {
                all.extend_from_slice(&std::mem::take(&mut first));
            }
            all.extend_from_slice(&part);
        }
    }
    let bytes = if all.is_empty() { first } else { all.into() };
    Ok(ClientMessage { bytes, large })
}

/// Returns the response to a message that rmcp cannot parse, in the form that JSON-RPC defines. Other responses are unchanged.
pub(super) fn explain_rejection(response: Response, is_json: bool, message: &Bytes) -> Response {
    // For other media types, rmcp responds with the same status.
    if response.status() != StatusCode::UNSUPPORTED_MEDIA_TYPE || !is_json {
        return response;
    }
    let error = match serde_json::from_slice::<IgnoredAny>(message) {
        Err(error) => ErrorData::new(
            ErrorCode::PARSE_ERROR,
            format!("the message is not JSON: {error}"),
            None,
        ),
        Ok(_) => ErrorData::new(
            ErrorCode::INVALID_REQUEST,
            "the message is not a single JSON-RPC 2.0 message",
            None,
        ),
    };
    json_rpc_error(StatusCode::BAD_REQUEST, &error)
}

/// Returns whether the headers announce JSON.
pub(super) fn is_json(headers: &HeaderMap) -> bool {
    let value = headers.get(header::CONTENT_TYPE);
    let value = value.and_then(|value| value.to_str().ok());
    let media_type = value.and_then(|value| value.split(';').next());
    media_type.is_some_and(|it| it.trim().eq_ignore_ascii_case("application/json"))
}

/// Counter of JSON values in a text that arrives in parts. It does not check the text, and counts a key and its value as one.
#[derive(Debug, Default)]
struct ValueCounter {
    count: usize,
    has_begun: bool,
    in_string: bool,
    escaped: bool,
}

impl ValueCounter {
    fn add(&mut self, text: &[u8]) {
        self.has_begun = true;
        for byte in text {
            if self.in_string {
                self.in_string = self.escaped || *byte != b'"';
                self.escaped = *byte == b'\\' && !self.escaped;
            } else {
                match byte {
                    b'"' => self.in_string = true,
                    b',' | b'[' | b'{' => self.count += 1,
                    _ => {}
                }
            }
        }
    }
}

fn too_large(message: &str) -> Response {
    error_response(
        StatusCode::PAYLOAD_TOO_LARGE,
        "too_large",
        message,
        "Send less in one request.",
    )
}

/// Creates the response to a message without a known id.
fn json_rpc_error(status: StatusCode, error: &ErrorData) -> Response {
    let body = json!({"jsonrpc": "2.0", "id": null, "error": error});
    (status, Json(body)).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_counted_in_parts() {
        let rows = [
            ("1", 0),
            ("[1,2,[],{}]", 6),
            (r#"{"a,[{":"\\","b":",\",","c":1}"#, 3),
            (r#"[ "é" , "\\\"" , " ]"#, 3),
        ];
        for (text, expected) in rows {
            for middle in 0..=text.len() {
                let (first, second) = text.as_bytes().split_at(middle);
                let mut values = ValueCounter::default();
                values.add(first);
                values.add(second);
                assert_eq!(values.count, expected, "{text} in two parts at {middle}");
            }
        }
    }
}
