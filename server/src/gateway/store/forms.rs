//! Forms of the admin page that were sent, in the store, so that it does not matter which gateway gets one again.

use super::{Store, change};

impl Store {
    /// Remembers a form; whether it was not there.
    pub(crate) async fn insert_form(&self, hash: &[u8], at: i64) -> sqlx::Result<bool> {
        change!(self, tx => {
            let done = sqlx::query("INSERT INTO forms (hash, at) VALUES ($1, $2) ON CONFLICT DO NOTHING")
                .bind(hash)
                .bind(at)
                .execute(&mut *tx)
                .await?;
            done.rows_affected() == 1
        })
    }

    /// Forgets a form.
    pub(crate) async fn delete_form(&self, hash: &[u8]) -> sqlx::Result<()> {
        change!(self, tx => {
            sqlx::query("DELETE FROM forms WHERE hash = $1")
                .bind(hash)
                .execute(&mut *tx)
                .await?;
        })
    }

    /// Forgets the forms from before a time.
    pub(crate) async fn purge_forms(&self, before: i64) -> sqlx::Result<u64> {
        change!(self, tx => {
            let done = sqlx::query("DELETE FROM forms WHERE at < $1")
                .bind(before)
                .execute(&mut *tx)
                .await?;
            done.rows_affected()
        })
    }
}
