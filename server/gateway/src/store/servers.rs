//! Table of MCP servers.

use super::rows::{ListPosition, NewAudit, ServerRow, is_storable};
use super::{Store, StoreEvent, announce, change, execute, read, with_reader, write_audit};

macro_rules! columns {
    () => {
        "id, account_id, name, config, token_hash, expires_at, created_at, updated_at, created_by"
    };
}

/// Selects rows with all columns.
macro_rules! select {
    ($rest:literal) => {
        concat!("SELECT ", columns!(), " FROM servers ", $rest)
    };
}

impl Store {
    pub(crate) async fn insert_server(
        &self,
        row: &ServerRow,
        audit: &NewAudit,
    ) -> sqlx::Result<()> {
        change!(self, tx => {
            execute!(
                tx,
                concat!(
                    "INSERT INTO servers (", columns!(), ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)"
                ),
                &row.id, &row.account_id, &row.name, &row.config, &row.token_hash, row.expires_at,
                row.created_at, row.updated_at, &row.created_by
            );
            write_audit!(tx, audit);
        })
    }

    pub(crate) async fn server(
        &self,
        account_id: &str,
        id: &str,
    ) -> sqlx::Result<Option<ServerRow>> {
        if !is_storable(account_id) || !is_storable(id) {
            return Ok(None);
        }
        read!(
            self,
            fetch_optional,
            select!("WHERE id = $1 AND account_id = $2"),
            id,
            account_id
        )
    }

    pub(crate) async fn server_by_hash(&self, hash: &[u8]) -> sqlx::Result<Option<ServerRow>> {
        read!(self, fetch_optional, select!("WHERE token_hash = $1"), hash)
    }

    /// Lists the servers of one account or of all accounts, or those of them that one API token created, before a position, newest first.
    pub(crate) async fn servers(
        &self,
        account_id: Option<&str>,
        created_by: Option<&str>,
        before: &ListPosition,
        limit: i64,
    ) -> sqlx::Result<Vec<ServerRow>> {
        if created_by.is_some_and(|id| !is_storable(id)) {
            return Ok(Vec::new());
        }
        let Some(account_id) = account_id else {
            return read!(
                self,
                fetch_all,
                select!(
                    "WHERE (created_at, id) < ($1, $2) AND ($4 IS NULL OR created_by = $4) ORDER BY created_at DESC, id DESC LIMIT $3"
                ),
                before.created_at,
                &before.id,
                limit,
                created_by
            );
        };
        read!(
            self,
            fetch_all,
            select!(
                "WHERE account_id = $4 AND (created_at, id) < ($1, $2) AND ($5 IS NULL OR created_by = $5) ORDER BY created_at DESC, id DESC LIMIT $3"
            ),
            before.created_at,
            &before.id,
            limit,
            account_id,
            created_by
        )
    }

    /// Replaces a server if it still has the version `was`. Returns `false` if the server has changed and must be read again.
    pub(crate) async fn update_server(
        &self,
        row: &ServerRow,
        was: i64,
        audit: &NewAudit,
    ) -> sqlx::Result<bool> {
        change!(self, tx => {
            let done = execute!(
                tx,
                "UPDATE servers SET name = $1, config = $2, token_hash = $3, expires_at = $4, updated_at = $5 WHERE id = $6 AND updated_at = $7",
                &row.name, &row.config, &row.token_hash, row.expires_at, row.updated_at, &row.id,
                was
            );
            if done == 0 {
                return Ok(false);
            }
            write_audit!(tx, audit);
            announce!(self, tx, StoreEvent::Server(row.id.clone()));
            true
        })
    }

    /// Deletes a server. Returns whether the server existed.
    pub(crate) async fn delete_server(
        &self,
        account_id: &str,
        id: &str,
        audit: &NewAudit,
    ) -> sqlx::Result<bool> {
        if !is_storable(account_id) || !is_storable(id) {
            return Ok(false);
        }
        change!(self, tx => {
            let done = execute!(
                tx,
                "DELETE FROM servers WHERE id = $1 AND account_id = $2",
                id, account_id
            );
            if done == 0 {
                return Ok(false);
            }
            write_audit!(tx, audit);
            announce!(self, tx, StoreEvent::Server(id.to_owned()));
            true
        })
    }

    /// Deletes the expired servers with an audit record for each. If several gateways do this at the same time, each server is deleted by one of them.
    pub(crate) async fn purge_servers(&self, now: i64, audit: &NewAudit) -> sqlx::Result<u64> {
        change!(self, tx => {
            let gone: Vec<(String, String)> = sqlx::query_as(
                "DELETE FROM servers WHERE expires_at <= $1 RETURNING id, account_id"
            )
            .bind(now)
            .fetch_all(&mut *tx)
            .await?;
            for (server_id, account_id) in &gone {
                let expired = NewAudit {
                    account_id: Some(account_id.clone()),
                    server_id: Some(server_id.clone()),
                    ..audit.clone()
                };
                write_audit!(tx, &expired);
            }
            gone.len() as u64
        })
    }
}
