//! Lowers the selected tools: combines them with what the documents say about their operations and makes every decision once. The result is the catalogue.

pub(crate) mod answer;
mod arguments;
mod changes;
mod each;
pub(crate) mod history;
mod list;
mod narrowing;
mod operation;
mod shared;
mod sources;
mod types;
mod usage;

#[cfg(test)]
mod tests;

use crate::catalog::{Alternative, Api, Catalog, Document, Toolset, ToolsetDoc};
use crate::diagnostic::{Error, LowerDiagnostic};
use crate::ident;
use crate::input::Parsed;
use crate::select::{SelectedToolset, Selection};

use self::changes::FieldChange;
use self::operation::Draft;

/// Makes the catalogue and returns it with all errors in the tools.
pub(crate) fn lower(parsed: &Parsed, selection: &Selection<'_>) -> (Catalog, Vec<Error>) {
    let mut errors = history::check(parsed);
    let mut drafts: Vec<(usize, Draft)> = Vec::new();
    for (index, toolset) in selection.toolsets.iter().enumerate() {
        for tool in &toolset.tools {
            let made = operation::lower_tool(parsed, toolset.entry, tool, &mut errors);
            drafts.extend(made.into_iter().map(|draft| (index, draft)));
        }
    }
    let mut apis = Vec::new();
    for entry in &parsed.apis.apis {
        let api = &entry.name.value;
        // The tools of alternative documents are in modules of their own, because they have the same names as the tools of the documents that they replace.
        let mut of = |documents: &[&str]| -> Vec<Toolset> {
            let selected = selection.toolsets.iter().enumerate();
            let made = selected.filter_map(|(index, selected)| {
                let is_own = |draft: &Draft| documents.contains(&draft.operation.document.as_str());
                let own = drafts.iter().filter(|(at, _)| *at == index);
                let own: Vec<&Draft> = own.map(|(_, it)| it).filter(|it| is_own(it)).collect();
                let is_any = !own.is_empty();
                is_any.then(|| toolset(parsed, selected, api, &own, &mut errors))
            });
            made.collect()
        };
        let documents = entry.documents.iter();
        let documents = documents.filter_map(|name| parsed.apis.document(&name.value));
        let (instead, usual): (Vec<_>, Vec<_>) =
            documents.partition(|document| document.alternative_to.is_some());
        let usual: Vec<_> = usual.iter().map(|it| it.name.value.as_str()).collect();
        let mut toolsets = of(&usual);
        let alternatives = instead.iter().map(|document| Alternative {
            document: document.name.value.clone(),
            module: alternative_module(api, &document.name.value),
            component: document
                .probe
                .as_ref()
                .map(|probe| probe.component.clone())
                .unwrap_or_default(),
            toolsets: of(&[&document.name.value]),
        });
        let alternatives: Vec<_> = alternatives.collect();
        let types = shared::take(&mut toolsets);
        apis.push(Api {
            name: api.clone(),
            module: ident::snake(api),
            title: entry.title.clone(),
            version: entry.version.clone(),
            documents: entry
                .documents
                .iter()
                .filter_map(|name| document(parsed, &name.value))
                .collect(),
            sign_in: entry.sign_in.clone(),
            errors: entry.errors.clone(),
            toolsets,
            types,
            alternatives,
        });
    }
    let toolsets = selection.toolsets.iter().map(toolset_doc).collect();
    (Catalog { apis, toolsets }, errors)
}

/// Returns the module name of an alternative document: its name without the name of the API at the beginning.
fn alternative_module(api: &str, document: &str) -> String {
    let rest = document.strip_prefix(api);
    let rest = rest.map(|rest| rest.trim_start_matches('-'));
    ident::snake(rest.filter(|rest| !rest.is_empty()).unwrap_or(document))
}

fn document(parsed: &Parsed, name: &str) -> Option<Document> {
    let entry = parsed.apis.document(name)?;
    Some(Document {
        name: entry.name.value.clone(),
        source: entry.source.value.clone(),
        probe: entry.probe.clone(),
        version: entry.version.clone(),
        alternative_to: entry.alternative_to.as_ref().map(|name| name.value.clone()),
        sign_in: entry.sign_in.clone(),
        hints: entry.hints.clone(),
    })
}

fn toolset_doc(selected: &SelectedToolset<'_>) -> ToolsetDoc {
    let entry = selected.entry;
    ToolsetDoc {
        name: entry.name.value.clone(),
        tags: entry.tags.iter().map(|tag| tag.value.clone()).collect(),
        description: entry.description.clone(),
        source: entry.path.clone(),
        tools: selected
            .tools
            .iter()
            .map(|tool| tool.name.clone())
            .collect(),
    }
}

/// Makes one generated module: the tools, and the types that they share.
fn toolset(
    parsed: &Parsed,
    selected: &SelectedToolset<'_>,
    api: &str,
    drafts: &[&Draft],
    errors: &mut Vec<Error>,
) -> Toolset {
    let entry = selected.entry;
    let mut clash = |name: &str, line: usize| {
        let diagnostic = LowerDiagnostic::TypeClash {
            toolset: entry.name.value.clone(),
            api: api.to_owned(),
            name: name.to_owned(),
        };
        errors.push(Error::new(&entry.path, line, diagnostic));
    };
    let mut named = types::Module::default();
    for draft in drafts {
        for def in &draft.named {
            if !named.share(def) {
                clash(&def.rust_name, draft.line);
            }
        }
    }
    let operations: Vec<_> = drafts.iter().map(|draft| draft.operation.clone()).collect();
    for (index, (operation, draft)) in operations.iter().zip(drafts).enumerate() {
        let name = &operation.tool_name;
        if operations[..index]
            .iter()
            .any(|other| other.tool_name == *name)
        {
            // Two tools with the same name have already been reported.
            continue;
        }
        let own = operation.types.iter().map(|def| def.rust_name.as_str());
        for name in own.chain([operation.rust_name.as_str()]) {
            if !named.take(name) {
                clash(name, draft.line);
            }
        }
    }
    let changes: Vec<&FieldChange> = drafts
        .iter()
        .flat_map(|draft| &draft.field_changes)
        .collect();
    changes::apply_to_shared(named.types_mut(), &changes, &entry.path, errors);
    let mut sources = vec![entry.path.clone()];
    for document in parsed
        .apis
        .apis
        .iter()
        .filter(|entry| entry.name.value == api)
        .flat_map(|api| &api.documents)
    {
        if operations
            .iter()
            .any(|operation| operation.document == document.value)
        {
            let source = parsed
                .apis
                .document(&document.value)
                .map(|entry| entry.source.value.clone());
            sources.extend(source);
        }
    }
    Toolset {
        name: entry.name.value.clone(),
        module: ident::snake(&entry.name.value),
        sources,
        operations,
        types: named.into_types(),
    }
}
