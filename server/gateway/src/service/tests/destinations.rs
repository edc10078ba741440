//! Credentials are used only for the destination that they were given for.

use super::*;
use crate::model::{Account, AccountPatch};
use crate::store::rows::AccountRow;
use crate::vault::VaultError;

async fn tamper(gateway: &Gateway, statement: &'static str) {
    gateway.0.store.tamper(statement).await.unwrap();
}

async fn fields(gateway: &Gateway, who: &Principal, id: &str, patch: &Value) -> String {
    let patch: AccountPatch = serde_json::from_value(patch.clone()).unwrap();
    match gateway.update_account(who, id, patch).await {
        Ok(_) => String::new(),
        Err(ServiceError::Invalid(errors)) => {
            let fields = errors.iter().map(|error| error.field.clone());
            fields.collect::<Vec<_>>().join(" ")
        }
        Err(other) => other.to_string(),
    }
}

#[test]
fn a_patch_of_the_destination_requires_the_credentials() {
    on_each_store(async |place| {
        let (gateway, admin) = open(place).await;
        let mut input = account_input("prod");
        input.base_url = "https://upstream.example/team".to_owned();
        let key = ("X-Key".to_owned(), SecretString::from("planted"));
        input.headers.insert(key.0, key.1);
        let account = gateway.create_account(&admin, input).await.unwrap();
        let auth = json!({"type": "bearer", "token": "t"});
        let ca = include_str!("ca.pem");
        let rows = [
            (
                json!({"base_url": "https://upstream.example/other"}),
                "auth headers",
            ),
            (
                json!({"base_url": "https://upstream.example"}),
                "auth headers",
            ),
            (json!({"ca_certificate": ca}), "auth headers"),
            (json!({"ca_certificate": ca, "headers": {}}), "auth"),
            (json!({"headers": {"Host": "evil.example"}}), "auth"),
            (
                json!({"headers": {"X-Forwarded-Host": "evil.example"}}),
                "auth",
            ),
            (json!({"headers": {"X-Other": "1"}}), ""),
            (
                json!({"base_url": "https://upstream.example/team/below"}),
                "",
            ),
            (
                json!({"base_url": "https://upstream.example/team"}),
                "auth headers",
            ),
            (
                json!({"ca_certificate": ca, "headers": {}, "auth": auth}),
                "",
            ),
            (json!({"ca_certificate": ""}), "auth"),
            (
                json!({"headers": {"Host": "virtual.example"}, "auth": auth}),
                "",
            ),
            (json!({"headers": {"host": "virtual.example"}}), ""),
            (json!({"headers": {}}), "auth"),
        ];
        for (patch, expected) in rows {
            let found = fields(&gateway, &admin, &account.id, &patch).await;
            assert_eq!(found, expected, "{patch}");
        }
        let patch: AccountPatch =
            serde_json::from_value(json!({"base_url": "https://evil.example"})).unwrap();
        let refused = gateway.update_account(&admin, &account.id, patch).await;
        let why = refused.unwrap_err().to_string();
        assert!(
            why.contains("auth: must be given again in this request, because it changes base_url"),
            "{why}"
        );
        gateway.close().await;
    });
}

#[test]
fn a_row_that_was_changed_in_the_database_is_refused() {
    on_each_store(async |place| {
        let statements = [
            "UPDATE accounts SET base_url = 'https://evil.example'",
            "UPDATE accounts SET base_url = base_url || '/team'",
            "UPDATE accounts SET ca_certificate = 'evil'",
            "UPDATE accounts SET id = 'acc_other'",
            "UPDATE accounts SET seal_format = NULL",
            "UPDATE accounts SET seal_format = 1",
        ];
        for statement in statements {
            let (gateway, admin) = open(place).await;
            let account = gateway.create_account(&admin, account_input("prod")).await;
            let id = account.unwrap().id;
            if !statement.contains("acc_other") {
                let server = gateway.create_server(&admin, &id, server_input(json!({"name": "a"})));
                let token = server.await.unwrap().token;
                tamper(&gateway, statement).await;
                for _ in 0..2 {
                    let refused = gateway.resolve(&token).await.unwrap_err();
                    let TokenRejection::Account(why) = refused else {
                        panic!("{statement}: {refused:?}");
                    };
                    assert!(why.contains("are refused, because"), "{why}");
                }
            } else {
                tamper(&gateway, statement).await;
            }
            let all = gateway.accounts(&admin, PageQuery::default()).await;
            let account: Account = all.unwrap().result.remove(0);
            assert_eq!(account.auth.kind, "refused", "{statement}");
            assert!(account.refused.is_some(), "{statement}");
            let check = gateway.check_account(&admin, &account.id).await.unwrap();
            assert!(!check.ok && check.steps[0].detail.contains("are refused, because"));
            let actions = actions(&gateway).await;
            let refusals = actions.iter().filter(|it| *it == "account.refused");
            assert_eq!(refusals.count(), 1, "{statement}: {actions:?}");

            // The refusal outlives the restart, which converts only what an older version has stored.
            gateway.close().await;
            let (gateway, _) = open(place).await;
            let row = gateway.account_row(&account.id).await.unwrap();
            assert!(gateway.opened(&row).await.unwrap().is_err(), "{statement}");
            // A rotation of the key changes nothing about it.
            gateway.rotate_key(&key(2)).await.unwrap();
            let row = gateway.account_row(&account.id).await.unwrap();
            assert!(gateway.opened(&row).await.unwrap().is_err(), "{statement}");
            gateway.rotate_key(&key(1)).await.unwrap();

            // Somebody who gives everything again repairs the account.
            let who = Principal::gateway();
            let mut patch = json!({});
            let missing = [
                "auth headers base_url ca_certificate",
                "headers base_url ca_certificate",
                "base_url ca_certificate",
                "ca_certificate",
                "",
            ];
            let values = [
                ("auth", json!({"type": "bearer", "token": "t"})),
                ("headers", json!({})),
                ("base_url", json!("https://upstream.example")),
                ("ca_certificate", json!("")),
            ];
            for (index, missing) in missing.into_iter().enumerate() {
                let found = fields(&gateway, &who, &account.id, &patch).await;
                assert_eq!(found, missing, "{statement}");
                if let Some((name, value)) = values.get(index) {
                    patch[*name] = value.clone();
                }
            }
            let repaired = gateway.account(&who, &account.id).await.unwrap();
            assert_eq!(
                (repaired.auth.kind.as_str(), repaired.refused),
                ("bearer", None)
            );
            gateway.delete_account(&who, &account.id).await.unwrap();
            tamper(&gateway, "DELETE FROM audit_entries").await;
            gateway.close().await;
        }
    });
}

/// Gives an account the form in which an older version stored it.
fn older(row: &mut AccountRow, text: &str) {
    use ring::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
    let cipher = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &[1; 32]).unwrap());
    let mut bytes = text.as_bytes().to_vec();
    let context = format!("account\n{}", row.id);
    cipher
        .seal_in_place_append_tag(
            Nonce::assume_unique_for_key([7; 12]),
            Aad::from(context.as_bytes()),
            &mut bytes,
        )
        .unwrap();
    row.secrets = [&[7; 12], &*bytes].concat();
    row.seal_format = None;
}

#[test]
fn the_first_start_converts_credentials_and_later_ones_refuse_the_older_format() {
    on_each_store(async |place| {
        let (gateway, admin) = open(place).await;
        let mut ids = Vec::new();
        for name in ["a", "b"] {
            let account = gateway.create_account(&admin, account_input(name)).await;
            let id = account.unwrap().id;
            let mut row = gateway.account_row(&id).await.unwrap();
            older(
                &mut row,
                r#"{"auth":{"type":"password","username":"ada","password":"hunter2-planted"},"headers":{}}"#,
            );
            let was = row.key_id.clone();
            assert!(gateway.0.store.reencrypt_account(&row, &was).await.unwrap());
            ids.push((id, row));
        }
        tamper(&gateway, "DELETE FROM seal_formats").await;
        gateway.close().await;

        let (gateway, _) = open(place).await;
        let secret = |secrets: &crate::service::credentials::Secrets| {
            secrets.to_json()["auth"]["password"].clone()
        };
        for (id, older) in &ids {
            let row = gateway.account_row(id).await.unwrap();
            assert_ne!(row.secrets, older.secrets);
            let vault = gateway.vault();
            let context = format!("account\n{id}");
            let opened = vault.open_older(context.as_bytes(), &row.sealed());
            assert_eq!(opened, Err(VaultError::Broken));
            assert_eq!(
                secret(&gateway.secrets(&row).await.unwrap()),
                "hunter2-planted"
            );
        }
        let seals = actions(&gateway).await;
        assert_eq!(seals.iter().filter(|it| *it == "account.seal").count(), 2);

        // Somebody with the database puts all older rows back.
        let mut newer = Vec::new();
        for (id, older) in &ids {
            let row = gateway.account_row(id).await.unwrap();
            let done = gateway.0.store.reencrypt_account(older, &row.key_id).await;
            assert!(done.unwrap());
            newer.push(row);
        }
        gateway.close().await;
        let (gateway, admin) = open(place).await;
        for (id, _) in &ids {
            let account = gateway.account(&admin, id).await.unwrap();
            assert!(account.refused.is_some());
        }

        // Somebody with the database puts one older row back, also with the note of the conversion removed.
        for row in &newer {
            let done = gateway.0.store.reencrypt_account(row, &row.key_id).await;
            assert!(done.unwrap());
        }
        let (id, older) = &ids[0];
        let row = gateway.account_row(id).await.unwrap();
        let done = gateway.0.store.reencrypt_account(older, &row.key_id).await;
        assert!(done.unwrap());
        gateway.close().await;
        for statement in ["SELECT 1", "DELETE FROM seal_formats"] {
            let (gateway, _) = open(place).await;
            tamper(&gateway, statement).await;
            gateway.close().await;
        }
        let (gateway, admin) = open(place).await;
        let refused = gateway.account(&admin, id).await.unwrap().refused.unwrap();
        assert!(
            refused.contains("format is that of an older version"),
            "{refused}"
        );
        let other = gateway.account(&admin, &ids[1].0).await.unwrap();
        assert_eq!(other.refused, None);
        gateway.close().await;
    });
}
