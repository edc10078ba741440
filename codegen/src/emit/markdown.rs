//! Creates documentation for people: the catalogue and the table in the README.

use minijinja::Value;

use super::output::{EmitError, OutputFile};
use super::templates::{Templates, object};
use crate::catalog::{Api, Effect, Operation, ToolsetDoc};
use crate::lower::Catalog;

/// Line before the generated part of the README.
const BEGIN: &str = "<!-- begin generated: tools -->\n";
/// Line after the generated part of the README.
const END: &str = "<!-- end generated: tools -->\n";

/// Replaces the table between the markers of the README. The table has one row for each toolset, so that a new tool does not change it.
///
/// # Errors
///
/// If a marker is missing.
pub fn readme(catalog: &Catalog, current: &str) -> Result<String, EmitError> {
    let table =
        Templates::new()?.render("readme_tools.md", object! { toolsets: catalog.toolsets() })?;
    let missing = |marker: &'static str| EmitError::NoMarker {
        marker: marker.trim_end(),
    };
    let (before, rest) = current.split_once(BEGIN).ok_or_else(|| missing(BEGIN))?;
    let (_, after) = rest.split_once(END).ok_or_else(|| missing(END))?;
    Ok(format!("{before}{BEGIN}\n{table}\n{END}{after}"))
}

/// Creates `catalogue.md`, which has one row for each tool.
pub(super) fn catalogue(templates: &Templates, catalog: &Catalog) -> Result<OutputFile, EmitError> {
    let sections = catalog.toolsets().iter().map(|doc| {
        let rows = doc.tools.iter().filter_map(|tool| row(catalog, doc, tool));
        object! { doc: doc, rows: rows.collect::<Vec<_>>() }
    });
    let apis: Vec<&str> = catalog.apis().iter().map(|api| &*api.title).collect();
    let values = object! { apis: apis, toolsets: sections.collect::<Vec<_>>() };
    Ok(OutputFile {
        path: "generated/catalogue.md".to_owned(),
        text: templates.render("catalogue.md", values)?,
    })
}

/// Returns the row of a tool, for all APIs.
fn row(catalog: &Catalog, doc: &ToolsetDoc, tool: &str) -> Option<Value> {
    let apis = catalog.apis().iter();
    let by_api: Vec<Vec<&Operation>> = apis.map(|api| operations(api, doc, tool)).collect();
    let all = || by_api.iter().flatten();
    let newest = all().next()?;
    let mut effects: Vec<&str> = all().map(|operation| effect(operation.effect)).collect();
    effects.dedup();
    let since = all().filter_map(|operation| operation.since.as_deref());
    let since = since.collect::<Vec<_>>().join(", ");
    // Requests in each API; several if they differ between alternative documents.
    let requests: Vec<_> = by_api.iter().map(|all| requests(all)).collect();
    Some(object! {
        name: newest.tool_name,
        renamed_from: newest.renamed_from,
        title: newest.title,
        effect: effects.join("; "),
        requests: requests,
        since: if since.is_empty() { "—" } else { &since },
    })
}

fn operations<'a>(api: &'a Api, doc: &ToolsetDoc, tool: &str) -> Vec<&'a Operation> {
    api.modules()
        .map(|(_, _, toolset)| toolset)
        .filter(|toolset| toolset.name == doc.name)
        .flat_map(|toolset| &toolset.operations)
        .filter(|operation| operation.tool_name == tool)
        .collect()
}

fn requests(operations: &[&Operation]) -> Vec<String> {
    let mut requests: Vec<_> = operations
        .iter()
        .map(|operation| format!("{} {}", operation.http.to_uppercase(), operation.path))
        .collect();
    requests.dedup();
    requests
}

fn effect(effect: Effect) -> &'static str {
    match (effect.read_only, effect.destructive, effect.idempotent) {
        (true, _, _) => "read",
        (false, true, true) => "destructive, idempotent",
        (false, true, false) => "destructive",
        (false, false, true) => "write, idempotent",
        (false, false, false) => "write",
    }
}
