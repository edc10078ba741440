//! Compares which tools the presets contain. An MCP server with a preset offers what the preset contains after an update, so that a reviewer has to see it.

use super::change::ApiChangeSeverity::{Additive, Breaking};
use super::change::{ApiChange, ApiChangeKind, ApiChangeSeverity, FoundChanges, ToolChange};
use crate::catalog::{Operation, Preset};

/// Returns new and removed presets.
pub(super) fn whole_presets(old: &[Preset], new: &[Preset]) -> Vec<ToolChange> {
    let added = new.iter().filter(|it| find(old, &it.name).is_none());
    let removed = old.iter().filter(|it| find(new, &it.name).is_none());
    let added = added.map(|it| change(Additive, &it.name, "is new"));
    let removed = removed.map(|it| {
        change(
            Breaking,
            &it.name,
            "was removed: an MCP server with this preset offers nothing",
        )
    });
    added.chain(removed).collect()
}

fn change(severity: ApiChangeSeverity, name: &str, what: &str) -> ToolChange {
    ToolChange {
        toolset: String::new(),
        tool: String::new(),
        apis: Vec::new(),
        change: ApiChange {
            severity,
            kind: ApiChangeKind::Api,
            text: format!("preset `{name}` {what}"),
        },
    }
}

/// Compares the presets of a tool, as far as both catalogues have them.
pub(super) fn compare(
    (old_presets, old): (&[Preset], &Operation),
    (new_presets, new): (&[Preset], &Operation),
    changes: &mut FoundChanges,
) {
    let before = |it: &Preset| find(old_presets, &it.name).map(|old_one| old_one.contains(old));
    let entered = new_presets.iter();
    let entered = entered.filter(|it| it.contains(new) && before(it) == Some(false));
    if let Some(names) = names(entered) {
        let text = format!("enters the {names}: MCP servers with it offer this tool, too");
        changes.additive(text);
    }
    let left = new_presets.iter();
    let left = left.filter(|it| !it.contains(new) && before(it) == Some(true));
    if let Some(names) = names(left) {
        let text = format!("leaves the {names}: MCP servers with it no longer offer this tool");
        changes.breaking(text);
    }
}

/// Returns the presets of a new tool, if it has any: "presets `read`, `all`".
pub(super) fn of_new_tool(old: &[Preset], new: &[Preset], operation: &Operation) -> Option<String> {
    let known = new.iter().filter(|it| find(old, &it.name).is_some());
    names(known.filter(|it| it.contains(operation)))
}

fn find<'p>(presets: &'p [Preset], name: &str) -> Option<&'p Preset> {
    presets.iter().find(|it| it.name == name)
}

fn names<'p>(presets: impl Iterator<Item = &'p Preset>) -> Option<String> {
    let names: Vec<String> = presets.map(|it| format!("`{}`", it.name)).collect();
    match names.as_slice() {
        [] => None,
        [name] => Some(format!("preset {name}")),
        names => Some(format!("presets {}", names.join(", "))),
    }
}
