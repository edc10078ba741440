//! The audit log under faults: a change is recorded before it is sent, whatever happens to the disk or the process.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

mod common;

use std::thread;
use std::time::{Duration, Instant};

use common::disk::SmallDisk;
use common::gateway::{Gateway, LEGACY, read};
use common::{FakeAirflow, Responses, request};
use serde_json::{Value, json};

const DELETE_USER: &str = "delete_a_apacheairflow_user_by_id";
const DELETE: &str = "DELETE /auth/fab/v1/users/ada";
const DISK: u32 = 16 * 1024;

fn delete_ada() -> String {
    let call = json!({"name": DELETE_USER, "arguments": {"id": "ada"}});
    request(1, "tools/call", call)
}

/// Returns the responses of an Airflow that deletes the user `ada` after this header.
fn airflow(status: u16, headers: &'static str) -> Responses {
    let mut answers = FakeAirflow::three();
    answers.insert(DELETE, (status, headers, String::new()));
    answers
}

/// Creates an account and an MCP server that offers all tools, and returns the path of its URL.
fn server(gateway: &Gateway, airflow: &FakeAirflow) -> String {
    let account = gateway.account(airflow);
    let config = json!({"methods": ["read", "write"]});
    gateway.server(&account, config, Value::Null).1
}

fn deletions(airflow: &FakeAirflow) -> usize {
    let requests = airflow.requests();
    requests
        .iter()
        .filter(|it| it.starts_with("DELETE "))
        .count()
}

/// Returns the records of calls, newest first.
fn calls(gateway: &Gateway) -> Vec<Value> {
    let mut records = gateway.audit();
    records.retain(|record| record["action"] == "call");
    records
}

/// Waits until the condition holds. Panics after 30 s.
#[track_caller]
fn until(mut holds: impl FnMut() -> bool) {
    let started = Instant::now();
    while !holds() {
        assert!(started.elapsed() < Duration::from_secs(30), "timeout");
        thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn a_call_during_which_the_gateway_is_killed_is_unknown() {
    let airflow = FakeAirflow::start(airflow(0, ""));
    let gateway = Gateway::start("killed", &[], &[]);
    let url = server(&gateway, &airflow);
    let _stream = gateway.open("POST", &url, &LEGACY, &delete_ada());
    until(|| deletions(&airflow) == 1);
    let pending = &calls(&gateway)[0];
    assert_eq!(pending["outcome"], "pending");

    let gateway = gateway.killed();
    let calls = calls(&gateway);
    let shown = ["outcome", "tool", "target", "effect"].map(|key| calls[0][key].clone());
    let expected = json!(["unknown", DELETE_USER, {"user": "ada"}, "write"]);
    assert_eq!(json!(shown), expected);
    assert_eq!(calls.len(), 1);
    let (code, text) = gateway.verify(&[]);
    assert_eq!(code, Some(0), "{text}");
}

#[test]
fn nothing_is_sent_while_the_disk_is_full() {
    let airflow = FakeAirflow::start(airflow(204, ""));
    let disk = SmallDisk::new("full-disk", DISK);
    let gateway = Gateway::start_on(&disk);
    let url = server(&gateway, &airflow);
    assert_eq!(gateway.send("GET", "/readyz", &[], "").status, 200);
    disk.fill();
    for _ in 0..3 {
        let reply = gateway.legacy(&url, &delete_ada(), &[]);
        let result = &reply.json()["result"];
        assert_eq!(result["isError"], true, "{reply:?}");
        let error = &result["structuredContent"]["error"];
        assert_eq!(error["code"], "not_recorded", "{reply:?}");
        assert_eq!(error["retryable"], true, "{reply:?}");
    }
    assert_eq!(deletions(&airflow), 0);
    until(|| gateway.send("GET", "/readyz", &[], "").status == 503);

    // When the disk has room again, calls work, and the log also has the calls that sent nothing.
    disk.clear();
    until(|| gateway.send("GET", "/readyz", &[], "").status == 200);
    let reply = gateway.legacy(&url, &delete_ada(), &[]);
    assert_eq!(reply.json()["result"]["isError"], false, "{reply:?}");
    assert_eq!(deletions(&airflow), 1);
    until(|| calls(&gateway).len() == 4);
    let calls = calls(&gateway);
    let outcomes: Vec<_> = calls.iter().map(|it| it["outcome"].as_str()).collect();
    let not_recorded = outcomes.iter().filter(|it| **it == Some("not_recorded"));
    assert_eq!(not_recorded.count(), 3);
    assert!(outcomes.contains(&Some("ok")), "{outcomes:?}");
}

#[test]
fn an_outcome_that_cannot_be_written_is_announced_and_written_later() {
    let airflow = FakeAirflow::start(airflow(204, "X-Slowly: 1500\r\n"));
    let disk = SmallDisk::new("late-outcome", DISK);
    let gateway = Gateway::start_on(&disk);
    let url = server(&gateway, &airflow);
    let mut stream = gateway.open("POST", &url, &LEGACY, &delete_ada());
    until(|| deletions(&airflow) == 1);
    disk.fill();
    let started = Instant::now();
    let reply = read(&mut stream);
    let waited = started.elapsed();
    assert!(
        waited > Duration::from_secs(5) && waited < Duration::from_secs(12),
        "{waited:?}"
    );
    let result = &reply.json()["result"];
    assert_eq!(result["isError"], false, "{reply:?}");
    let note = result["structuredContent"]["notes"][0].as_str().unwrap();
    assert!(note.contains("not in the audit log yet"), "{note}");
    assert_eq!(calls(&gateway)[0]["outcome"], "pending");
    disk.clear();
    until(|| calls(&gateway)[0]["outcome"] == "ok");
    assert_eq!(calls(&gateway).len(), 1);
}

#[test]
fn the_log_tells_who_changed_what() {
    let airflow = FakeAirflow::start(airflow(204, ""));
    let gateway = Gateway::start("who", &[], &[]);
    let url = server(&gateway, &airflow);
    let headers = [("user-agent", "agent/1"), ("x-request-id", "request-7")];
    let reply = gateway.legacy(&url, &delete_ada(), &headers);
    assert_eq!(reply.json()["result"]["isError"], false, "{reply:?}");
    let unknown = json!({"name": "planted-secret", "arguments": {}});
    gateway.legacy(&url, &request(2, "tools/call", unknown), &[]);
    for (target, found) in [("user=ada", 1), ("ada", 1), ("role=ada", 0), ("user=ad", 0)] {
        let page = gateway.manage("GET", &format!("/audit?target={target}"), Value::Null);
        let records = page["result"].as_array().unwrap();
        assert_eq!(records.len(), found, "{target}");
        for record in records {
            let names = ["client", "peer", "request_id", "outcome"];
            let shown = names.map(|name| record[name].clone());
            assert_eq!(
                json!(shown),
                json!(["agent/1", "127.0.0.1", "request-7", "ok"])
            );
        }
    }
    let log = Value::from(gateway.audit()).to_string();
    assert!(!log.contains("planted-secret"));
    assert_eq!(
        calls(&gateway)[0]["tool"].as_str().unwrap().len(),
        "sha256:".len() + 64
    );
}

/// Checks that one query finds who gave a user a role, with the roles before and after.
#[test]
fn the_log_has_the_roles_of_a_changed_user() {
    let user = json!({"username": "ada", "email": "ada@example.org", "first_name": "Ada", "last_name": "L", "roles": [{"name": "Admin"}]});
    let mut answers = FakeAirflow::three();
    for route in ["GET /auth/fab/v1/users/ada", "PATCH /auth/fab/v1/users/ada"] {
        answers.insert(route, (200, "", user.to_string()));
    }
    let airflow = FakeAirflow::start(answers);
    let gateway = Gateway::start("roles", &[], &[]);
    let url = server(&gateway, &airflow);
    let roles = json!([{"name": "Admin"}]);
    let call = json!({"name": "update_a_apacheairflow_user_by_id", "arguments": {"id": "ada", "roles": roles}});
    let reply = gateway.legacy(&url, &request(1, "tools/call", call), &[]);
    assert_eq!(reply.json()["result"]["isError"], false, "{reply:?}");
    let page = gateway.manage("GET", "/audit?target=user=ada", Value::Null);
    let records = page["result"].as_array().unwrap();
    assert_eq!(records.len(), 1);
    let shown = ["fields", "before", "after"].map(|name| records[0][name].clone());
    let expected = json!([["roles"], {"roles": ["Admin"]}, {"roles": ["Admin"]}]);
    assert_eq!(json!(shown), expected);
}

#[test]
fn a_log_is_verified_with_the_last_hash_in_the_metrics() {
    let gateway = Gateway::start("verify", &[], &[]);
    let metrics = gateway.send("GET", "/metrics", &[], "").body;
    let line = metrics
        .lines()
        .find(|line| line.starts_with("airflow_mcp_audit_chain_entries{"))
        .expect("a metric");
    let label = |name: &str| {
        let start = line.find(&format!("{name}=\"")).unwrap() + name.len() + 2;
        line[start..].split('"').next().unwrap().to_owned()
    };
    let head = format!("{}={}", label("chain"), label("hash"));
    assert!(line.ends_with(" 2"), "{line}");
    let (code, text) = gateway.verify(&["--head", &head]);
    assert_eq!(
        (code, text.as_str()),
        (Some(0), "The audit log is intact: 2 entries in 1 chain.\n")
    );
    let other = format!("{}={}", label("chain"), "0".repeat(64));
    let (code, text) = gateway.verify(&["--head", &other]);
    assert_eq!(code, Some(1));
    assert!(text.contains("the end of the chain was cut off"), "{text}");
}
