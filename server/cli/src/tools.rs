//! Command `tools`: prints the tools of an API for people and programs.

use std::fmt::Write;

use runtime::tool::Http;
use runtime::{Api, Tool, json_schema, registry};
use serde_json::{Value, json};

use mcp_server::discovery_tools;
use mcp_server::product::product;

use crate::args::connection::SelectionArgs;
use crate::error::{CommandError, ConfigErrors};
use crate::{output, settings};

/// Prints the selected tools of the named API, or of the newest API if no API is named.
pub(crate) fn print(
    api: Option<String>,
    selection: SelectionArgs,
    discover: bool,
    as_json: bool,
) -> Result<(), CommandError> {
    let name = settings::api_name(api);
    let selection = settings::selection(selection);
    let (name, selection) = match (name, selection) {
        (Ok(name), Ok(selection)) => (name, selection),
        (name, selection) => {
            let mut errors = name.err().unwrap_or_default();
            errors.extend(selection.err().map_or_else(Vec::new, |more| more.0));
            return Err(ConfigErrors(errors).into());
        }
    };
    let api = product()
        .apis
        .iter()
        .find(|api| name.as_ref().is_none_or(|name| api.name == name));
    let tools: Vec<_> = api
        .into_iter()
        .flat_map(|api| {
            let usual: Vec<_> = api.usual_documents().collect();
            registry::tools(api).filter(move |tool| usual.contains(&tool.document))
        })
        .filter(|tool| selection.matches(tool))
        .collect();
    let discovery = discovery_tools::tools(tools.iter().all(|tool| tool.effect.read_only));
    match (as_json, discover) {
        (true, true) => output::json(&Value::from_iter(discovery.map(offered)).to_string())?,
        (true, false) => {
            let api = api.into_iter();
            let rows = api.flat_map(|api| tools.iter().map(move |tool| row(api, tool)));
            output::json(&Value::from_iter(rows).to_string())?;
        }
        (false, true) => output::line(&format!("{}{}", list(&discovery), sizes(&discovery)))?,
        (false, false) => {
            let mut text = table(api.map_or("No API", |api| api.title), &tools);
            let _ = write!(text, "\n{}", sizes(&tools));
            let _ = write!(text, "\nWith --discover: {}", sizes(&discovery));
            output::line(&text)?;
        }
    }
    Ok(())
}

/// Returns a tool as JSON, with its schemas and its HTTP request.
fn row(api: &Api, tool: &Tool) -> Value {
    json!({
        "name": tool.name,
        "title": tool.title,
        "description": tool.description,
        "tags": tool.tags,
        "toolset": tool.toolset,
        "method": tool.method,
        "effect": effect(tool),
        "annotations": json_schema::annotations(tool),
        "api": api.name,
        "document": tool.document,
        "operation": tool.operation,
        "http": {"method": http(tool.http), "path": tool.path},
        "inputSchema": json_schema::input_schema(tool),
        "outputSchema": json_schema::output_schema(tool),
    })
}

/// Returns a discovery tool as JSON. A discovery tool has no operation and no path.
fn offered(tool: &Tool) -> Value {
    json!({
        "name": tool.name,
        "title": tool.title,
        "description": tool.description,
        "effect": effect(tool),
        "annotations": json_schema::annotations(tool),
        "inputSchema": json_schema::input_schema(tool),
    })
}

fn list(tools: &[&Tool]) -> String {
    let mut text = String::new();
    for tool in tools {
        let Tool {
            name, description, ..
        } = tool;
        let _ = writeln!(text, "{name} ({})\n  {description}\n", effect(tool));
    }
    text
}

fn table(title: &str, tools: &[&Tool]) -> String {
    let mut text = format!("{title}\n");
    let width = |of: fn(&Tool) -> &str| tools.iter().map(|tool| of(tool).len()).max().unwrap_or(0);
    let (names, titles) = (width(|tool| tool.name), width(|tool| tool.title));
    let mut toolset = "";
    for tool in tools {
        if tool.toolset != toolset {
            toolset = tool.toolset;
            let _ = write!(text, "\n{toolset} ({})\n", tool.tags.join(", "));
        }
        let _ = writeln!(
            text,
            "  {:names$}  {:titles$}  {:5}  {:6} {}",
            tool.name,
            tool.title,
            effect(tool),
            http(tool.http),
            tool.path
        );
    }
    text
}

/// Describes how many bytes of these tools a model reads.
fn sizes(tools: &[&Tool]) -> String {
    let total: usize = tools.iter().map(|tool| size(tool)).sum();
    let largest = tools.iter().map(|tool| size(tool)).max().unwrap_or(0);
    let average = total.checked_div(tools.len()).unwrap_or(0);
    format!(
        "{} tools; names, descriptions and input schemas: {total} bytes, {average} on average, {largest} at most",
        tools.len()
    )
}

/// Returns the number of bytes of a tool that a model reads.
fn size(tool: &Tool) -> usize {
    let schema = Value::Object(json_schema::input_schema(tool)).to_string();
    tool.name.len() + tool.description.len() + schema.len()
}

fn effect(tool: &Tool) -> &'static str {
    if tool.effect.read_only {
        "read"
    } else {
        "write"
    }
}

fn http(method: Http) -> &'static str {
    match method {
        Http::Get => "GET",
        Http::Post => "POST",
        Http::Put => "PUT",
        Http::Patch => "PATCH",
        Http::Delete => "DELETE",
    }
}
