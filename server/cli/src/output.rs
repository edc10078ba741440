//! Writes to the standard streams. A closed pipe (`tools | head`) is not an error.

use std::io::{self, IsTerminal, Write};

use mcp_gateway::serve::Notice;
use mcp_server::characters::escaped;
use serde_json::Value;

/// Writes text and a line feed to standard output.
pub(crate) fn line(text: &str) -> io::Result<()> {
    bytes(format!("{text}\n").as_bytes())
}

/// Writes bytes to standard output.
pub(crate) fn bytes(bytes: &[u8]) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(bytes).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error),
        _ => Ok(()),
    }
}

/// Writes JSON to standard output: indented for a terminal, otherwise unchanged on one line.
pub(crate) fn json(text: &str) -> io::Result<()> {
    if io::stdout().is_terminal()
        && let Ok(value) = serde_json::from_str::<Value>(text)
    {
        return line(&format!("{value:#}"));
    }
    line(text)
}

/// Writes text and a line feed to standard error. A write error is ignored, because it cannot be reported anywhere.
pub(crate) fn error(text: &str) {
    let _ = writeln!(io::stderr(), "{}", escaped(text));
}

/// Writes a message of the gateway.
pub(crate) fn notice(notice: Notice<'_>) -> io::Result<()> {
    match notice {
        Notice::Information(text) => line(text),
        Notice::Warning(text) => {
            error(&format!("warning: {text}"));
            Ok(())
        }
    }
}
