//! `next_cursor`: the position where a list continues, as text that a client returns unchanged.
//!
//! A cursor is URL-safe base64 of: version, kind of position, position, four bytes each of the hashes of tool and account, eight bytes of the hash of the arguments, and eight bytes of a hash over all of these. Therefore a changed cursor is always detected, and a cursor that was made for another call is rejected with the reason. A cursor contains no secret and grants no permission: a forged cursor selects a page that the tool returns anyway.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};

const VERSION: u8 = 1;
const OFFSET: u8 = 0;
const NATIVE: u8 = 1;
const NUMBERED: u8 = 2;
const SUM: usize = 8;

/// Position where a list continues.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ListPosition {
    /// Position after this many items.
    Offset(u64),
    /// Position after this many items of a page that a cursor of the upstream selects.
    Native {
        /// Cursor of the upstream; empty for the first page.
        token: String,
        /// Number of items to skip.
        skip: u64,
    },
    /// Position after this many items in a list whose pages have numbers.
    Numbered {
        /// Number of items before the position.
        at: u64,
        /// Largest page size that the upstream is known to return. If a larger page is requested, the upstream may number the pages by another size.
        size: u32,
    },
}

/// Scope in which a cursor is valid: the hashes of one tool, one account and one set of arguments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Scope([u8; 16]);

/// Reason why a cursor is rejected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum CursorError {
    /// Cursor that was changed.
    #[error(
        "next_cursor is damaged: pass the value of the previous result unchanged, or omit it to begin with the first page"
    )]
    Damaged,
    /// Cursor with a version that this program does not know.
    #[error(
        "next_cursor comes from another version of this server: omit it to begin with the first page"
    )]
    Version,
    /// Cursor of another tool.
    #[error(
        "next_cursor belongs to another tool: omit it to begin with the first page of this one"
    )]
    OtherTool,
    /// Cursor of another account.
    #[error(
        "next_cursor belongs to another account: omit it to begin with the first page of this one"
    )]
    OtherAccount,
    /// Cursor of a call with other arguments.
    #[error(
        "next_cursor belongs to other arguments: pass the same arguments as in the call that returned it (limit and fields may change), or omit it to begin with the first page"
    )]
    OtherArguments,
}

impl Scope {
    /// Creates the scope of a call. `arguments` must be the same text whenever the list is the same.
    pub(crate) fn new(tool: &str, account: &str, arguments: &str) -> Self {
        let mut bytes = [0; 16];
        bytes[..4].copy_from_slice(&hash::<4>("tool", tool.as_bytes()));
        bytes[4..8].copy_from_slice(&hash::<4>("account", account.as_bytes()));
        bytes[8..].copy_from_slice(&hash::<8>("arguments", arguments.as_bytes()));
        Self(bytes)
    }

    /// Returns the cursor of a position.
    pub(crate) fn write(&self, position: &ListPosition) -> String {
        let mut bytes = vec![VERSION];
        match position {
            ListPosition::Offset(offset) => {
                bytes.push(OFFSET);
                bytes.extend(digits(*offset));
            }
            ListPosition::Native { token, skip } => {
                bytes.push(NATIVE);
                bytes.extend(counted(*skip));
                bytes.extend(token.as_bytes());
            }
            ListPosition::Numbered { at, size } => {
                bytes.push(NUMBERED);
                bytes.extend(counted(u64::from(*size)));
                bytes.extend(digits(*at));
            }
        }
        self.seal(bytes)
    }

    /// Returns the cursor of these bytes, which need not be a position.
    #[cfg(any(test, feature = "fuzzing"))]
    pub(crate) fn sealed(&self, bytes: &[u8]) -> String {
        self.seal([&[VERSION], bytes].concat())
    }

    /// Appends the scope and the checksum.
    fn seal(&self, mut bytes: Vec<u8>) -> String {
        bytes.extend(self.0);
        let sum: [u8; SUM] = hash("cursor", &bytes);
        bytes.extend(sum);
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// Returns the position of a cursor that was written in this scope.
    pub(crate) fn read(&self, cursor: &str) -> Result<ListPosition, CursorError> {
        let bytes = URL_SAFE_NO_PAD
            .decode(cursor)
            .map_err(|_| CursorError::Damaged)?;
        let (body, sum) = bytes
            .split_last_chunk::<SUM>()
            .ok_or(CursorError::Damaged)?;
        if hash::<SUM>("cursor", body) != *sum {
            return Err(CursorError::Damaged);
        }
        let [VERSION, kind, rest @ ..] = body else {
            return Err(CursorError::Version);
        };
        let (position, scope) = rest.split_last_chunk::<16>().ok_or(CursorError::Version)?;
        for (part, error) in [
            (0..4, CursorError::OtherTool),
            (4..8, CursorError::OtherAccount),
            (8..16, CursorError::OtherArguments),
        ] {
            if scope[part.clone()] != self.0[part] {
                return Err(error);
            }
        }
        position_of(*kind, position).ok_or(CursorError::Version)
    }
}

fn position_of(kind: u8, bytes: &[u8]) -> Option<ListPosition> {
    match kind {
        OFFSET => number(bytes).map(ListPosition::Offset),
        NATIVE => {
            let (skip, token) = counted_first(bytes)?;
            Some(ListPosition::Native {
                token: core::str::from_utf8(token).ok()?.to_owned(),
                skip,
            })
        }
        NUMBERED => {
            let (size, at) = counted_first(bytes)?;
            Some(ListPosition::Numbered {
                at: number(at)?,
                size: u32::try_from(size).ok()?,
            })
        }
        _ => None,
    }
}

/// Encodes a number with its length before it.
fn counted(number: u64) -> Vec<u8> {
    let mut bytes = digits(number);
    // The length is at most 8.
    bytes.insert(0, u8::try_from(bytes.len()).unwrap_or_default());
    bytes
}

/// Decodes a number with its length before it, and returns the number and the remaining bytes.
fn counted_first(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let (length, rest) = bytes.split_first()?;
    let (digits, rest) = rest.split_at_checked(usize::from(*length))?;
    Some((number(digits)?, rest))
}

/// Encodes a number without leading zeros, so that the usual cursor is short.
fn digits(number: u64) -> Vec<u8> {
    let bytes = number.to_be_bytes();
    bytes.into_iter().skip_while(|byte| *byte == 0).collect()
}

fn number(digits: &[u8]) -> Option<u64> {
    let add = |number, byte: &u8| number << 8 | u64::from(*byte);
    (digits.len() <= 8).then(|| digits.iter().fold(0, add))
}

/// Returns the first bytes of a SHA-256 hash. The domain separates hashes for different uses.
fn hash<const N: usize>(domain: &str, bytes: &[u8]) -> [u8; N] {
    let digest = Sha256::new()
        .chain_update(domain)
        .chain_update([0])
        .chain_update(bytes)
        .finalize();
    let mut start = [0; N];
    start.copy_from_slice(&digest[..N]);
    start
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_cursor_contains_its_position() {
        let scope = Scope::new("list_things", "https://a.example", r#"{"name":"x"}"#);
        for offset in [0, 1, 99, 255, 256, 65_536, u64::from(u32::MAX), u64::MAX] {
            let cursor = scope.write(&ListPosition::Offset(offset));
            assert_eq!(scope.read(&cursor), Ok(ListPosition::Offset(offset)));
            assert!(cursor.len() <= 46, "{cursor}");
            assert!(
                cursor
                    .chars()
                    .all(|char| char.is_ascii_alphanumeric() || char == '-' || char == '_')
            );
        }
    }

    #[test]
    fn a_cursor_of_the_server_is_kept_unchanged() {
        let scope = Scope::new("list_things", "a", "{}");
        for token in ["", "kQM", "~kQM", "é=/+ \n"] {
            for skip in [0, 1, 99, 65_536, u64::MAX] {
                let position = ListPosition::Native {
                    token: token.to_owned(),
                    skip,
                };
                assert_eq!(scope.read(&scope.write(&position)), Ok(position));
            }
        }
    }

    #[test]
    fn every_change_of_a_character_is_detected() {
        let scope = Scope::new("list_things", "a", "{}");
        let cursor = scope.write(&ListPosition::Offset(12_345));
        let alphabet: Vec<char> = ('!'..='~').chain(['é', ' ', '\n']).collect();
        for at in 0..cursor.len() {
            for char in &alphabet {
                let mut chars: Vec<char> = cursor.chars().collect();
                if chars[at] == *char {
                    continue;
                }
                chars[at] = *char;
                let changed: String = chars.iter().collect();
                assert_eq!(scope.read(&changed), Err(CursorError::Damaged), "{changed}");
            }
            let mut shorter = cursor.clone();
            shorter.remove(at);
            assert_eq!(scope.read(&shorter), Err(CursorError::Damaged), "{shorter}");
            let mut longer = cursor.clone();
            longer.insert(at, 'A');
            assert_eq!(scope.read(&longer), Err(CursorError::Damaged), "{longer}");
        }
    }

    #[test]
    fn garbage_is_damaged() {
        let scope = Scope::new("list_things", "a", "{}");
        for garbage in ["", "0", "null", "AAAA", "é", "====", "AQ==", "../..", "100"] {
            assert_eq!(scope.read(garbage), Err(CursorError::Damaged), "{garbage}");
        }
        let padded = scope.write(&ListPosition::Offset(7)) + "=";
        assert_eq!(scope.read(&padded), Err(CursorError::Damaged));
    }

    #[test]
    fn a_foreign_cursor_is_rejected_with_the_reason() {
        let ours = Scope::new("list_things", "a", r#"{"name":"x"}"#);
        let rows = [
            (
                ("list_others", "a", r#"{"name":"x"}"#),
                CursorError::OtherTool,
            ),
            (
                ("list_things", "b", r#"{"name":"x"}"#),
                CursorError::OtherAccount,
            ),
            (
                ("list_things", "a", r#"{"name":"y"}"#),
                CursorError::OtherArguments,
            ),
            (("list_things", "a", "{}"), CursorError::OtherArguments),
        ];
        for ((tool, account, arguments), expected) in rows {
            let cursor = Scope::new(tool, account, arguments).write(&ListPosition::Offset(5));
            assert_eq!(ours.read(&cursor), Err(expected));
        }
    }

    #[test]
    fn a_cursor_of_another_version_is_rejected() {
        let scope = Scope::new("list_things", "a", "{}");
        for (version, kind) in [(2, OFFSET), (VERSION, 9)] {
            let mut bytes = vec![version, kind];
            bytes.extend(scope.0);
            let sum: [u8; SUM] = hash("cursor", &bytes);
            bytes.extend(sum);
            assert_eq!(
                scope.read(&URL_SAFE_NO_PAD.encode(bytes)),
                Err(CursorError::Version)
            );
        }
    }
}
