//! `tools/*.yaml`: the toolsets, one per file, and their tools with documentation.

use crate::diagnostic::Diagnostic;
use crate::reader::{At, Map, Reader};
use crate::yaml::{Node, Value};

use super::overrides::{self, Override};

/// Keys of a tool.
pub(super) const KEYS: [&str; 17] = [
    "method",
    "resource",
    "was",
    "id",
    "title",
    "description",
    "tags",
    "operations",
    "items",
    "summary",
    "filters",
    "parameters",
    "omit",
    "require_any",
    "effect",
    "reason",
    "answer",
];

/// Keys of an operation of a tool.
pub(super) const OPERATION_KEYS: [&str; 6] = [
    "id",
    "merge_from",
    "read_back",
    "each",
    "not_applied",
    "note",
];

/// Keys of `each`.
pub(super) const EACH_KEYS: [&str; 3] = ["argument", "operation", "max"];

/// Values of `effect`.
const EFFECTS: [&str; 4] = [
    "destructive",
    "not_idempotent",
    "not_read_only",
    "read_only",
];

/// Toolset, the content of one file.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ToolsetEntry {
    /// Path of the file.
    pub(crate) path: String,
    pub(crate) name: At<String>,
    pub(crate) tags: Vec<At<String>>,
    pub(crate) description: String,
    pub(crate) tools: Vec<ToolEntry>,
}

/// Entry of a tool.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ToolEntry {
    pub(crate) line: usize,
    pub(crate) method: At<String>,
    pub(crate) resource: At<String>,
    /// Former name of the tool.
    pub(crate) was: Option<At<String>>,
    /// Path parameters that form the id. Each is in some of the documents.
    pub(crate) id: Vec<At<String>>,
    pub(crate) title: String,
    pub(crate) description: String,
    pub(crate) tags: Vec<At<String>>,
    pub(crate) bindings: Vec<Binding>,
    pub(crate) items: Option<At<String>>,
    pub(crate) summary: Vec<Scoped>,
    pub(crate) filters: Vec<FilterEntry>,
    pub(crate) overrides: Vec<Override>,
    pub(crate) omissions: Vec<Omission>,
    /// Parameters of which a call must set at least one.
    pub(crate) require_any: Vec<Scoped>,
    pub(crate) effects: Vec<At<String>>,
    pub(crate) answer: Option<At<Answer>>,
}

/// Format of a response that is not JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answer {
    /// Text.
    Text,
    /// One JSON value on each line.
    Lines,
    /// Lines of a log.
    Log,
}

impl Answer {
    /// Returns the value in YAML.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Lines => "ndjson",
            Self::Log => "log",
        }
    }
}

/// Operation of a tool in one document.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Binding {
    pub(crate) document: At<String>,
    pub(crate) operation: At<String>,
    pub(crate) merge_from: Option<At<String>>,
    pub(crate) read_back: Option<ReadBack>,
    /// Hint if the change was not applied.
    pub(crate) not_applied: Option<Texts>,
    pub(crate) each: Option<EachEntry>,
    /// Addition to the description for this document.
    pub(crate) note: Option<Texts>,
}

/// Text for all versions of an upstream, or separate texts for some versions.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Texts {
    /// Text for all versions.
    Any(String),
    /// Texts for some versions.
    Versioned(Vec<VersionedEntry>),
}

/// Text for some versions.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct VersionedEntry {
    pub(crate) since: Option<String>,
    pub(crate) before: Option<String>,
    pub(crate) text: String,
}

/// Operation whose response becomes the result of a write.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ReadBack {
    pub(crate) operation: At<String>,
    /// Member of the body that supplies the only path parameter, if their names differ.
    pub(crate) from: Option<At<String>>,
    /// Whether the upstream can route a body value that contains `/`.
    pub(crate) slash: bool,
    /// Members of the body that are not compared.
    pub(crate) except: Vec<At<String>>,
}

/// Operation on one object that is called for each id in an argument.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct EachEntry {
    /// Name of the parameter.
    pub(crate) argument: At<String>,
    pub(crate) operation: At<String>,
    /// Maximum number of ids in one call.
    pub(crate) max: u32,
}

/// Name that applies to some documents, or to all if `on` is empty.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Scoped {
    pub(crate) name: At<String>,
    pub(crate) on: Vec<At<String>>,
}

/// Filter that the runtime applies.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct FilterEntry {
    pub(crate) name: At<String>,
    pub(crate) field: At<String>,
    pub(crate) unique: bool,
    pub(crate) on: Vec<At<String>>,
}

/// Parameters that are omitted from a tool.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Omission {
    pub(crate) names: Vec<At<String>>,
    pub(crate) on: Vec<At<String>>,
}

/// Reads a file; `None` if the file is not a mapping.
pub(crate) fn read(r: &mut Reader<'_>, node: &Node) -> Option<ToolsetEntry> {
    let map = r.map(
        node,
        "a toolset",
        &["toolset", "tags", "description", "tools"],
    )?;
    let name = r.text(&map, "toolset");
    if let Some(name) = &name {
        is_name(r, name);
    }
    let tags = tags(r, &map);
    let description = r.text(&map, "description");
    let tools = r
        .needed(&map, "tools")
        .map(|node| r.items_of(node, "tools"));
    let tools = tools.unwrap_or_default();
    let tools: Vec<_> = tools.iter().filter_map(|node| tool(r, node)).collect();
    for tag in tools.iter().flat_map(|tool| &tool.tags) {
        if let Some(first) = tags.iter().find(|own| own.value == tag.value) {
            let (key, first) = (tag.value.clone(), first.line);
            r.error(tag.line, Diagnostic::DuplicateKey { key, first });
        }
    }
    Some(ToolsetEntry {
        path: r.path.to_owned(),
        name: name.unwrap_or(At::new(map.line, String::new())),
        tags,
        description: description.map(|text| text.value).unwrap_or_default(),
        tools,
    })
}

/// Reads a tool. Errors in its documentation do not prevent further checks.
fn tool(r: &mut Reader<'_>, node: &Node) -> Option<ToolEntry> {
    let map = r.map(node, "a tool", &KEYS)?;
    let method = r.text(&map, "method");
    let resource = r.text(&map, "resource");
    let named = [&method, &resource].map(|name| name.as_ref().is_some_and(|name| is_name(r, name)));
    let of = [&method, &resource].map(|word| word.as_ref().map_or("?", |word| &word.value));
    let of = of.join(" ");
    let title = documentation(r, &map, "title", &of);
    if title.contains('\n') {
        let line = map.get("title").map_or(map.line, |node| node.line);
        let what = "`title`".to_owned();
        let expected = "no text of one line";
        r.error(line, Diagnostic::WrongKind { what, expected });
    }
    let description = documentation(r, &map, "description", &of);
    let id = match map.get("id") {
        Some(node) if matches!(node.value, Value::List(_)) => r.texts(&map, "id"),
        Some(node) => r.text_of(node, "id").into_iter().collect(),
        None => Vec::new(),
    };
    let bindings = r.needed(&map, "operations").map(|node| bindings(r, node));
    let summary = r.items(&map, "summary");
    let summary = summary.iter();
    let summary = summary
        .filter_map(|node| scoped(r, node, "summary", "a field of the summary"))
        .collect();
    let require_any = r.items(&map, "require_any");
    let require_any = require_any.iter();
    let require_any = require_any
        .filter_map(|node| scoped(r, node, "require_any", "an argument in `require_any`"))
        .collect();
    let filters = r.items(&map, "filters");
    let filters = filters.iter().filter_map(|node| filter(r, node)).collect();
    let overrides = r.items(&map, "parameters");
    let overrides = overrides
        .iter()
        .filter_map(|node| overrides::read(r, node))
        .collect();
    let omissions = r.items(&map, "omit");
    let omissions = omissions
        .iter()
        .filter_map(|node| omission(r, node))
        .collect();
    // Without a valid method and resource the tool has no name, so the rest cannot be checked.
    let (method, resource) = (method.filter(|_| named[0]), resource.filter(|_| named[1]));
    Some(ToolEntry {
        line: map.line,
        was: r.text_if(&map, "was"),
        id,
        title,
        description,
        tags: tags(r, &map),
        items: r.text_if(&map, "items"),
        effects: effects(r, &map),
        answer: answer(r, &map),
        method: method?,
        resource: resource?,
        bindings: bindings.unwrap_or_default(),
        summary,
        filters,
        overrides,
        omissions,
        require_any,
    })
}

/// Reads tags. A tag must be a name, since tags are also used on the command line.
fn tags(r: &mut Reader<'_>, map: &Map<'_>) -> Vec<At<String>> {
    let mut tags = r.texts(map, "tags");
    tags.retain(|tag| is_name(r, tag));
    tags
}

/// Reads a text that the documentation of a tool must have.
fn documentation(r: &mut Reader<'_>, map: &Map<'_>, key: &'static str, tool: &str) -> String {
    let missing = match map.get(key) {
        None if r.is_misspelled(map, key) => None,
        None => Some(map.line),
        Some(node) => match &node.value {
            Value::Scalar { text, .. } if text.trim().is_empty() => Some(node.line),
            _ => None,
        },
    };
    if let Some(line) = missing {
        let tool = tool.to_owned();
        r.error(line, Diagnostic::Undocumented { tool, key });
        return String::new();
    }
    r.text_if(map, key)
        .map(|text| text.value)
        .unwrap_or_default()
}

/// Checks that a name can become part of the name of a module, a tool or a type.
pub(super) fn is_name(r: &mut Reader<'_>, name: &At<String>) -> bool {
    let letter = name.value.starts_with(|c: char| c.is_ascii_lowercase());
    let known = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    let is_name = letter && name.value.chars().all(known);
    if !is_name {
        let what = format!("`{}`", name.value);
        let expected = "no name of a-z, 0-9 and _ that begins with a letter";
        r.error(name.line, Diagnostic::WrongKind { what, expected });
    }
    is_name
}

/// Reads the effect of a call, if it differs from what the HTTP method implies. `read_only` needs a reason.
fn effects(r: &mut Reader<'_>, map: &Map<'_>) -> Vec<At<String>> {
    let words = r.texts(map, "effect");
    let known = |word: &At<String>| r.word(word, "effect", &EFFECTS).is_some();
    let words: Vec<_> = words.into_iter().filter(known).collect();
    let laxer = words.iter().any(|word| word.value == "read_only");
    if laxer {
        r.text(map, "reason");
    } else if let Some(reason) = map.get("reason") {
        let what = "a `reason` without `effect: [read_only]`".to_owned();
        let expected = "of no use";
        r.error(reason.line, Diagnostic::WrongKind { what, expected });
    }
    words
}

fn answer(r: &mut Reader<'_>, map: &Map<'_>) -> Option<At<Answer>> {
    let word = r.text_if(map, "answer")?;
    let answer = match r.word(&word, "kind of answer", &["text", "ndjson", "log"])? {
        "text" => Answer::Text,
        "ndjson" => Answer::Lines,
        _ => Answer::Log,
    };
    Some(At::new(word.line, answer))
}

fn bindings(r: &mut Reader<'_>, node: &Node) -> Vec<Binding> {
    let Some(map) = r.any_map(node, "`operations`") else {
        return Vec::new();
    };
    let mut bindings = Vec::new();
    for (key, node) in map.entries() {
        let document = At::new(key.line, key.text.clone());
        let binding = match node.value {
            Value::Map(_) => rich_binding(r, document, node),
            _ => r.text_of(node, &key.text).map(|operation| Binding {
                document,
                operation,
                merge_from: None,
                read_back: None,
                not_applied: None,
                each: None,
                note: None,
            }),
        };
        bindings.extend(binding);
    }
    bindings
}

fn rich_binding(r: &mut Reader<'_>, document: At<String>, node: &Node) -> Option<Binding> {
    let map = r.map(node, "an operation", &OPERATION_KEYS)?;
    let operation = r.text(&map, "id");
    let merge_from = r.text_if(&map, "merge_from");
    let read_back = map.get("read_back").and_then(|node| read_back(r, node));
    let each = map.get("each").and_then(|node| each(r, node));
    let mut texts = |key| map.get(key).and_then(|node| texts(r, node, key));
    let (not_applied, note) = (texts("not_applied"), texts("note"));
    if let (Some(node), None) = (map.get("not_applied"), map.get("read_back")) {
        let what = "`not_applied` without `read_back`".to_owned();
        let expected = "of no use";
        r.error(node.line, Diagnostic::WrongKind { what, expected });
    }
    Some(Binding {
        document,
        operation: operation?,
        merge_from,
        read_back,
        not_applied,
        each,
        note,
    })
}

/// Reads a text for all versions, or a list of texts for some versions.
fn texts(r: &mut Reader<'_>, node: &Node, key: &'static str) -> Option<Texts> {
    let Value::List(items) = &node.value else {
        return r.text_of(node, key).map(|text| Texts::Any(text.value));
    };
    let entries = items.iter().filter_map(|node| {
        let map = r.map(
            node,
            "a text for some versions",
            &["since", "before", "text"],
        )?;
        let mut bound = |key| r.text_if(&map, key).filter(|bound| is_version(r, bound));
        let (since, before) = (bound("since"), bound("before"));
        let text = r.text(&map, "text");
        if map.get("since").is_none() && map.get("before").is_none() {
            let what = "a text for some versions".to_owned();
            let expected = "without `since` and `before`; a text for all versions is not in a list";
            r.error(node.line, Diagnostic::WrongKind { what, expected });
        }
        Some(VersionedEntry {
            since: since.map(|since| since.value),
            before: before.map(|before| before.value),
            text: text?.value,
        })
    });
    Some(Texts::Versioned(entries.collect()))
}

/// Checks that a text consists of numbers separated by dots.
fn is_version(r: &mut Reader<'_>, text: &At<String>) -> bool {
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    let is_version = text.value.split('.').all(digits);
    if !is_version {
        let what = format!("`{}`", text.value);
        let expected = "no version, which is numbers with dots";
        r.error(text.line, Diagnostic::WrongKind { what, expected });
    }
    is_version
}

fn read_back(r: &mut Reader<'_>, node: &Node) -> Option<ReadBack> {
    if !matches!(node.value, Value::Map(_)) {
        let operation = r.text_of(node, "read_back")?;
        return Some(ReadBack {
            operation,
            from: None,
            slash: false,
            except: Vec::new(),
        });
    }
    let map = r.map(node, "`read_back`", &["id", "from", "slash", "except"])?;
    let operation = r.text(&map, "id");
    let plain = ["slash", "except"].iter().all(|key| map.get(key).is_none());
    let from = match plain {
        true => r.text(&map, "from"),
        false => r.text_if(&map, "from"),
    };
    let slash = r.flag_if(&map, "slash");
    let except = r.items(&map, "except");
    let except = except.iter().filter_map(|node| {
        let map = r.map(node, "an entry of `except`", &["name", "reason"])?;
        r.text(&map, "reason");
        r.text(&map, "name")
    });
    let except = except.collect();
    Some(ReadBack {
        operation: operation?,
        from,
        slash: slash.is_some_and(|flag| flag.value),
        except,
    })
}

fn each(r: &mut Reader<'_>, node: &Node) -> Option<EachEntry> {
    let map = r.map(node, "`each`", &EACH_KEYS)?;
    let argument = r.text(&map, "argument");
    let operation = r.text(&map, "operation");
    let max = r.needed(&map, "max");
    let max = max.and_then(|node| r.number_of(node, "max"));
    let argument = argument.filter(|name| is_name(r, name));
    Some(EachEntry {
        argument: argument?,
        operation: operation?,
        max: max?.value,
    })
}

fn scoped(
    r: &mut Reader<'_>,
    node: &Node,
    key: &'static str,
    what: &'static str,
) -> Option<Scoped> {
    if !matches!(node.value, Value::Map(_)) {
        let name = r.text_of(node, key)?;
        let on = Vec::new();
        return Some(Scoped { name, on });
    }
    let map = r.map(node, what, &["name", "on"])?;
    let name = r.text(&map, "name");
    let on = r.texts(&map, "on");
    Some(Scoped { name: name?, on })
}

fn filter(r: &mut Reader<'_>, node: &Node) -> Option<FilterEntry> {
    let map = r.map(node, "a filter", &["name", "field", "unique", "on"])?;
    let name = r.text(&map, "name");
    let field = r.text_if(&map, "field");
    let unique = r.flag_if(&map, "unique");
    let on = r.texts(&map, "on");
    let name = name?;
    is_name(r, &name);
    Some(FilterEntry {
        field: field.unwrap_or_else(|| name.clone()),
        name,
        unique: unique.is_some_and(|flag| flag.value),
        on,
    })
}

fn omission(r: &mut Reader<'_>, node: &Node) -> Option<Omission> {
    let map = r.map(node, "an entry of `omit`", &["names", "on", "reason"])?;
    let names = r
        .needed(&map, "names")
        .map(|node| r.items_of(node, "names"));
    let names = r.texts_of(names.unwrap_or_default(), "names");
    let on = r.texts(&map, "on");
    r.text(&map, "reason");
    Some(Omission { names, on })
}
