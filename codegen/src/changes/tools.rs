//! Compares the tools of two catalogues.

use super::collect::{Collected, labels};
use super::{Change, Kind, ToolChange, arguments, outputs};
use crate::catalog::{Api, Catalog, Content, Effect, Operation, Pagination, Toolset, Way};
use crate::emit::types::Types;
use crate::history::without_names;

/// Operation with the module and the API that define its types.
#[derive(Clone, Copy)]
pub(super) struct Side<'c> {
    pub(super) api: &'c Api,
    pub(super) toolset: &'c Toolset,
    pub(super) operation: &'c Operation,
}

impl<'c> Side<'c> {
    pub(super) fn types(self) -> Types<'c> {
        Types::of(&self.api.types, self.toolset)
    }
}

/// Returns the changes between `base` and `head`, in the order of the toolsets and tools of `head`. Tools that only `base` has come last.
#[must_use]
pub fn changes(base: &Catalog, head: &Catalog) -> Vec<ToolChange> {
    let (base, head) = (&apart(base), &apart(head));
    let mut all = whole_apis(base, head);
    // Tools of a new or removed API are not reported individually.
    let both: Vec<(&Api, &Api)> = head
        .apis
        .iter()
        .filter_map(|new| Some((base.apis.iter().find(|old| old.name == new.name)?, new)))
        .collect();
    let mut old_names_used = Vec::new();
    for (toolset, name) in names(head) {
        let mut collected = Collected::default();
        for (old_api, new_api) in &both {
            let new = find(new_api, name);
            let old = find(old_api, name)
                .or_else(|| find(old_api, new?.operation.renamed_from.as_deref()?));
            if let Some(old) = old {
                old_names_used.push(old.operation.tool_name.clone());
            }
            collected.add(&new_api.name, old.is_some(), between(old, new));
        }
        all.extend(collected.changes(toolset, name, &labels(&both)));
    }
    for (toolset, name) in names(base) {
        let lives = names(head).any(|(_, other)| other == name);
        if lives || old_names_used.iter().any(|used| used == name) {
            continue;
        }
        let mut collected = Collected::default();
        for (old_api, new_api) in &both {
            let old = find(old_api, name);
            collected.add(&new_api.name, old.is_some(), between(old, None));
        }
        all.extend(collected.changes(toolset, name, &labels(&both)));
    }
    all
}

/// Returns the catalogue with each alternative document as a separate API, since an alternative contains tools with the same names as its API.
fn apart(catalog: &Catalog) -> Catalog {
    let mut apart = catalog.clone();
    let instead = apart.apis.iter_mut().flat_map(|api| {
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
    let instead: Vec<_> = instead.collect();
    apart.apis.extend(instead);
    apart
}

fn whole_apis(base: &Catalog, head: &Catalog) -> Vec<ToolChange> {
    let has = |catalog: &Catalog, api: &Api| catalog.apis.iter().any(|it| it.name == api.name);
    let tools = |api: &Api| -> usize { api.toolsets.iter().map(|it| it.operations.len()).sum() };
    let new = head.apis.iter().filter(|api| !has(base, api)).map(|api| {
        let text = format!("{} is new, with {} tools", api.title, tools(api));
        Change::new(Kind::ApiNew, text)
    });
    let gone = base.apis.iter().filter(|api| !has(head, api)).map(|api| {
        let text = format!("{} is gone, with {} tools", api.title, tools(api));
        Change::new(Kind::ApiGone, text)
    });
    new.chain(gone)
        .map(|change| ToolChange {
            toolset: String::new(),
            tool: String::new(),
            apis: Vec::new(),
            change,
        })
        .collect()
}

/// Yields the toolset and name of each tool, in the order of the allowlist.
fn names(catalog: &Catalog) -> impl Iterator<Item = (&str, &str)> {
    catalog.toolsets.iter().flat_map(|toolset| {
        let tools = toolset.tools.iter();
        tools.map(|tool| (toolset.name.as_str(), tool.as_str()))
    })
}

fn find<'c>(api: &'c Api, name: &str) -> Option<Side<'c>> {
    api.toolsets.iter().find_map(|toolset| {
        let mut operations = toolset.operations.iter();
        let operation = operations.find(|it| it.tool_name == name)?;
        Some(Side {
            api,
            toolset,
            operation,
        })
    })
}

/// Compares a tool in one API.
fn between(old: Option<Side<'_>>, new: Option<Side<'_>>) -> Vec<Change> {
    match (old, new) {
        (None, None) => Vec::new(),
        (None, Some(new)) => {
            let Operation { title, effect, .. } = new.operation;
            let text = format!("new: {title} ({})", said(*effect));
            vec![Change::new(Kind::ToolNew, text)]
        }
        (Some(old), None) => {
            let text = format!("gone: {}", old.operation.title);
            vec![Change::new(Kind::ToolGone, text)]
        }
        (Some(old), Some(new)) => {
            let mut changes = itself(old.operation, new.operation);
            changes.extend(arguments::between(old, new));
            changes.extend(outputs::between(old, new));
            changes.extend(request(old.operation, new.operation));
            changes
        }
    }
}

fn said(effect: Effect) -> &'static str {
    match (effect.read_only, effect.destructive) {
        (true, _) => "reads",
        (false, false) => "writes",
        (false, true) => "destructive",
    }
}

/// Compares name, texts, tags, effect and route.
fn itself(old: &Operation, new: &Operation) -> Vec<Change> {
    let mut changes = Vec::new();
    let mut add = |kind, text: String| changes.push(Change::new(kind, text));
    if old.tool_name != new.tool_name {
        let name = &old.tool_name;
        add(
            Kind::ToolRenamed,
            format!("renamed, was `{name}`, to which it still answers"),
        );
    }
    if let Some(was) = &old.renamed_from
        && new.renamed_from.as_ref() != Some(was)
        && new.tool_name != *was
    {
        let text = format!("no longer answers to `{was}`");
        add(Kind::OldNameGone, text);
    }
    for tag in new.tags.iter().filter(|tag| !old.tags.contains(tag)) {
        add(Kind::TagNew, format!("tag `{tag}` is new"));
    }
    for tag in old.tags.iter().filter(|tag| !new.tags.contains(tag)) {
        add(Kind::TagGone, format!("tag `{tag}` is gone"));
    }
    if old.method != new.method {
        let text = format!("its method is `{}`, was `{}`", new.method, old.method);
        add(Kind::Method, text);
    }
    effect(old.effect, new.effect, &mut add);
    let route = |it: &Operation| (it.http.clone(), without_names(&it.path));
    let written = |it: &Operation| format!("`{} {}`", it.http.to_uppercase(), it.path);
    if route(old) != route(new) {
        let text = format!("the route is {}, was {}", written(new), written(old));
        add(Kind::Route, text);
    }
    let words = [
        ("title", old.title != new.title),
        (
            "description",
            old.full_description() != new.full_description(),
        ),
    ];
    for (what, _) in words.iter().filter(|(_, changed)| *changed) {
        add(Kind::ToolText, format!("its {what} reads differently"));
    }
    if old.toolset != new.toolset {
        let text = format!("it stands in `{}`, was in `{}`", new.toolset, old.toolset);
        add(Kind::ToolText, text);
    }
    if old.since != new.since {
        let text = match &new.since {
            Some(since) => format!("needs {since} or newer"),
            None => "all supported releases have it".to_owned(),
        };
        add(Kind::ToolText, text);
    }
    changes
}

fn effect(old: Effect, new: Effect, add: &mut impl FnMut(Kind, String)) {
    if old.read_only != new.read_only {
        let text = if new.read_only {
            "it only reads now: a server narrowed to writing loses it"
        } else {
            "it writes now: a server narrowed to reading loses it"
        };
        add(Kind::EffectStricter, text.to_owned());
    }
    let rows = [
        (!old.destructive && new.destructive, true, "is destructive"),
        (
            old.destructive && !new.destructive,
            false,
            "is no longer destructive",
        ),
        (
            old.idempotent && !new.idempotent,
            true,
            "is no longer idempotent",
        ),
        (!old.idempotent && new.idempotent, false, "is idempotent"),
    ];
    for (_, stricter, text) in rows.iter().filter(|(changed, ..)| *changed) {
        let kind = if *stricter {
            Kind::EffectStricter
        } else {
            Kind::EffectMilder
        };
        add(kind, format!("it {text}"));
    }
}

/// Compares what is visible only in requests.
fn request(old: &Operation, new: &Operation) -> Vec<Change> {
    let mut changes = Vec::new();
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
        let text = "the request is made differently";
        changes.push(Change::new(Kind::Request, text));
    }
    if (&old.document, &old.operation_id) != (&new.document, &new.operation_id) {
        let text = format!(
            "it is operation `{}` of `{}`, was `{}` of `{}`",
            new.operation_id, new.document, old.operation_id, old.document
        );
        changes.push(Change::new(Kind::Request, text));
    }
    let pages = |it: &Operation| {
        let list = it.list.as_ref();
        list.map(|list| (way(list.pagination.as_ref()), list.pages_since.clone()))
    };
    if let (Some(old), Some(new)) = (pages(old), pages(new))
        && old != new
    {
        let text = match (&old.0, &new.0) {
            (before, now) if before == now => "it is paged since another release".to_owned(),
            (before, now) => format!("it is paged {now}, was {before}"),
        };
        changes.push(Change::new(Kind::Pages, text));
    }
    if let (Content::Log { parts: old, .. }, Content::Log { parts: new, .. }) =
        (&old.content, &new.content)
        && old != new
    {
        let text = "its parts are continued differently";
        changes.push(Change::new(Kind::Pages, text));
    }
    changes
}

fn way(pagination: Option<&Pagination>) -> String {
    let Some(pagination) = pagination else {
        return "not at all".to_owned();
    };
    let way = match &pagination.way {
        Way::Offset { .. } => "by offset",
        Way::Number { .. } => "by number of page",
        Way::Cursor { .. } => "by the server's cursor",
        Way::Link { .. } => "by the server's links",
    };
    let place = if pagination.in_body {
        " in the body"
    } else {
        ""
    };
    format!("{way}{place}, {} at once", pagination.max)
}
