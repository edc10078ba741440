//! Table of sessions of the admin page whose visitors have signed out. The store is shared, so every gateway rejects their cookies.

use super::{Store, change, execute, read, with_reader};

impl Store {
    /// Records that a session has ended. `ends_at` is the time at which its cookie expires.
    pub(crate) async fn end_session(&self, hash: &[u8], ends_at: i64) -> sqlx::Result<()> {
        change!(self, tx => {
            execute!(
                tx,
                "INSERT INTO ended_sessions (hash, ends_at) VALUES ($1, $2) ON CONFLICT DO NOTHING",
                hash, ends_at
            );
        })
    }

    /// Returns whether a session has ended.
    pub(crate) async fn is_ended_session(&self, hash: &[u8]) -> sqlx::Result<bool> {
        let found: Option<(i64,)> = read!(
            self,
            fetch_optional,
            "SELECT ends_at FROM ended_sessions WHERE hash = $1",
            hash
        )?;
        Ok(found.is_some())
    }

    /// Deletes the sessions whose cookies expired before a time.
    pub(crate) async fn purge_sessions(&self, before: i64) -> sqlx::Result<u64> {
        change!(self, tx => {
            execute!(tx, "DELETE FROM ended_sessions WHERE ends_at < $1", before)
        })
    }
}
