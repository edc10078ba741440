//! The documents in `apis.yaml`, including alternatives to other documents.

use crate::catalog::{DocumentProbe, Hint, SignIn, VersionSource};
use crate::diagnostic::{Diagnostic, nearest};
use crate::reader::{At, Reader};
use crate::yaml::Node;

use super::apis::{Apis, hints, path, pointer};
use super::sign_in;

/// Entry of a document.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct DocumentEntry {
    pub(crate) name: At<String>,
    pub(crate) source: At<String>,
    /// Base path of the operations on an upstream, if the document does not contain it.
    pub(crate) base: Option<At<String>>,
    /// Document to which this document is an alternative.
    pub(crate) instead_of: Option<At<String>>,
    pub(crate) probe: Option<DocumentProbe>,
    pub(crate) version: Option<VersionSource>,
    pub(crate) sign_in: Option<SignIn>,
    pub(crate) hints: Vec<Hint>,
    /// Beginnings of paragraphs that are removed from the descriptions of the document.
    pub(crate) boilerplate: Vec<At<String>>,
}

/// Keys of an entry.
pub(super) const KEYS: [&str; 9] = [
    "name",
    "source",
    "base",
    "instead_of",
    "probe",
    "version",
    "sign_in",
    "hints",
    "boilerplate",
];

/// Reads an entry.
pub(super) fn read(r: &mut Reader<'_>, node: &Node) -> Option<DocumentEntry> {
    let map = r.map(node, "a document", &KEYS)?;
    let name = r.text(&map, "name");
    let source = r.text(&map, "source");
    let base = map.get("base").and_then(|node| base(r, node));
    let instead_of = r.text_if(&map, "instead_of");
    let boilerplate = r.texts(&map, "boilerplate");
    let probe = map.get("probe").and_then(|node| probe(r, node));
    let version = map.get("version").and_then(|node| version(r, node));
    let sign_in = map.get("sign_in").and_then(|node| sign_in::read(r, node));
    let hints = hints(r, &map);
    Some(DocumentEntry {
        name: name?,
        source: source?,
        base,
        instead_of,
        probe,
        version,
        sign_in,
        hints,
        boilerplate,
    })
}

fn probe(r: &mut Reader<'_>, node: &Node) -> Option<DocumentProbe> {
    let map = r.map(node, "`probe`", &["get", "has", "what"])?;
    let (path, has, what) = (
        path(r, &map, "get"),
        pointer(r, &map, "has"),
        r.text(&map, "what"),
    );
    Some(DocumentProbe {
        path: path?,
        has: has?,
        what: what?.value,
    })
}

fn version(r: &mut Reader<'_>, node: &Node) -> Option<VersionSource> {
    let keys = ["get", "items", "name", "is", "at", "of"];
    let map = r.map(node, "`version`", &keys)?;
    let (path, items) = (path(r, &map, "get"), pointer(r, &map, "items"));
    let [name, component, version, product] =
        ["name", "is", "at", "of"].map(|key| r.text(&map, key));
    Some(VersionSource {
        path: path?,
        items: items?,
        name: name?.value,
        component: component?.value,
        version: version?.value,
        product: product?.value,
    })
}

/// Reads a base path. Paths begin with `/` themselves, so that the base path must not end with it.
fn base(r: &mut Reader<'_>, node: &Node) -> Option<At<String>> {
    let base = r.text_of(node, "base")?;
    if !base.value.starts_with('/') || base.value.ends_with('/') {
        let what = format!("`{}`", base.value);
        let expected = "no beginning of paths, which begins with `/` and does not end with it";
        r.error(base.line, Diagnostic::WrongKind { what, expected });
        return None;
    }
    Some(base)
}

/// Checks alternatives. An alternative and its original must belong to the same API, and each needs a probe, since an upstream may have either of them.
pub(super) fn check(r: &mut Reader<'_>, read: &Apis) {
    for entry in &read.documents {
        let Some(instead_of) = &entry.instead_of else {
            continue;
        };
        let api = read.api_of(&entry.name.value);
        // The original must come before its alternatives: its tools are listed until the upstream is asked.
        let known = api.into_iter().flat_map(|api| &api.documents);
        let before = known.take_while(|name| name.value != entry.name.value);
        let before: Vec<_> = before
            .filter_map(|name| read.document(&name.value))
            .filter(|entry| entry.instead_of.is_none())
            .map(|entry| entry.name.value.as_str())
            .collect();
        if !before.contains(&instead_of.value.as_str()) {
            let diagnostic = Diagnostic::NoSuchOriginal {
                document: entry.name.value.clone(),
                original: instead_of.value.clone(),
                nearest: nearest(&instead_of.value, before),
            };
            r.error(instead_of.line, diagnostic);
            continue;
        }
        let original = read.document(&instead_of.value);
        for entry in [Some(entry), original].into_iter().flatten() {
            if entry.probe.is_none() {
                let document = entry.name.value.clone();
                r.error(entry.name.line, Diagnostic::AlwaysThere { document });
            }
        }
    }
}
