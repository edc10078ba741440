//! Command `token`: manages the API tokens of a gateway.

use clap::ValueEnum;
use clap::builder::PossibleValue;
use reqwest::Method;
use serde_json::{Value, json};

use super::accounts::account_named;
use super::client::Client;
use super::servers::selected;
use super::table::{self, expiry, id, text};
use crate::args::token::{BoundsArgs, TokenCommand};
use crate::error::CommandError;

const PATH: &str = "api-token";

pub(super) async fn run(client: &Client, command: TokenCommand) -> Result<(), CommandError> {
    match command {
        TokenCommand::Create {
            name,
            role,
            expiry,
            bounds,
        } => {
            let role = role.to_possible_value();
            let role = role.as_ref().map(PossibleValue::get_name);
            let mut body = json!({"name": name, "role": role, "expires_at": expiry.time()});
            if let Some(bounds) = bounds_of(client, *bounds).await? {
                body["bounds"] = bounds;
            }
            let token = client.send(Method::POST, &[PATH], &[], Some(&body)).await?;
            client.print(&token, || show(&token))
        }
        TokenCommand::List => {
            let tokens = client.list(&[PATH], &[], None).await?;
            client.print_list(&tokens, || rows(&tokens))
        }
        TokenCommand::Revoke { token, servers } => {
            let tokens = client.list(&[PATH], &[], None).await?;
            let found = client.find("token", &token, tokens)?;
            let done = format!("revoked {}", text(&found["name"]));
            let query = servers.then(|| ("servers", "revoke".to_owned()));
            client
                .delete(&[PATH, id(&found)], query.as_slice(), done)
                .await
        }
    }
}

/// Returns the bounds that the arguments set, with the ids of the accounts.
async fn bounds_of(client: &Client, bounds: BoundsArgs) -> Result<Option<Value>, CommandError> {
    let mut accounts = Vec::new();
    for account in &bounds.accounts {
        let account = account_named(client, account).await?;
        accounts.push(id(&account).to_owned());
    }
    let config = selected(bounds.selection);
    if accounts.is_empty() && config.is_empty() && bounds.max_days.is_none() {
        return Ok(None);
    }
    let config = (!config.is_empty()).then_some(config);
    Ok(Some(
        json!({"accounts": accounts, "config": config, "max_days": bounds.max_days}),
    ))
}

fn rows(tokens: &[Value]) -> String {
    let headings = ["ID", "NAME", "ROLE", "EXPIRES", "CREATED"];
    table::items(headings, tokens, |it| {
        let (id, name, role) = (text(&it["id"]), text(&it["name"]), text(&it["role"]));
        [id, name, role, expiry(it), table::time(&it["created_at"])]
    })
}

fn show(token: &Value) -> String {
    let fields = table::fields(&[
        ("id", text(&token["id"])),
        ("name", text(&token["name"])),
        ("role", text(&token["role"])),
        ("expires", expiry(token)),
        ("token", text(&token["token"])),
    ]);
    format!("{fields}\n\nThe token is shown only once.")
}
