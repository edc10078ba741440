//! Configuration file of `serve --config FILE`: declares accounts and MCP servers for deployments that are managed by files.
//!
//! ```toml
//! [[account]]
//! name = "production"
//! base_url = "https://upstream.example.org"
//! auth = { type = "password", username = "mcp", password_file = "/run/secrets/upstream" }
//! headers = { X-Proxy-Key = { env = "PROXY_KEY" } }
//!
//! [[account.server]]
//! name = "support agent"
//! methods = ["read"]
//! tags = ["access"]
//! expires_at = 2026-12-31T23:59:59Z
//! token_file = "/var/lib/gateway/support-agent.url"
//! ```
//!
//! Missing accounts and servers are created, and different ones are changed. Those that the file does not declare are left unchanged. If the file contains an error, nothing is changed. Paths are relative to the folder of the file.

mod content;
mod document;
mod read;
#[cfg(test)]
mod tests;
mod url_file;

use std::fmt;
use std::path::Path;

use jiff::Timestamp;

use self::document::LocatedError;
use self::read::{DeclaredAccount, DeclaredServer, FileContext};
use crate::error::ServiceError;
use crate::model::{Account, AccountInput, AccountPatch, McpServer, Principal, ServerPatch};
use crate::service::gateway::Gateway;
use mcp_server::environment::Environment;
use mcp_server::product::product;

/// Result of applying a configuration file, as lines for people.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct AppliedChanges {
    /// Accounts and servers that were created or changed.
    pub(crate) changes: Vec<String>,
    /// Warnings for the operator.
    pub(crate) warnings: Vec<String>,
}

/// Content of a configuration file that is valid as far as can be checked without a gateway.
#[derive(Debug)]
pub struct DeclaredAccounts(Vec<DeclaredAccount>);

/// Declaration that could not be applied.
#[derive(Debug)]
pub struct ApplyError {
    /// Line of the declaration.
    line: usize,
    /// Declared object, for example: account `production`.
    what: String,
    /// Reason.
    why: String,
}

impl fmt::Display for ApplyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { line, what, why } = self;
        write!(f, "line {line}: {what}: {why}")
    }
}

impl std::error::Error for ApplyError {}

/// Parses the text of a configuration file in this folder, and returns the declarations or all errors.
pub fn read(
    text: &str,
    folder: &Path,
    environment: Environment<'_>,
) -> Result<DeclaredAccounts, Vec<LocatedError>> {
    let place = FileContext {
        environment,
        folder,
    };
    read::read(text, &place).map(DeclaredAccounts)
}

/// Creates and updates the accounts and servers that a file declares.
pub(crate) async fn apply(
    gateway: &Gateway,
    declared: DeclaredAccounts,
) -> Result<AppliedChanges, ApplyError> {
    // An expired server would conflict with the server that replaces it.
    if let Err(error) = gateway.purge_once().await {
        tracing::warn!(%error, "expired objects cannot be removed");
    }
    let mut apply = Apply {
        gateway,
        who: Principal::gateway(),
        applied: AppliedChanges::default(),
    };
    for account in declared.0 {
        apply.account(account).await?;
    }
    Ok(apply.applied)
}

struct Apply<'g> {
    gateway: &'g Gateway,
    who: Principal,
    applied: AppliedChanges,
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
    async fn account(&mut self, declared: DeclaredAccount) -> Result<(), ApplyError> {
        let what = format!("account `{}`", declared.input.name);
        let line = declared.line;
        let failed = |ApplyFailure(why)| ApplyError { line, what, why };
        let account = self.apply_account(declared.input).await.map_err(failed)?;
        for server in declared.servers {
            let what = format!(
                "server `{}` of account `{}`",
                server.input.name, account.name
            );
            let line = server.line;
            let applied = self.server(&account, &server, &what).await;
            applied.map_err(|ApplyFailure(why)| ApplyError { line, what, why })?;
        }
        Ok(())
    }

    async fn apply_account(&mut self, input: AccountInput) -> Result<Account, ApplyFailure> {
        match self.find_account(&input.name).await? {
            Some(account) => self.update_account(account, input).await,
            None => self.create_account(input).await,
        }
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

    async fn server(
        &mut self,
        account: &Account,
        declared: &DeclaredServer,
        what: &str,
    ) -> Result<(), ApplyFailure> {
        let input = &declared.input;
        if let Some(at) = input.expires_at.filter(|at| *at <= Timestamp::now()) {
            let line = format!("{what} expired at {at} and is not created");
            self.applied.warnings.push(line);
            return Ok(());
        }
        match self.find_server(account, &input.name).await? {
            Some(server) => self.update_server(account, server, declared, what).await,
            None => self.create_server(account, declared, what).await,
        }
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

    /// Creates a server. If its file contains a URL, the server gets this URL, so that a gateway with an empty store serves the URLs that its clients know.
    async fn create_server(
        &mut self,
        account: &Account,
        declared: &DeclaredServer,
        what: &str,
    ) -> Result<(), ApplyFailure> {
        let path = declared.token_file.as_deref();
        let known = path.map(url_file::read).transpose()?.flatten();
        // The file is prepared before the server is created, because the URL is returned only once.
        let place = match (path, &known) {
            (Some(path), None) => Some(url_file::prepare(path)?),
            _ => None,
        };
        let input = declared.input.clone();
        let new = self
            .gateway
            .declare_server(&self.who, &account.id, input, known.clone())
            .await;
        let new = match new {
            Ok(new) => new,
            // Another gateway with the same file has created the server in the meantime.
            Err(error @ ServiceError::Conflict { .. }) => {
                return match self.find_server(account, &declared.input.name).await? {
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
        Ok(())
    }

    async fn update_server(
        &mut self,
        account: &Account,
        server: McpServer,
        declared: &DeclaredServer,
        what: &str,
    ) -> Result<(), ApplyFailure> {
        let input = &declared.input;
        if server.name != input.name
            || server.config != input.config
            || server.expires_at != input.expires_at
        {
            let patch = ServerPatch {
                name: Some(input.name.clone()),
                config: Some(input.config.clone().into()),
                expires_at: Some(input.expires_at),
            };
            self.gateway
                .update_server(&self.who, &account.id, &server.id, patch)
                .await?;
            self.applied.changes.push(format!("{what} changed"));
        }
        if let Some(path) = &declared.token_file {
            self.compare_url(&server, path, what).await;
        }
        Ok(())
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
