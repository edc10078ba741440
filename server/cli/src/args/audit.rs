//! Arguments of `audit`.

use clap::{Args, Subcommand};
use jiff::Timestamp;
use mcp_server::product::product;

use super::remote::{Remote, time_or_ago};
use super::serve::StoreArgs;

/// Arguments of `audit`.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct AuditArgs {
    #[command(subcommand)]
    pub(crate) command: Option<AuditCommand>,
    #[command(flatten)]
    pub(crate) records: RecordArgs,
}

/// Command of `audit`.
#[derive(Debug, Subcommand)]
pub(crate) enum AuditCommand {
    /// Check that no record of the audit log was changed, removed or reordered outside of the gateway.
    ///
    /// Reads the store on this machine; the gateway may be running. Prints the first bad record. The exit code is 1 if there is one.
    #[command(after_help = verify_example())]
    Verify(VerifyArgs),
}

/// Options of `audit verify`.
#[derive(Debug, Args)]
pub(crate) struct VerifyArgs {
    /// Chain and the hash of a record that it must contain, as `/metrics` showed them (labels `chain` and `hash`). Without it, a removed end of the newest chain cannot be noticed.
    #[arg(long = "head", value_name = "CHAIN=HASH", value_parser = head)]
    pub(crate) heads: Vec<(String, String)>,
    #[command(flatten)]
    pub(crate) store: StoreArgs,
}

/// Options that select records.
#[derive(Debug, Args)]
pub(crate) struct RecordArgs {
    /// Start of the period: a time, or how long ago (30m, 24h, 7d).
    #[arg(long, value_name = "TIME", value_parser = time_or_ago)]
    pub(crate) since: Option<Timestamp>,
    /// End of the period: a time, or how long ago.
    #[arg(long, value_name = "TIME", value_parser = time_or_ago)]
    pub(crate) until: Option<Timestamp>,
    /// Only records of this account, by id or name.
    #[arg(long)]
    pub(crate) account: Option<String>,
    /// Only records of this MCP server, by id.
    #[arg(long)]
    pub(crate) server: Option<String>,
    /// Only records of actions with this MCP server or API token, by id.
    #[arg(long)]
    pub(crate) actor: Option<String>,
    /// Only records of this action, for example call or server.create.
    #[arg(long)]
    pub(crate) action: Option<String>,
    /// Only calls of this tool.
    #[arg(long)]
    pub(crate) tool: Option<String>,
    /// Only records with this outcome: ok or an error code.
    #[arg(long)]
    pub(crate) outcome: Option<String>,
    /// Only records about this object: an id, or the kind of the object and its id, for example user=ada.
    #[arg(long, value_name = "OBJECT")]
    pub(crate) target: Option<String>,
    /// Only records of clients that give themselves this name.
    #[arg(long, value_name = "NAME")]
    pub(crate) client: Option<String>,
    /// Only records of clients with this IP address.
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) peer: Option<String>,
    /// Only the records of this HTTP request, by its id.
    #[arg(long = "request", value_name = "ID")]
    pub(crate) request_id: Option<String>,
    /// Maximum number of records, newest first; 50 by default, all with --export.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) limit: Option<u32>,
    /// Print one line of JSON per record.
    #[arg(long)]
    pub(crate) export: bool,
    #[command(flatten)]
    pub(crate) remote: Remote,
}

fn verify_example() -> String {
    let name = product().name;
    format!("Example:\n  {name} audit verify --data /var/lib/{name} --head chain_5f0c…=9b1e…")
}

fn head(text: &str) -> Result<(String, String), String> {
    let head = text.split_once('=').filter(|(chain, hash)| {
        !chain.is_empty() && hash.len() == 64 && hash.bytes().all(|byte| byte.is_ascii_hexdigit())
    });
    let (chain, hash) = head.ok_or_else(|| {
        "give a chain and a hash of 64 hexadecimal digits, for example chain_5f0c=9b1e…".to_owned()
    })?;
    Ok((chain.to_owned(), hash.to_ascii_lowercase()))
}
