//! Operations for the configuration file: which declarations were applied, and servers that a file declares.

use std::collections::BTreeSet;

use super::gateway::{Gateway, Result, require};
use crate::model::audit::AuditQuery;
use crate::model::{NewServer, Principal, Role, ServerInput};
use crate::store::declarations::DeclarationKey;
use crate::token;

impl Gateway {
    /// Returns the id of a server that a configuration file declares. The id is the same for all gateways that read the file, so that the server is created once.
    pub(crate) fn declared_id(account_id: &str, name: &str) -> String {
        let hash = token::hash(&format!("{account_id}\n{name}"));
        let hex: String = hash.iter().take(12).map(|it| format!("{it:02x}")).collect();
        format!("mcp_{hex}")
    }

    /// Creates a server that a configuration file declares. If its previous server token is known, the server keeps it.
    pub(crate) async fn declare_server(
        &self,
        who: &Principal,
        account_id: &str,
        input: ServerInput,
        token: Option<String>,
    ) -> Result<NewServer> {
        require(who, Role::Admin)?;
        let token = token.map_or_else(|| token::new(token::SERVER), Ok)?;
        let id = Self::declared_id(account_id, &input.name);
        self.insert_server(who, account_id, input, id, token).await
    }

    /// Returns whether a server token can never become valid again.
    pub(crate) async fn is_revoked(&self, token: &str) -> Result<bool> {
        Ok(self.0.store.is_revoked(&token::hash(token)).await?)
    }

    /// Returns whether somebody revoked a declared server, according to the audit log. Versions before the table of declarations left no other trace.
    pub(crate) async fn was_revoked_by_somebody(&self, server_id: &str) -> Result<bool> {
        let query = AuditQuery {
            server_id: Some(server_id.to_owned()),
            action: Some("server.revoke".to_owned()),
            ..AuditQuery::default()
        };
        let gateway = Principal::gateway();
        let records = self.audit(&gateway, query).await?.result;
        Ok(records.iter().any(|record| record.actor != gateway.id))
    }

    /// Makes a server token invalid for ever, although no server has it.
    pub(crate) async fn bury(&self, token: &str) -> Result<()> {
        Ok(self.0.store.bury(&token::hash(token)).await?)
    }

    /// Returns whether a declaration was applied before: `None` if never, otherwise whether it has the same hash.
    pub(crate) async fn was_applied(
        &self,
        key: &DeclarationKey<'_>,
        hash: &token::Hash,
    ) -> Result<Option<bool>> {
        let applied = self.0.store.declaration(key).await?;
        Ok(applied.map(|applied| applied == hash))
    }

    /// Records that a declaration was applied to a server, or to an account.
    pub(crate) async fn applied(
        &self,
        key: &DeclarationKey<'_>,
        hash: &token::Hash,
        server_id: Option<&str>,
    ) -> Result<()> {
        let store = &self.0.store;
        Ok(store.put_declaration(key, hash, server_id).await?)
    }

    /// Notes that no configuration file declares a server, until declarations are applied.
    pub(crate) async fn forget_declared_servers(&self) -> Result<()> {
        Ok(self.0.store.forget_declared_servers().await?)
    }

    /// Removes the declarations and revoked tokens, as in a store of an earlier version.
    #[cfg(test)]
    pub(crate) async fn forget_declarations(&self) {
        self.0.store.forget_declarations().await.unwrap_or_default();
    }

    /// Returns the ids of the servers that a configuration file declares.
    pub(crate) async fn declared_servers(&self) -> Result<BTreeSet<String>> {
        let servers = self.0.store.declared_servers().await?;
        Ok(servers.into_iter().collect())
    }
}
