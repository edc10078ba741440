//! The documents in `apis.yaml`, including alternatives to other documents.

use crate::catalog::{DocumentProbe, Hint, SignIn, VersionSource};
use crate::entry::{Entry, Map};
use crate::reader::{Located, Rule};

use super::errors::hints;
use super::rules::{BASE_PATH, PATH, POINTER};

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

impl Entry for DocumentEntry {
    const NAME: &'static str = "a document";

    const RULES: &'static [(&'static str, Rule)] = &[("base", BASE_PATH)];

    fn read(map: &mut Map<'_, '_>) -> Self {
        Self {
            name: map.required("name"),
            source: map.required("source"),
            base: map.optional("base"),
            alternative_to: map.optional("alternative_to"),
            probe: map.optional("probe"),
            version: map.optional("version"),
            sign_in: map.optional("sign_in"),
            hints: hints(map),
            boilerplate: map.list("boilerplate"),
        }
    }
}

impl Entry for DocumentProbe {
    const NAME: &'static str = "`probe`";

    const RULES: &'static [(&'static str, Rule)] = &[("get", PATH), ("member", POINTER)];

    fn read(map: &mut Map<'_, '_>) -> Self {
        Self {
            path: map.required("get"),
            member: map.required("member"),
            component: map.required("component"),
        }
    }
}

impl Entry for VersionSource {
    const NAME: &'static str = "`version`";

    const RULES: &'static [(&'static str, Rule)] = &[("get", PATH), ("items", POINTER)];

    fn read(map: &mut Map<'_, '_>) -> Self {
        Self {
            path: map.required("get"),
            items: map.required("items"),
            name: map.required("name"),
            component: map.required("component"),
            version: map.required("version"),
            product: map.required("product"),
        }
    }
}
