//! A gateway whose disk is full: revocations take effect and are stored, and other management works as long as there is reserved space.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

mod common;

use std::thread;
use std::time::{Duration, Instant};

use common::disk::SmallDisk;
use common::gateway::{Gateway, Reply, text};
use common::{FakeAirflow, modern};
use serde_json::{Value, json};

const LIST_USERS: &str = "list_all_apacheairflow_users";

/// Waits until the condition holds. Panics after 30 s.
fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let started = Instant::now();
    while !holds() {
        assert!(started.elapsed() < Duration::from_secs(30), "{what}");
        thread::sleep(Duration::from_millis(10));
    }
}

fn delete(gateway: &Gateway, path: &str) -> Reply {
    let bearer = format!("Bearer {}", gateway.api_token);
    gateway.send("DELETE", path, &[("authorization", &bearer)], "")
}

fn list(gateway: &Gateway, url: &str) -> u16 {
    let list = modern(1, "tools/list", json!({}));
    gateway.modern(url, &list, &[]).status
}

fn has_record(gateway: &Gateway, action: &str, server: &str) -> bool {
    let records = gateway.audit();
    let mut records = records.iter();
    records.any(|it| it["action"] == action && it["server_id"] == server)
}

#[test]
fn revocations_work_on_a_full_disk() {
    let disk = SmallDisk::new("revocations", 16 << 10);
    let airflow = FakeAirflow::start(FakeAirflow::three());
    let mut gateway = Gateway::start_on(&disk);
    let reserve = disk.outside("data/airflow-mcp.sqlite.reserve");
    assert_eq!(reserve.metadata().unwrap().len(), 1 << 20);
    let account = gateway.account(&airflow);
    let servers =
        [(); 4].map(|()| gateway.server(&account, json!({"methods": ["read"]}), Value::Null));
    let path = |index: usize| format!("/integrated-account/{account}/mcp/{}", servers[index].0);
    for (_, url) in &servers {
        assert_eq!(list(&gateway, url), 200);
    }

    // The reserved space is released for the revocation, and is enough for other management.
    disk.fill();
    let reply = delete(&gateway, &path(0));
    assert_eq!(reply.status, 204, "{reply:?}");
    assert!(!reserve.exists());
    assert_eq!(list(&gateway, &servers[0].1), 404);
    let renamed = gateway.manage("PATCH", &path(3), json!({"name": "renamed"}));
    assert_eq!(renamed["name"], "renamed");
    // Calls do not use the reserved space up.
    let call = modern(
        2,
        "tools/call",
        json!({"name": LIST_USERS, "arguments": {}}),
    );
    let called = gateway.modern(&servers[3].1, &call, &[]);
    assert!(!called.body.contains("ada@example.org"), "{called:?}");

    // Without any space, the URL is refused at once, and the answer says what is missing.
    disk.fill();
    let started = Instant::now();
    let reply = delete(&gateway, &path(1));
    assert!(started.elapsed() < Duration::from_secs(2));
    assert_eq!(reply.status, 503, "{reply:?}");
    let error = reply.json()["error"].clone();
    assert_eq!(error["code"], "pending");
    let message = text(&error["message"]);
    assert!(
        message.contains("is refused on this replica from now on"),
        "{message}"
    );
    assert!(message.contains("the rest is pending"), "{message}");
    assert_eq!(list(&gateway, &servers[1].1), 404);
    let bearer = format!("Bearer {}", gateway.api_token);
    let rotate = format!("{}/rotate", path(2));
    let reply = gateway.send("POST", &rotate, &[("authorization", &bearer)], "");
    assert_eq!(reply.status, 503, "{reply:?}");
    assert_eq!(list(&gateway, &servers[2].1), 404);
    assert_eq!(list(&gateway, &servers[3].1), 200);
    assert!(!has_record(&gateway, "server.revoke", &servers[1].0));

    // With space again, everything is stored without another request, and space is reserved again.
    disk.clear();
    until("the revocation is stored", || {
        has_record(&gateway, "server.revoke", &servers[1].0)
            && has_record(&gateway, "server.rotate", &servers[2].0)
    });
    until("space is reserved again", || {
        reserve.metadata().is_ok_and(|it| it.len() == 1 << 20)
    });
    let called = gateway.modern(&servers[3].1, &call, &[]);
    assert!(called.body.contains("ada@example.org"), "{called:?}");

    gateway.signal("KILL");
    gateway.end();
    let gateway = gateway.again_on(&disk);
    for (index, (_, url)) in servers.iter().enumerate() {
        let expected = if index == 3 { 200 } else { 404 };
        assert_eq!(list(&gateway, url), expected, "{index}");
    }
}

#[test]
fn an_answered_revocation_survives_the_end_of_the_process() {
    let airflow = FakeAirflow::start(FakeAirflow::three());
    let mut gateway = Gateway::start("revoked-and-killed", &[], &[]);
    let account = gateway.account(&airflow);
    let (id, revoked) = gateway.server(&account, json!({}), Value::Null);
    let (_, kept) = gateway.server(&account, json!({}), Value::Null);
    let reply = delete(&gateway, &format!("/integrated-account/{account}/mcp/{id}"));
    assert_eq!(reply.status, 204);
    gateway.signal("KILL");
    gateway.end();
    let gateway = gateway.again();
    assert_eq!(list(&gateway, &revoked), 404);
    assert_eq!(list(&gateway, &kept), 200);
    assert!(has_record(&gateway, "server.revoke", &id));
}
