//! Reads all audit entries in one snapshot, in the order of their chains, for a check of the chains.

use std::sync::{Arc, Mutex};

use mcp_server::product::product;
use sqlx::Connection;
use sqlx::postgres::PgPoolOptions;

use super::audit::entry_columns;
use super::error::StoreError;
use super::rows::EntryRow;
use super::{ACQUIRE_TIMEOUT, Pool, Sqlite, Store, StoreUrl, postgres};
#[cfg(test)]
use super::{change, execute};

/// Number of entries that are read at once.
const PIECE: i64 = 2000;

/// Checkpoint with the hash of the entry before it.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct CheckpointRow {
    #[sqlx(flatten)]
    pub(crate) entry: EntryRow,
    /// Hash of the previous entry; `None` if the store does not have the entry.
    pub(crate) previous: Option<Vec<u8>>,
}

/// Reader of all entries.
pub(crate) trait EntryReader {
    /// Takes all checkpoints, before the entries.
    fn checkpoints(&mut self, checkpoints: Vec<CheckpointRow>);

    /// Takes the next entry, in the order of the chains.
    fn entry(&mut self, entry: EntryRow);
}

macro_rules! read_all {
    ($connection:expr, $begin:literal, $reader:ident) => {{
        let mut transaction = $connection.begin_with($begin).await?;
        let checkpoints = sqlx::query_as(concat!(
            "SELECT number, ",
            entry_columns!(),
            ", (SELECT hash FROM audit_entries AS before WHERE before.chain = entry.chain AND before.sequence = entry.sequence - 1) AS previous FROM audit_entries AS entry WHERE kind = 'checkpoint' ORDER BY number"
        ));
        $reader.checkpoints(checkpoints.fetch_all(&mut *transaction).await?);
        let (mut chain, mut sequence) = (String::new(), 0_i64);
        loop {
            let rows: Vec<EntryRow> = sqlx::query_as(concat!(
                "SELECT number, ",
                entry_columns!(),
                " FROM audit_entries WHERE (chain, sequence) > ($1, $2) ORDER BY chain, sequence LIMIT $3"
            ))
            .bind(&chain)
            .bind(sequence)
            .bind(PIECE)
            .fetch_all(&mut *transaction)
            .await?;
            let Some(last) = rows.last() else {
                return Ok(());
            };
            (chain, sequence) = (last.chain.clone(), last.sequence);
            for row in rows {
                $reader.entry(row);
            }
        }
    }};
}

impl Store {
    /// Opens the store of a gateway that may be running, only to read it.
    pub(crate) async fn open_for_reading(url: &StoreUrl) -> Result<Self, StoreError> {
        let pool = match url {
            StoreUrl::Sqlite(path) => Pool::Sqlite(Box::new(Sqlite::open_for_reading(path).await?)),
            StoreUrl::Postgres(url) => {
                let options = postgres::options(url)?;
                let pool = PgPoolOptions::new().acquire_timeout(ACQUIRE_TIMEOUT);
                let options = options.application_name(product().name);
                let pool = pool.connect_with(options).await;
                Pool::Postgres(pool.map_err(StoreError::Postgres)?)
            }
        };
        Ok(Self {
            pool,
            lock: Mutex::new(None),
            chain: tokio::sync::Mutex::new(None),
            doubt: Arc::default(),
            head: Mutex::new(None),
        })
    }

    /// Runs a statement directly in the database, as somebody without the key could.
    #[cfg(test)]
    pub(crate) async fn tamper(&self, statement: &'static str) -> sqlx::Result<u64> {
        change!(self, tx => { execute!(tx, statement) })
    }

    /// Reads all entries.
    pub(crate) async fn read_entries(&self, reader: &mut impl EntryReader) -> sqlx::Result<()> {
        match &self.pool {
            Pool::Sqlite(sqlite) => {
                let mut connection = sqlite.readers.acquire().await?;
                read_all!(connection, "BEGIN", reader)
            }
            Pool::Postgres(pool) => {
                let mut connection = pool.acquire().await?;
                read_all!(
                    connection,
                    "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
                    reader
                )
            }
        }
    }
}
