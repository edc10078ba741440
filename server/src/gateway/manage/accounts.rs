//! Handlers of `/integrated-account`.

use axum::extract::State;
use serde_json::Value;

use super::answer::{self, Answer};
use super::request::{Body, Caller, Ids, Params};
use crate::gateway::model::PageQuery;
use crate::gateway::service::Gateway;

pub(super) async fn list(
    Caller(who): Caller,
    State(gateway): State<Gateway>,
    Params(page): Params<PageQuery>,
) -> Answer {
    answer::ok(&gateway.accounts(&who, page).await?)
}

pub(super) async fn create(
    Caller(who): Caller,
    State(gateway): State<Gateway>,
    body: Body,
) -> Answer {
    let account = gateway.create_account(&who, body.parse()?).await?;
    answer::created(&format!("/integrated-account/{}", account.id), &account)
}

pub(super) async fn get(
    Caller(who): Caller,
    State(gateway): State<Gateway>,
    Ids(id): Ids<String>,
) -> Answer {
    answer::ok(&gateway.account(&who, &id).await?)
}

pub(super) async fn update(
    Caller(who): Caller,
    State(gateway): State<Gateway>,
    Ids(id): Ids<String>,
    mut body: Body,
) -> Answer {
    // A client removes a field with `null`, and the gateway expects an empty string for that.
    for field in ["api", "ca_certificate"] {
        if let Some(value) = body.get_mut(field).filter(|value| value.is_null()) {
            *value = Value::from("");
        }
    }
    answer::ok(&gateway.update_account(&who, &id, body.parse()?).await?)
}

pub(super) async fn delete(
    Caller(who): Caller,
    State(gateway): State<Gateway>,
    Ids(id): Ids<String>,
) -> Answer {
    gateway.delete_account(&who, &id).await?;
    answer::deleted()
}

pub(super) async fn check(
    Caller(who): Caller,
    State(gateway): State<Gateway>,
    Ids(id): Ids<String>,
) -> Answer {
    answer::ok(&gateway.check_account(&who, &id).await?)
}
