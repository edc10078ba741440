//! Lowers the selected tools: combines them with what the documents say about their operations and makes every decision once. The result is the catalogue.

mod arguments;
mod for_each;
mod history;
mod implicit;
mod list;
mod narrowing;
mod operation;
mod overrides;
mod presets;
mod response_format;
mod scope;
mod shared;
mod sources;
mod types;
mod usage;

#[cfg(test)]
mod tests;

pub(crate) use response_format::other_than_json;

use std::collections::BTreeSet;

use serde::Serialize;

use self::operation::LoweredTool;
use self::overrides::FieldOverride;
use self::scope::ErrorList;
use crate::allowlist::apis::ApiEntry;
use crate::allowlist::documents::DocumentEntry;
use crate::catalog::{Alternative, Api, ApiDocument, Preset, SHARED_MODULE, Toolset, ToolsetDoc};
use crate::diagnostic::{Error, LowerDiagnostic};
use crate::ident;
use crate::input::ParsedInputs;
use crate::reader::Located;
use crate::select::SelectedToolset;

/// Tools of all APIs. Only this module can make one, so every tool of a catalogue has passed all checks.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Catalog {
    apis: Vec<Api>,
    toolsets: Vec<ToolsetDoc>,
    presets: Vec<Preset>,
}

impl Catalog {
    /// Returns the APIs, newest first, as in `apis.yaml`.
    #[must_use]
    pub fn apis(&self) -> &[Api] {
        &self.apis
    }

    /// Returns the documentation of each toolset, in the order of the allowlist.
    #[must_use]
    pub fn toolsets(&self) -> &[ToolsetDoc] {
        &self.toolsets
    }

    /// Returns the presets, in the order of `presets.yaml`.
    #[must_use]
    pub fn presets(&self) -> &[Preset] {
        &self.presets
    }
}

/// Makes the catalogue and returns it with all errors in the tools.
pub(crate) fn lower(
    inputs: &ParsedInputs,
    selected: &[SelectedToolset<'_>],
) -> (Catalog, Vec<Error>) {
    let errors = ErrorList::default();
    history::check(inputs, &errors);
    let lowered = selected.iter().map(|toolset| {
        let tools = toolset.tools.iter();
        let lower = |tool| operation::lower_tool(inputs, toolset.entry, tool, &errors);
        (toolset, tools.flat_map(lower).collect())
    });
    let lowered: Vec<LoweredToolset<'_>> = lowered.collect();
    let apis = inputs.apis.apis.iter();
    let apis = apis.map(|entry| api(inputs, entry, &lowered, &errors));
    let apis: Vec<Api> = apis.collect();
    let catalog = Catalog {
        presets: presets::lower(inputs, &apis, &errors),
        apis,
        toolsets: selected.iter().map(toolset_doc).collect(),
    };
    (catalog, errors.into_errors())
}

/// Toolset with its tools in all documents.
type LoweredToolset<'p> = (&'p SelectedToolset<'p>, Vec<LoweredTool>);

fn api(
    inputs: &ParsedInputs,
    entry: &ApiEntry,
    lowered: &[LoweredToolset<'_>],
    errors: &ErrorList,
) -> Api {
    let api = &entry.name.value;
    let names = entry.documents.iter();
    let documents = names.filter_map(|name| inputs.apis.document(&name.value));
    let documents: Vec<&DocumentEntry> = documents.collect();
    // The tools of alternative documents are in modules of their own, because they have the same names as the tools of the documents that they replace.
    let toolsets = |documents: &[&DocumentEntry]| -> Vec<Toolset> {
        let is_own = |tool: &&LoweredTool| {
            let own = &tool.operation.document;
            documents.iter().any(|document| document.name.value == *own)
        };
        let toolsets = lowered.iter().filter_map(|(selected, tools)| {
            let own: Vec<&LoweredTool> = tools.iter().filter(is_own).collect();
            (!own.is_empty()).then(|| toolset(documents, selected, api, &own, errors))
        });
        toolsets.collect()
    };
    let (alternatives, usual): (Vec<&DocumentEntry>, Vec<&DocumentEntry>) = documents
        .iter()
        .copied()
        .partition(|document| document.alternative_to.is_some());
    let mut usual_toolsets = toolsets(&usual);
    let alternatives = alternatives.into_iter().map(|document| Alternative {
        document: document.name.value.clone(),
        module: alternative_module(api, &document.name.value),
        component: document
            .probe
            .as_ref()
            .map(|probe| probe.component.clone())
            .unwrap_or_default(),
        toolsets: toolsets(&[document]),
    });
    let types = shared::take(&mut usual_toolsets);
    let alternatives: Vec<Alternative> = alternatives.collect();
    let api = Api {
        name: api.clone(),
        module: ident::snake(api),
        title: entry.title.clone(),
        version: entry.version.clone(),
        alternatives,
        documents: documents.into_iter().map(document).collect(),
        sign_in: entry.sign_in.clone(),
        errors: entry.errors.clone(),
        types,
        toolsets: usual_toolsets,
    };
    check_modules(inputs, &api, errors);
    api
}

/// Checks that all modules of an API have different names: those of toolsets, of alternative documents and of shared types.
fn check_modules(inputs: &ParsedInputs, api: &Api, errors: &ErrorList) {
    let mut taken = BTreeSet::new();
    if !api.types.is_empty() {
        taken.insert(SHARED_MODULE);
    }
    let mut take = |module, path: &str, name: Option<&Located<String>>| {
        if !taken.insert(module) {
            let diagnostic = LowerDiagnostic::ModuleClash {
                name: name.map_or(module, |name| &name.value).to_owned(),
                api: api.name.clone(),
                module: module.to_owned(),
            };
            errors.add(path, name.map_or(0, |name| name.line), diagnostic);
        }
    };
    for toolset in &api.toolsets {
        let mut entries = inputs.toolsets.iter();
        let entry = entries.find(|entry| entry.name.value == toolset.name);
        let path = entry.map_or("", |entry| entry.path.as_str());
        take(&toolset.module, path, entry.map(|entry| &entry.name));
    }
    for alternative in &api.alternatives {
        let entry = inputs.apis.document(&alternative.document);
        let name = entry.map(|entry| &entry.name);
        take(&alternative.module, &inputs.apis_path, name);
    }
}

/// Returns the module name of an alternative document: its name without the name of the API at the beginning.
fn alternative_module(api: &str, document: &str) -> String {
    let rest = document.strip_prefix(api);
    let rest = rest.map(|rest| rest.trim_start_matches('-'));
    ident::snake(rest.filter(|rest| !rest.is_empty()).unwrap_or(document))
}

fn document(entry: &DocumentEntry) -> ApiDocument {
    ApiDocument {
        name: entry.name.value.clone(),
        source: entry.source.value.clone(),
        probe: entry.probe.clone(),
        version: entry.version.clone(),
        alternative_to: entry.alternative_to.as_ref().map(|name| name.value.clone()),
        sign_in: entry.sign_in.clone(),
        hints: entry.hints.clone(),
    }
}

fn toolset_doc(selected: &SelectedToolset<'_>) -> ToolsetDoc {
    let entry = selected.entry;
    ToolsetDoc {
        name: entry.name.value.clone(),
        tags: entry.tags.iter().map(|tag| tag.value.clone()).collect(),
        secret_fields: entry
            .secret_fields
            .iter()
            .map(|it| it.value.clone())
            .collect(),
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
    documents: &[&DocumentEntry],
    selected: &SelectedToolset<'_>,
    api: &str,
    tools: &[&LoweredTool],
    errors: &ErrorList,
) -> Toolset {
    let entry = selected.entry;
    let clash = |name: &str, line: usize| {
        let diagnostic = LowerDiagnostic::TypeClash {
            toolset: entry.name.value.clone(),
            api: api.to_owned(),
            name: name.to_owned(),
        };
        errors.add(&entry.path, line, diagnostic);
    };
    let mut named = types::Module::default();
    for tool in tools {
        for def in &tool.named {
            if !named.share(def) {
                clash(&def.rust_name, tool.line);
            }
        }
    }
    for (index, tool) in tools.iter().enumerate() {
        let operation = &tool.operation;
        let mut before = tools[..index].iter();
        if before.any(|other| other.operation.tool_name == operation.tool_name) {
            // Two tools with the same name have already been reported.
            continue;
        }
        let own = operation.types.iter().map(|def| def.rust_name.as_str());
        for name in own.chain([operation.rust_name.as_str()]) {
            if !named.take(name) {
                clash(name, tool.line);
            }
        }
    }
    let overrides = tools.iter().flat_map(|tool| &tool.field_overrides);
    let overrides: Vec<&FieldOverride> = overrides.collect();
    overrides::apply_to_shared(named.types_mut(), &overrides, &entry.path, errors);
    let used = documents.iter().filter(|document| {
        let mut tools = tools.iter();
        tools.any(|tool| tool.operation.document == document.name.value)
    });
    let sources = used.map(|document| document.source.value.clone());
    Toolset {
        name: entry.name.value.clone(),
        module: ident::snake(&entry.name.value),
        sources: std::iter::once(entry.path.clone()).chain(sources).collect(),
        operations: tools.iter().map(|tool| tool.operation.clone()).collect(),
        types: named.into_types(),
    }
}
