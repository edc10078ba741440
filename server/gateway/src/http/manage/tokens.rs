//! Handlers of `/api-token`.

use axum::extract::State;

use super::request::{Body, Caller, Ids, Params};
use super::response::{self, ApiResult};
use crate::model::PageQuery;
use crate::service::gateway::Gateway;

pub(super) async fn list(
    Caller(who): Caller,
    State(gateway): State<Gateway>,
    Params(page): Params<PageQuery>,
) -> ApiResult {
    response::ok(&gateway.api_tokens(&who, page).await?)
}

pub(super) async fn create(
    Caller(who): Caller,
    State(gateway): State<Gateway>,
    body: Body,
) -> ApiResult {
    let new = gateway.create_api_token(&who, body.parse()?).await?;
    response::created(&format!("/api-token/{}", new.api_token.id), &new)
}

pub(super) async fn revoke(
    Caller(who): Caller,
    State(gateway): State<Gateway>,
    Ids(id): Ids<String>,
) -> ApiResult {
    gateway.revoke_api_token(&who, &id).await?;
    response::deleted()
}
