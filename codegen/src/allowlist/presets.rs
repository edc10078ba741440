//! `presets.yaml`: named selections of tools.

use crate::diagnostic::ReadDiagnostic;
use crate::entry::{Map, TextRules, read_list};
use crate::reader::{Located, Reader};
use crate::yaml::Node;

use super::rules::{LINE, MODULE_NAME};

/// Preset. A tool is in the preset if it meets all criteria that are given.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct PresetEntry {
    pub(crate) name: Located<String>,
    pub(crate) title: String,
    pub(crate) methods: Vec<Located<String>>,
    pub(crate) tags: Vec<Located<String>>,
    pub(crate) tools: Vec<Located<String>>,
    pub(crate) exclude_tags: Vec<Located<String>>,
    pub(crate) exclude_tools: Vec<Located<String>>,
    pub(crate) include_secrets: bool,
}

const RULES: TextRules = &[("name", MODULE_NAME), ("title", LINE)];

/// Reads the file.
pub(crate) fn read(r: &mut Reader<'_>, node: &Node) -> Vec<PresetEntry> {
    let mut presets: Vec<PresetEntry> = Vec::new();
    for entry in read_list(r, node, "presets", "a preset", RULES, preset) {
        let same = presets.iter().find(|it| it.name.value == entry.name.value);
        match same.map(|it| it.name.line) {
            Some(first) => {
                let (line, key) = (entry.name.line, entry.name.value);
                r.error(line, ReadDiagnostic::DuplicateKey { key, first });
            }
            None => presets.push(entry),
        }
    }
    presets
}

fn preset(map: &mut Map<'_, '_>) -> PresetEntry {
    PresetEntry {
        name: map.required("name"),
        title: map.expected("title").unwrap_or_default(),
        methods: map.list("methods"),
        tags: map.list("tags"),
        tools: map.list("tools"),
        exclude_tags: map.list("exclude_tags"),
        exclude_tools: map.list("exclude_tools"),
        include_secrets: map.optional("include_secrets").unwrap_or_default(),
    }
}
