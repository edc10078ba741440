//! Refusals and warnings while a gateway is set up: secrets that others can read, addresses of metadata services, unencrypted connections, names that look like others.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

mod common;

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use common::gateway::{Gateway, Reply, text};
use common::{FakeAirflow, modern, program, run};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

const LIST_USERS: &str = "list_all_apacheairflow_users";
const KEY: &str = "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=";

/// A folder that is deleted at the end of a test.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path =
            std::env::temp_dir().join(format!("airflow-mcp-setup-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn path(&self, name: &str) -> String {
        self.0.join(name).to_str().unwrap().to_owned()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

fn set_mode(path: &str, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

fn post_account(gateway: &Gateway, body: &Value) -> Reply {
    let bearer = format!("Bearer {}", gateway.api_token);
    let headers = [("authorization", bearer.as_str())];
    gateway.send("POST", "/integrated-account", &headers, &body.to_string())
}

#[test]
fn secrets_that_others_can_read_are_refused() {
    let folder = Folder::new("modes");
    let (key, data) = (folder.path("key"), folder.path("data"));
    fs::write(&key, KEY).unwrap();
    let serve = ["serve", "--listen", "127.0.0.1:0", "--data", &data];
    let with_key = [&serve[..], &["--key-file", &key]].concat();
    // With an invalid address, the program ends in any case.
    let ends = ["serve", "--listen", "nowhere", "--data", &data];
    let refusal = |arguments: &[&str], command: &str| {
        let output = run(program(&[], arguments), "");
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        let text = String::from_utf8(output.stderr).unwrap();
        assert!(text.contains("other users have access to"), "{text}");
        assert!(text.contains(command), "{text}");
        assert!(!text.contains(KEY), "{text}");
    };
    for open in [0o644, 0o640, 0o604] {
        set_mode(&key, open);
        let current = [&ends[..], &["--key-file", &key]].concat();
        refusal(&current, &format!("run `chmod 600 {key}`"));
        let old = [&ends[..], &["--old-key-file", &key]].concat();
        refusal(&old, &format!("run `chmod 600 {key}`"));
    }
    let data_folder = PathBuf::from(&data);
    let allowed = ["--key-file", &key, "--allow-readable-key"];
    drop(Gateway::open_store(data_folder.clone(), &[], &allowed));

    set_mode(&key, 0o600);
    fs::create_dir(&data).unwrap();
    set_mode(&data, 0o750);
    refusal(&with_key, &format!("run `chmod 700 {data}`"));
    set_mode(&data, 0o700);
    drop(Gateway::open_store(data_folder, &[], &["--key-file", &key]));
}

#[test]
fn the_first_api_token_is_written_to_a_file_for_a_day() {
    let folder = Folder::new("first-token");
    let file = folder.path("token");
    // An earlier file that others can read is replaced.
    fs::write(&file, "earlier").unwrap();
    let mut gateway = Gateway::start("first-token", &[], &["--first-token-file", &file]);
    assert_eq!(mode(Path::new(&file)), 0o600);
    assert!(!gateway.data.join("first-api-token").exists());
    gateway.api_token = fs::read_to_string(&file).unwrap().trim().to_owned();
    let tokens = gateway.manage("GET", "/api-token", Value::Null);
    let expires: Timestamp = text(&tokens["result"][0]["expires_at"]).parse().unwrap();
    let left = expires.duration_since(Timestamp::now());
    assert!(left > SignedDuration::from_hours(23) && left <= SignedDuration::from_hours(24));

    let gateway = Gateway::start("first-token-default", &[], &[]);
    assert_eq!(mode(&gateway.data.join("first-api-token")), 0o600);
    assert_eq!(mode(&gateway.data), 0o700);
    gateway.manage("GET", "/api-token", Value::Null);
    assert!(!gateway.shown().contains("amk_"), "{}", gateway.shown());
}

#[test]
fn metadata_services_are_refused_also_through_a_name() {
    let folder = Folder::new("metadata");
    let hosts = folder.path("hosts");
    fs::write(
        &hosts,
        "127.0.0.1 localhost\n169.254.169.254 rebound.example\n",
    )
    .unwrap();
    let gateway = Gateway::start_with_hosts("metadata", &hosts, &[]);
    let account = |name: &str, base_url: &str| json!({"name": name, "base_url": base_url, "auth": {"type": "bearer", "token": "planted"}});
    for url in [
        "http://169.254.169.254",
        "http://[fe80::1]",
        "http://[::ffff:169.254.169.254]",
        "http://2852039166",
        "http://100.100.100.200",
        "http://[fd00:ec2::254]",
        "http://metadata.google.internal",
    ] {
        let reply = post_account(&gateway, &account("a", url));
        assert_eq!(reply.status, 422, "{url}: {reply:?}");
        let problem = &reply.json()["error"]["problems"][0];
        assert_eq!(problem["field"], "base_url", "{url}");
        assert!(
            text(&problem["problem"]).contains("--allow-link-local"),
            "{problem}"
        );
    }
    // The name is resolved for each connection.
    let body = account("rebound", "http://rebound.example");
    let id = text(&post_account(&gateway, &body).json()["id"]);
    let (_, url) = gateway.server(&id, json!({}), Value::Null);
    let call = json!({"name": LIST_USERS, "arguments": {}});
    let called = gateway.modern(&url, &modern(1, "tools/call", call), &[]);
    assert!(called.body.contains("Address refused"), "{called:?}");

    let gateway = Gateway::start("metadata-allowed", &[], &["--allow-link-local"]);
    let reply = post_account(&gateway, &account("a", "http://169.254.169.254"));
    assert_eq!(reply.status, 201, "{reply:?}");
}

#[test]
fn plain_http_to_another_machine_is_pointed_out() {
    let gateway = Gateway::start("plain-http", &[], &[]);
    let rows = [
        ("http://nowhere.invalid", true),
        ("https://nowhere.invalid", false),
        ("http://127.0.0.1:9", false),
        ("http://localhost:9", false),
    ];
    for (index, (url, expected)) in rows.into_iter().enumerate() {
        let body =
            json!({"name": format!("account {index}"), "base_url": url, "auth": {"type": "none"}});
        let account = post_account(&gateway, &body).json();
        let check = format!("/integrated-account/{}/check", text(&account["id"]));
        let check = gateway.manage("POST", &check, Value::Null).to_string();
        for shown in [account["warnings"].to_string(), check] {
            assert_eq!(
                shown.contains("everybody on the way"),
                expected,
                "{url}: {shown}"
            );
        }
    }
    for (url, expected) in rows {
        let output = run(program(&[("AIRFLOW_URL", url)], &["doctor"]), "");
        let text = String::from_utf8(output.stdout).unwrap();
        assert_eq!(text.contains("everybody on the way"), expected, "{text}");
    }
}

#[test]
fn characters_that_deceive_are_rejected_in_names_and_escaped_in_messages() {
    let airflow = FakeAirflow::start(FakeAirflow::three());
    let gateway = Gateway::start("invisible", &[], &[]);
    let account = gateway.account(&airflow);
    let bearer = format!("Bearer {}", gateway.api_token);
    let headers = [("authorization", bearer.as_str())];
    let server = format!("/integrated-account/{account}/mcp");
    for character in [
        '\u{202e}',
        '\u{2066}',
        '\u{200b}',
        '\u{feff}',
        '\u{e0041}',
        '\u{ad}',
    ] {
        let name = format!("prod{character}uction");
        let bodies = [
            (
                "/integrated-account",
                json!({"name": name, "base_url": airflow.url, "auth": {"type": "none"}}),
            ),
            (server.as_str(), json!({"name": name})),
            ("/api-token", json!({"name": name, "role": "caller"})),
        ];
        for (path, body) in bodies {
            let reply = gateway.send("POST", path, &headers, &body.to_string());
            assert_eq!(reply.status, 422, "{path} {body}: {reply:?}");
            assert_eq!(reply.json()["error"]["problems"][0]["field"], "name");
            assert!(!reply.body.contains(character));
        }
    }
    // Visible characters of any script are allowed.
    let body =
        json!({"name": "Ünïcode 漢字 🙂", "base_url": airflow.url, "auth": {"type": "none"}});
    assert_eq!(post_account(&gateway, &body).status, 201);
    let unknown = "/integrated-account/acc_%E2%80%AEx";
    let reply = gateway.send("GET", unknown, &headers, "");
    let message = text(&reply.json()["error"]["message"]);
    assert!(message.contains(r"acc_\u{202e}x"), "{message}");

    let file = "/nowhere/\u{202e}lmot.toml";
    let output = run(program(&[], &["serve", "--config", file]), "");
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(text.contains(r"/nowhere/\u{202e}lmot.toml"), "{text}");
    assert!(!text.contains('\u{202e}'), "{text}");
}

#[test]
fn commands_inherit_no_secret_of_the_gateway() {
    let airflow = FakeAirflow::start(FakeAirflow::three());
    let folder = Folder::new("commands");
    let (key, config) = (folder.path("key"), folder.path("gateway.toml"));
    let (of_key, of_token) = (folder.path("key.env"), folder.path("token.env"));
    fs::write(&key, KEY).unwrap();
    let declared = format!(
        "[[account]]\nname = \"a\"\nbase_url = \"{}\"\nauth = {{ type = \"bearer_command\", command = \"env > '{of_token}'; echo token\" }}\n",
        airflow.url
    );
    fs::write(&config, declared).unwrap();
    let key_command = format!("env > '{of_key}'; cat '{key}'");
    let variables = [
        ("AIRFLOW_MCP_KEY_COMMAND", key_command.as_str()),
        ("AIRFLOW_PASSWORD", "planted"),
        ("AIRFLOW_MCP_API_TOKEN", "planted"),
        ("AWS_SECRET_ACCESS_KEY", "planted"),
        ("NEEDED", "needed"),
        ("PATH", "/usr/local/bin:/usr/bin:/bin"),
    ];
    let arguments = ["--config", &config, "--command-variable", "NEEDED"];
    let gateway = Gateway::start("commands", &variables, &arguments);
    let accounts = gateway.manage("GET", "/integrated-account", Value::Null);
    let account = text(&accounts["result"][0]["id"]);
    let (_, url) = gateway.server(&account, json!({}), Value::Null);
    let call = json!({"name": LIST_USERS, "arguments": {}});
    let called = gateway.modern(&url, &modern(1, "tools/call", call), &[]);
    assert!(called.body.contains("ada@example.org"), "{called:?}");
    for file in [of_key, of_token] {
        let inherited = fs::read_to_string(&file).unwrap();
        assert!(inherited.contains("NEEDED=needed"), "{file}: {inherited}");
        assert!(
            inherited.contains("PATH=/usr/local/bin"),
            "{file}: {inherited}"
        );
        for secret in ["planted", "AIRFLOW", "KEY"] {
            assert!(!inherited.contains(secret), "{file}: {inherited}");
        }
    }
}
