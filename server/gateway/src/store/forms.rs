//! Table of submitted forms of the admin page. The store is shared, so every gateway recognises a form that was submitted before.

use super::{Store, change, execute};

impl Store {
    /// Records a form. Returns `false` if the form was already recorded.
    pub(crate) async fn insert_form(&self, hash: &[u8], at: i64) -> sqlx::Result<bool> {
        change!(self, tx => {
            let done = execute!(
                tx,
                "INSERT INTO forms (hash, at) VALUES ($1, $2) ON CONFLICT DO NOTHING",
                hash, at
            );
            done == 1
        })
    }

    /// Deletes the record of a form.
    pub(crate) async fn delete_form(&self, hash: &[u8]) -> sqlx::Result<()> {
        change!(self, tx => {
            execute!(tx, "DELETE FROM forms WHERE hash = $1", hash);
        })
    }

    /// Deletes the records from before a time.
    pub(crate) async fn purge_forms(&self, before: i64) -> sqlx::Result<u64> {
        change!(self, tx => {
            execute!(tx, "DELETE FROM forms WHERE at < $1", before)
        })
    }
}
