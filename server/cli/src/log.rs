//! Log of the program. The log goes to standard error, because standard output is reserved for MCP messages and results.

use std::borrow::Cow;
use std::io::{self, IsTerminal, Write};
use std::str::FromStr;

use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Layer, Registry};

use mcp_server::characters::{escaped, escaped_in_json};
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
    let layer: Box<dyn Layer<Registry> + Send + Sync> = match format {
        LogFormat::Text => Box::new(
            tracing_subscriber::fmt::layer()
                .with_writer(move || LogLines(Escaping::Text { ansi }))
                .with_ansi(ansi),
        ),
        LogFormat::Json => Box::new(
            tracing_subscriber::fmt::layer()
                .with_writer(|| LogLines(Escaping::Json))
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

/// Writer of the log that escapes invisible and direction-changing characters, so that a line cannot look like another one. The log writes each line at once.
struct LogLines(Escaping);

#[derive(Clone, Copy)]
enum Escaping {
    /// Text, which contains control characters only if it is for a terminal.
    Text { ansi: bool },
    /// JSON, in which the escapes of JSON keep the content.
    Json,
}

impl Escaping {
    fn apply(self, text: &str) -> Cow<'_, str> {
        match self {
            Self::Json => escaped_in_json(text),
            Self::Text { ansi: false } => escaped(text),
            // The subscriber itself colours the line, and escapes the control characters of its values.
            Self::Text { ansi: true } => {
                let parts: Vec<_> = text.split('\u{1b}').map(escaped).collect();
                Cow::Owned(parts.join("\u{1b}"))
            }
        }
    }
}

impl Write for LogLines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(bytes);
        io::stderr().write_all(self.0.apply(&text).as_bytes())?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().flush()
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_the_log_cannot_look_like_others() {
        let line = "\u{1b}[2mINFO\u{1b}[0m name=\u{202e}x\u{200b}\n";
        let rows = [
            (
                Escaping::Text { ansi: true },
                "\u{1b}[2mINFO\u{1b}[0m name=\\u{202e}x\\u{200b}\n",
            ),
            (
                Escaping::Text { ansi: false },
                "\\u{1b}[2mINFO\\u{1b}[0m name=\\u{202e}x\\u{200b}\n",
            ),
            (
                Escaping::Json,
                "\\u001b[2mINFO\\u001b[0m name=\\u202ex\\u200b\n",
            ),
        ];
        for (escaping, expected) in rows {
            assert_eq!(escaping.apply(line), expected);
        }
    }
}
