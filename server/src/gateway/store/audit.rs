//! The audit log in the store.

use sqlx::QueryBuilder;

use super::rows::{AuditRow, NewAudit};
use super::{Store, audit_columns, change, on};
use crate::gateway::model::AuditQuery;

impl Store {
    /// Writes all records in one transaction.
    pub(crate) async fn insert_audit(&self, records: &[NewAudit]) -> sqlx::Result<()> {
        if records.is_empty() {
            return Ok(());
        }
        let start = concat!("INSERT INTO audit (", audit_columns!(), ") ");
        on!(self, pool => {
            let _turn = self.turn().await;
            let mut query = QueryBuilder::<Db>::new(start);
            query.push_values(records, |mut row, record| {
                row.push_bind(record.at)
                    .push_bind(&record.actor)
                    .push_bind(&record.actor_name)
                    .push_bind(&record.action)
                    .push_bind(&record.account_id)
                    .push_bind(&record.server_id)
                    .push_bind(&record.tool)
                    .push_bind(record.effect)
                    .push_bind(&record.outcome)
                    .push_bind(record.duration_ms)
                    .push_bind(record.upstream_status);
            });
            // One statement is one transaction. With many records it is never the same again, so it is not kept.
            query
                .build()
                .persistent(records.len() == 1)
                .execute(pool)
                .await
                .map(|_| ())
        })
    }

    /// The records that the query means, before the one with this number, newest first.
    pub(crate) async fn audit(
        &self,
        filter: &AuditQuery,
        before: i64,
        limit: i64,
    ) -> sqlx::Result<Vec<AuditRow>> {
        let texts = [
            ("account_id", &filter.account_id),
            ("server_id", &filter.server_id),
            ("actor", &filter.actor),
            ("action", &filter.action),
            ("tool", &filter.tool),
            ("outcome", &filter.outcome),
        ];
        let times = [(" AND at >= ", filter.since), (" AND at < ", filter.until)];
        let start = concat!("SELECT id, ", audit_columns!(), " FROM audit WHERE id < ");
        on!(self, pool => {
            let mut query = QueryBuilder::<Db>::new(start);
            query.push_bind(before);
            for (column, value) in texts {
                if let Some(value) = value {
                    query.push(" AND ").push(column).push(" = ").push_bind(value);
                }
            }
            for (condition, time) in times {
                if let Some(time) = time {
                    query.push(condition).push_bind(time.as_microsecond());
                }
            }
            query.push(" ORDER BY id DESC LIMIT ").push_bind(limit);
            query.build_query_as().fetch_all(pool).await
        })
    }

    /// Deletes the records from before a time.
    pub(crate) async fn purge_audit(&self, before: i64) -> sqlx::Result<u64> {
        change!(self, tx => {
            let done = sqlx::query("DELETE FROM audit WHERE at < $1")
                .bind(before)
                .execute(&mut *tx)
                .await?;
            done.rows_affected()
        })
    }
}
