//! `airflow-mcp stdio --discover` and `airflow-mcp tools --discover` as clients and people use them.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

mod common;

use common::{FakeAirflow, NOBODY, Session, initialize, modern, program, request, run};
use serde_json::{Value, json};

const FIND: &str = "find_apacheairflow_tools";
const DESCRIBE: &str = "describe_apacheairflow_tool";
const CALL: &str = "call_apacheairflow_tool";
const LIST_USERS: &str = "list_all_apacheairflow_users";
const DELETE_USER: &str = "delete_a_apacheairflow_user_by_id";

fn call(session: &mut Session, name: &str, arguments: &Value) -> Value {
    let params = json!({"name": name, "arguments": arguments});
    let mut answer = session.ask(&modern(1, "tools/call", params));
    answer["result"].take()
}

#[test]
fn a_tool_is_found_described_and_called() {
    let airflow = FakeAirflow::start(FakeAirflow::three());
    let settings = [
        ("AIRFLOW_URL", airflow.url.as_str()),
        ("AIRFLOW_USERNAME", "admin"),
        ("AIRFLOW_PASSWORD", "correct horse"),
    ];
    let mut session = Session::start(program(&settings, &["stdio", "--discover"]));

    let found = call(&mut session, FIND, &json!({"query": "who has admin"}));
    let content = &found["structuredContent"];
    assert_eq!(content["tools"][0]["name"], LIST_USERS, "{found}");
    let text: Value = serde_json::from_str(found["content"][0]["text"].as_str().unwrap()).unwrap();
    assert_eq!(&text, content);

    let described = call(&mut session, DESCRIBE, &json!({"name": LIST_USERS}));
    let properties = &described["structuredContent"]["inputSchema"]["properties"];
    assert!(properties.get("role").is_some(), "{described}");

    let rows = [
        json!({"limit": 1}),
        json!({"limit": 0, "emial": "x"}),
        json!({"role": "Nobody"}),
    ];
    for arguments in rows {
        let through = json!({"name": LIST_USERS, "arguments": arguments});
        let through = call(&mut session, CALL, &through);
        // The tool can also be called directly, by its own name.
        let directly = call(&mut session, LIST_USERS, &arguments);
        assert!(directly["content"][0]["text"].is_string(), "{directly}");
        assert_eq!(through, directly);
    }
    let through = call(&mut session, CALL, &json!({"name": LIST_USERS}));
    assert_eq!(through["_meta"]["ratelimit-limit"], 60);
    assert_eq!(session.end().0, Some(0));
}

#[test]
fn three_tools_are_listed_and_explained() {
    for (arguments, writes) in [
        (&["stdio", "--discover"][..], true),
        (&["stdio", "--discover", "--methods", "read"], false),
    ] {
        let mut session = Session::start(program(&[NOBODY], arguments));
        let hello = session.ask(&initialize());
        let instructions = hello["result"]["instructions"].as_str().unwrap();
        let answer = session.ask(&request(1, "tools/list", json!({})));
        let tools = answer["result"]["tools"].as_array().unwrap();
        let names: Vec<_> = tools.iter().map(|tool| &tool["name"]).collect();
        assert_eq!(names, [FIND, DESCRIBE, CALL]);
        for name in [FIND, DESCRIBE, CALL] {
            assert!(instructions.contains(name), "{instructions}");
        }
        assert_eq!(tools[2]["annotations"]["readOnlyHint"], !writes);
        assert_eq!(tools[2]["annotations"]["destructiveHint"], writes);
        assert!(tools.iter().all(|tool| tool.get("outputSchema").is_none()));
    }
}

#[test]
fn a_selection_restricts_found_tools() {
    let arguments = ["stdio", "--discover", "--methods", "read"];
    let mut session = Session::start(program(&[NOBODY], &arguments));
    let found = call(&mut session, FIND, &json!({"query": "delete user"}));
    let found = found["structuredContent"]["tools"].to_string();
    assert!(found.contains(LIST_USERS) && !found.contains(DELETE_USER));

    // The call fails with the same error as a direct call.
    let rows = [
        (DELETE_USER, "selection"),
        ("list_all_apacheairflow_user", LIST_USERS),
        (FIND, "unknown tool"),
    ];
    for (name, says) in rows {
        let params = json!({"name": CALL, "arguments": {"name": name}});
        let answer = session.ask(&modern(2, "tools/call", params));
        assert_eq!(answer["error"]["code"], -32602, "{answer}");
        let message = answer["error"]["message"].as_str().unwrap();
        assert!(message.contains(says), "{message}");
    }
    let described = call(&mut session, DESCRIBE, &json!({"name": DELETE_USER}));
    assert_eq!(described["isError"], true);
    let error = &described["structuredContent"]["error"];
    assert!(error["detail"].as_str().unwrap().contains("selection"));
}

#[test]
fn discovery_tools_require_the_option() {
    let mut session = Session::start(program(&[NOBODY], &["stdio"]));
    for name in [FIND, DESCRIBE, CALL] {
        let params = json!({"name": name, "arguments": {"name": LIST_USERS}});
        let answer = session.ask(&modern(1, "tools/call", params));
        assert_eq!(answer["error"]["code"], -32602, "{answer}");
    }
}

#[test]
fn discovery_tools_are_printed_with_their_size() {
    let output = run(program(&[], &["tools", "--discover"]), "");
    let text = String::from_utf8(output.stdout).unwrap();
    for name in [FIND, DESCRIBE, CALL] {
        assert!(text.contains(name), "{text}");
    }
    assert!(!text.contains(LIST_USERS), "{text}");
    let last = text.trim_end().lines().last().unwrap();
    assert!(last.starts_with("3 tools; "), "{text}");

    let output = run(program(&[], &["tools", "--discover", "--json"]), "");
    let tools: Vec<Value> = serde_json::from_slice(&output.stdout).unwrap();
    let effects: Vec<_> = tools.iter().map(|tool| &tool["effect"]).collect();
    assert_eq!(effects, ["read", "read", "write"]);

    let output = run(program(&[], &["tools"]), "");
    let text = String::from_utf8(output.stdout).unwrap();
    let last = text.trim_end().lines().last().unwrap();
    assert!(last.starts_with("With --discover: 3 tools; "), "{text}");
}
