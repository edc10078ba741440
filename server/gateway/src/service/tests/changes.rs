//! Creation, change, use and end of accounts, MCP servers and API tokens.

use super::*;
use crate::model::{AccountPatch, ServerPatch};

#[test]
fn the_whole_life_of_a_server() {
    on_each_store(async |place| {
        let (gateway, admin) = open(place).await;
        let account = gateway
            .create_account(&admin, account_input("prod"))
            .await
            .unwrap();
        assert_eq!(account, gateway.account(&admin, &account.id).await.unwrap());
        let input = server_input(json!({"name": "reader", "config": {"methods": ["read"]}}));
        let new = gateway
            .create_server(&admin, &account.id, input)
            .await
            .unwrap();
        assert_eq!(
            new.url,
            format!("https://gateway.example/mcp/{}", new.token)
        );
        let resolved = gateway.resolve(&new.token).await.unwrap();
        assert_eq!(resolved.server, new.server);
        assert_eq!(resolved.account_name, "prod");
        assert_eq!(resolved.offer.listed(None).len(), 12);

        // A change takes effect immediately and affects only the given fields.
        let patch = ServerPatch {
            config: Some(serde_json::from_value(json!({"methods": ["delete"]})).unwrap()),
            ..ServerPatch::default()
        };
        let id = &new.server.id;
        let changed = gateway
            .update_server(&admin, &account.id, id, patch)
            .await
            .unwrap();
        assert!(changed.updated_at > new.server.updated_at);
        let resolved = gateway.resolve(&new.token).await.unwrap();
        assert_eq!(resolved.server, changed);
        assert_eq!(resolved.offer.listed(None).len(), 1);

        // After a rotation, the old URL is rejected and the new one works.
        let rotated = gateway
            .rotate_server(&admin, &account.id, id)
            .await
            .unwrap();
        let old = gateway.resolve(&new.token).await.unwrap_err();
        assert_eq!(old, TokenRejection::Unknown);
        assert_eq!(rotated.server.id, *id);
        gateway.resolve(&rotated.token).await.unwrap();

        gateway
            .delete_server(&admin, &account.id, id)
            .await
            .unwrap();
        let gone = gateway.resolve(&rotated.token).await.unwrap_err();
        assert_eq!(gone, TokenRejection::Unknown);
        let again = gateway.delete_server(&admin, &account.id, id).await;
        assert_eq!(again, Err(not_found("server", id)));
        let expected = [
            "gateway.start",
            "token.create",
            "account.create",
            "server.create",
            "server.update",
            "server.rotate",
            "server.revoke",
        ];
        assert_eq!(actions(&gateway).await, expected);
        gateway.close().await;
    });
}

#[test]
fn deleting_an_account_deletes_its_servers() {
    on_each_store(async |place| {
        let (gateway, admin) = open(place).await;
        let account = gateway
            .create_account(&admin, account_input("prod"))
            .await
            .unwrap();
        let mut tokens = Vec::new();
        for name in ["a", "b"] {
            let input = server_input(json!({"name": name}));
            let new = gateway
                .create_server(&admin, &account.id, input)
                .await
                .unwrap();
            gateway.resolve(&new.token).await.unwrap();
            tokens.push(new.token);
        }
        gateway.delete_account(&admin, &account.id).await.unwrap();
        for token in tokens {
            let gone = gateway.resolve(&token).await.unwrap_err();
            assert_eq!(gone, TokenRejection::Unknown);
        }
        let left = gateway.all_servers(&admin, PageQuery::default()).await;
        assert!(left.unwrap().result.is_empty());
        let actions = actions(&gateway).await;
        let last = actions.get(actions.len() - 3..).unwrap();
        assert_eq!(last, ["server.revoke", "server.revoke", "account.delete"]);
        gateway.close().await;
    });
}

#[test]
fn expired_objects_are_rejected_and_removed() {
    on_each_store(async |place| {
        let (gateway, admin) = open(place).await;
        let account = gateway
            .create_account(&admin, account_input("prod"))
            .await
            .unwrap();
        let expires_at = Some(in_an_hour(&gateway));
        let input = server_input(json!({"name": "short", "expires_at": expires_at}));
        let new = gateway
            .create_server(&admin, &account.id, input)
            .await
            .unwrap();
        let input = ApiTokenInput {
            name: "short".to_owned(),
            role: Role::Caller,
            expires_at,
            bounds: None,
        };
        let token = gateway.create_api_token(&admin, input).await.unwrap().token;
        gateway.resolve(&new.token).await.unwrap();
        gateway.authenticate(&token).await.unwrap();

        // Both are still cached, so only the clock can cause the rejection.
        gateway.0.clock.forward(Duration::from_secs(3600));
        let expired = gateway.resolve(&new.token).await.unwrap_err();
        assert_eq!(expired, TokenRejection::Expired);
        let expired = gateway.authenticate(&token).await;
        assert_eq!(expired, Err(ServiceError::Unauthenticated));
        let patch = ServerPatch {
            expires_at: Some(None),
            ..ServerPatch::default()
        };
        let revived = gateway.update_server(&admin, &account.id, &new.server.id, patch);
        assert!(matches!(revived.await, Err(ServiceError::Invalid(_))));

        gateway.purge_once().await.unwrap();
        let gone = gateway.resolve(&new.token).await.unwrap_err();
        assert_eq!(gone, TokenRejection::Unknown);
        let actions = actions(&gateway).await;
        let last = actions.get(actions.len() - 2..).unwrap();
        assert_eq!(last, ["server.expire", "token.expire"]);
        gateway.close().await;
    });
}

#[test]
fn revoked_api_tokens_are_refused_at_once() {
    on_each_store(async |place| {
        let (gateway, admin) = open(place).await;
        let input = ApiTokenInput {
            name: "ci".to_owned(),
            role: Role::Issuer,
            expires_at: None,
            bounds: None,
        };
        let new = gateway.create_api_token(&admin, input).await.unwrap();
        let who = gateway.authenticate(&new.token).await.unwrap();
        assert_eq!((who.name.as_str(), who.role), ("ci", Role::Issuer));
        let id = &new.api_token.id;
        gateway.revoke_api_token(&admin, id).await.unwrap();
        let refused = gateway.authenticate(&new.token).await;
        assert_eq!(refused, Err(ServiceError::Unauthenticated));
        for wrong in ["", "amk_", "amk_AAAA", &new.api_token.id] {
            let refused = gateway.authenticate(wrong).await;
            assert_eq!(refused, Err(ServiceError::Unauthenticated), "{wrong}");
        }
        gateway.close().await;
    });
}

/// Checks that the first start issues an API token once, and that a later start issues one only if no administrator is left.
#[test]
fn an_administrator_always_exists() {
    on_each_store(async |place| {
        let (gateway, first) = Gateway::open(options(place)).await.unwrap();
        let admin = gateway.authenticate(&first.unwrap()).await.unwrap();
        assert_eq!(
            (admin.name.as_str(), admin.role),
            ("bootstrap", Role::Admin)
        );
        gateway.close().await;
        let (gateway, again) = Gateway::open(options(place)).await.unwrap();
        assert_eq!(again, None);
        gateway.revoke_api_token(&admin, &admin.id).await.unwrap();
        gateway.close().await;
        let (gateway, again) = Gateway::open(options(place)).await.unwrap();
        assert!(again.is_some());
        gateway.close().await;
    });
}

#[test]
fn invalid_input_is_rejected_with_all_errors() {
    on_each_store(async |place| {
        let (gateway, admin) = open(place).await;
        let fields = |error: ServiceError| match error {
            ServiceError::Invalid(errors) => errors
                .iter()
                .map(|error| error.field.clone())
                .collect::<Vec<_>>()
                .join(" "),
            other => other.to_string(),
        };
        let accounts = [
            (
                json!({"name": " ", "base_url": "ftp://x", "auth": {"type": "password", "username": "", "password": ""}, "headers": {"a b": "1"}, "api": "nwe", "ca_certificate": "x"}),
                "name auth.password base_url auth.username headers api ca_certificate",
            ),
            (
                json!({"name": "a", "base_url": "https://x", "auth": {"type": "bearer", "token": "a b"}}),
                "auth.token",
            ),
            (
                json!({"name": "a", "base_url": "https://x", "auth": {"type": "bearer", "token": "t"}, "headers": {"Authorization": "x"}}),
                "auth",
            ),
            (
                json!({"name": "a\u{0}", "base_url": "https://x/\u{0}", "auth": {"type": "none"}}),
                "name base_url",
            ),
            (
                json!({"name": "a".repeat(101), "base_url": "https://x", "auth": {"type": "bearer_file", "path": ""}}),
                "name auth.path auth",
            ),
        ];
        for (input, expected) in accounts {
            let parsed = serde_json::from_value(input.clone()).unwrap();
            let refused = gateway.create_account(&admin, parsed).await.unwrap_err();
            assert_eq!(fields(refused), expected, "{input}");
        }
        let account = gateway
            .create_account(&admin, account_input("prod"))
            .await
            .unwrap();
        let past = rows::time(gateway.now());
        let servers = [
            (
                json!({"name": "", "config": {"methods": ["raed"], "tags": ["sampel"], "tools": ["zzz"]}, "expires_at": past}),
                "name config.methods config.tags config.tools expires_at",
            ),
            (
                json!({"name": "a", "config": {"methods": ["delete"], "tools": ["get_vessel"]}}),
                "config",
            ),
            (json!({"name": "a", "expires_at": past}), "expires_at"),
        ];
        for (input, expected) in servers {
            let parsed = server_input(input.clone());
            let refused = gateway
                .create_server(&admin, &account.id, parsed)
                .await
                .unwrap_err();
            assert_eq!(fields(refused), expected, "{input}");
        }
        // The error about an empty selection lists the values that would match.
        let input = server_input(
            json!({"name": "a", "config": {"methods": ["delete"], "tools": ["get_vessel"]}}),
        );
        let refused = gateway
            .create_server(&admin, &account.id, input)
            .await
            .unwrap_err();
        assert_eq!(
            refused.to_string(),
            "invalid: config: no tool matches all criteria; change one of them: with the other criteria, methods can be get, not delete; with the other criteria, tools can be delete_vessel, not get_vessel"
        );
        let token = ApiTokenInput {
            name: String::new(),
            role: Role::Admin,
            expires_at: Some(past),
            bounds: None,
        };
        let refused = gateway.create_api_token(&admin, token).await.unwrap_err();
        assert_eq!(fields(refused), "name expires_at");
        // The rejected requests had no effect.
        assert_eq!(
            actions(&gateway).await,
            ["gateway.start", "token.create", "account.create"]
        );
        gateway.close().await;
    });
}

#[test]
fn names_are_unique() {
    on_each_store(async |place| {
        let (gateway, admin) = open(place).await;
        let mut ids = Vec::new();
        for name in ["a", "b"] {
            let account = gateway.create_account(&admin, account_input(name)).await;
            ids.push(account.unwrap().id);
        }
        let conflict = ServiceError::Conflict {
            what: "account",
            name: "a".to_owned(),
        };
        let again = gateway.create_account(&admin, account_input("a")).await;
        assert_eq!(again, Err(conflict.clone()));
        let patch = AccountPatch {
            name: Some("a".to_owned()),
            ..AccountPatch::default()
        };
        let renamed = gateway.update_account(&admin, &ids[1], patch).await;
        assert_eq!(renamed, Err(conflict));
        gateway.close().await;
    });
}

/// Checks for each method the lowest role that permits it.
#[test]
fn roles_are_kept() {
    on_each_store(async |place| {
        let (gateway, admin) = open(place).await;
        let account = gateway
            .create_account(&admin, account_input("prod"))
            .await
            .unwrap();
        let server = gateway
            .create_server(&admin, &account.id, server_input(json!({"name": "a"})))
            .await
            .unwrap();
        let (id, server) = (account.id.as_str(), server.server.id.as_str());
        let g = &gateway;
        let roles = [Role::Caller, Role::Issuer, Role::Admin];
        for role in roles {
            let who = &Principal {
                id: "tok_x".to_owned(),
                name: "x".to_owned(),
                role,
                bounds: None,
            };
            let token = ApiTokenInput {
                name: "x".to_owned(),
                role: Role::Admin,
                expires_at: None,
                bounds: None,
            };
            let nothing = AccountPatch::default();
            let page = PageQuery::default;
            let name = format!("{role:?}");
            let rows: [(&str, Role, Result<()>); 18] = [
                (
                    "accounts",
                    Role::Issuer,
                    g.accounts(who, page()).await.map(drop),
                ),
                ("account", Role::Issuer, g.account(who, id).await.map(drop)),
                (
                    "create_account",
                    Role::Admin,
                    g.create_account(who, account_input(&name)).await.map(drop),
                ),
                (
                    "update_account",
                    Role::Admin,
                    g.update_account(who, id, nothing).await.map(drop),
                ),
                (
                    "delete_account",
                    Role::Admin,
                    g.delete_account(who, "acc_x").await,
                ),
                (
                    "check_account",
                    Role::Admin,
                    g.check_account(who, "acc_x").await.map(drop),
                ),
                (
                    "servers",
                    Role::Issuer,
                    g.servers(who, id, page()).await.map(drop),
                ),
                (
                    "all_servers",
                    Role::Issuer,
                    g.all_servers(who, page()).await.map(drop),
                ),
                (
                    "server",
                    Role::Issuer,
                    g.server(who, id, server).await.map(drop),
                ),
                (
                    "create_server",
                    Role::Issuer,
                    g.create_server(who, id, server_input(json!({"name": "b"})))
                        .await
                        .map(drop),
                ),
                (
                    "update_server",
                    Role::Issuer,
                    g.update_server(who, id, server, ServerPatch::default())
                        .await
                        .map(drop),
                ),
                (
                    "delete_server",
                    Role::Issuer,
                    g.delete_server(who, id, "mcp_x").await,
                ),
                (
                    "rotate_server",
                    Role::Issuer,
                    g.rotate_server(who, id, server).await.map(drop),
                ),
                (
                    "create_api_token",
                    Role::Admin,
                    g.create_api_token(who, token).await.map(drop),
                ),
                (
                    "api_tokens",
                    Role::Admin,
                    g.api_tokens(who, page()).await.map(drop),
                ),
                (
                    "revoke_api_token",
                    Role::Admin,
                    g.revoke_api_token(who, "tok_y").await,
                ),
                (
                    "audit",
                    Role::Issuer,
                    g.audit(who, AuditQuery::default()).await.map(drop),
                ),
                (
                    "export_audit",
                    Role::Issuer,
                    g.export_audit(who, AuditQuery::default()).await.map(drop),
                ),
            ];
            for (method, needs, result) in rows {
                let refused = result == Err(ServiceError::Forbidden { needs });
                assert_eq!(refused, role < needs, "{method} as {role:?}: {result:?}");
            }
        }
        gateway.close().await;
    });
}

#[test]
fn missing_objects_are_not_found() {
    on_each_store(async |place| {
        let (gateway, admin) = open(place).await;
        let account = gateway.create_account(&admin, account_input("a")).await;
        let other = gateway.create_account(&admin, account_input("b")).await;
        let (id, other) = (account.unwrap().id, other.unwrap().id);
        let new = gateway
            .create_server(&admin, &id, server_input(json!({"name": "a"})))
            .await
            .unwrap();
        let server = new.server.id.as_str();
        // The first row is a server under the id of another account.
        for (account, server) in [
            (other.as_str(), server),
            (id.as_str(), "mcp_x"),
            ("acc_\u{0}", server),
            (id.as_str(), "\u{0}"),
        ] {
            let found = gateway.server(&admin, account, server).await;
            assert_eq!(found, Err(not_found("server", server)));
            let deleted = gateway.delete_server(&admin, account, server).await;
            assert_eq!(deleted, Err(not_found("server", server)));
            let rotated = gateway.rotate_server(&admin, account, server).await;
            assert_eq!(rotated.unwrap_err(), not_found("server", server));
        }
        for account in ["acc_x", "", "acc_\u{0}"] {
            let found = gateway.account(&admin, account).await;
            assert_eq!(found, Err(not_found("account", account)));
            let deleted = gateway.delete_account(&admin, account).await;
            assert_eq!(deleted, Err(not_found("account", account)));
            let input = server_input(json!({"name": "a"}));
            let made = gateway.create_server(&admin, account, input).await;
            assert_eq!(made.unwrap_err(), not_found("account", account));
        }
        gateway.resolve(&new.token).await.unwrap();
        gateway.close().await;
    });
}

/// Checks concurrent changes of different parts of one MCP server's configuration. On PostgreSQL, two gateways make them.
#[test]
fn fields_of_a_configuration_are_changed_separately() {
    on_each_store(async |place| {
        let (one, admin) = open(place).await;
        let (two, both) = match &place.url {
            StoreUrl::Sqlite(_) => (one.clone(), false),
            StoreUrl::Postgres(_) => (open(place).await.0, true),
        };
        let account = one.create_account(&admin, account_input("a")).await;
        let account = account.unwrap().id;
        let server = one.create_server(&admin, &account, server_input(json!({"name": "a"})));
        let id = server.await.unwrap().server.id;
        let patch = |config: Value| serde_json::from_value(json!({"config": config})).unwrap();
        for _ in 0..10 {
            let wide = patch(json!({"methods": [], "tags": []}));
            one.update_server(&admin, &account, &id, wide)
                .await
                .unwrap();
            let (methods, tags) = tokio::join!(
                one.update_server(&admin, &account, &id, patch(json!({"methods": ["read"]}))),
                two.update_server(&admin, &account, &id, patch(json!({"tags": ["fleet"]}))),
            );
            methods.unwrap();
            tags.unwrap();
            let config = one.server(&admin, &account, &id).await.unwrap().config;
            assert_eq!([config.methods, config.tags].concat(), ["read", "fleet"]);
        }
        // A change of some parts is rejected if no tool matches them together with the existing parts.
        let none = patch(json!({"methods": ["delete"], "tools": ["no_such_tool"]}));
        let refused = one.update_server(&admin, &account, &id, none).await;
        assert!(
            matches!(refused, Err(ServiceError::Invalid(_))),
            "{refused:?}"
        );
        one.close().await;
        if both {
            two.close().await;
        }
    });
}
