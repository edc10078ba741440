//! Stores of earlier versions.

use std::borrow::Cow;
use std::time::Instant;

use super::audit::{check, first};
use super::*;

/// Number of audit records in the store of the earlier version.
const RECORDS: i64 = 20_000;

const FILL: &str = "WITH RECURSIVE numbers(number) AS (SELECT 1 UNION ALL SELECT number + 1 FROM numbers WHERE number < 20000)
    INSERT INTO audit (at, actor, actor_name, action, account_id, server_id, tool, effect, outcome, duration_ms, upstream_status)
    SELECT 1790000000000000 + number, 'mcp_1', 'agent', 'call', 'acc_1', 'mcp_1', 'list_users', 'read', 'ok', number % 100, 200 FROM numbers";

const OLD_WRITE: &str = "INSERT INTO audit (at, actor, actor_name, action, outcome, duration_ms) VALUES (1, '', '', '', '', 0)";

macro_rules! fill {
    ($pool:expr, $folder:literal) => {{
        let pool = $pool;
        let mut migrator = sqlx::migrate!($folder);
        let first = migrator.migrations.iter().filter(|it| it.version <= 2);
        migrator.migrations = Cow::Owned(first.cloned().collect());
        migrator.run(&pool).await.unwrap();
        sqlx::query(FILL).execute(&pool).await.unwrap();
        pool
    }};
}

#[test]
fn records_of_earlier_versions_are_kept_and_chained() {
    on_each_store(async |place| {
        let old: Box<dyn Fn() -> _> = match &place.url {
            StoreUrl::Sqlite(path) => {
                let options = sqlx::sqlite::SqliteConnectOptions::new()
                    .filename(path)
                    .create_if_missing(true);
                let pool = sqlx::SqlitePool::connect_with(options).await.unwrap();
                let pool = fill!(pool, "migrations/sqlite");
                Box::new(move || {
                    let pool = pool.clone();
                    Box::pin(async move {
                        let write = sqlx::query(OLD_WRITE).execute(&pool).await;
                        write.map(drop).map_err(|error| error.to_string())
                    })
                        as futures_util::future::BoxFuture<'static, Result<(), String>>
                })
            }
            StoreUrl::Postgres(url) => {
                let pool = sqlx::PgPool::connect(url.expose_secret()).await.unwrap();
                let pool = fill!(pool, "migrations/postgres");
                Box::new(move || {
                    let pool = pool.clone();
                    Box::pin(async move {
                        let write = sqlx::query(OLD_WRITE).execute(&pool).await;
                        write.map(drop).map_err(|error| error.to_string())
                    })
                })
            }
        };
        assert_eq!(old().await, Ok(()));

        let started = Instant::now();
        let (gateway, _) = open(place).await;
        assert!(started.elapsed() < Duration::from_secs(60));
        // A gateway of the earlier version cannot write records outside of the chains.
        let refused = old().await.unwrap_err();
        assert!(refused.contains("audit"), "{refused}");

        let good = check(&gateway).await;
        assert_eq!(first(&good), "");
        // The checkpoint at the start and the first API token.
        assert_eq!(good.entries, u64::try_from(RECORDS).unwrap() + 3);
        let query = AuditQuery {
            tool: Some("list_users".to_owned()),
            ..AuditQuery::default()
        };
        let page = gateway.audit(&Principal::gateway(), query).await.unwrap();
        assert_eq!(page.result[0].id, RECORDS);
        assert_eq!(page.result[0].outcome, "ok");
        let new = AuditQuery {
            action: Some("gateway.start".to_owned()),
            ..AuditQuery::default()
        };
        let page = gateway.audit(&Principal::gateway(), new).await.unwrap();
        assert!(page.result[0].id > RECORDS);
        gateway
            .0
            .store
            .tamper("UPDATE audit_entries SET outcome = 'x' WHERE number = 500")
            .await
            .unwrap();
        let changed = check(&gateway).await;
        assert!(
            first(&changed).starts_with("record 500 "),
            "{}",
            first(&changed)
        );
        gateway.close().await;
    });
}
