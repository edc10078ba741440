//! `tools/*.yaml`: the toolsets, one per file, and their tools with documentation.

use crate::diagnostic::ReadDiagnostic;
use crate::entry::{Map, TextRules, read_entry};
use crate::reader::{FromYaml, KeyRule, Located, Reader, Rule};
use crate::yaml::{Node, Value};

use super::overrides::{self, ParameterEntry};
use super::rules::{EFFECT, LINE, NAME, RESPONSE_FORMAT, VERSION};

/// Toolset, the content of one file.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ToolsetEntry {
    /// Path of the file.
    pub(crate) path: String,
    pub(crate) name: Located<String>,
    pub(crate) tags: Vec<Located<String>>,
    pub(crate) secret_fields: Vec<Located<String>>,
    pub(crate) description: String,
    pub(crate) tools: Vec<ToolEntry>,
}

/// Entry of a tool.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ToolEntry {
    pub(crate) line: usize,
    pub(crate) method: Located<String>,
    pub(crate) resource: Located<String>,
    /// Former name of the tool.
    pub(crate) renamed_from: Option<Located<String>>,
    /// Path parameters that form the id. Each is in some of the documents.
    pub(crate) id: Vec<Located<String>>,
    pub(crate) title: String,
    pub(crate) description: String,
    pub(crate) tags: Vec<Located<String>>,
    /// Members of the response that can be secret, in addition to those of the toolset.
    pub(crate) secret_fields: Vec<Located<String>>,
    /// Members of the response that are never returned.
    pub(crate) hidden_fields: Vec<Located<String>>,
    pub(crate) bindings: Vec<Binding>,
    pub(crate) items: Option<Located<String>>,
    pub(crate) summary: Vec<ScopedName>,
    pub(crate) filters: Vec<FilterEntry>,
    pub(crate) parameters: Vec<ParameterEntry>,
    pub(crate) omissions: Vec<Omission>,
    /// Parameters of which a call must set at least one.
    pub(crate) require_any: Vec<ScopedName>,
    /// Members whose values before and after a change are recorded.
    pub(crate) recorded: Vec<Located<String>>,
    pub(crate) effects: Vec<Located<String>>,
    pub(crate) response_format: Option<Located<DeclaredFormat>>,
}

/// Format of a response that is not JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DeclaredFormat {
    /// Text.
    Text,
    /// One JSON value on each line.
    Lines,
    /// Lines of a log.
    Log,
}

impl DeclaredFormat {
    const ALL: [Self; 3] = [Self::Text, Self::Lines, Self::Log];

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
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Binding {
    pub(crate) document: Located<String>,
    pub(crate) operation: Located<String>,
    pub(crate) merge_from: Option<Located<String>>,
    pub(crate) read_back: Option<ReadBack>,
    /// Hint if the change was not applied.
    pub(crate) not_applied: Option<Texts>,
    pub(crate) for_each: Option<ForEachEntry>,
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
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct ReadBack {
    pub(crate) operation: Located<String>,
    /// Member of the body that supplies the only path parameter, if their names differ.
    pub(crate) member: Option<Located<String>>,
    /// Whether the upstream can route a body value that contains `/`.
    pub(crate) slash: bool,
    /// Members of the body that are not compared.
    pub(crate) ignore: Vec<Located<String>>,
}

/// Operation on one object that is called for each id in an argument.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ForEachEntry {
    /// Name of the parameter.
    pub(crate) argument: Located<String>,
    pub(crate) operation: Located<String>,
    /// Maximum number of ids in one call.
    pub(crate) max: u32,
}

/// Name that applies to some documents, or to all if `documents` is empty.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ScopedName {
    pub(crate) name: Located<String>,
    pub(crate) documents: Vec<Located<String>>,
}

/// Filter that the runtime applies.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct FilterEntry {
    pub(crate) name: Located<String>,
    pub(crate) field: Located<String>,
    pub(crate) unique: bool,
    pub(crate) documents: Vec<Located<String>>,
}

/// Parameters that are omitted from a tool.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Omission {
    pub(crate) names: Vec<Located<String>>,
    pub(crate) documents: Vec<Located<String>>,
}

/// Reads a file; `None` if the file is not a mapping.
pub(crate) fn read(r: &mut Reader<'_>, node: &Node) -> Option<ToolsetEntry> {
    let path = r.path.to_owned();
    let rules = &[("toolset", NAME), ("tags", NAME)];
    let toolset = read_entry(r, node, "a toolset", rules, |map| {
        map.expect("tools");
        let name = map.expected("toolset");
        ToolsetEntry {
            path,
            name: name.unwrap_or_else(|| Located::new(map.line, String::new())),
            tags: map.list("tags"),
            secret_fields: map.list("secret_fields"),
            description: map.expected("description").unwrap_or_default(),
            tools: map.entries("tools", "a tool", TOOL_RULES, tool),
        }
    })?;
    for tag in toolset.tools.iter().flat_map(|tool| &tool.tags) {
        if let Some(first) = toolset.tags.iter().find(|own| own.value == tag.value) {
            let (key, first) = (tag.value.clone(), first.line);
            r.error(tag.line, ReadDiagnostic::DuplicateKey { key, first });
        }
    }
    Some(toolset)
}

/// Conditions that the texts of a tool must meet.
const TOOL_RULES: TextRules = &[
    ("method", NAME),
    ("resource", NAME),
    ("title", LINE),
    ("tags", NAME),
    ("effect", EFFECT),
    ("response_format", RESPONSE_FORMAT),
];

/// Reads a tool. Errors in its documentation do not prevent further checks. Without a valid method and resource, the tool has no name, so that the rest cannot be checked.
pub(super) fn tool(map: &mut Map<'_, '_>) -> ToolEntry {
    let Bindings(bindings) = map.expected("operations").unwrap_or_default();
    ToolEntry {
        line: map.line,
        method: map.required("method"),
        resource: map.required("resource"),
        renamed_from: map.optional("renamed_from"),
        id: map.one_or_more("id"),
        title: map.expected("title").unwrap_or_default(),
        description: map.expected("description").unwrap_or_default(),
        tags: map.list("tags"),
        secret_fields: map.list("secret_fields"),
        hidden_fields: map.list("hidden_fields"),
        bindings,
        items: map.optional("items"),
        summary: map.list("summary"),
        filters: map.entries("filters", "a filter", &[("name", NAME)], filter),
        parameters: map.entries(
            "parameters",
            "an entry of `parameters`",
            overrides::RULES,
            overrides::parameter,
        ),
        omissions: map.entries("omit", "an entry of `omit`", &[], omission),
        require_any: map.list("require_any"),
        recorded: map.list("recorded"),
        effects: effects(map),
        response_format: response_format(map),
    }
}

/// Reads the effect of a call, if it differs from what the HTTP method implies. `read_only` needs a reason.
fn effects(map: &mut Map<'_, '_>) -> Vec<Located<String>> {
    let effects: Vec<Located<String>> = map.list("effect");
    let reason: Option<Located<String>> = map.optional("reason");
    if effects.iter().any(|effect| effect.value == "read_only") {
        map.expect("reason");
    } else if let Some(reason) = reason {
        let (key, other) = ("reason", "effect: [read_only]");
        map.error(reason.line, ReadDiagnostic::Unused { key, other });
    }
    effects
}

fn response_format(map: &mut Map<'_, '_>) -> Option<Located<DeclaredFormat>> {
    let word: Located<String> = map.optional("response_format")?;
    let mut formats = DeclaredFormat::ALL.into_iter();
    let format = formats.find(|format| format.word() == word.value)?;
    Some(Located::new(word.line, format))
}

fn filter(map: &mut Map<'_, '_>) -> FilterEntry {
    let name: Located<String> = map.required("name");
    FilterEntry {
        field: map.optional("field").unwrap_or_else(|| name.clone()),
        name,
        unique: map.optional("unique").unwrap_or_default(),
        documents: map.list("documents"),
    }
}

fn omission(map: &mut Map<'_, '_>) -> Omission {
    map.expected::<String>("reason");
    Omission {
        names: map.expected("names").unwrap_or_default(),
        documents: map.list("documents"),
    }
}

impl FromYaml for ScopedName {
    fn from_yaml(r: &mut Reader<'_>, node: &Node, field: KeyRule<'_>) -> Option<Self> {
        let scoped = |name, documents| Self { name, documents };
        if !node.is_map() {
            return Located::from_yaml(r, node, field).map(|name| scoped(name, Vec::new()));
        }
        read_entry(r, node, "a name with `documents`", &[], |map| {
            scoped(map.required("name"), map.list("documents"))
        })
    }
}

/// The operations of a tool, by document.
#[derive(Default)]
struct Bindings(Vec<Binding>);

impl FromYaml for Bindings {
    fn from_yaml(r: &mut Reader<'_>, node: &Node, field: KeyRule<'_>) -> Option<Self> {
        let Value::Map(entries) = &node.value else {
            let expected = "a mapping from documents to operations";
            r.must_be(node.line, field.key, expected);
            return None;
        };
        let bindings = entries.iter().filter_map(|(key, node)| {
            let document = Located::new(key.line, key.text.clone());
            let mut binding = if node.is_map() {
                read_entry(r, node, "an operation", &[], binding)?
            } else {
                let (key, rule) = (&*key.text, Rule::Any);
                Binding {
                    operation: Located::from_yaml(r, node, KeyRule { key, rule })?,
                    ..Binding::default()
                }
            };
            binding.document = document;
            Some(binding)
        });
        Some(Self(bindings.collect()))
    }
}

/// Reads the operation of a tool in one document. The document is the key of the entry.
pub(super) fn binding(map: &mut Map<'_, '_>) -> Binding {
    map.unused_without("not_applied", "read_back");
    Binding {
        document: Located::default(),
        operation: map.required("id"),
        merge_from: map.optional("merge_from"),
        read_back: map.optional("read_back"),
        not_applied: map.optional("not_applied"),
        for_each: map.entry("for_each", "`for_each`", &[("argument", NAME)], for_each),
        note: map.optional("note"),
    }
}

impl FromYaml for ReadBack {
    fn from_yaml(r: &mut Reader<'_>, node: &Node, field: KeyRule<'_>) -> Option<Self> {
        if !node.is_map() {
            return Some(Self {
                operation: Located::from_yaml(r, node, field)?,
                ..Self::default()
            });
        }
        read_entry(r, node, "`read_back`", &[], |map| {
            if map.has_only(&["id"]) {
                map.expect("member");
            }
            Self {
                operation: map.required("id"),
                member: map.optional("member"),
                slash: map.optional("slash").unwrap_or_default(),
                ignore: map.entries("ignore", "an entry of `ignore`", &[], ignored),
            }
        })
    }
}

fn ignored(map: &mut Map<'_, '_>) -> Located<String> {
    map.expected::<String>("reason");
    map.required("name")
}

fn for_each(map: &mut Map<'_, '_>) -> ForEachEntry {
    ForEachEntry {
        argument: map.required("argument"),
        operation: map.required("operation"),
        max: map.required("max"),
    }
}

impl FromYaml for Texts {
    fn from_yaml(r: &mut Reader<'_>, node: &Node, field: KeyRule<'_>) -> Option<Self> {
        let Value::List(items) = &node.value else {
            return String::from_yaml(r, node, field).map(Self::Any);
        };
        let rules = &[("since", VERSION), ("before", VERSION)];
        let name = "a text for some versions";
        let texts = items.iter();
        let texts = texts.filter_map(|item| read_entry(r, item, name, rules, versioned));
        Some(Self::Versioned(texts.collect()))
    }
}

fn versioned(map: &mut Map<'_, '_>) -> VersionedEntry {
    if !map.has("since") && !map.has("before") {
        let problem = "a text for some versions must have `since` or `before`; write a text for all versions without a list";
        map.defer(&["since", "before"], ReadDiagnostic::Invalid { problem });
    }
    VersionedEntry {
        since: map.optional("since"),
        before: map.optional("before"),
        text: map.required("text"),
    }
}
