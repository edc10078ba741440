//! Configurations of servers: defaults, bounds of issuers, who may change what, and the migration of earlier servers.

use std::borrow::Cow;

use sqlx::migrate::Migrator;

use super::*;
use crate::model::{NewServer, ServerConfig, ServerPatch, TokenBounds};

fn config(value: Value) -> ServerConfig {
    serde_json::from_value(value).unwrap()
}

/// Returns the names of the tools that a server offers.
async fn offered(gateway: &Gateway, token: &str) -> Vec<String> {
    let resolved = gateway.resolve(token).await.unwrap();
    let tools = resolved.offer.listed(None);
    tools.iter().map(|tool| tool.name.to_string()).collect()
}

async fn create(gateway: &Gateway, who: &Principal, account: &str, input: Value) -> NewServer {
    let new = gateway.create_server(who, account, server_input(input));
    new.await.unwrap()
}

/// Creates a token with this role and returns its owner.
async fn owner(gateway: &Gateway, role: Role, bounds: Value) -> Principal {
    let input = ApiTokenInput {
        name: role.as_str().to_owned(),
        role,
        expires_at: None,
        bounds: serde_json::from_value(bounds).unwrap(),
    };
    let admin = Principal::gateway();
    let new = gateway.create_api_token(&admin, input).await.unwrap();
    gateway.authenticate(&new.token).await.unwrap()
}

#[test]
fn new_servers_read_only_and_expire() {
    on_each_store(async |place| {
        let (gateway, admin) = open(place).await;
        let account = gateway.create_account(&admin, account_input("a")).await;
        let account = account.unwrap().id;
        let rows = [
            (json!({}), json!({"methods": ["read"]})),
            (
                json!({"methods": [], "tools": [], "preset": null}),
                json!({"methods": ["read"]}),
            ),
            (
                json!({"tags": ["fleet"]}),
                json!({"methods": ["read"], "tags": ["fleet"]}),
            ),
            (json!({"methods": ["write"]}), json!({"methods": ["write"]})),
            (
                json!({"tools": ["delete_vessel"]}),
                json!({"tools": ["delete_vessel"]}),
            ),
            (json!({"preset": "fleet"}), json!({"preset": "fleet"})),
        ];
        for (given, expected) in rows {
            let new = create(
                &gateway,
                &admin,
                &account,
                json!({"name": "a", "config": given.clone()}),
            )
            .await;
            assert_eq!(new.server.config, config(expected), "{given}");
            let days = new.server.expires_at.unwrap().as_microsecond() - gateway.now();
            let days = (days / 1_000_000 + 60) / 86_400;
            assert_eq!(days, 90, "{given}");
        }
        let never = json!({"name": "never", "expires_at": null});
        let never = create(&gateway, &admin, &account, never).await;
        assert_eq!(never.server.expires_at, None);

        // A change keeps what it omits, and a server never loses its last criterion silently.
        let id = never.server.id;
        let rows = [
            (
                json!({"methods": ["read", "write"]}),
                json!({"methods": ["read", "write"]}),
            ),
            (
                json!({"tags": ["fleet"]}),
                json!({"methods": ["read", "write"], "tags": ["fleet"]}),
            ),
            (
                json!({"methods": [], "tags": []}),
                json!({"methods": ["read"]}),
            ),
            (
                json!({"preset": "fleet", "methods": []}),
                json!({"preset": "fleet"}),
            ),
            (json!({"preset": null}), json!({"methods": ["read"]})),
        ];
        for (change, expected) in rows {
            let patch: ServerPatch = serde_json::from_value(json!({"config": change})).unwrap();
            let changed = gateway.update_server(&admin, &account, &id, patch).await;
            let changed = changed.unwrap();
            assert_eq!(
                (changed.config, changed.expires_at),
                (config(expected), None)
            );
        }
        let callers = json!({"name": "a", "config": {"callers": ["tok_1"]}});
        let refused = gateway.create_server(&admin, &account, server_input(callers));
        let refused = refused.await.unwrap_err().to_string();
        assert!(refused.contains("config.callers: requires `require_api_token_auth`"));
        gateway.close().await;
    });
}

#[test]
fn issuers_stay_within_their_bounds() {
    on_each_store(async |place| {
        let (gateway, admin) = open(place).await;
        let mut accounts = Vec::new();
        for name in ["a", "b"] {
            let account = gateway.create_account(&admin, account_input(name)).await;
            accounts.push(account.unwrap().id);
        }
        let [a, b] = [accounts[0].as_str(), accounts[1].as_str()];
        let bounds = json!({"accounts": [a], "config": {"preset": "read", "tags": ["fleet"], "require_api_token_auth": true, "callers": ["tok_1", "tok_2"], "redact": true}, "max_days": 30});
        let issuer = owner(&gateway, Role::Issuer, bounds).await;
        let good = json!({"require_api_token_auth": true, "callers": ["tok_1"], "redact": true, "tags": ["fleet"]});
        let with = |change: Value| {
            let mut config = good.clone();
            let change = change.as_object().unwrap().clone();
            config.as_object_mut().unwrap().extend(change);
            config
        };
        let soon = rows::time(gateway.now() + 29 * 86_400_000_000);
        let late = rows::time(gateway.now() + 31 * 86_400_000_000);
        let refused: [(Value, &str); 9] = [
            (
                json!({"name": "x", "config": with(json!({"methods": ["read", "write"]}))}),
                "config: offers tools beyond the bounds of the API token: ",
            ),
            (
                json!({"name": "x", "config": with(json!({"tags": []}))}),
                "config: offers tools beyond the bounds of the API token: ",
            ),
            (
                json!({"name": "x", "config": with(json!({"tools": ["delete_vessel"]}))}),
                "config: offers tools beyond the bounds of the API token: delete_vessel",
            ),
            (
                json!({"name": "x", "config": with(json!({"preset": "fleet"}))}),
                "config: offers tools beyond the bounds of the API token: ",
            ),
            (
                json!({"name": "x", "config": with(json!({"redact": false}))}),
                "config.redact: must be true",
            ),
            (
                json!({"name": "x", "config": with(json!({"callers": []}))}),
                "config.callers: must be some of tok_1, tok_2",
            ),
            (
                json!({"name": "x", "config": with(json!({"callers": ["tok_1", "tok_3"]}))}),
                "config.callers: must be some of tok_1, tok_2",
            ),
            (
                json!({"name": "x", "config": good, "expires_at": late}),
                "expires_at: must be within 30 days",
            ),
            (
                json!({"name": "x", "config": good, "expires_at": null}),
                "expires_at: must be within 30 days",
            ),
        ];
        for (input, expected) in refused {
            let refused = gateway.create_server(&issuer, a, server_input(input.clone()));
            let refused = refused.await.unwrap_err().to_string();
            assert!(refused.contains(expected), "{input}: {refused}");
        }
        let forbidden = ServiceError::Forbidden { needs: Role::Admin };
        let other = server_input(json!({"name": "x", "config": good}));
        let other = gateway.create_server(&issuer, b, other).await;
        assert_eq!(other.unwrap_err(), forbidden);
        assert_eq!(gateway.every_server(&admin, None).await.unwrap(), []);

        let own = create(
            &gateway,
            &issuer,
            a,
            json!({"name": "x", "config": good, "expires_at": soon}),
        )
        .await;
        let usual = create(&gateway, &issuer, a, json!({"name": "y", "config": good})).await;
        let days = usual.server.expires_at.unwrap().as_microsecond() - gateway.now();
        assert_eq!((days / 1_000_000 + 60) / 86_400, 30);
        // The bounds hold for changes, too.
        for (patch, expected) in [
            (json!({"expires_at": null}), "expires_at"),
            (json!({"config": {"methods": ["write"]}}), "config"),
            (json!({"config": {"tags": []}}), "config"),
        ] {
            let patch: ServerPatch = serde_json::from_value(patch).unwrap();
            let refused = gateway.update_server(&issuer, a, &own.server.id, patch);
            let refused = refused.await.unwrap_err().to_string();
            assert!(
                refused.contains(&format!("invalid: {expected}")),
                "{refused}"
            );
        }
        // A rotation would hand out the URL of a wider server.
        let unbound = owner(&gateway, Role::Issuer, Value::Null).await;
        let wide = json!({"name": "wide", "config": {"methods": ["read", "write"]}});
        let wide = create(&gateway, &unbound, a, wide).await.server.id;
        let rotated = gateway.rotate_server(&issuer, a, &wide).await;
        assert!(
            matches!(rotated, Err(ServiceError::Invalid(_))),
            "{rotated:?}"
        );
        gateway
            .rotate_server(&issuer, a, &own.server.id)
            .await
            .unwrap();
        gateway.close().await;
    });
}

#[test]
fn issuers_do_not_touch_servers_of_administrators() {
    on_each_store(async |place| {
        let (gateway, admin) = open(place).await;
        let account = gateway.create_account(&admin, account_input("a")).await;
        let account = &account.unwrap().id;
        let issuer = owner(&gateway, Role::Issuer, Value::Null).await;
        let colleague = owner(&gateway, Role::Issuer, Value::Null).await;
        let gone = owner(&gateway, Role::Issuer, Value::Null).await;
        let file = Principal::gateway();
        let rows = [
            (&issuer, true),
            (&colleague, true),
            (&admin, false),
            (&file, false),
            (&gone, false),
        ];
        let mut servers = Vec::new();
        for (creator, is_allowed) in rows {
            let new = create(&gateway, creator, account, json!({"name": "x"})).await;
            servers.push((new, is_allowed));
        }
        gateway.revoke_api_token(&admin, &gone.id).await.unwrap();
        for (new, is_allowed) in servers {
            let id = &new.server.id;
            let patch = ServerPatch {
                name: Some("y".to_owned()),
                ..ServerPatch::default()
            };
            let updated = gateway.update_server(&issuer, account, id, patch).await;
            let rotated = gateway.rotate_server(&issuer, account, id).await;
            let deleted = gateway.delete_server(&issuer, account, id).await;
            let done = [updated.is_ok(), rotated.is_ok(), deleted.is_ok()];
            assert_eq!(done, [is_allowed; 3], "{}", new.server.created_by);
            assert_eq!(gateway.resolve(&new.token).await.is_ok(), !is_allowed);
        }
        gateway.close().await;
    });
}

#[test]
fn bounds_are_for_issuers() {
    on_each_store(async |place| {
        let (gateway, admin) = open(place).await;
        let rows = [
            (Role::Admin, json!({}), "bounds: only"),
            (
                Role::Issuer,
                json!({"accounts": ["acc_x"]}),
                "bounds.accounts[0]",
            ),
            (
                Role::Issuer,
                json!({"config": {"tags": ["zork"]}}),
                "bounds.config.tags",
            ),
        ];
        for (role, bounds, expected) in rows {
            let input = ApiTokenInput {
                name: "x".to_owned(),
                role,
                expires_at: None,
                bounds: serde_json::from_value(bounds).unwrap(),
            };
            let refused = gateway.create_api_token(&admin, input).await.unwrap_err();
            assert!(refused.to_string().contains(expected), "{refused}");
        }
        let issuer = owner(&gateway, Role::Issuer, json!({"config": {}})).await;
        let read = Some(config(json!({"methods": ["read"]})));
        assert_eq!(issuer.bounds.map(|it: TokenBounds| it.config), Some(read));
        gateway.close().await;
    });
}

#[test]
fn a_token_is_revoked_with_its_servers() {
    on_each_store(async |place| {
        let (gateway, admin) = open(place).await;
        let account = gateway.create_account(&admin, account_input("a")).await;
        let account = &account.unwrap().id;
        let issuer = owner(&gateway, Role::Issuer, Value::Null).await;
        let own = create(&gateway, &issuer, account, json!({"name": "own"})).await;
        let other = create(&gateway, &admin, account, json!({"name": "other"})).await;
        let of = |created_by: &str| PageQuery {
            created_by: Some(created_by.to_owned()),
            ..PageQuery::default()
        };
        for (creator, expected) in [(&issuer, &own), (&admin, &other)] {
            let servers = gateway.servers(&admin, account, of(&creator.id)).await;
            let ids: Vec<_> = servers
                .unwrap()
                .result
                .into_iter()
                .map(|it| it.id)
                .collect();
            assert_eq!(ids, [expected.server.id.as_str()]);
        }
        let accounts = gateway.accounts(&admin, of(&issuer.id)).await.unwrap();
        let tokens = gateway.api_tokens(&admin, of("gateway\0")).await.unwrap();
        assert_eq!((accounts.result.len(), tokens.result.len()), (0, 0));

        let revoked = gateway.revoke_api_token_and_servers(&admin, &issuer.id);
        revoked.await.unwrap();
        assert!(gateway.resolve(&own.token).await.is_err());
        assert!(gateway.resolve(&other.token).await.is_ok());
        let actions = actions(&gateway).await;
        assert_eq!(
            actions[actions.len() - 2..],
            ["server.revoke", "token.revoke"]
        );
        gateway.close().await;
    });
}

/// Checks that servers of the schema before scopes offer the same tools, tool by tool.
/// Returns a well-formed server token with this name in it.
fn old_token(name: &str) -> String {
    format!("{}{name:A<43}", token::SERVER)
}

#[test]
fn earlier_servers_offer_the_same_tools() {
    const OLD: [(&str, &str); 5] = [
        (
            "all",
            r#"{"methods":[],"tags":[],"tools":[],"require_api_token_auth":false}"#,
        ),
        (
            "read",
            r#"{"methods":["read"],"tags":[],"tools":[],"require_api_token_auth":true}"#,
        ),
        (
            "tag",
            r#"{"methods":[],"tags":["fleet"],"tools":[],"require_api_token_auth":false}"#,
        ),
        (
            "named",
            r#"{"methods":[],"tags":[],"tools":["delete_vessel","get_vessel"],"require_api_token_auth":false}"#,
        ),
        (
            "discover",
            r#"{"methods":["list","delete"],"tags":["fleet"],"tools":[],"require_api_token_auth":false,"discover":true}"#,
        ),
    ];
    sample::apis();
    on_each_store(async |place| {
        migrate_to(place, 2).await;
        let statements = OLD.iter().map(|(name, config)| {
            let hash = token::hash(&old_token(name));
            let hex: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
            let hash = match place.url {
                StoreUrl::Sqlite(_) => format!("x'{hex}'"),
                StoreUrl::Postgres(_) => format!("'\\x{hex}'"),
            };
            format!("INSERT INTO servers (id, account_id, name, config, token_hash, created_at, updated_at, created_by) VALUES ('mcp_{name}', 'acc_1', '{name}', '{config}', {hash}, 1, 1, 'tok_1')")
        });
        let vault = Vault::new(&key(1), &[]).unwrap();
        let secrets = br#"{"auth":{"type":"none"},"headers":{}}"#;
        let sealed = vault.seal_older(b"account\nacc_1", secrets).unwrap();
        let hex: String = sealed
            .bytes
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        let bytes = match place.url {
            StoreUrl::Sqlite(_) => format!("x'{hex}'"),
            StoreUrl::Postgres(_) => format!("'\\x{hex}'"),
        };
        let account = format!(
            "INSERT INTO accounts (id, name, base_url, key_id, secrets, created_at, updated_at, created_by) VALUES ('acc_1', 'a', 'http://127.0.0.1:9', '{}', {bytes}, 1, 1, 'tok_1')",
            sealed.key_id
        );
        for statement in std::iter::once(account).chain(statements) {
            execute(place, statement).await;
        }
        let (gateway, admin) = open(place).await;
        for (name, old) in OLD {
            let old: Value = serde_json::from_str(old).unwrap();
            let is_in = |list: &Value, text: &str| list.as_array().unwrap().contains(&json!(text));
            let is_empty = |list: &Value| list.as_array().unwrap().is_empty();
            let expected = runtime::registry::tools(sample::apis()[0]).filter(|tool| {
                let effect = if tool.effect.read_only {
                    "read"
                } else {
                    "write"
                };
                let (methods, tags, tools) = (&old["methods"], &old["tags"], &old["tools"]);
                (is_empty(methods) || is_in(methods, tool.method) || is_in(methods, effect))
                    && (is_empty(tags) || tool.tags.iter().any(|tag| is_in(tags, tag)))
                    && (is_empty(tools) || is_in(tools, tool.name))
            });
            let expected: Vec<_> = expected.map(|tool| tool.name).collect();
            let resolved = gateway.resolve(&old_token(name)).await.unwrap();
            let found: Vec<_> = resolved.offer.tools(None).map(|tool| tool.name).collect();
            assert_eq!(found, expected, "{name}");
            let server = &resolved.server;
            assert_eq!(
                (server.expires_at, server.config.include_secrets),
                (None, true)
            );
            // The configuration can still be changed.
            let patch = serde_json::from_value(json!({"config": {"redact": true}})).unwrap();
            let changed = gateway
                .update_server(&admin, "acc_1", &server.id, patch)
                .await;
            assert!(changed.is_ok(), "{name}: {changed:?}");
        }
        let all = offered(&gateway, &old_token("all")).await;
        assert_eq!(all.len(), 24);
        gateway.close().await;
    });
}

/// Creates the tables as the migrations up to this one do.
async fn migrate_to(place: &TestStore, version: i64) {
    let until = |all: Migrator| {
        let first = all.migrations.iter().filter(|it| it.version <= version);
        Migrator {
            migrations: Cow::Owned(first.cloned().collect()),
            ..Migrator::DEFAULT
        }
    };
    match &place.url {
        StoreUrl::Sqlite(path) => {
            let options = sqlx::sqlite::SqliteConnectOptions::new();
            let options = options.filename(path).create_if_missing(true);
            let pool = sqlx::SqlitePool::connect_with(options).await.unwrap();
            let migrator = until(sqlx::migrate!("migrations/sqlite"));
            migrator.run(&pool).await.unwrap();
            pool.close().await;
        }
        StoreUrl::Postgres(url) => {
            let pool = sqlx::PgPool::connect(url.expose_secret()).await.unwrap();
            let migrator = until(sqlx::migrate!("migrations/postgres"));
            migrator.run(&pool).await.unwrap();
            pool.close().await;
        }
    }
}

async fn execute(place: &TestStore, statement: String) {
    let statement = sqlx::AssertSqlSafe(statement);
    match &place.url {
        StoreUrl::Sqlite(path) => {
            let options = sqlx::sqlite::SqliteConnectOptions::new().filename(path);
            let pool = sqlx::SqlitePool::connect_with(options).await.unwrap();
            sqlx::query(statement).execute(&pool).await.unwrap();
            pool.close().await;
        }
        StoreUrl::Postgres(url) => {
            let pool = sqlx::PgPool::connect(url.expose_secret()).await.unwrap();
            sqlx::query(statement).execute(&pool).await.unwrap();
            pool.close().await;
        }
    }
}
