//! Store of the gateway: an SQLite file or a PostgreSQL database, with the same tables and statements.
//!
//! Both databases use `$1` for a parameter, so each statement is written once, and `with_reader!` and `change!` compile it for both. Every change writes its audit record in the same transaction.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use mcp_server::product::product;
use secrecy::{ExposeSecret, SecretString};
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqlitePool, SqlitePoolOptions,
    SqliteSynchronous,
};
use sqlx::{ConnectOptions, Connection};

pub(crate) mod chain;
pub(crate) mod rows;

mod accounts;
pub(crate) mod audit;
mod audit_chains;
mod audit_purge;
pub(crate) mod audit_read;
mod audit_target;
pub mod error;
mod forms;
mod servers;
mod tokens;
mod transaction;

use self::chain::{Chain, Head};
use self::error::StoreError;
use self::transaction::Change;

/// Time to wait for a connection.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);
/// Time that SQLite waits for another process.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// Maximum number of connections to PostgreSQL per gateway.
const POSTGRES_CONNECTIONS: u32 = 10;
/// Maximum number of SQLite connections for reading.
const SQLITE_READERS: u32 = 4;

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
    Sqlite(Sqlite),
    Postgres(PgPool),
}

/// SQLite connections: several for reading and one for writing. Writers queue for the single connection, because SQLite itself waits by polling, and a pool tests a connection before and after each use.
struct Sqlite {
    readers: SqlitePool,
    options: Box<SqliteConnectOptions>,
    /// Connection for writing; `None` after it was closed.
    writer: tokio::sync::Mutex<Option<SqliteConnection>>,
    /// Whether a commit of the writer waits for the disk.
    durable: AtomicBool,
}

impl Sqlite {
    async fn open(options: SqliteConnectOptions) -> sqlx::Result<Self> {
        let writer = options.connect().await?;
        let readers = SqlitePoolOptions::new()
            .max_connections(SQLITE_READERS)
            .acquire_timeout(ACQUIRE_TIMEOUT)
            .connect_with(options.clone())
            .await?;
        Ok(Self {
            readers,
            options: Box::new(options),
            writer: tokio::sync::Mutex::new(Some(writer)),
            durable: AtomicBool::new(true),
        })
    }

    /// Prepares the writer for a transaction, and determines whether its commit waits for the disk.
    async fn prepare(&self, writer: &mut SqliteConnection, durable: bool) -> sqlx::Result<()> {
        if writer.is_in_transaction() {
            // The transaction was dropped, and is rolled back before this command.
            writer.ping().await?;
            if writer.is_in_transaction() {
                // After an error such as a full disk, SQLite has already rolled back, and the connection could never begin a transaction again.
                *writer = self.options.connect().await?;
                self.durable.store(true, Ordering::Relaxed);
            }
        }
        if self.durable.load(Ordering::Relaxed) != durable {
            let pragma = match durable {
                true => "PRAGMA synchronous = FULL",
                false => "PRAGMA synchronous = NORMAL",
            };
            sqlx::query(pragma).execute(writer).await?;
            self.durable.store(durable, Ordering::Relaxed);
        }
        Ok(())
    }
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

/// Runs the same code for both databases in a transaction. The value of the block is returned after the commit; leaving the block with `return` or `?` rolls back.
macro_rules! change {
    ($store:expr, $tx:ident => $body:block) => {
        match &$store.pool {
            $crate::store::Pool::Sqlite(sqlite) => {
                let mut writer = sqlite.writer.lock().await;
                let writer = writer.as_mut().ok_or(sqlx::Error::PoolClosed)?;
                sqlite.prepare(writer, true).await?;
                // A transaction that begins with a read cannot write if another process has written in the meantime, so it takes the write lock at its beginning.
                let begun = sqlx::Connection::begin_with(writer, "BEGIN IMMEDIATE").await?;
                let mut $tx = $crate::store::Change::new(begun);
                let value = $body;
                $store.commit($tx).await?;
                Ok(value)
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
                let lock = lock(path)?;
                (Pool::Sqlite(sqlite(path).await?), Some(lock))
            }
            StoreUrl::Postgres(url) => {
                // The cause is dropped, because the URL may contain a password.
                let options: PgConnectOptions = url
                    .expose_secret()
                    .parse()
                    .map_err(|_| StoreError::InvalidUrl)?;
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
                    .map_err(StoreError::Postgres)?;
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
        Ok(Self {
            pool,
            lock: Mutex::new(lock),
            chain: tokio::sync::Mutex::new(None),
            doubt,
            head: Mutex::new(None),
        })
    }

    /// Closes all connections after their current use.
    pub(crate) async fn close(&self) {
        with_reader!(self, pool => pool.close().await);
        if let Pool::Sqlite(sqlite) = &self.pool
            && let Some(writer) = sqlite.writer.lock().await.take()
        {
            // All changes are already committed, so only clean-up can fail here.
            let _ = writer.close().await;
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

fn lock(path: &Path) -> Result<File, StoreError> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(|source| StoreError::Folder {
            path: folder.to_owned(),
            source,
        })?;
    }
    let lock_path = path.with_added_extension("lock");
    let file = private(&lock_path)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(StoreError::Locked(path.to_owned())),
        Err(TryLockError::Error(source)) => Err(StoreError::File {
            path: lock_path,
            source,
        }),
    }
}

async fn sqlite(path: &Path) -> Result<Sqlite, StoreError> {
    // SQLite gives its other files the permissions of this one.
    drop(private(path)?);
    let options = SqliteConnectOptions::new()
        .filename(path)
        .journal_mode(SqliteJournalMode::Wal)
        // A commit waits for the disk, except that of records of reads.
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(BUSY_TIMEOUT)
        .foreign_keys(true)
        // Pages that every record changes are copied from the write-ahead log to the database every 32 MB instead of every 4 MB.
        .pragma("wal_autocheckpoint", "8000")
        // Deleted content is overwritten in the file.
        .pragma("secure_delete", "ON");
    let opened = Sqlite::open(options).await;
    opened.map_err(|source| StoreError::Sqlite {
        path: path.to_owned(),
        source,
    })
}

/// Opens a file that only its owner can access, and creates it if it does not exist.
fn private(path: &Path) -> Result<File, StoreError> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map_err(|source| StoreError::File {
        path: path.to_owned(),
        source,
    })
}
