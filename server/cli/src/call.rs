//! Command `call`: calls one tool from the shell.

use std::io::{IsTerminal, Read};

use runtime::Account;
use serde_json::{Map, Value};

use mcp_server::offer::OfferedTools;

use crate::error::{CommandError, ConfigErrors};
use crate::output;

/// Reads the arguments of the call from the command line, or from standard input for `-`.
pub(crate) fn arguments(text: Option<&str>) -> Result<Map<String, Value>, CommandError> {
    let text = match text {
        Some("-") => {
            let mut text = String::new();
            std::io::stdin()
                .read_to_string(&mut text)
                .map_err(|error| usage(format!("cannot read the arguments: {error}")))?;
            text
        }
        Some(text) => text.to_owned(),
        None => String::new(),
    };
    if text.trim().is_empty() {
        return Ok(Map::new());
    }
    match serde_json::from_str(&text) {
        Ok(Value::Object(arguments)) => Ok(arguments),
        Ok(_) => Err(usage(
            "the arguments must be a JSON object, for example '{\"id\": \"ada\"}'".to_owned(),
        )),
        Err(error) => Err(usage(format!("the arguments must be JSON: {error}"))),
    }
}

/// Calls the tool and prints its result or its error object.
pub(crate) async fn call(
    account: &Account,
    offer: &OfferedTools,
    name: &str,
    arguments: Map<String, Value>,
) -> Result<(), CommandError> {
    let tool = offer
        .find(account.known().as_deref(), name)
        .map_err(|unavailable| usage(unavailable.message(name)))?;
    let answer = account.call(tool, arguments, &show_progress()).await;
    output::json(&answer.json)?;
    if answer.error.is_some() {
        Err(CommandError::Failed)
    } else {
        Ok(())
    }
}

/// Returns a function that prints progress if standard error is a terminal.
fn show_progress() -> impl Fn(u64, Option<u64>) + Send + Sync {
    let shown = std::io::stderr().is_terminal();
    move |read, of| {
        if shown {
            match of {
                Some(of) => output::error(&format!("read {read} of {of}")),
                None => output::error(&format!("read {read}")),
            }
        }
    }
}

fn usage(error: String) -> CommandError {
    ConfigErrors::one(error).into()
}
