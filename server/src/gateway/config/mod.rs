//! `serve --config FILE`: accounts and MCP servers that are declared in a file, for those who deploy by file.
//!
//! ```toml
//! [[account]]
//! name = "production"
//! base_url = "https://airflow.example.org"
//! auth = { type = "password", username = "mcp", password_file = "/run/secrets/airflow" }
//! headers = { X-Proxy-Key = { env = "PROXY_KEY" } }
//!
//! [[account.server]]
//! name = "support agent"
//! methods = ["read"]
//! tags = ["rbac"]
//! expires_at = 2026-12-31T23:59:59Z
//! token_file = "/var/lib/airflow-mcp/support-agent.url"
//! ```
//!
//! What is missing is made, what differs is changed, and what is not in the file stays as it is. Nothing is changed if anything in the file is wrong. Paths begin at the folder of the file.

mod read;
mod section;
#[cfg(test)]
mod tests;
mod url_file;

use std::fmt;
use std::path::Path;

use jiff::Timestamp;

use self::read::{DeclaredAccount, DeclaredServer, Place};
pub(crate) use self::section::Problem;
use super::error::ServiceError;
use super::model::{
    Account, AccountInput, AccountPatch, McpServer, PageQuery, Principal, ServerPatch,
};
use super::service::Gateway;
use crate::settings::Environment;

/// Most entries of a page.
const PAGE: u32 = 1000;

/// What was done, as lines for people.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Applied {
    /// Accounts and servers that were made or changed.
    pub(crate) changes: Vec<String>,
    /// What somebody should look at.
    pub(crate) warnings: Vec<String>,
}

/// What a file declares, which makes sense as far as can be told without a gateway.
#[derive(Debug)]
pub(crate) struct Declared(Vec<DeclaredAccount>);

/// Something that the file declares could not be done.
#[derive(Debug)]
pub(crate) struct ApplyError {
    /// Where it is declared.
    line: usize,
    /// `account `production``.
    what: String,
    /// Why.
    why: String,
}

impl fmt::Display for ApplyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { line, what, why } = self;
        write!(f, "line {line}: {what}: {why}")
    }
}

impl std::error::Error for ApplyError {}

/// What the text of a file in a folder declares, or all that is wrong with it.
pub(crate) fn read(
    text: &str,
    folder: &Path,
    environment: Environment<'_>,
) -> Result<Declared, Vec<Problem>> {
    let place = Place {
        environment,
        folder,
    };
    read::read(text, &place).map(Declared)
}

/// Makes the gateway hold what a file declares.
pub(crate) async fn apply(gateway: &Gateway, declared: Declared) -> Result<Applied, ApplyError> {
    // What has expired would stand in the way of what takes its place.
    if let Err(error) = gateway.purge_once().await {
        tracing::warn!(%error, "what has expired cannot be removed");
    }
    let mut apply = Apply {
        gateway,
        who: Principal::gateway(),
        applied: Applied::default(),
    };
    for account in declared.0 {
        apply.account(account).await?;
    }
    Ok(apply.applied)
}

struct Apply<'g> {
    gateway: &'g Gateway,
    who: Principal,
    applied: Applied,
}

impl Apply<'_> {
    async fn account(&mut self, declared: DeclaredAccount) -> Result<(), ApplyError> {
        let what = format!("account `{}`", declared.input.name);
        let line = declared.line;
        let failed = |error: ServiceError| failed(line, &what, &error);
        let account = match self
            .find_account(&declared.input.name)
            .await
            .map_err(failed)?
        {
            Some(account) => self.update_account(account, declared.input).await,
            None => self.create_account(declared.input).await,
        };
        let account = account.map_err(failed)?;
        for server in declared.servers {
            self.server(&account, server).await?;
        }
        Ok(())
    }

    async fn find_account(&self, name: &str) -> Result<Option<Account>, ServiceError> {
        let mut page = PageQuery {
            limit: Some(PAGE),
            cursor: None,
        };
        loop {
            let found = self.gateway.accounts(&self.who, page).await?;
            if let Some(account) = found.result.into_iter().find(|it| it.name == name) {
                return Ok(Some(account));
            }
            let Some(cursor) = found.next_cursor else {
                return Ok(None);
            };
            page = PageQuery {
                limit: Some(PAGE),
                cursor: Some(cursor),
            };
        }
    }

    async fn create_account(&mut self, input: AccountInput) -> Result<Account, ServiceError> {
        let created = self.gateway.create_account(&self.who, input.clone()).await;
        match created {
            Ok(account) => {
                let line = format!("account `{}` made", account.name);
                self.applied.changes.push(line);
                Ok(account)
            }
            // Another gateway with the same file was faster.
            Err(error @ ServiceError::Conflict { .. }) => {
                match self.find_account(&input.name).await? {
                    Some(account) => self.update_account(account, input).await,
                    None => Err(error),
                }
            }
            Err(error) => Err(error),
        }
    }

    async fn update_account(
        &mut self,
        account: Account,
        input: AccountInput,
    ) -> Result<Account, ServiceError> {
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
        declared: DeclaredServer,
    ) -> Result<(), ApplyError> {
        let what = format!(
            "server `{}` of account `{}`",
            declared.input.name, account.name
        );
        if let Some(at) = declared
            .input
            .expires_at
            .filter(|at| *at <= Timestamp::now())
        {
            let line = format!("{what} has expired at {at}; it is not made");
            self.applied.warnings.push(line);
            return Ok(());
        }
        let line = declared.line;
        let found = self
            .find_server(account, &declared.input.name)
            .await
            .map_err(|error| failed(line, &what, &error))?;
        match found {
            Some(server) => self
                .update_server(account, server, &declared, &what)
                .await
                .map_err(|error| failed(line, &what, &error)),
            None => self.create_server(account, &declared, what).await,
        }
    }

    async fn find_server(
        &self,
        account: &Account,
        name: &str,
    ) -> Result<Option<McpServer>, ServiceError> {
        let mut page = PageQuery {
            limit: Some(PAGE),
            cursor: None,
        };
        let now = Timestamp::now();
        // One that was declared and then renamed is the same still.
        let declared = Gateway::declared_id(&account.id, name);
        let mut named = None;
        loop {
            let found = self.gateway.servers(&self.who, &account.id, page).await?;
            let good = |it: &McpServer| it.expires_at.is_none_or(|at| at > now);
            for server in found.result.into_iter().filter(good) {
                if server.id == declared {
                    return Ok(Some(server));
                }
                if server.name == name {
                    named = Some(server);
                }
            }
            let Some(cursor) = found.next_cursor else {
                return Ok(named);
            };
            page = PageQuery {
                limit: Some(PAGE),
                cursor: Some(cursor),
            };
        }
    }

    /// Makes a server, with the URL of its file if there is one: a gateway that starts with an empty store serves the URLs that its clients know.
    async fn create_server(
        &mut self,
        account: &Account,
        declared: &DeclaredServer,
        what: String,
    ) -> Result<(), ApplyError> {
        let line = declared.line;
        let file_failed = |why: String| ApplyError {
            line,
            what: what.clone(),
            why,
        };
        let path = declared.token_file.as_deref();
        let known = path.map(url_file::read).transpose().map_err(&file_failed)?;
        let known = known.flatten();
        // Before the server is made, since its URL is there only once.
        let place = match (path, &known) {
            (Some(path), None) => Some(url_file::prepare(path).map_err(&file_failed)?),
            _ => None,
        };
        let new = self
            .gateway
            .declare_server(
                &self.who,
                &account.id,
                declared.input.clone(),
                known.clone(),
            )
            .await;
        let new = match new {
            Ok(new) => new,
            Err(error) => return self.create_failed(account, declared, &what, error).await,
        };
        let written = place.map_or(Ok(()), |place| place.write(&new.url));
        if let Err(why) = written {
            // Nobody knows the URL.
            let _ = self
                .gateway
                .delete_server(&self.who, &account.id, &new.server.id)
                .await;
            return Err(file_failed(why));
        }
        let how = match (path, known) {
            (Some(path), Some(_)) => format!("with the URL in {}", path.display()),
            (Some(path), None) => format!("its URL is in {}", path.display()),
            (None, _) => "its URL is not kept: give it a `token_file`".to_owned(),
        };
        self.applied.changes.push(format!("{what} made, {how}"));
        Ok(())
    }

    /// Another gateway with the same file may have been faster.
    async fn create_failed(
        &mut self,
        account: &Account,
        declared: &DeclaredServer,
        what: &str,
        error: ServiceError,
    ) -> Result<(), ApplyError> {
        let failed = |error: ServiceError| failed(declared.line, what, &error);
        let there = match error {
            ServiceError::Conflict { .. } => self
                .find_server(account, &declared.input.name)
                .await
                .map_err(failed)?,
            _ => None,
        };
        let Some(there) = there else {
            return Err(failed(error));
        };
        self.update_server(account, there, declared, what)
            .await
            .map_err(failed)
    }

    async fn update_server(
        &mut self,
        account: &Account,
        server: McpServer,
        declared: &DeclaredServer,
        what: &str,
    ) -> Result<(), ServiceError> {
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

    /// Says so if the file of a server that was there before does not have its URL. A new URL would cut off the clients that it has.
    async fn compare_url(&mut self, server: &McpServer, path: &Path, what: &str) {
        let shown = path.display();
        let warning = match url_file::read(path) {
            Ok(Some(token)) => match self.gateway.resolve(&token).await {
                Ok(resolved) if resolved.server.id == server.id => return,
                _ => format!("{what}: {shown} does not have its URL"),
            },
            Ok(None) => format!("{what} is there, but its URL is not in {shown}"),
            Err(why) => format!("{what}: {why}"),
        };
        self.applied.warnings.push(format!(
            "{warning}; `{} server rotate` gives it a new one",
            crate::product::product().name
        ));
    }
}

fn failed(line: usize, what: &str, error: &ServiceError) -> ApplyError {
    ApplyError {
        line,
        what: what.to_owned(),
        why: match error {
            ServiceError::Internal(why) => why.clone(),
            other => other.to_string(),
        },
    }
}
