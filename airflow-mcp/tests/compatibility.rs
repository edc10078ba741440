//! Files of an earlier state work unchanged: a store with its key, tokens, server URLs, cursors, a session cookie and a configuration file. See `compatibility/README.md`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

mod common;

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use common::gateway::{Gateway, text};
use common::{FakeAirflow, Responses, request};
use serde_json::{Value, json};

/// Address of the upstream when the files were made. The credentials in the store are encrypted for this origin.
const UPSTREAM: &str = "127.0.0.98:28471";
const LIST_USERS: &str = "list_all_apacheairflow_users";

/// Everything that the earlier state has handed out.
static HANDED_OUT: LazyLock<Value> = LazyLock::new(|| {
    let text = std::fs::read_to_string(files().join("handed-out.json")).unwrap();
    serde_json::from_str(&text).unwrap()
});

fn files() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/compatibility")
}

/// Copies a folder of the files, because the gateway changes its store.
fn copy(folder: &str, name: &str) -> PathBuf {
    let to = std::env::temp_dir().join(format!("airflow-mcp-{name}-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&to);
    std::fs::create_dir_all(&to).unwrap();
    // A version control system does not keep the permissions.
    std::fs::set_permissions(&to, Permissions::from_mode(0o700)).unwrap();
    for entry in std::fs::read_dir(files().join(folder)).unwrap() {
        let entry = entry.unwrap();
        let file = to.join(entry.file_name());
        std::fs::copy(entry.path(), &file).unwrap();
        std::fs::set_permissions(&file, Permissions::from_mode(0o600)).unwrap();
    }
    to
}

/// Starts a gateway on a copy of the store, with the API token of the earlier state.
fn gateway(name: &str) -> Gateway {
    let mut gateway = Gateway::open_store(copy("store", name), &[], &[]);
    assert_eq!(gateway.api_token, "", "another API token was made");
    gateway.api_token = text(&HANDED_OUT["api_token"]);
    gateway
}

/// Returns the responses of the upstream for a page that begins with the second of three users.
fn second_page() -> Responses {
    let user = json!({"username": "bob", "email": "bob@example.org", "first_name": "Bob", "last_name": "Test", "roles": [{"name": "Admin"}], "active": true});
    let page = json!({"users": [user], "total_entries": 3});
    let mut answers = FakeAirflow::three();
    answers.insert("GET /auth/fab/v1/users", (200, "", page.to_string()));
    answers
}

/// Checks that a value has all members of an earlier one. New members are allowed.
fn assert_contains(value: &Value, earlier: &Value) {
    match earlier {
        Value::Object(members) => {
            for (name, member) in members {
                assert_contains(&value[name], member);
            }
        }
        _ => assert_eq!(value, earlier),
    }
}

#[test]
fn server_urls_and_list_cursors_work() {
    let airflow = FakeAirflow::start_at(UPSTREAM, second_page());
    let gateway = gateway("compatible-url");
    let url = format!("/mcp/{}", text(&HANDED_OUT["server_token"]));
    let listed = gateway.legacy(&url, &request(1, "tools/list", json!({})), &[]);
    let tools = listed.json()["result"]["tools"].clone();
    let names: Vec<&str> = tools
        .as_array()
        .unwrap()
        .iter()
        .map(|tool| tool["name"].as_str().unwrap())
        .collect();
    assert!(names.contains(&LIST_USERS), "{names:?}");
    assert!(
        !names.iter().any(|name| name.starts_with("create")),
        "{names:?}"
    );
    for list in HANDED_OUT["lists"].as_array().unwrap() {
        let before = airflow.requests().len();
        let mut arguments = list["arguments"].clone();
        arguments["next_cursor"] = list["next_cursor"].clone();
        let call = json!({"name": LIST_USERS, "arguments": arguments});
        let reply = gateway.legacy(&url, &request(2, "tools/call", call), &[]);
        let result = &reply.json()["result"]["structuredContent"];
        assert_eq!(result["users"][0]["username"], "bob", "{result}");
        assert!(result["next_cursor"].is_string(), "{result}");
        let requests = airflow.requests().split_off(before);
        let is_second = |line: &String| line.contains("/users?") && line.contains("offset=1");
        assert!(requests.iter().any(is_second), "{requests:?}");
    }
}

#[test]
fn the_management_api_knows_accounts_servers_and_tokens() {
    let gateway = gateway("compatible-management");
    let servers = format!(
        "/integrated-account/{}/mcp",
        text(&HANDED_OUT["account_id"])
    );
    let listed = gateway.manage("GET", &servers, Value::Null);
    let earlier = HANDED_OUT["servers"].as_array().unwrap();
    for (server, earlier) in listed["result"].as_array().unwrap().iter().zip(earlier) {
        assert_contains(server, earlier);
    }
    // The cursor leads from the first to the second server.
    let cursor = text(&HANDED_OUT["servers_cursor"]);
    let page = gateway.manage(
        "GET",
        &format!("{servers}?limit=1&cursor={cursor}"),
        Value::Null,
    );
    assert_eq!(page["result"][0]["id"], HANDED_OUT["server_id"]);
    assert_eq!(page["next_cursor"], Value::Null);
    let issuer = format!("Bearer {}", text(&HANDED_OUT["issuer_token"]));
    let reply = gateway.send("GET", &servers, &[("authorization", &issuer)], "");
    assert_eq!(reply.status, 200, "{reply:?}");
    let actions: Vec<Value> = gateway
        .audit()
        .iter()
        .map(|record| record["action"].clone())
        .collect();
    for action in ["account.create", "server.create", "token.create", "call"] {
        assert!(actions.contains(&json!(action)), "{action}: {actions:?}");
    }
}

#[test]
fn the_session_cookie_of_the_earlier_state_leads_to_the_sign_in() {
    let gateway = gateway("compatible-session");
    let cookie = text(&HANDED_OUT["session_cookie"]);
    // Since then, sessions have a key of their own.
    let page = gateway.send("GET", "/", &[("cookie", &cookie)], "");
    assert_eq!(page.status, 303, "{page:?}");
    assert_eq!(page.header("location"), Some("/login"));
}

#[test]
fn the_configuration_file_is_accepted_and_its_url_file_read() {
    let folder = copy("declared", "compatible-declared");
    let config = folder.join("gateway.toml").to_string_lossy().into_owned();
    let url = std::fs::read_to_string(folder.join("agent.url")).unwrap();
    let gateway = Gateway::start(
        "compatible-config",
        &[("TEST_PASSWORD", "test-store-only")],
        &["--config", &config],
    );
    let accounts = gateway.manage("GET", "/integrated-account", Value::Null);
    let accounts = accounts["result"].as_array().unwrap();
    let mut types: Vec<String> = accounts
        .iter()
        .map(|account| {
            format!(
                "{}: {}",
                text(&account["name"]),
                text(&account["auth"]["type"])
            )
        })
        .collect();
    types.sort();
    assert_eq!(
        types,
        [
            "bearer: bearer",
            "command: bearer_command",
            "file: bearer_file",
            "none: none",
            "password: password",
            "variable: password",
        ]
    );
    let (_, path) = url.trim().split_once("/mcp/").unwrap();
    let listed = gateway.legacy(
        &format!("/mcp/{path}"),
        &request(1, "tools/list", json!({})),
        &[],
    );
    let tools = listed.json()["result"]["tools"].clone();
    assert_eq!(tools.as_array().unwrap().len(), 1, "{tools}");
    assert_eq!(tools[0]["name"], LIST_USERS);
    std::fs::remove_dir_all(folder).unwrap();
}

/// Configurations of servers as the earlier state stored them.
const OLD_CONFIGS: [&str; 9] = [
    r#"{"methods":[],"tags":[],"tools":[],"require_api_token_auth":false}"#,
    r#"{"methods":["read"],"tags":[],"tools":[],"require_api_token_auth":false}"#,
    r#"{"methods":["write"],"tags":[],"tools":[],"require_api_token_auth":false,"discover":false}"#,
    r#"{"methods":["list","get"],"tags":["rbac","runs"],"tools":[],"require_api_token_auth":false}"#,
    r#"{"methods":[],"tags":["secrets"],"tools":[],"require_api_token_auth":false}"#,
    r#"{"methods":["read"],"tags":["rbac","secrets"],"tools":[],"require_api_token_auth":false}"#,
    r#"{"methods":[],"tags":[],"tools":["list_all_apacheairflow_users","delete_a_apacheairflow_user_by_id"],"require_api_token_auth":false}"#,
    r#"{"methods":["get"],"tags":["secrets"],"tools":["get_single_apacheairflow_variable_by_id","list_all_apacheairflow_variables"],"require_api_token_auth":false}"#,
    r#"{"methods":[],"tags":["dags"],"tools":[],"require_api_token_auth":false}"#,
];

/// Returns whether the earlier state offered a tool.
fn was_offered(config: &Value, tool: &runtime::Tool) -> bool {
    let names = |criterion: &str| -> Vec<String> {
        let names = config[criterion].as_array().unwrap().iter();
        names.map(text).collect()
    };
    let effect = if tool.effect.read_only {
        "read"
    } else {
        "write"
    };
    let (methods, tags, tools) = (names("methods"), names("tags"), names("tools"));
    let mut tool_tags = tool.tags.iter().map(|tag| match *tag {
        // The list of variables was tagged like the other tools of variables.
        "secret_names" => "secrets",
        tag => tag,
    });
    (methods.is_empty() || methods.iter().any(|it| it == tool.method || it == effect))
        && (tags.is_empty() || tool_tags.any(|tag| tags.iter().any(|it| it == tag)))
        && (tools.is_empty() || tools.iter().any(|it| it == tool.name))
}

/// Adds servers with the old configurations to a store. The token of each is its number.
fn add_servers(folder: &Path) {
    let tokio = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    tokio.block_on(async {
        let path = folder.join("airflow-mcp.sqlite");
        let options = sqlx::sqlite::SqliteConnectOptions::new().filename(path);
        let pool = sqlx::SqlitePool::connect_with(options).await.unwrap();
        for (number, config) in OLD_CONFIGS.iter().enumerate() {
            let hash = <sha2::Sha256 as sha2::Digest>::digest(token(number).as_bytes());
            sqlx::query("INSERT INTO servers (id, account_id, name, config, token_hash, created_at, updated_at, created_by) VALUES ($1, $2, $1, $3, $4, 1, 1, 'tok_1')")
                .bind(format!("mcp_{number}"))
                .bind(text(&HANDED_OUT["account_id"]))
                .bind(*config)
                .bind(hash.to_vec())
                .execute(&pool)
                .await
                .unwrap();
        }
        pool.close().await;
    });
}

fn token(number: usize) -> String {
    format!("amt_{number:042}A")
}

#[test]
fn servers_offer_the_same_tools() {
    let folder = copy("store", "compatible-tools");
    add_servers(&folder);
    let gateway = Gateway::open_store(folder, &[], &[]);
    let api = airflow_tools::APIS[0];
    let documents: Vec<&str> = api.usual_documents().collect();
    for (number, config) in OLD_CONFIGS.iter().enumerate() {
        let config: Value = serde_json::from_str(config).unwrap();
        let tools = runtime::registry::tools(api);
        let tools = tools.filter(|tool| documents.contains(&tool.document));
        let expected = tools.filter(|tool| was_offered(&config, tool));
        let expected: Vec<&str> = expected.map(|tool| tool.name).collect();
        assert!(!expected.is_empty(), "{config}");
        let path = format!("/mcp/{}", token(number));
        let listed = gateway.legacy(&path, &request(1, "tools/list", json!({})), &[]);
        let listed = listed.json()["result"]["tools"].clone();
        let listed = listed.as_array().unwrap().iter();
        let listed: Vec<String> = listed.map(|tool| text(&tool["name"])).collect();
        assert_eq!(listed, expected, "{config}");
    }
}
