//! Tokens that were looked up, so that a call costs no query. Forgotten at once when something changes here, and when another gateway announces a change; while announcements could be missed, nothing is remembered. Who uses an entry compares its expiry with the clock.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::{Duration, Instant};

use anyhow::Context;
use sqlx::postgres::{PgListener, PgPool};

use super::model::ApiToken;
use super::service::Resolved;
use super::store::{CHANNEL, Change};
use super::token::{self, Hash};

/// How often a gateway tells itself that announcements arrive.
const PING: Duration = Duration::from_millis(500);
/// How long after that was sent the directory can be relied on.
const TRUST: Duration = Duration::from_secs(2);
/// How long without that a connection counts as lost.
const LOST: Duration = Duration::from_secs(5);
/// How long to wait before another attempt to connect.
const AGAIN: Duration = Duration::from_millis(250);

/// The tokens that were looked up.
#[derive(Debug)]
pub(crate) struct Directory(RwLock<Entries>);

#[derive(Debug)]
struct Entries {
    trust: Trust,
    /// Increases with every change, so that what was read before one is not remembered after it.
    changes: u64,
    servers: HashMap<Hash, Arc<Resolved>>,
    tokens: HashMap<Hash, Arc<ApiToken>>,
}

/// Whether entries can be relied on.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Trust {
    /// All changes are made by this gateway.
    Always,
    /// All changes of others until then are known.
    Until(Option<Instant>),
}

/// Taken before the store is read; what was read is remembered only if nothing has changed since.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ticket(u64);

impl Directory {
    /// An empty directory; `shared` if other gateways use the same store.
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
        }))
    }

    pub(crate) fn server(&self, hash: &Hash) -> Option<Arc<Resolved>> {
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

    pub(crate) fn put_server(&self, ticket: Ticket, hash: Hash, server: Arc<Resolved>) {
        let mut entries = self.write();
        if entries.changes == ticket.0 && entries.usable().is_some() {
            entries.servers.insert(hash, server);
        }
    }

    pub(crate) fn put_token(&self, ticket: Ticket, hash: Hash, token: Arc<ApiToken>) {
        let mut entries = self.write();
        if entries.changes == ticket.0 && entries.usable().is_some() {
            entries.tokens.insert(hash, token);
        }
    }

    /// Forgets what a change makes untrue.
    pub(crate) fn forget(&self, change: &Change) {
        let mut entries = self.write();
        entries.changes += 1;
        match change {
            Change::Account(id) => entries
                .servers
                .retain(|_, it| it.server.integrated_account_id != *id),
            Change::Server(id) => entries.servers.retain(|_, it| it.server.id != *id),
            Change::Token(id) => entries.tokens.retain(|_, it| it.id != *id),
        }
    }

    /// Forgets what is refused anyway.
    pub(crate) fn forget_expired(&self, now: jiff::Timestamp) {
        let mut entries = self.write();
        let good = |expires_at: Option<jiff::Timestamp>| expires_at.is_none_or(|it| it > now);
        entries.servers.retain(|_, it| good(it.server.expires_at));
        entries.tokens.retain(|_, it| good(it.expires_at));
    }

    /// Forgets everything and remembers nothing until announcements are known to arrive.
    fn distrust(&self) {
        let mut entries = self.write();
        entries.changes += 1;
        entries.trust = Trust::Until(None);
        entries.servers.clear();
        entries.tokens.clear();
    }

    /// Everything that was announced before `sent` is known.
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

/// Follows the announcements of other gateways, for ever.
pub(crate) async fn follow(directory: Arc<Directory>, pool: PgPool) {
    loop {
        if let Err(error) = listen(&directory, &pool).await {
            tracing::warn!(
                error = format!("{error:#}"),
                "no announcements; every request is looked up"
            );
        }
        directory.distrust();
        if pool.is_closed() {
            return;
        }
        tokio::time::sleep(AGAIN).await;
    }
}

async fn listen(directory: &Directory, pool: &PgPool) -> anyhow::Result<()> {
    // A channel of its own, so that a ping goes to nobody else.
    let own = token::new_id("airflow_mcp_ping_")?;
    let mut listener = PgListener::connect_with(pool).await?;
    listener.listen_all([CHANNEL, &own]).await?;
    // What happened before is not known.
    directory.distrust();
    let sent = Sent::default();
    tokio::select! {
        result = ping(pool, &own, &sent) => result,
        result = hear(directory, &mut listener, &own, &sent) => result,
    }
}

/// Numbers of pings with the times at which they were sent.
type Sent = std::sync::Mutex<HashMap<String, Instant>>;

async fn ping(pool: &PgPool, own: &str, sent: &Sent) -> anyhow::Result<()> {
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

/// Announcements arrive in the order of their commits: with an own one, all before it are here.
async fn hear(
    directory: &Directory,
    listener: &mut PgListener,
    own: &str,
    sent: &Sent,
) -> anyhow::Result<()> {
    let mut heard = Instant::now();
    loop {
        let left = LOST.saturating_sub(heard.elapsed());
        let announcement = tokio::time::timeout(left, listener.try_recv())
            .await
            .context("the connection is silent")??
            .context("the connection is lost")?;
        if announcement.channel() == own {
            let sent = sent
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .remove(announcement.payload());
            if let Some(sent) = sent {
                heard = Instant::now();
                directory.heard(sent);
            }
        } else if let Some(change) = Change::from_payload(announcement.payload()) {
            directory.forget(&change);
        } else {
            // Of a newer version: whatever it is, nothing known before it counts.
            anyhow::bail!("an unknown announcement");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gateway::model::Role;

    fn token(id: &str) -> Arc<ApiToken> {
        Arc::new(ApiToken {
            id: id.to_owned(),
            name: id.to_owned(),
            role: Role::Admin,
            expires_at: None,
            created_at: jiff::Timestamp::UNIX_EPOCH,
            created_by: "gateway".to_owned(),
        })
    }

    #[test]
    fn what_was_read_before_a_change_is_not_remembered_after_it() {
        let directory = Directory::new(false);
        let hash = Hash::default();
        let before = directory.ticket();
        directory.forget(&Change::Token("tok_1".to_owned()));
        directory.put_token(before, hash, token("tok_1"));
        assert_eq!(directory.token(&hash), None);
        directory.put_token(directory.ticket(), hash, token("tok_1"));
        assert!(directory.token(&hash).is_some());
    }

    #[test]
    fn nothing_is_remembered_without_trust() {
        let directory = Directory::new(true);
        let hash = Hash::default();
        directory.put_token(directory.ticket(), hash, token("tok_1"));
        assert_eq!(directory.token(&hash), None);
        let now = Instant::now();
        directory.heard(now);
        // Not even what was put before.
        assert_eq!(directory.token(&hash), None);
        directory.put_token(directory.ticket(), hash, token("tok_1"));
        assert!(directory.token(&hash).is_some());
        // The last ping came back, but it was sent too long ago.
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
