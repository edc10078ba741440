//! Selections of tools: secrets that must be named, presets, callers, redaction, and servers that a file declares.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

mod common;

use std::collections::BTreeSet;

use common::gateway::{Gateway, text};
use common::{FakeAirflow, Responses, program, request, run};
use runtime::registry::tools;
use serde_json::{Value, json};

const LIST_VARIABLES: &str = "list_all_apacheairflow_variables";
const GET_VARIABLE: &str = "get_single_apacheairflow_variable_by_id";

/// Returns the names that `airflow-mcp tools` prints with these options.
fn selected(options: &[&str]) -> BTreeSet<String> {
    let arguments = [&["tools", "--json"], options].concat();
    let output = run(program(&[], &arguments), "");
    assert!(output.status.success(), "{options:?}: {output:?}");
    let tools: Value = serde_json::from_slice(&output.stdout).unwrap();
    let tools = tools.as_array().unwrap().iter();
    tools.map(|tool| text(&tool["name"])).collect()
}

/// Returns the names of the tools of the newest API with the tag `secrets`.
fn secrets() -> BTreeSet<String> {
    let api = airflow_tools::APIS[0];
    let secret = tools(api).filter(|tool| tool.tags.contains(&"secrets"));
    secret.map(|tool| tool.name.to_owned()).collect()
}

#[test]
fn secrets_need_to_be_named() {
    let secrets = secrets();
    assert!(secrets.len() > 10 && secrets.contains(GET_VARIABLE));
    let rows: [(&[&str], usize); 10] = [
        (&[], secrets.len()),
        (&["--methods", "read,write"], 0),
        (&["--exclude-tags", "rbac"], 0),
        (&["--preset", "read"], 0),
        (&["--preset", "operator"], 0),
        (&["--preset", "all"], secrets.len()),
        (&["--preset", "read", "--include-secrets"], 0),
        (&["--include-secrets"], secrets.len()),
        (&["--tags", "secrets"], secrets.len()),
        (&["--tools", GET_VARIABLE], 1),
    ];
    for (options, expected) in rows {
        let found = selected(options);
        let found = found.intersection(&secrets).count();
        assert_eq!(found, expected, "{options:?}");
    }
    // The list of variables never contains values, so a selection need not name it.
    assert!(selected(&["--methods", "read"]).contains(LIST_VARIABLES));
    let found = selected(&["--include-secrets", "--exclude-tools", GET_VARIABLE]);
    assert!(!found.contains(GET_VARIABLE) && found.contains(LIST_VARIABLES));
}

#[test]
fn presets_are_as_described() {
    let names: Vec<_> = airflow_tools::PRESETS.iter().map(|it| it.name).collect();
    assert_eq!(names, ["access-audit", "access", "operator", "read", "all"]);
    let preset = |name: &str| selected(&["--preset", name]);
    assert_eq!(preset("all"), selected(&[]));
    assert_eq!(preset("read"), selected(&["--methods", "read"]));
    assert_eq!(preset("access"), selected(&["--tags", "rbac"]));
    let audit = selected(&["--tags", "rbac", "--methods", "read"]);
    assert_eq!(preset("access-audit"), audit);
    assert_eq!(preset("access-audit").len() + 6, preset("access").len());
    assert!(preset("operator").is_disjoint(&preset("access")));
    let unknown = run(program(&[], &["tools", "--preset", "raed"]), "");
    let error = String::from_utf8_lossy(&unknown.stderr).into_owned();
    assert!(
        error.contains("unknown preset \"raed\" (did you mean \"read\"?)"),
        "{error}"
    );
}

/// Returns the names of the tools that a server lists.
fn listed(gateway: &Gateway, path: &str) -> BTreeSet<String> {
    let reply = gateway.legacy(path, &request(1, "tools/list", json!({})), &[]);
    let tools = reply.json()["result"]["tools"].clone();
    let tools = tools.as_array().unwrap().iter();
    tools.map(|tool| text(&tool["name"])).collect()
}

fn call(gateway: &Gateway, path: &str, name: &str, arguments: &Value) -> Value {
    let call = json!({"name": name, "arguments": arguments});
    let reply = gateway.legacy(path, &request(1, "tools/call", call), &[]);
    reply.json()
}

/// Returns the responses of an Airflow with secrets.
fn planted() -> Responses {
    let mut answers = FakeAirflow::three();
    let variable = json!({"key": "mail", "value": "planted-value", "description": "Mail", "is_encrypted": true});
    let list = json!({"variables": [variable], "total_entries": 1});
    let connection = json!({"connection_id": "db", "conn_type": "http", "host": "h", "login": "ada", "password": "planted-password", "extra": "{\"key\": \"planted-extra\"}"});
    let config = json!({"sections": [{"name": "core", "options": [{"key": "fernet_key", "value": "planted-option"}]}]});
    let instance = json!({"task_id": "t", "dag_id": "d", "dag_run_id": "r", "map_index": -1, "rendered_fields": {"env": {"A": "planted-field"}, "n": 1}});
    for (path, body) in [
        ("GET /api/v2/variables", list),
        ("GET /api/v2/variables/mail", variable),
        ("GET /api/v2/connections/db", connection),
        ("GET /api/v2/config", config),
        ("GET /api/v2/dags/d/dagRuns/r/taskInstances/t", instance),
    ] {
        answers.insert(path, (200, "", body.to_string()));
    }
    answers
}

#[test]
fn redacted_servers_mask_secrets() {
    let airflow = FakeAirflow::start(planted());
    let gateway = Gateway::start("redact", &[], &[]);
    let account = gateway.account(&airflow);
    let server = |redact: bool| {
        let config = json!({"preset": "all", "redact": redact});
        gateway.server(&account, config, Value::Null).1
    };
    let (open, redacted) = (server(false), server(true));
    let task = json!({"dag_id": "d", "dag_run_id": "r", "id": "t"});
    let rows = [
        (GET_VARIABLE, json!({"id": "mail"}), "planted-value"),
        (
            "get_single_apacheairflow_connection_by_id",
            json!({"id": "db"}),
            "planted-password",
        ),
        (
            "get_single_apacheairflow_connection_by_id",
            json!({"id": "db"}),
            "planted-extra",
        ),
        (
            "list_all_apacheairflow_config_sections",
            json!({"fields": ["*"]}),
            "planted-option",
        ),
        (
            "get_single_apacheairflow_task_instance_by_id",
            task,
            "planted-field",
        ),
    ];
    for (tool, arguments, secret) in rows {
        let clear = call(&gateway, &open, tool, &arguments).to_string();
        assert!(clear.contains(secret), "{tool}: {clear}");
        let masked = call(&gateway, &redacted, tool, &arguments).to_string();
        assert!(!masked.contains("planted"), "{tool}: {masked}");
        assert!(masked.contains("***"), "{tool}: {masked}");
        assert!(!masked.contains("\"isError\":true"), "{tool}: {masked}");
    }
    // The list of variables returns no value, whatever the server and the fields are.
    for server in [&open, &redacted] {
        let list = call(&gateway, server, LIST_VARIABLES, &json!({"fields": ["*"]}));
        let list = list.to_string();
        assert!(list.contains("Mail") && !list.contains("planted"), "{list}");
    }
}

#[test]
fn only_the_callers_of_a_server_can_call_it() {
    let gateway = Gateway::start("callers", &[], &[]);
    let account = gateway.account(&FakeAirflow::start(FakeAirflow::three()));
    let token = |name: &str| {
        let token = json!({"name": name, "role": "caller"});
        gateway.manage("POST", "/api-token", token)
    };
    let (good, other) = (token("good"), token("other"));
    let config = json!({"require_api_token_auth": true, "callers": [good["id"]]});
    let (_, path) = gateway.server(&account, config, Value::Null);
    for (token, status) in [(&good, 200), (&other, 403)] {
        let bearer = format!("Bearer {}", text(&token["token"]));
        let list = request(1, "tools/list", json!({}));
        let reply = gateway.legacy(&path, &list, &[("authorization", &bearer)]);
        assert_eq!(reply.status, status, "{reply:?}");
    }
}

#[test]
fn new_servers_read_only_without_secrets() {
    let gateway = Gateway::start("defaults", &[], &[]);
    let account = gateway.account(&FakeAirflow::start(FakeAirflow::three()));
    let read = selected(&["--methods", "read"]);
    let servers = format!("/integrated-account/{account}/mcp");
    let server = gateway.manage("POST", &servers, json!({"name": "agent"}));
    assert!(server["expires_at"].is_string(), "{server}");
    let path = format!("/mcp/{}", text(&server["token"]));
    assert_eq!(listed(&gateway, &path), read);
}

/// Checks with the program itself that a file does not bring back what somebody revoked or restricted.
#[test]
fn a_declared_server_stays_as_somebody_left_it() {
    let folder = std::env::temp_dir().join(format!("airflow-mcp-declared-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    let config = folder.join("gateway.toml");
    let server = |name: &str| {
        format!(
            "[[account.server]]\nname = \"{name}\"\nmethods = [\"read\", \"write\"]\ntoken_file = \"{name}.url\"\n"
        )
    };
    let file = format!(
        "[[account]]\nname = \"a\"\nbase_url = \"http://127.0.0.1:9\"\n{}{}",
        server("revoked"),
        server("narrow")
    );
    std::fs::write(&config, &file).unwrap();
    let config = config.to_string_lossy().into_owned();
    let mut gateway = Gateway::start("declared-stays", &[], &["--config", &config]);
    let path = |name: &str| {
        let url = std::fs::read_to_string(folder.join(format!("{name}.url"))).unwrap();
        format!("/mcp/{}", url.trim().rsplit_once('/').unwrap().1)
    };
    let (revoked, narrow) = (path("revoked"), path("narrow"));
    let accounts = gateway.manage("GET", "/integrated-account", Value::Null);
    let servers = format!(
        "/integrated-account/{}/mcp",
        text(&accounts["result"][0]["id"])
    );
    let all = gateway.manage("GET", &servers, Value::Null);
    for server in all["result"].as_array().unwrap() {
        let path = format!("{servers}/{}", text(&server["id"]));
        match server["name"].as_str() {
            Some("revoked") => gateway.manage("DELETE", &path, Value::Null),
            _ => gateway.manage("PATCH", &path, json!({"config": {"methods": ["list"]}})),
        };
    }
    let lists = selected(&["--methods", "list"]);
    for _ in 0..2 {
        gateway = gateway.again_with(&["--config", &config]);
        let list = request(1, "tools/list", json!({}));
        assert_eq!(gateway.legacy(&revoked, &list, &[]).status, 404);
        assert_eq!(listed(&gateway, &narrow), lists);
    }
    std::fs::remove_dir_all(folder).unwrap();
}
