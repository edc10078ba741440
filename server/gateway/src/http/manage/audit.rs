//! Handlers of `/audit`.

use axum::body::Body;
use axum::extract::State;
use axum::http::HeaderValue;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::Response;

use super::request::{Caller, Params};
use super::response::{self, ApiResult};
use crate::model::AuditQuery;
use crate::service::gateway::Gateway;

pub(super) async fn list(
    Caller(who): Caller,
    State(gateway): State<Gateway>,
    Params(query): Params<AuditQuery>,
) -> ApiResult {
    response::ok(&gateway.audit(&who, query).await?)
}

/// Streams the log while reading it, so that a log of any length can be exported. If reading fails, the connection is aborted, so that the client does not take an incomplete log for a complete one.
pub(super) async fn export(
    Caller(who): Caller,
    State(gateway): State<Gateway>,
    Params(query): Params<AuditQuery>,
) -> ApiResult {
    let lines = gateway.export_audit(&who, query).await?;
    let mut response = Response::new(Body::from_stream(lines));
    let headers = response.headers_mut();
    headers.insert(
        CONTENT_TYPE,
        HeaderValue::from_static("application/x-ndjson"),
    );
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}
