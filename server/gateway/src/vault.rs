//! Encryption of stored credentials and of session cookies. Each purpose has a key of its own, which is derived from a main key that is not in the store.

use std::fmt;

use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_STANDARD_NO_PAD, BASE64_URL_SAFE_NO_PAD};
use mcp_server::product::product;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::digest::{SHA256, digest};
use ring::error::Unspecified;
use ring::hkdf::{HKDF_SHA256, Salt};
use secrecy::{ExposeSecret, SecretString};

/// Number of bytes of a key.
const KEY_BYTES: usize = 32;

/// Set of main keys. The first key encrypts, and all keys decrypt.
#[derive(Clone)]
pub(crate) struct Vault {
    first: Key,
    others: Vec<Key>,
}

#[derive(Clone)]
struct Key {
    id: String,
    main: [u8; KEY_BYTES],
    /// Derived keys in the order of [`KeyPurpose::ALL`].
    derived: [[u8; KEY_BYTES]; KeyPurpose::ALL.len()],
}

/// Purpose for which a key is derived from a main key, so that what one part of the gateway does with its key reveals nothing about what the others protect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum KeyPurpose {
    /// Encryption of the credentials of accounts.
    Credentials,
    /// Encryption of the session cookies of the admin page.
    Sessions,
    /// Authentication of the hash chain of the audit log.
    AuditChain,
}

impl KeyPurpose {
    const ALL: [Self; 3] = [Self::Credentials, Self::Sessions, Self::AuditChain];

    /// Returns the text from which the key is derived. With another text, everything that was encrypted for the purpose is lost.
    fn info(self) -> &'static [u8] {
        match self {
            Self::Credentials => b"credentials of accounts",
            Self::Sessions => b"sessions of the admin page",
            Self::AuditChain => b"hash chain of the audit log",
        }
    }
}

/// Encrypted text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SealedText {
    /// Id of the main key that decrypts the text.
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
    /// Text that was changed, or that was encrypted for another purpose or context.
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
        let others = old.iter().map(Key::read);
        Ok(Self {
            first: Key::read(key)?,
            others: others.collect::<Result<_, _>>()?,
        })
    }

    /// Returns the id of the encrypting key. The id is derived from the key and reveals nothing about it.
    pub(crate) fn key_id(&self) -> &str {
        &self.first.id
    }

    /// Returns a vault that encrypts with `key` and also decrypts with all keys of this vault.
    pub(crate) fn with_key(&self, key: &SecretString) -> Result<Self, VaultError> {
        let first = Key::read(key)?;
        let others = self.keys().filter(|it| it.id != first.id).cloned();
        Ok(Self {
            others: others.collect(),
            first,
        })
    }

    /// Returns whether the vault has the key with this id.
    pub(crate) fn has(&self, key_id: &str) -> bool {
        self.key(key_id).is_some()
    }

    /// Returns the key for a purpose, derived from the encrypting key.
    pub(crate) fn derived(&self, purpose: KeyPurpose) -> [u8; KEY_BYTES] {
        self.first.derived(purpose)
    }

    /// Returns the key for a purpose, derived from the main key with this id.
    pub(crate) fn derived_from(
        &self,
        key_id: &str,
        purpose: KeyPurpose,
    ) -> Option<[u8; KEY_BYTES]> {
        self.key(key_id).map(|key| key.derived(purpose))
    }

    /// Encrypts a text. Only a call of `open` with the same purpose and context can decrypt it.
    pub(crate) fn seal(
        &self,
        purpose: KeyPurpose,
        context: &[u8],
        text: &[u8],
    ) -> Result<SealedText, VaultError> {
        self.encrypted(&self.first.derived(purpose), context, text)
    }

    /// Encrypts a text as versions did in which all purposes had the same key.
    #[cfg(test)]
    pub(crate) fn seal_older(&self, context: &[u8], text: &[u8]) -> Result<SealedText, VaultError> {
        self.encrypted(&self.first.main, context, text)
    }

    fn encrypted(
        &self,
        key: &[u8; KEY_BYTES],
        context: &[u8],
        text: &[u8],
    ) -> Result<SealedText, VaultError> {
        let key = cipher(key)?;
        let nonce: [u8; NONCE_LEN] = random()?;
        let mut secret = text.to_vec();
        let tag = key
            .seal_in_place_separate_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(context),
                &mut secret,
            )
            .map_err(|_| VaultError::Broken)?;
        Ok(SealedText {
            key_id: self.first.id.clone(),
            bytes: [&nonce, &*secret, tag.as_ref()].concat(),
        })
    }

    /// Decrypts a text that was encrypted for this purpose and context.
    pub(crate) fn open(
        &self,
        purpose: KeyPurpose,
        context: &[u8],
        sealed: &SealedText,
    ) -> Result<Vec<u8>, VaultError> {
        decrypted(&self.sealing_key(sealed)?.derived(purpose), context, sealed)
    }

    /// Decrypts a text that was encrypted before each purpose had its own key.
    pub(crate) fn open_older(
        &self,
        context: &[u8],
        sealed: &SealedText,
    ) -> Result<Vec<u8>, VaultError> {
        decrypted(&self.sealing_key(sealed)?.main, context, sealed)
    }

    fn sealing_key(&self, sealed: &SealedText) -> Result<&Key, VaultError> {
        let key = self.key(&sealed.key_id);
        key.ok_or_else(|| VaultError::UnknownKey(sealed.key_id.clone()))
    }

    fn key(&self, id: &str) -> Option<&Key> {
        self.keys().find(|key| key.id == id)
    }

    fn keys(&self) -> impl Iterator<Item = &Key> {
        std::iter::once(&self.first).chain(&self.others)
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
        let main: [u8; KEY_BYTES] = bytes.try_into().map_err(|_| VaultError::InvalidKey)?;
        // The prefix separates this hash from hashes of the key for other purposes.
        let purpose = format!("{} key id\n", product().name);
        let id = digest(&SHA256, &[purpose.as_bytes(), &main].concat());
        let id: String = id
            .as_ref()
            .iter()
            .take(8)
            .map(|byte| format!("{byte:02x}"))
            .collect();
        let mut derived = [[0; KEY_BYTES]; KeyPurpose::ALL.len()];
        for (key, purpose) in derived.iter_mut().zip(KeyPurpose::ALL) {
            derive(&main, purpose, key).map_err(|_| VaultError::InvalidKey)?;
        }
        Ok(Self { id, main, derived })
    }

    fn derived(&self, purpose: KeyPurpose) -> [u8; KEY_BYTES] {
        self.derived[purpose as usize]
    }
}

/// Derives a key with HKDF (RFC 5869). The main key is random, so no salt is needed.
fn derive(
    main: &[u8; KEY_BYTES],
    purpose: KeyPurpose,
    key: &mut [u8; KEY_BYTES],
) -> Result<(), Unspecified> {
    let extracted = Salt::new(HKDF_SHA256, &[]).extract(main);
    let info = [product().name.as_bytes(), b"\n", purpose.info()];
    extracted.expand(&info, HKDF_SHA256)?.fill(key)
}

fn cipher(key: &[u8; KEY_BYTES]) -> Result<LessSafeKey, VaultError> {
    let key = UnboundKey::new(&AES_256_GCM, key);
    key.map(LessSafeKey::new)
        .map_err(|_| VaultError::InvalidKey)
}

fn decrypted(
    key: &[u8; KEY_BYTES],
    context: &[u8],
    sealed: &SealedText,
) -> Result<Vec<u8>, VaultError> {
    let (nonce, secret) = sealed
        .bytes
        .split_first_chunk::<NONCE_LEN>()
        .ok_or(VaultError::Broken)?;
    let mut secret = secret.to_vec();
    let nonce = Nonce::assume_unique_for_key(*nonce);
    let text = cipher(key)?
        .open_in_place(nonce, Aad::from(context), &mut secret)
        .map_err(|_| VaultError::Broken)?;
    Ok(text.to_vec())
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
            .field("keys", &self.keys().count())
            .finish()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::tests::sample::{apis, key};

    #[test]
    fn only_the_right_key_purpose_and_context_decrypt() {
        let vault = Vault::new(&key(1), &[]).unwrap();
        let purpose = KeyPurpose::Credentials;
        let sealed = vault.seal(purpose, b"acc_1", b"hunter2").unwrap();
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
        for (vault, context, sealed, expected) in rows {
            let opened = vault.open(purpose, context.as_bytes(), sealed);
            assert_eq!(opened, expected, "{vault:?} {context}");
        }
        let sessions = vault.open(KeyPurpose::Sessions, b"acc_1", &sealed);
        assert_eq!(sessions, Err(VaultError::Broken));
        assert_eq!(vault.open_older(b"acc_1", &sealed), Err(VaultError::Broken));
        assert_ne!(sealed, vault.seal(purpose, b"acc_1", b"hunter2").unwrap());
    }

    /// Checks a key against another implementation of HKDF, so that a change of the derivation is noticed.
    #[test]
    fn keys_are_derived_for_each_purpose() {
        apis();
        let vault = Vault::new(&key(2), &[key(1)]).unwrap();
        let old = Vault::new(&key(1), &[]).unwrap();
        let mut all: Vec<_> = KeyPurpose::ALL.map(|it| vault.derived(it)).to_vec();
        all.push([2; KEY_BYTES]);
        all.extend(KeyPurpose::ALL.map(|it| old.derived(it)));
        for (index, one) in all.iter().enumerate() {
            assert!(!all[..index].contains(one), "{index}");
        }
        let chain = KeyPurpose::AuditChain;
        let found = vault.derived_from(old.key_id(), chain);
        assert_eq!(found, Some(old.derived(chain)));
        assert_eq!(old.derived_from(vault.key_id(), chain), None);
        let hex: String = old
            .derived(KeyPurpose::Credentials)
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        assert_eq!(
            hex,
            "762fa4ca44e49b982cfb8ee6923628d3d5506f559a325a2a28b500d37cb48e95"
        );
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
