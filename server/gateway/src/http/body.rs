//! Reads small request bodies before a handler runs. If a response does not wait for the body, the connection is closed, and a rejected client would find it closed when sending its next request.

use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::{StatusCode, header};
use axum::response::Response;

use super::error_response::error_response;

/// Largest body in bytes that is read here. Larger bodies are left to the handlers.
const SMALL: usize = 64 * 1024;

/// Time for a client to send a small body.
const PATIENCE: Duration = Duration::from_secs(30);

/// Returns the request with its body in memory if the body is small, or an error response if the body does not arrive.
pub(crate) async fn read_small(request: Request) -> Result<Request, Response> {
    let length = request
        .headers()
        .get(header::CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
    if !length.is_some_and(|length| (1..=SMALL).contains(&length)) {
        return Ok(request);
    }
    let (parts, body) = request.into_parts();
    match tokio::time::timeout(PATIENCE, to_bytes(body, SMALL)).await {
        Ok(Ok(body)) => Ok(Request::from_parts(parts, Body::from(body))),
        _ => Err(error_response(
            StatusCode::REQUEST_TIMEOUT,
            "incomplete",
            "the body of the request did not arrive in time",
            "Send the request again.",
        )),
    }
}
