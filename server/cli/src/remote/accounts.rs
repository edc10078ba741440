//! Command `account`: manages the accounts of a gateway.

use std::io::Read;

use reqwest::Method;
use secrecy::ExposeSecret;
use serde_json::{Map, Value, json};

use super::client::Client;
use super::table::{self, id, text};
use crate::args::remote::{AccountCommand, AccountMore, SignIn};
use crate::error::{CommandError, ConfigErrors};
use crate::settings;
use mcp_server::environment::{Environment, process_environment, variable};

pub(super) const PATH: &str = "integrated-account";

pub(super) async fn run(
    client: impl FnOnce() -> Result<Client, CommandError>,
    command: AccountCommand,
) -> Result<(), CommandError> {
    match command {
        AccountCommand::Create {
            name,
            url,
            sign_in,
            more,
        } => {
            let mut body = json!({"name": name, "base_url": url});
            complete(&mut body, &sign_in, &more, true)?;
            let client = client()?;
            let account = client.send(Method::POST, &[PATH], &[], Some(&body)).await?;
            client.print(&account, || show(&account))
        }
        AccountCommand::List => {
            let client = client()?;
            let accounts = client.list(&[PATH], &[], None).await?;
            client.print_list(&accounts, || rows(&accounts))
        }
        AccountCommand::Get { account } => {
            let client = client()?;
            let account = account_named(&client, &account).await?;
            client.print(&account, || show(&account))
        }
        AccountCommand::Update {
            account,
            name,
            url,
            sign_in,
            more,
            no_ca_certificate,
        } => {
            let mut body = json!({});
            for (field, value) in [("name", name), ("base_url", url)] {
                if let Some(value) = value {
                    body[field] = value.into();
                }
            }
            complete(&mut body, &sign_in, &more, false)?;
            if no_ca_certificate {
                body["ca_certificate"] = Value::Null;
            }
            let client = client()?;
            let found = account_named(&client, &account).await?;
            let account = client
                .send(Method::PATCH, &[PATH, id(&found)], &[], Some(&body))
                .await?;
            client.print(&account, || show(&account))
        }
        AccountCommand::Delete { account } => {
            let client = client()?;
            let found = account_named(&client, &account).await?;
            let done = format!("deleted {} and its servers", text(&found["name"]));
            client.delete(&[PATH, id(&found)], &[], done).await
        }
        AccountCommand::Check { account } => check(&client()?, &account).await,
    }
}

/// Returns the account with this id or name.
pub(super) async fn account_named(client: &Client, wanted: &str) -> Result<Value, CommandError> {
    let accounts = client.list(&[PATH], &[], None).await?;
    client.find("account", wanted, accounts)
}

async fn check(client: &Client, account: &str) -> Result<(), CommandError> {
    let found = account_named(client, account).await?;
    let check = client
        .send(Method::POST, &[PATH, id(&found), "check"], &[], None)
        .await?;
    let steps = check["steps"].as_array().map_or(&[][..], Vec::as_slice);
    client.print(&check, || {
        let table = table::items(["", "", ""], steps, |step| {
            let result = if step["ok"] == true { "ok" } else { "FAILED" };
            [
                result.to_owned(),
                text(&step["name"]),
                text(&step["detail"]),
            ]
        });
        table.trim_start().to_owned()
    })?;
    if check["ok"] == true {
        Ok(())
    } else {
        Err(CommandError::Failed)
    }
}

/// Adds the sign-in method, headers, API and certificate authority of the arguments to a request body.
fn complete(
    body: &mut Value,
    sign_in: &SignIn,
    more: &AccountMore,
    is_new: bool,
) -> Result<(), ConfigErrors> {
    let mut errors = Vec::new();
    let headers = headers(more, is_new, &mut errors);
    let signs_in_by_header = headers
        .iter()
        .flatten()
        .any(|(name, _)| name.eq_ignore_ascii_case("authorization"));
    match auth(sign_in, is_new, signs_in_by_header, &process_environment) {
        Ok(Some(auth)) => body["auth"] = auth,
        Ok(None) => {}
        Err(error) => errors.push(error),
    }
    if let Some(headers) = headers {
        body["headers"] = headers.into();
    }
    match more.api.as_deref() {
        Some("") => body["api"] = Value::Null,
        Some(api) => body["api"] = api.into(),
        None => {}
    }
    if let Some(path) = &more.ca_certificate {
        match read(path) {
            Ok(text) => body["ca_certificate"] = text.into(),
            Err(error) => errors.push(error),
        }
    }
    ConfigErrors::unless_empty(errors, ())
}

fn headers(
    more: &AccountMore,
    is_new: bool,
    errors: &mut Vec<String>,
) -> Option<Map<String, Value>> {
    let text = match &more.headers_file {
        Some(path) => match read(path) {
            Ok(text) => Some(text),
            Err(error) => {
                errors.push(error);
                None
            }
        },
        None if is_new => process_environment(&variable("HEADERS")),
        None => None,
    }?;
    let headers = settings::headers(Some(text), errors).into_iter();
    Some(
        headers
            .map(|(name, value)| (name, value.expose_secret().into()))
            .collect(),
    )
}

/// Returns the sign-in method that the arguments define. The environment can define only the method of a new account, so that an update does not store a credential that happens to be set.
fn auth(
    args: &SignIn,
    is_new: bool,
    signs_in_by_header: bool,
    environment: Environment<'_>,
) -> Result<Option<Value>, String> {
    let set = |name: &str| environment(name).filter(|value| !value.is_empty());
    let inherited = |name: &str| set(name).filter(|_| is_new);
    if args.no_sign_in {
        return Ok(Some(json!({"type": "none"})));
    }
    if let Some(path) = &args.gateway_token_file {
        return Ok(Some(json!({"type": "bearer_file", "path": path})));
    }
    if let Some(command) = &args.gateway_token_command {
        return Ok(Some(json!({"type": "bearer_command", "command": command})));
    }
    let token = match &args.token_file {
        Some(path) => Some(read(path)?),
        None if args.token_stdin => Some(read_input()?),
        None => None,
    };
    if let Some(token) = token {
        return Ok(Some(json!({"type": "bearer", "token": token.trim()})));
    }
    let named = args.username.is_some() || args.password_file.is_some() || args.password_stdin;
    if let Some(token) = inherited(&variable("TOKEN")).filter(|_| !named) {
        return Ok(Some(json!({"type": "bearer", "token": token.trim()})));
    }
    let username = args
        .username
        .clone()
        .or_else(|| inherited(&variable("USERNAME")));
    let Some(username) = username else {
        if named {
            return Err("a password requires `--username`; pass both".to_owned());
        }
        if !is_new {
            return Ok(None);
        }
        if signs_in_by_header {
            return Ok(Some(json!({"type": "none"})));
        }
        return Err(
            "no sign-in method is given; pass `--username`, a token, or `--no-sign-in`".to_owned(),
        );
    };
    let password = match &args.password_file {
        Some(path) => without_line_break(&read(path)?).to_owned(),
        None if args.password_stdin => without_line_break(&read_input()?).to_owned(),
        None => set(&variable("PASSWORD")).ok_or_else(|| {
            format!(
                "the password is missing; set {} or pass `--password-file` or `--password-stdin`",
                variable("PASSWORD")
            )
        })?,
    };
    Ok(Some(
        json!({"type": "password", "username": username, "password": password}),
    ))
}

fn read(path: &str) -> Result<String, String> {
    std::fs::read_to_string(path).map_err(|error| format!("`{path}` cannot be read: {error}"))
}

fn read_input() -> Result<String, String> {
    let mut text = String::new();
    std::io::stdin()
        .read_to_string(&mut text)
        .map_err(|error| format!("standard input cannot be read: {error}"))?;
    Ok(text)
}

fn without_line_break(text: &str) -> &str {
    let text = text.strip_suffix('\n').unwrap_or(text);
    text.strip_suffix('\r').unwrap_or(text)
}

fn rows(accounts: &[Value]) -> String {
    let headings = ["ID", "NAME", "URL", "SIGN-IN", "CREATED"];
    table::items(headings, accounts, |it| {
        [
            text(&it["id"]),
            text(&it["name"]),
            text(&it["base_url"]),
            text(&it["auth"]["type"]),
            table::time(&it["created_at"]),
        ]
    })
}

fn show(account: &Value) -> String {
    let auth = &account["auth"];
    let sign_in = match auth["username"].as_str() {
        Some(_) => format!("{} as {}", text(&auth["type"]), text(&auth["username"])),
        None => text(&auth["type"]),
    };
    let api = match &account["api"] {
        Value::Null => "detected".to_owned(),
        api => text(api),
    };
    let own = account["ca_certificate"] == true;
    table::fields(&[
        ("id", text(&account["id"])),
        ("name", text(&account["name"])),
        ("url", text(&account["base_url"])),
        ("sign-in", sign_in),
        ("headers", text(&account["headers"])),
        ("api", api),
        ("ca", if own { "private" } else { "" }.to_owned()),
        ("warning", text(&account["warnings"])),
        ("created", table::time(&account["created_at"])),
        ("updated", table::time(&account["updated_at"])),
    ])
}
