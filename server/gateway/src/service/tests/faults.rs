//! Audit records while the store fails.

use super::audit::{check, first, outcomes, write_call};
use super::*;
use crate::store::rows::{kind, outcome};

/// Checks an intent and an outcome while another process has locked the SQLite file, or PostgreSQL accepts no connection.
#[test]
fn outcomes_are_written_after_a_failure_of_the_store() {
    on_each_store(async |place| {
        let (gateway, _) = open(place).await;
        let intent = write_call("call_1", kind::INTENT, outcome::PENDING);
        gateway.record_intent(intent).await.unwrap();
        let failure = Failure::start(place).await;
        let late = gateway.record_outcome(write_call("call_1", kind::OUTCOME, "ok"));
        let refused = gateway.record_intent(write_call("call_2", kind::INTENT, "pending"));
        let (late, refused) = futures_util::join!(late, refused);
        assert_eq!((late, refused), (Err(NotWritten), Err(NotWritten)));
        assert!(gateway.ready().await.is_err());
        gateway.record_later(write_call("call_2", kind::OUTCOME, "not_recorded"));
        failure.end().await;
        let mut expected = [("call_1", "ok"), ("call_2", "not_recorded")]
            .map(|(id, outcome)| (id.to_owned(), outcome.to_owned()));
        expected.sort();
        let written = async {
            loop {
                let mut found = outcomes(&gateway).await;
                found.sort();
                if found == expected {
                    break;
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        let written = tokio::time::timeout(Duration::from_secs(30), written).await;
        assert!(written.is_ok(), "{:?}", outcomes(&gateway).await);
        assert_eq!(first(&check(&gateway).await), "");
        while gateway.ready().await.is_err() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        gateway.close().await;
    });
}

/// Failure of a store.
enum Failure {
    /// Lock on the SQLite file.
    Locked(sqlx::SqliteConnection),
    /// Database without connections, with a connection to another one.
    Gone(sqlx::PgPool, String),
}

impl Failure {
    async fn start(place: &TestStore) -> Self {
        match &place.url {
            StoreUrl::Sqlite(path) => {
                let options = sqlx::sqlite::SqliteConnectOptions::new().filename(path);
                let mut connection = sqlx::ConnectOptions::connect(&options).await.unwrap();
                let lock = sqlx::query("BEGIN IMMEDIATE").execute(&mut connection);
                lock.await.unwrap();
                Self::Locked(connection)
            }
            StoreUrl::Postgres(url) => {
                let name = url.expose_secret().rsplit('/').next().unwrap();
                let name = name.split('?').next().unwrap().to_owned();
                let server = std::env::var("TEST_POSTGRES_URL").unwrap();
                let pool = sqlx::PgPool::connect(&server).await.unwrap();
                let failure = Self::Gone(pool, name);
                failure.allow_connections(false).await;
                failure
            }
        }
    }

    async fn allow_connections(&self, allowed: bool) {
        let Self::Gone(pool, name) = self else {
            return;
        };
        let statements = [
            format!("ALTER DATABASE {name} ALLOW_CONNECTIONS {allowed}"),
            format!(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"
            ),
        ];
        for statement in statements {
            let statement = sqlx::query(sqlx::AssertSqlSafe(statement));
            statement.execute(pool).await.unwrap();
        }
    }

    async fn end(self) {
        self.allow_connections(true).await;
        if let Self::Locked(mut connection) = self {
            let unlock = sqlx::query("ROLLBACK").execute(&mut connection);
            unlock.await.unwrap();
        }
    }
}
