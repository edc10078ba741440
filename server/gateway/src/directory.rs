//! Cache of server tokens and API tokens, so that a call needs no query. Entries are removed when this gateway makes a change or another gateway announces one. While announcements could be lost, nothing is cached. Users of an entry check its expiry themselves.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::{Duration, Instant};

use sqlx::postgres::{PgListener, PgPool};

use crate::model::{ApiToken, McpServer};
use crate::slots::ServerSlots;
use crate::store::{StoreEvent, channel};
use crate::token::{self, Hash};
use crate::vault::VaultError;
use mcp_server::offer::OfferedTools;

/// Interval at which a gateway sends itself a ping, to test whether announcements arrive.
const PING: Duration = Duration::from_millis(500);
/// Time for which a ping that came back makes the cache valid, counted from when it was sent.
const TRUST: Duration = Duration::from_secs(2);
/// Time without a returned ping after which the connection counts as lost.
const LOST: Duration = Duration::from_secs(5);
/// Pause before another attempt to connect.
const AGAIN: Duration = Duration::from_millis(250);

/// MCP server that a server token resolves to.
#[derive(Debug)]
pub(crate) struct ResolvedServer {
    /// MCP server.
    pub(crate) server: McpServer,
    /// Runtime account, shared by all MCP servers of the account.
    pub(crate) account: runtime::Account,
    /// Tools that the MCP server offers.
    pub(crate) offer: OfferedTools,
    /// Name of the account.
    pub(crate) account_name: String,
    /// Slots for the requests of the MCP server.
    pub(crate) slots: Arc<ServerSlots>,
}

/// Reason why announcements of other gateways are not received.
#[derive(Debug, thiserror::Error)]
enum ListenError {
    #[error("{0}")]
    Database(#[from] sqlx::Error),
    #[error("{0}")]
    Vault(#[from] VaultError),
    #[error("the connection is silent")]
    Silent,
    #[error("the connection is lost")]
    Lost,
    #[error("unknown announcement")]
    Unknown,
}

/// Cache of tokens.
#[derive(Debug)]
pub(crate) struct Directory(RwLock<Entries>);

#[derive(Debug)]
struct Entries {
    trust: Trust,
    /// Counter of changes, so that data read before a change is not cached after it.
    changes: u64,
    servers: HashMap<Hash, Arc<ResolvedServer>>,
    tokens: HashMap<Hash, Arc<ApiToken>>,
    /// Objects whose tokens this replica refuses whatever the store contains, because their revocation is not stored yet.
    refusals: HashSet<RevokedObject>,
}

/// Object whose tokens are refused.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum RevokedObject {
    /// Account with its servers.
    Account(String),
    /// MCP server.
    Server {
        /// Id of the account.
        account_id: String,
        /// Id of the server.
        id: String,
    },
    /// API token.
    Token(String),
}

/// Whether entries are valid.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Trust {
    /// Entries are always valid, because only this gateway changes the store.
    Always,
    /// Entries are valid until this time, because a recent ping shows that announcements arrive. `None` while announcements may be lost.
    Until(Option<Instant>),
}

/// Value of the change counter before the store is read. The result is cached only if the counter has not changed since.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ticket(u64);

impl Directory {
    /// Creates an empty cache. `shared` means that other gateways use the same store.
    pub(crate) fn new(shared: bool) -> Self {
        Self(RwLock::new(Entries {
            trust: if shared {
                Trust::Until(None)
            } else {
                Trust::Always
            },
            changes: 0,
            servers: HashMap::new(),
            tokens: HashMap::new(),
            refusals: HashSet::new(),
        }))
    }

    pub(crate) fn server(&self, hash: &Hash) -> Option<Arc<ResolvedServer>> {
        let entries = self.read();
        entries.usable()?;
        entries.servers.get(hash).cloned()
    }

    pub(crate) fn token(&self, hash: &Hash) -> Option<Arc<ApiToken>> {
        let entries = self.read();
        entries.usable()?;
        entries.tokens.get(hash).cloned()
    }

    pub(crate) fn ticket(&self) -> Ticket {
        Ticket(self.read().changes)
    }

    pub(crate) fn put_server(&self, ticket: Ticket, hash: Hash, server: Arc<ResolvedServer>) {
        if let Some(mut entries) = self.unchanged(ticket) {
            entries.servers.insert(hash, server);
        }
    }

    pub(crate) fn put_token(&self, ticket: Ticket, hash: Hash, token: Arc<ApiToken>) {
        if let Some(mut entries) = self.unchanged(ticket) {
            entries.tokens.insert(hash, token);
        }
    }

    /// Returns the entries if they are valid and nothing has changed since the ticket was issued.
    fn unchanged(&self, ticket: Ticket) -> Option<RwLockWriteGuard<'_, Entries>> {
        let entries = self.write();
        (entries.changes == ticket.0 && entries.usable().is_some()).then_some(entries)
    }

    /// Removes the entries that a change affects.
    pub(crate) fn forget(&self, change: &StoreEvent) {
        let mut entries = self.write();
        entries.changes += 1;
        match change {
            StoreEvent::Account(id) => entries
                .servers
                .retain(|_, it| it.server.integrated_account_id != *id),
            StoreEvent::Server(id) => entries.servers.retain(|_, it| it.server.id != *id),
            StoreEvent::Token(id) => entries.tokens.retain(|_, it| it.id != *id),
        }
    }

    /// Refuses the tokens of an object from now on.
    pub(crate) fn refuse(&self, refusal: &RevokedObject) {
        let mut entries = self.write();
        entries.changes += 1;
        entries.refusals.insert(refusal.clone());
    }

    /// Ends a refusal, because the store contains the revocation, or no revocation was necessary.
    pub(crate) fn end_refusal(&self, refusal: &RevokedObject) {
        self.write().refusals.remove(refusal);
    }

    /// Returns whether the tokens of this server are refused.
    pub(crate) fn refuses_server(&self, server: &McpServer) -> bool {
        let refusals = &self.read().refusals;
        // Almost always there is none, and this is the cheapest way to find out.
        !refusals.is_empty() && {
            let account_id = server.integrated_account_id.clone();
            let id = server.id.clone();
            refusals.contains(&RevokedObject::Account(account_id.clone()))
                || refusals.contains(&RevokedObject::Server { account_id, id })
        }
    }

    /// Returns whether the API token with this id is refused.
    pub(crate) fn refuses_token(&self, id: &str) -> bool {
        let refusals = &self.read().refusals;
        !refusals.is_empty() && refusals.contains(&RevokedObject::Token(id.to_owned()))
    }

    /// Removes expired entries, which are rejected even while they are cached.
    pub(crate) fn forget_expired(&self, now: jiff::Timestamp) {
        let mut entries = self.write();
        let good = |expires_at: Option<jiff::Timestamp>| expires_at.is_none_or(|it| it > now);
        entries.servers.retain(|_, it| good(it.server.expires_at));
        entries.tokens.retain(|_, it| good(it.expires_at));
    }

    /// Removes all entries and caches nothing until announcements are known to arrive.
    fn distrust(&self) {
        let mut entries = self.write();
        entries.changes += 1;
        entries.trust = Trust::Until(None);
        entries.servers.clear();
        entries.tokens.clear();
    }

    /// Notes that everything announced before `sent` has arrived.
    fn heard(&self, sent: Instant) {
        self.write().trust = Trust::Until(Some(sent + TRUST));
    }

    fn read(&self) -> RwLockReadGuard<'_, Entries> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Entries> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Entries {
    fn usable(&self) -> Option<()> {
        let usable = match self.trust {
            Trust::Always => true,
            Trust::Until(until) => until.is_some_and(|until| Instant::now() < until),
        };
        usable.then_some(())
    }
}

/// Follows the announcements of other gateways until the pool is closed.
pub(crate) async fn follow(directory: Arc<Directory>, pool: PgPool) {
    loop {
        if let Err(error) = listen(&directory, &pool).await {
            tracing::warn!(
                %error,
                "announcements of other gateways are not received; every request is looked up in the store"
            );
        }
        directory.distrust();
        if pool.is_closed() {
            return;
        }
        tokio::time::sleep(AGAIN).await;
    }
}

async fn listen(directory: &Directory, pool: &PgPool) -> Result<(), ListenError> {
    // The channel is unique, so that no other gateway receives the pings.
    let own = token::new_id(&format!("{}_ping_", channel()))?;
    let mut listener = PgListener::connect_with(pool).await?;
    // By default, the listener reports a lost connection only after it has tried for seconds to connect again, and entries would remain valid meanwhile.
    listener.eager_reconnect(false);
    listener.listen_all([&*channel(), &own]).await?;
    // Changes before the subscription are unknown.
    directory.distrust();
    let sent = Sent::default();
    tokio::select! {
        result = ping(pool, &own, &sent) => result,
        result = hear(directory, &mut listener, &own, &sent) => result,
    }
}

/// Numbers of the pings with their sending times.
type Sent = std::sync::Mutex<HashMap<String, Instant>>;

async fn ping(pool: &PgPool, own: &str, sent: &Sent) -> Result<(), ListenError> {
    for number in 0_u64.. {
        let number = number.to_string();
        sent.lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(number.clone(), Instant::now());
        sqlx::query("SELECT pg_notify($1, $2)")
            .bind(own)
            .bind(number)
            .execute(pool)
            .await?;
        tokio::time::sleep(PING).await;
    }
    Ok(())
}

/// Receives announcements. They arrive in the order of their commits, so after a ping of this gateway all earlier announcements have arrived.
async fn hear(
    directory: &Directory,
    listener: &mut PgListener,
    own: &str,
    sent: &Sent,
) -> Result<(), ListenError> {
    let mut heard = Instant::now();
    loop {
        let left = LOST.saturating_sub(heard.elapsed());
        let announcement = tokio::time::timeout(left, listener.try_recv())
            .await
            .map_err(|_| ListenError::Silent)??
            .ok_or(ListenError::Lost)?;
        if announcement.channel() == own {
            let sent = sent
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .remove(announcement.payload());
            if let Some(sent) = sent {
                heard = Instant::now();
                directory.heard(sent);
            }
        } else if let Some(change) = StoreEvent::from_payload(announcement.payload()) {
            directory.forget(&change);
        } else {
            // The announcement is from a newer version and may affect any entry. After this error the cache is emptied and the connection is opened again.
            return Err(ListenError::Unknown);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Role;

    fn token(id: &str) -> Arc<ApiToken> {
        Arc::new(ApiToken {
            id: id.to_owned(),
            name: id.to_owned(),
            role: Role::Admin,
            expires_at: None,
            bounds: None,
            created_at: jiff::Timestamp::UNIX_EPOCH,
            created_by: "gateway".to_owned(),
        })
    }

    #[test]
    fn data_read_before_a_change_is_not_cached_after_it() {
        let directory = Directory::new(false);
        let hash = Hash::default();
        let before = directory.ticket();
        directory.forget(&StoreEvent::Token("tok_1".to_owned()));
        directory.put_token(before, hash, token("tok_1"));
        assert_eq!(directory.token(&hash), None);
        directory.put_token(directory.ticket(), hash, token("tok_1"));
        assert!(directory.token(&hash).is_some());
    }

    #[test]
    fn nothing_is_cached_without_announcements() {
        let directory = Directory::new(true);
        let hash = Hash::default();
        directory.put_token(directory.ticket(), hash, token("tok_1"));
        assert_eq!(directory.token(&hash), None);
        let now = Instant::now();
        directory.heard(now);
        // Entries added before the first ping were not cached.
        assert_eq!(directory.token(&hash), None);
        directory.put_token(directory.ticket(), hash, token("tok_1"));
        assert!(directory.token(&hash).is_some());
        // The last ping came back, but was sent too long ago.
        if let Some(long_ago) = now.checked_sub(TRUST) {
            directory.heard(long_ago);
            assert_eq!(directory.token(&hash), None);
        }
        directory.heard(now);
        directory.distrust();
        directory.heard(now);
        assert_eq!(directory.token(&hash), None);
    }
}
