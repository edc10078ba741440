//! `apis.yaml`: the APIs, their documents and their properties.

use std::collections::BTreeSet;

use crate::catalog::{ErrorShapes, Hint, Pagination, Parts, Separator, SignIn, VersionProbe};
use crate::diagnostic::Diagnostic;
use crate::reader::{At, Map, Reader};
use crate::yaml::Node;

use super::documents::{self, DocumentEntry};
use super::pages;
use super::sign_in::{self, sign};

/// Error codes that a hint can set.
const CODES: [&str; 14] = [
    "invalid_arguments",
    "unauthenticated",
    "forbidden",
    "not_found",
    "conflict",
    "rejected",
    "not_applied",
    "rate_limited",
    "upstream_error",
    "unreachable",
    "timeout",
    "unexpected_response",
    "cancelled",
    "internal",
];

/// Methods that have their own pattern for tool names.
pub(crate) const METHODS: [&str; 5] = ["list", "get", "create", "update", "delete"];

/// Content of `apis.yaml`.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Apis {
    /// Pattern of tool names for each method; `other` is the pattern for other verbs.
    pub(crate) names: Vec<(&'static str, String)>,
    pub(crate) documents: Vec<DocumentEntry>,
    pub(crate) apis: Vec<ApiEntry>,
}

/// Entry of an API.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ApiEntry {
    pub(crate) name: At<String>,
    pub(crate) title: String,
    pub(crate) documents: Vec<At<String>>,
    /// Version probe. The path is empty if upstreams do not report their version.
    pub(crate) version: VersionProbe,
    pub(crate) tells_version: bool,
    pub(crate) sign_in: SignIn,
    /// Pagination styles. An operation uses the first one whose parameters it has.
    pub(crate) pages: Vec<Pagination>,
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
    pub(crate) string: Separator,
}

impl Apis {
    /// Returns the name of a tool.
    pub(crate) fn tool_name(&self, method: &str, resource: &str) -> String {
        let kind = METHODS
            .iter()
            .find(|known| **known == method)
            .unwrap_or(&"other");
        let pattern = self.names.iter().find(|(name, _)| name == kind);
        pattern.map_or_else(
            || format!("{method}_{resource}"),
            |(_, pattern)| {
                pattern
                    .replace("{verb}", method)
                    .replace("{resource}", resource)
            },
        )
    }

    /// Returns the API that contains a document.
    pub(crate) fn api_of(&self, document: &str) -> Option<&ApiEntry> {
        self.apis
            .iter()
            .find(|api| api.documents.iter().any(|found| found.value == document))
    }

    /// Returns whether an upstream has at most one of two documents.
    pub(crate) fn exclude_each_other(&self, one: &str, other: &str) -> bool {
        let stands_for = |name| {
            let entry: Option<&DocumentEntry> = self.document(name);
            let instead = entry.and_then(|entry| entry.instead_of.as_ref());
            instead.map_or(name, |instead| instead.value.as_str())
        };
        one != other && stands_for(one) == stands_for(other)
    }

    /// Returns the document with this name.
    pub(crate) fn document(&self, name: &str) -> Option<&DocumentEntry> {
        self.documents.iter().find(|entry| entry.name.value == name)
    }
}

/// Reads the file.
pub(crate) fn read(r: &mut Reader<'_>, node: &Node) -> Apis {
    let Some(map) = r.map(node, "this file", &["names", "documents", "apis"]) else {
        return Apis::default();
    };
    let names = match r.needed(&map, "names") {
        Some(node) => names(r, node),
        None => Vec::new(),
    };
    let documents = r.items(&map, "documents");
    let documents: Vec<_> = documents
        .iter()
        .filter_map(|node| documents::read(r, node))
        .collect();
    let apis = r.items(&map, "apis");
    let apis: Vec<_> = apis.iter().filter_map(|node| api(r, node)).collect();
    let mut read = Apis {
        names,
        documents,
        apis,
    };
    check(r, &read);
    // The second of two APIs with the same name was reported. It is removed, so that names are unique.
    let mut seen = BTreeSet::new();
    read.apis.retain(|api| seen.insert(api.name.value.clone()));
    read
}

fn check(r: &mut Reader<'_>, read: &Apis) {
    let apis = read.apis.iter().map(|entry| &entry.name);
    for name in read.documents.iter().map(|entry| &entry.name).chain(apis) {
        is_module_name(r, name);
    }
    unique(
        r,
        "document",
        read.documents.iter().map(|entry| &entry.name),
    );
    unique(r, "API", read.apis.iter().map(|entry| &entry.name));
    for document in read.apis.iter().flat_map(|api| &api.documents) {
        if read.document(&document.value).is_none() {
            let known = read.documents.iter().map(|entry| entry.name.value.as_str());
            let diagnostic = Diagnostic::UnknownDocument {
                document: document.value.clone(),
                of: "`documents`".to_owned(),
                nearest: crate::diagnostic::nearest(&document.value, known),
            };
            r.error(document.line, diagnostic);
        }
    }
    let of_apis: Vec<_> = read.apis.iter().flat_map(|api| &api.documents).collect();
    unique(r, "document of an API", of_apis.iter().copied());
    let before_last = read.apis.split_last().map_or(&[][..], |(_, before)| before);
    for entry in before_last {
        if !entry.tells_version {
            let what = format!("API `{}`, which has no `version`,", entry.name.value);
            let expected = "not the last one: those behind it are never looked for";
            r.error(entry.name.line, Diagnostic::WrongKind { what, expected });
        }
    }
    for entry in &read.documents {
        if !of_apis.iter().any(|found| found.value == entry.name.value) {
            let document = entry.name.value.clone();
            r.error(entry.name.line, Diagnostic::DocumentWithoutApi { document });
        }
    }
    documents::check(r, read);
}

/// Checks that a name can be converted to a module name. The permitted characters also ensure that different names give different modules.
fn is_module_name(r: &mut Reader<'_>, name: &At<String>) {
    let letter = name.value.starts_with(|c: char| c.is_ascii_lowercase());
    let known = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if !letter || !name.value.chars().all(known) {
        let what = format!("`{}`", name.value);
        let expected = "no name of a-z, 0-9 and - that begins with a letter";
        r.error(name.line, Diagnostic::WrongKind { what, expected });
    }
}

/// Reports names that are used more than once.
fn unique<'n>(r: &mut Reader<'_>, what: &'static str, names: impl Iterator<Item = &'n At<String>>) {
    let mut seen: Vec<&At<String>> = Vec::new();
    for name in names {
        match seen.iter().find(|other| other.value == name.value) {
            Some(first) => {
                let first = format!("{}:{}", r.path, first.line);
                let name_ = name.value.clone();
                r.error(
                    name.line,
                    Diagnostic::Taken {
                        what,
                        name: name_,
                        first,
                    },
                );
            }
            None => seen.push(name),
        }
    }
}

fn names(r: &mut Reader<'_>, node: &Node) -> Vec<(&'static str, String)> {
    let keys = ["list", "get", "create", "update", "delete", "other"];
    let Some(map) = r.map(node, "`names`", &keys) else {
        return Vec::new();
    };
    let mut names = Vec::new();
    for key in keys {
        let Some(pattern) = r.text(&map, key) else {
            continue;
        };
        let (wanted, placeholders): (&[&str], _) = match key {
            "other" => (&["{verb}", "{resource}"], "`{verb}` and `{resource}`"),
            _ => (&["{resource}"], "`{resource}`"),
        };
        let rest = wanted.iter().fold(pattern.value.clone(), |rest, word| {
            rest.replacen(word, "", 1)
        });
        let held = wanted.iter().all(|word| pattern.value.contains(word));
        if !held || rest.contains(['{', '}']) {
            let diagnostic = Diagnostic::NamePattern {
                pattern: pattern.value.clone(),
                placeholders,
            };
            r.error(pattern.line, diagnostic);
            continue;
        }
        names.push((key, pattern.value));
    }
    names
}

fn api(r: &mut Reader<'_>, node: &Node) -> Option<ApiEntry> {
    let keys = [
        "name",
        "title",
        "documents",
        "version",
        "sign_in",
        "pagination",
        "mask",
        "logs",
        "errors",
    ];
    let map = r.map(node, "an API", &keys)?;
    let name = r.text(&map, "name");
    let title = r.text(&map, "title");
    let documents = r
        .needed(&map, "documents")
        .map(|node| r.items_of(node, "documents"));
    let documents = r.texts_of(documents.unwrap_or_default(), "documents");
    // An API without `version` is assumed for every upstream that no earlier API recognises. A misspelled `version` does not count as missing.
    let tells_version = map.get("version").is_some() || r.is_misspelled(&map, "version");
    let version = map.get("version").and_then(|node| {
        let map = r.map(node, "`version`", &["get", "at", "of"])?;
        let (path, version) = (path(r, &map, "get"), pointer(r, &map, "at"));
        Some(VersionProbe {
            path: path?,
            version: version?,
            product: r.text_if(&map, "of").map(|of| of.value).unwrap_or_default(),
        })
    });
    let sign_in = r
        .needed(&map, "sign_in")
        .and_then(|node| sign_in::read(r, node));
    let ways = r.items(&map, "pagination");
    let pages = ways
        .iter()
        .filter_map(|node| pages::read(r, node))
        .collect();
    let logs = map.get("logs").and_then(|node| logs(r, node));
    let mask = map.get("mask").and_then(|node| mask(r, node));
    let errors = r.needed(&map, "errors").and_then(|node| errors(r, node));
    let title = title.map(|title| title.value).unwrap_or_default();
    let mut version = version.unwrap_or(VersionProbe {
        path: String::new(),
        version: String::new(),
        product: String::new(),
    });
    if version.product.is_empty() {
        version.product.clone_from(&title);
    }
    // The name suffices for further checks, since other missing keys were reported.
    Some(ApiEntry {
        name: name?,
        title,
        documents,
        version,
        tells_version,
        sign_in: sign_in.unwrap_or(SignIn::Basic { session: None }),
        pages,
        mask,
        logs,
        errors: errors.unwrap_or(ErrorShapes {
            detail: Vec::new(),
            title: Vec::new(),
            hints: Vec::new(),
        }),
    })
}

fn mask(r: &mut Reader<'_>, node: &Node) -> Option<MaskRule> {
    let map = r.map(node, "`mask`", &["parameter", "string"])?;
    let parameter = r.text(&map, "parameter");
    let string = r.text(&map, "string");
    let words = ["comma", "space", "pipe"];
    let string = string.and_then(|string| r.word(&string, "way to write several names", &words));
    // An invalid `string` was reported. The parameter must still be recognised as the mask, so a default is used.
    Some(MaskRule {
        parameter: parameter?.value,
        string: match string {
            Some("space") => Separator::Space,
            Some("pipe") => Separator::Pipe,
            _ => Separator::Comma,
        },
    })
}

fn logs(r: &mut Reader<'_>, node: &Node) -> Option<Parts> {
    let map = r.map(node, "`logs`", &["token", "next"])?;
    let (token, next) = (r.text(&map, "token"), r.text(&map, "next"));
    Some(Parts {
        token: token?.value,
        next: next?.value,
    })
}

fn errors(r: &mut Reader<'_>, node: &Node) -> Option<ErrorShapes> {
    let map = r.map(node, "`errors`", &["detail", "title", "hints"])?;
    let detail = r.texts(&map, "detail");
    let title = r.texts(&map, "title");
    let mut pointers = |texts: Vec<At<String>>| -> Vec<String> {
        let texts = texts.into_iter().filter(|text| is_pointer(r, text));
        texts.map(|text| text.value).collect()
    };
    let (detail, title) = (pointers(detail), pointers(title));
    let hints = hints(r, &map);
    Some(ErrorShapes {
        detail,
        title,
        hints,
    })
}

/// Reads hints, in the order in which they are tried.
pub(super) fn hints(r: &mut Reader<'_>, map: &Map<'_>) -> Vec<Hint> {
    let hints = r.items(map, "hints");
    let hints: Vec<At<Hint>> = hints
        .iter()
        .filter_map(|node| Some(At::new(node.line, hint(r, node)?)))
        .collect();
    never_given(r, &hints);
    hints.into_iter().map(|hint| hint.value).collect()
}

/// Reports general hints that shadow more specific ones: the first hint that matches a response is used.
fn never_given(r: &mut Reader<'_>, hints: &[At<Hint>]) {
    for (index, general) in hints.iter().enumerate() {
        let sign = &general.value.sign;
        let special = hints[index + 1..].iter().find(|special| {
            let special = &special.value.sign;
            special.status == sign.status && special.says.contains(&sign.says)
        });
        if let Some(special) = special {
            let special = special.line;
            r.error(general.line, Diagnostic::NeverGiven { special });
        }
    }
}

fn hint(r: &mut Reader<'_>, node: &Node) -> Option<Hint> {
    let map = r.map(node, "a hint", &["status", "says", "code", "hint"])?;
    let sign = sign(r, &map);
    let code = match r.text_if(&map, "code") {
        Some(code) => r.word(&code, "error code", &CODES).unwrap_or_default(),
        None => "",
    };
    let hint = r.text(&map, "hint");
    Some(Hint {
        sign: sign?,
        code: code.to_owned(),
        hint: hint?.value,
    })
}

/// Reads the path of a request.
pub(super) fn path(r: &mut Reader<'_>, map: &Map<'_>, key: &'static str) -> Option<String> {
    let path = r.text(map, key)?;
    if !path.value.starts_with('/') {
        let what = format!("`{}`", path.value);
        let expected = "no path, which begins with `/`";
        r.error(path.line, Diagnostic::WrongKind { what, expected });
    }
    Some(path.value)
}

/// Reads a JSON pointer into a response.
pub(super) fn pointer(r: &mut Reader<'_>, map: &Map<'_>, key: &'static str) -> Option<String> {
    let pointer = r.text(map, key)?;
    is_pointer(r, &pointer).then_some(pointer.value)
}

fn is_pointer(r: &mut Reader<'_>, text: &At<String>) -> bool {
    let is = text.value.starts_with('/');
    if !is {
        let what = format!("`{}`", text.value);
        let expected = "no JSON pointer, which begins with `/`";
        r.error(text.line, Diagnostic::WrongKind { what, expected });
    }
    is
}
