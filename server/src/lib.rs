//! Library of a product's program: offers the tools of the generated catalogue on the command line and to MCP clients.
//!
//! Standard output carries only results and MCP messages. All other output goes to standard error.

mod call;
mod changes;
mod cli;
mod discover;
mod doctor;
#[cfg(feature = "conformance-fixtures")]
mod fixtures;
mod gateway;
mod handler;
mod lines;
mod log;
// The product of Airflow, which the tests include, refers to this module.
#[cfg(test)]
#[path = "../../airflow-mcp/src/log_format.rs"]
mod log_format;
mod offer;
mod output;
mod product;
mod progress;
mod remote;
#[cfg(test)]
mod sample;
mod settings;
mod stdio;
mod tools;
mod verbatim;

// The tests include the product of another crate, which refers to this crate as `server`.
#[cfg(test)]
extern crate self as server;

use std::process::ExitCode;
use std::sync::Arc;

use clap::{CommandFactory, FromArgMatches};
use tracing_subscriber::filter::LevelFilter;

use crate::cli::{Cli, Command, Connected};
use crate::gateway::key::{self, KeyArgs, KeyCommand};
use crate::gateway::options::{LogFormat, Options};
use crate::gateway::serve;
use crate::handler::Handler;
use crate::offer::{Catalogue, Offer};
pub use crate::product::{Examples, Product, Words};
use crate::product::{product, words};
use crate::settings::{Problems, process_environment};

/// Reason why the program fails.
#[derive(Debug)]
enum Failure {
    /// Invalid settings or arguments; nothing was sent.
    Usage(Problems),
    /// Failed operation that has already printed its error.
    Failed,
    /// Other error that kept this program from doing its work.
    Internal(anyhow::Error),
}

impl From<Problems> for Failure {
    fn from(problems: Problems) -> Self {
        Self::Usage(problems)
    }
}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        Self::Internal(error)
    }
}

/// Runs the program: parses the command line and executes the command.
pub fn run(product: &'static Product) -> ExitCode {
    product::start(product);
    let mut command = product::command(Cli::command());
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
        .map_err(Failure::from)
        .and_then(|()| execute(cli.command))
    {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure::Failed) => ExitCode::from(1),
        Err(Failure::Internal(error)) => {
            output::error(&format!("error: {error:#}"));
            ExitCode::from(1)
        }
        Err(Failure::Usage(problems)) => {
            output::error(&problems.to_string());
            output::error(&words("`%NAME% --help` explains each setting."));
            ExitCode::from(2)
        }
    }
}

fn execute(command: Command) -> Result<(), Failure> {
    match command {
        Command::Tools {
            json,
            api,
            selection,
            discover,
        } => tools::print(api, selection, discover, json),
        Command::Stdio {
            connected,
            discover,
        } => block_on(async {
            let (account, offer) = connect(connected)?;
            let offer = offer.discovered(discover);
            Ok(stdio::serve(Handler::for_connection(account, offer)).await?)
        }),
        Command::Call {
            tool,
            arguments,
            connected,
        } => block_on(async {
            let arguments = call::arguments(arguments.as_deref())?;
            let (account, offer) = connect(connected)?;
            call::call(&account, &offer, &tool, arguments).await
        }),
        Command::Doctor(connected) => block_on(doctor::check(connected)),
        Command::Account(args) => block_on(remote::account(*args)),
        Command::Server(args) => block_on(remote::server(*args)),
        Command::Token(args) => block_on(remote::token(args)),
        Command::Audit(args) => block_on(remote::audit(*args)),
        Command::Key(KeyArgs {
            command: KeyCommand::Rotate(args),
        }) => block_on(key::rotate(*args)),
        Command::Serve(args) => {
            let options = Options::new(*args, &process_environment)?;
            let runtime = tokio::runtime::Builder::new_multi_thread()
                .enable_all()
                .build()
                .map_err(|error| Failure::Internal(error.into()))?;
            let served = runtime.block_on(serve::serve(options));
            runtime.shutdown_background();
            Ok(served?)
        }
    }
}

fn connect(connected: Connected) -> Result<(runtime::Account, Offer), Failure> {
    let (account, selection) = settings::connect(connected, &process_environment)?;
    let offer = Offer::new(Arc::new(Catalogue::new(product().apis)), selection);
    Ok((account, offer))
}

/// Runs a future on one thread, which is as fast for one client as several threads and needs less memory.
fn block_on(work: impl Future<Output = Result<(), Failure>>) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::Internal(error.into()))?;
    let result = runtime.block_on(work);
    // A thread that still reads standard input must not keep the process alive.
    runtime.shutdown_background();
    result
}
