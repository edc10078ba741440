//! Arguments of `key`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use mcp_server::environment::variable;
use mcp_server::product::product;

use super::serve::StoreArgs;

/// Arguments of `key`.
#[derive(Debug, Args)]
pub(crate) struct KeyArgs {
    #[command(subcommand)]
    pub(crate) command: KeyCommand,
}

/// Command of `key`.
#[derive(Debug, Subcommand)]
pub(crate) enum KeyCommand {
    #[command(
        long_about = rotate_about(),
        after_help = rotate_example()
    )]
    Rotate(Box<RotateArgs>),
}

/// Options of `key rotate`.
#[derive(Debug, Args)]
pub(crate) struct RotateArgs {
    /// File with the new key; created if it does not exist.
    #[arg(long, value_name = "FILE")]
    pub(crate) new_key_file: PathBuf,

    #[command(flatten)]
    pub(crate) store: StoreArgs,
}

fn rotate_about() -> String {
    let key = variable("MCP_KEY");
    format!(
        "Re-encrypt the credentials of all accounts with another key.\n\n\
        If the store is a file, stop the gateway, rotate the key, and start the gateway with the new key.\n\n\
        If the store is PostgreSQL, the gateways keep running. On each machine, keep a copy of the file with the old key and replace the file by one with the new key (`openssl rand -base64 32`); then rotate the key once. Running gateways still have the old key. They read their key file, or run their key command, again when they need the new key. A gateway that is started before the end of the rotation needs the old key as --old-key-file.\n\n\
        A running gateway cannot read a key in {key} again. Before the rotation, restart such gateways with the new key as --old-key-file; after the rotation, restart them with the new key as {key}."
    )
}

fn rotate_example() -> String {
    let name = product().name;
    format!(
        "Example:\n  cd /etc/{name}\n  mv key key.old\n  openssl rand -base64 32 > key\n  {name} key rotate --key-file key.old --new-key-file key"
    )
}
