//! Corrections of documents that say something else than their server does.
//!
//! They are data, not code: each names the document and the value as it is published, so that a correction is noticed as soon as a new document no longer needs it.

use serde_json::Value;

/// A value of a document that is wrong, and what it has to be.
#[derive(Debug, Clone, PartialEq)]
pub struct Correction {
    /// File with the correction.
    pub source: String,
    /// Line of its entry.
    pub line: usize,
    /// Name of the document.
    pub document: String,
    /// JSON pointer of the value.
    pub pointer: String,
    /// The value as published; `None` if there must be none.
    pub expect: Option<Value>,
    /// What it has to be.
    pub change: Change,
    /// What the server does.
    pub reason: String,
    /// Where this can be seen.
    pub link: String,
}

/// What becomes of a wrong value.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// It is replaced or added.
    Set(Value),
    /// It is removed.
    Remove,
    /// Its key is replaced; its place among the other keys is kept.
    Rename(String),
}
