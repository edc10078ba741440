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

    // What somebody changes stays until the declaration changes. Then, a server that was renamed is found again.
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
    assert_eq!(changes(&gateway, &narrower).await, [""; 0]);
    let expiring = narrower.replace(
        "methods = [\"list\"]",
        "methods = [\"list\"]\nexpires_at = 2099-01-01T00:00:00Z",
    );
    assert_eq!(changes(&gateway, &expiring).await, changed);
    assert_eq!(ids(&gateway).await, [(account.clone(), id.clone())]);
}

/// Reads the server token in a URL file.
fn token_in(path: &Path) -> String {
    let url = fs::read_to_string(path).unwrap();
    url.trim().rsplit('/').next().unwrap().to_owned()
}

/// Returns the warnings of a file whose application changes nothing.
async fn warnings(gateway: &Gateway, text: &str) -> Vec<String> {
    let environment = |name: &str| (name == "KEY").then(|| "planted".to_owned());
    let declared = config::read(text, Path::new("/"), &environment).unwrap();
    let applied = apply(gateway, declared).await.unwrap();
    assert_eq!(applied.changes, [""; 0]);
    applied.warnings
}

#[tokio::test]
async fn a_revoked_server_is_not_created_again() {
    let folder = folder("revoked");
    let text = file(&folder.0);
    fs::write(folder.0.join("password"), "one").unwrap();
    let store = folder.0.join("gateway.db");
    let first = gateway(store.clone()).await;
    changes(&first, &text).await;
    let path = folder.0.join("agent.url");
    let token = token_in(&path);
    let (account, id) = ids(&first).await.remove(0);
    let who = Principal::gateway();
    first.delete_server(&who, &account, &id).await.unwrap();
    first.close().await;
    drop(first);

    // The declaration is the same after a restart, so the server stays revoked.
    let second = gateway(store).await;
    let told = warnings(&second, &text).await;
    assert!(told[0].contains("was revoked or has expired"), "{told:?}");
    assert!(second.resolve(&token).await.is_err());
    assert_eq!(ids(&second).await, []);

    // A changed declaration creates the server again, but the revoked URL stays invalid, although the file contains it.
    let changed = text.replace("\"read\"", "\"list\"");
    assert_eq!(changes(&second, &changed).await.len(), 1);
    let new = token_in(&path);
    assert_ne!(new, token);
    assert!(second.resolve(&new).await.is_ok());
    assert!(second.resolve(&token).await.is_err());
    // The old URL cannot come back with another server either.
    fs::write(&path, format!("http://x/mcp/{token}")).unwrap();
    let other = changed.replace("name = \"agent\"", "name = \"other agent\"");
    assert_eq!(changes(&second, &other).await.len(), 1);
    assert!(second.resolve(&token).await.is_err());
    assert_ne!(token_in(&path), token);
}

/// Checks a server that somebody revoked before the gateway recorded declarations.
#[tokio::test]
async fn a_server_that_was_revoked_before_the_upgrade_is_not_created_again() {
    let folder = folder("upgraded");
    let text = file(&folder.0);
    fs::write(folder.0.join("password"), "one").unwrap();
    let gateway = gateway(folder.0.join("gateway.db")).await;
    changes(&gateway, &text).await;
    let path = folder.0.join("agent.url");
    let token = token_in(&path);
    let (account, id) = ids(&gateway).await.remove(0);
    let who = Principal {
        id: "tok_1".to_owned(),
        ..Principal::gateway()
    };
    gateway.delete_server(&who, &account, &id).await.unwrap();
    gateway.forget_declarations().await;
    let told = warnings(&gateway, &text).await;
    assert!(told[0].contains("was revoked or has expired"), "{told:?}");
    let changed = text.replace("\"read\"", "\"list\"");
    assert_eq!(changes(&gateway, &changed).await.len(), 1);
    assert_ne!(token_in(&path), token);
    assert!(gateway.resolve(&token).await.is_err());
}

#[tokio::test]
async fn tokens_that_were_rotated_purged_or_deleted_with_their_account_stay_dead() {
    let folder = folder("dead");
    let gateway = gateway(folder.0.join("gateway.db")).await;
    let who = Principal::gateway();
    let text = |name: &str| {
        let path = folder.0.join(name);
        format!(
            "[[account]]\nname = \"{name}\"\nbase_url = \"http://127.0.0.1:9\"\n[[account.server]]\nname = \"agent\"\ntoken_file = \"{}\"\n",
            path.display()
        )
    };
    for name in ["rotated", "deleted"] {
        changes(&gateway, &text(name)).await;
        let token = token_in(&folder.0.join(name));
        let servers = gateway.every_server(&who, None).await.unwrap();
        let server = servers.iter().find(|it| it.name == "agent").unwrap();
        let account = server.integrated_account_id.clone();
        if name == "rotated" {
            gateway
                .rotate_server(&who, &account, &server.id)
                .await
                .unwrap();
            gateway
                .delete_server(&who, &account, &server.id)
                .await
                .unwrap();
        } else {
            gateway.delete_account(&who, &account).await.unwrap();
        }
        assert_eq!(gateway.is_revoked(&token).await, Ok(true), "{name}");
        // Nothing is created again from the unchanged file.
        let told = warnings(&gateway, &text(name)).await;
        assert_eq!(told.len(), 1, "{told:?}");
        assert!(gateway.resolve(&token).await.is_err(), "{name}");
    }
}

#[tokio::test]
async fn a_restricted_server_stays_restricted() {
    let folder = folder("narrow");
    let text = file(&folder.0).replace("methods = [\"read\"]", "methods = [\"read\", \"write\"]");
    fs::write(folder.0.join("password"), "one").unwrap();
    let store = folder.0.join("gateway.db");
    let first = gateway(store.clone()).await;
    changes(&first, &text).await;
    let (account, id) = ids(&first).await.remove(0);
    let who = Principal::gateway();
    let narrow: ServerPatch =
        serde_json::from_value(serde_json::json!({"config": {"methods": ["list"]}})).unwrap();
    let narrowed = first.update_server(&who, &account, &id, narrow).await;
    let narrowed = narrowed.unwrap();
    first.close().await;
    drop(first);
    let second = gateway(store).await;
    assert_eq!(changes(&second, &text).await, [""; 0]);
    let server = second.server(&who, &account, &id).await.unwrap();
    assert_eq!(server.config, narrowed.config);
    assert_eq!(second.declared_servers().await.unwrap(), [id].into());
    // The page shows only what the file declares at present.
    changes(&second, "").await;
    assert!(second.declared_servers().await.unwrap().is_empty());
}

#[tokio::test]
async fn an_existing_server_keeps_what_the_file_omits() {
    let folder = folder("omitted");
    let gateway = gateway(folder.0.join("gateway.db")).await;
    let account = "[[account]]\nname = \"a\"\nbase_url = \"http://127.0.0.1:9\"\n";
    changes(&gateway, account).await;
    let who = Principal::gateway();
    let id = gateway.every_account(&who).await.unwrap()[0].id.clone();
    let input = serde_json::json!({"name": "agent", "config": {"methods": ["read", "write"], "include_secrets": true}, "expires_at": null});
    let input = serde_json::from_value(input).unwrap();
    let server = gateway
        .create_server(&who, &id, input)
        .await
        .unwrap()
        .server;
    let text = format!("{account}[[account.server]]\nname = \"agent\"\n");
    for _ in 0..2 {
        assert_eq!(
            warnings(&gateway, &text).await,
            [
                "line 4: server `agent` of account `a` keeps settings that the file omits; write `methods = [\"read\",\"write\"]` and `include_secrets = true` and `expires_at = \"never\"`"
            ]
        );
    }
    let kept = gateway.server(&who, &id, &server.id).await.unwrap();
    assert_eq!(kept, server);
    let complete = format!(
        "{text}methods = [\"read\", \"write\"]\ninclude_secrets = true\nexpires_at = \"never\"\n"
    );
    assert_eq!(warnings(&gateway, &complete).await, [""; 0]);
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
