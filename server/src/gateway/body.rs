//! Reads small bodies before anybody looks at a request. An answer that does not wait for the body ends the connection, so a client that was refused would find it closed while it sends its next request.

use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::{StatusCode, header};
use axum::response::Response;

use super::answers::refusal;

/// Larger ones are left to who wants them.
const SMALL: usize = 64 * 1024;

/// How long a client may take to send a small body.
const PATIENCE: Duration = Duration::from_secs(30);

/// The request with its body at hand, if that is small; else what to answer if it does not arrive.
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
        _ => Err(refusal(
            StatusCode::REQUEST_TIMEOUT,
            "incomplete",
            "the body of the request did not arrive",
            "Send it again.",
        )),
    }
}
