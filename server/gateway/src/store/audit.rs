//! Table of audit entries. Entries are only added; [`super::audit_purge`] removes old ones.

use std::sync::atomic::Ordering;
use std::sync::{OnceLock, PoisonError};

use sqlx::QueryBuilder;

use super::audit_target::target_texts;
use super::chain::{Chain, Entry, EntryHash, Head};
use super::rows::{AuditRow, NewAudit, is_storable};
use super::{Change, Pool, Store, with_reader};
use crate::model::audit::AuditQuery;

/// Maximum number of entries per statement.
pub(crate) const MOST_RECORDS: usize = 1 << (SIZES - 1);

/// Number of columns that a statement writes.
const COLUMNS: usize = 27;

/// Number of statement sizes: 1, 2, 4 and so on.
const SIZES: usize = 9;

/// Columns of a record.
macro_rules! record_columns {
    () => {
        "kind, call_id, at, actor, actor_name, client, action, account_id, server_id, tool, effect, outcome, duration_ms, upstream_status, target, fields, value_before, value_after, peer, request_id, trace_id, statement"
    };
}

/// Columns of an entry without its number, which the database assigns.
macro_rules! entry_columns {
    () => {
        concat!(
            "sequence, chain, key_id, hash, signature, ",
            $crate::store::audit::record_columns!()
        )
    };
}

pub(super) use {entry_columns, record_columns};

/// Databases to which entries are written.
pub(super) trait AuditDatabase: sqlx::Database {
    /// Writes up to [`MOST_RECORDS`] entries in one statement.
    fn insert(
        connection: &mut Self::Connection,
        chain: &Chain,
        entries: Vec<Entry>,
        durable: bool,
    ) -> impl Future<Output = sqlx::Result<()>> + Send;

    /// Returns the last entry of a chain.
    fn last(
        connection: &mut Self::Connection,
        chain: &str,
    ) -> impl Future<Output = sqlx::Result<Option<Head>>> + Send;
}

macro_rules! audit_database {
    ($database:ty) => {
        impl AuditDatabase for $database {
            async fn insert(
                connection: &mut Self::Connection,
                chain: &Chain,
                entries: Vec<Entry>,
                durable: bool,
            ) -> sqlx::Result<()> {
                let rows = entries.len().next_power_of_two();
                let unused = rows - entries.len();
                let used = entries.into_iter().map(Some);
                let mut query = sqlx::query(<$database>::insertion(rows));
                for entry in used.chain(std::iter::repeat_with(|| None).take(unused)) {
                    // A row without a sequence is not written.
                    let sequence = entry.as_ref().map(|entry| entry.head.sequence);
                    let hash = entry.as_ref().map(|entry| entry.head.hash.to_vec());
                    let (signature, record) = entry
                        .map(|entry| (entry.signature, entry.record))
                        .unwrap_or_default();
                    query = query
                        .bind(sequence)
                        .bind(chain.id.clone())
                        .bind(chain.key_id().to_owned())
                        .bind(hash)
                        .bind(signature)
                        .bind(record.kind)
                        .bind(record.call_id)
                        .bind(record.at)
                        .bind(record.actor)
                        .bind(record.actor_name)
                        .bind(record.client)
                        .bind(record.action)
                        .bind(record.account_id)
                        .bind(record.server_id)
                        .bind(record.tool)
                        .bind(record.effect)
                        .bind(record.outcome)
                        .bind(record.duration_ms)
                        .bind(record.upstream_status)
                        .bind(record.target)
                        .bind(record.fields)
                        .bind(record.value_before)
                        .bind(record.value_after)
                        .bind(record.peer)
                        .bind(record.request_id)
                        .bind(record.trace_id)
                        .bind(record.statement);
                }
                if let Some(value) = <$database>::synchronous_commit(durable) {
                    query = query.bind(value);
                }
                query.execute(connection).await.map(|_| ())
            }

            async fn last(
                connection: &mut Self::Connection,
                chain: &str,
            ) -> sqlx::Result<Option<Head>> {
                let last: Option<(i64, Vec<u8>)> = sqlx::query_as(
                    "SELECT sequence, hash FROM audit_entries WHERE chain = $1 ORDER BY sequence DESC LIMIT 1",
                )
                .bind(chain)
                .fetch_optional(connection)
                .await?;
                Ok(last.map(|(sequence, hash)| Head {
                    sequence,
                    hash: EntryHash::try_from(hash).unwrap_or_default(),
                }))
            }
        }
    };
}

/// Differences between the databases.
trait Dialect {
    /// Returns the statement that inserts this number of rows, a power of two, except rows without a sequence. A statement for each number of records would have to be prepared each time.
    fn insertion(rows: usize) -> &'static str;

    /// Returns the value of `synchronous_commit` for the transaction of the statement, if the statement sets it.
    fn synchronous_commit(durable: bool) -> Option<&'static str>;
}

impl Dialect for sqlx::Sqlite {
    fn insertion(rows: usize) -> &'static str {
        static STATEMENTS: [OnceLock<String>; SIZES] = [const { OnceLock::new() }; SIZES];
        // SQLite also accepts `$1`, but as a name that it looks up for each value.
        STATEMENTS[rows.ilog2() as usize].get_or_init(|| insertion(rows, |_| "?".to_owned()))
    }

    fn synchronous_commit(_: bool) -> Option<&'static str> {
        None
    }
}

impl Dialect for sqlx::Postgres {
    fn insertion(rows: usize) -> &'static str {
        static STATEMENTS: [OnceLock<String>; SIZES] = [const { OnceLock::new() }; SIZES];
        STATEMENTS[rows.ilog2() as usize].get_or_init(|| {
            let insertion = insertion(rows, |number| format!("${number}"));
            let value = rows * COLUMNS + 1;
            // The setting applies to the commit of this statement or of the transaction that contains it.
            format!("{insertion} AND set_config('synchronous_commit', ${value}, true) IS NOT NULL")
        })
    }

    fn synchronous_commit(durable: bool) -> Option<&'static str> {
        Some(if durable { "on" } else { "off" })
    }
}

audit_database!(sqlx::Sqlite);
audit_database!(sqlx::Postgres);

fn insertion(rows: usize, parameter: impl Fn(usize) -> String) -> String {
    let row = |row: usize| {
        let numbers = row * COLUMNS + 1..=(row + 1) * COLUMNS;
        let parameters: Vec<_> = numbers.map(&parameter).collect();
        format!("({})", parameters.join(", "))
    };
    let values: Vec<_> = (0..rows).map(row).collect();
    format!(
        "INSERT INTO audit_entries ({}) SELECT * FROM (VALUES {}) AS record WHERE column1 IS NOT NULL",
        entry_columns!(),
        values.join(", ")
    )
}

impl Store {
    /// Writes up to [`MOST_RECORDS`] records in one transaction. If `durable` is set, returns after the disk has them.
    pub(crate) async fn insert_audit(
        &self,
        records: Vec<NewAudit>,
        durable: bool,
    ) -> sqlx::Result<()> {
        if records.is_empty() {
            return Ok(());
        }
        match &self.pool {
            Pool::Sqlite(sqlite) => {
                let mut writer = sqlite.writer.lock().await;
                let writer = writer.as_mut().ok_or(sqlx::Error::PoolClosed)?;
                sqlite.prepare(writer, durable).await?;
                let mut chain = self.chain.lock().await;
                let chain = chain.as_mut().ok_or(sqlx::Error::PoolClosed)?;
                append::<sqlx::Sqlite>(writer, chain, false, records, durable).await?;
                self.show(chain, durable);
            }
            Pool::Postgres(pool) => {
                let mut connection = pool.acquire().await?;
                let mut chain = self.chain.lock().await;
                let chain = chain.as_mut().ok_or(sqlx::Error::PoolClosed)?;
                let durable = durable || chain.must_be_durable();
                let doubt = self.doubt.swap(false, Ordering::Relaxed);
                append::<sqlx::Postgres>(&mut connection, chain, doubt, records, durable).await?;
                self.show(chain, durable);
            }
        }
        Ok(())
    }

    /// Writes the audit records of a transaction and commits it.
    pub(super) async fn commit<Db: AuditDatabase>(
        &self,
        change: Change<'_, Db>,
    ) -> sqlx::Result<()> {
        let Change {
            mut transaction,
            records,
        } = change;
        if records.is_empty() {
            return transaction.commit().await;
        }
        // Locked after the transaction has its connection, because the holder of the lock must never wait for one.
        let mut chain = self.chain.lock().await;
        let chain = chain.as_mut().ok_or(sqlx::Error::PoolClosed)?;
        let doubt = self.doubt.swap(false, Ordering::Relaxed);
        append::<Db>(&mut transaction, chain, doubt, records, true).await?;
        transaction.commit().await?;
        self.show(chain, true);
        Ok(())
    }

    /// Records that the last entries of the chain were committed.
    fn show(&self, chain: &mut Chain, durable: bool) {
        let head = chain.confirm(durable);
        *self.head.lock().unwrap_or_else(PoisonError::into_inner) = Some((chain.id.clone(), head));
    }

    /// Returns the id of the chain of this process and its last committed entry.
    pub(crate) fn chain_head(&self) -> Option<(String, Head)> {
        let head = self.head.lock();
        head.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Lists the records that match the filter and have a lower number than `before`, newest first. An intent is left out if its outcome is known, because the outcome repeats it.
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
            ("client", &filter.client),
            ("peer", &filter.peer),
            ("request_id", &filter.request_id),
        ];
        if texts
            .into_iter()
            .chain([("target", &filter.target)])
            .filter_map(|(_, text)| text.as_deref())
            .any(|text| !is_storable(text))
        {
            return Ok(Vec::new());
        }
        let times = [(" AND at >= ", filter.since), (" AND at < ", filter.until)];
        let start = concat!(
            "SELECT number, ",
            record_columns!(),
            " FROM audit_entries AS entry WHERE (kind <> 'intent' OR NOT EXISTS (SELECT 1 FROM audit_entries AS later WHERE later.call_id = entry.call_id AND later.kind = 'outcome')) AND number < "
        );
        with_reader!(self, pool => {
            let mut query = QueryBuilder::<Db>::new(start);
            query.push_bind(before);
            for (column, value) in texts {
                if let Some(value) = value {
                    query.push(" AND ").push(column).push(" = ").push_bind(value);
                }
            }
            if let Some(target) = &filter.target {
                query.push(" AND (");
                for (index, [one, other]) in target_texts(target).into_iter().enumerate() {
                    // A text contains another if its length changes when the other is removed. Unlike `LIKE`, this has no wildcards, and SQLite and PostgreSQL agree about case.
                    query.push(if index > 0 { " OR (" } else { "(" });
                    query.push("target <> replace(target, ").push_bind(one);
                    query.push(", '') AND target <> replace(target, ").push_bind(other);
                    query.push(", ''))");
                }
                query.push(")");
            }
            for (condition, time) in times {
                if let Some(time) = time {
                    query.push(condition).push_bind(time.as_microsecond());
                }
            }
            query.push(" ORDER BY number DESC LIMIT ").push_bind(limit);
            query.build_query_as().fetch_all(pool).await
        })
    }

    /// Returns which of these calls have an outcome.
    pub(crate) async fn calls_with_outcome(&self, calls: &[String]) -> sqlx::Result<Vec<String>> {
        if calls.is_empty() {
            return Ok(Vec::new());
        }
        with_reader!(self, pool => {
            let mut query = QueryBuilder::<Db>::new(
                "SELECT call_id FROM audit_entries WHERE kind = 'outcome' AND call_id IN (",
            );
            let mut list = query.separated(", ");
            for call in calls {
                list.push_bind(call);
            }
            list.push_unseparated(")");
            query.build_query_scalar().fetch_all(pool).await
        })
    }

    /// Returns the time of the newest entry.
    pub(crate) async fn newest_audit(&self) -> sqlx::Result<Option<i64>> {
        with_reader!(self, pool => {
            sqlx::query_scalar("SELECT max(at) FROM audit_entries").fetch_one(pool).await
        })
    }
}

/// Appends records to the chain. They count as written only after [`Chain::confirm`]. If `doubt` is set, the database may have lost entries that were not on disk.
async fn append<Db: AuditDatabase>(
    connection: &mut Db::Connection,
    chain: &mut Chain,
    doubt: bool,
    mut records: Vec<NewAudit>,
    durable: bool,
) -> sqlx::Result<()> {
    if doubt || !chain.is_certain() {
        let last = Db::last(connection, &chain.id).await?;
        if !chain.settle(last) {
            tracing::error!(
                chain = chain.id,
                "the audit log was changed outside of the gateway"
            );
        }
    }
    for record in &mut records {
        record.make_storable();
    }
    let mut entries = chain.link(records).into_iter();
    loop {
        let some: Vec<_> = entries.by_ref().take(MOST_RECORDS).collect();
        if some.is_empty() {
            return Ok(());
        }
        Db::insert(connection, chain, some, durable).await?;
    }
}
