//! Store of the gateway: an SQLite file or a PostgreSQL database, with the same tables and statements.
//!
//! Both databases use `$1` for a parameter, so each statement is written once, and `with_reader!` and `change!` compile it for both. Every change writes its audit record in the same transaction.

use std::fs::File;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use mcp_server::product::product;
use secrecy::SecretString;
use sqlx::postgres::{PgPool, PgPoolOptions};

pub(crate) mod chain;
pub(crate) mod rows;

pub(crate) mod accounts;
pub(crate) mod audit;
mod audit_chains;
mod audit_purge;
pub(crate) mod audit_read;
mod audit_target;
pub mod backup;
pub(crate) mod declarations;
pub mod error;
mod forms;
mod postgres;
mod reserve;
mod servers;
mod sessions;
pub(crate) mod sqlite;
mod tokens;
mod transaction;

use self::chain::{Chain, Head};
use self::error::StoreError;
use self::sqlite::Sqlite;
use self::transaction::Change;

/// Time to wait for a connection.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);
/// Maximum number of connections to PostgreSQL per gateway.
const POSTGRES_CONNECTIONS: u32 = 10;

/// Location of the store.
#[derive(Debug, Clone)]
pub enum StoreUrl {
    /// SQLite file, created if it does not exist.
    Sqlite(PathBuf),
    /// URL `postgres://…`, which may contain a password.
    Postgres(SecretString),
}

/// Returns the PostgreSQL channel on which changes are announced to other gateways.
pub(crate) fn channel() -> String {
    product().identifier()
}

/// Store of the gateway. Its methods are defined in one module per table.
pub(crate) struct Store {
    pool: Pool,
    /// Lock on the SQLite file, because a second gateway would not learn what this one revokes.
    lock: Mutex<Option<File>>,
    /// Audit chain of this process, locked while an entry is written; `None` before it is begun.
    chain: tokio::sync::Mutex<Option<Chain>>,
    /// Whether a connection was opened since the end of the chain was read. If the database has crashed, it may have lost entries that were not on disk.
    doubt: Arc<AtomicBool>,
    /// Id and last committed entry of the chain.
    head: Mutex<Option<(String, Head)>>,
}

enum Pool {
    Sqlite(Box<Sqlite>),
    Postgres(PgPool),
}

/// Change that makes cached data of other gateways invalid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum StoreEvent {
    /// Account with its servers.
    Account(String),
    /// MCP server.
    Server(String),
    /// API token.
    Token(String),
}

impl StoreEvent {
    /// Returns the text of the announcement.
    pub(crate) fn payload(&self) -> String {
        match self {
            Self::Account(id) => format!("account:{id}"),
            Self::Server(id) => format!("server:{id}"),
            Self::Token(id) => format!("token:{id}"),
        }
    }

    /// Parses an announcement of another gateway, which may run another version.
    pub(crate) fn from_payload(text: &str) -> Option<Self> {
        let (kind, id) = text.split_once(':')?;
        let id = id.to_owned();
        match kind {
            "account" => Some(Self::Account(id)),
            "server" => Some(Self::Server(id)),
            "token" => Some(Self::Token(id)),
            _ => None,
        }
    }
}

/// Reads from either database with the same code.
macro_rules! with_reader {
    ($store:expr, $pool:ident => $body:expr) => {
        match &$store.pool {
            $crate::store::Pool::Sqlite(sqlite) => {
                #[allow(dead_code)]
                type Db = sqlx::Sqlite;
                let $pool = &sqlite.readers;
                $body
            }
            $crate::store::Pool::Postgres($pool) => {
                #[allow(dead_code)]
                type Db = sqlx::Postgres;
                $body
            }
        }
    };
}

/// Runs the same code for both databases in a transaction, which is on the disk after its commit. The value of the block is returned after the commit; leaving the block with `return` or `?` rolls back. If the disk is full, the block runs again with the reserved space, unless the change must not use it.
macro_rules! change {
    ($store:expr, $tx:ident => $body:block) => {
        change!($store, with_reserve: true, $tx => $body)
    };
    ($store:expr, with_reserve: $with_reserve:literal, $tx:ident => $body:block) => {
        match &$store.pool {
            $crate::store::Pool::Sqlite(sqlite) => {
                let mut writers = match $with_reserve {
                    true => sqlite.turn().await,
                    false => sqlite.relaxed_turn().await?,
                };
                let mut is_repeated = false;
                loop {
                    let done = async {
                        let durable = $crate::store::sqlite::Durability::Durable;
                        let writer = sqlite.writer(&mut writers, durable).await?;
                        // A transaction that begins with a read cannot write if another process has written in the meantime, so it takes the write lock at its beginning.
                        let begun = sqlx::Connection::begin_with(writer, "BEGIN IMMEDIATE").await?;
                        let mut $tx = $crate::store::Change::new(begun);
                        let value = $body;
                        $store.commit($tx).await?;
                        Ok(value)
                    };
                    let done: sqlx::Result<_> = done.await;
                    match done {
                        Err(error)
                            if $with_reserve
                                && sqlite.recovers(&mut writers, &error)
                                && !is_repeated =>
                        {
                            is_repeated = true;
                        }
                        Err(error) => {
                            writers.reset_after(&error);
                            break Err(error);
                        }
                        done => break done,
                    }
                }
            }
            $crate::store::Pool::Postgres(pool) => {
                let mut $tx = $crate::store::Change::new(pool.begin().await?);
                let value = $body;
                $store.commit($tx).await?;
                Ok(value)
            }
        }
    };
}

/// Reads rows: `read!(store, fetch_all, statement, values…)`.
macro_rules! read {
    ($store:expr, $fetch:ident, $statement:expr $(, $value:expr)* $(,)?) => {
        with_reader!($store, pool => sqlx::query_as($statement)$(.bind($value))*.$fetch(pool).await)
    };
}

/// Executes a statement in a transaction and returns the number of changed rows.
macro_rules! execute {
    ($tx:ident, $statement:expr $(, $value:expr)* $(,)?) => {{
        let query = sqlx::query($statement)$(.bind($value))*;
        query.execute(&mut *$tx).await?.rows_affected()
    }};
}

/// Writes an audit record at the end of a transaction.
macro_rules! write_audit {
    ($tx:ident, $record:expr) => {
        $tx.record($crate::store::rows::NewAudit::clone($record))
    };
}

/// Announces a change to other gateways when the transaction is committed.
macro_rules! announce {
    ($store:expr, $tx:ident, $change:expr) => {{
        let (channel, payload) = ($crate::store::channel(), $change.payload());
        execute!($tx, $store.announcement(), channel, payload);
    }};
}

use {announce, change, execute, read, with_reader, write_audit};

impl Store {
    /// Opens the store and updates its tables.
    pub(crate) async fn open(url: &StoreUrl) -> Result<Self, StoreError> {
        let doubt = Arc::new(AtomicBool::new(false));
        let (pool, lock) = match url {
            StoreUrl::Sqlite(path) => {
                let lock = sqlite::lock(path)?;
                (
                    Pool::Sqlite(Box::new(Sqlite::open(path).await?)),
                    Some(lock),
                )
            }
            StoreUrl::Postgres(url) => {
                // The cause is dropped, because the URL may contain a password.
                let options = postgres::options(url)?;
                let doubt = Arc::clone(&doubt);
                let pool = PgPoolOptions::new()
                    .max_connections(POSTGRES_CONNECTIONS)
                    .after_connect(move |_, _| {
                        doubt.store(true, Ordering::Relaxed);
                        Box::pin(async { Ok(()) })
                    })
                    .acquire_timeout(ACQUIRE_TIMEOUT)
                    .connect_with(options.application_name(product().name))
                    .await
                    .map_err(|error| match error {
                        sqlx::Error::Tls(_) => StoreError::PostgresTls(error),
                        error => StoreError::Postgres(error),
                    })?;
                (Pool::Postgres(pool), None)
            }
        };
        match &pool {
            Pool::Sqlite(sqlite) => {
                let migrations = sqlx::migrate!("migrations/sqlite");
                migrations.run(&sqlite.readers).await
            }
            Pool::Postgres(pool) => sqlx::migrate!("migrations/postgres").run(pool).await,
        }?;
        let store = Self {
            pool,
            lock: Mutex::new(lock),
            chain: tokio::sync::Mutex::new(None),
            doubt,
            head: Mutex::new(None),
        };
        store.restore_reserve().await;
        Ok(store)
    }

    /// Reserves space for a full disk if it is not reserved and enough space is free.
    pub(crate) async fn restore_reserve(&self) {
        if let Pool::Sqlite(sqlite) = &self.pool {
            sqlite.restore_reserve().await;
        }
    }

    /// Closes all connections after their current use.
    pub(crate) async fn close(&self) {
        match &self.pool {
            Pool::Sqlite(sqlite) => sqlite.close().await,
            Pool::Postgres(pool) => pool.close().await,
        }
        self.lock
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
    }

    /// Returns the PostgreSQL pool, if the store can be shared with other gateways.
    pub(crate) fn shared(&self) -> Option<&PgPool> {
        match &self.pool {
            Pool::Sqlite(_) => None,
            Pool::Postgres(pool) => Some(pool),
        }
    }

    fn announcement(&self) -> &'static str {
        match self.pool {
            Pool::Sqlite(_) => "SELECT $1, $2",
            Pool::Postgres(_) => "SELECT pg_notify($1, $2)",
        }
    }
}

#[cfg(test)]
impl Store {
    /// Returns the values of `synchronous` for changes and for everything else. Only for SQLite.
    pub(crate) async fn synchronous(&self) -> sqlx::Result<[i64; 2]> {
        let select = "PRAGMA synchronous";
        let durable: sqlx::Result<i64> = change!(self, tx => {
            sqlx::query_scalar(select).fetch_one(&mut *tx).await?
        });
        let relaxed = match &self.pool {
            Pool::Sqlite(sqlite) => {
                let mut writers = sqlite.relaxed_turn().await?;
                let relaxed = sqlite::Durability::Relaxed;
                let writer = sqlite.writer(&mut writers, relaxed).await?;
                sqlx::query_scalar(select).fetch_one(writer).await?
            }
            Pool::Postgres(_) => 0,
        };
        Ok([durable?, relaxed])
    }
}
