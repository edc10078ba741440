//! Change of the key that encrypts credentials.

use super::*;
use crate::private_files::write_private;

#[test]
fn keys_are_changed() {
    on_each_store(async |place| {
        let (gateway, admin) = open(place).await;
        for number in 0..3 {
            let name = format!("account {number}");
            let made = gateway.create_account(&admin, account_input(&name)).await;
            made.unwrap();
        }
        assert_eq!(gateway.rotate_key(&key(2)).await, Ok(3));
        assert_eq!(gateway.rotate_key(&key(2)).await, Ok(0));
        let not_a_key = gateway.rotate_key(&"short".to_owned().into()).await;
        assert!(matches!(not_a_key, Err(ServiceError::Invalid(_))));
        gateway
            .create_account(&admin, account_input("after"))
            .await
            .unwrap();
        gateway.close().await;

        let refused = Gateway::open(options(place)).await.map(drop).unwrap_err();
        assert!(
            refused.to_string().contains("which was not given"),
            "{refused}"
        );
        let new = GatewayOptions {
            key: key(2),
            ..options(place)
        };
        let (gateway, _) = Gateway::open(new).await.unwrap();
        let page = gateway.accounts(&admin, PageQuery::default()).await;
        assert_eq!(page.unwrap().result.len(), 4);
        gateway.close().await;
    });
}

/// Checks that a gateway reads its key file again after another gateway has changed the key.
#[test]
fn keys_are_read_again_when_one_is_unknown() {
    on_each_store(async |place| {
        let file = place.folder.join("key");
        write_private(&file, key(1).expose_secret()).unwrap();
        let from = |key: KeySource| GatewayOptions {
            key_sources: KeySources {
                key,
                ..KeySources::default()
            },
            ..options(place)
        };
        let opened = Gateway::open(from(KeySource::File(file.clone()))).await;
        let (gateway, _) = opened.unwrap();
        let admin = Principal::gateway();
        let account = gateway.create_account(&admin, account_input("a")).await;
        let id = account.unwrap().id;
        let server = gateway.create_server(&admin, &id, server_input(json!({"name": "a"})));
        let token = server.await.unwrap().token;

        let rotated = async |to: u8| {
            let mut row = gateway.account_row(&id).await.unwrap();
            let vault = Vault::new(&key(to), &[key(1), key(2)]).unwrap();
            let was = row.key_id.clone();
            Gateway::reseal(&vault, &mut row).unwrap();
            let done = gateway.0.store.reencrypt_account(&row, &was).await;
            assert!(done.unwrap());
        };
        write_private(&file, key(2).expose_secret()).unwrap();
        rotated(2).await;
        gateway.account(&admin, &id).await.unwrap();
        gateway
            .accounts(&admin, PageQuery::default())
            .await
            .unwrap();
        gateway.resolve(&token).await.unwrap();
        // New credentials are encrypted with the new key.
        let account = gateway.create_account(&admin, account_input("b")).await;
        let row = gateway.account_row(&account.unwrap().id).await.unwrap();
        assert_eq!(row.key_id, Vault::new(&key(2), &[]).unwrap().key_id());

        // If the file does not contain the key, the error names the file, and requests do not read the file each time.
        rotated(3).await;
        let why = gateway.account(&admin, &id).await.unwrap_err().to_string();
        assert!(why.contains(&file.display().to_string()), "{why}");
        write_private(&file, key(3).expose_secret()).unwrap();
        gateway.account(&admin, &id).await.unwrap_err();
        *gateway.0.rereading.last.lock().await = None;
        gateway.account(&admin, &id).await.unwrap();
        gateway.close().await;
    });
}

#[test]
fn a_key_in_the_environment_requires_a_restart() {
    on_each_store(async |place| {
        let (gateway, admin) = open(place).await;
        let account = gateway.create_account(&admin, account_input("a")).await;
        let id = account.unwrap().id;
        let mut row = gateway.account_row(&id).await.unwrap();
        let new = Vault::new(&key(2), &[]).unwrap();
        let sealed = new.seal(KeyPurpose::Credentials, b"", b"{}").unwrap();
        let was = std::mem::replace(&mut row.key_id, sealed.key_id);
        let done = gateway.0.store.reencrypt_account(&row, &was).await;
        assert!(done.unwrap());
        let why = gateway.account(&admin, &id).await.unwrap_err().to_string();
        assert!(why.contains("restart the gateway"), "{why}");
        // Requests that do not need the credentials still work.
        gateway
            .servers(&admin, &id, PageQuery::default())
            .await
            .unwrap();
        gateway.close().await;
    });
}
