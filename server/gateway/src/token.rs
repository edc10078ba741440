//! Tokens and ids made of random bits. The gateway stores only the hash of a token.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use ring::digest::{SHA256, digest};
use subtle::ConstantTimeEq;

use crate::vault::{VaultError, random};

/// Prefix of a server token.
pub(crate) const SERVER: &str = "amt_";
/// Prefix of an API token.
pub(crate) const API: &str = "amk_";

/// SHA-256 of a token. A slow hash is unnecessary, because a random token cannot be guessed.
pub(crate) type Hash = [u8; 32];

/// Creates a token of 256 random bits.
pub(crate) fn new(prefix: &str) -> Result<String, VaultError> {
    let bits: [u8; 32] = random()?;
    Ok(format!("{prefix}{}", BASE64_URL_SAFE_NO_PAD.encode(bits)))
}

/// Returns whether a text has the form of a token with this prefix.
pub(crate) fn is_complete(text: &str, prefix: &str) -> bool {
    let bits = text
        .strip_prefix(prefix)
        .map(|bits| BASE64_URL_SAFE_NO_PAD.decode(bits));
    matches!(bits, Some(Ok(bits)) if bits.len() == 32)
}

/// Creates an id. Ids are not secret.
pub(crate) fn new_id(prefix: &str) -> Result<String, VaultError> {
    let bits: [u8; 12] = random()?;
    let hex: String = bits.iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(format!("{prefix}{hex}"))
}

/// Returns the hash of a token.
pub(crate) fn hash(token: &str) -> Hash {
    let mut hash = Hash::default();
    hash.copy_from_slice(digest(&SHA256, token.as_bytes()).as_ref());
    hash
}

/// Compares two hashes in constant time, so that the duration does not reveal where they differ.
pub(crate) fn same(a: &Hash, b: &[u8]) -> bool {
    a.as_slice().ct_eq(b).into()
}
