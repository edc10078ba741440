//! The gateway with its store. Each test uses SQLite, and also PostgreSQL if TEST_POSTGRES_URL is the URL of a server on which databases can be created.
#![allow(clippy::unwrap_used, clippy::needless_pass_by_value)]

use std::path::{Path, PathBuf};
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};

use super::gateway::{Gateway, GatewayOptions, Result, not_found};
use crate::audit::NotWritten;
use crate::error::{ServiceError, TokenRejection};
use crate::keys::{KeySource, KeySources};
use crate::model::audit::AuditQuery;
use crate::model::{AccountInput, ApiTokenInput, PageQuery, Principal, Role, ServerInput};
use crate::store::StoreUrl;
use crate::store::rows::{self, NewAudit};
use crate::tests::sample::{self, key};
use crate::token;
use crate::vault::{KeyPurpose, Vault};

mod audit;
mod changes;
mod destinations;
mod faults;
mod keys;
mod lists;
mod migration;
mod replicas;
mod revocation;
mod scopes;
mod secrets;

/// A store for one test. Its folder is deleted at the end of the test.
struct TestStore {
    url: StoreUrl,
    folder: PathBuf,
}

impl Drop for TestStore {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// Runs a test on each available kind of store.
fn on_each_store(test: impl AsyncFn(&TestStore)) {
    let tokio = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    tokio.block_on(async {
        let folder = folder();
        let url = StoreUrl::Sqlite(folder.join("gateway.db"));
        test(&TestStore { url, folder }).await;
        if let Some(url) = postgres().await {
            let folder = self::folder();
            test(&TestStore { url, folder }).await;
        }
    });
}

/// Runs a test on PostgreSQL if it is available.
fn on_postgres(test: impl AsyncFn(&TestStore)) {
    let tokio = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    tokio.block_on(async {
        if let Some(url) = postgres().await {
            let folder = self::folder();
            test(&TestStore { url, folder }).await;
        }
    });
}

fn folder() -> PathBuf {
    let folder = std::env::temp_dir().join(token::new_id("gateway-test-").unwrap());
    std::fs::create_dir(&folder).unwrap();
    folder
}

/// Creates a database for one test if PostgreSQL is available.
async fn postgres() -> Option<StoreUrl> {
    let url = std::env::var("TEST_POSTGRES_URL").ok()?;
    let pool = sqlx::PgPool::connect(&url).await.unwrap();
    let name = token::new_id("test_").unwrap();
    sqlx::query(sqlx::AssertSqlSafe(format!("CREATE DATABASE {name}")))
        .execute(&pool)
        .await
        .unwrap();
    pool.close().await;
    let (server, query) = url.split_once('?').unwrap_or((&url, ""));
    let start = server.find("://").unwrap() + 3;
    let end = server[start..]
        .find('/')
        .map_or(server.len(), |at| start + at);
    let url = format!("{}/{name}?{query}", &server[..end]);
    Some(StoreUrl::Postgres(url.into()))
}

fn options(place: &TestStore) -> GatewayOptions {
    GatewayOptions {
        public_url: "https://gateway.example/".to_owned(),
        audit_retention: Duration::from_secs(3600),
        ..sample::options(place.url.clone())
    }
}

/// Opens a gateway and returns it with its first administrator.
async fn open(place: &TestStore) -> (Gateway, Principal) {
    let (gateway, token) = Gateway::open(options(place)).await.unwrap();
    let admin = match token {
        Some(token) => gateway.authenticate(&token).await.unwrap(),
        None => Principal::gateway(),
    };
    (gateway, admin)
}

/// Waits up to 10 s until the condition holds.
async fn soon(what: &str, holds: impl AsyncFn() -> bool) {
    let wait = async {
        while !holds().await {
            tokio::task::yield_now().await;
        }
    };
    let waited = tokio::time::timeout(Duration::from_secs(10), wait).await;
    assert!(waited.is_ok(), "{what}");
}

fn account_input(name: &str) -> AccountInput {
    serde_json::from_value(json!({
        "name": name,
        "base_url": "https://upstream.example",
        "auth": {"type": "password", "username": "ada", "password": "hunter2-planted"},
    }))
    .unwrap()
}

fn server_input(value: Value) -> ServerInput {
    serde_json::from_value(value).unwrap()
}

fn in_an_hour(gateway: &Gateway) -> jiff::Timestamp {
    rows::time(gateway.now() + 3_600_000_000)
}

/// Returns the actions in the audit log, oldest first.
async fn actions(gateway: &Gateway) -> Vec<String> {
    let page = gateway
        .audit(&Principal::gateway(), AuditQuery::default())
        .await
        .unwrap();
    let actions = page.result.iter().rev().map(|record| record.action.clone());
    actions.collect()
}
