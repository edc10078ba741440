//! `excluded.yaml`: operations that do not become tools, with the reasons.

use crate::entry::read_list;
use crate::reader::{Located, Reader};
use crate::yaml::Node;

/// Operations of a document that are excluded for the same reason.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Exclusion {
    pub(crate) document: Located<String>,
    /// Ids or patterns with `*`.
    pub(crate) operations: Vec<Located<String>>,
    pub(crate) reason: String,
}

/// Reads the file.
pub(crate) fn read(r: &mut Reader<'_>, node: &Node) -> Vec<Exclusion> {
    read_list(r, node, "excluded", "an exclusion", &[], |map| Exclusion {
        document: map.required("document"),
        operations: map.expected("operations").unwrap_or_default(),
        // An exclusion without a reason still applies, so that the missing reason is the only error.
        reason: map.expected("reason").unwrap_or_default(),
    })
}
