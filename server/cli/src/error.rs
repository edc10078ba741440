//! Errors of the commands.

use std::fmt;

/// Reason why a command fails.
#[derive(Debug)]
pub(crate) enum CommandError {
    /// Invalid settings or arguments; nothing was sent.
    Usage(ConfigErrors),
    /// Failed operation that has already printed its error.
    Failed,
    /// Other error that kept the program from doing its work.
    Internal(anyhow::Error),
}

/// All invalid options, variables and configuration entries.
#[derive(Debug)]
pub(crate) struct ConfigErrors(pub(crate) Vec<String>);

impl ConfigErrors {
    pub(crate) fn one(error: String) -> Self {
        Self(vec![error])
    }

    /// Returns the value unless there are errors.
    pub(crate) fn unless_empty<T>(errors: Vec<String>, value: T) -> Result<T, Self> {
        match errors.is_empty() {
            true => Ok(value),
            false => Err(Self(errors)),
        }
    }
}

impl fmt::Display for ConfigErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines: Vec<_> = self.0.iter().map(|it| format!("error: {it}")).collect();
        f.write_str(&lines.join("\n"))
    }
}

impl From<ConfigErrors> for CommandError {
    fn from(errors: ConfigErrors) -> Self {
        Self::Usage(errors)
    }
}

impl From<anyhow::Error> for CommandError {
    fn from(error: anyhow::Error) -> Self {
        Self::Internal(error)
    }
}

impl From<std::io::Error> for CommandError {
    fn from(error: std::io::Error) -> Self {
        Self::Internal(error.into())
    }
}
