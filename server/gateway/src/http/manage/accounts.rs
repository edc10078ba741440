//! Handlers of `/integrated-account`.

use axum::extract::State;
use serde_json::Value;

use super::request::{Body, Caller, Ids, Params};
use super::response::{self, ApiResult};
use crate::model::PageQuery;
use crate::service::gateway::Gateway;

pub(super) async fn list(
    Caller(who): Caller,
    State(gateway): State<Gateway>,
    Params(page): Params<PageQuery>,
) -> ApiResult {
    response::ok(&gateway.accounts(&who, page).await?)
}

pub(super) async fn create(
    Caller(who): Caller,
    State(gateway): State<Gateway>,
    body: Body,
) -> ApiResult {
    let account = gateway.create_account(&who, body.parse()?).await?;
    response::created(&format!("/integrated-account/{}", account.id), &account)
}

pub(super) async fn get(
    Caller(who): Caller,
    State(gateway): State<Gateway>,
    Ids(id): Ids<String>,
) -> ApiResult {
    response::ok(&gateway.account(&who, &id).await?)
}

pub(super) async fn update(
    Caller(who): Caller,
    State(gateway): State<Gateway>,
    Ids(id): Ids<String>,
    mut body: Body,
) -> ApiResult {
    // A client removes a field with `null`, and the gateway expects an empty string for that.
    for field in ["api", "ca_certificate"] {
        if let Some(value) = body.get_mut(field).filter(|value| value.is_null()) {
            *value = Value::from("");
        }
    }
    response::ok(&gateway.update_account(&who, &id, body.parse()?).await?)
}

pub(super) async fn delete(
    Caller(who): Caller,
    State(gateway): State<Gateway>,
    Ids(id): Ids<String>,
) -> ApiResult {
    gateway.delete_account(&who, &id).await?;
    response::deleted()
}

pub(super) async fn check(
    Caller(who): Caller,
    State(gateway): State<Gateway>,
    Ids(id): Ids<String>,
) -> ApiResult {
    response::ok(&gateway.check_account(&who, &id).await?)
}
