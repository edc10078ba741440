//! Command `airflow-mcp token`: manages the API tokens of a gateway.

use clap::ValueEnum;
use clap::builder::PossibleValue;
use reqwest::Method;
use serde_json::{Value, json};

use super::args::TokenCommand;
use super::client::Client;
use super::table::{self, text};
use super::{find, id, print};
use crate::Failure;

const PATH: &str = "api-token";

pub(super) async fn run(client: &Client, command: TokenCommand) -> Result<(), Failure> {
    match command {
        TokenCommand::Create { name, role, expiry } => {
            let role = role.to_possible_value();
            let role = role.as_ref().map(PossibleValue::get_name);
            let body = json!({"name": name, "role": role, "expires_at": expiry.time()});
            let token = client.send(Method::POST, &[PATH], &[], Some(&body)).await?;
            print(client, &token, || show(&token))
        }
        TokenCommand::List => {
            let tokens = client.list(&[PATH], &[], None).await?;
            let answer = json!({"result": tokens, "next_cursor": null});
            print(client, &answer, || rows(&tokens))
        }
        TokenCommand::Revoke { token } => {
            let tokens = client.list(&[PATH], &[], None).await?;
            let found = find(client, "token", &token, tokens)?;
            client.delete(&[PATH, id(&found)]).await?;
            print(client, &json!({"id": id(&found), "deleted": true}), || {
                format!("revoked {}", text(&found["name"]))
            })
        }
    }
}

fn expiry(token: &Value) -> String {
    match &token["expires_at"] {
        Value::Null => "never".to_owned(),
        time => table::time(time),
    }
}

fn rows(tokens: &[Value]) -> String {
    let rows: Vec<_> = tokens
        .iter()
        .map(|it| {
            vec![
                text(&it["id"]),
                text(&it["name"]),
                text(&it["role"]),
                expiry(it),
                table::time(&it["created_at"]),
            ]
        })
        .collect();
    table::table(&["ID", "NAME", "ROLE", "EXPIRES", "CREATED"], &rows)
}

fn show(token: &Value) -> String {
    let fields = table::fields(&[
        ("id", text(&token["id"])),
        ("name", text(&token["name"])),
        ("role", text(&token["role"])),
        ("expires", expiry(token)),
        ("token", text(&token["token"])),
    ]);
    format!("{fields}\n\nThe token is shown this once.")
}
