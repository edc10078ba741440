//! `airflow-mcp key rotate`: re-encrypts the credentials of all accounts with another key.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand};
use secrecy::SecretString;

use super::keys;
use super::options::{self, StoreArgs};
use super::service::{Gateway, GatewayOptions};
use crate::Failure;
use crate::output;
use crate::product::product;
use crate::settings::{Problems, process_environment};

/// `%NAME% key`.
#[derive(Debug, Args)]
pub(crate) struct KeyArgs {
    #[command(subcommand)]
    pub(crate) command: KeyCommand,
}

/// What to do with the key.
#[derive(Debug, Subcommand)]
pub(crate) enum KeyCommand {
    /// Encrypt the credentials of all accounts with another key.
    ///
    /// If the store is a file, stop the gateway, rotate the key, and start the gateway with the new key.
    ///
    /// If the store is PostgreSQL, no gateway has to stop. On each machine, keep a copy of the file with the old key and replace the file by one with the new key (`openssl rand -base64 32`); then rotate the key once. Running gateways still have the old key. They read their key file, or run their key command, again when they need the new key. A gateway that is started before the rotation has ended needs the old key as --old-key-file.
    ///
    /// A running gateway cannot read a key in %PREFIX%_MCP_KEY again. Before the rotation, restart such gateways with the new key as --old-key-file; after the rotation, restart them with the new key as %PREFIX%_MCP_KEY.
    #[command(after_help = "\
Example:
  cd /etc/%NAME%
  mv key key.old
  openssl rand -base64 32 > key
  %NAME% key rotate --key-file key.old --new-key-file key")]
    Rotate(Box<RotateArgs>),
}

/// Options of `key rotate`.
#[derive(Debug, Args)]
pub(crate) struct RotateArgs {
    /// File with the new key, made if it is not there.
    #[arg(long, value_name = "FILE")]
    pub(crate) new_key_file: PathBuf,

    #[command(flatten)]
    pub(crate) store: StoreArgs,
}

/// Re-encrypts the credentials of all accounts with another key.
pub(crate) async fn rotate(args: RotateArgs) -> Result<(), Failure> {
    let (store, mut keys) = options::stored(&args.store, &process_environment, true)?;
    let path = args.new_key_file;
    let new = new_key(&path)?;
    // Running gateways that already have the new key may have encrypted credentials with it.
    keys.old.push(new.clone());
    let (gateway, first) = Gateway::open(GatewayOptions {
        store,
        key: keys.key,
        old_keys: keys.old,
        key_places: keys.places,
        public_url: String::new(),
        local_credentials: false,
        audit_retention: Duration::MAX,
        purge_interval: Duration::from_secs(3600),
        apis: product().apis,
    })
    .await?;
    let rotated = gateway.rotate_key(&new).await;
    gateway.close().await;
    let accounts = rotated.map_err(anyhow::Error::from)?;
    let plural = if accounts == 1 { "" } else { "s" };
    output::line(&format!(
        "Encrypted the credentials of {accounts} account{plural} anew. Gateways need the key in {} from now on, and the old one no more.",
        path.display()
    ))?;
    if let Some(token) = first {
        output::line(&format!(
            "API token of the first administrator, shown only now: {token}"
        ))?;
    }
    Ok(())
}

fn new_key(path: &std::path::Path) -> Result<SecretString, Failure> {
    let key = if path.exists() {
        keys::key_in(path)
    } else {
        keys::new_key(path)
    };
    key.map_err(|problem| Problems(vec![format!("--new-key-file: {problem}")]).into())
}
