//! Handlers of `/api-token`.

use axum::extract::State;

use super::answer::{self, Answer};
use super::request::{Body, Caller, Ids, Params};
use crate::gateway::model::PageQuery;
use crate::gateway::service::Gateway;

pub(super) async fn list(
    Caller(who): Caller,
    State(gateway): State<Gateway>,
    Params(page): Params<PageQuery>,
) -> Answer {
    answer::ok(&gateway.api_tokens(&who, page).await?)
}

pub(super) async fn create(
    Caller(who): Caller,
    State(gateway): State<Gateway>,
    body: Body,
) -> Answer {
    let new = gateway.create_api_token(&who, body.parse()?).await?;
    answer::created(&format!("/api-token/{}", new.api_token.id), &new)
}

pub(super) async fn revoke(
    Caller(who): Caller,
    State(gateway): State<Gateway>,
    Ids(id): Ids<String>,
) -> Answer {
    gateway.revoke_api_token(&who, &id).await?;
    answer::deleted()
}
