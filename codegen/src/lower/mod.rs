//! Decides everything once: the selected tools and what the documents say about them become the catalogue.

mod arguments;
mod changes;
pub(crate) mod history;
mod list;
mod operation;
mod shared;
mod sources;
mod types;
mod usage;

#[cfg(test)]
mod tests;

use crate::catalog::{Api, Catalog, Document, Toolset, ToolsetDoc};
use crate::ident;
use crate::input::Parsed;
use crate::problem::{Error, Problem};
use crate::select::{SelectedToolset, Selection};

use self::changes::FieldChange;
use self::operation::Draft;

/// The catalogue, and all that is wrong with the tools.
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
        let mut toolsets = Vec::new();
        for (index, selected) in selection.toolsets.iter().enumerate() {
            let own = drafts
                .iter()
                .filter(|(at, draft)| *at == index && draft.api == entry.name.value);
            let own: Vec<&Draft> = own.map(|(_, draft)| draft).collect();
            if !own.is_empty() {
                toolsets.push(toolset(
                    parsed,
                    selected,
                    &entry.name.value,
                    &own,
                    &mut errors,
                ));
            }
        }
        let types = shared::take(&mut toolsets);
        apis.push(Api {
            name: entry.name.value.clone(),
            module: ident::snake(&entry.name.value),
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
        });
    }
    let toolsets = selection.toolsets.iter().map(toolset_doc).collect();
    (Catalog { apis, toolsets }, errors)
}

fn document(parsed: &Parsed, name: &str) -> Option<Document> {
    let entry = parsed.apis.document(name)?;
    Some(Document {
        name: entry.name.value.clone(),
        source: entry.source.value.clone(),
        probe: entry.probe.clone(),
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

/// One generated module: the tools, and the types that they share.
fn toolset(
    parsed: &Parsed,
    selected: &SelectedToolset<'_>,
    api: &str,
    drafts: &[&Draft],
    errors: &mut Vec<Error>,
) -> Toolset {
    let entry = selected.entry;
    let mut clash = |name: &str, line: usize| {
        errors.push(Error {
            path: entry.path.clone(),
            line,
            problem: Problem::TypeClash {
                toolset: entry.name.value.clone(),
                api: api.to_owned(),
                name: name.to_owned(),
            },
        });
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
            // Two tools of one name were reported as such.
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
