//! `excluded.yaml`: operations that do not become tools, with the reasons.

use crate::reader::{At, Reader};
use crate::yaml::Node;

/// Operations of a document that are excluded for the same reason.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Exclusion {
    pub(crate) document: At<String>,
    /// Ids or patterns with `*`.
    pub(crate) operations: Vec<At<String>>,
    pub(crate) reason: String,
}

/// Reads the file.
pub(crate) fn read(r: &mut Reader<'_>, node: &Node) -> Vec<Exclusion> {
    let Some(map) = r.map(node, "this file", &["excluded"]) else {
        return Vec::new();
    };
    let entries = r.items(&map, "excluded");
    entries
        .iter()
        .filter_map(|node| exclusion(r, node))
        .collect()
}

fn exclusion(r: &mut Reader<'_>, node: &Node) -> Option<Exclusion> {
    let map = r.map(node, "an exclusion", &["document", "operations", "reason"])?;
    let document = r.text(&map, "document");
    let operations = r
        .needed(&map, "operations")
        .map(|node| r.items_of(node, "operations"));
    let operations = r.texts_of(operations.unwrap_or_default(), "operations");
    let reason = r.text(&map, "reason");
    // An exclusion without a reason still applies, so that the missing reason is the only error.
    Some(Exclusion {
        document: document?,
        operations,
        reason: reason.map(|reason| reason.value).unwrap_or_default(),
    })
}
