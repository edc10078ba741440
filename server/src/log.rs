//! The log: on standard error, since standard output belongs to the protocol.

use std::io::IsTerminal;
use std::str::FromStr;

use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Layer, Registry};

use crate::gateway::options::LogFormat;
use crate::product::variable;
use crate::settings::{Environment, Problems};

/// Starts the log at the level that is set, else at this one.
pub(crate) fn start(
    environment: Environment<'_>,
    default: LevelFilter,
    format: LogFormat,
) -> Result<(), Problems> {
    let level = level(environment(&variable("MCP_LOG")), default)?;
    let stderr = std::io::stderr();
    let ansi = stderr.is_terminal();
    // Only what this project writes is known to hold no secrets: rmcp logs whole requests, HTTP libraries whole headers.
    let others = level.min(LevelFilter::WARN);
    let targets = Targets::new()
        .with_default(others)
        // It warns of what clients do wrong, in their words, and calls it an error if one has left.
        .with_target("rmcp", LevelFilter::OFF)
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
    // The boxed layer has to be the inner one: it is a layer of the registry itself.
    tracing_subscriber::registry()
        .with(layer)
        .with(targets)
        .init();
    Ok(())
}

fn level(value: Option<String>, default: LevelFilter) -> Result<LevelFilter, Problems> {
    let Some(value) = value.filter(|value| !value.trim().is_empty()) else {
        return Ok(default);
    };
    LevelFilter::from_str(value.trim()).map_err(|_| {
        Problems(vec![format!(
            "{} is `{}`: give off, error, warn, info, debug or trace",
            variable("MCP_LOG"),
            value.trim()
        )])
    })
}
