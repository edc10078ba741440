//! Where everything is kept: an SQLite file or a PostgreSQL database, with the same tables and the same statements.
//!
//! Both take `$1` for a parameter, so each statement is written once; `on!` and `change!` compile it for both. Whatever changes something writes its audit record in the same transaction.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, bail};
use secrecy::ExposeSecret;
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqlitePool, SqlitePoolOptions,
    SqliteSynchronous,
};
use sqlx::{ConnectOptions, Connection};

use super::service::StoreUrl;

pub(crate) use audit::MOST_RECORDS;

pub(crate) mod rows;

mod accounts;
mod audit;
mod forms;
mod servers;
mod tokens;

/// Longest time to wait for a connection.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);
/// Longest time SQLite waits for another process.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// Most connections to PostgreSQL of one gateway.
const POSTGRES_CONNECTIONS: u32 = 10;
/// Most connections by which SQLite is read.
const SQLITE_READERS: u32 = 4;
/// What is announced to other gateways.
pub(crate) const CHANNEL: &str = "airflow_mcp";

/// The store. Its methods are in the modules of what they are about.
pub(crate) struct Store {
    pool: Pool,
    /// Held while the gateway has the file, since another gateway would not learn what this one revokes.
    lock: Mutex<Option<File>>,
}

enum Pool {
    Sqlite(Sqlite),
    Postgres(PgPool),
}

/// SQLite is read side by side and written one by one. Writers queue for the one connection that writes, since SQLite's own waiting is by polling, and since a pool asks a connection whether it lives before and after each use.
struct Sqlite {
    readers: SqlitePool,
    /// `None` once it is closed.
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

/// What other gateways have to forget.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Change {
    /// An account and its servers.
    Account(String),
    /// An MCP server.
    Server(String),
    /// An API token.
    Token(String),
}

impl Change {
    /// As it is announced.
    pub(crate) fn payload(&self) -> String {
        match self {
            Self::Account(id) => format!("account:{id}"),
            Self::Server(id) => format!("server:{id}"),
            Self::Token(id) => format!("token:{id}"),
        }
    }

    /// From the announcement of another gateway, which may be of another version.
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

/// Reads by the same code from whichever database there is.
macro_rules! on {
    ($store:expr, $pool:ident => $body:expr) => {
        match &$store.pool {
            $crate::gateway::store::Pool::Sqlite(sqlite) => {
                #[allow(dead_code)]
                type Db = sqlx::Sqlite;
                let $pool = &sqlite.readers;
                $body
            }
            $crate::gateway::store::Pool::Postgres($pool) => {
                #[allow(dead_code)]
                type Db = sqlx::Postgres;
                $body
            }
        }
    };
}

/// Runs the same code with a connection that may write one statement.
macro_rules! on_writer {
    ($store:expr, $connection:ident => $body:expr) => {
        match &$store.pool {
            $crate::gateway::store::Pool::Sqlite(sqlite) => {
                let mut writer = sqlite.writer.lock().await;
                let $connection = writer.as_mut().ok_or(sqlx::Error::PoolClosed)?;
                $body
            }
            $crate::gateway::store::Pool::Postgres($connection) => $body,
        }
    };
}

/// Runs the same code in a transaction. What the block gives is returned after the commit; leaving it by `return` or `?` changes nothing.
macro_rules! change {
    ($store:expr, $tx:ident => $body:block) => {
        match &$store.pool {
            $crate::gateway::store::Pool::Sqlite(sqlite) => {
                let mut writer = sqlite.writer.lock().await;
                let writer = writer.as_mut().ok_or(sqlx::Error::PoolClosed)?;
                // A transaction that begins by reading could not write after another process has.
                let mut $tx = sqlx::Connection::begin_with(writer, "BEGIN IMMEDIATE").await?;
                let value = $body;
                $tx.commit().await?;
                Ok(value)
            }
            $crate::gateway::store::Pool::Postgres(pool) => {
                let mut $tx = pool.begin().await?;
                let value = $body;
                $tx.commit().await?;
                Ok(value)
            }
        }
    };
}

/// Writes an audit record in a transaction.
macro_rules! write_audit {
    ($tx:ident, $record:expr) => {{
        let record: $crate::gateway::store::rows::NewAudit = $record.clone();
        let statement = sqlx::query(concat!(
            "INSERT INTO audit (",
            audit_columns!(),
            ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"
        ));
        let statement = statement.bind(record.at);
        $crate::gateway::store::bind_audit!(statement, record)
            .execute(&mut *$tx)
            .await?;
    }};
}

/// Tells other gateways, if there can be any, once the transaction is committed.
macro_rules! announce {
    ($store:expr, $tx:ident, $change:expr) => {
        sqlx::query($store.announcement())
            .bind($change.payload())
            .execute(&mut *$tx)
            .await?;
    };
}

macro_rules! audit_columns {
    () => {
        "at, actor, actor_name, action, account_id, server_id, tool, effect, outcome, duration_ms, upstream_status"
    };
}

/// Gives a statement the values of a record, after its time, in the order of the columns.
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

use {announce, audit_columns, bind_audit, change, on, on_writer, write_audit};

impl Store {
    /// Opens the store and brings its tables up to date.
    pub(crate) async fn open(url: &StoreUrl) -> anyhow::Result<Self> {
        let (pool, lock) = match url {
            StoreUrl::Sqlite(path) => {
                let lock = lock(path)?;
                (Pool::Sqlite(sqlite(path).await?), Some(lock))
            }
            StoreUrl::Postgres(url) => {
                // The URL may hold a password, so no error shows it.
                let options: PgConnectOptions =
                    url.expose_secret().parse().ok().context(
                        "DATABASE_URL is not a URL like `postgres://user@host/database`",
                    )?;
                let pool = PgPoolOptions::new()
                    .max_connections(POSTGRES_CONNECTIONS)
                    .acquire_timeout(ACQUIRE_TIMEOUT)
                    .connect_with(options.application_name(crate::product::product().name))
                    .await
                    .context("cannot connect to PostgreSQL")?;
                (Pool::Postgres(pool), None)
            }
        };
        match &pool {
            Pool::Sqlite(sqlite) => {
                let migrations = sqlx::migrate!("migrations/sqlite");
                migrations.run(&sqlite.readers).await
            }
            Pool::Postgres(pool) => sqlx::migrate!("migrations/postgres").run(pool).await,
        }
        .context("cannot bring the tables of the store up to date")?;
        Ok(Self {
            pool,
            lock: Mutex::new(lock),
        })
    }

    /// Whether the store answers.
    pub(crate) async fn ping(&self) -> sqlx::Result<()> {
        on!(self, pool => sqlx::query("SELECT 1").execute(pool).await.map(|_| ()))
    }

    /// Ends all connections, once they are done.
    pub(crate) async fn close(&self) {
        on!(self, pool => pool.close().await);
        if let Pool::Sqlite(sqlite) = &self.pool
            && let Some(writer) = sqlite.writer.lock().await.take()
        {
            // What is committed is committed; what else could fail is tidying up.
            let _ = writer.close().await;
        }
        self.lock
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
    }

    /// The PostgreSQL pool, if it is one: other gateways can be there.
    pub(crate) fn shared(&self) -> Option<&PgPool> {
        match &self.pool {
            Pool::Sqlite(_) => None,
            Pool::Postgres(pool) => Some(pool),
        }
    }

    fn announcement(&self) -> &'static str {
        match self.pool {
            Pool::Sqlite(_) => "SELECT $1",
            Pool::Postgres(_) => "SELECT pg_notify('airflow_mcp', $1)",
        }
    }
}

fn lock(path: &Path) -> anyhow::Result<File> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)
            .with_context(|| format!("cannot make the folder {}", folder.display()))?;
    }
    let lock_path = path.with_added_extension("lock");
    let file = private(&lock_path)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => bail!(
            "another gateway has {} open; with PostgreSQL there can be several",
            path.display()
        ),
        Err(TryLockError::Error(error)) => {
            Err(error).with_context(|| format!("cannot lock {}", lock_path.display()))
        }
    }
}

async fn sqlite(path: &Path) -> anyhow::Result<Sqlite> {
    // SQLite gives its other files the mode of this one.
    drop(private(path)?);
    let options = SqliteConnectOptions::new()
        .filename(path)
        .journal_mode(SqliteJournalMode::Wal)
        // What is committed is with the operating system: the end of the process loses nothing.
        .synchronous(SqliteSynchronous::Normal)
        .busy_timeout(BUSY_TIMEOUT)
        .foreign_keys(true)
        // Pages that every record changes are copied from the log into the database once in 32 MB, not in each four.
        .pragma("wal_autocheckpoint", "8000")
        // What is deleted is gone from the file.
        .pragma("secure_delete", "ON");
    let opened = Sqlite::open(options).await;
    opened.with_context(|| format!("cannot open {}", path.display()))
}

/// A file that only this user reads, made if it is not there.
fn private(path: &Path) -> anyhow::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
        .open(path)
        .with_context(|| format!("cannot open {}", path.display()))
}
