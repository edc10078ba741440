//! Command `key rotate`: re-encrypts the credentials of all accounts with another key.

use std::path::Path;

use mcp_gateway::keys;
use mcp_gateway::private_files::Readability;
use mcp_gateway::serve::rotate_key;
use mcp_server::environment::process_environment;
use secrecy::SecretString;

use crate::args::key::RotateArgs;
use crate::error::{CommandError, ConfigErrors};
use crate::{options, output};

/// Re-encrypts the credentials of all accounts with another key.
pub(crate) async fn rotate(args: RotateArgs) -> Result<(), CommandError> {
    let (store, mut keys) = options::stored(&args.store, &process_environment, true)?;
    let first_token = options::first_token(&args.store);
    let path = args.new_key_file;
    let new = new_key(&path, options::readability(&args.store))?;
    // Running gateways that already have the new key may have encrypted credentials with it.
    keys.old.push(new.clone());
    let accounts = rotate_key(store, keys, &new, &first_token, &output::notice)
        .await
        .map_err(anyhow::Error::from)?;
    let plural = if accounts == 1 { "" } else { "s" };
    output::line(&format!(
        "Re-encrypted the credentials of {accounts} account{plural}. Gateways now need the key in {}; the old key is no longer used.",
        path.display()
    ))?;
    Ok(())
}

fn new_key(path: &Path, readability: Readability) -> Result<SecretString, CommandError> {
    let key = if path.exists() {
        keys::key_in(path, readability)
    } else {
        keys::create_key(path)
    };
    key.map_err(|error| ConfigErrors::one(format!("--new-key-file: {error}")).into())
}
