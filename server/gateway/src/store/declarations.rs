//! Tables of applied declarations of configuration files and of revoked server tokens.

use super::{Store, change, execute, read, with_reader};

/// Declaration of a configuration file that was applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DeclarationKey<'k> {
    /// Name of the account.
    pub(crate) account: &'k str,
    /// Name of the server; empty for the account itself.
    pub(crate) server: &'k str,
}

impl Store {
    /// Returns the hash of the declaration that was last applied.
    pub(crate) async fn declaration(
        &self,
        key: &DeclarationKey<'_>,
    ) -> sqlx::Result<Option<Vec<u8>>> {
        let found: Option<(Vec<u8>,)> = read!(
            self,
            fetch_optional,
            "SELECT hash FROM declarations WHERE account = $1 AND server = $2",
            key.account,
            key.server
        )?;
        Ok(found.map(|(hash,)| hash))
    }

    /// Records a declaration that was applied, and the server to which it was applied.
    pub(crate) async fn put_declaration(
        &self,
        key: &DeclarationKey<'_>,
        hash: &[u8],
        server_id: Option<&str>,
    ) -> sqlx::Result<()> {
        change!(self, tx => {
            execute!(
                tx,
                "INSERT INTO declarations (account, server, hash, server_id) VALUES ($1, $2, $3, $4) ON CONFLICT (account, server) DO UPDATE SET hash = $3, server_id = $4",
                key.account, key.server, hash, server_id
            );
        })
    }

    /// Notes that no server is declared at present. The hashes stay, so that a declaration that returns unchanged is not applied again.
    pub(crate) async fn forget_declared_servers(&self) -> sqlx::Result<()> {
        change!(self, tx => {
            execute!(tx, "UPDATE declarations SET server_id = NULL WHERE server_id IS NOT NULL");
        })
    }

    /// Returns the ids of the servers that a configuration file declares.
    pub(crate) async fn declared_servers(&self) -> sqlx::Result<Vec<String>> {
        let found: Vec<(String,)> = read!(
            self,
            fetch_all,
            "SELECT server_id FROM declarations WHERE server_id IS NOT NULL"
        )?;
        Ok(found.into_iter().map(|(id,)| id).collect())
    }

    /// Notes that a server token was revoked.
    pub(crate) async fn bury(&self, hash: &[u8]) -> sqlx::Result<()> {
        change!(self, tx => {
            execute!(
                tx,
                "INSERT INTO revoked_tokens (token_hash) VALUES ($1) ON CONFLICT DO NOTHING",
                hash
            );
        })
    }

    /// Removes the declarations and revoked tokens, as in a store of an earlier version.
    #[cfg(test)]
    pub(crate) async fn forget_declarations(&self) -> sqlx::Result<()> {
        change!(self, tx => {
            execute!(tx, "DELETE FROM declarations");
            execute!(tx, "DELETE FROM revoked_tokens");
        })
    }

    /// Returns whether a server token was revoked, replaced or has expired.
    pub(crate) async fn is_revoked(&self, hash: &[u8]) -> sqlx::Result<bool> {
        let found: Option<(Vec<u8>,)> = read!(
            self,
            fetch_optional,
            "SELECT token_hash FROM revoked_tokens WHERE token_hash = $1",
            hash
        )?;
        Ok(found.is_some())
    }
}
