//! Arguments of `token`.

use clap::{Args, Subcommand, ValueEnum};

use super::connection::SelectionArgs;
use super::remote::{Expiry, Remote};

/// Arguments of `token`.
#[derive(Debug, Args)]
pub(crate) struct TokenArgs {
    #[command(subcommand)]
    pub(crate) command: TokenCommand,
    #[command(flatten)]
    pub(crate) remote: Remote,
}

/// Command of `token`.
#[derive(Debug, Subcommand)]
pub(crate) enum TokenCommand {
    /// Create an API token. It is shown only once.
    Create {
        /// Name of the person or program.
        name: String,
        /// Permissions of the token.
        #[arg(long, value_enum)]
        role: RoleName,
        #[command(flatten)]
        expiry: Expiry,
        #[command(flatten)]
        bounds: Box<BoundsArgs>,
    },
    /// List the API tokens.
    List,
    /// Revoke an API token. It is rejected immediately.
    Revoke {
        /// Id or name of the token.
        token: String,
        /// Also revoke the MCP servers that the token created.
        #[arg(long)]
        servers: bool,
    },
}

/// Bounds of the servers that a token of the role issuer can create and change.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Bounds of an issuer")]
pub(crate) struct BoundsArgs {
    /// Ids or names of the accounts of the servers; all accounts by default.
    #[arg(long, value_name = "ACCOUNTS", value_delimiter = ',')]
    pub(crate) accounts: Vec<String>,
    /// Longest time until a server expires, in days.
    #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u32).range(1..=36_500))]
    pub(crate) max_days: Option<u32>,
    #[command(flatten)]
    pub(crate) selection: SelectionArgs,
}

/// Role of an API token.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum RoleName {
    /// Calls MCP servers that require an API token; nothing else.
    Caller,
    /// Creates MCP servers of existing accounts within its bounds, and reads the audit log.
    Issuer,
    /// Has all permissions.
    Admin,
}
