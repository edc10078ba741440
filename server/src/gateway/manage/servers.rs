//! Handlers of `/integrated-account/{id}/mcp`.

use axum::extract::State;

use super::answer::{self, Answer};
use super::request::{Body, Caller, Ids, Params};
use crate::gateway::model::PageQuery;
use crate::gateway::service::Gateway;

pub(super) async fn list(
    Caller(who): Caller,
    State(gateway): State<Gateway>,
    Ids(account): Ids<String>,
    Params(page): Params<PageQuery>,
) -> Answer {
    answer::ok(&gateway.servers(&who, &account, page).await?)
}

pub(super) async fn create(
    Caller(who): Caller,
    State(gateway): State<Gateway>,
    Ids(account): Ids<String>,
    body: Body,
) -> Answer {
    let new = gateway.create_server(&who, &account, body.parse()?).await?;
    let location = format!(
        "/integrated-account/{}/mcp/{}",
        new.server.integrated_account_id, new.server.id
    );
    answer::created(&location, &new)
}

pub(super) async fn get(
    Caller(who): Caller,
    State(gateway): State<Gateway>,
    Ids((account, id)): Ids<(String, String)>,
) -> Answer {
    answer::ok(&gateway.server(&who, &account, &id).await?)
}

pub(super) async fn update(
    Caller(who): Caller,
    State(gateway): State<Gateway>,
    Ids((account, id)): Ids<(String, String)>,
    body: Body,
) -> Answer {
    let patch = body.parse()?;
    answer::ok(&gateway.update_server(&who, &account, &id, patch).await?)
}

pub(super) async fn delete(
    Caller(who): Caller,
    State(gateway): State<Gateway>,
    Ids((account, id)): Ids<(String, String)>,
) -> Answer {
    gateway.delete_server(&who, &account, &id).await?;
    answer::deleted()
}

pub(super) async fn rotate(
    Caller(who): Caller,
    State(gateway): State<Gateway>,
    Ids((account, id)): Ids<(String, String)>,
) -> Answer {
    answer::ok(&gateway.rotate_server(&who, &account, &id).await?)
}
