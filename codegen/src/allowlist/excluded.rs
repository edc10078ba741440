//! `excluded.yaml`: operations that do not become tools, with the reasons.

use crate::entry::{Entry, Map, list_file};
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
    list_file(r, node, "excluded")
}

impl Entry for Exclusion {
    const NAME: &'static str = "an exclusion";

    fn read(map: &mut Map<'_, '_>) -> Self {
        Self {
            document: map.required("document"),
            operations: map.expected("operations").unwrap_or_default(),
            // An exclusion without a reason still applies, so that the missing reason is the only error.
            reason: map.expected("reason").unwrap_or_default(),
        }
    }
}
