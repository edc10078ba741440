//! Command `audit`: prints audit records of a gateway.

use serde_json::Value;

use super::accounts::account_named;
use super::client::Client;
use super::table::{self, id, text};
use crate::args::audit::RecordArgs;
use crate::error::CommandError;

pub(super) async fn run(client: &Client, args: RecordArgs) -> Result<(), CommandError> {
    let account = match &args.account {
        // An id is not looked up, because records remain after their account is deleted.
        Some(id) if id.starts_with("acc_") => Some(id.clone()),
        Some(name) => Some(id(&account_named(client, name).await?).to_owned()),
        None => None,
    };
    let mut query: Vec<_> = [
        ("account_id", account),
        ("server_id", args.server),
        ("actor", args.actor),
        ("action", args.action),
        ("tool", args.tool),
        ("outcome", args.outcome),
        ("target", args.target),
        ("client", args.client),
        ("peer", args.peer),
        ("request_id", args.request_id),
        ("since", args.since.map(|time| time.to_string())),
        ("until", args.until.map(|time| time.to_string())),
    ]
    .into_iter()
    .filter_map(|(name, value)| Some((name, value?)))
    .collect();
    if args.export {
        query.extend(args.limit.map(|limit| ("limit", limit.to_string())));
        return client.copy(&["audit", "export"], &query).await;
    }
    let most = args.limit.map_or(50, |limit| limit as usize);
    let records = client.list(&["audit"], &query, Some(most)).await?;
    client.print_list(&records, || rows(&records))
}

fn rows(records: &[Value]) -> String {
    let headings = [
        "TIME", "ACTOR", "ACTION", "OBJECT", "TARGET", "OUTCOME", "DURATION",
    ];
    table::items(headings, records, |it| {
        let objects = ["tool", "server_id", "account_id"].map(|name| &it[name]);
        let object = objects.into_iter().find(|object| !object.is_null());
        [
            table::time(&it["at"]),
            text(&it["actor_name"]),
            text(&it["action"]),
            object.map_or_else(String::new, text),
            target(&it["target"]),
            text(&it["outcome"]),
            format!("{} ms", text(&it["duration_ms"])),
        ]
    })
}

/// Returns the ids of the objects that a record is about: `user=ada`.
fn target(target: &Value) -> String {
    let ids = target.as_object().into_iter().flatten();
    let ids = ids.map(|(name, id)| format!("{name}={}", text(id)));
    ids.collect::<Vec<_>>().join(" ")
}
