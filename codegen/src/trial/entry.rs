//! Turns an operation into an entry of an allowlist that includes everything. The entry takes everything from the document and adds no decisions.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use mcp_schema::names::is_reserved_argument;
use serde_json::Value;

use crate::error::DocumentError;
use crate::ident::{self, Taken};
use crate::input::Input;
use crate::lower::other_than_json;
use crate::openapi::{Document, DocumentOperation, OperationFacts};

/// Tool that is to be made.
#[derive(Debug)]
pub(super) struct Entry {
    /// Index of the operation in the document.
    pub(super) index: usize,
    toolset: String,
    yaml: String,
}

/// Names in use.
#[derive(Debug, Default)]
pub(super) struct Names(Taken);

/// File of the allowlist.
pub(super) struct Toolset {
    pub(super) input: Input,
    /// Line in which the entry of each operation begins, and the index of the operation.
    pub(super) lines: Vec<(usize, usize)>,
}

/// Makes an entry, or returns the errors that prevent it.
pub(super) fn entry(
    document: &Document,
    index: usize,
    operation: &DocumentOperation,
    names: &mut Names,
) -> Result<Entry, Vec<DocumentError>> {
    let facts = document.facts(&operation.id)?;
    let answer = other_than_json(&document.source, &facts).map_err(|error| vec![error])?;
    // The name must leave room for `call_` and a number.
    let resource = names.0.take(&cut(&name(&operation.id), 54));
    let text = |text: &str| quoted(&plain(text));
    let title = [&facts.summary, &operation.id];
    let title = title.into_iter().find(|text| !plain(text).is_empty());
    let description = [&facts.description, &facts.summary, &operation.id];
    let description = description.into_iter().find(|text| !plain(text).is_empty());
    let mut yaml = format!(
        "  - method: call\n    resource: {resource}\n    title: {}\n    description: {}\n    operations: {{ trial: {} }}\n",
        text(title.map_or("Call", String::as_str)),
        text(description.map_or("Calls it.", String::as_str)),
        quoted(&operation.id),
    );
    if let Some(answer) = answer {
        let _ = writeln!(yaml, "    response_format: {}", answer.word());
    }
    let changes = changes(&facts);
    if !changes.is_empty() {
        yaml.push_str("    parameters:\n");
        yaml.push_str(&changes);
    }
    Ok(Entry {
        index,
        toolset: toolset(operation),
        yaml,
    })
}

/// Adds descriptions for parameters without one, and new names for parameters whose name is already used.
fn changes(facts: &OperationFacts) -> String {
    let mut yaml = String::new();
    let mut taken = BTreeSet::new();
    for parameter in &facts.parameters {
        let name = &parameter.field.name;
        let location = parameter.location.name();
        let reserved = is_reserved_argument(name, true);
        let mut keys = String::new();
        if reserved || !taken.insert(name.clone()) {
            let mut rename = format!("{location}_{}", self::name(name));
            while !taken.insert(rename.clone()) {
                rename.push('_');
            }
            let _ = write!(keys, ", rename: {rename}, reason: taken");
        }
        if parameter.field.description.is_empty() {
            let description = format!("What the API calls {name}.");
            let _ = write!(keys, ", description: {}", quoted(&plain(&description)));
        }
        if !keys.is_empty() {
            let _ = writeln!(
                yaml,
                "      - {{ name: {}, in: {location}{keys} }}",
                quoted(name)
            );
        }
    }
    yaml
}

/// Returns the first tag, or else the first segment of the path.
fn toolset(operation: &DocumentOperation) -> String {
    let tag = operation.tags.first();
    let path = operation.path.split('/');
    let part = path.into_iter().find(|part| !part.is_empty());
    let toolset = tag.map(String::as_str).or(part).unwrap_or("root");
    cut(&name(toolset), 54)
}

/// Makes the files of the allowlist.
pub(super) fn toolsets(entries: &[Entry]) -> Vec<Toolset> {
    let names: BTreeSet<&str> = entries.iter().map(|it| it.toolset.as_str()).collect();
    let toolset = |name: &str| {
        let mut text = format!("toolset: {name}\ndescription: {name}.\ntools:\n");
        let mut lines = Vec::new();
        let mut line = 4;
        for entry in entries.iter().filter(|entry| entry.toolset == name) {
            lines.push((line, entry.index));
            text.push_str(&entry.yaml);
            line += entry.yaml.lines().count();
        }
        let path = format!("specs/tools/{name}.yaml");
        Toolset {
            input: Input { path, text },
            lines,
        }
    };
    names.into_iter().map(toolset).collect()
}

/// Makes a name that the allowlist accepts.
fn name(text: &str) -> String {
    let name = ident::snake(text);
    let name = name.trim_matches('_');
    match name.starts_with(|c: char| c.is_ascii_lowercase()) {
        true => name.to_owned(),
        false => format!("n{name}"),
    }
}

fn cut(name: &str, most: usize) -> String {
    let name: String = name.chars().take(most).collect();
    name.trim_end_matches('_').to_owned()
}

/// Returns a text on one line, without invisible characters.
fn plain(text: &str) -> String {
    let shows = |c: &char| {
        !c.is_control()
            && !matches!(c, '\u{200e}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    text.chars().filter(shows).take(600).collect()
}

/// Quotes a text as YAML. A JSON string is valid YAML.
pub(super) fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}
