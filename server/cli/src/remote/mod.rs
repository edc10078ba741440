//! Commands `account`, `server`, `token` and `audit`, which use the management API of a running gateway.

mod accounts;
mod audit;
mod client;
mod servers;
mod table;
mod tokens;

use self::client::Client;
use crate::args::audit::RecordArgs;
use crate::args::remote::{AccountArgs, ServerArgs, TokenArgs};
use crate::error::CommandError;
use mcp_server::environment::process_environment;

/// Runs `account`.
pub(crate) async fn account(args: AccountArgs) -> Result<(), CommandError> {
    let client = || Client::new(&args.remote, &process_environment);
    accounts::run(client, args.command).await
}

/// Runs `server`.
pub(crate) async fn server(args: ServerArgs) -> Result<(), CommandError> {
    let client = Client::new(&args.remote, &process_environment)?;
    servers::run(&client, args.command).await
}

/// Runs `token`.
pub(crate) async fn token(args: TokenArgs) -> Result<(), CommandError> {
    let client = Client::new(&args.remote, &process_environment)?;
    tokens::run(&client, args.command).await
}

/// Runs `audit` without a command.
pub(crate) async fn audit(args: RecordArgs) -> Result<(), CommandError> {
    let client = Client::new(&args.remote, &process_environment)?;
    audit::run(&client, args).await
}
