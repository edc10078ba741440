//! Responses of the management API: JSON, with one shape for all errors.

use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, LOCATION, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::Value;

use crate::error::ServiceError;
use crate::http::error_response::error_json;
use crate::model::Role;
use mcp_server::product::product;

/// Result of a handler.
pub(super) type ApiResult = Result<Response, ApiError>;

/// Error of a request to the management API.
#[derive(Debug)]
pub(super) enum ApiError {
    /// Error of the gateway.
    Service(ServiceError),
    /// API token that is not valid now.
    BadToken,
    /// API token whose role does not permit the operation.
    Role { needs: Role, has: Role },
    /// Request that is not valid in this API.
    Request {
        status: StatusCode,
        code: &'static str,
        message: String,
        hint: &'static str,
    },
}

impl From<ServiceError> for ApiError {
    fn from(error: ServiceError) -> Self {
        Self::Service(error)
    }
}

impl ApiError {
    pub(super) fn bad_request(message: String, hint: &'static str) -> Self {
        Self::Request {
            status: StatusCode::BAD_REQUEST,
            code: "bad_request",
            message,
            hint,
        }
    }

    fn status(&self) -> StatusCode {
        let status = match self {
            Self::Service(error) => error.status(),
            Self::BadToken => 401,
            Self::Role { .. } => 403,
            Self::Request { status, .. } => return *status,
        };
        StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    fn to_json(&self) -> Value {
        let (error, message) = match self {
            Self::Service(error) => return error.to_json(),
            Self::Request {
                code,
                message,
                hint,
                ..
            } => return error_json(code, message, hint),
            Self::BadToken => (
                ServiceError::Unauthenticated,
                "the API token is unknown, revoked or expired".to_owned(),
            ),
            Self::Role { needs, has } => (
                ServiceError::Forbidden { needs: *needs },
                format!(
                    "this operation requires the role {}; the API token has the role {}",
                    needs.as_str(),
                    has.as_str()
                ),
            ),
        };
        error_json(error.code(), &message, error.hint())
    }

    /// Returns the value of `WWW-Authenticate`, which tells a client what to send, as RFC 6750 defines it.
    fn challenge(&self) -> Option<String> {
        let more = match self {
            Self::Service(ServiceError::Unauthenticated) => String::new(),
            Self::BadToken => ", error=\"invalid_token\"".to_owned(),
            Self::Role { needs, .. } | Self::Service(ServiceError::Forbidden { needs }) => format!(
                ", error=\"insufficient_scope\", scope=\"{}\"",
                needs.as_str()
            ),
            _ => return None,
        };
        Some(format!("Bearer realm=\"{}\"{more}", product().name))
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut response = respond(self.status(), self.to_json().to_string());
        if let Some(challenge) = self
            .challenge()
            .and_then(|it| HeaderValue::try_from(it).ok())
        {
            response.headers_mut().insert(WWW_AUTHENTICATE, challenge);
        }
        response
    }
}

/// Responds with a value as JSON.
pub(super) fn ok(value: &impl Serialize) -> ApiResult {
    Ok(respond(StatusCode::OK, to_text(value)?))
}

/// Responds with a created object and its URL in `Location`.
pub(super) fn created(location: &str, value: &impl Serialize) -> ApiResult {
    let mut response = respond(StatusCode::CREATED, to_text(value)?);
    if let Ok(location) = HeaderValue::from_str(location) {
        response.headers_mut().insert(LOCATION, location);
    }
    Ok(response)
}

/// Responds to a deletion, without content.
pub(super) fn deleted((): ()) -> ApiResult {
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Responds to a method that the path does not have. axum adds `Allow`.
pub(super) async fn method_not_allowed(method: Method, uri: Uri) -> Response {
    ApiError::Request {
        status: StatusCode::METHOD_NOT_ALLOWED,
        code: "method_not_allowed",
        message: format!("`{}` has no method {method}", uri.path()),
        hint: "The header `Allow` names the methods; `/openapi.json` describes them.",
    }
    .into_response()
}

fn to_text(value: &impl Serialize) -> Result<String, ApiError> {
    serde_json::to_string(value)
        .map_err(|error| ServiceError::Internal(format!("invalid JSON: {error}")).into())
}

/// Responds with JSON that is not cached: some responses contain a token, and the others show who has access to what.
fn respond(status: StatusCode, text: String) -> Response {
    let headers = [
        (CONTENT_TYPE, "application/json"),
        (CACHE_CONTROL, "no-store"),
    ];
    (status, headers, text).into_response()
}
