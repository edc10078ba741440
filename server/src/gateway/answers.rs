//! What the gateway answers when it refuses a request before anybody looks at what it asks for. The shape is that of the management API.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;

/// An error as the management API has them.
pub(crate) fn refusal(
    status: StatusCode,
    code: &'static str,
    message: &str,
    hint: &'static str,
) -> Response {
    let body = json!({"error": {"code": code, "message": message, "hint": hint, "problems": []}});
    (status, Json(body)).into_response()
}
