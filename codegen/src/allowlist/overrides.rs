//! Overrides of parameters: corrections and additions to what a document says about them. An override that does more than document a parameter needs a reason.

use serde_json::{Number, Value as Json};

use crate::diagnostic::Diagnostic;
use crate::reader::{At, Map, Reader, TODO};
use crate::yaml::Node;

use super::tools::is_name;

/// Keys of an entry of `parameters`.
pub(super) const KEYS: [&str; 23] = [
    "name",
    "in",
    "on",
    "rename",
    "description",
    "default",
    "example",
    "required",
    "nullable",
    "or",
    "when_omitted",
    "slash",
    "open",
    "secret",
    "format",
    "pattern",
    "min_length",
    "max_length",
    "minimum",
    "maximum",
    "min_items",
    "max_items",
    "reason",
];

/// Override of one parameter.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Override {
    /// Name of the parameter, or path of a field inside it: `roles.name`.
    pub(crate) name: At<String>,
    /// Location (`path`, `query`, `header`, `cookie` or `body`), if the name alone is ambiguous.
    pub(crate) place: Option<&'static str>,
    pub(crate) on: Vec<At<String>>,
    pub(crate) changes: Vec<At<Change>>,
}

/// One change of an override.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Change {
    Rename(String),
    Description(String),
    Default(Json),
    Example(Json),
    Required,
    NotNull,
    Or(String),
    WhenOmitted(Json),
    Slash,
    Open,
    Secret,
    Format(String),
    Pattern(String),
    MinLength(u32),
    MaxLength(u32),
    Minimum(Number),
    Maximum(Number),
    MinItems(u32),
    MaxItems(u32),
}

impl Change {
    /// Returns the YAML key of the change.
    pub(crate) fn key(&self) -> &'static str {
        match self {
            Self::Rename(_) => "rename",
            Self::Description(_) => "description",
            Self::Default(_) => "default",
            Self::Example(_) => "example",
            Self::Required => "required",
            Self::NotNull => "nullable",
            Self::Or(_) => "or",
            Self::WhenOmitted(_) => "when_omitted",
            Self::Slash => "slash",
            Self::Open => "open",
            Self::Secret => "secret",
            Self::Format(_) => "format",
            Self::Pattern(_) => "pattern",
            Self::MinLength(_) => "min_length",
            Self::MaxLength(_) => "max_length",
            Self::Minimum(_) => "minimum",
            Self::Maximum(_) => "maximum",
            Self::MinItems(_) => "min_items",
            Self::MaxItems(_) => "max_items",
        }
    }

    /// Returns whether the change only adds documentation and therefore needs no reason.
    fn is_documentation(&self) -> bool {
        matches!(self, Self::Description(_) | Self::Example(_))
    }
}

/// Reads an entry of `parameters`.
pub(super) fn read(r: &mut Reader<'_>, node: &Node) -> Option<Override> {
    let map = r.map(node, "an entry of `parameters`", &KEYS)?;
    let name = r.text(&map, "name");
    let place = r.text_if(&map, "in");
    let place = place.and_then(|place| {
        r.word(
            &place,
            "place",
            &["path", "query", "header", "cookie", "body"],
        )
    });
    let on = r.texts(&map, "on");
    let mut changes: Vec<At<Change>> = Vec::new();
    for (key, node) in map.entries() {
        changes.extend(change(r, &map, &key.text, node).map(|change| At::new(key.line, change)));
    }
    let says = |key: &str| !matches!(key, "name" | "in" | "on" | "reason");
    if !map.entries().iter().any(|(key, _)| says(&key.text)) {
        let what = "an entry of `parameters` without any change".to_owned();
        let expected = "of no use";
        r.error(map.line, Diagnostic::WrongKind { what, expected });
    }
    if changes
        .iter()
        .any(|change| !change.value.is_documentation())
    {
        r.text(&map, "reason");
    }
    Some(Override {
        name: name?,
        place,
        on,
        changes,
    })
}

fn change(r: &mut Reader<'_>, map: &Map<'_>, key: &str, node: &Node) -> Option<Change> {
    let text = |r: &mut Reader<'_>| r.text_of(node, key).map(|text| text.value);
    let count = |r: &mut Reader<'_>| r.number_of(node, key).map(|number| number.value);
    match key {
        "rename" => {
            let name = r.text_of(node, key)?;
            is_name(r, &name);
            Some(Change::Rename(name.value))
        }
        // An invalid description was already reported. `TODO` prevents a second error about a missing description.
        "description" => Some(Change::Description(
            text(r).unwrap_or_else(|| TODO.to_owned()),
        )),
        "default" => Some(Change::Default(node.json())),
        "example" => Some(Change::Example(node.json())),
        "required" => only(r, map, key, true, Change::Required),
        "nullable" => only(r, map, key, false, Change::NotNull),
        "or" => text(r).map(Change::Or),
        "when_omitted" => Some(Change::WhenOmitted(node.json())),
        "slash" => only(r, map, key, true, Change::Slash),
        "open" => only(r, map, key, true, Change::Open),
        "secret" => only(r, map, key, true, Change::Secret),
        "format" => text(r).map(Change::Format),
        "pattern" => pattern(r, node).map(Change::Pattern),
        "min_length" => count(r).map(Change::MinLength),
        "max_length" => count(r).map(Change::MaxLength),
        "minimum" => bound(r, node, key).map(Change::Minimum),
        "maximum" => bound(r, node, key).map(Change::Maximum),
        "min_items" => count(r).map(Change::MinItems),
        "max_items" => count(r).map(Change::MaxItems),
        _ => None,
    }
}

/// Reads a flag for which only one value is permitted: an override cannot relax what an upstream requires or rejects.
fn only(
    r: &mut Reader<'_>,
    map: &Map<'_>,
    key: &str,
    wanted: bool,
    change: Change,
) -> Option<Change> {
    let flag = r.flag_if(map, key)?;
    if flag.value != wanted {
        let what = format!("`{key}`");
        let expected = if wanted {
            "`true` or left out"
        } else {
            "`false` or left out"
        };
        r.error(flag.line, Diagnostic::WrongKind { what, expected });
        return None;
    }
    Some(change)
}

/// Reads a pattern and checks that the generated code can compile it.
fn pattern(r: &mut Reader<'_>, node: &Node) -> Option<String> {
    let text = r.text_of(node, "pattern")?;
    if regex_lite::Regex::new(&text.value).is_err() {
        let what = format!("`{}`", text.value);
        let expected = "no regular expression";
        r.error(text.line, Diagnostic::WrongKind { what, expected });
        return None;
    }
    Some(text.value)
}

fn bound(r: &mut Reader<'_>, node: &Node, key: &str) -> Option<Number> {
    match node.json() {
        Json::Number(number) => Some(number),
        _ => {
            let what = format!("`{key}`");
            let expected = "no number";
            r.error(node.line, Diagnostic::WrongKind { what, expected });
            None
        }
    }
}
