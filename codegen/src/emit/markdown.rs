//! What people read: the catalogue and the table in the README.

use serde::Serialize;

use super::templates::Templates;
use super::{EmitError, OutputFile};
use crate::catalog::{Api, Catalog, Effect, Operation, ToolsetDoc};

/// Line in front of the generated part of the README.
const BEGIN: &str = "<!-- begin generated: tools -->\n";
/// Line behind it.
const END: &str = "<!-- end generated: tools -->\n";

/// The README with a fresh table between its markers: a row per toolset, so that one tool more leaves it alone.
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

/// `catalogue.md`: a row per tool.
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

/// A tool in each API.
#[derive(Serialize)]
struct Row<'a> {
    name: &'a str,
    was: Option<&'a str>,
    title: &'a str,
    effect: String,
    requests: Vec<Option<String>>,
    since: String,
}

fn row<'a>(catalog: &'a Catalog, doc: &ToolsetDoc, tool: &str) -> Option<Row<'a>> {
    let operations: Vec<Option<&Operation>> = catalog
        .apis
        .iter()
        .map(|api| operation(api, doc, tool))
        .collect();
    let newest = operations.iter().flatten().next()?;
    let mut effects: Vec<&str> = operations
        .iter()
        .flatten()
        .map(|operation| effect(operation.effect))
        .collect();
    effects.dedup();
    let since: Vec<&str> = operations
        .iter()
        .flatten()
        .filter_map(|operation| operation.since.as_deref())
        .collect();
    Some(Row {
        name: &newest.tool_name,
        was: newest.was.as_deref(),
        title: &newest.title,
        effect: effects.join("; "),
        requests: operations
            .iter()
            .map(|operation| operation.map(request))
            .collect(),
        since: if since.is_empty() {
            "—".to_owned()
        } else {
            since.join(", ")
        },
    })
}

fn operation<'a>(api: &'a Api, doc: &ToolsetDoc, tool: &str) -> Option<&'a Operation> {
    api.toolsets
        .iter()
        .filter(|toolset| toolset.name == doc.name)
        .flat_map(|toolset| &toolset.operations)
        .find(|operation| operation.tool_name == tool)
}

fn request(operation: &Operation) -> String {
    format!("{} {}", operation.http.to_uppercase(), operation.path)
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
