//! Command `server`: manages the MCP servers of a gateway.

use reqwest::Method;
use serde_json::{Map, Value, json};

use super::accounts::{PATH as ACCOUNTS, account_named};
use super::client::Client;
use super::table::{self, expiry, id, text};
use crate::args::connection::SelectionArgs;
use crate::args::remote::{Expiry, ServerCommand, ServerName};
use crate::error::CommandError;

pub(super) async fn run(client: &Client, command: ServerCommand) -> Result<(), CommandError> {
    match command {
        ServerCommand::Create {
            name,
            account,
            selection,
            expiry,
            no_expiry,
            require_api_token,
            callers,
            discover,
            redact,
        } => {
            let account = account_named(client, &account).await?;
            let mut config = selected(selection);
            add_names(&mut config, "callers", &callers);
            add_switches(
                &mut config,
                [
                    ("require_api_token_auth", Some(require_api_token)),
                    ("discover", discover.then_some(true)),
                    ("redact", redact.then_some(true)),
                ],
            );
            let mut body = json!({"name": name, "config": config});
            add_expiry(&mut body, &expiry, no_expiry);
            let path = [ACCOUNTS, id(&account), "mcp"];
            let server = client.send(Method::POST, &path, &[], Some(&body)).await?;
            client.print(&server, || show(&server))
        }
        ServerCommand::List {
            account,
            created_by,
        } => list(client, account.as_deref(), created_by).await,
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
            callers,
            discover,
            redact,
        } => {
            let mut body = json!({});
            if let Some(name) = name {
                body["name"] = name.into();
            }
            let mut config = selected(selection);
            add_names(&mut config, "callers", &callers);
            add_switches(
                &mut config,
                [
                    ("require_api_token_auth", require_api_token),
                    ("discover", discover),
                    ("redact", redact),
                ],
            );
            if !config.is_empty() {
                body["config"] = config.into();
            }
            add_expiry(&mut body, &expiry, no_expiry);
            let found = server_named(client, &server).await?;
            let path = path(&found);
            let server = client.send(Method::PATCH, &path, &[], Some(&body)).await?;
            client.print(&server, || show(&server))
        }
        ServerCommand::Delete(name) => {
            let found = server_named(client, &name).await?;
            let done = format!("revoked {}", text(&found["name"]));
            client.delete(&path(&found), &[], done).await
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

async fn list(
    client: &Client,
    account: Option<&str>,
    created_by: Option<String>,
) -> Result<(), CommandError> {
    let query = created_by.map(|id| ("created_by", id));
    let accounts = accounts(client, account).await?;
    let mut servers = Vec::new();
    let mut rows = Vec::new();
    for account in &accounts {
        for server in client
            .list(&[ACCOUNTS, id(account), "mcp"], query.as_slice(), None)
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

/// Returns the criteria that the arguments set. An option with an empty value removes its restriction.
pub(super) fn selected(selection: SelectionArgs) -> Map<String, Value> {
    let mut config = Map::new();
    if let Some(preset) = selection.preset {
        let name = Some(preset.trim()).filter(|name| !name.is_empty());
        config.insert("preset".to_owned(), name.into());
    }
    for (field, names) in [
        ("methods", selection.methods),
        ("tags", selection.tags),
        ("tools", selection.tools),
        ("exclude_tags", selection.exclude_tags),
        ("exclude_tools", selection.exclude_tools),
    ] {
        add_names(&mut config, field, &names);
    }
    let include_secrets = ("include_secrets", selection.include_secrets);
    add_switches(&mut config, [include_secrets]);
    config
}

fn add_names(config: &mut Map<String, Value>, field: &str, names: &[String]) {
    if !names.is_empty() {
        let names = names.iter().map(|name| name.trim());
        let names: Vec<_> = names.filter(|name| !name.is_empty()).collect();
        config.insert(field.to_owned(), json!(names));
    }
}

fn add_switches<const N: usize>(
    config: &mut Map<String, Value>,
    switches: [(&str, Option<bool>); N],
) {
    for (field, given) in switches {
        if let Some(given) = given {
            config.insert(field.to_owned(), given.into());
        }
    }
}

/// Adds the expiry, if the arguments set it.
fn add_expiry(body: &mut Value, expiry: &Expiry, no_expiry: bool) {
    if let Some(time) = expiry.time() {
        body["expires_at"] = time.to_string().into();
    } else if no_expiry {
        body["expires_at"] = Value::Null;
    }
}

/// Describes the tools that an MCP server offers.
fn offered(config: &Value) -> String {
    let fields = [
        "preset",
        "methods",
        "tags",
        "tools",
        "exclude_tags",
        "exclude_tools",
    ];
    let parts = fields.map(|field| (field, text(&config[field])));
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
    let switches = [
        ("include_secrets", ", with secrets"),
        ("discover", ", with discovery"),
        ("redact", ", redacted"),
    ];
    let switches = switches
        .into_iter()
        .filter(|(field, _)| config[*field] == true);
    switches.fold(tools, |tools, (_, more)| tools + more)
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
