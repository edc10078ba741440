//! Command `token`: manages the API tokens of a gateway.

use clap::ValueEnum;
use clap::builder::PossibleValue;
use reqwest::Method;
use serde_json::{Value, json};

use super::client::Client;
use super::table::{self, expiry, id, text};
use crate::args::remote::TokenCommand;
use crate::error::CommandError;

const PATH: &str = "api-token";

pub(super) async fn run(client: &Client, command: TokenCommand) -> Result<(), CommandError> {
    match command {
        TokenCommand::Create { name, role, expiry } => {
            let role = role.to_possible_value();
            let role = role.as_ref().map(PossibleValue::get_name);
            let body = json!({"name": name, "role": role, "expires_at": expiry.time()});
            let token = client.send(Method::POST, &[PATH], &[], Some(&body)).await?;
            client.print(&token, || show(&token))
        }
        TokenCommand::List => {
            let tokens = client.list(&[PATH], &[], None).await?;
            client.print_list(&tokens, || rows(&tokens))
        }
        TokenCommand::Revoke { token } => {
            let tokens = client.list(&[PATH], &[], None).await?;
            let found = client.find("token", &token, tokens)?;
            let done = format!("revoked {}", text(&found["name"]));
            client.delete(&[PATH, id(&found)], done).await
        }
    }
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
