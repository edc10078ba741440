//! `airflow-mcp key rotate`: encrypts the credentials of all accounts with another key.

use std::path::PathBuf;
use std::time::Duration;

use airflow_tools::APIS;
use clap::{Args, Subcommand};
use secrecy::SecretString;

use super::options::{self, StoreArgs};
use super::service::{Gateway, GatewayOptions};
use crate::Failure;
use crate::output;
use crate::settings::{Problems, process_environment};

/// `airflow-mcp key`.
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
    /// With one gateway: stop it, rotate, start it with the new key.
    ///
    /// With several, one after the other and without a pause: start each anew with the new key (`openssl rand -base64 32`) as --old-key-file; then each with the new key as --key-file and the old one as --old-key-file; rotate; leave the old key out from the next start on.
    #[command(after_help = "\
Example:
  airflow-mcp key rotate --key-file /etc/airflow-mcp/key --new-key-file /etc/airflow-mcp/key.2")]
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

/// Encrypts the credentials of all accounts with another key.
pub(crate) async fn rotate(args: RotateArgs) -> Result<(), Failure> {
    let (store, mut keys) = options::stored(&args.store, &process_environment, true)?;
    let path = args.new_key_file;
    let new = new_key(&path)?;
    // Gateways that have the new key already may have used it.
    keys.old.push(new.clone());
    let (gateway, first) = Gateway::open(GatewayOptions {
        store,
        key: keys.key,
        old_keys: keys.old,
        public_url: String::new(),
        local_credentials: false,
        audit_retention: Duration::MAX,
        purge_interval: Duration::from_secs(3600),
        apis: APIS,
    })
    .await?;
    let rotated = gateway.rotate_key(&new).await;
    gateway.close().await;
    let accounts = rotated.map_err(anyhow::Error::from)?;
    let plural = if accounts == 1 { "" } else { "s" };
    output::line(&format!(
        "Encrypted the credentials of {accounts} account{plural} anew. Start gateways with `--key-file {}` from now on; the old key is not needed any more.",
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
        options::key_in(path)
    } else {
        options::new_key(path)
    };
    key.map_err(|problem| Problems(vec![format!("--new-key-file: {problem}")]).into())
}
