//! Checks the hash chains of the audit log: that no entry was changed, removed, reordered or added by somebody without the key, and that no end of a chain and no chain is missing.

use std::collections::{BTreeMap, BTreeSet};

use crate::store::Store;
use crate::store::audit_read::{CheckpointRow, EntryReader};
use crate::store::chain::{ChainKey, EntryHash, StatedHead, Statement, digest, hex};
use crate::store::rows::EntryRow;
use crate::vault::{KeyPurpose, Vault};

/// Maximum number of findings that are kept.
const MOST_FINDINGS: usize = 100;

/// Result of a check of the audit log.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditCheck {
    /// Number of entries.
    pub entries: u64,
    /// Number of chains.
    pub chains: u64,
    /// Findings; the first one concerns the first bad entry.
    pub findings: Vec<AuditFinding>,
    /// Statements of genuine checkpoints about the purged entries of chains that still have entries.
    pub(crate) purged: BTreeMap<String, StatedHead>,
}

/// Evidence that the audit log was changed outside of the gateway.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditFinding {
    /// Number of the entry in the audit log, or of the entry after those that are missing; `i64::MAX` if no entry follows.
    pub number: i64,
    /// Chain.
    pub chain: String,
    /// Number of the entry in its chain.
    pub sequence: i64,
    /// Description of the evidence.
    pub what: String,
}

impl std::fmt::Display for AuditFinding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            number,
            chain,
            sequence,
            what,
        } = self;
        match *number {
            i64::MAX => write!(f, "entry {sequence} of {chain}: {what}"),
            number => write!(f, "record {number} (entry {sequence} of {chain}): {what}"),
        }
    }
}

/// Checks the audit log. `heads` are chains with a hash that they must contain, in hexadecimal digits.
pub(crate) async fn check(
    store: &Store,
    vault: &Vault,
    heads: &[(String, String)],
) -> sqlx::Result<AuditCheck> {
    let mut checker = Checker::new(vault, heads);
    store.read_entries(&mut checker).await?;
    Ok(checker.finish())
}

/// Statement of a trusted checkpoint about an entry.
#[derive(Debug, Clone)]
struct Stated {
    hash: String,
    /// Chain of the checkpoint.
    by: String,
}

struct Checker<'a> {
    vault: &'a Vault,
    keys: BTreeMap<String, Option<ChainKey>>,
    /// Stated entries by chain and sequence.
    stated: BTreeMap<String, BTreeMap<i64, Vec<Stated>>>,
    /// Last purged entry of each chain, with its hash.
    purged: BTreeMap<String, (i64, String)>,
    /// Hashes that chains must contain and that were not found yet.
    heads: BTreeSet<(String, String)>,
    current: Option<Progress>,
    seen: BTreeSet<String>,
    check: AuditCheck,
}

/// Chain that is being read.
struct Progress {
    chain: String,
    number: i64,
    sequence: i64,
    hash: EntryHash,
    /// Last entry that no known key has signed, as number and sequence.
    unsigned: Option<(i64, i64)>,
}

impl<'a> Checker<'a> {
    fn new(vault: &'a Vault, heads: &[(String, String)]) -> Self {
        Self {
            vault,
            keys: BTreeMap::new(),
            stated: BTreeMap::new(),
            purged: BTreeMap::new(),
            heads: heads.iter().cloned().collect(),
            current: None,
            seen: BTreeSet::new(),
            check: AuditCheck::default(),
        }
    }

    /// Returns whether the key of the entry signed its hash; `None` if the key is not known.
    fn is_signed(&mut self, entry: &EntryRow) -> Option<bool> {
        let vault = self.vault;
        let key = self.keys.entry(entry.key_id.clone()).or_insert_with(|| {
            let derived = vault.derived_from(&entry.key_id, KeyPurpose::AuditChain)?;
            Some(ChainKey::new(&entry.key_id, &derived))
        });
        let hash = EntryHash::try_from(entry.hash.as_slice()).unwrap_or_default();
        Some(key.as_ref()?.has_signed(&hash, &entry.signature))
    }

    /// Adds the statements of a checkpoint if it is genuine. Returns `false` if that cannot be decided yet.
    fn trust(&mut self, checkpoint: &CheckpointRow) -> bool {
        let entry = &checkpoint.entry;
        let text = entry.record.statement.as_deref().unwrap_or_default();
        let (Ok(statement), Some(true)) = (
            serde_json::from_str::<Statement>(text),
            self.is_signed(entry),
        ) else {
            return false;
        };
        let own = statement.purged.get(&entry.chain);
        let own = own.map(|head| (head.sequence, head.hash.clone()));
        let before = entry.sequence - 1;
        let purged = [own.as_ref(), self.purged.get(&entry.chain)];
        let purged = purged.into_iter().flatten();
        let previous: Vec<EntryHash> = purged
            .filter(|(sequence, _)| *sequence == before)
            .filter_map(|(_, hash)| bytes(hash))
            .chain(
                checkpoint
                    .previous
                    .clone()
                    .and_then(|it| it.try_into().ok()),
            )
            .chain((before == 0).then(EntryHash::default))
            .collect();
        let is_genuine = previous.iter().any(|previous| {
            digest(
                previous,
                &entry.chain,
                entry.sequence,
                &entry.key_id,
                &entry.record,
            )[..]
                == entry.hash
        });
        if is_genuine {
            for (chain, head) in statement.heads {
                let stated = self.stated.entry(chain).or_default();
                stated.entry(head.sequence).or_default().push(Stated {
                    hash: head.hash,
                    by: entry.chain.clone(),
                });
            }
            for (chain, head) in statement.purged {
                let last = self.purged.entry(chain).or_default();
                if last.0 < head.sequence {
                    *last = (head.sequence, head.hash);
                }
            }
        }
        is_genuine
    }

    fn find(&mut self, number: i64, chain: &str, sequence: i64, what: impl Into<String>) {
        if self.check.findings.len() < MOST_FINDINGS {
            self.check.findings.push(AuditFinding {
                number,
                chain: chain.to_owned(),
                sequence,
                what: what.into(),
            });
        }
    }

    /// Begins a chain with its first entry. Returns `None` if the hash before it is not known.
    fn begin(&mut self, entry: &EntryRow) -> Option<EntryHash> {
        let (purged, hash) = self.purged.get(&entry.chain).cloned().unwrap_or_default();
        let before = entry.sequence - 1;
        if before > purged {
            let what = missing(purged + 1, before);
            self.find(entry.number, &entry.chain, entry.sequence, what);
            return None;
        }
        if before < purged {
            self.find(
                entry.number,
                &entry.chain,
                entry.sequence,
                "was added after it had been purged",
            );
            return (before == 0).then(EntryHash::default);
        }
        match before {
            0 => Some(EntryHash::default()),
            _ => bytes(&hash),
        }
    }

    fn end(&mut self) {
        let Some(Progress {
            chain,
            sequence,
            unsigned,
            ..
        }) = self.current.take()
        else {
            return;
        };
        let stated = self.stated.remove(&chain).unwrap_or_default();
        let last = stated.keys().next_back().copied().unwrap_or_default();
        if last > sequence {
            let what = format!(
                "{}: the end of the chain was cut off",
                missing(sequence + 1, last)
            );
            self.find(i64::MAX, &chain, sequence + 1, what);
        }
        if let Some((number, unsigned)) = unsigned.filter(|(_, sequence)| *sequence > last) {
            self.find(
                number,
                &chain,
                unsigned,
                "is signed with a key that was not given; give it with --old-key-file",
            );
        }
        self.seen.insert(chain);
    }

    fn finish(mut self) -> AuditCheck {
        self.end();
        for (chain, stated) in std::mem::take(&mut self.stated) {
            let purged = self.purged.get(&chain).map_or(0, |(sequence, _)| *sequence);
            let last = stated.last_key_value();
            if let Some((&sequence, by)) = last.filter(|(sequence, _)| **sequence > purged) {
                let by = by.first().map(|it| it.by.clone()).unwrap_or_default();
                let what = format!("the chain was removed; {by} states that it existed");
                self.find(i64::MAX, &chain, sequence, what);
            }
        }
        for (chain, hash) in std::mem::take(&mut self.heads) {
            let is_purged = self
                .purged
                .get(&chain)
                .is_some_and(|(_, last)| *last == hash);
            let what = match self.seen.contains(&chain) {
                _ if is_purged => continue,
                true => "the end of the chain was cut off",
                false => "the chain was removed",
            };
            let what = format!("the entry with the hash {hash} is missing: {what}");
            self.find(i64::MAX, &chain, 0, what);
        }
        for (chain, (sequence, hash)) in self.purged {
            if self.seen.contains(&chain) {
                let head = StatedHead { sequence, hash };
                self.check.purged.insert(chain, head);
            }
        }
        self.check.findings.sort_by_key(|finding| finding.number);
        self.check
    }
}

impl EntryReader for Checker<'_> {
    fn checkpoints(&mut self, checkpoints: Vec<CheckpointRow>) {
        // Whether a checkpoint is genuine can depend on another one, which states the hash before it.
        let mut open = checkpoints;
        loop {
            let count = open.len();
            open.retain(|checkpoint| !self.trust(checkpoint));
            if open.len() == count {
                return;
            }
        }
    }

    fn entry(&mut self, entry: EntryRow) {
        self.check.entries += 1;
        let is_next = |current: &&Progress| current.chain == entry.chain;
        let (previous, unsigned) = match self.current.as_ref().filter(is_next) {
            Some(current) => {
                let (hash, unsigned) = (current.hash, current.unsigned);
                let (number, expected) = (current.number, current.sequence + 1);
                if entry.number <= number {
                    self.find(entry.number, &entry.chain, entry.sequence, "was reordered");
                }
                if entry.sequence == expected {
                    (Some(hash), unsigned)
                } else {
                    let what = missing(expected, entry.sequence - 1);
                    self.find(entry.number, &entry.chain, entry.sequence, what);
                    (None, unsigned)
                }
            }
            None => {
                self.end();
                self.check.chains += 1;
                (self.begin(&entry), None)
            }
        };
        let EntryRow {
            number,
            chain,
            sequence,
            key_id,
            record,
            ..
        } = &entry;
        let hash = EntryHash::try_from(entry.hash.as_slice()).unwrap_or_default();
        let is_changed = previous
            .is_some_and(|previous| digest(&previous, chain, *sequence, key_id, record) != hash);
        let signed = self.is_signed(&entry);
        if is_changed {
            self.find(
                *number,
                chain,
                *sequence,
                "was changed, or an entry before it",
            );
        } else if signed == Some(false) {
            self.find(
                *number,
                chain,
                *sequence,
                "is not signed with the key of the gateway",
            );
        }
        let stated = self
            .stated
            .get(chain)
            .and_then(|stated| stated.get(sequence));
        let mut other = stated.into_iter().flatten();
        let other = other
            .find(|stated| stated.hash != hex(&entry.hash))
            .cloned();
        if let Some(stated) = other {
            let what = format!("was replaced; {} states another hash", stated.by);
            self.find(*number, chain, *sequence, what);
        }
        if !self.heads.is_empty() {
            self.heads.remove(&(chain.clone(), hex(&entry.hash)));
        }
        let unsigned = match signed {
            None => Some((*number, *sequence)),
            Some(_) => unsigned,
        };
        self.current = Some(Progress {
            number: *number,
            sequence: *sequence,
            hash,
            unsigned,
            chain: entry.chain,
        });
    }
}

fn missing(first: i64, last: i64) -> String {
    match first == last {
        true => format!("entry {first} is missing"),
        false => format!("entries {first} to {last} are missing"),
    }
}

/// Reads a hash from hexadecimal digits.
fn bytes(hex: &str) -> Option<EntryHash> {
    let mut hash = EntryHash::default();
    if hex.len() != 2 * hash.len() || !hex.is_ascii() {
        return None;
    }
    for (index, byte) in hash.iter_mut().enumerate() {
        *byte = u8::from_str_radix(hex.get(2 * index..2 * index + 2)?, 16).ok()?;
    }
    Some(hash)
}
