//! Tokens and ids: made of random bits; a token is known by its hash only.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use ring::digest::{SHA256, digest};
use subtle::ConstantTimeEq;

use super::vault::{VaultError, random};

/// What the token of a server URL begins with.
pub(crate) const SERVER: &str = "amt_";
/// What an API token begins with.
pub(crate) const API: &str = "amk_";

/// SHA-256 of a token. Random tokens need no slow hash: there is nothing to guess.
pub(crate) type Hash = [u8; 32];

/// A new token of 256 random bits.
pub(crate) fn new(prefix: &str) -> Result<String, VaultError> {
    let bits: [u8; 32] = random()?;
    Ok(format!("{prefix}{}", BASE64_URL_SAFE_NO_PAD.encode(bits)))
}

/// A new id. It is no secret.
pub(crate) fn new_id(prefix: &str) -> Result<String, VaultError> {
    let bits: [u8; 12] = random()?;
    let hex: String = bits.iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(format!("{prefix}{hex}"))
}

/// The hash of a token.
pub(crate) fn hash(token: &str) -> Hash {
    let mut hash = Hash::default();
    hash.copy_from_slice(digest(&SHA256, token.as_bytes()).as_ref());
    hash
}

/// Whether the hashes are equal, in a time that does not depend on where they differ.
pub(crate) fn same(a: &Hash, b: &[u8]) -> bool {
    a.as_slice().ct_eq(b).into()
}
