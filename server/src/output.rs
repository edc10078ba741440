//! Writes to the standard streams. A closed pipe (`airflow-mcp tools | head`) is not an error.

use std::io::{self, IsTerminal, Write};

use serde_json::Value;

/// Writes text and a line feed to standard output.
pub(crate) fn line(text: &str) -> anyhow::Result<()> {
    bytes(format!("{text}\n").as_bytes())
}

/// Writes bytes to standard output.
pub(crate) fn bytes(bytes: &[u8]) -> anyhow::Result<()> {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(bytes).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}

/// Writes JSON to standard output: indented for a terminal, otherwise unchanged on one line.
pub(crate) fn json(text: &str) -> anyhow::Result<()> {
    if io::stdout().is_terminal()
        && let Ok(value) = serde_json::from_str::<Value>(text)
    {
        return line(&format!("{value:#}"));
    }
    line(text)
}

/// Writes text and a line feed to standard error. A write error is ignored, because it cannot be reported anywhere.
pub(crate) fn error(text: &str) {
    let _ = writeln!(io::stderr(), "{text}");
}
