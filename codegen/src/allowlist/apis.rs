//! `apis.yaml`: the APIs, their documents and their properties.

use std::collections::BTreeSet;

use crate::catalog::{ErrorShapes, Pagination, ParameterStyle, Parts, SignIn, VersionProbe};
use crate::diagnostic::{ReadDiagnostic, nearest};
use crate::entry::{Map, TextRules, read_entry};
use crate::reader::{Located, Reader};
use crate::yaml::Node;

use super::documents::{self, DocumentEntry, document};
use super::errors::errors;
use super::pagination::pagination;
use super::rules::{MODULE_NAME, PAGE_LOCATION, PATH, POINTER, STYLE, TOOL_PATTERN, VERB_PATTERN};
use super::sign_in::sign_in;

/// Methods that have their own pattern for tool names.
pub(crate) const METHODS: [&str; 5] = ["list", "get", "create", "update", "delete"];

/// Keys of `names`, with the conditions that their patterns must meet.
const NAMES: TextRules = &[
    ("list", TOOL_PATTERN),
    ("get", TOOL_PATTERN),
    ("create", TOOL_PATTERN),
    ("update", TOOL_PATTERN),
    ("delete", TOOL_PATTERN),
    ("other", VERB_PATTERN),
];

/// Content of `apis.yaml`.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Apis {
    /// Pattern of tool names for each method; `other` is the pattern for other verbs.
    names: Vec<(&'static str, String)>,
    pub(crate) documents: Vec<DocumentEntry>,
    pub(crate) apis: Vec<ApiEntry>,
}

/// Entry of an API.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ApiEntry {
    pub(crate) name: Located<String>,
    pub(crate) title: String,
    pub(crate) documents: Vec<Located<String>>,
    /// Version probe. The path is empty if upstreams do not report their version.
    pub(crate) version: VersionProbe,
    has_version: bool,
    pub(crate) sign_in: SignIn,
    /// Pagination styles. An operation uses the first one whose parameters it has.
    pub(crate) pagination: Vec<Pagination>,
    pub(crate) mask: Option<MaskRule>,
    /// Continuation of logs that are returned in parts.
    pub(crate) logs: Option<Parts>,
    pub(crate) errors: ErrorShapes,
}

/// Query parameter that names the body fields to write.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct MaskRule {
    pub(crate) parameter: String,
    /// Serialization of several names if the parameter is a string.
    pub(crate) style: ParameterStyle,
}

impl Apis {
    /// Returns the name of a tool.
    pub(crate) fn tool_name(&self, method: &str, resource: &str) -> String {
        let is_own = |known: &&&str| **known == method;
        let key = METHODS.iter().find(is_own).unwrap_or(&"other");
        let pattern = self.names.iter().find(|(name, _)| name == key);
        let pattern = pattern.map_or("{verb}_{resource}", |(_, pattern)| pattern.as_str());
        let name = pattern.replace("{verb}", method);
        name.replace("{resource}", resource)
    }

    /// Returns the API that contains a document.
    pub(crate) fn api_of(&self, document: &str) -> Option<&ApiEntry> {
        let has = |api: &&ApiEntry| api.documents.iter().any(|found| found.value == document);
        self.apis.iter().find(has)
    }

    /// Returns whether an upstream has at most one of two documents.
    pub(crate) fn exclude_each_other(&self, one: &str, other: &str) -> bool {
        let original = |name| {
            let entry: Option<&DocumentEntry> = self.document(name);
            let original = entry.and_then(|entry| entry.alternative_to.as_ref());
            original.map_or(name, |original| original.value.as_str())
        };
        one != other && original(one) == original(other)
    }

    /// Returns the document with this name.
    pub(crate) fn document(&self, name: &str) -> Option<&DocumentEntry> {
        self.documents.iter().find(|entry| entry.name.value == name)
    }

    fn document_names(&self) -> impl Iterator<Item = &Located<String>> {
        self.documents.iter().map(|entry| &entry.name)
    }
}

/// Reads the file.
pub(crate) fn read(r: &mut Reader<'_>, node: &Node) -> Apis {
    let read = |map: &mut Map<'_, '_>| {
        map.expect("names");
        Apis {
            names: map
                .entry("names", "`names`", NAMES, names)
                .unwrap_or_default(),
            documents: map.entries("documents", "a document", documents::RULES, document),
            apis: map.entries("apis", "an API", &[], api),
        }
    };
    let mut apis = read_entry(r, node, "this file", &[], read).unwrap_or_default();
    check(r, &apis);
    // The second of two APIs with the same name was reported. It is removed, so that names are unique.
    let mut seen = BTreeSet::new();
    apis.apis.retain(|api| seen.insert(api.name.value.clone()));
    apis
}

fn names(map: &mut Map<'_, '_>) -> Vec<(&'static str, String)> {
    let keys = NAMES.iter().map(|(key, _)| *key);
    keys.filter_map(|key| Some((key, map.expected(key)?)))
        .collect()
}

/// Reads an API. The name suffices for further checks, since other missing keys are reported.
fn api(map: &mut Map<'_, '_>) -> ApiEntry {
    map.expect("sign_in");
    map.expect("errors");
    let title = map.expected("title").unwrap_or_default();
    // An API without `version` is assumed for every upstream that no earlier API recognises.
    let version_rules = &[("get", PATH), ("version", POINTER)];
    let version = map.entry("version", "`version`", version_rules, version);
    let mut version = version.unwrap_or_default();
    if version.product.is_empty() {
        version.product.clone_from(&title);
    }
    let sign_in = map.entry("sign_in", "`sign_in`", &[], sign_in);
    let error_rules = &[("detail", POINTER), ("title", POINTER)];
    let errors = map.entry("errors", "`errors`", error_rules, errors);
    ApiEntry {
        name: map.required("name"),
        title,
        documents: map.expected("documents").unwrap_or_default(),
        version,
        has_version: map.has("version") || map.has_similar("version"),
        sign_in: sign_in.unwrap_or(SignIn::Basic { session: None }),
        pagination: map.entries(
            "pagination",
            "an entry of `pagination`",
            &[("in", PAGE_LOCATION)],
            pagination,
        ),
        mask: map.entry("mask", "`mask`", &[("style", STYLE)], mask),
        logs: map.entry("logs", "`logs`", &[], logs),
        errors: errors.unwrap_or_default(),
    }
}

fn version(map: &mut Map<'_, '_>) -> VersionProbe {
    VersionProbe {
        path: map.required("get"),
        version: map.required("version"),
        product: map.optional("product").unwrap_or_default(),
    }
}

fn mask(map: &mut Map<'_, '_>) -> MaskRule {
    let style: Option<String> = map.expected("style");
    MaskRule {
        parameter: map.required("parameter"),
        // With an invalid `style`, the parameter must still be recognised as the mask.
        style: match style.as_deref() {
            Some("space") => ParameterStyle::Space,
            Some("pipe") => ParameterStyle::Pipe,
            _ => ParameterStyle::Comma,
        },
    }
}

fn logs(map: &mut Map<'_, '_>) -> Parts {
    Parts {
        parameter: map.required("parameter"),
        next: map.required("next"),
    }
}

/// Checks the entries against each other.
fn check(r: &mut Reader<'_>, read: &Apis) {
    let api_names = || read.apis.iter().map(|entry| &entry.name);
    for name in read.document_names().chain(api_names()) {
        MODULE_NAME.check(r, name.line, &name.value);
    }
    check_unique(r, "document", read.document_names());
    check_unique(r, "API", api_names());
    let of_apis = || read.apis.iter().flat_map(|api| &api.documents);
    for document in of_apis() {
        if read.document(&document.value).is_none() {
            let known = read.document_names().map(|name| name.value.as_str());
            let diagnostic = ReadDiagnostic::UnknownDocument {
                document: document.value.clone(),
                owner: "`documents`".to_owned(),
                nearest: nearest(&document.value, known),
            };
            r.error(document.line, diagnostic);
        }
    }
    check_unique(r, "document of an API", of_apis());
    for entry in read.apis.iter().rev().skip(1) {
        if !entry.has_version {
            let api = entry.name.value.clone();
            r.error(entry.name.line, ReadDiagnostic::MissingVersion { api });
        }
    }
    for name in read.document_names() {
        if !of_apis().any(|found| found.value == name.value) {
            let document = name.value.clone();
            r.error(name.line, ReadDiagnostic::UnusedDocument { document });
        }
    }
    check_alternatives(r, read);
}

/// Reports names that are used more than once.
fn check_unique<'n>(
    r: &mut Reader<'_>,
    kind: &'static str,
    names: impl Iterator<Item = &'n Located<String>>,
) {
    let mut seen: Vec<&Located<String>> = Vec::new();
    for name in names {
        let Some(first) = seen.iter().find(|other| other.value == name.value) else {
            seen.push(name);
            continue;
        };
        let diagnostic = ReadDiagnostic::DuplicateName {
            kind,
            name: name.value.clone(),
            first: format!("{}:{}", r.path, first.line),
        };
        r.error(name.line, diagnostic);
    }
}

/// Checks alternatives. An alternative and its original must belong to the same API, and each needs a probe, since an upstream may have either of them.
fn check_alternatives(r: &mut Reader<'_>, read: &Apis) {
    for entry in &read.documents {
        let Some(original) = &entry.alternative_to else {
            continue;
        };
        let api = read.api_of(&entry.name.value);
        // The original must come before its alternatives: its tools are listed until the upstream is asked.
        let known = api.into_iter().flat_map(|api| &api.documents);
        let before = known.take_while(|name| name.value != entry.name.value);
        let originals = before.filter_map(|name| read.document(&name.value));
        let originals = originals.filter(|entry| entry.alternative_to.is_none());
        let originals: Vec<&DocumentEntry> = originals.collect();
        let Some(found) = originals.iter().find(|it| it.name.value == original.value) else {
            let known = originals.iter().map(|entry| entry.name.value.as_str());
            let diagnostic = ReadDiagnostic::UnknownOriginal {
                document: entry.name.value.clone(),
                original: original.value.clone(),
                nearest: nearest(&original.value, known),
            };
            r.error(original.line, diagnostic);
            continue;
        };
        for entry in [entry, *found] {
            if entry.probe.is_none() {
                let document = entry.name.value.clone();
                r.error(entry.name.line, ReadDiagnostic::MissingProbe { document });
            }
        }
    }
}
