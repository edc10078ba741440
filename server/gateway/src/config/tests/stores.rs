//! A configuration file for a gateway with its own store.

use std::fs;
use std::path::{Path, PathBuf};

use crate::config::{self, AppliedChanges, apply};
use crate::model::{PageQuery, Principal, ServerPatch};
use crate::service::gateway::Gateway;
use crate::store::StoreUrl;
use crate::tests::sample::options;

struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn folder(name: &str) -> Folder {
    let name = format!("gateway-config-{name}-{}", std::process::id());
    let folder = std::env::temp_dir().join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    Folder(folder)
}

async fn gateway(store: PathBuf) -> Gateway {
    let options = options(StoreUrl::Sqlite(store));
    Gateway::open(options).await.unwrap().0
}

fn file(folder: &Path) -> String {
    let folder = folder.display();
    format!(
        r#"
[[account]]
name = "production"
base_url = "http://127.0.0.1:9/"
auth = {{ type = "password", username = "mcp", password_file = "{folder}/password" }}
headers = {{ X-Key = {{ env = "KEY" }} }}

[[account.server]]
name = "agent"
methods = ["read"]
token_file = "{folder}/agent.url"

[[account.server]]
name = "past"
expires_at = 2020-01-01T00:00:00Z

[[account]]
name = "test"
base_url = "http://127.0.0.1:9"
auth = {{ type = "none" }}
"#
    )
}

async fn changes(gateway: &Gateway, text: &str) -> Vec<String> {
    let environment = |name: &str| (name == "KEY").then(|| "planted".to_owned());
    let declared = config::read(text, Path::new("/"), &environment).unwrap();
    apply(gateway, declared).await.unwrap().changes
}

async fn ids(gateway: &Gateway) -> Vec<(String, String)> {
    let page = PageQuery::default();
    let who = Principal::gateway();
    let servers = gateway.all_servers(&who, page).await;
    let servers = servers.unwrap().result.into_iter();
    servers
        .map(|it| (it.integrated_account_id, it.id))
        .collect()
}

#[tokio::test]
async fn only_differences_are_changed() {
    let folder = folder("twice");
    let text = file(&folder.0);
    let password = folder.0.join("password");
    fs::write(&password, "one\n").unwrap();
    let gateway = gateway(folder.0.join("gateway.db")).await;

    let made = changes(&gateway, &text).await;
    let url = folder.0.join("agent.url");
    let expected = [
        "account `production` created".to_owned(),
        format!(
            "server `agent` of account `production` created, its URL is in {}",
            url.display()
        ),
        "account `test` created".to_owned(),
    ];
    assert_eq!(made, expected);
    assert_eq!(changes(&gateway, &text).await, [""; 0]);

    fs::write(&password, "two").unwrap();
    assert_eq!(
        changes(&gateway, &text).await,
        ["account `production` changed"]
    );
    let narrower = text.replace("\"read\"", "\"list\"");
    let changed = ["server `agent` of account `production` changed"];
    assert_eq!(changes(&gateway, &narrower).await, changed);
    assert_eq!(changes(&gateway, &narrower).await, [""; 0]);

    // If somebody renamed the server, it gets its declared name again, and no second server is created.
    let (account, id) = ids(&gateway).await.remove(0);
    let patch = ServerPatch {
        name: Some("other".to_owned()),
        ..ServerPatch::default()
    };
    let who = Principal::gateway();
    gateway
        .update_server(&who, &account, &id, patch)
        .await
        .unwrap();
    assert_eq!(changes(&gateway, &narrower).await, changed);
    assert_eq!(ids(&gateway).await, [(account.clone(), id.clone())]);

    // If somebody deleted the server, it is created again.
    gateway.delete_server(&who, &account, &id).await.unwrap();
    assert_eq!(changes(&gateway, &narrower).await.len(), 1);
}

#[tokio::test]
async fn a_url_outlives_the_store() {
    let folder = folder("url");
    let text = file(&folder.0);
    fs::write(folder.0.join("password"), "one").unwrap();
    let first = gateway(folder.0.join("first.db")).await;
    changes(&first, &text).await;
    let path = folder.0.join("agent.url");
    let url = fs::read_to_string(&path).unwrap();
    let token = url.trim().rsplit('/').next().unwrap();
    assert_eq!(first.resolve(token).await.unwrap().server.name, "agent");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(
            fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            0o600
        );
    }

    let second = gateway(folder.0.join("second.db")).await;
    changes(&second, &text).await;
    assert_eq!(fs::read_to_string(&path).unwrap(), url);
    assert_eq!(second.resolve(token).await.unwrap().server.name, "agent");
}

#[tokio::test]
async fn problems_for_the_operator_are_warnings() {
    let folder = folder("warnings");
    let gateway = gateway(folder.0.join("gateway.db")).await;
    let path = folder.0.join("agent.url");
    let text = format!(
        "[[account]]\nname = \"a\"\nbase_url = \"http://127.0.0.1:9\"\n\n[[account.server]]\nname = \"agent\"\ntoken_file = \"{}\"\n",
        path.display()
    );
    let warnings = async || {
        let declared = config::read(&text, Path::new("/"), &|_| None).unwrap();
        apply(&gateway, declared).await.unwrap().warnings
    };
    assert_eq!(warnings().await, [""; 0]);
    fs::remove_file(&path).unwrap();
    assert!(warnings().await[0].contains("does not contain its URL"));
    fs::write(&path, format!("http://x/mcp/amt_{}", "A".repeat(43))).unwrap();
    assert!(warnings().await[0].contains("does not contain its URL"));
    fs::write(&path, "http://x/mcp/amt_short").unwrap();
    assert!(warnings().await[0].contains("does not contain the URL of a server"));
}

#[tokio::test]
async fn an_empty_file_changes_nothing() {
    let folder = folder("empty");
    let gateway = gateway(folder.0.join("gateway.db")).await;
    let declared = config::read("", &folder.0, &|_| None).unwrap();
    assert_eq!(
        apply(&gateway, declared).await.unwrap(),
        AppliedChanges::default()
    );
}

#[tokio::test]
async fn paths_begin_at_the_folder_of_the_file() {
    let folder = folder("paths");
    let gateway = gateway(folder.0.join("gateway.db")).await;
    fs::create_dir(folder.0.join("secrets")).unwrap();
    for (name, text) in [("password", "one"), ("header", "two")] {
        fs::write(folder.0.join("secrets").join(name), text).unwrap();
    }
    let text = r#"
[[account]]
name = "a"
base_url = "http://127.0.0.1:9"
auth = { type = "password", username = "mcp", password_file = "secrets/password" }
headers = { X-Key = { file = "secrets/header" } }

[[account.server]]
name = "agent"
token_file = "agent.url"

[[account]]
name = "b"
base_url = "http://127.0.0.1:9"
auth = { type = "bearer_file", path = "secrets/token" }
"#;
    let declared = config::read(text, &folder.0, &|_| None).unwrap();
    apply(&gateway, declared).await.unwrap();
    assert!(folder.0.join("agent.url").exists());
    let stored = crate::model::AccountInput {
        name: "b".to_owned(),
        base_url: "http://127.0.0.1:9".to_owned(),
        auth: crate::model::sign_in::AuthInput::BearerFile {
            path: folder.0.join("secrets/token").display().to_string(),
        },
        headers: std::collections::BTreeMap::new(),
        api: None,
        ca_certificate: None,
    };
    let who = Principal::gateway();
    let accounts = gateway.accounts(&who, PageQuery::default()).await.unwrap();
    let b = accounts.result.iter().find(|it| it.name == "b").unwrap();
    assert_eq!(gateway.holds(&b.id, &stored).await, Ok(true));
}
