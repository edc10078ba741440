//! What the gateway can do, each thing once: the management API, the page, the command line and the configuration file all come here. Every method checks the role of who asks, and every change is in the audit log.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Duration;

use runtime::Api;
use secrecy::SecretString;
use tokio::task::AbortHandle;

use super::audit::AuditWriter;
use super::clock::Clock;
use super::directory::{self, Directory};
use super::error::{Refusal, ServiceError};
use super::keys::KeyPlaces;
use super::model::{McpServer, Principal, Role};
use super::store::rows::{self, AccountRow, NewAudit, ServerRow};
use super::store::{Change, Store};
use super::token;
use super::validate;
use super::vault::{Vault, VaultError};
use crate::offer::{Catalogue, Offer};

mod accounts;
mod check;
mod keys;
mod live;
mod records;
mod servers;
mod session;
mod tokens;

use keys::Rereading;
pub(crate) use live::LiveState;
use live::{LastError, Live};

type Result<T, E = ServiceError> = std::result::Result<T, E>;

/// What a gateway is made of.
#[derive(Debug)]
pub(crate) struct GatewayOptions {
    /// Where everything is kept.
    pub(crate) store: StoreUrl,
    /// The key that encrypts credentials: 32 bytes in base64.
    pub(crate) key: SecretString,
    /// Keys that were used before and are still needed to read.
    pub(crate) old_keys: Vec<SecretString>,
    /// Where these are from, to read them again.
    pub(crate) key_places: KeyPlaces,
    /// Where clients reach the gateway, without slash at its end.
    pub(crate) public_url: String,
    /// Whether accounts made through the management API and the page may read files and run commands of this machine.
    pub(crate) local_credentials: bool,
    /// How long audit records are kept.
    pub(crate) audit_retention: Duration,
    /// How often what has expired is removed.
    pub(crate) purge_interval: Duration,
    /// The APIs that an account can have, newest first.
    pub(crate) apis: &'static [&'static Api],
}

/// Where everything is kept.
#[derive(Debug, Clone)]
pub(crate) enum StoreUrl {
    /// A file, made if it is not there.
    Sqlite(PathBuf),
    /// `postgres://…`; it may hold a password.
    Postgres(SecretString),
}

/// The gateway. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Gateway(Arc<Inner>);

struct Inner {
    apis: &'static [&'static Api],
    catalogue: Arc<Catalogue>,
    public_url: String,
    local_credentials: bool,
    audit_retention: Duration,
    clock: Clock,
    store: Arc<Store>,
    vault: RwLock<Arc<Vault>>,
    rereading: Rereading,
    directory: Arc<Directory>,
    live: Mutex<HashMap<String, Live>>,
    /// Why accounts cannot even be tried, by their ids.
    unusable: Mutex<HashMap<String, LastError>>,
    audit: AuditWriter,
    tasks: Mutex<Vec<AbortHandle>>,
}

/// What the token of a server URL stands for.
#[derive(Debug)]
pub(crate) struct Resolved {
    /// The server.
    pub(crate) server: McpServer,
    /// Shared by all servers of the account.
    pub(crate) account: runtime::Account,
    /// What the server offers.
    pub(crate) offer: Offer,
    /// Name of the account.
    pub(crate) account_name: String,
}

/// One call of a tool, for the audit log.
#[derive(Debug, Clone)]
pub(crate) struct CallRecord {
    /// Id of the MCP server, or of the API token that was sent with the call.
    pub(crate) actor: String,
    /// What the client calls itself, or the name of the API token.
    pub(crate) actor_name: String,
    /// Id of the account.
    pub(crate) account_id: String,
    /// Id of the MCP server.
    pub(crate) server_id: String,
    /// Name of the tool.
    pub(crate) tool: String,
    /// Whether the tool changes nothing; unknown if there is no such tool.
    pub(crate) read_only: Option<bool>,
    /// `ok`, or the code of the error.
    pub(crate) outcome: String,
    /// How long it took.
    pub(crate) duration: Duration,
    /// HTTP status of the answer.
    pub(crate) upstream_status: Option<u16>,
}

impl Principal {
    /// What the gateway does by itself: its configuration file, what expires.
    pub(crate) fn gateway() -> Self {
        Self {
            id: "gateway".to_owned(),
            name: "gateway".to_owned(),
            role: Role::Admin,
        }
    }

    /// Whether it is the gateway itself. Ids of API tokens begin otherwise.
    pub(crate) fn is_gateway(&self) -> bool {
        self.id == "gateway"
    }
}

impl Gateway {
    /// Opens the store, makes or updates its tables, starts the background tasks. If there is no good API token of an administrator, as at the first start, one is made and has to be shown, once.
    pub(crate) async fn open(options: GatewayOptions) -> anyhow::Result<(Self, Option<String>)> {
        let vault = Vault::new(&options.key, &options.old_keys)?;
        let store = Arc::new(Store::open(&options.store).await?);
        let needed = store.key_ids().await?;
        if let Some(unknown) = needed.into_iter().find(|id| !vault.has(id)) {
            return Err(VaultError::UnknownKey(unknown).into());
        }
        let directory = Arc::new(Directory::new(store.shared().is_some()));
        let inner = Inner {
            apis: options.apis,
            catalogue: Arc::new(Catalogue::new(options.apis)),
            public_url: options.public_url.trim_end_matches('/').to_owned(),
            local_credentials: options.local_credentials,
            audit_retention: options.audit_retention,
            clock: Clock::default(),
            vault: RwLock::new(Arc::new(vault)),
            rereading: Rereading::of(options.key_places),
            directory,
            live: Mutex::default(),
            unusable: Mutex::default(),
            audit: AuditWriter::start(store.clone()),
            tasks: Mutex::default(),
            store,
        };
        let gateway = Self(Arc::new(inner));
        let first = gateway.first_api_token().await?;
        let started = gateway.record(&Principal::gateway(), "gateway.start");
        gateway.0.store.insert_audit(vec![started]).await?;
        gateway.start_tasks(options.purge_interval);
        Ok((gateway, first))
    }

    fn start_tasks(&self, purge_interval: Duration) {
        let mut tasks = self.0.tasks.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(pool) = self.0.store.shared() {
            let follow = directory::follow(self.0.directory.clone(), pool.clone());
            tasks.push(tokio::spawn(follow).abort_handle());
        }
        let inner = Arc::downgrade(&self.0);
        let purge = async move {
            while let Some(inner) = inner.upgrade() {
                let gateway = Self(inner);
                if let Err(error) = gateway.purge_once().await {
                    tracing::warn!(%error, "what has expired cannot be removed");
                }
                // What is wrong with the keys is logged where it is found out.
                let _ = gateway.keys_in_use().await;
                drop(gateway);
                tokio::time::sleep(purge_interval).await;
            }
        };
        tasks.push(tokio::spawn(purge).abort_handle());
    }

    /// Ends the background tasks after everything that was to be written is written.
    pub(crate) async fn close(&self) {
        self.0.abort();
        self.0.audit.close().await;
        self.0.store.close().await;
    }

    /// Whether the store answers.
    pub(crate) async fn ready(&self) -> Result<()> {
        self.0.store.ping().await.map_err(ServiceError::from)
    }

    /// What the token of a server URL stands for at this moment.
    pub(crate) async fn resolve(&self, token: &str) -> Result<Arc<Resolved>, Refusal> {
        let hash = token::hash(token);
        let resolved = match self.0.directory.server(&hash) {
            Some(resolved) => resolved,
            None => self.look_up(&hash).await?,
        };
        let expires_at = resolved.server.expires_at;
        if expires_at.is_some_and(|at| at.as_microsecond() <= self.now()) {
            return Err(Refusal::Expired);
        }
        Ok(resolved)
    }

    async fn look_up(&self, hash: &token::Hash) -> Result<Arc<Resolved>, Refusal> {
        let unavailable = |error| Refusal::Unavailable(ServiceError::from(error).to_string());
        let ticket = self.0.directory.ticket();
        let found = self.0.store.server_by_hash(hash).await;
        let found = found.map_err(unavailable)?;
        let server = found
            .filter(|row| token::same(hash, &row.token_hash))
            .ok_or(Refusal::Unknown)?;
        let account = self.0.store.account(&server.account_id).await;
        let account = account.map_err(unavailable)?.ok_or(Refusal::Unknown)?;
        let resolved = self.resolved(&server, &account).await;
        let resolved = Arc::new(resolved.map_err(|error| Refusal::Account(error.to_string()))?);
        self.0.directory.put_server(ticket, *hash, resolved.clone());
        Ok(resolved)
    }

    async fn resolved(&self, server: &ServerRow, account: &AccountRow) -> Result<Resolved> {
        let view = server.view().map_err(internal)?;
        Ok(Resolved {
            offer: Offer::new(self.0.catalogue.clone(), validate::selection(&view.config))
                .discovered(view.config.discover),
            server: view,
            account: self.live(account).await?,
            account_name: account.name.clone(),
        })
    }

    /// Removes what has expired, once. Done in the background too.
    pub(crate) async fn purge_once(&self) -> Result<()> {
        let now = self.now();
        let gateway = Principal::gateway();
        self.0.directory.forget_expired(rows::time(now));
        let audit = self.record(&gateway, "server.expire");
        let servers = self.0.store.purge_servers(now, &audit).await;
        let audit = self.record(&gateway, "token.expire");
        let tokens = self.0.store.purge_tokens(now, &audit).await;
        let retention = i64::try_from(self.0.audit_retention.as_micros()).unwrap_or(i64::MAX);
        let records = self.0.store.purge_audit(now.saturating_sub(retention));
        let records = records.await?;
        self.purge_forms().await?;
        let (servers, tokens) = (servers?, tokens?);
        if servers + tokens + records > 0 {
            tracing::info!(servers, tokens, records, "removed what has expired");
        }
        Ok(())
    }

    /// Forgets what a change makes untrue. Calls on their way keep what they have.
    fn forget(&self, change: &Change) {
        if let Change::Account(id) = change {
            self.0.live().remove(id);
            self.0.unusable().remove(id);
        }
        self.0.directory.forget(change);
    }

    fn now(&self) -> i64 {
        self.0.clock.now()
    }

    /// A record of something that was done now, and went well.
    fn record(&self, who: &Principal, action: &str) -> NewAudit {
        NewAudit {
            at: self.now(),
            actor: who.id.clone(),
            actor_name: who.name.clone(),
            action: action.to_owned(),
            account_id: None,
            server_id: None,
            tool: None,
            effect: None,
            outcome: "ok".to_owned(),
            duration_ms: 0,
            upstream_status: None,
        }
    }
}

impl Inner {
    fn live(&self) -> MutexGuard<'_, HashMap<String, Live>> {
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn unusable(&self) -> MutexGuard<'_, HashMap<String, LastError>> {
        self.unusable.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn abort(&self) {
        let mut tasks = self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
        for task in tasks.drain(..) {
            task.abort();
        }
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.abort();
    }
}

impl std::fmt::Debug for Gateway {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Gateway")
            .field("public_url", &self.0.public_url)
            .finish_non_exhaustive()
    }
}

/// Fails unless the role is at least this one.
fn require(who: &Principal, needs: Role) -> Result<()> {
    if who.role >= needs {
        Ok(())
    } else {
        Err(ServiceError::Forbidden { needs })
    }
}

fn not_found(what: &'static str, id: &str) -> ServiceError {
    let id = id.to_owned();
    ServiceError::NotFound { what, id }
}

/// An error of the store. What it says is for the log: it may quote what was to be stored.
impl From<sqlx::Error> for ServiceError {
    fn from(error: sqlx::Error) -> Self {
        tracing::error!(%error, "the store failed");
        match &error {
            sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed
            | sqlx::Error::Io(_)
            | sqlx::Error::Tls(_) => unavailable(),
            // Of PostgreSQL: no connection, no resources, shut down. Of SQLite: busy or locked.
            sqlx::Error::Database(database) => match database.code().as_deref() {
                Some("5" | "6") => unavailable(),
                Some(code) if ["08", "53", "57"].iter().any(|it| code.starts_with(it)) => {
                    unavailable()
                }
                _ => ServiceError::Internal(error.to_string()),
            },
            _ => ServiceError::Internal(error.to_string()),
        }
    }
}

fn unavailable() -> ServiceError {
    ServiceError::Unavailable("the store does not answer".to_owned())
}

fn internal(error: impl std::fmt::Display) -> ServiceError {
    tracing::error!(%error, "the gateway failed");
    ServiceError::Internal(error.to_string())
}

#[cfg(test)]
mod tests;
