//! Command line of a program that offers the tools of a product to people and to MCP clients.
//!
//! Standard output carries only results and MCP messages. All other output goes to standard error.

mod args;
mod audit_verify;
mod call;
mod doctor;
mod error;
mod key;
mod log;
mod options;
mod output;
mod remote;
mod settings;
#[cfg(test)]
mod tests;
mod tools;

use std::process::ExitCode;
use std::sync::Arc;

use clap::{CommandFactory, FromArgMatches};
use mcp_gateway::serve::serve;
use mcp_server::environment::process_environment;
use mcp_server::handler::Handler;
use mcp_server::offer::{Catalogue, OfferedTools};
use mcp_server::product::{Product, product, set_product};
use mcp_server::stdio;
use tracing_subscriber::filter::LevelFilter;

use crate::args::audit::AuditCommand;
use crate::args::connection::ConnectArgs;
use crate::args::key::{KeyArgs, KeyCommand};
use crate::args::serve::LogFormat;
use crate::args::{Cli, Command};
use crate::error::CommandError;

/// Runs the program: parses the command line and executes the command.
pub fn run(product: &'static Product) -> ExitCode {
    set_product(product);
    let mut command = args::completed(Cli::command());
    let read = command
        .try_get_matches_from_mut(std::env::args_os())
        .and_then(|mut matches| Cli::from_arg_matches_mut(&mut matches));
    let cli = match read {
        Ok(cli) => cli,
        Err(error) => error.format(&mut command).exit(),
    };
    let (level, format) = match &cli.command {
        Command::Serve(args) => (LevelFilter::INFO, args.log_format),
        _ => (LevelFilter::WARN, LogFormat::Text),
    };
    match log::start(&process_environment, level, format)
        .map_err(CommandError::from)
        .and_then(|()| execute(cli.command))
    {
        Ok(()) => ExitCode::SUCCESS,
        Err(CommandError::Failed) => ExitCode::from(1),
        Err(CommandError::Internal(error)) => {
            output::error(&format!("error: {error:#}"));
            ExitCode::from(1)
        }
        Err(CommandError::Usage(errors)) => {
            output::error(&errors.to_string());
            let name = product.name;
            output::error(&format!("`{name} --help` explains each setting."));
            ExitCode::from(2)
        }
    }
}

fn execute(command: Command) -> Result<(), CommandError> {
    match command {
        Command::Tools {
            json,
            api,
            selection,
            discover,
        } => tools::print(api, selection, discover, json),
        Command::Stdio { connect, discover } => block_on(async {
            let (account, offer) = account_and_tools(connect)?;
            let offer = offer.with_discovery(discover);
            let handler = Handler::for_connection(account, offer);
            Ok(stdio::serve(handler).await.map_err(anyhow::Error::from)?)
        }),
        Command::Call {
            tool,
            arguments,
            connect,
        } => block_on(async {
            let arguments = call::arguments(arguments.as_deref())?;
            let (account, offer) = account_and_tools(connect)?;
            call::call(&account, &offer, &tool, arguments).await
        }),
        Command::Doctor(connect) => block_on(doctor::check(connect)),
        Command::Account(args) => block_on(remote::account(*args)),
        Command::Server(args) => block_on(remote::server(*args)),
        Command::Token(args) => block_on(remote::token(args)),
        Command::Audit(args) => block_on(async {
            match args.command {
                Some(AuditCommand::Verify(verify)) => audit_verify::run(verify).await,
                None => remote::audit(args.records).await,
            }
        }),
        Command::Key(KeyArgs {
            command: KeyCommand::Rotate(args),
        }) => block_on(key::rotate(*args)),
        Command::Serve(args) => {
            let options = options::serve_options(*args, &process_environment)?;
            let runtime = tokio::runtime::Builder::new_multi_thread()
                .enable_all()
                .build()
                .map_err(|error| CommandError::Internal(error.into()))?;
            let served = runtime.block_on(serve(options, &output::notice));
            runtime.shutdown_background();
            Ok(served.map_err(anyhow::Error::from)?)
        }
    }
}

fn account_and_tools(args: ConnectArgs) -> Result<(runtime::Account, OfferedTools), CommandError> {
    let (account, selection) = settings::connect(args, &process_environment)?;
    let offer = OfferedTools::new(Arc::new(Catalogue::new(product().apis)), selection);
    Ok((account, offer))
}

/// Runs a future on one thread, which is as fast for one client as several threads and needs less memory.
fn block_on(work: impl Future<Output = Result<(), CommandError>>) -> Result<(), CommandError> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| CommandError::Internal(error.into()))?;
    let result = runtime.block_on(work);
    // A thread that still reads standard input must not keep the process alive.
    runtime.shutdown_background();
    result
}
