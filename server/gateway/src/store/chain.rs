//! EntryHash chain of the audit log. Each process of a gateway writes one chain: the hash of an entry covers the entry and the previous hash, and a key that is not in the store signs the hash. A check notices entries that were changed, removed or reordered without the key, also after the key was changed, because later chains state the hashes of earlier ones.

use std::collections::BTreeMap;

use ring::hmac;
use serde::{Deserialize, Serialize};

use super::rows::NewAudit;

/// SHA-256 of an entry and of all entries before it in its chain.
pub(crate) type EntryHash = [u8; 32];

/// Name of the chain with the records of versions that did not write chains.
pub(crate) const EARLIER: &str = "earlier";

/// Maximum number of commits that do not wait for the disk, one after another.
const MOST_RETURNS: usize = 256;

/// Key that signs the hashes of a chain.
#[derive(Debug, Clone)]
pub(crate) struct ChainKey {
    id: String,
    key: hmac::Key,
}

impl ChainKey {
    /// Creates the key that is derived from the main key with this id.
    pub(crate) fn new(id: &str, derived: &[u8]) -> Self {
        Self {
            id: id.to_owned(),
            key: hmac::Key::new(hmac::HMAC_SHA256, derived),
        }
    }

    fn sign(&self, hash: &EntryHash) -> Vec<u8> {
        hmac::sign(&self.key, hash).as_ref().to_vec()
    }

    /// Returns whether this key signed the hash.
    pub(crate) fn has_signed(&self, hash: &EntryHash, signature: &[u8]) -> bool {
        hmac::verify(&self.key, hash, signature).is_ok()
    }
}

/// Entry of a chain, with its number in the chain and its hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Head {
    pub(crate) sequence: i64,
    pub(crate) hash: EntryHash,
}

impl Head {
    /// Position before the first entry.
    pub(crate) const START: Self = Self {
        sequence: 0,
        hash: [0; 32],
    };
}

/// Entry that can be written.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) head: Head,
    pub(crate) signature: Vec<u8>,
    pub(crate) record: NewAudit,
}

/// Chain of this process.
#[derive(Debug)]
pub(crate) struct Chain {
    pub(crate) id: String,
    key: ChainKey,
    head: Head,
    /// Ends of the chain after writes whose outcome is unknown, because the connection was lost or the time was up.
    attempts: Vec<Head>,
    /// Earlier ends of the chain to which a crash of the database can return, because nothing after them is on disk.
    returns: Vec<Head>,
}

impl Chain {
    /// Creates an empty chain.
    pub(crate) fn new(id: String, key: ChainKey) -> Self {
        Self {
            id,
            key,
            head: Head::START,
            attempts: Vec::new(),
            returns: Vec::new(),
        }
    }

    /// Returns the id of the key that signs the next entries.
    pub(crate) fn key_id(&self) -> &str {
        &self.key.id
    }

    /// Signs the next entries with another key.
    pub(crate) fn set_key(&mut self, key: ChainKey) {
        self.key = key;
    }

    /// Returns whether the end of the chain in the store is known.
    pub(crate) fn is_certain(&self) -> bool {
        self.attempts.is_empty()
    }

    /// Appends records to the chain. The entries count as written only after [`Self::confirm`].
    pub(crate) fn link(&mut self, records: Vec<NewAudit>) -> Vec<Entry> {
        let mut head = self.head;
        let mut entries = Vec::with_capacity(records.len());
        for record in records {
            let sequence = head.sequence + 1;
            let hash = digest(&head.hash, &self.id, sequence, &self.key.id, &record);
            head = Head { sequence, hash };
            entries.push(Entry {
                head,
                signature: self.key.sign(&hash),
                record,
            });
        }
        self.attempts.push(head);
        entries
    }

    /// Records that the entries of the last [`Self::link`] were committed, and whether the commit waited for the disk. Returns the end of the chain.
    pub(crate) fn confirm(&mut self, durable: bool) -> Head {
        match durable {
            true => self.returns.clear(),
            false => self.returns.push(self.head),
        }
        if let Some(head) = self.attempts.last() {
            self.head = *head;
        }
        self.attempts.clear();
        self.head
    }

    /// Returns whether the next commit must wait for the disk, so that the number of possible ends stays small.
    pub(crate) fn must_be_durable(&self) -> bool {
        self.returns.len() >= MOST_RETURNS
    }

    /// Continues after the last entry of this chain in the store; `None` if the store has no entry of the chain. Returns `false` if the store has another entry than those that this process wrote.
    pub(crate) fn settle(&mut self, last: Option<Head>) -> bool {
        let attempts = std::mem::take(&mut self.attempts);
        let Some(last) = last else {
            // Another gateway has purged the whole chain, or nothing was written yet.
            return true;
        };
        let is_own = self.head == last || attempts.contains(&last) || self.returns.contains(&last);
        match is_own {
            true => self.head = last,
            // The hash of this process remains the basis, so that a check of the log finds the changed entry.
            false => self.head.sequence = self.head.sequence.max(last.sequence),
        }
        is_own
    }
}

/// Returns the hash of an entry.
pub(crate) fn digest(
    previous: &EntryHash,
    chain: &str,
    sequence: i64,
    key_id: &str,
    record: &NewAudit,
) -> EntryHash {
    let mut bytes = Vec::with_capacity(512);
    bytes.extend_from_slice(previous);
    let texts = [
        Some(chain),
        Some(key_id),
        Some(&record.kind),
        record.call_id.as_deref(),
        Some(&record.actor),
        Some(&record.actor_name),
        record.client.as_deref(),
        Some(&record.action),
        record.account_id.as_deref(),
        record.server_id.as_deref(),
        record.tool.as_deref(),
        record.effect.as_deref(),
        Some(&record.outcome),
        record.target.as_deref(),
        record.fields.as_deref(),
        record.value_before.as_deref(),
        record.value_after.as_deref(),
        record.peer.as_deref(),
        record.request_id.as_deref(),
        record.trace_id.as_deref(),
        record.statement.as_deref(),
    ];
    // The length before each text keeps the border between two texts from being moved.
    for text in texts {
        let length = text.map_or(u64::MAX, |text| text.len() as u64);
        bytes.extend_from_slice(&length.to_be_bytes());
        bytes.extend_from_slice(text.unwrap_or_default().as_bytes());
    }
    let status = record.upstream_status.map_or(i64::MIN, i64::from);
    for number in [sequence, record.at, record.duration_ms, status] {
        bytes.extend_from_slice(&number.to_be_bytes());
    }
    let digest = ring::digest::digest(&ring::digest::SHA256, &bytes);
    let mut hash = EntryHash::default();
    hash.copy_from_slice(digest.as_ref());
    hash
}

/// Statement of a checkpoint about chains.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Statement {
    /// Last entries of other chains at the time of the checkpoint.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) heads: BTreeMap<String, StatedHead>,
    /// Last purged entries of chains. All entries before them were purged, too.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) purged: BTreeMap<String, StatedHead>,
}

/// Entry of a chain in a checkpoint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct StatedHead {
    pub(crate) sequence: i64,
    /// EntryHash in hexadecimal digits.
    pub(crate) hash: String,
}

impl StatedHead {
    pub(crate) fn new(sequence: i64, hash: &[u8]) -> Self {
        Self {
            sequence,
            hash: hex(hash),
        }
    }
}

impl Statement {
    /// Returns the text that a checkpoint contains.
    pub(crate) fn to_text(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// Returns bytes as hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests;
