//! Handlers of `/integrated-account/{id}/mcp`.

use axum::extract::State;

use super::request::{Body, Caller, Ids, Params};
use super::response::{self, ApiResult};
use crate::model::PageQuery;
use crate::service::gateway::Gateway;

pub(super) async fn list(
    Caller(who): Caller,
    State(gateway): State<Gateway>,
    Ids(account): Ids<String>,
    Params(page): Params<PageQuery>,
) -> ApiResult {
    response::ok(&gateway.servers(&who, &account, page).await?)
}

pub(super) async fn create(
    Caller(who): Caller,
    State(gateway): State<Gateway>,
    Ids(account): Ids<String>,
    body: Body,
) -> ApiResult {
    let new = gateway.create_server(&who, &account, body.parse()?).await?;
    let location = format!(
        "/integrated-account/{}/mcp/{}",
        new.server.integrated_account_id, new.server.id
    );
    response::created(&location, &new)
}

pub(super) async fn get(
    Caller(who): Caller,
    State(gateway): State<Gateway>,
    Ids((account, id)): Ids<(String, String)>,
) -> ApiResult {
    response::ok(&gateway.server(&who, &account, &id).await?)
}

pub(super) async fn update(
    Caller(who): Caller,
    State(gateway): State<Gateway>,
    Ids((account, id)): Ids<(String, String)>,
    body: Body,
) -> ApiResult {
    let patch = body.parse()?;
    response::ok(&gateway.update_server(&who, &account, &id, patch).await?)
}

pub(super) async fn delete(
    Caller(who): Caller,
    State(gateway): State<Gateway>,
    Ids((account, id)): Ids<(String, String)>,
) -> ApiResult {
    gateway.delete_server(&who, &account, &id).await?;
    response::deleted()
}

pub(super) async fn rotate(
    Caller(who): Caller,
    State(gateway): State<Gateway>,
    Ids((account, id)): Ids<(String, String)>,
) -> ApiResult {
    response::ok(&gateway.rotate_server(&who, &account, &id).await?)
}
