//! Reads all audit entries in one snapshot, in the order of their chains, for a check of the chains.

use sqlx::Connection;

use super::audit::entry_columns;
use super::rows::EntryRow;
use super::{Pool, Store};

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
