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
//!
//! The declaration of a server is applied only if it has changed since it was last applied. Until then, a server that somebody restricted stays restricted, and one that somebody revoked is not created again.

mod apply;
mod content;
mod document;
mod read;
#[cfg(test)]
mod tests;
mod url_file;

use std::fmt;
use std::path::Path;

use self::apply::Apply;
use self::document::LocatedError;
use self::read::{DeclaredAccount, FileContext};
use crate::model::Principal;
use crate::service::gateway::Gateway;
use mcp_server::environment::Environment;

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
    apply.forget_declared_servers().await;
    for account in declared.0 {
        apply.account(account).await?;
    }
    Ok(apply.applied)
}
