//! A gateway and the commands that manage it, as a person or a script runs them.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

mod common;

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Output, Stdio};

use common::{FakeAirflow, program, run};
use serde_json::Value;

/// A gateway with its own store, stopped at the end of the test.
struct ServedGateway {
    child: Child,
    folder: PathBuf,
    url: String,
    token: String,
}

impl Drop for ServedGateway {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

impl ServedGateway {
    fn start(name: &str) -> Self {
        let folder =
            std::env::temp_dir().join(format!("airflow-mcp-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).unwrap();
        Self::start_in(folder, &[])
    }

    fn start_in(folder: PathBuf, more: &[&str]) -> Self {
        let data = folder.join("data");
        let arguments = ["serve", "--listen", "127.0.0.1:0", "--data"];
        let mut child = program(&[], &arguments)
            .arg(&data)
            .args(more)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let url = loop {
            let line = lines.next().expect("a line with the address").unwrap();
            if let Some(text) = line.strip_prefix("Serving ") {
                break text.split(' ').next().unwrap().to_owned();
            }
        };
        // Only the first start creates the file.
        let token = std::fs::read_to_string(data.join("first-api-token"));
        let token = token.map_or("amk_none".to_owned(), |it| it.trim().to_owned());
        Self {
            child,
            folder,
            url,
            token,
        }
    }

    fn run_with(&self, arguments: &[&str], input: &str) -> Output {
        let variables = [
            ("AIRFLOW_MCP_GATEWAY_URL", self.url.as_str()),
            ("AIRFLOW_MCP_API_TOKEN", &self.token),
            ("AIRFLOW_PASSWORD", "correct horse"),
        ];
        let output = run(program(&variables, arguments), input);
        for stream in [&output.stdout, &output.stderr] {
            let text = String::from_utf8_lossy(stream);
            assert!(!text.contains("correct horse"), "{arguments:?}: {text}");
            assert!(!text.contains(&self.token), "{arguments:?}: {text}");
        }
        output
    }

    fn text(&self, arguments: &[&str]) -> String {
        let output = self.run_with(arguments, "");
        assert_eq!(output.status.code(), Some(0), "{arguments:?}: {output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    fn json(&self, arguments: &[&str]) -> Value {
        let arguments = [arguments, &["--json"]].concat();
        serde_json::from_str(&self.text(&arguments)).unwrap()
    }

    /// Runs a command that must fail and returns its standard error.
    fn fails(&self, arguments: &[&str]) -> String {
        let output = self.run_with(arguments, "");
        assert_eq!(output.status.code(), Some(1), "{arguments:?}: {output:?}");
        assert!(output.stdout.is_empty(), "{arguments:?}: {output:?}");
        String::from_utf8(output.stderr).unwrap()
    }
}

#[test]
fn the_shell_manages_all_objects() {
    let airflow = FakeAirflow::start(FakeAirflow::three());
    let gateway = ServedGateway::start("shell");
    let url = airflow.url.as_str();

    let create = [
        "account",
        "create",
        "production",
        "--url",
        url,
        "--username",
        "admin",
    ];
    assert!(gateway.text(&create).contains("password as admin"));
    assert!(gateway.fails(&create).contains("already"), "taken");
    let check = gateway.text(&["account", "check", "production"]);
    assert!(
        check.starts_with("ok ") && !check.contains("FAILED"),
        "{check}"
    );
    let list = gateway.text(&["account", "list"]);
    assert!(list.contains("production"), "{list}");
    let account = gateway.json(&["account", "get", "production"]);
    assert_eq!(account["auth"]["username"], "admin");

    // An update that only changes the name ignores the password in the environment.
    let id = account["id"].as_str().unwrap();
    let renamed = gateway.json(&["account", "update", id, "--name", "main"]);
    assert_eq!(
        (&renamed["name"], &renamed["auth"]),
        (&"main".into(), &account["auth"])
    );
    let output = gateway.run_with(
        &["account", "update", "main", "--token-stdin", "--json"],
        "t\n",
    );
    let changed: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(changed["auth"]["type"], "bearer");

    let create = ["server", "create", "agent", "--account", "main"];
    let narrow = ["--methods", "read", "--tags", "rbac", "--expires-in", "1h"];
    let server = gateway.json(&[&create[..], &narrow].concat());
    let address = server["url"].as_str().unwrap();
    assert!(
        address.starts_with(&format!("{}/mcp/amt_", gateway.url)),
        "{address}"
    );
    assert!(
        gateway
            .text(&["server", "list"])
            .contains("methods read; tags rbac")
    );
    let wide = gateway.json(&["server", "update", "agent", "--tags", "", "--no-expiry"]);
    assert_eq!(wide["config"]["methods"], serde_json::json!(["read"]));
    assert_eq!(
        (&wide["config"]["tags"], &wide["expires_at"]),
        (&serde_json::json!([]), &Value::Null)
    );
    assert_ne!(gateway.json(&["server", "rotate", "agent"])["url"], address);
    let wrong = [
        &create[..],
        &["--methods", "raed", "--expires-at", "2020-01-01T00:00:00Z"],
    ]
    .concat();
    let error = gateway.fails(&wrong);
    assert!(
        error.contains("config.methods: ") && error.contains("expires_at: "),
        "{error}"
    );
    assert!(
        gateway
            .fails(&["server", "get", "nobody"])
            .contains("hint: ")
    );

    let token = gateway.json(&["token", "create", "pipeline", "--role", "issuer"]);
    assert!(token["token"].as_str().unwrap().starts_with("amk_"));
    assert!(gateway.text(&["token", "list"]).contains("pipeline"));
    gateway.text(&["token", "revoke", "pipeline"]);

    gateway.text(&["server", "delete", "agent"]);
    gateway.text(&["account", "delete", "main"]);
    let log = gateway.json(&["audit", "--since", "1h", "--account", id]);
    assert!(log.is_null() || log["result"].is_array());
    let table = gateway.text(&["audit", "--action", "server.create"]);
    assert_eq!(table.lines().count(), 2, "{table}");
    let export = gateway.text(&["audit", "--export"]);
    let actions: Vec<_> = export
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap()["action"].clone())
        .collect();
    for action in [
        "account.create",
        "account.update",
        "account.delete",
        "server.rotate",
        "server.revoke",
        "token.create",
        "token.revoke",
    ] {
        assert!(actions.contains(&action.into()), "{action}: {actions:?}");
    }
}

#[test]
fn credentials_outlive_their_key() {
    let airflow = FakeAirflow::start(FakeAirflow::three());
    let mut gateway = ServedGateway::start("key");
    let url = airflow.url.as_str();
    gateway.text(&[
        "account",
        "create",
        "a",
        "--url",
        url,
        "--username",
        "admin",
    ]);
    gateway.child.kill().unwrap();
    gateway.child.wait().unwrap();

    let path = |name: &str| gateway.folder.join(name).to_str().unwrap().to_owned();
    let (data, key) = (path("data"), path("key.2"));
    let rotate = ["key", "rotate", "--data", &data, "--new-key-file", &key];
    let text = gateway.text(&rotate);
    assert!(text.contains("1 account. "), "{text}");
    assert!(gateway.text(&rotate).contains("0 accounts. "), "again");
    let arguments = ["serve", "--listen", "127.0.0.1:0", "--data", &data];
    let error = gateway.fails(&arguments);
    assert!(error.contains("which was not given"), "{error}");

    let mut again = ServedGateway::start_in(gateway.folder.clone(), &["--key-file", &key]);
    again.token.clone_from(&gateway.token);
    again.text(&["account", "check", "a"]);
}

#[test]
fn connection_errors_name_the_cause() {
    let nobody = ("AIRFLOW_MCP_GATEWAY_URL", "http://127.0.0.1:9");
    let token = ("AIRFLOW_MCP_API_TOKEN", "amk_planted");
    let rows = [
        (vec![nobody, token], 1, "cannot connect to the gateway"),
        (vec![nobody], 2, "AIRFLOW_MCP_API_TOKEN is not set"),
        (
            vec![("AIRFLOW_MCP_GATEWAY_URL", "gateway"), token],
            2,
            "AIRFLOW_MCP_GATEWAY_URL",
        ),
    ];
    for (variables, code, says) in rows {
        let output = run(program(&variables, &["token", "list"]), "");
        assert_eq!(output.status.code(), Some(code), "{output:?}");
        let text = String::from_utf8(output.stderr).unwrap();
        assert!(text.contains(says) && !text.contains("planted"), "{text}");
    }
    let airflow = FakeAirflow::start(FakeAirflow::three());
    let stranger = ("AIRFLOW_MCP_GATEWAY_URL", airflow.url.as_str());
    let output = run(
        program(&[stranger, token], &["token", "list", "--json"]),
        "",
    );
    let error: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(error["error"]["code"], "unexpected_answer");
}

#[test]
fn an_account_requires_one_sign_in_method() {
    let token = ("AIRFLOW_MCP_API_TOKEN", "amk_planted");
    let url = ["account", "create", "a", "--url", "http://127.0.0.1:9"];
    let rows = [
        (&[][..], "no sign-in method is given"),
        (&["--username", "ada"], "the password is missing"),
        (
            &["--password-file", "/nonexistent"],
            "requires `--username`",
        ),
        (
            &["--username", "ada", "--password-file", "/nonexistent"],
            "cannot be read",
        ),
        (
            &["--token-file", "/nonexistent", "--headers-file", "/missing"],
            "/missing",
        ),
        (
            &["--username", "ada", "--token-stdin"],
            "cannot be used with",
        ),
    ];
    for (more, says) in rows {
        let output = run(program(&[token], &[&url[..], more].concat()), "");
        assert_eq!(output.status.code(), Some(2), "{output:?}");
        let text = String::from_utf8(output.stderr).unwrap();
        assert!(text.contains(says), "{text}");
    }
}
