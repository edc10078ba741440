//! Revocations while the store cannot be written.

use super::*;

/// Makes every change fail, because each writes an audit record, or lets changes succeed again.
async fn break_store(gateway: &Gateway, is_broken: bool) {
    let statement = match is_broken {
        true => "ALTER TABLE audit_entries RENAME TO audit_elsewhere",
        false => "ALTER TABLE audit_elsewhere RENAME TO audit_entries",
    };
    gateway.0.store.tamper(statement).await.unwrap();
}

fn pending(what: &'static str, id: &str) -> ServiceError {
    let id = id.to_owned();
    ServiceError::RevocationPending { what, id }
}

#[test]
fn tokens_are_refused_although_the_revocation_cannot_be_stored() {
    on_each_store(async |place| {
        let (gateway, admin) = open(place).await;
        let mut accounts = Vec::new();
        let mut servers = Vec::new();
        for name in ["a", "b"] {
            let account = gateway.create_account(&admin, account_input(name)).await;
            let account = account.unwrap().id;
            for name in ["one", "two", "three"] {
                let input = server_input(json!({"name": name}));
                let server = gateway.create_server(&admin, &account, input).await;
                let server = server.unwrap();
                gateway.resolve(&server.token).await.unwrap();
                servers.push(server);
            }
            accounts.push(account);
        }
        let input = ApiTokenInput {
            name: "ci".to_owned(),
            role: Role::Issuer,
            expires_at: None,
            bounds: None,
        };
        let api = gateway.create_api_token(&admin, input).await.unwrap();
        gateway.authenticate(&api.token).await.unwrap();

        break_store(&gateway, true).await;
        let (revoked, rotated) = (&servers[0].server.id, &servers[1].server.id);
        let done = gateway.delete_server(&admin, &accounts[0], revoked).await;
        assert_eq!(done, Err(pending("server", revoked)));
        let done = gateway.rotate_server(&admin, &accounts[0], rotated).await;
        assert_eq!(done.map(drop), Err(pending("server", rotated)));
        let done = gateway.delete_account(&admin, &accounts[1]).await;
        assert_eq!(done, Err(pending("account", &accounts[1])));
        let id = &api.api_token.id;
        let done = gateway.revoke_api_token(&admin, id).await;
        assert_eq!(done, Err(pending("token", id)));
        let why = pending("token", id);
        assert_eq!(why.status(), 503);
        assert!(
            why.to_string()
                .contains("refused on this replica from now on")
        );

        let is_refused = async |index: usize| {
            let resolved = gateway.resolve(&servers[index].token).await;
            resolved.err() == Some(TokenRejection::Unknown)
        };
        let all_refused = async || {
            for index in [0, 1, 3, 4, 5] {
                assert!(is_refused(index).await, "{index}");
            }
            assert!(!is_refused(2).await);
            let refused = [
                gateway.authenticate(&api.token).await,
                gateway.principal(id).await,
            ];
            assert_eq!(
                refused,
                [(); 2].map(|()| Err(ServiceError::Unauthenticated))
            );
        };
        all_refused().await;
        // The store still has everything, and another attempt changes nothing about it.
        gateway.store_pending().await;
        let hash = token::hash(&servers[0].token);
        assert!(
            gateway
                .0
                .store
                .server_by_hash(&hash)
                .await
                .unwrap()
                .is_some()
        );
        all_refused().await;

        // The gateway stores the revocations by itself as soon as it can.
        break_store(&gateway, false).await;
        let revocations = [
            "account.delete",
            "server.revoke",
            "server.rotate",
            "token.revoke",
        ];
        soon("the revocations are stored", async || {
            let actions = actions(&gateway).await;
            revocations
                .iter()
                .all(|it| actions.iter().any(|action| action == it))
        })
        .await;
        for index in [0, 1, 3, 4, 5] {
            let hash = token::hash(&servers[index].token);
            assert!(
                gateway
                    .0
                    .store
                    .server_by_hash(&hash)
                    .await
                    .unwrap()
                    .is_none()
            );
        }
        all_refused().await;
        let revoked_by = gateway
            .audit(&Principal::gateway(), AuditQuery::default())
            .await
            .unwrap()
            .result
            .into_iter()
            .find(|record| record.action == "token.revoke");
        assert_eq!(revoked_by.unwrap().actor, admin.id);
        // The rotated server still exists, and gets another URL.
        let again = gateway.rotate_server(&admin, &accounts[0], rotated).await;
        gateway.resolve(&again.unwrap().token).await.unwrap();
        gateway.close().await;
    });
}

/// Checks that a revocation that is rejected leaves the token valid.
#[test]
fn a_rejected_revocation_refuses_nothing() {
    on_each_store(async |place| {
        let (gateway, admin) = open(place).await;
        let account = gateway.create_account(&admin, account_input("a")).await;
        let account = account.unwrap().id;
        let input = server_input(json!({"name": "a"}));
        let server = gateway
            .create_server(&admin, &account, input)
            .await
            .unwrap();
        let id = &server.server.id;
        let done = gateway.delete_server(&admin, "acc_other", id).await;
        assert_eq!(done, Err(not_found("server", id)));
        gateway.resolve(&server.token).await.unwrap();
        break_store(&gateway, true).await;
        let done = gateway.delete_server(&admin, "acc_other", id).await;
        assert_eq!(done, Err(not_found("server", id)));
        gateway.resolve(&server.token).await.unwrap();
        break_store(&gateway, false).await;
        gateway.close().await;
    });
}

/// Checks that a token and all its servers are refused, although none of the revocations can be stored.
#[test]
fn a_token_is_refused_with_its_servers() {
    on_each_store(async |place| {
        let (gateway, admin) = open(place).await;
        let account = gateway.create_account(&admin, account_input("a")).await;
        let account = account.unwrap().id;
        let input = ApiTokenInput {
            name: "ci".to_owned(),
            role: Role::Issuer,
            expires_at: None,
            bounds: None,
        };
        let api = gateway.create_api_token(&admin, input).await.unwrap();
        let issuer = gateway.authenticate(&api.token).await.unwrap();
        let mut tokens = Vec::new();
        for name in ["one", "two"] {
            let input = server_input(json!({"name": name}));
            let server = gateway.create_server(&issuer, &account, input).await;
            tokens.push(server.unwrap().token);
        }
        let input = server_input(json!({"name": "of the administrator"}));
        let other = gateway
            .create_server(&admin, &account, input)
            .await
            .unwrap();
        break_store(&gateway, true).await;
        // What an issuer may not revoke is not refused either.
        let foreign = &other.server.id;
        for _ in 0..2 {
            let rotated = gateway.rotate_server(&issuer, &account, foreign).await;
            let error = rotated.map(drop).unwrap_err();
            assert_ne!(error, pending("server", foreign));
            let deleted = gateway.delete_server(&issuer, &account, foreign).await;
            assert_ne!(deleted, Err(pending("server", foreign)));
        }
        let id = &api.api_token.id;
        let done = gateway.revoke_api_token_and_servers(&admin, id).await;
        assert_eq!(done, Err(pending("token", id)));
        for token in &tokens {
            let refused = gateway.resolve(token).await.unwrap_err();
            assert_eq!(refused, TokenRejection::Unknown);
        }
        assert!(gateway.authenticate(&api.token).await.is_err());
        break_store(&gateway, false).await;
        soon("the revocations are stored", async || {
            let actions = actions(&gateway).await;
            let count = |action: &str| actions.iter().filter(|it| *it == action).count();
            count("server.revoke") == 2 && count("token.revoke") == 1
        })
        .await;
        gateway.resolve(&other.token).await.unwrap();
        gateway.close().await;
    });
}

/// Checks that SQLite waits for the disk before a change counts as stored.
#[tokio::test]
async fn changes_are_durable() {
    let folder = folder();
    let url = StoreUrl::Sqlite(folder.join("gateway.db"));
    let place = TestStore { url, folder };
    let (gateway, _) = open(&place).await;
    let modes = gateway.0.store.synchronous().await.unwrap();
    // 2 is FULL and 1 is NORMAL.
    assert_eq!(modes, [2, 1]);
    gateway.close().await;
}
