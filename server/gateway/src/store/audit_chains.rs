//! Table of audit chains: beginning the chain of this process, extending its lease, and closing the intents that ended processes left open.

use std::collections::BTreeMap;

use sqlx::FromRow;

use super::audit::{entry_columns, record_columns};
use super::chain::{Chain, ChainKey, EARLIER, EntryHash, Head, StatedHead, Statement, digest};
use super::rows::{EntryRow, NewAudit, kind, outcome};
use super::{Pool, Store, change, execute, read, with_reader, write_audit};

/// Time in microseconds for which a process counts as running after it has extended its lease. Only processes that share a store need it.
const LEASE: i64 = 15_000_000;

/// Number of rows that are hashed at once.
const PIECE: i64 = 2000;

/// Names of all chains with entries. The statement steps from one name to the next in the index, because reading all entries would take long.
macro_rules! chain_names {
    () => {
        "WITH RECURSIVE names(chain) AS (SELECT min(chain) FROM audit_entries UNION ALL SELECT (SELECT min(chain) FROM audit_entries WHERE chain > names.chain) FROM names WHERE names.chain IS NOT NULL) "
    };
}

/// Last entry of a chain.
#[derive(Debug, FromRow)]
struct LastEntry {
    chain: String,
    sequence: i64,
    hash: Vec<u8>,
    /// Number of the last entry that another chain states.
    stated: Option<i64>,
}

impl Store {
    /// Begins the chain of this process with a checkpoint, which states the last entries of the other chains.
    pub(crate) async fn begin_chain(
        &self,
        id: &str,
        key: ChainKey,
        start: NewAudit,
    ) -> sqlx::Result<()> {
        self.hash_earlier_records().await?;
        *self.chain.lock().await = Some(Chain::new(id.to_owned(), key));
        self.state_heads(id, start, None).await?;
        self.extend_lease().await
    }

    /// Returns the id of the key that signs the next entries.
    pub(crate) async fn chain_key_id(&self) -> Option<String> {
        let chain = self.chain.lock().await;
        chain.as_ref().map(|chain| chain.key_id().to_owned())
    }

    /// Signs the next entries with another key, and repeats under this key what earlier checkpoints state. `purged` contains what they state about purged entries.
    pub(crate) async fn change_chain_key(
        &self,
        key: ChainKey,
        checkpoint: NewAudit,
        purged: BTreeMap<String, StatedHead>,
    ) -> sqlx::Result<()> {
        let id = {
            let mut chain = self.chain.lock().await;
            let chain = chain.as_mut().ok_or(sqlx::Error::PoolClosed)?;
            chain.set_key(key);
            chain.id.clone()
        };
        self.state_heads(&id, checkpoint, Some(purged)).await
    }

    /// Writes a checkpoint with the last entries of the other chains that have grown since a checkpoint stated them; if `purged` is given, with the last entries of all chains and this statement about purged entries.
    async fn state_heads(
        &self,
        own: &str,
        record: NewAudit,
        purged: Option<BTreeMap<String, StatedHead>>,
    ) -> sqlx::Result<()> {
        change!(self, tx => {
            let last: Vec<LastEntry> = sqlx::query_as(concat!(
                chain_names!(),
                "SELECT last.chain, last.sequence, last.hash, audit_chains.stated FROM names JOIN audit_entries AS last ON last.chain = names.chain AND last.sequence = (SELECT max(sequence) FROM audit_entries WHERE chain = names.chain) LEFT JOIN audit_chains ON audit_chains.chain = names.chain"
            ))
            .fetch_all(&mut *tx)
            .await?;
            let mut statement = Statement::default();
            let all = purged.is_some();
            statement.purged = purged.unwrap_or_default();
            for entry in last {
                let is_stated = entry.stated.is_some_and(|stated| stated >= entry.sequence);
                if (entry.chain == own || is_stated) && !all {
                    continue;
                }
                execute!(
                    tx,
                    "UPDATE audit_chains SET stated = $1 WHERE chain = $2",
                    entry.sequence, &entry.chain
                );
                let head = StatedHead::new(entry.sequence, &entry.hash);
                statement.heads.insert(entry.chain, head);
            }
            let record = NewAudit {
                kind: kind::CHECKPOINT.to_owned(),
                statement: Some(statement.to_text()),
                ..record
            };
            write_audit!(tx, &record);
        })
    }

    /// Hashes the records of versions that did not write chains, so that a checkpoint can state them. Later calls do nothing.
    async fn hash_earlier_records(&self) -> sqlx::Result<()> {
        let stated: Option<(i64,)> = read!(
            self,
            fetch_optional,
            "SELECT stated FROM audit_chains WHERE chain = $1",
            EARLIER
        )?;
        if stated != Some((0,)) {
            return Ok(());
        }
        change!(self, tx => {
            let mut head = Head::START;
            loop {
                let rows: Vec<EntryRow> = sqlx::query_as(concat!(
                    "SELECT number, ", entry_columns!(),
                    " FROM audit_entries WHERE chain = $1 AND sequence > $2 ORDER BY sequence LIMIT $3"
                ))
                .bind(EARLIER)
                .bind(head.sequence)
                .bind(PIECE)
                .fetch_all(&mut *tx)
                .await?;
                if rows.is_empty() {
                    break;
                }
                let mut hashes = Vec::with_capacity(rows.len());
                for row in rows {
                    let hash = match EntryHash::try_from(row.hash) {
                        // Another gateway has hashed the records in the meantime.
                        Ok(hash) => hash,
                        Err(_) => {
                            let hash = digest(&head.hash, EARLIER, row.sequence, "", &row.record);
                            hashes.push((row.number, hash.to_vec()));
                            hash
                        }
                    };
                    head = Head { sequence: row.sequence, hash };
                }
                set_hashes(&mut tx, hashes).await?;
            }
        })
    }

    /// Extends the lease of this process. Returns after the disk has the change, so that success proves that the store can be written.
    pub(crate) async fn extend_lease(&self) -> sqlx::Result<()> {
        let Some((chain, _)) = self.chain_head() else {
            return Err(sqlx::Error::PoolClosed);
        };
        let statement = match self.pool {
            Pool::Sqlite(_) => {
                "INSERT INTO audit_chains (chain, stated, leased_until, closed) VALUES ($1, 0, unixepoch() * 1000000 + $2, 0) ON CONFLICT (chain) DO UPDATE SET leased_until = excluded.leased_until, closed = 0"
            }
            Pool::Postgres(_) => {
                "INSERT INTO audit_chains (chain, stated, leased_until, closed) VALUES ($1, 0, (EXTRACT(EPOCH FROM clock_timestamp()) * 1000000)::BIGINT + $2, 0) ON CONFLICT (chain) DO UPDATE SET leased_until = excluded.leased_until, closed = 0"
            }
        };
        change!(self, tx => {
            execute!(tx, statement, chain, LEASE);
        })
    }

    /// Ends the lease of this process, so that another process need not wait for its end.
    pub(crate) async fn end_lease(&self) -> sqlx::Result<()> {
        let Some((chain, _)) = self.chain_head() else {
            return Ok(());
        };
        change!(self, tx => {
            execute!(tx, "UPDATE audit_chains SET leased_until = 0 WHERE chain = $1", chain);
        })
    }

    /// Writes the outcome `unknown` for each intent without an outcome whose process has ended, and returns their number.
    pub(crate) async fn close_intents(&self, now: i64) -> sqlx::Result<u64> {
        let Some((own, _)) = self.chain_head() else {
            return Ok(0);
        };
        // No other process uses a store in a file, so that all other processes have ended.
        let ended = match self.pool {
            Pool::Sqlite(_) => "closed = 0 AND chain <> $1",
            Pool::Postgres(_) => {
                "closed = 0 AND chain <> $1 AND leased_until < (EXTRACT(EPOCH FROM clock_timestamp()) * 1000000)::BIGINT"
            }
        };
        let statement = format!("SELECT chain FROM audit_chains WHERE {ended}");
        let chains: Vec<(String,)> = with_reader!(self, pool => {
            sqlx::query_as(sqlx::AssertSqlSafe(statement)).bind(&own).fetch_all(pool).await?
        });
        let mut closed = 0;
        for (chain,) in chains {
            closed += self.close_intents_of(&chain, &own, ended, now).await?;
        }
        Ok(closed)
    }

    async fn close_intents_of(
        &self,
        chain: &str,
        own: &str,
        ended: &str,
        now: i64,
    ) -> sqlx::Result<u64> {
        // Of several gateways, the one that changes the row closes the intents.
        let claim = format!("UPDATE audit_chains SET closed = 1 WHERE {ended} AND chain = $2");
        change!(self, tx => {
            let claimed = sqlx::query(sqlx::AssertSqlSafe(claim))
                .bind(own)
                .bind(chain)
                .execute(&mut *tx)
                .await?
                .rows_affected();
            if claimed == 0 {
                return Ok(0);
            }
            let open: Vec<NewAudit> = sqlx::query_as(concat!(
                "SELECT ", record_columns!(),
                " FROM audit_entries AS entry WHERE chain = $1 AND kind = 'intent' AND NOT EXISTS (SELECT 1 FROM audit_entries AS later WHERE later.call_id = entry.call_id AND later.kind = 'outcome')"
            ))
            .bind(chain)
            .fetch_all(&mut *tx)
            .await?;
            let count = open.len() as u64;
            for intent in open {
                let unknown = NewAudit {
                    kind: kind::OUTCOME.to_owned(),
                    outcome: outcome::UNKNOWN.to_owned(),
                    at: now,
                    ..intent
                };
                write_audit!(tx, &unknown);
            }
            count
        })
    }
}

/// Database whose rows get hashes after they were written.
trait SetHashes: sqlx::Database {
    fn set(
        connection: &mut Self::Connection,
        hashes: Vec<(i64, Vec<u8>)>,
    ) -> impl Future<Output = sqlx::Result<()>> + Send;
}

impl SetHashes for sqlx::Sqlite {
    async fn set(
        connection: &mut Self::Connection,
        hashes: Vec<(i64, Vec<u8>)>,
    ) -> sqlx::Result<()> {
        for (number, hash) in hashes {
            sqlx::query("UPDATE audit_entries SET hash = $1 WHERE number = $2")
                .bind(hash)
                .bind(number)
                .execute(&mut *connection)
                .await?;
        }
        Ok(())
    }
}

impl SetHashes for sqlx::Postgres {
    async fn set(
        connection: &mut Self::Connection,
        hashes: Vec<(i64, Vec<u8>)>,
    ) -> sqlx::Result<()> {
        let (numbers, hashes): (Vec<_>, Vec<_>) = hashes.into_iter().unzip();
        sqlx::query("UPDATE audit_entries SET hash = hashed.hash FROM unnest($1::BIGINT[], $2::BYTEA[]) AS hashed(number, hash) WHERE audit_entries.number = hashed.number")
            .bind(numbers)
            .bind(hashes)
            .execute(connection)
            .await
            .map(|_| ())
    }
}

async fn set_hashes<Db: SetHashes>(
    change: &mut super::Change<'_, Db>,
    hashes: Vec<(i64, Vec<u8>)>,
) -> sqlx::Result<()> {
    Db::set(change, hashes).await
}
