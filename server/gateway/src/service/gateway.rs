//! The gateway: its state, its background tasks, and the resolution of server tokens.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::{Duration, Instant};

use runtime::Api;
use secrecy::SecretString;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::task::AbortHandle;

use crate::audit::AuditWriter;
use crate::clock::{Clock, PurgeClock};
use crate::directory::{self, Directory, ResolvedServer};
use crate::error::{ServiceError, TokenRejection};
use crate::keys::KeySources;
use crate::model::{PageQuery, Principal, ResultPage, Role};
use crate::slots::{SlotLimits, SlotTable};
use crate::store::chain::ChainKey;
use crate::store::error::StoreError;
use crate::store::rows::{self, AccountRow, ServerRow};
use crate::store::sqlite::is_full;
use crate::store::{Store, StoreEvent, StoreUrl};
use crate::token;
use crate::validate;
use crate::vault::{KeyPurpose, Vault, VaultError};
use mcp_server::offer::{Catalogue, OfferedTools};

use super::revocation::Revocations;
use super::state::{KeyRereading, LastError, LiveAccount, RequestRefusals};

/// Maximum number of concurrent lookups of tokens that are not cached.
const LOOKUPS: usize = 3;

/// Time to wait for the slot of a lookup.
const LOOKUP_WAIT: Duration = Duration::from_secs(2);

/// Interval at which the gateway tries again to store pending revocations and to reserve space for a full disk.
const REPAIR_INTERVAL: Duration = Duration::from_millis(500);

/// Interval at which a gateway that shares its store extends its lease.
const LEASE_INTERVAL: Duration = Duration::from_secs(5);
/// Time for which the result of an attempt to write to the store is reused.
const READY_INTERVAL: Duration = Duration::from_secs(1);

pub(super) type Result<T, E = ServiceError> = std::result::Result<T, E>;

/// Options of a gateway.
#[derive(Debug)]
pub(crate) struct GatewayOptions {
    /// Location of the store.
    pub(crate) store: StoreUrl,
    /// Key that encrypts credentials: 32 bytes in base64.
    pub(crate) key: SecretString,
    /// Previous keys that are still needed for decryption.
    pub(crate) old_keys: Vec<SecretString>,
    /// Sources of the keys, from which they can be read again.
    pub(crate) key_sources: KeySources,
    /// URL at which clients reach the gateway, without a trailing slash.
    pub(crate) public_url: String,
    /// Whether accounts that are created with the management API or the admin page may read files and run commands on this machine.
    pub(crate) local_credentials: bool,
    /// Whether accounts may have link-local addresses and those of the metadata services of cloud providers.
    pub(crate) link_local: bool,
    /// Time for which audit records are kept.
    pub(crate) audit_retention: Duration,
    /// Interval at which expired objects are removed.
    pub(crate) purge_interval: Duration,
    /// APIs that an account can have, newest first.
    pub(crate) apis: &'static [&'static Api],
    /// Numbers of slots for the requests of MCP servers.
    pub(crate) slots: SlotLimits,
}

/// Error that keeps the gateway from being opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Invalid or unknown key.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// Store that cannot be opened.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Store that cannot be read or written.
    #[error("the store cannot be used")]
    Database(#[from] sqlx::Error),
    /// Failed operation of the gateway.
    #[error(transparent)]
    Service(#[from] ServiceError),
}

/// Gateway. Cloning is cheap.
#[derive(Clone)]
pub(crate) struct Gateway(pub(super) Arc<Inner>);

pub(super) struct Inner {
    pub(super) apis: &'static [&'static Api],
    pub(super) catalogue: Arc<Catalogue>,
    pub(super) public_url: String,
    pub(super) local_credentials: bool,
    pub(super) link_local: bool,
    pub(super) audit_retention: Duration,
    pub(super) clock: Clock,
    pub(super) purge_clock: PurgeClock,
    /// Result of the last attempt to write to the store, with its time.
    ready: tokio::sync::Mutex<Option<(Instant, Result<()>)>>,
    pub(super) store: Arc<Store>,
    pub(super) vault: RwLock<Arc<Vault>>,
    pub(super) rereading: KeyRereading,
    pub(super) directory: Arc<Directory>,
    pub(super) live: Mutex<HashMap<String, LiveAccount>>,
    /// Errors of accounts that cannot be used at all, by account id.
    pub(super) unusable: Mutex<HashMap<String, LastError>>,
    pub(super) revocations: Revocations,
    /// State of each account row whose refusal is recorded, by account id.
    pub(super) refused: Mutex<HashMap<String, token::Hash>>,
    pub(super) audit: AuditWriter,
    pub(super) refusals: RequestRefusals,
    pub(super) tasks: Mutex<Vec<AbortHandle>>,
    slots: SlotTable,
    /// Slots for lookups of tokens that are not cached, so that wrong tokens cannot occupy the whole store.
    lookups: Semaphore,
}

impl Principal {
    /// Returns the identity for actions of the gateway itself, such as applying the configuration file and removing expired objects.
    pub(crate) fn gateway() -> Self {
        Self {
            id: "gateway".to_owned(),
            name: "gateway".to_owned(),
            role: Role::Admin,
            bounds: None,
        }
    }

    /// Returns whether the caller is the gateway itself. Ids of API tokens have a prefix and cannot equal `gateway`.
    pub(crate) fn is_gateway(&self) -> bool {
        self.id == "gateway"
    }
}

impl Gateway {
    /// Opens the store, creates or updates its tables and starts the background tasks. If no valid API token of an administrator exists, as at the first start, creates one and returns its text, which is shown only once.
    pub(crate) async fn open(options: GatewayOptions) -> Result<(Self, Option<String>), OpenError> {
        let vault = Vault::new(&options.key, &options.old_keys)?;
        let chain_key = chain_key(&vault);
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
            link_local: options.link_local,
            audit_retention: options.audit_retention,
            clock: Clock::default(),
            purge_clock: PurgeClock::default(),
            ready: tokio::sync::Mutex::default(),
            vault: RwLock::new(Arc::new(vault)),
            rereading: KeyRereading::new(options.key_sources),
            directory,
            live: Mutex::default(),
            unusable: Mutex::default(),
            revocations: Revocations::default(),
            refused: Mutex::default(),
            audit: AuditWriter::start(store.clone()),
            refusals: RequestRefusals::default(),
            tasks: Mutex::default(),
            slots: SlotTable::new(options.slots),
            lookups: Semaphore::new(LOOKUPS),
            store,
        };
        let gateway = Self(Arc::new(inner));
        let newest = gateway.0.store.newest_audit().await?;
        gateway.0.purge_clock.start(gateway.now(), newest);
        let id = token::new_id("chain_")?;
        let start = gateway.record(&Principal::gateway(), "gateway.start");
        gateway.0.store.begin_chain(&id, chain_key, start).await?;
        gateway.close_intents().await?;
        gateway.convert_credentials().await?;
        let first = gateway.first_api_token().await?;
        gateway.start_tasks(options.purge_interval);
        Ok((gateway, first))
    }

    fn start_tasks(&self, purge_interval: Duration) {
        let mut tasks = self.0.tasks.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(pool) = self.0.store.shared() {
            let follow = directory::follow(self.0.directory.clone(), pool.clone());
            tasks.push(tokio::spawn(follow).abort_handle());
            let inner = Arc::downgrade(&self.0);
            let leases = async move {
                while let Some(inner) = inner.upgrade() {
                    Self(inner).keep_lease().await;
                    tokio::time::sleep(LEASE_INTERVAL).await;
                }
            };
            tasks.push(tokio::spawn(leases).abort_handle());
        }
        let inner = Arc::downgrade(&self.0);
        let purge = async move {
            while let Some(inner) = inner.upgrade() {
                let gateway = Self(inner);
                if let Err(error) = gateway.purge_once().await {
                    tracing::warn!(%error, "expired objects cannot be removed");
                }
                // Errors of the keys are logged where they are detected.
                let _ = gateway.keys_in_use().await;
                drop(gateway);
                tokio::time::sleep(purge_interval).await;
            }
        };
        tasks.push(tokio::spawn(purge).abort_handle());
        let inner = Arc::downgrade(&self.0);
        let repair = async move {
            while let Some(inner) = inner.upgrade() {
                let gateway = Self(inner);
                gateway.store_pending().await;
                gateway.0.store.restore_reserve().await;
                drop(gateway);
                tokio::time::sleep(REPAIR_INTERVAL).await;
            }
        };
        tasks.push(tokio::spawn(repair).abort_handle());
    }

    /// Stops the background tasks and returns after all queued audit records are written.
    pub(crate) async fn close(&self) {
        self.0.abort();
        self.last_revocations().await;
        self.record_refusals();
        self.0.audit.close().await;
        // Without this, other gateways wait for the end of the lease.
        let _ = tokio::time::timeout(LEASE_INTERVAL, self.0.store.end_lease()).await;
        self.0.store.close().await;
    }

    /// Checks whether the store can be written, at most once per second.
    pub(crate) async fn ready(&self) -> Result<()> {
        let mut ready = self.0.ready.lock().await;
        match &*ready {
            Some((at, result)) if at.elapsed() < READY_INTERVAL => result.clone(),
            _ => {
                let result = self.0.store.extend_lease().await;
                let result = result.map_err(ServiceError::from);
                ready.insert((Instant::now(), result)).1.clone()
            }
        }
    }

    /// Resolves a server token at this moment.
    pub(crate) async fn resolve(&self, token: &str) -> Result<Arc<ResolvedServer>, TokenRejection> {
        // Every token that was ever created is complete, so anything else needs no lookup.
        if !token::is_complete(token, token::SERVER) {
            return Err(TokenRejection::Unknown);
        }
        let hash = token::hash(token);
        let resolved = match self.0.directory.server(&hash) {
            Some(resolved) => resolved,
            None => self.look_up(&hash).await?,
        };
        if self.0.directory.refuses_server(&resolved.server) {
            return Err(TokenRejection::Unknown);
        }
        let expires_at = resolved.server.expires_at;
        if expires_at.is_some_and(|at| at.as_microsecond() <= self.now()) {
            return Err(TokenRejection::Expired);
        }
        Ok(resolved)
    }

    async fn look_up(&self, hash: &token::Hash) -> Result<Arc<ResolvedServer>, TokenRejection> {
        let unavailable =
            |error| TokenRejection::Unavailable(ServiceError::from(error).to_string());
        let lookup = self.lookup().await.map_err(|error| {
            let why = error.to_string();
            TokenRejection::Unavailable(why)
        })?;
        // Another request with this token may have looked it up in the meantime.
        if let Some(resolved) = self.0.directory.server(hash) {
            return Ok(resolved);
        }
        let ticket = self.0.directory.ticket();
        let found = self.0.store.server_by_hash(hash).await;
        let found = found.map_err(unavailable)?;
        let server = found
            .filter(|row| token::same(hash, &row.token_hash))
            .ok_or(TokenRejection::Unknown)?;
        let account = self.0.store.account(&server.account_id).await;
        let account = account
            .map_err(unavailable)?
            .ok_or(TokenRejection::Unknown)?;
        drop(lookup);
        let resolved = self.resolved(&server, &account).await;
        let resolved =
            Arc::new(resolved.map_err(|error| TokenRejection::Account(error.to_string()))?);
        self.0.directory.put_server(ticket, *hash, resolved.clone());
        Ok(resolved)
    }

    /// Waits for the slot of a lookup. Lookups are short, so that the wait is, too, unless the store does not respond.
    pub(super) async fn lookup(&self) -> Result<SemaphorePermit<'_>> {
        let slot = tokio::time::timeout(LOOKUP_WAIT, self.0.lookups.acquire()).await;
        slot.ok()
            .and_then(std::result::Result::ok)
            .ok_or_else(unavailable)
    }

    async fn resolved(&self, server: &ServerRow, account: &AccountRow) -> Result<ResolvedServer> {
        let view = server.view().map_err(internal)?;
        Ok(ResolvedServer {
            offer: OfferedTools::new(self.0.catalogue.clone(), validate::selection(&view.config))
                .with_discovery(view.config.discover)
                .with_redaction(view.config.redact),
            server: view,
            account: self.live(account).await?,
            account_name: account.name.clone(),
            slots: self.0.slots.of(&account.id, &server.id),
        })
    }

    /// Removes expired objects once. A background task also does this regularly.
    pub(crate) async fn purge_once(&self) -> Result<()> {
        let now = self.now();
        let gateway = Principal::gateway();
        self.0.directory.forget_expired(rows::time(now));
        let audit = self.record(&gateway, "server.expire");
        let servers = self.0.store.purge_servers(now, &audit).await;
        let audit = self.record(&gateway, "token.expire");
        let tokens = self.0.store.purge_tokens(now, &audit).await;
        let records = self.purge_audit(now).await?;
        self.purge_forms().await?;
        let (servers, tokens) = (servers?, tokens?);
        if servers + tokens + records > 0 {
            tracing::info!(servers, tokens, records, "removed expired objects");
        }
        Ok(())
    }

    /// Removes cached data that a change affects. Calls in flight keep their data.
    pub(super) fn forget(&self, change: &StoreEvent) {
        if let StoreEvent::Account(id) = change {
            self.0.live().remove(id);
            self.0.unusable().remove(id);
        }
        self.0.directory.forget(change);
    }

    pub(super) fn now(&self) -> i64 {
        self.0.clock.now()
    }
}

impl Inner {
    pub(super) fn live(&self) -> MutexGuard<'_, HashMap<String, LiveAccount>> {
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn unusable(&self) -> MutexGuard<'_, HashMap<String, LastError>> {
        self.unusable.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn refused(&self) -> MutexGuard<'_, HashMap<String, token::Hash>> {
        self.refused.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn abort(&self) {
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

/// Returns the key that signs the audit chain.
pub(super) fn chain_key(vault: &Vault) -> ChainKey {
    ChainKey::new(vault.key_id(), &vault.derived(KeyPurpose::AuditChain))
}

/// Fails unless the caller has at least this role.
pub(super) fn require(who: &Principal, needs: Role) -> Result<()> {
    if who.role >= needs {
        Ok(())
    } else {
        Err(ServiceError::Forbidden { needs })
    }
}

/// Returns the items of all pages of a list.
pub(super) async fn every<T, F>(list: impl Fn(PageQuery) -> F) -> Result<Vec<T>>
where
    F: Future<Output = Result<ResultPage<T>>>,
{
    let mut items = Vec::new();
    let mut cursor = None;
    loop {
        let page = list(PageQuery::largest(cursor)).await?;
        items.extend(page.result);
        cursor = page.next_cursor;
        if cursor.is_none() {
            return Ok(items);
        }
    }
}

/// Fails if the object of a change did not exist.
pub(super) fn require_found(found: bool, what: &'static str, id: &str) -> Result<()> {
    found.then_some(()).ok_or_else(|| not_found(what, id))
}

pub(super) fn not_found(what: &'static str, id: &str) -> ServiceError {
    let id = id.to_owned();
    ServiceError::NotFound { what, id }
}

/// Maps an error of the store. The error text is for the log, because it may quote the values to be stored.
impl From<sqlx::Error> for ServiceError {
    fn from(error: sqlx::Error) -> Self {
        tracing::error!(%error, "the store failed");
        match &error {
            _ if is_full(&error) => {
                ServiceError::Unavailable("the disk of the store is full".to_owned())
            }
            sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed
            | sqlx::Error::Io(_)
            | sqlx::Error::Tls(_) => unavailable(),
            // PostgreSQL: no connection, no resources, shutdown. SQLite: busy or locked.
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
    ServiceError::Unavailable("the store does not respond".to_owned())
}

pub(super) fn internal(error: impl std::fmt::Display) -> ServiceError {
    tracing::error!(%error, "the gateway failed");
    ServiceError::Internal(error.to_string())
}
