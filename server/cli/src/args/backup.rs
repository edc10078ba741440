//! Arguments of `backup`.

use std::path::PathBuf;

use clap::Args;
use mcp_server::environment::variable;
use mcp_server::product::product;

/// Arguments of `backup`.
#[derive(Debug, Args)]
pub(crate) struct BackupArgs {
    /// New file for the copy. Only its owner can read it.
    pub(crate) file: PathBuf,

    /// Directory of the database.
    #[arg(
        long,
        value_name = "DIR",
        env = variable("MCP_DATA"),
        default_value = format!("{}-data", product().name)
    )]
    pub(crate) data: PathBuf,
}

pub(super) fn about() -> String {
    let name = product().name;
    format!(
        "Copy the store of a gateway, which may be running.\n\nThe copy is complete: a copy of the file {name}.sqlite alone would lack what is in its write-ahead log. The credentials in the copy are encrypted; the key is not part of it, so keep a copy of the key in another place.\n\nTo restore, stop the gateway, remove {name}.sqlite, {name}.sqlite-wal and {name}.sqlite-shm from the data directory, put the copy there as {name}.sqlite, and start the gateway with the same key. Revocations that are newer than the copy must be repeated.\n\nIf the store is PostgreSQL, use `pg_dump` instead."
    )
}

pub(super) fn example() -> String {
    let name = product().name;
    format!(
        "Example:\n  {name} backup --data /var/lib/{name} /var/backups/{name}-$(date +%F).sqlite"
    )
}
