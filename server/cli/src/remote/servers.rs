//! Command `server`: manages the MCP servers of a gateway.

use reqwest::Method;
use serde_json::{Map, Value, json};

use super::accounts::{PATH as ACCOUNTS, account_named};
use super::client::Client;
use super::table::{self, expiry, id, text};
use crate::args::connection::SelectionArgs;
use crate::args::remote::{ServerCommand, ServerName};
use crate::error::CommandError;

pub(super) async fn run(client: &Client, command: ServerCommand) -> Result<(), CommandError> {
    match command {
        ServerCommand::Create {
            name,
            account,
            selection,
            expiry,
            require_api_token,
            discover,
        } => {
            let account = account_named(client, &account).await?;
            let discover = discover.then_some(true);
            let config = config(selection, Some(require_api_token), discover);
            let body = json!({"name": name, "config": config, "expires_at": expiry.time()});
            let path = [ACCOUNTS, id(&account), "mcp"];
            let server = client.send(Method::POST, &path, &[], Some(&body)).await?;
            client.print(&server, || show(&server))
        }
        ServerCommand::List { account } => list(client, account.as_deref()).await,
        ServerCommand::Get(name) => {
            let server = server_named(client, &name).await?;
            client.print(&server, || show(&server))
        }
        ServerCommand::Update {
            server,
            name,
            selection,
            expiry,
            no_expiry,
            require_api_token,
            discover,
        } => {
            let mut body = json!({});
            if let Some(name) = name {
                body["name"] = name.into();
            }
            let config = config(selection, require_api_token, discover);
            if !config.is_empty() {
                body["config"] = config.into();
            }
            if let Some(time) = expiry.time() {
                body["expires_at"] = time.to_string().into();
            } else if no_expiry {
                body["expires_at"] = Value::Null;
            }
            let found = server_named(client, &server).await?;
            let path = path(&found);
            let server = client.send(Method::PATCH, &path, &[], Some(&body)).await?;
            client.print(&server, || show(&server))
        }
        ServerCommand::Delete(name) => {
            let found = server_named(client, &name).await?;
            let done = format!("revoked {}", text(&found["name"]));
            client.delete(&path(&found), done).await
        }
        ServerCommand::Rotate(name) => {
            let found = server_named(client, &name).await?;
            let [accounts, account, mcp, server] = path(&found);
            let path = [accounts, account, mcp, server, "rotate"];
            let server = client.send(Method::POST, &path, &[], None).await?;
            client.print(&server, || show(&server))
        }
    }
}

async fn list(client: &Client, account: Option<&str>) -> Result<(), CommandError> {
    let accounts = accounts(client, account).await?;
    let mut servers = Vec::new();
    let mut rows = Vec::new();
    for account in &accounts {
        for server in client
            .list(&[ACCOUNTS, id(account), "mcp"], &[], None)
            .await?
        {
            rows.push(vec![
                text(&server["id"]),
                text(&server["name"]),
                text(&account["name"]),
                offered(&server["config"]),
                expiry(&server),
            ]);
            servers.push(server);
        }
    }
    client.print_list(&servers, || {
        table::table(&["ID", "NAME", "ACCOUNT", "TOOLS", "EXPIRES"], &rows)
    })
}

/// Returns the named account, or all accounts if none is named.
async fn accounts(client: &Client, account: Option<&str>) -> Result<Vec<Value>, CommandError> {
    match account {
        Some(account) => Ok(vec![account_named(client, account).await?]),
        None => client.list(&[ACCOUNTS], &[], None).await,
    }
}

async fn server_named(client: &Client, name: &ServerName) -> Result<Value, CommandError> {
    let mut servers = Vec::new();
    for account in accounts(client, name.account.as_deref()).await? {
        let path = [ACCOUNTS, id(&account), "mcp"];
        servers.extend(client.list(&path, &[], None).await?);
    }
    client.find("server", &name.server, servers)
}

fn path(server: &Value) -> [&str; 4] {
    let account = server["integrated_account_id"].as_str().unwrap_or_default();
    [ACCOUNTS, account, "mcp", id(server)]
}

/// Returns the configuration entries that the arguments set. An option with an empty value removes its restriction.
fn config(
    selection: SelectionArgs,
    require_api_token: Option<bool>,
    discover: Option<bool>,
) -> Map<String, Value> {
    let mut config = Map::new();
    let parts = [
        ("methods", selection.methods),
        ("tags", selection.tags),
        ("tools", selection.tools),
    ];
    for (field, names) in parts {
        if !names.is_empty() {
            let names = names.iter().map(|name| name.trim());
            let names: Vec<_> = names.filter(|name| !name.is_empty()).collect();
            config.insert(field.to_owned(), json!(names));
        }
    }
    let switches = [
        ("require_api_token_auth", require_api_token),
        ("discover", discover),
    ];
    for (field, given) in switches {
        if let Some(given) = given {
            config.insert(field.to_owned(), given.into());
        }
    }
    config
}

/// Describes the tools that an MCP server offers.
fn offered(config: &Value) -> String {
    let parts = ["methods", "tags", "tools"].map(|field| (field, text(&config[field])));
    let parts: Vec<_> = parts
        .iter()
        .filter(|(_, names)| !names.is_empty())
        .map(|(field, names)| format!("{field} {names}"))
        .collect();
    let tools = if parts.is_empty() {
        "all".to_owned()
    } else {
        parts.join("; ")
    };
    if config["discover"] == true {
        format!("{tools}, with discovery")
    } else {
        tools
    }
}

fn show(server: &Value) -> String {
    let needs_token = server["config"]["require_api_token_auth"] == true;
    let fields = table::fields(&[
        ("id", text(&server["id"])),
        ("name", text(&server["name"])),
        ("account", text(&server["integrated_account_id"])),
        ("tools", offered(&server["config"])),
        ("expires", expiry(server)),
        (
            "requires",
            if needs_token { "an API token" } else { "" }.to_owned(),
        ),
        ("created", table::time(&server["created_at"])),
        ("updated", table::time(&server["updated_at"])),
        ("url", text(&server["url"])),
    ]);
    match server["url"] {
        Value::String(_) => {
            format!("{fields}\n\nThe URL is shown only once. Anyone who has it can use it.")
        }
        _ => fields,
    }
}
