//! Log of the program. The log goes to standard error, because standard output is reserved for MCP messages and results.

use std::io::IsTerminal;
use std::str::FromStr;

use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Layer, Registry};

use mcp_server::environment::{Environment, set, variable};

use crate::args::serve::LogFormat;
use crate::error::ConfigErrors;

/// Starts the log at the level of the environment variable, or at `default` if the variable is not set.
pub(crate) fn start(
    environment: Environment<'_>,
    default: LevelFilter,
    format: LogFormat,
) -> Result<(), ConfigErrors> {
    let level = level(environment(&variable("MCP_LOG")), default)?;
    let stderr = std::io::stderr();
    let ansi = stderr.is_terminal();
    // Other crates log only errors and warnings, because their lower levels can contain secrets: rmcp logs whole requests, HTTP libraries log whole headers.
    let others = level.min(LevelFilter::WARN);
    let targets = Targets::new()
        .with_default(others)
        // rmcp logs mistakes of clients as warnings that quote the client, and a closed connection as an error.
        .with_target("rmcp", LevelFilter::OFF)
        .with_target("mcp_cli", level)
        .with_target("mcp_gateway", level)
        .with_target("mcp_server", level)
        .with_target("mcp_runtime", level);
    let layer = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    let layer: Box<dyn Layer<Registry> + Send + Sync> = match format {
        LogFormat::Text => Box::new(layer.with_ansi(ansi)),
        LogFormat::Json => Box::new(
            layer
                .json()
                .flatten_event(true)
                .with_current_span(true)
                .with_span_list(false),
        ),
    };
    // The boxed layer implements `Layer<Registry>`, so it must be added to the registry first.
    tracing_subscriber::registry()
        .with(layer)
        .with(targets)
        .init();
    Ok(())
}

fn level(value: Option<String>, default: LevelFilter) -> Result<LevelFilter, ConfigErrors> {
    let Some(value) = set(value) else {
        return Ok(default);
    };
    LevelFilter::from_str(&value).map_err(|_| {
        ConfigErrors::one(format!(
            "{} is `{value}`; it must be off, error, warn, info, debug or trace",
            variable("MCP_LOG")
        ))
    })
}
