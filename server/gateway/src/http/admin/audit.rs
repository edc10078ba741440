//! Page of the audit log: filters, pagination, and an export as JSON lines.

use std::collections::{BTreeSet, HashMap};

use askama::Template;
use axum::body::Body;
use axum::extract::State;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::IntoResponse;
use jiff::Timestamp;
use serde_json::Value;

use super::expiry::{Moment, instant};
use super::form::{Fields, FormErrors};
use super::page::{Frame, encode, html, refused};
use super::rejection::{FormRejection, PageResult};
use super::session::{LinkQuery, Visitor};
use super::site::Admin;
use crate::model::Principal;
use crate::model::audit::{AuditQuery, AuditRecord};
use mcp_server::product::product;

/// Actions of audit records.
const ACTIONS: [&str; 20] = [
    "call",
    "account.create",
    "account.update",
    "account.delete",
    "account.check",
    "server.create",
    "server.update",
    "server.revoke",
    "server.rotate",
    "server.expire",
    "token.create",
    "token.revoke",
    "token.expire",
    "page.sign_in",
    "request.refuse",
    "audit.read",
    "audit.export",
    "audit.purge",
    "key.change",
    "gateway.start",
];

/// Fields of the filter.
const FILTERS: [&str; 12] = [
    "account", "server", "actor", "action", "tool", "outcome", "target", "client", "peer",
    "request", "since", "until",
];

/// Names of existing accounts and servers, by id.
pub(super) struct ObjectNames {
    accounts: HashMap<String, String>,
    servers: HashMap<String, String>,
}

impl ObjectNames {
    pub(super) async fn read_all(admin: &Admin, who: &Principal) -> Result<Self, FormRejection> {
        let accounts = admin.gateway.every_account(who).await?;
        let servers = admin.gateway.every_server(who, None).await?;
        Ok(Self {
            accounts: accounts.into_iter().map(|it| (it.id, it.name)).collect(),
            servers: servers.into_iter().map(|it| (it.id, it.name)).collect(),
        })
    }
}

/// Audit record in the form that the page shows.
pub(super) struct Row {
    pub(super) at: Moment,
    pub(super) record: AuditRecord,
    /// Name of the account, or its id if the account was deleted.
    pub(super) account: String,
    pub(super) server: String,
    /// Ids of the objects that the action is about: `user=ada`.
    pub(super) target: Vec<String>,
    /// Recorded values that the action added and removed: `roles: + Admin`.
    pub(super) changes: Vec<String>,
    pub(super) ok: bool,
}

impl Row {
    pub(super) fn new(record: AuditRecord, names: &ObjectNames, now: Timestamp) -> Self {
        let name = |names: &HashMap<String, String>, id: &Option<String>| {
            let id = id.clone().unwrap_or_default();
            names.get(&id).cloned().unwrap_or(id)
        };
        Self {
            at: Moment::new(record.at, now),
            account: name(&names.accounts, &record.account_id),
            server: name(&names.servers, &record.server_id),
            target: targets(record.target.as_ref()),
            changes: changes(record.before.as_ref(), record.after.as_ref()),
            ok: record.outcome == "ok",
            record,
        }
    }
}

/// Returns the ids in a target, each as the filter expects it.
fn targets(target: Option<&Value>) -> Vec<String> {
    let ids = target.and_then(Value::as_object).into_iter().flatten();
    let ids = ids.flat_map(|(name, id)| {
        let ids = match id {
            Value::Array(ids) => ids.as_slice(),
            id => std::slice::from_ref(id),
        };
        ids.iter().map(move |id| match id {
            Value::String(id) => format!("{name}={id}"),
            id => format!("{name}={id}"),
        })
    });
    ids.collect()
}

/// Maximum number of added and removed values that are shown; the export has all.
const SHOWN: usize = 10;

/// Describes what a change added and removed.
fn changes(before: Option<&Value>, after: Option<&Value>) -> Vec<String> {
    let values = |object: Option<&Value>, name: &str| -> Vec<String> {
        let value = object.and_then(|object| object.get(name));
        let values = match value {
            Some(Value::Array(values)) => values.as_slice(),
            Some(value) => std::slice::from_ref(value),
            None => &[],
        };
        let text = |value: &Value| {
            value
                .as_str()
                .map_or_else(|| value.to_string(), str::to_owned)
        };
        values.iter().map(text).collect()
    };
    let names = [after, before].into_iter().flatten();
    let names: BTreeSet<_> = names
        .filter_map(Value::as_object)
        .flat_map(|object| object.keys())
        .collect();
    let mut changes = Vec::new();
    for name in names {
        let (old, new) = (values(before, name), values(after, name));
        let added = new
            .iter()
            .filter(|it| !old.contains(it))
            .map(|it| ("+", it));
        let removed = old
            .iter()
            .filter(|it| !new.contains(it))
            .map(|it| ("−", it));
        let all: Vec<_> = added.chain(removed).collect();
        let shown = all.iter().take(SHOWN);
        changes.extend(shown.map(|(sign, value)| format!("{name}: {sign} {value}")));
        if all.len() > SHOWN {
            changes.push(format!("{name}: {} more", all.len() - SHOWN));
        }
    }
    changes
}

#[derive(Template)]
#[template(path = "audit.html")]
struct AuditPage {
    frame: Frame,
    errors: FormErrors,
    /// Filter as the visitor entered it.
    filter: Fields,
    rows: Vec<Row>,
    actions: [&'static str; 20],
    accounts: Vec<(String, String)>,
    next: Option<String>,
    first: bool,
    /// Query string of the export link.
    query: String,
    /// Whether a filter is set.
    narrowed: bool,
}

/// Converts the filter to a query, and returns the invalid fields.
fn query(fields: &Fields) -> (AuditQuery, FormErrors) {
    let mut errors = FormErrors::default();
    let mut at = |name: &str| {
        let text = fields.given(name)?;
        let at = instant(&text, Timestamp::now(), -1);
        if at.is_none() {
            errors.add(
                name,
                "enter a time such as 2030-01-31T18:00:00Z, a day, or a duration before now such as 24h",
            );
        }
        at
    };
    let (since, until) = (at("since"), at("until"));
    let query = AuditQuery {
        limit: None,
        cursor: fields.given("cursor"),
        account_id: fields.given("account"),
        server_id: fields.given("server"),
        actor: fields.given("actor"),
        action: fields.given("action"),
        tool: fields.given("tool"),
        outcome: fields.given("outcome"),
        target: fields.given("target"),
        client: fields.given("client"),
        peer: fields.given("peer"),
        request_id: fields.given("request"),
        since,
        until,
    };
    (query, errors)
}

/// Returns the filter as the query string of a link.
fn link(fields: &Fields) -> String {
    let given: Vec<_> = FILTERS
        .iter()
        .filter_map(|name| Some(format!("{name}={}", encode(&fields.given(name)?))))
        .collect();
    given.join("&")
}

/// Handles `GET /audit-log`.
pub(super) async fn show(
    State(admin): State<Admin>,
    visitor: Visitor,
    LinkQuery(fields): LinkQuery,
) -> PageResult {
    let now = Timestamp::now();
    let (asked, mut errors) = query(&fields);
    let names = ObjectNames::read_all(&admin, &visitor.who).await?;
    let mut page = None;
    if errors.is_empty() {
        match admin.gateway.audit(&visitor.who, asked).await {
            Ok(found) => page = Some(found),
            Err(error) => errors = FormErrors::from_error(error)?,
        }
    }
    let (records, cursor) = page.map_or((Vec::new(), None), |it| (it.result, it.next_cursor));
    let mut accounts: Vec<_> = names
        .accounts
        .iter()
        .map(|(id, name)| (id.clone(), name.clone()))
        .collect();
    accounts.sort_by(|one, other| one.1.cmp(&other.1));
    let query = link(&fields);
    let wrong = !errors.is_empty();
    let page = AuditPage {
        frame: Frame::new(&admin, &visitor, "audit", "Audit log"),
        errors,
        rows: records
            .into_iter()
            .map(|record| Row::new(record, &names, now))
            .collect(),
        actions: ACTIONS,
        accounts,
        next: cursor.map(|cursor| format!("{query}&cursor={}", encode(&cursor))),
        first: fields.text("cursor").is_empty(),
        narrowed: !query.is_empty(),
        query,
        filter: fields,
    };
    if wrong { refused(&page) } else { html(&page) }
}

/// Handles `GET /audit-log/export`.
pub(super) async fn export(
    State(admin): State<Admin>,
    visitor: Visitor,
    LinkQuery(fields): LinkQuery,
) -> PageResult {
    let (mut asked, errors) = query(&fields);
    if !errors.is_empty() {
        return Err(FormRejection::Unreadable);
    }
    asked.cursor = None;
    let lines = admin.gateway.export_audit(&visitor.who, asked).await?;
    let headers = [
        (CONTENT_TYPE, "application/x-ndjson".to_owned()),
        (
            CONTENT_DISPOSITION,
            format!("attachment; filename=\"{}-audit.jsonl\"", product().name),
        ),
    ];
    Ok((headers, Body::from_stream(lines)).into_response())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_change_shows_what_it_added_and_removed() {
        let rows = [
            (None, None, json!([])),
            (
                None,
                Some(json!({"roles": ["Admin"]})),
                json!(["roles: + Admin"]),
            ),
            (
                Some(json!({"roles": ["Viewer", "User"]})),
                Some(json!({"roles": ["Admin", "User"]})),
                json!(["roles: + Admin", "roles: − Viewer"]),
            ),
            (
                Some(json!({"roles": ["Admin"]})),
                None,
                json!(["roles: − Admin"]),
            ),
        ];
        for (before, after, expected) in rows {
            let shown = changes(before.as_ref(), after.as_ref());
            assert_eq!(json!(shown), expected);
        }
        let many: Vec<_> = (0..12).map(|number| number.to_string()).collect();
        let shown = changes(None, Some(&json!({"actions": many})));
        assert_eq!(shown.last().map(String::as_str), Some("actions: 2 more"));
    }

    #[test]
    fn a_target_is_shown_as_the_filter_expects_it() {
        let target = json!({"user": "ada", "dag_id": ["a", "b"], "count": 3});
        let shown = targets(Some(&target));
        assert_eq!(
            json!(shown),
            json!(["user=ada", "dag_id=a", "dag_id=b", "count=3"])
        );
    }
}
