//! The gateway sends the stored credentials of an account only to the destination that they were given for.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

mod common;

use common::gateway::{Gateway, PASSWORD, Reply};
use common::{FakeAirflow, modern};
use serde_json::{Value, json};

const LIST_USERS: &str = "list_all_apacheairflow_users";

fn patch(gateway: &Gateway, account: &str, body: &Value) -> Reply {
    let bearer = format!("Bearer {}", gateway.api_token);
    let headers = [("authorization", bearer.as_str())];
    let path = format!("/integrated-account/{account}");
    gateway.send("PATCH", &path, &headers, &body.to_string())
}

fn call(gateway: &Gateway, url: &str) -> Reply {
    let call = json!({"name": LIST_USERS, "arguments": {}});
    gateway.modern(url, &modern(1, "tools/call", call), &[])
}

#[test]
fn a_patch_does_not_send_the_stored_password_elsewhere() {
    let airflow = FakeAirflow::start(FakeAirflow::three());
    let other = FakeAirflow::start(FakeAirflow::three());
    let gateway = Gateway::start("destinations", &[], &[]);
    let account = gateway.account(&airflow);
    let (_, url) = gateway.server(&account, json!({"methods": ["read"]}), Value::Null);
    let ca = include_str!("../../server/gateway/src/service/tests/ca.pem");
    let base_url = format!("{}/below", airflow.url);
    let longer = patch(&gateway, &account, &json!({"base_url": base_url}));
    assert_eq!(longer.status, 200, "{longer:?}");
    let rows = [
        json!({"base_url": other.url}),
        json!({"base_url": airflow.url}),
        json!({"base_url": format!("{}/other", airflow.url)}),
        json!({"headers": {"Host": "evil.example"}}),
        json!({"headers": {"x-forwarded-host": "evil.example"}}),
        json!({"ca_certificate": ca}),
    ];
    for body in rows {
        let reply = patch(&gateway, &account, &body);
        assert_eq!(reply.status, 422, "{body}: {reply:?}");
        let problems = &reply.json()["error"]["problems"];
        assert_eq!(problems[0]["field"], "auth", "{problems}");
        let text = problems[0]["problem"].as_str().unwrap();
        let (changed, _) = body.as_object().unwrap().iter().next().unwrap();
        assert!(
            text.contains("must be given again in this request"),
            "{text}"
        );
        assert!(text.contains(changed.as_str()), "{text}");
        call(&gateway, &url);
    }
    assert_eq!(other.requests(), Vec::<String>::new());
    let is_below = |line: &String| line.contains(" /below/");
    let requests = airflow.requests();
    assert!(
        !requests.is_empty() && requests.iter().all(is_below),
        "{requests:?}"
    );

    let again = json!({"base_url": airflow.url, "auth": {"type": "password", "username": "admin", "password": PASSWORD}});
    assert_eq!(patch(&gateway, &account, &again).status, 200);
    let called = call(&gateway, &url);
    assert!(called.body.contains("ada@example.org"), "{called:?}");
}

#[test]
fn a_destination_that_was_changed_in_the_database_receives_nothing() {
    let airflow = FakeAirflow::start(FakeAirflow::three());
    let mut evil = FakeAirflow::start(FakeAirflow::three());
    // The text is replaced in the file, so both must have the same length.
    while evil.url.len() != airflow.url.len() {
        evil = FakeAirflow::start(FakeAirflow::three());
    }
    let mut gateway = Gateway::start("changed-database", &[], &[]);
    let account = gateway.account(&airflow);
    let (_, url) = gateway.server(&account, json!({}), Value::Null);
    assert!(call(&gateway, &url).body.contains("ada@example.org"));
    gateway.signal("TERM");
    gateway.end();
    let file = gateway.data.join("airflow-mcp.sqlite");
    let mut bytes = std::fs::read(&file).unwrap();
    let length = airflow.url.len();
    let places = bytes.windows(length).enumerate();
    let places: Vec<usize> = places
        .filter_map(|(at, text)| (text == airflow.url.as_bytes()).then_some(at))
        .collect();
    assert!(!places.is_empty());
    for at in places {
        bytes[at..at + length].copy_from_slice(evil.url.as_bytes());
    }
    std::fs::write(&file, bytes).unwrap();

    let gateway = gateway.again();
    let refused = call(&gateway, &url);
    assert!(refused.body.contains("are refused, because"), "{refused:?}");
    assert!(refused.body.contains("base_url"), "{refused:?}");
    let shown = gateway.manage(
        "GET",
        &format!("/integrated-account/{account}"),
        Value::Null,
    );
    assert_eq!(shown["auth"], json!({"type": "refused"}));
    assert_eq!(shown["base_url"], evil.url.as_str());
    let check = gateway.manage(
        "POST",
        &format!("/integrated-account/{account}/check"),
        Value::Null,
    );
    assert_eq!(check["ok"], false);
    assert_eq!(evil.requests(), Vec::<String>::new());
    let records = gateway.audit();
    let refusals: Vec<_> = records
        .iter()
        .filter(|it| it["action"] == "account.refused")
        .collect();
    assert_eq!(refusals.len(), 1);
    assert_eq!(refusals[0]["account_id"], account.as_str());
}
