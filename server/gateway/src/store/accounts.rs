//! Table of accounts.

use super::rows::{AccountRow, ListPosition, NewAudit, is_storable};
use super::{Store, StoreEvent, announce, change, execute, read, with_reader, write_audit};
use crate::vault::SealedText;

/// Format of credentials that are encrypted for their destination.
pub(crate) const SEAL_FORMAT: i64 = 2;

macro_rules! columns {
    () => {
        "id, name, base_url, api, ca_certificate, key_id, secrets, seal_format, created_at, updated_at, created_by"
    };
}

/// Selects rows with all columns.
macro_rules! select {
    ($rest:literal) => {
        concat!("SELECT ", columns!(), " FROM accounts ", $rest)
    };
}

impl Store {
    pub(crate) async fn insert_account(
        &self,
        row: &AccountRow,
        audit: &NewAudit,
    ) -> sqlx::Result<()> {
        change!(self, tx => {
            execute!(
                tx,
                concat!(
                    "INSERT INTO accounts (", columns!(), ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"
                ),
                &row.id, &row.name, &row.base_url, &row.api, &row.ca_certificate, &row.key_id,
                &row.secrets, row.seal_format, row.created_at, row.updated_at, &row.created_by
            );
            write_audit!(tx, audit);
        })
    }

    pub(crate) async fn account(&self, id: &str) -> sqlx::Result<Option<AccountRow>> {
        if !is_storable(id) {
            return Ok(None);
        }
        read!(self, fetch_optional, select!("WHERE id = $1"), id)
    }

    /// Lists the accounts, or those that one API token created, before a position, newest first.
    pub(crate) async fn accounts(
        &self,
        created_by: Option<&str>,
        before: &ListPosition,
        limit: i64,
    ) -> sqlx::Result<Vec<AccountRow>> {
        if created_by.is_some_and(|id| !is_storable(id)) {
            return Ok(Vec::new());
        }
        read!(
            self,
            fetch_all,
            select!(
                "WHERE (created_at, id) < ($1, $2) AND ($4 IS NULL OR created_by = $4) ORDER BY created_at DESC, id DESC LIMIT $3"
            ),
            before.created_at,
            &before.id,
            limit,
            created_by
        )
    }

    /// Replaces an account if it still has the version `was`. Returns `false` if the account has changed and must be read again.
    pub(crate) async fn update_account(
        &self,
        row: &AccountRow,
        was: i64,
        audit: Option<&NewAudit>,
    ) -> sqlx::Result<bool> {
        change!(self, tx => {
            let done = execute!(
                tx,
                "UPDATE accounts SET name = $1, base_url = $2, api = $3, ca_certificate = $4, key_id = $5, secrets = $6, seal_format = $7, updated_at = $8 WHERE id = $9 AND updated_at = $10",
                &row.name, &row.base_url, &row.api, &row.ca_certificate, &row.key_id, &row.secrets,
                row.seal_format, row.updated_at, &row.id, was
            );
            if done == 0 {
                return Ok(false);
            }
            if let Some(audit) = audit {
                write_audit!(tx, audit);
            }
            announce!(self, tx, StoreEvent::Account(row.id.clone()));
            true
        })
    }

    /// Deletes an account and its servers with an audit record for each. Returns whether the account existed.
    pub(crate) async fn delete_account(&self, id: &str, audit: &NewAudit) -> sqlx::Result<bool> {
        if !is_storable(id) {
            return Ok(false);
        }
        change!(self, tx => {
            let servers: Vec<String> =
                sqlx::query_scalar("DELETE FROM servers WHERE account_id = $1 RETURNING id")
                    .bind(id)
                    .fetch_all(&mut *tx)
                    .await?;
            let done = execute!(tx, "DELETE FROM accounts WHERE id = $1", id);
            if done == 0 {
                return Ok(false);
            }
            for server in servers {
                let revoked = NewAudit {
                    action: "server.revoke".to_owned(),
                    server_id: Some(server),
                    ..audit.clone()
                };
                write_audit!(tx, &revoked);
            }
            write_audit!(tx, audit);
            announce!(self, tx, StoreEvent::Account(id.to_owned()));
            true
        })
    }

    /// Returns the ids of the keys that encrypt the stored credentials.
    pub(crate) async fn key_ids(&self) -> sqlx::Result<Vec<String>> {
        with_reader!(self, pool => {
            sqlx::query_scalar("SELECT DISTINCT key_id FROM accounts")
                .fetch_all(pool)
                .await
        })
    }

    /// Stores re-encrypted credentials if the account has not changed in the meantime. No other data changes, so nothing is announced.
    pub(crate) async fn reencrypt_account(
        &self,
        row: &AccountRow,
        was_key: &str,
    ) -> sqlx::Result<bool> {
        change!(self, tx => {
            let done = execute!(
                tx,
                "UPDATE accounts SET key_id = $1, secrets = $2, seal_format = $3 WHERE id = $4 AND updated_at = $5 AND key_id = $6",
                &row.key_id, &row.secrets, row.seal_format, &row.id, row.updated_at, was_key
            );
            done == 1
        })
    }

    /// Converts the credentials that an older version has stored, and returns the number of accounts. This is done once for a store: afterwards, somebody with the database cannot make the gateway accept credentials in an older format, which are not encrypted for a destination.
    pub(crate) async fn convert_seals(
        &self,
        convert: impl Fn(&AccountRow) -> Option<SealedText>,
        audit: &NewAudit,
    ) -> sqlx::Result<u64> {
        let alone = match self.shared() {
            Some(_) => "LOCK TABLE seal_formats IN SHARE ROW EXCLUSIVE MODE",
            None => "SELECT 1",
        };
        change!(self, tx => {
            execute!(tx, alone);
            let noted = execute!(
                tx,
                "INSERT INTO seal_formats (format, at) VALUES ($1, $2) ON CONFLICT (format) DO NOTHING",
                SEAL_FORMAT, audit.at
            );
            let rows: Vec<AccountRow> = sqlx::query_as(select!("ORDER BY id"))
                .fetch_all(&mut *tx)
                .await?;
            // If some rows have the new format, all rows were converted before, and somebody has removed the note.
            if noted == 0 || rows.iter().any(|row| row.seal_format.is_some()) {
                return Ok(0);
            }
            let mut converted = 0;
            for row in rows {
                let Some(sealed) = convert(&row) else {
                    continue;
                };
                converted += execute!(
                    tx,
                    "UPDATE accounts SET key_id = $1, secrets = $2, seal_format = $3 WHERE id = $4",
                    sealed.key_id, sealed.bytes, SEAL_FORMAT, &row.id
                );
                let audit = NewAudit {
                    account_id: Some(row.id),
                    ..audit.clone()
                };
                write_audit!(tx, &audit);
            }
            converted
        })
    }
}
