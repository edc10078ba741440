//! `airflow-mcp backup` copies the store of a running gateway.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

mod common;

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use common::gateway::Gateway;
use common::{FakeAirflow, modern, program, run};
use serde_json::{Value, json};

fn list(gateway: &Gateway, url: &str) -> u16 {
    gateway
        .modern(url, &modern(1, "tools/list", json!({})), &[])
        .status
}

#[test]
fn a_copy_of_a_running_store_is_complete_and_can_be_restored() {
    let airflow = FakeAirflow::start(FakeAirflow::three());
    let mut gateway = Gateway::start("backup", &[], &[]);
    let account = gateway.account(&airflow);
    let urls = [(); 20].map(|()| gateway.server(&account, json!({}), Value::Null).1);
    let data = gateway.data.to_str().unwrap().to_owned();
    // These changes are in the write-ahead log only, so a copy of the file would lack them.
    assert!(
        fs::metadata(gateway.data.join("airflow-mcp.sqlite-wal"))
            .unwrap()
            .len()
            > 0
    );
    let folder = std::env::temp_dir().join(format!("airflow-mcp-restored-{}", std::process::id()));
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    fs::set_permissions(&folder, Permissions::from_mode(0o700)).unwrap();
    let copy = folder.join("airflow-mcp.sqlite");
    let arguments = ["backup", "--data", &data, copy.to_str().unwrap()];
    let output = run(program(&[], &arguments), "");
    assert!(output.status.success(), "{output:?}");
    assert_eq!(
        fs::metadata(&copy).unwrap().permissions().mode() & 0o777,
        0o600
    );
    // An existing file is not replaced, and the gateway continues to write.
    let again = run(program(&[], &arguments), "");
    assert!(!again.status.success());
    let records = gateway.audit().len();
    let (_, later) = gateway.server(&account, json!({}), Value::Null);

    fs::copy(gateway.data.join("key"), folder.join("key")).unwrap();
    gateway.signal("KILL");
    gateway.end();
    let mut restored = Gateway::open_store(PathBuf::from(&folder), &[], &[]);
    restored.api_token.clone_from(&gateway.api_token);
    for url in &urls {
        assert_eq!(list(&restored, url), 200);
    }
    assert_eq!(list(&restored, &later), 404);
    // The start of the restored gateway adds a record.
    assert!(restored.audit().len() > records);
    let call = json!({"name": "list_all_apacheairflow_users", "arguments": {}});
    let called = restored.modern(&urls[0], &modern(1, "tools/call", call), &[]);
    assert!(called.body.contains("ada@example.org"), "{called:?}");
}

#[test]
fn errors_of_a_backup_name_the_cause() {
    let folder = std::env::temp_dir().join(format!("airflow-mcp-no-backup-{}", std::process::id()));
    let (data, copy) = (folder.join("data"), folder.join("copy"));
    let arguments = [
        "backup",
        "--data",
        data.to_str().unwrap(),
        copy.to_str().unwrap(),
    ];
    let missing = run(program(&[], &arguments), "");
    let text = String::from_utf8(missing.stderr).unwrap();
    assert!(text.contains("airflow-mcp.sqlite does not exist"), "{text}");
    let variables = [("DATABASE_URL", "postgres://planted@db/x")];
    let postgres = run(program(&variables, &arguments), "");
    assert_eq!(postgres.status.code(), Some(2));
    let text = String::from_utf8(postgres.stderr).unwrap();
    assert!(
        text.contains("pg_dump") && !text.contains("planted"),
        "{text}"
    );
    assert!(!copy.exists());
}
