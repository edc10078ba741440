//! Extractor of the management API: the caller, and parameters and a body that conform to the OpenAPI document.

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{FromRequest, FromRequestParts, MatchedPath, Path, Query, Request};
use axum::http::StatusCode;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE};
use axum::http::request::Parts;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::document::{self, Operation};
use super::response::ApiError;
use crate::error::{FieldError, ServiceError, unless_empty};
use crate::http::bearer::bearer;
use crate::model::{Principal, Role};
use crate::schema;
use crate::service::gateway::Gateway;

/// Largest request body in bytes. No request needs more, not even with a certificate.
pub(super) const MAX_BODY: usize = 256 * 1024;

/// Authorized request that conforms to the OpenAPI document.
#[derive(Debug)]
pub(super) struct ApiRequest {
    pub(super) gateway: Gateway,
    pub(super) who: Principal,
    pub(super) operation: Operation,
    /// Ids in the path.
    pub(super) ids: Vec<String>,
    query: Value,
    pub(super) body: Value,
}

impl FromRequest<Gateway> for ApiRequest {
    type Rejection = ApiError;

    /// Checks the role of the caller first, so that no other caller learns about errors in the request.
    async fn from_request(request: Request, gateway: &Gateway) -> Result<Self, ApiError> {
        let (mut parts, body) = request.into_parts();
        let operation = operation(&parts)?;
        let who = caller(&parts, gateway, operation.role()).await?;
        let ids = Path::<Vec<(String, String)>>::from_request_parts(&mut parts, gateway).await;
        let Path(ids) = ids.map_err(|error| {
            ApiError::bad_request(error.body_text(), "Encode the path as UTF-8.")
        })?;
        let Query(pairs) = Query::<Vec<(String, String)>>::try_from_uri(&parts.uri)
            .map_err(|error| ApiError::bad_request(error.body_text(), "Encode the query."))?;
        let query = query_object(operation, pairs)?;
        let body = match operation.body() {
            Some(schema) => json_body(Request::from_parts(parts, body), gateway, schema).await?,
            None => Value::Null,
        };
        Ok(Self {
            gateway: gateway.clone(),
            who,
            operation,
            ids: ids.into_iter().map(|(_, id)| id).collect(),
            query: Value::Object(query),
            body,
        })
    }
}

impl ApiRequest {
    /// Converts the query parameters to a Rust value.
    pub(super) fn query<T: DeserializeOwned>(self) -> Result<T, ApiError> {
        parse(self.query)
    }

    /// Converts the body to a Rust value.
    pub(super) fn body<T: DeserializeOwned>(self) -> Result<T, ApiError> {
        parse(self.body)
    }
}

async fn caller(parts: &Parts, gateway: &Gateway, needs: Role) -> Result<Principal, ApiError> {
    let Some(token) = bearer(&parts.headers) else {
        return Err(match parts.headers.contains_key(AUTHORIZATION) {
            true => ApiError::BadToken,
            false => ServiceError::Unauthenticated.into(),
        });
    };
    let principal = match gateway.authenticate(token).await {
        Err(ServiceError::Unauthenticated) => return Err(ApiError::BadToken),
        other => other?,
    };
    let has = principal.role;
    match has < needs {
        true => Err(ApiError::Role { needs, has }),
        false => Ok(principal),
    }
}

async fn json_body(
    request: Request,
    gateway: &Gateway,
    schema: &'static Value,
) -> Result<Value, ApiError> {
    let is_json = request
        .headers()
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|media| media.contains("json"));
    let bytes = Bytes::from_request(request, gateway)
        .await
        .map_err(|rejection| unreadable(&rejection))?;
    // The content type is ignored: `curl -d` sends JSON as a form, and no web page of another site can send the bearer token.
    let value: Value = serde_json::from_slice(&bytes).map_err(|error| {
        let hint = if is_json {
            "Send one JSON object."
        } else {
            "Send one JSON object with `Content-Type: application/json`."
        };
        ApiError::bad_request(format!("the body must be JSON: {error}"), hint)
    })?;
    let errors = schema::check(document::document(), schema, &value, "");
    Ok(unless_empty(errors, value).map_err(ServiceError::Invalid)?)
}

fn operation(parts: &Parts) -> Result<Operation, ApiError> {
    parts
        .extensions
        .get::<MatchedPath>()
        .and_then(|path| document::operation(path.as_str(), &parts.method))
        .ok_or_else(|| {
            ServiceError::Internal(format!(
                "{} {} is not in the document",
                parts.method,
                parts.uri.path()
            ))
            .into()
        })
}

fn query_object(
    operation: Operation,
    pairs: Vec<(String, String)>,
) -> Result<Map<String, Value>, ServiceError> {
    let parameters = operation.query();
    if parameters.is_empty() {
        return Ok(Map::new());
    }
    let mut object = Map::new();
    let mut errors = Vec::new();
    for (name, text) in pairs {
        let Some((_, schema)) = parameters.iter().find(|(known, _)| *known == name) else {
            let known: Vec<_> = parameters.iter().map(|(name, _)| *name).collect();
            errors.push(schema::unknown("parameter", &name, &name, &known));
            continue;
        };
        let number = (schema["type"] == "integer").then(|| text.parse::<i64>());
        let value = match number {
            Some(Ok(number)) => Value::from(number),
            _ => Value::from(text),
        };
        errors.extend(schema::check(document::document(), schema, &value, &name));
        if object.contains_key(&name) {
            errors.push(FieldError::new(&name, "given more than once"));
        }
        object.insert(name, value);
    }
    unless_empty(errors, object).map_err(ServiceError::Invalid)
}

/// Converts a value that conforms to the document, so this fails only if the document and the Rust types disagree. The error of serde is dropped, because it may contain a secret.
fn parse<T: DeserializeOwned>(value: Value) -> Result<T, ApiError> {
    serde_json::from_value(value).map_err(|_| ServiceError::invalid("", "invalid value").into())
}

fn unreadable(rejection: &BytesRejection) -> ApiError {
    let status = rejection.status();
    if status == StatusCode::PAYLOAD_TOO_LARGE {
        return ApiError::Request {
            status,
            code: "too_large",
            message: format!("the body is larger than {} kB", MAX_BODY / 1024),
            hint: "Send a smaller body.",
        };
    }
    ApiError::bad_request(rejection.body_text(), "Send the request again.")
}
