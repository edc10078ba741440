//! Several gateways with one store.

use super::*;
use crate::model::AccountPatch;

async fn remembers(gateway: &Gateway, token: &str) {
    soon("the directory remembers", async || {
        gateway.resolve(token).await.unwrap();
        gateway.0.directory.server(&token::hash(token)).is_some()
    })
    .await;
}

#[test]
fn other_gateways_reject_revoked_tokens() {
    on_postgres(async |place| {
        let (one, admin) = open(place).await;
        let (two, _) = open(place).await;
        let account = one.create_account(&admin, account_input("a")).await;
        let id = account.unwrap().id;
        let make = async |name: &str| {
            let input = server_input(json!({"name": name}));
            one.create_server(&admin, &id, input).await.unwrap()
        };
        let (revoked, rotated, kept) = (make("a").await, make("b").await, make("c").await);
        for server in [&revoked, &rotated, &kept] {
            remembers(&two, &server.token).await;
        }
        let started = std::time::Instant::now();
        let revoke = one.delete_server(&admin, &id, &revoked.server.id);
        revoke.await.unwrap();
        let rotate = one.rotate_server(&admin, &id, &rotated.server.id);
        let rotate = rotate.await.unwrap();
        for gone in [&revoked.token, &rotated.token] {
            soon("revoked", async || {
                two.resolve(gone).await.err() == Some(TokenRejection::Unknown)
            })
            .await;
        }
        assert!(started.elapsed() < Duration::from_secs(1));
        two.resolve(&rotate.token).await.unwrap();
        two.resolve(&kept.token).await.unwrap();

        // If an API token is revoked or an account is deleted, the other gateway forgets the token or the account's servers.
        let input = ApiTokenInput {
            name: "ci".to_owned(),
            role: Role::Caller,
            expires_at: None,
            bounds: None,
        };
        let token = one.create_api_token(&admin, input).await.unwrap();
        two.authenticate(&token.token).await.unwrap();
        let revoke = one.revoke_api_token(&admin, &token.api_token.id);
        revoke.await.unwrap();
        soon("the API token is refused", async || {
            two.authenticate(&token.token).await.is_err()
        })
        .await;
        remembers(&two, &kept.token).await;
        one.delete_account(&admin, &id).await.unwrap();
        soon("the account is gone", async || {
            two.resolve(&kept.token).await.err() == Some(TokenRejection::Unknown)
        })
        .await;
        one.close().await;
        two.close().await;
    });
}

/// Checks that MCP servers use the new settings of an account that another gateway has changed.
#[test]
fn other_gateways_use_changes() {
    on_postgres(async |place| {
        let (one, admin) = open(place).await;
        let (two, _) = open(place).await;
        let account = one.create_account(&admin, account_input("a")).await;
        let id = account.unwrap().id;
        let input = server_input(json!({"name": "a"}));
        let server = one.create_server(&admin, &id, input).await.unwrap();
        remembers(&two, &server.token).await;
        let patch = AccountPatch {
            base_url: Some("https://upstream.example/team".to_owned()),
            ..AccountPatch::default()
        };
        one.update_account(&admin, &id, patch).await.unwrap();
        soon("the account is the new one", async || {
            let resolved = two.resolve(&server.token).await.unwrap();
            format!("{:?}", resolved.account).contains("/team")
        })
        .await;
        one.close().await;
        two.close().await;
    });
}

#[test]
fn nothing_is_cached_without_listening() {
    on_postgres(async |place| {
        let (one, admin) = open(place).await;
        let account = one.create_account(&admin, account_input("a")).await;
        let id = account.unwrap().id;
        let input = server_input(json!({"name": "a"}));
        let server = one.create_server(&admin, &id, input).await.unwrap();
        remembers(&one, &server.token).await;
        // An administrator of the database or a network failure could end the connection in this way.
        let pool = one.0.store.shared().unwrap();
        sqlx::query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%'")
            .execute(pool)
            .await
            .unwrap();
        soon("forgotten", async || {
            one.0
                .directory
                .server(&token::hash(&server.token))
                .is_none()
        })
        .await;
        one.resolve(&server.token).await.unwrap();
        // The gateway connects and caches again.
        remembers(&one, &server.token).await;
        one.close().await;
    });
}

#[test]
fn gateways_that_start_together_create_one_administrator() {
    on_postgres(async |place| {
        let opened = [0; 4].map(|_| Gateway::open(options(place)));
        let mut tokens = 0;
        for opened in futures_util::future::join_all(opened).await {
            let (gateway, token) = opened.unwrap();
            tokens += usize::from(token.is_some());
            gateway.close().await;
        }
        assert_eq!(tokens, 1);
    });
}

#[test]
fn sessions_end_on_all_gateways() {
    on_each_store(async |place| {
        let (one, _) = open(place).await;
        let ends_at = one.now() / 1_000_000 + 8 * 3600;
        assert!(!one.is_ended_session("a session").await.unwrap());
        for _ in 0..2 {
            one.end_session("a session", ends_at).await.unwrap();
        }
        assert!(one.is_ended_session("a session").await.unwrap());
        assert!(!one.is_ended_session("another session").await.unwrap());
        // Records are removed only after the cookie has expired.
        one.end_session("an old session", 1).await.unwrap();
        assert_eq!(one.purge_forms().await.unwrap(), 1);
        // SQLite has one gateway at a time.
        let two = match one.0.store.shared() {
            Some(_) => open(place).await.0,
            None => {
                one.close().await;
                open(place).await.0
            }
        };
        assert!(two.is_ended_session("a session").await.unwrap());
        assert!(!two.is_ended_session("an old session").await.unwrap());
    });
}
