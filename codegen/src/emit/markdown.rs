//! Creates documentation for people: the catalogue and the table in the README.

use serde::Serialize;

use super::templates::Templates;
use super::{EmitError, OutputFile};
use crate::catalog::{Api, Catalog, Effect, Operation, ToolsetDoc};

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
    let table = Templates::new()?.render(
        "readme_tools.md",
        Toolsets {
            toolsets: &catalog.toolsets,
        },
    )?;
    let missing = |marker: &'static str| EmitError::NoMarker {
        marker: marker.trim_end(),
    };
    let (before, rest) = current.split_once(BEGIN).ok_or_else(|| missing(BEGIN))?;
    let (_, after) = rest.split_once(END).ok_or_else(|| missing(END))?;
    Ok(format!("{before}{BEGIN}\n{table}\n{END}{after}"))
}

/// Creates `catalogue.md`, which has one row for each tool.
pub(super) fn catalogue(templates: &Templates, catalog: &Catalog) -> Result<OutputFile, EmitError> {
    let values = Catalogue {
        apis: catalog.apis.iter().map(|api| api.title.as_str()).collect(),
        toolsets: catalog
            .toolsets
            .iter()
            .map(|doc| Section {
                doc,
                rows: doc
                    .tools
                    .iter()
                    .filter_map(|tool| row(catalog, doc, tool))
                    .collect(),
            })
            .collect(),
    };
    Ok(OutputFile {
        path: "generated/catalogue.md".to_owned(),
        text: templates.render("catalogue.md", values)?,
    })
}

#[derive(Serialize)]
struct Toolsets<'a> {
    toolsets: &'a [ToolsetDoc],
}

#[derive(Serialize)]
struct Catalogue<'a> {
    apis: Vec<&'a str>,
    toolsets: Vec<Section<'a>>,
}

#[derive(Serialize)]
struct Section<'a> {
    doc: &'a ToolsetDoc,
    rows: Vec<Row<'a>>,
}

/// Row of a tool, for all APIs.
#[derive(Serialize)]
struct Row<'a> {
    name: &'a str,
    renamed_from: Option<&'a str>,
    title: &'a str,
    effect: String,
    /// Requests in each API; several if they differ between alternative documents.
    requests: Vec<Vec<String>>,
    since: String,
}

fn row<'a>(catalog: &'a Catalog, doc: &ToolsetDoc, tool: &str) -> Option<Row<'a>> {
    let by_api: Vec<Vec<&Operation>> = catalog
        .apis
        .iter()
        .map(|api| operations(api, doc, tool))
        .collect();
    let all = || by_api.iter().flatten();
    let newest = all().next()?;
    let mut effects: Vec<&str> = all().map(|operation| effect(operation.effect)).collect();
    effects.dedup();
    let since: Vec<&str> = all()
        .filter_map(|operation| operation.since.as_deref())
        .collect();
    Some(Row {
        name: &newest.tool_name,
        renamed_from: newest.renamed_from.as_deref(),
        title: &newest.title,
        effect: effects.join("; "),
        requests: by_api.iter().map(|all| requests(all)).collect(),
        since: if since.is_empty() {
            "—".to_owned()
        } else {
            since.join(", ")
        },
    })
}

fn operations<'a>(api: &'a Api, doc: &ToolsetDoc, tool: &str) -> Vec<&'a Operation> {
    api.parts()
        .flat_map(|(_, _, toolsets)| toolsets)
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
