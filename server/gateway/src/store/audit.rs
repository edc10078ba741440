//! Table of audit records.

use std::sync::OnceLock;

use sqlx::QueryBuilder;

use super::rows::{AuditRow, NewAudit, is_storable};
use super::{Pool, Store, audit_columns, bind_audit, change, execute, with_reader, with_writer};
use crate::model::audit::AuditQuery;

/// Maximum number of records per statement.
pub(crate) const MOST_RECORDS: usize = 1 << (SIZES - 1);

/// Number of columns of a record.
const COLUMNS: usize = 11;

/// Number of statement sizes: 1, 2, 4 and so on.
const SIZES: usize = 9;

/// Returns the statement that inserts this number of rows, a power of two, except rows without a time. A statement for each number of records would have to be prepared each time.
fn insertion(database: &Pool, rows: usize) -> &'static str {
    static STATEMENTS: [[OnceLock<String>; SIZES]; 2] =
        [const { [const { OnceLock::new() }; SIZES] }; 2];
    // SQLite also accepts `$1`, but as a name that it looks up for each value.
    let (of_database, parameter): (_, fn(usize) -> String) = match database {
        Pool::Sqlite(_) => (&STATEMENTS[0], |_| "?".to_owned()),
        Pool::Postgres(_) => (&STATEMENTS[1], |number| format!("${number}")),
    };
    of_database[rows.ilog2() as usize].get_or_init(|| {
        let row = |row: usize| {
            let numbers = row * COLUMNS + 1..=(row + 1) * COLUMNS;
            let parameters: Vec<_> = numbers.map(parameter).collect();
            format!("({})", parameters.join(", "))
        };
        let values: Vec<_> = (0..rows).map(row).collect();
        format!(
            "INSERT INTO audit ({}) SELECT * FROM (VALUES {}) AS record WHERE column1 IS NOT NULL",
            audit_columns!(),
            values.join(", ")
        )
    })
}

impl Store {
    /// Writes up to [`MOST_RECORDS`] records in one statement and therefore in one transaction.
    pub(crate) async fn insert_audit(&self, records: Vec<NewAudit>) -> sqlx::Result<()> {
        if records.is_empty() {
            return Ok(());
        }
        let rows = records.len().next_power_of_two();
        let statement = insertion(&self.pool, rows);
        let unused = (None, NewAudit::default());
        let unused = std::iter::repeat_n(unused, rows - records.len());
        let used = records.into_iter().map(|record| (Some(record.at), record));
        with_writer!(self, connection => {
            let mut query = sqlx::query(statement);
            for (at, record) in used.chain(unused) {
                query = bind_audit!(query.bind(at), record);
            }
            query.execute(connection).await.map(|_| ())
        })
    }

    /// Lists the records that match the filter and have a lower number than `before`, newest first.
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
        if texts
            .into_iter()
            .filter_map(|(_, text)| text.as_deref())
            .any(|text| !is_storable(text))
        {
            return Ok(Vec::new());
        }
        let times = [(" AND at >= ", filter.since), (" AND at < ", filter.until)];
        let start = concat!("SELECT id, ", audit_columns!(), " FROM audit WHERE id < ");
        with_reader!(self, pool => {
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
            execute!(tx, "DELETE FROM audit WHERE at < $1", before)
        })
    }
}
