//! Store of the gateway: an SQLite file or a PostgreSQL database, with the same tables and statements.
//!
//! Both databases use `$1` for a parameter, so each statement is written once, and `with_reader!` and `change!` compile it for both. Every change writes its audit record in the same transaction.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use mcp_server::product::product;
use secrecy::{ExposeSecret, SecretString};
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqlitePool, SqlitePoolOptions,
    SqliteSynchronous,
};
use sqlx::{ConnectOptions, Connection};

pub(crate) mod rows;

mod accounts;
pub(crate) mod audit;
pub(crate) mod declarations;
pub mod error;
mod forms;
mod servers;
mod tokens;

use self::error::StoreError;

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
}

enum Pool {
    Sqlite(Sqlite),
    Postgres(PgPool),
}

/// SQLite connections: several for reading and one for writing. Writers queue for the single connection, because SQLite itself waits by polling, and a pool tests a connection before and after each use.
struct Sqlite {
    readers: SqlitePool,
    /// Connection for writing; `None` after it was closed.
    writer: tokio::sync::Mutex<Option<SqliteConnection>>,
}

impl Sqlite {
    async fn open(options: SqliteConnectOptions) -> sqlx::Result<Self> {
        let writer = options.connect().await?;
        let readers = SqlitePoolOptions::new()
            .max_connections(SQLITE_READERS)
            .acquire_timeout(ACQUIRE_TIMEOUT)
            .connect_with(options)
            .await?;
        Ok(Self {
            readers,
            writer: tokio::sync::Mutex::new(Some(writer)),
        })
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

/// Runs the same code for both databases with a connection that may write one statement.
macro_rules! with_writer {
    ($store:expr, $connection:ident => $body:expr) => {
        match &$store.pool {
            $crate::store::Pool::Sqlite(sqlite) => {
                let mut writer = sqlite.writer.lock().await;
                let $connection = writer.as_mut().ok_or(sqlx::Error::PoolClosed)?;
                $body
            }
            $crate::store::Pool::Postgres($connection) => $body,
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
                // A transaction that begins with a read cannot write if another process has written in the meantime, so it takes the write lock at its beginning.
                let mut $tx = sqlx::Connection::begin_with(writer, "BEGIN IMMEDIATE").await?;
                let value = $body;
                $tx.commit().await?;
                Ok(value)
            }
            $crate::store::Pool::Postgres(pool) => {
                let mut $tx = pool.begin().await?;
                let value = $body;
                $tx.commit().await?;
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

/// Writes an audit record in a transaction.
macro_rules! write_audit {
    ($tx:ident, $record:expr) => {{
        let record: $crate::store::rows::NewAudit = $record.clone();
        let statement = sqlx::query(concat!(
            "INSERT INTO audit (",
            audit_columns!(),
            ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"
        ));
        let statement = statement.bind(record.at);
        $crate::store::bind_audit!(statement, record)
            .execute(&mut *$tx)
            .await?;
    }};
}

/// Announces a change to other gateways when the transaction is committed.
macro_rules! announce {
    ($store:expr, $tx:ident, $change:expr) => {{
        let (channel, payload) = ($crate::store::channel(), $change.payload());
        execute!($tx, $store.announcement(), channel, payload);
    }};
}

macro_rules! audit_columns {
    () => {
        "at, actor, actor_name, action, account_id, server_id, tool, effect, outcome, duration_ms, upstream_status"
    };
}

/// Binds the values of an audit record after its time, in the order of the columns.
macro_rules! bind_audit {
    ($statement:expr, $record:expr) => {
        $statement
            .bind($record.actor)
            .bind($record.actor_name)
            .bind($record.action)
            .bind($record.account_id)
            .bind($record.server_id)
            .bind($record.tool)
            .bind($record.effect)
            .bind($record.outcome)
            .bind($record.duration_ms)
            .bind($record.upstream_status)
    };
}

use {
    announce, audit_columns, bind_audit, change, execute, read, with_reader, with_writer,
    write_audit,
};

impl Store {
    /// Opens the store and updates its tables.
    pub(crate) async fn open(url: &StoreUrl) -> Result<Self, StoreError> {
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
                let pool = PgPoolOptions::new()
                    .max_connections(POSTGRES_CONNECTIONS)
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
        })
    }

    /// Checks whether the store responds.
    pub(crate) async fn ping(&self) -> sqlx::Result<()> {
        with_reader!(self, pool => sqlx::query("SELECT 1").execute(pool).await.map(|_| ()))
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
        // The operating system already has committed data, so nothing is lost when the process ends.
        .synchronous(SqliteSynchronous::Normal)
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
