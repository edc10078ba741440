//! `airflow-mcp stdio` as clients use it: over pipes, socket pairs and files, with MCP 2025-11-25 and MCP 2026-07-28.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

mod common;

use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use common::{FakeAirflow, NOBODY, Session, initialize, messages, modern, program, request, run};
use serde_json::{Value, json};

const LIST_USERS: &str = "list_all_apacheairflow_users";

#[test]
fn end_of_input_ends_the_program() {
    let inputs = [
        ("", 0),
        ("\n\n", 0),
        ("this is not a message\n", 0),
        (
            "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"}\n",
            0,
        ),
        (&initialize(), 1),
    ];
    for (input, answers) in inputs {
        let output = run(program(&[NOBODY], &["stdio"]), input);
        assert_eq!(output.status.code(), Some(0), "{input:?}");
        assert_eq!(messages(&output).len(), answers, "{input:?}");
    }
}

#[test]
fn the_last_line_needs_no_line_feed() {
    let input = format!("{}\n{}", initialize(), request(1, "ping", json!({})));
    let output = run(program(&[NOBODY], &["stdio"]), &input);
    assert_eq!(messages(&output)[1]["result"], json!({}));
}

#[test]
fn older_clients_shake_hands() {
    let input = format!(
        "{}\n{}\n{}\n",
        initialize(),
        request(1, "tools/list", json!({})),
        request(2, "prompts/list", json!({})),
    );
    let answers = messages(&run(program(&[NOBODY], &["stdio"]), &input));
    let hello = &answers[0]["result"];
    assert_eq!(hello["protocolVersion"], "2025-11-25");
    assert_eq!(hello["serverInfo"]["name"], "airflow-mcp");
    assert!(hello["capabilities"].get("prompts").is_none());
    assert!(hello["instructions"].as_str().unwrap().len() < 1000);
    assert!(answers[1]["result"]["tools"].as_array().is_some());
    assert_eq!(answers[2]["error"]["code"], -32601);
}

#[test]
fn newer_clients_need_no_handshake() {
    let methods = [
        "server/discover",
        "tools/list",
        "prompts/list",
        "resources/list",
        "resources/templates/list",
    ];
    let input: String = methods
        .iter()
        .zip(0..)
        .map(|(method, id)| modern(id, method, json!({})) + "\n")
        .collect();
    let answers = messages(&run(program(&[NOBODY], &["stdio"]), &input));
    assert_eq!(answers.len(), methods.len());
    let server = "io.modelcontextprotocol/serverInfo";
    for answer in &answers[..2] {
        assert_eq!(answer["result"]["_meta"][server]["name"], "airflow-mcp");
        assert_eq!(answer["result"]["resultType"], "complete");
        assert_eq!(answer["result"]["cacheScope"], "private");
    }
    assert!(answers[1]["result"]["ttlMs"].as_u64().unwrap() > 0);
    for answer in &answers[2..] {
        assert_eq!(answer["error"]["code"], -32601, "{answer}");
    }
}

#[test]
fn tools_are_listed_while_airflow_is_down() {
    let mut session = Session::start(program(&[NOBODY], &["stdio"]));
    let started = Instant::now();
    let answer = session.ask(&modern(1, "tools/list", json!({})));
    assert!(started.elapsed() < Duration::from_secs(2));
    assert!(names(&answer).contains(&LIST_USERS.to_owned()));
}

#[test]
fn a_silent_airflow_delays_the_list_only_shortly() {
    let airflow = FakeAirflow::start([("GET /api/v2/version", (0, "", String::new()))].into());
    let mut session = Session::start(program(&[("AIRFLOW_URL", &airflow.url)], &["stdio"]));
    let started = Instant::now();
    let answer = session.ask(&modern(1, "tools/list", json!({})));
    assert!(started.elapsed() < Duration::from_secs(2));
    assert!(!names(&answer).is_empty());
    let (code, took) = session.end();
    assert_eq!(code, Some(0));
    assert!(took < Duration::from_secs(2), "{took:?}");
}

#[test]
fn a_call_goes_to_airflow_and_back() {
    let airflow = FakeAirflow::start(FakeAirflow::three());
    let settings = [
        ("AIRFLOW_URL", airflow.url.as_str()),
        ("AIRFLOW_USERNAME", "admin"),
        ("AIRFLOW_PASSWORD", "correct horse"),
    ];
    let mut session = Session::start(program(&settings, &["stdio"]));
    let answer = session.ask(&modern(
        1,
        "tools/call",
        json!({"name": LIST_USERS, "arguments": {"limit": 1}}),
    ));
    let result = &answer["result"];
    assert_eq!(result["isError"], false, "{answer}");
    assert_eq!(result["structuredContent"]["users"][0]["username"], "ada");
    let text: Value = serde_json::from_str(result["content"][0]["text"].as_str().unwrap()).unwrap();
    assert_eq!(text, result["structuredContent"]);
    let meta = &result["_meta"];
    let limits = ["limit", "remaining", "reset"].map(|name| &meta[format!("ratelimit-{name}")]);
    assert_eq!(limits, [&json!(60), &json!(59), &json!(7)]);
    assert_eq!(session.end().0, Some(0));
}

#[test]
fn failures_are_reported_to_the_model() {
    let mut session = Session::start(program(&[NOBODY], &["stdio"]));
    session.ask(&initialize());
    let answer = session.ask(&request(1, "tools/call", json!({"name": LIST_USERS})));
    let result = &answer["result"];
    assert_eq!(result["isError"], true, "{answer}");
    assert_eq!(result["structuredContent"]["error"]["code"], "unreachable");
    let meta = result["_meta"].as_object().unwrap();
    assert!(!meta.keys().any(|key| key.starts_with("ratelimit")));
}

#[test]
fn error_objects_satisfy_the_output_schemas() {
    // The official TypeScript SDK also validates results with `isError`. If such a result is invalid, the model sees the validation error instead of the tool error.
    let mut session = Session::start(program(&[NOBODY], &["stdio"]));
    let answer = session.ask(&modern(1, "tools/list", json!({})));
    for tool in answer["result"]["tools"].as_array().unwrap() {
        let schema = &tool["outputSchema"];
        assert_eq!(schema["type"], "object", "{}", tool["name"]);
        assert!(schema.get("required").is_none(), "{}", tool["name"]);
        assert!(schema["properties"].get("error").is_none());
    }
}

#[test]
fn unknown_and_unselected_tools_are_rejected() {
    let mut session = Session::start(program(
        &[NOBODY],
        &["stdio", "--methods", "read", "--tags", "rbac"],
    ));
    let listed = names(&session.ask(&modern(1, "tools/list", json!({}))));
    assert!(listed.iter().all(|name| !name.starts_with("delete")));

    let rows = [
        ("list_all_apacheairflow_user", LIST_USERS),
        ("delete_a_apacheairflow_user_by_id", "selection"),
        ("zzz", "unknown tool `zzz`"),
    ];
    for (name, says) in rows {
        let answer = session.ask(&modern(2, "tools/call", json!({"name": name})));
        assert_eq!(answer["error"]["code"], -32602, "{answer}");
        let message = answer["error"]["message"].as_str().unwrap();
        assert!(message.contains(says), "{message}");
    }
}

#[test]
fn clients_are_notified_when_the_tools_change() {
    for subscribes in [false, true] {
        let address = {
            let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
            port.local_addr().unwrap().to_string()
        };
        let url = format!("http://{address}");
        let settings = [
            ("AIRFLOW_URL", url.as_str()),
            ("AIRFLOW_USERNAME", "admin"),
            ("AIRFLOW_PASSWORD", "correct horse"),
        ];
        let ask = if subscribes { modern } else { request };
        let mut session = Session::start(program(&settings, &["stdio"]));
        if subscribes {
            session.send(&ask(
                9,
                "subscriptions/listen",
                json!({"notifications": {"toolsListChanged": true}}),
            ));
            session.wait_for("notifications/subscriptions/acknowledged");
        } else {
            session.ask(&initialize());
        }
        let guessed = session.ask(&ask(1, "tools/list", json!({})));
        let _airflow = FakeAirflow::start_at(&address, FakeAirflow::two());
        session.send(&ask(2, "tools/call", json!({"name": LIST_USERS})));
        session.wait_for("notifications/tools/list_changed");
        let known = session.ask(&ask(3, "tools/list", json!({})));
        assert_ne!(known["result"]["tools"], guessed["result"]["tools"]);
        let (code, took) = session.end();
        assert_eq!(code, Some(0));
        assert!(took < Duration::from_secs(2), "{took:?}");
    }
}

#[test]
fn a_cancelled_call_ends() {
    let mut answers = FakeAirflow::three();
    answers.insert("GET /auth/fab/v1/users", (0, "", String::new()));
    let airflow = FakeAirflow::start(answers);
    let settings = [
        ("AIRFLOW_URL", airflow.url.as_str()),
        ("AIRFLOW_USERNAME", "admin"),
        ("AIRFLOW_PASSWORD", "correct horse"),
    ];
    let mut session = Session::start(program(&settings, &["stdio"]));
    session.ask(&initialize());
    session.send(&request(1, "tools/call", json!({"name": LIST_USERS})));
    while !airflow
        .requests()
        .iter()
        .any(|line| line.contains("/users"))
    {
        std::thread::yield_now();
    }
    session.send(
        &json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 1}})
            .to_string(),
    );
    assert_eq!(session.ask(&request(2, "ping", json!({})))["id"], 2);
    let (code, took) = session.end();
    assert_eq!(code, Some(0));
    assert!(took < Duration::from_secs(2), "{took:?}");
}

#[test]
fn socket_pairs_work_like_pipes() {
    let (input, program_input) = UnixStream::pair().unwrap();
    let (output, program_output) = UnixStream::pair().unwrap();
    let mut child = program(&[NOBODY], &["stdio"])
        .stdin(OwnedFd::from(program_input))
        .stdout(OwnedFd::from(program_output))
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let mut output = BufReader::new(output).lines();
    for id in 1..200 {
        let ask = modern(id, "tools/list", json!({})) + "\n";
        (&input).write_all(ask.as_bytes()).unwrap();
        let answer: Value = serde_json::from_str(&output.next().unwrap().unwrap()).unwrap();
        assert_eq!(answer["id"], id);
    }
    drop(input);
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn files_work_too() {
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR"));
    let (input, output) = (folder.join("input.jsonl"), folder.join("output.jsonl"));
    std::fs::write(&input, modern(1, "tools/list", json!({}))).unwrap();
    let status = program(&[NOBODY], &["stdio"])
        .stdin(File::open(&input).unwrap())
        .stdout(File::create(&output).unwrap())
        .stderr(std::process::Stdio::null())
        .status()
        .unwrap();
    assert_eq!(status.code(), Some(0));
    let answer: Value = serde_json::from_str(&std::fs::read_to_string(output).unwrap()).unwrap();
    assert_eq!(answer["id"], 1);
}

fn names(answer: &Value) -> Vec<String> {
    answer["result"]["tools"]
        .as_array()
        .unwrap_or_else(|| panic!("no list: {answer}"))
        .iter()
        .map(|tool| tool["name"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn an_unreadable_request_has_a_response() {
    let input = [
        initialize(),
        r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#.to_owned(),
        format!(
            r#"{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{{"name":"{LIST_USERS}","arguments":{{"limit":Infinity}}}}}}"#
        ),
        format!(
            r#"{{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{{"name":"{LIST_USERS}","arguments":"{{}}"}}}}"#
        ),
        r#"{"jsonrpc":"2.0","id":3,"method":"none/such"}"#.to_owned(),
        "no JSON".to_owned(),
        request(4, "ping", json!({})),
    ];
    let mut answers = messages(&run(
        program(&[NOBODY], &["stdio"]),
        &format!("{}\n", input.join("\n")),
    ));
    answers.sort_by_key(|answer| answer["id"].as_u64());
    let codes: Vec<_> = answers[1..]
        .iter()
        .map(|answer| (answer["id"].as_u64(), answer["error"]["code"].as_i64()))
        .collect();
    let expected = [
        (Some(1), Some(-32700)),
        (Some(2), Some(-32602)),
        (Some(3), Some(-32601)),
        (Some(4), None),
    ];
    assert_eq!(codes, expected, "{answers:?}");
}
