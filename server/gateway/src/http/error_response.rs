//! Error responses to requests that are rejected before a handler runs. They have the error shape of the management API.

use axum::Json;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

/// Creates an error response in the shape of the management API.
pub(crate) fn error_response(
    status: StatusCode,
    code: &'static str,
    message: &str,
    hint: &'static str,
) -> Response {
    (status, Json(error_json(code, message, hint))).into_response()
}

/// Creates the response to a request for which the gateway has no room at present.
pub(crate) fn overloaded(message: &str) -> Response {
    let response = error_response(
        StatusCode::SERVICE_UNAVAILABLE,
        "overloaded",
        message,
        "Retry after the time in `Retry-After`, with fewer requests at the same time.",
    );
    ([(header::RETRY_AFTER, "1")], response).into_response()
}

/// Returns the body of an error response without invalid fields.
pub(crate) fn error_json(code: &str, message: &str, hint: &str) -> Value {
    json!({"error": {"code": code, "message": message, "hint": hint, "problems": []}})
}
