//! The documents in `apis.yaml`, including alternatives to other documents.

use crate::catalog::{DocumentProbe, Hint, SignIn, VersionSource};
use crate::entry::{Map, TextRules};
use crate::reader::Located;

use super::errors::hints;
use super::rules::{BASE_PATH, PATH, POINTER};
use super::sign_in::sign_in;

/// Entry of a document.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct DocumentEntry {
    pub(crate) name: Located<String>,
    pub(crate) source: Located<String>,
    /// Base path of the operations on an upstream, if the document does not contain it.
    pub(crate) base: Option<Located<String>>,
    /// Document to which this document is an alternative.
    pub(crate) alternative_to: Option<Located<String>>,
    pub(crate) probe: Option<DocumentProbe>,
    pub(crate) version: Option<VersionSource>,
    pub(crate) sign_in: Option<SignIn>,
    pub(crate) hints: Vec<Hint>,
    /// Beginnings of paragraphs that are removed from the descriptions of the document.
    pub(crate) boilerplate: Vec<Located<String>>,
}

/// Conditions that the texts of a document must meet.
pub(super) const RULES: TextRules = &[("base", BASE_PATH)];

/// Reads a document.
pub(super) fn document(map: &mut Map<'_, '_>) -> DocumentEntry {
    let version_rules = &[("get", PATH), ("items", POINTER)];
    DocumentEntry {
        name: map.required("name"),
        source: map.required("source"),
        base: map.optional("base"),
        alternative_to: map.optional("alternative_to"),
        probe: map.entry(
            "probe",
            "`probe`",
            &[("get", PATH), ("member", POINTER)],
            probe,
        ),
        version: map.entry("version", "`version`", version_rules, version),
        sign_in: map.entry("sign_in", "`sign_in`", &[], sign_in),
        hints: hints(map),
        boilerplate: map.list("boilerplate"),
    }
}

fn probe(map: &mut Map<'_, '_>) -> DocumentProbe {
    DocumentProbe {
        path: map.required("get"),
        member: map.required("member"),
        component: map.required("component"),
    }
}

fn version(map: &mut Map<'_, '_>) -> VersionSource {
    VersionSource {
        path: map.required("get"),
        items: map.required("items"),
        name: map.required("name"),
        component: map.required("component"),
        version: map.required("version"),
        product: map.required("product"),
    }
}
