//! Lowers the presets: checks that the tools, tags and methods that they name exist.

use std::collections::BTreeSet;

use super::scope::ErrorList;
use crate::allowlist::presets::PresetEntry;
use crate::catalog::{Api, Preset};
use crate::diagnostic::{ReadDiagnostic, nearest};
use crate::input::ParsedInputs;
use crate::reader::Located;

/// Methods that stand for all methods with an effect.
const EFFECTS: [&str; 2] = ["read", "write"];

/// Returns the presets, and reports names that no tool has.
pub(super) fn lower(inputs: &ParsedInputs, apis: &[Api], errors: &ErrorList) -> Vec<Preset> {
    let toolsets = apis.iter().flat_map(Api::modules);
    let operations = toolsets.flat_map(|(_, _, toolset)| &toolset.operations);
    let operations: Vec<_> = operations.collect();
    let methods = operations.iter().map(|it| it.method.as_str());
    let methods: BTreeSet<&str> = methods.chain(EFFECTS).collect();
    let tags = operations.iter().flat_map(|it| &it.tags);
    let tags: BTreeSet<&str> = tags.map(String::as_str).collect();
    let tools: BTreeSet<&str> = operations.iter().map(|it| it.tool_name.as_str()).collect();
    let known = |kind: &'static str, known: &BTreeSet<&str>, names: &[Located<String>]| {
        for name in names {
            if !known.contains(name.value.as_str()) {
                let diagnostic = ReadDiagnostic::UnknownWord {
                    word: name.value.clone(),
                    kind,
                    nearest: nearest(&name.value, known.iter().copied()),
                };
                errors.add(&inputs.presets_path, name.line, diagnostic);
            }
        }
        names.iter().map(|name| name.value.clone()).collect()
    };
    let preset = |entry: &PresetEntry| Preset {
        name: entry.name.value.clone(),
        title: entry.title.clone(),
        methods: known("method", &methods, &entry.methods),
        tags: known("tag", &tags, &entry.tags),
        tools: known("tool", &tools, &entry.tools),
        exclude_tags: known("tag", &tags, &entry.exclude_tags),
        exclude_tools: known("tool", &tools, &entry.exclude_tools),
        include_secrets: entry.include_secrets,
    };
    inputs.presets.iter().map(preset).collect()
}
