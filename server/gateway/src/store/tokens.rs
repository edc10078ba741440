//! Table of API tokens.

use super::rows::{ListPosition, NewAudit, TokenRow, is_storable};
use super::{Store, StoreEvent, announce, change, execute, read, with_reader, write_audit};

macro_rules! columns {
    () => {
        "id, name, role, token_hash, expires_at, created_at, created_by, bounds"
    };
}

/// Selects rows with all columns.
macro_rules! select {
    ($rest:literal) => {
        concat!("SELECT ", columns!(), " FROM api_tokens ", $rest)
    };
}

macro_rules! insert {
    ($tx:ident, $row:expr) => {
        execute!(
            $tx,
            concat!(
                "INSERT INTO api_tokens (",
                columns!(),
                ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"
            ),
            &$row.id,
            &$row.name,
            &$row.role,
            &$row.token_hash,
            $row.expires_at,
            $row.created_at,
            &$row.created_by,
            &$row.bounds
        )
    };
}

impl Store {
    pub(crate) async fn insert_token(&self, row: &TokenRow, audit: &NewAudit) -> sqlx::Result<()> {
        change!(self, tx => {
            insert!(tx, row);
            write_audit!(tx, audit);
        })
    }

    /// Inserts the token only if no valid token with this role exists. If several gateways start together, one of them inserts a token.
    pub(crate) async fn insert_first_token(
        &self,
        row: &TokenRow,
        audit: &NewAudit,
    ) -> sqlx::Result<bool> {
        let alone = match self.shared() {
            Some(_) => "LOCK TABLE api_tokens IN SHARE ROW EXCLUSIVE MODE",
            None => "SELECT 1",
        };
        change!(self, tx => {
            execute!(tx, alone);
            let good: i64 = sqlx::query_scalar(
                "SELECT count(*) FROM api_tokens WHERE role = $1 AND (expires_at IS NULL OR expires_at > $2)"
            )
            .bind(&row.role)
            .bind(row.created_at)
            .fetch_one(&mut *tx)
            .await?;
            if good > 0 {
                return Ok(false);
            }
            insert!(tx, row);
            write_audit!(tx, audit);
            true
        })
    }

    pub(crate) async fn token_by_hash(&self, hash: &[u8]) -> sqlx::Result<Option<TokenRow>> {
        read!(self, fetch_optional, select!("WHERE token_hash = $1"), hash)
    }

    pub(crate) async fn token(&self, id: &str) -> sqlx::Result<Option<TokenRow>> {
        if !is_storable(id) {
            return Ok(None);
        }
        read!(self, fetch_optional, select!("WHERE id = $1"), id)
    }

    /// Lists the tokens, or those that one token created, before a position, newest first.
    pub(crate) async fn tokens(
        &self,
        created_by: Option<&str>,
        before: &ListPosition,
        limit: i64,
    ) -> sqlx::Result<Vec<TokenRow>> {
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

    /// Deletes a token. Returns whether the token existed.
    pub(crate) async fn delete_token(&self, id: &str, audit: &NewAudit) -> sqlx::Result<bool> {
        if !is_storable(id) {
            return Ok(false);
        }
        change!(self, tx => {
            let done = execute!(tx, "DELETE FROM api_tokens WHERE id = $1", id);
            if done == 0 {
                return Ok(false);
            }
            write_audit!(tx, audit);
            announce!(self, tx, StoreEvent::Token(id.to_owned()));
            true
        })
    }

    /// Deletes the expired tokens with an audit record for each.
    pub(crate) async fn purge_tokens(&self, now: i64, audit: &NewAudit) -> sqlx::Result<u64> {
        change!(self, tx => {
            let gone: Vec<(String, String)> = sqlx::query_as(
                "DELETE FROM api_tokens WHERE expires_at <= $1 RETURNING id, name"
            )
            .bind(now)
            .fetch_all(&mut *tx)
            .await?;
            for (actor, actor_name) in &gone {
                let expired = NewAudit {
                    actor: actor.clone(),
                    actor_name: actor_name.clone(),
                    ..audit.clone()
                };
                write_audit!(tx, &expired);
            }
            gone.len() as u64
        })
    }
}
