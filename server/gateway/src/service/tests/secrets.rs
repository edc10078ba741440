//! Secrets that must not be visible, and who can use them.

use super::*;
use crate::model::AccountPatch;

/// Returns the bytes of all files in the folder.
fn bytes(folder: &Path) -> Vec<u8> {
    let mut all = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        all.extend(std::fs::read(entry.unwrap().path()).unwrap());
    }
    all
}

fn holds(bytes: &[u8], text: &str) -> bool {
    bytes
        .windows(text.len())
        .any(|part| part == text.as_bytes())
}

#[tokio::test]
async fn the_store_contains_no_plain_secrets() {
    let folder = folder();
    let url = StoreUrl::Sqlite(folder.join("gateway.db"));
    let place = TestStore { url, folder };
    let (gateway, first) = Gateway::open(options(&place)).await.unwrap();
    let first = first.unwrap();
    let admin = gateway.authenticate(&first).await.unwrap();
    let mut input = account_input("prod-planted");
    let header = ("X-Key".to_owned(), SecretString::from("header-planted"));
    input.headers.insert(header.0, header.1);
    let account = gateway.create_account(&admin, input).await.unwrap();
    let mut other = account_input("other");
    other.auth =
        serde_json::from_value(json!({"type": "bearer", "token": "bearer-planted"})).unwrap();
    let other = gateway.create_account(&admin, other).await.unwrap();
    let server = gateway
        .create_server(&admin, &account.id, server_input(json!({"name": "a"})))
        .await
        .unwrap();
    gateway.resolve(&server.token).await.unwrap();
    let key = key(1);
    let secrets = [
        first.as_str(),
        &server.token,
        "hunter2-planted",
        "header-planted",
        "bearer-planted",
        key.expose_secret(),
    ];
    let open = bytes(&place.folder);
    gateway.close().await;
    let closed = bytes(&place.folder);
    for secret in secrets {
        assert!(!holds(&open, secret) && !holds(&closed, secret), "{secret}");
    }
    // The search works: it finds text that is stored unencrypted.
    assert!(holds(&closed, "prod-planted"));
    let shown = serde_json::to_string(&[account, other]).unwrap();
    assert!(!shown.contains("hunter2-planted") && !shown.contains("bearer-planted"));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        for entry in std::fs::read_dir(&place.folder).unwrap() {
            let mode = entry.unwrap().metadata().unwrap().permissions().mode();
            assert_eq!(mode & 0o077, 0);
        }
    }
}

#[test]
fn credentials_do_not_follow_to_another_server() {
    on_each_store(async |place| {
        let (gateway, admin) = open(place).await;
        let mut input = account_input("prod");
        input
            .headers
            .insert("X-Key".to_owned(), "planted".to_owned().into());
        let account = gateway.create_account(&admin, input).await.unwrap();
        let auth = json!({"type": "bearer", "token": "t"});
        let rows = [
            (json!({"base_url": "https://evil.example"}), "auth headers"),
            (
                json!({"base_url": "http://upstream.example"}),
                "auth headers",
            ),
            (
                json!({"base_url": "https://upstream.example:8443"}),
                "auth headers",
            ),
            (
                json!({"base_url": "https://evil.example", "auth": auth}),
                "headers",
            ),
            (
                json!({"base_url": "https://evil.example", "headers": {}}),
                "auth",
            ),
            (json!({"base_url": "https://UPSTREAM.example/"}), ""),
            (json!({"base_url": "https://upstream.example/team"}), ""),
            (
                json!({"base_url": "https://upstream.example"}),
                "auth headers",
            ),
            (
                json!({"base_url": "https://evil.example", "auth": auth, "headers": {}}),
                "",
            ),
        ];
        for (patch, expected) in rows {
            let parsed: AccountPatch = serde_json::from_value(patch.clone()).unwrap();
            let fields = match gateway.update_account(&admin, &account.id, parsed).await {
                Ok(_) => String::new(),
                Err(ServiceError::Invalid(errors)) => errors
                    .iter()
                    .map(|error| error.field.clone())
                    .collect::<Vec<_>>()
                    .join(" "),
                Err(other) => other.to_string(),
            };
            assert_eq!(fields, expected, "{patch}");
        }
        gateway.close().await;
    });
}

/// Checks that all MCP servers of an account share its state, and that calls after a change use a new state.
#[test]
fn an_account_is_shared_until_it_changes() {
    on_each_store(async |place| {
        let (gateway, admin) = open(place).await;
        let account = gateway.create_account(&admin, account_input("a")).await;
        let id = account.unwrap().id;
        let mut tokens = Vec::new();
        for name in ["a", "b"] {
            let input = server_input(json!({"name": name}));
            let new = gateway.create_server(&admin, &id, input).await.unwrap();
            tokens.push(new.token);
        }
        let used = async |token: &str| {
            let resolved = gateway.resolve(token).await.unwrap();
            format!("{:?}", resolved.account)
        };
        let (first, second) = (used(&tokens[0]).await, used(&tokens[1]).await);
        assert_eq!(first, second);
        assert_eq!(gateway.live_states().len(), 1);
        let patch = AccountPatch {
            base_url: Some("https://upstream.example/team".to_owned()),
            ..AccountPatch::default()
        };
        gateway.update_account(&admin, &id, patch).await.unwrap();
        let after = used(&tokens[0]).await;
        assert_ne!(after, first);
        assert_eq!(after, used(&tokens[1]).await);
        gateway.delete_account(&admin, &id).await.unwrap();
        assert!(gateway.live_states().is_empty());
        gateway.close().await;
    });
}

#[tokio::test]
async fn a_file_belongs_to_one_gateway() {
    let folder = folder();
    let url = StoreUrl::Sqlite(folder.join("gateway.db"));
    let place = TestStore { url, folder };
    let (gateway, _) = open(&place).await;
    let refused = Gateway::open(options(&place)).await.map(drop).unwrap_err();
    assert!(refused.to_string().contains("another gateway"), "{refused}");
    gateway.close().await;
    let (again, _) = open(&place).await;
    again.close().await;
}

/// Checks the sealed texts that the admin page gives to a browser and receives back.
#[test]
fn sealed_texts_open_for_their_purpose_and_key() {
    on_each_store(async |place| {
        let (gateway, admin) = open(place).await;
        let sealed = gateway.seal("session", "tok_1").unwrap();
        let changed = sealed.replace('.', ".AAAA");
        let rows = [
            ("session", sealed.as_str(), Some("tok_1")),
            ("other", &sealed, None),
            ("session", "", None),
            ("session", ".", None),
            ("session", &changed, None),
        ];
        for (purpose, sealed, expected) in rows {
            let found = gateway.unseal(purpose, sealed);
            assert_eq!(found.as_deref(), expected, "{purpose} {sealed}");
        }
        assert!(!sealed.contains("tok_1"));
        assert_eq!(gateway.principal(&admin.id).await.unwrap(), admin);
        gateway.revoke_api_token(&admin, &admin.id).await.unwrap();
        for id in [admin.id.as_str(), "tok_x", "\u{0}"] {
            let refused = gateway.principal(id).await;
            assert_eq!(refused, Err(ServiceError::Unauthenticated));
        }
        gateway.close().await;
    });
}

/// Checks that an account check names the step that failed and never shows credentials.
#[tokio::test]
async fn a_check_reports_the_failed_step() {
    let folder = folder();
    let url = StoreUrl::Sqlite(folder.join("gateway.db"));
    let place = TestStore { url, folder };
    let (gateway, admin) = open(&place).await;
    let mut input = account_input("down");
    // Nothing listens on this port.
    input.base_url = "http://127.0.0.1:1".to_owned();
    let account = gateway.create_account(&admin, input).await.unwrap();
    let check = gateway.check_account(&admin, &account.id).await.unwrap();
    let failed = check.steps.iter().filter(|it| !it.ok);
    let failed: Vec<_> = failed.map(|it| it.name.as_str()).collect();
    assert_eq!((check.ok, failed), (false, vec!["List vessels"]));
    assert!(!format!("{check:?}").contains("planted"));
    gateway.close().await;
}

/// Checks that the right to change accounts does not suffice to read files and run commands on the gateway's machine.
#[test]
fn local_credentials_are_for_the_operator() {
    on_each_store(async |place| {
        let local = |name: &str, way: Value| {
            let input = json!({"name": name, "base_url": "https://upstream.example", "auth": way});
            serde_json::from_value::<AccountInput>(input).unwrap()
        };
        let file = json!({"type": "bearer_file", "path": "/etc/hostname"});
        let command = json!({"type": "bearer_command", "command": "id"});
        let (gateway, admin) = open(place).await;
        let refused = |error: ServiceError| match error {
            ServiceError::Invalid(errors) => errors
                .iter()
                .any(|it| it.field == "auth" && it.message.contains("--allow-local-credentials")),
            _ => false,
        };
        let plain = gateway.create_account(&admin, account_input("plain")).await;
        let plain = plain.unwrap().id;
        for way in [&file, &command] {
            let made = gateway.create_account(&admin, local("a", way.clone()));
            assert!(refused(made.await.unwrap_err()), "{way}");
            let patch = serde_json::from_value(json!({"auth": way})).unwrap();
            let patched = gateway.update_account(&admin, &plain, patch).await;
            assert!(refused(patched.unwrap_err()), "{way}");
        }

        // Credentials that the configuration file declares work, also after a change that does not affect them.
        let who = Principal::gateway();
        let declared = local("declared", file.clone());
        let made = gateway.create_account(&who, declared.clone()).await;
        let id = made.unwrap().id;
        let patch = serde_json::from_value(json!({"name": "other"})).unwrap();
        gateway.update_account(&admin, &id, patch).await.unwrap();
        let server = gateway.create_server(&admin, &id, server_input(json!({"name": "a"})));
        gateway.resolve(&server.await.unwrap().token).await.unwrap();
        gateway.close().await;

        // If the option is no longer set, credentials that it permitted before are rejected.
        let allowing = GatewayOptions {
            local_credentials: true,
            ..options(place)
        };
        let (gateway, _) = Gateway::open(allowing).await.unwrap();
        let made = gateway
            .create_account(&admin, local("allowed", command))
            .await;
        let allowed = made.unwrap().id;
        let server = gateway.create_server(&admin, &allowed, server_input(json!({"name": "a"})));
        let token = server.await.unwrap().token;
        gateway.resolve(&token).await.unwrap();
        gateway.close().await;
        let (gateway, _) = open(place).await;
        let why = match gateway.resolve(&token).await.unwrap_err() {
            TokenRejection::Account(why) => why,
            other => panic!("{other:?}"),
        };
        assert!(why.contains("--allow-local-credentials"), "{why}");
        let check = gateway.check_account(&admin, &allowed).await.unwrap();
        assert!(!check.ok);
        assert!(check.steps[0].detail.contains("--allow-local-credentials"));
        let state = gateway.live_states().remove(&allowed).unwrap();
        let why = state.last_error.unwrap().message;
        assert!(why.contains("--allow-local-credentials"), "{why}");
        // For the configuration file, the account counts as different, so the file can take it over.
        let same = local(
            "allowed",
            json!({"type": "bearer_command", "command": "id"}),
        );
        assert_eq!(gateway.holds(&allowed, &same).await, Ok(false));
        gateway.close().await;
    });
}

/// Checks that credentials are never kept for another server, however the URL is written. Otherwise, anyone who may change an account could have its credentials sent to their own server.
#[test]
fn credentials_stay_with_their_server() {
    on_each_store(async |place| {
        let (gateway, admin) = open(place).await;
        let account = gateway.create_account(&admin, account_input("a")).await;
        let id = account.unwrap().id;
        let rows = [
            ("HTTPS://Upstream.Example:443/", true),
            ("https://upstream.example/team", true),
            ("https://upstream.example", false),
            ("http://upstream.example", false),
            ("https://upstream.example:8443", false),
            ("https://evil.example/upstream.example", false),
            ("https:/evil.example/upstream.example/x", false),
            ("https:\\\\evil.example/upstream.example", false),
            ("https:///evil.example/upstream.example", false),
            ("https://upstream.example.evil.example", false),
        ];
        for (base_url, kept) in rows {
            let patch = AccountPatch {
                base_url: Some(base_url.to_owned()),
                ..AccountPatch::default()
            };
            let changed = gateway.update_account(&admin, &id, patch).await;
            assert_eq!(changed.is_ok(), kept, "{base_url}: {changed:?}");
        }
        gateway.close().await;
    });
}
