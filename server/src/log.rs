//! The log: on standard error, since standard output belongs to the protocol.

use std::io::IsTerminal;
use std::str::FromStr;

use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::settings::{Environment, Problems};

/// Starts the log at the level of AIRFLOW_MCP_LOG.
pub(crate) fn start(environment: Environment<'_>) -> Result<(), Problems> {
    let level = level(environment("AIRFLOW_MCP_LOG"))?;
    let stderr = std::io::stderr();
    let ansi = stderr.is_terminal();
    // Only what this project writes is known to hold no secrets: rmcp logs whole requests, HTTP libraries whole headers.
    let others = level.min(LevelFilter::WARN);
    let targets = Targets::new()
        .with_default(others)
        .with_target("airflow_mcp", level)
        .with_target("mcp_runtime", level);
    tracing_subscriber::registry()
        .with(
            tracing_subscriber::fmt::layer()
                .with_writer(std::io::stderr)
                .with_ansi(ansi),
        )
        .with(targets)
        .init();
    Ok(())
}

fn level(value: Option<String>) -> Result<LevelFilter, Problems> {
    let Some(value) = value.filter(|value| !value.trim().is_empty()) else {
        return Ok(LevelFilter::WARN);
    };
    LevelFilter::from_str(value.trim()).map_err(|_| {
        Problems(vec![format!(
            "AIRFLOW_MCP_LOG is `{}`: give off, error, warn, info, debug or trace",
            value.trim()
        )])
    })
}
