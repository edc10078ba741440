//! Compares the tools of two catalogues.

use super::change::ApiChangeSeverity::{Additive, Breaking};
use super::change::{ApiChange, ApiChangeKind, FoundChanges, ToolChange};
use super::collect::Collected;
use super::side::Side;
use super::{arguments, outputs, presets};
use crate::catalog::{Api, Effect, Operation, Pagination, PaginationStyle, Preset, ResponseFormat};
use crate::lower::Catalog;
use crate::path::without_names;

/// Returns the changes between `base` and `head`, in the order of the toolsets and tools of `head`. Tools that only `base` has come last.
#[must_use]
pub fn tool_changes(base: &Catalog, head: &Catalog) -> Vec<ToolChange> {
    let (old_apis, new_apis) = (apart(base), apart(head));
    let mut all = whole_apis(&old_apis, &new_apis);
    let presets = (base.presets(), head.presets());
    all.extend(presets::whole_presets(presets.0, presets.1));
    // Tools of a new or removed API are not reported individually.
    let both = new_apis
        .iter()
        .filter_map(|new| Some((old_apis.iter().find(|old| old.name == new.name)?, new)));
    let both: Vec<(&Api, &Api)> = both.collect();
    let labels: Vec<&str> = both.iter().map(|(_, api)| api.name.as_str()).collect();
    let mut old_names_used = Vec::new();
    for (toolset, name) in names(head) {
        let mut collected = Collected::default();
        for (old_api, new_api) in &both {
            let new = Side::find(new_api, name);
            let former = || Side::find(old_api, new?.operation.renamed_from.as_deref()?);
            let old = Side::find(old_api, name).or_else(former);
            old_names_used.extend(old.map(|old| old.operation.tool_name.clone()));
            collected.add(&new_api.name, old.is_some(), compare(presets, old, new));
        }
        all.extend(collected.changes(toolset, name, &labels));
    }
    for (toolset, name) in names(base) {
        let remains = names(head).any(|(_, other)| other == name);
        if remains || old_names_used.iter().any(|used| used == name) {
            continue;
        }
        let mut collected = Collected::default();
        for (old_api, new_api) in &both {
            let old = Side::find(old_api, name);
            collected.add(&new_api.name, old.is_some(), compare(presets, old, None));
        }
        all.extend(collected.changes(toolset, name, &labels));
    }
    all
}

/// Returns the APIs with each alternative document as a separate API, since an alternative contains tools with the same names as its API.
fn apart(catalog: &Catalog) -> Vec<Api> {
    let mut apis = catalog.apis().to_vec();
    let alternatives = apis.iter_mut().flat_map(|api| {
        let alternatives = std::mem::take(&mut api.alternatives);
        let api = &*api;
        let apis = alternatives.into_iter().map(|it| Api {
            name: it.document,
            title: format!("{} with {}", api.title, it.component),
            toolsets: it.toolsets,
            types: Vec::new(),
            ..api.clone()
        });
        apis.collect::<Vec<_>>()
    });
    let alternatives: Vec<_> = alternatives.collect();
    apis.extend(alternatives);
    apis
}

fn whole_apis(old: &[Api], new: &[Api]) -> Vec<ToolChange> {
    let has = |apis: &[Api], api: &Api| apis.iter().any(|it| it.name == api.name);
    let change = |severity, what, api: &Api| {
        let tools: usize = api.toolsets.iter().map(|it| it.operations.len()).sum();
        ToolChange {
            toolset: String::new(),
            tool: String::new(),
            apis: Vec::new(),
            change: ApiChange {
                severity,
                kind: ApiChangeKind::Api,
                text: format!("{} {what}, with {tools} tools", api.title),
            },
        }
    };
    let added = new.iter().filter(|api| !has(old, api));
    let removed = old.iter().filter(|api| !has(new, api));
    let added = added.map(|api| change(Additive, "is new", api));
    added
        .chain(removed.map(|api| change(Breaking, "was removed", api)))
        .collect()
}

/// Yields the toolset and name of each tool, in the order of the allowlist.
fn names(catalog: &Catalog) -> impl Iterator<Item = (&str, &str)> {
    catalog.toolsets().iter().flat_map(|toolset| {
        let tools = toolset.tools.iter();
        tools.map(|tool| (toolset.name.as_str(), tool.as_str()))
    })
}

/// Compares a tool in one API, and the presets that contain it.
fn compare(
    (old_presets, new_presets): (&[Preset], &[Preset]),
    old: Option<Side<'_>>,
    new: Option<Side<'_>>,
) -> Vec<ApiChange> {
    let mut changes = FoundChanges::default();
    match (old, new) {
        (None, None) => {}
        (None, Some(new)) => {
            let Operation { title, effect, .. } = new.operation;
            let presets = presets::of_new_tool(old_presets, new_presets, new.operation);
            let presets = presets.map_or_else(String::new, |names| format!("; in the {names}"));
            let text = format!("new: {title} ({}){presets}", effect_name(*effect));
            changes.add_kind(ApiChangeKind::NewTool, Additive, text);
        }
        (Some(old), None) => {
            let text = format!("removed: {}", old.operation.title);
            changes.add_kind(ApiChangeKind::RemovedTool, Breaking, text);
        }
        (Some(old), Some(new)) => {
            compare_names(old.operation, new.operation, &mut changes);
            let old_tool = (old_presets, old.operation);
            presets::compare(old_tool, (new_presets, new.operation), &mut changes);
            compare_effects(old.operation.effect, new.operation.effect, &mut changes);
            compare_texts(old.operation, new.operation, &mut changes);
            arguments::compare(old, new, &mut changes);
            outputs::compare(old, new, &mut changes);
            compare_requests(old.operation, new.operation, &mut changes);
        }
    }
    changes.0
}

fn effect_name(effect: Effect) -> &'static str {
    match (effect.read_only, effect.destructive) {
        (true, _) => "reads",
        (false, false) => "writes",
        (false, true) => "destructive",
    }
}

/// Compares names, tags and method.
fn compare_names(old: &Operation, new: &Operation, changes: &mut FoundChanges) {
    let old_name = &old.tool_name;
    if *old_name != new.tool_name {
        let text = format!("renamed from `{old_name}`, which still works");
        changes.add_kind(ApiChangeKind::RenamedTool, Additive, text);
    }
    if let Some(former) = &old.renamed_from
        && new.renamed_from.as_ref() != Some(former)
        && new.tool_name != *former
    {
        changes.breaking(format!("the former name `{former}` no longer works"));
    }
    for tag in new.tags.iter().filter(|tag| !old.tags.contains(tag)) {
        changes.additive(format!("tag `{tag}` is new"));
    }
    for tag in old.tags.iter().filter(|tag| !new.tags.contains(tag)) {
        changes.breaking(format!("tag `{tag}` was removed"));
    }
    if old.method != new.method {
        let text = format!("its method is `{}`, was `{}`", new.method, old.method);
        changes.breaking(text);
    }
}

fn compare_effects(old: Effect, new: Effect, changes: &mut FoundChanges) {
    changes.property(
        "it",
        (old.read_only, new.read_only),
        (Additive, "is read-only now"),
        (
            Breaking,
            "can write now: an MCP server restricted to reading no longer offers it",
        ),
    );
    changes.property(
        "it",
        (old.destructive, new.destructive),
        (Breaking, "is destructive"),
        (Additive, "is no longer destructive"),
    );
    changes.property(
        "it",
        (old.idempotent, new.idempotent),
        (Additive, "is idempotent"),
        (Breaking, "is no longer idempotent"),
    );
}

/// Compares route, texts, toolset and first release.
fn compare_texts(old: &Operation, new: &Operation, changes: &mut FoundChanges) {
    let route = |it: &Operation| (it.http.clone(), without_names(&it.path));
    let written = |it: &Operation| format!("`{} {}`", it.http.to_uppercase(), it.path);
    if route(old) != route(new) {
        let text = format!("the route is {}, was {}", written(new), written(old));
        changes.breaking(text);
    }
    if old.title != new.title {
        changes.cosmetic("its title changed");
    }
    if old.full_description() != new.full_description() {
        changes.cosmetic("its description changed");
    }
    if old.toolset != new.toolset {
        let text = format!("it moved from `{}` to `{}`", old.toolset, new.toolset);
        changes.cosmetic(text);
    }
    if old.since != new.since {
        changes.cosmetic(match &new.since {
            Some(since) => format!("needs {since} or newer"),
            None => "all supported releases have it".to_owned(),
        });
    }
}

/// Compares what is visible only in requests.
fn compare_requests(old: &Operation, new: &Operation, changes: &mut FoundChanges) {
    let sent = |it: &Operation| {
        (
            it.body.clone(),
            it.merge.as_deref().map(without_names),
            it.mask.clone(),
            it.read_back.as_deref().map(without_names),
            it.for_each.clone(),
        )
    };
    if sent(old) != sent(new) {
        changes.cosmetic("the request changed");
    }
    if (&old.document, &old.operation_id) != (&new.document, &new.operation_id) {
        changes.cosmetic(format!(
            "it is operation `{}` of `{}`, was `{}` of `{}`",
            new.operation_id, new.document, old.operation_id, old.document
        ));
    }
    if let (Some(old), Some(new)) = (&old.list, &new.list) {
        let (before, now) = (
            pages(old.pagination.as_ref()),
            pages(new.pagination.as_ref()),
        );
        if before != now {
            changes.cosmetic(format!("it is paged {now}, was {before}"));
        } else if old.pages_since != new.pages_since {
            changes.cosmetic("it has pages since another release");
        }
    }
    if let (ResponseFormat::Log { parts: old, .. }, ResponseFormat::Log { parts: new, .. }) =
        (&old.response_format, &new.response_format)
        && old != new
    {
        changes.cosmetic("its parts are continued differently");
    }
}

/// Returns the pagination in words.
fn pages(pagination: Option<&Pagination>) -> String {
    let Some(pagination) = pagination else {
        return "not at all".to_owned();
    };
    let style = match &pagination.style {
        PaginationStyle::Offset { .. } => "by offset",
        PaginationStyle::Number { .. } => "by number of page",
        PaginationStyle::Cursor { .. } => "by the server's cursor",
        PaginationStyle::Link { .. } => "by the server's links",
    };
    let location = if pagination.in_body {
        " in the body"
    } else {
        ""
    };
    format!("{style}{location}, {} at once", pagination.max)
}
