//! Removes old audit entries. A checkpoint states the last removed entry of each chain, so that the rest of the chain can still be checked.

use std::collections::BTreeMap;

use super::chain::{StatedHead, Statement};
use super::rows::{NewAudit, kind};
use super::{Store, change, execute, read, with_reader, write_audit};

/// Microseconds of a day.
const DAY: i64 = 86_400_000_000;

/// Maximum number of entries of a chain that are removed in one transaction, so that calls do not wait long for it.
const PIECE: i64 = 20_000;

impl Store {
    /// Returns whether all entries of the oldest day (UTC) are before a time.
    pub(crate) async fn has_audit_day_before(&self, before: i64) -> sqlx::Result<bool> {
        let oldest = self.oldest_audit().await?;
        Ok(oldest.is_some_and(|oldest| day_end(oldest) <= before))
    }

    async fn oldest_audit(&self) -> sqlx::Result<Option<i64>> {
        let (oldest,): (Option<i64>,) =
            read!(self, fetch_one, "SELECT min(at) FROM audit_entries")?;
        Ok(oldest)
    }

    /// Removes the entries of the oldest day (UTC) if the whole day is before a time, and returns their number. `purged` contains what earlier checkpoints state about purged entries.
    pub(crate) async fn purge_audit(
        &self,
        before: i64,
        checkpoint: &NewAudit,
        mut purged: BTreeMap<String, StatedHead>,
    ) -> sqlx::Result<u64> {
        let Some(oldest) = self.oldest_audit().await? else {
            return Ok(0);
        };
        let mut end = day_end(oldest);
        while end <= before {
            let mut removed = 0;
            loop {
                let (piece, stated) = self.purge_before(end, checkpoint, &purged).await?;
                purged.extend(stated);
                removed += piece;
                if piece == 0 {
                    break;
                }
            }
            if removed > 0 {
                return Ok(removed);
            }
            // The entries of this day follow entries of a later day in their chains, and only the beginning of a chain is removed.
            end = end.saturating_add(DAY);
        }
        Ok(0)
    }

    /// Removes the beginning of each chain up to its first entry at or after `end`.
    async fn purge_before(
        &self,
        end: i64,
        checkpoint: &NewAudit,
        purged: &BTreeMap<String, StatedHead>,
    ) -> sqlx::Result<(u64, BTreeMap<String, StatedHead>)> {
        change!(self, tx => {
            let chains: Vec<(String,)> =
                sqlx::query_as("SELECT DISTINCT chain FROM audit_entries WHERE at < $1")
                    .bind(end)
                    .fetch_all(&mut *tx)
                    .await?;
            let mut statement = Statement::default();
            let mut removed = 0;
            for (chain,) in chains {
                let kept: Option<(i64,)> = sqlx::query_as(
                    "SELECT sequence FROM audit_entries WHERE chain = $1 AND at >= $2 ORDER BY sequence LIMIT 1"
                )
                .bind(&chain)
                .bind(end)
                .fetch_optional(&mut *tx)
                .await?;
                let kept = kept.map_or(i64::MAX, |(sequence,)| sequence);
                let piece: Vec<(i64, Vec<u8>)> = sqlx::query_as(
                    "SELECT sequence, hash FROM audit_entries WHERE chain = $1 AND sequence < $2 ORDER BY sequence LIMIT $3"
                )
                .bind(&chain)
                .bind(kept)
                .bind(PIECE)
                .fetch_all(&mut *tx)
                .await?;
                let Some((last, hash)) = piece.last() else {
                    continue;
                };
                removed += execute!(
                    tx,
                    "DELETE FROM audit_entries WHERE chain = $1 AND sequence <= $2",
                    &chain, *last
                );
                statement.purged.insert(chain, StatedHead::new(*last, hash));
            }
            if removed == 0 {
                return Ok((0, BTreeMap::new()));
            }
            let stated = statement.purged.clone();
            // The last of these checkpoints is the only one that is needed, because it repeats the earlier ones.
            for (chain, head) in purged {
                statement.purged.entry(chain.clone()).or_insert_with(|| head.clone());
            }
            execute!(
                tx,
                "DELETE FROM audit_chains WHERE closed = 1 AND NOT EXISTS (SELECT 1 FROM audit_entries WHERE chain = audit_chains.chain)"
            );
            let record = NewAudit {
                kind: kind::CHECKPOINT.to_owned(),
                statement: Some(statement.to_text()),
                ..checkpoint.clone()
            };
            write_audit!(tx, &record);
            (removed, stated)
        })
    }
}

/// Returns the end of the day (UTC) of a time.
fn day_end(at: i64) -> i64 {
    at.div_euclid(DAY).saturating_add(1).saturating_mul(DAY)
}
