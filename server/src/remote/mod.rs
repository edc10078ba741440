//! Commands `airflow-mcp account`, `server`, `token` and `audit`, which use the management API of a running gateway.

mod accounts;
pub(crate) mod args;
mod audit;
mod client;
mod servers;
mod table;
mod tokens;

use serde_json::Value;

use self::args::{AccountArgs, AuditArgs, ServerArgs, TokenArgs};
use self::client::Client;
use crate::Failure;
use crate::output;
use crate::product::product;
use crate::settings::process_environment;

/// Runs `airflow-mcp account`.
pub(crate) async fn account(args: AccountArgs) -> Result<(), Failure> {
    let client = || Client::new(&args.remote, &process_environment);
    accounts::run(client, args.command).await
}

/// Runs `airflow-mcp server`.
pub(crate) async fn server(args: ServerArgs) -> Result<(), Failure> {
    let client = Client::new(&args.remote, &process_environment)?;
    servers::run(&client, args.command).await
}

/// Runs `airflow-mcp token`.
pub(crate) async fn token(args: TokenArgs) -> Result<(), Failure> {
    let client = Client::new(&args.remote, &process_environment)?;
    tokens::run(&client, args.command).await
}

/// Runs `airflow-mcp audit`.
pub(crate) async fn audit(args: AuditArgs) -> Result<(), Failure> {
    let client = Client::new(&args.remote, &process_environment)?;
    audit::run(&client, args).await
}

/// Prints a response: as JSON with `--json`, otherwise as text for people.
fn print(client: &Client, answer: &Value, text: impl FnOnce() -> String) -> Result<(), Failure> {
    if client.json {
        output::json(&answer.to_string())?;
    } else {
        output::line(&text())?;
    }
    Ok(())
}

/// Returns the item with this id, or else the only item with this name.
fn find(client: &Client, what: &str, wanted: &str, entries: Vec<Value>) -> Result<Value, Failure> {
    let mut named = Vec::new();
    for entry in entries {
        if entry["id"] == wanted {
            return Ok(entry);
        }
        if entry["name"] == wanted {
            named.push(entry);
        }
    }
    if named.len() > 1 {
        let ids: Vec<_> = named.iter().map(|it| table::text(&it["id"])).collect();
        return Err(client.failed(
            "ambiguous",
            &format!("there are {} {what}s with the name `{wanted}`", named.len()),
            &format!("Give its id: {}.", ids.join(", ")),
        ));
    }
    named.pop().ok_or_else(|| {
        client.failed(
            "not_found",
            &format!("there is no {what} with the id or name `{wanted}`"),
            &format!("`{} {what} list` shows which there are.", product().name),
        )
    })
}

/// Returns the id of an item.
fn id(entry: &Value) -> &str {
    entry["id"].as_str().unwrap_or_default()
}
