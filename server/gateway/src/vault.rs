//! Encryption of stored credentials. Credentials are encrypted and authenticated with a key that is not in the store, and are bound to the account that owns them.

use std::fmt;

use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_STANDARD_NO_PAD, BASE64_URL_SAFE_NO_PAD};
use mcp_server::product::product;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::digest::{SHA256, digest};
use secrecy::{ExposeSecret, SecretString};

/// Set of keys. The first key encrypts, and all keys decrypt.
#[derive(Clone)]
pub(crate) struct Vault {
    keys: Vec<Key>,
}

#[derive(Clone)]
struct Key {
    id: String,
    key: LessSafeKey,
}

/// Encrypted text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SealedText {
    /// Id of the key that decrypts the text.
    pub(crate) key_id: String,
    /// Nonce, encrypted text and authentication tag.
    pub(crate) bytes: Vec<u8>,
}

/// Error of the vault. Its text contains no key.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum VaultError {
    /// Key that is not 32 bytes in base64.
    #[error("the key is not 32 bytes in base64; create one with `openssl rand -base64 32`")]
    InvalidKey,
    /// Text that was encrypted with a key that the vault does not have.
    #[error("stored credentials are encrypted with the key `{0}`, which was not given")]
    UnknownKey(String),
    /// Text that was changed or belongs to another account.
    #[error(
        "stored credentials cannot be decrypted, because they were changed outside the gateway"
    )]
    Broken,
    /// Operating system without random bytes.
    #[error("the operating system provides no random bytes")]
    NoRandom,
}

impl Vault {
    /// Creates a vault that encrypts with `key` and also decrypts with the old keys.
    pub(crate) fn new(key: &SecretString, old: &[SecretString]) -> Result<Self, VaultError> {
        let keys = std::iter::once(key).chain(old).map(Key::read);
        Ok(Self {
            keys: keys.collect::<Result<_, _>>()?,
        })
    }

    /// Returns the id of the encrypting key. The id is derived from the key and reveals nothing about it.
    pub(crate) fn key_id(&self) -> &str {
        self.keys.first().map_or("", |key| &key.id)
    }

    /// Returns a vault that encrypts with `key` and also decrypts with all keys of this vault.
    pub(crate) fn with_key(&self, key: &SecretString) -> Result<Self, VaultError> {
        let key = Key::read(key)?;
        let others = self.keys.iter().filter(|it| it.id != key.id).cloned();
        let keys = std::iter::once(key.clone()).chain(others).collect();
        Ok(Self { keys })
    }

    /// Returns whether the vault has the key with this id.
    pub(crate) fn has(&self, key_id: &str) -> bool {
        self.keys.iter().any(|key| key.id == key_id)
    }

    /// Encrypts a text. Only a call of `open` with the same owner can decrypt it.
    pub(crate) fn seal(&self, owner: &str, text: &[u8]) -> Result<SealedText, VaultError> {
        let key = self.keys.first().ok_or(VaultError::InvalidKey)?;
        let nonce: [u8; NONCE_LEN] = random()?;
        let mut secret = text.to_vec();
        let tag = key
            .key
            .seal_in_place_separate_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(owner.as_bytes()),
                &mut secret,
            )
            .map_err(|_| VaultError::Broken)?;
        Ok(SealedText {
            key_id: key.id.clone(),
            bytes: [&nonce, &*secret, tag.as_ref()].concat(),
        })
    }

    /// Decrypts a text that was encrypted for this owner.
    pub(crate) fn open(&self, owner: &str, sealed: &SealedText) -> Result<Vec<u8>, VaultError> {
        let key = self.keys.iter().find(|key| key.id == sealed.key_id);
        let key = key.ok_or_else(|| VaultError::UnknownKey(sealed.key_id.clone()))?;
        let (nonce, secret) = sealed
            .bytes
            .split_first_chunk::<NONCE_LEN>()
            .ok_or(VaultError::Broken)?;
        let mut secret = secret.to_vec();
        let text = key
            .key
            .open_in_place(
                Nonce::assume_unique_for_key(*nonce),
                Aad::from(owner.as_bytes()),
                &mut secret,
            )
            .map_err(|_| VaultError::Broken)?;
        Ok(text.to_vec())
    }
}

impl Key {
    fn read(text: &SecretString) -> Result<Self, VaultError> {
        let text = text.expose_secret().trim();
        let bytes = [
            BASE64_STANDARD,
            BASE64_STANDARD_NO_PAD,
            BASE64_URL_SAFE_NO_PAD,
        ]
        .iter()
        .find_map(|base64| base64.decode(text).ok())
        .ok_or(VaultError::InvalidKey)?;
        let key = UnboundKey::new(&AES_256_GCM, &bytes).map_err(|_| VaultError::InvalidKey)?;
        // The prefix separates this hash from hashes of the key for other purposes.
        let purpose = format!("{} key id\n", product().name);
        let id = digest(&SHA256, &[purpose.as_bytes(), &*bytes].concat());
        let id: String = id
            .as_ref()
            .iter()
            .take(8)
            .map(|byte| format!("{byte:02x}"))
            .collect();
        Ok(Self {
            id,
            key: LessSafeKey::new(key),
        })
    }
}

/// Returns random bytes of the operating system.
pub(crate) fn random<const N: usize>() -> Result<[u8; N], VaultError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|_| VaultError::NoRandom)?;
    Ok(bytes)
}

/// Shows the number of keys and no key.
impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Vault")
            .field("keys", &self.keys.len())
            .finish()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::tests::sample::key;

    #[test]
    fn only_the_right_key_and_owner_decrypt() {
        let vault = Vault::new(&key(1), &[]).unwrap();
        let sealed = vault.seal("acc_1", b"hunter2").unwrap();
        let changed = SealedText {
            bytes: sealed.bytes.iter().map(|byte| byte ^ 1).collect(),
            ..sealed.clone()
        };
        let short = SealedText {
            bytes: vec![0; 5],
            ..sealed.clone()
        };
        let other = Vault::new(&key(2), &[]).unwrap();
        let both = Vault::new(&key(2), &[key(1)]).unwrap();
        let id = vault.key_id().to_owned();
        let rows = [
            (&vault, "acc_1", &sealed, Ok(b"hunter2".to_vec())),
            (&both, "acc_1", &sealed, Ok(b"hunter2".to_vec())),
            (&vault, "acc_2", &sealed, Err(VaultError::Broken)),
            (&vault, "acc_1", &changed, Err(VaultError::Broken)),
            (&vault, "acc_1", &short, Err(VaultError::Broken)),
            (&other, "acc_1", &sealed, Err(VaultError::UnknownKey(id))),
        ];
        for (vault, owner, sealed, expected) in rows {
            assert_eq!(vault.open(owner, sealed), expected, "{vault:?} {owner}");
        }
        assert_ne!(sealed, vault.seal("acc_1", b"hunter2").unwrap());
    }

    #[test]
    fn keys_are_32_bytes_in_base64() {
        let rows = [
            (BASE64_STANDARD.encode([7; 32]), true),
            (format!(" {}\n", BASE64_STANDARD.encode([7; 32])), true),
            (BASE64_URL_SAFE_NO_PAD.encode([255; 32]), true),
            (BASE64_STANDARD.encode([7; 31]), false),
            (String::new(), false),
            ("not base64!".to_owned(), false),
        ];
        for (text, good) in rows {
            let vault = Vault::new(&text.clone().into(), &[]);
            assert_eq!(vault.is_ok(), good, "{text}");
        }
    }
}
