//! Applies declarations: creates and changes the accounts and servers of a gateway.

use std::path::Path;

use jiff::Timestamp;
use mcp_server::product::product;
use serde_json::Value;

use super::read::{DeclaredAccount, DeclaredServer};
use super::{AppliedChanges, ApplyError, url_file};
use crate::error::ServiceError;
use crate::model::{
    Account, AccountInput, AccountPatch, McpServer, Principal, ServerConfig, ServerInput,
    ServerPatch,
};
use crate::service::gateway::Gateway;
use crate::store::declarations::DeclarationKey;
use crate::token;

/// Application of a file to a gateway.
pub(super) struct Apply<'g> {
    pub(super) gateway: &'g Gateway,
    pub(super) who: Principal,
    pub(super) applied: AppliedChanges,
}

/// Reason why a declaration cannot be applied.
struct ApplyFailure(String);

impl From<String> for ApplyFailure {
    fn from(why: String) -> Self {
        Self(why)
    }
}

impl From<ServiceError> for ApplyFailure {
    fn from(error: ServiceError) -> Self {
        match error {
            ServiceError::Internal(why) => Self(why),
            other => Self(other.to_string()),
        }
    }
}

impl Apply<'_> {
    /// Notes that no server is declared, before the declarations of the file are applied.
    pub(super) async fn forget_declared_servers(&self) {
        // Only the page shows which servers are declared.
        if let Err(error) = self.gateway.forget_declared_servers().await {
            tracing::warn!(%error, "servers that the file no longer declares are still shown as declared");
        }
    }

    /// Applies the declaration of an account and its servers.
    pub(super) async fn account(&mut self, declared: DeclaredAccount) -> Result<(), ApplyError> {
        let what = format!("account `{}`", declared.input.name);
        let line = declared.line;
        let failed = |ApplyFailure(why)| ApplyError { line, what, why };
        let account = self.apply_account(declared.input, declared.hash).await;
        let Some(account) = account.map_err(failed)? else {
            return Ok(());
        };
        for server in declared.servers {
            let what = format!("server `{}` of account `{}`", server.name, account.name);
            let line = server.line;
            let applied = self.server(&account, &server, &what).await;
            applied.map_err(|ApplyFailure(why)| ApplyError { line, what, why })?;
        }
        Ok(())
    }

    /// Returns the account, or `None` if it was deleted since the declaration was applied.
    async fn apply_account(
        &mut self,
        input: AccountInput,
        hash: token::Hash,
    ) -> Result<Option<Account>, ApplyFailure> {
        let name = input.name.clone();
        let key = DeclarationKey {
            account: &name,
            server: "",
        };
        let account = match self.find_account(&name).await? {
            Some(account) => self.update_account(account, input).await?,
            None if self.gateway.was_applied(&key, &hash).await? == Some(true) => {
                self.applied.warnings.push(format!(
                    "account `{name}` was deleted or renamed after it was created from this file, so that it is not created again; change its declaration to create it"
                ));
                return Ok(None);
            }
            None => self.create_account(input).await?,
        };
        self.gateway.applied(&key, &hash, None).await?;
        Ok(Some(account))
    }

    async fn find_account(&self, name: &str) -> Result<Option<Account>, ServiceError> {
        let accounts = self.gateway.every_account(&self.who).await?;
        Ok(accounts.into_iter().find(|it| it.name == name))
    }

    async fn create_account(&mut self, input: AccountInput) -> Result<Account, ApplyFailure> {
        let created = self.gateway.create_account(&self.who, input.clone()).await;
        match created {
            Ok(account) => {
                let line = format!("account `{}` created", account.name);
                self.applied.changes.push(line);
                Ok(account)
            }
            // Another gateway with the same file has created the account in the meantime.
            Err(error @ ServiceError::Conflict { .. }) => {
                match self.find_account(&input.name).await? {
                    Some(account) => self.update_account(account, input).await,
                    None => Err(error.into()),
                }
            }
            Err(error) => Err(error.into()),
        }
    }

    async fn update_account(
        &mut self,
        account: Account,
        input: AccountInput,
    ) -> Result<Account, ApplyFailure> {
        if self.gateway.holds(&account.id, &input).await? {
            return Ok(account);
        }
        let patch = AccountPatch {
            name: None,
            base_url: Some(input.base_url),
            auth: Some(input.auth),
            headers: Some(input.headers),
            api: Some(input.api.unwrap_or_default()),
            ca_certificate: Some(input.ca_certificate.unwrap_or_default()),
        };
        let account = self
            .gateway
            .update_account(&self.who, &account.id, patch)
            .await?;
        let line = format!("account `{}` changed", account.name);
        self.applied.changes.push(line);
        Ok(account)
    }

    /// Applies the declaration of a server if it has changed since it was last applied. Until then, a server that was restricted or revoked stays so.
    async fn server(
        &mut self,
        account: &Account,
        declared: &DeclaredServer,
        what: &str,
    ) -> Result<(), ApplyFailure> {
        let key = DeclarationKey {
            account: &account.name,
            server: &declared.name,
        };
        let applied = self.gateway.was_applied(&key, &declared.hash).await?;
        let found = self.find_server(account, &declared.name).await?;
        let is_new = found.is_none();
        let is_revoked = is_new && applied.is_none() && self.was_revoked(account, declared).await?;
        let server = match found {
            Some(server) if applied == Some(true) => server,
            None if applied == Some(true) || is_revoked => {
                self.gateway.applied(&key, &declared.hash, None).await?;
                self.applied.warnings.push(format!(
                    "{what} was revoked or has expired, so that it is not created again; change its declaration to create it with a new URL"
                ));
                return Ok(());
            }
            found => {
                if let Some(at) = declared.expires_at.flatten()
                    && at <= Timestamp::now()
                {
                    let line = format!("{what} expired at {at} and is not created");
                    self.applied.warnings.push(line);
                    return Ok(());
                }
                match found {
                    Some(server) => self.update_server(account, server, declared, what).await?,
                    None => self.create_server(account, declared, what).await?,
                }
            }
        };
        if let Some(path) = declared.token_file.as_ref().filter(|_| !is_new) {
            self.compare_url(&server, path, what).await;
        }
        let id = Some(server.id.as_str());
        self.gateway.applied(&key, &declared.hash, id).await?;
        self.warn_of_omissions(&server, declared, what)
    }

    /// Returns whether somebody revoked the server before the gateway recorded declarations. If so, the URL in its file stays invalid.
    async fn was_revoked(
        &self,
        account: &Account,
        declared: &DeclaredServer,
    ) -> Result<bool, ApplyFailure> {
        let id = Gateway::declared_id(&account.id, &declared.name);
        let is_revoked = self.gateway.was_revoked_by_somebody(&id).await?;
        let path = declared.token_file.as_deref().filter(|_| is_revoked);
        if let Some(token) = path.map(url_file::read).transpose()?.flatten() {
            self.gateway.bury(&token).await?;
        }
        Ok(is_revoked)
    }

    /// Warns if a server keeps settings that the file omits and that a new server would not have, so that the file does not say what the server offers.
    fn warn_of_omissions(
        &mut self,
        server: &McpServer,
        declared: &DeclaredServer,
        what: &str,
    ) -> Result<(), ApplyFailure> {
        let json = |value: serde_json::Result<Value>| value.map_err(|it| it.to_string());
        let new = declared.config.clone().applied_to(ServerConfig::default());
        let given = json(serde_json::to_value(&declared.config))?;
        let new = json(serde_json::to_value(&new))?;
        let kept = json(serde_json::to_value(&server.config))?;
        let kept = kept.as_object().into_iter().flatten();
        let omitted = kept.filter(|(key, value)| given[*key].is_null() && **value != new[*key]);
        let mut lines: Vec<_> = omitted
            .map(|(key, value)| format!("`{key} = {value}`"))
            .collect();
        if declared.expires_at.is_none() && server.expires_at.is_none() {
            lines.push("`expires_at = \"never\"`".to_owned());
        }
        if !lines.is_empty() {
            let (line, lines) = (declared.line, lines.join(" and "));
            self.applied.warnings.push(format!(
                "line {line}: {what} keeps settings that the file omits; write {lines}"
            ));
        }
        Ok(())
    }

    async fn find_server(
        &self,
        account: &Account,
        name: &str,
    ) -> Result<Option<McpServer>, ServiceError> {
        let id = Some(account.id.as_str());
        let mut servers = self.gateway.every_server(&self.who, id).await?;
        let now = Timestamp::now();
        servers.retain(|it| it.expires_at.is_none_or(|at| at > now));
        // A declared server that was renamed later is still the same server.
        let declared = Gateway::declared_id(&account.id, name);
        let same = servers.iter().position(|it| it.id == declared);
        // If several servers have the name, the oldest counts.
        let found = same.or_else(|| servers.iter().rposition(|it| it.name == name));
        Ok(found.map(|index| servers.swap_remove(index)))
    }

    /// Creates a server. If its file contains a URL, the server gets this URL, so that a gateway with an empty store serves the URLs that its clients know. A URL that was revoked is replaced.
    async fn create_server(
        &mut self,
        account: &Account,
        declared: &DeclaredServer,
        what: &str,
    ) -> Result<McpServer, ApplyFailure> {
        let path = declared.token_file.as_deref();
        let known = match path.map(url_file::read).transpose()?.flatten() {
            Some(token) if self.gateway.is_revoked(&token).await? => None,
            known => known,
        };
        // The file is prepared before the server is created, because the URL is returned only once.
        let place = match (path, &known) {
            (Some(path), None) => Some(url_file::prepare(path)?),
            _ => None,
        };
        let input = ServerInput {
            name: declared.name.clone(),
            config: declared.config.clone().applied_to(ServerConfig::default()),
            expires_at: declared.expires_at,
        };
        let new = self
            .gateway
            .declare_server(&self.who, &account.id, input, known.clone())
            .await;
        let new = match new {
            Ok(new) => new,
            // Another gateway with the same file has created the server in the meantime.
            Err(error @ ServiceError::Conflict { .. }) => {
                return match self.find_server(account, &declared.name).await? {
                    Some(there) => self.update_server(account, there, declared, what).await,
                    None => Err(error.into()),
                };
            }
            Err(error) => return Err(error.into()),
        };
        let written = place.map_or(Ok(()), |place| place.write(&new.url));
        if let Err(why) = written {
            // The URL was not saved, so nobody knows it.
            let _ = self
                .gateway
                .delete_server(&self.who, &account.id, &new.server.id)
                .await;
            return Err(ApplyFailure(why));
        }
        let how = match (path, known) {
            (Some(path), Some(_)) => format!("with the URL in {}", path.display()),
            (Some(path), None) => format!("its URL is in {}", path.display()),
            (None, _) => "its URL was not saved; add a `token_file`".to_owned(),
        };
        self.applied.changes.push(format!("{what} created, {how}"));
        Ok(new.server)
    }

    /// Changes what the declaration contains. The server keeps what the declaration omits.
    async fn update_server(
        &mut self,
        account: &Account,
        mut server: McpServer,
        declared: &DeclaredServer,
        what: &str,
    ) -> Result<McpServer, ApplyFailure> {
        let config = declared.config.clone().applied_to(server.config.clone());
        let expires_at = declared.expires_at.unwrap_or(server.expires_at);
        if server.name != declared.name
            || server.config != config
            || server.expires_at != expires_at
        {
            let patch = ServerPatch {
                name: Some(declared.name.clone()),
                config: Some(declared.config.clone()),
                expires_at: declared.expires_at,
            };
            let updated = self
                .gateway
                .update_server(&self.who, &account.id, &server.id, patch);
            server = updated.await?;
            self.applied.changes.push(format!("{what} changed"));
        }
        Ok(server)
    }

    /// Warns if the file of an existing server does not contain its URL. The file is not written again, because a new URL would disconnect the clients that use the current one.
    async fn compare_url(&mut self, server: &McpServer, path: &Path, what: &str) {
        let shown = path.display();
        let warning = match url_file::read(path) {
            Ok(Some(token)) => match self.gateway.resolve(&token).await {
                Ok(resolved) if resolved.server.id == server.id => return,
                _ => format!("{what}: {shown} does not contain its URL"),
            },
            Ok(None) => format!("{what} exists, but {shown} does not contain its URL"),
            Err(why) => format!("{what}: {why}"),
        };
        self.applied.warnings.push(format!(
            "{warning}; `{} server rotate` creates a new URL",
            product().name
        ));
    }
}
