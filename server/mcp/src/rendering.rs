//! Conversion of tools to the form that clients receive.

use std::sync::Arc;

use rmcp::model::{JsonObject, ToolAnnotations};
use runtime::{DetectedServer, Tool, json_schema};

/// Converts a tool to the form that clients receive.
pub(crate) fn render(tool: &'static Tool) -> rmcp::model::Tool {
    rmcp::model::Tool::new(
        tool.name,
        tool.description,
        Arc::<JsonObject>::new(json_schema::input_schema(tool)),
    )
    .with_title(tool.title)
    .with_raw_output_schema(Arc::new(json_schema::output_schema(tool)))
    .with_annotations(annotations(tool))
}

/// Returns a tool with the description for the version of the upstream, if the version is known.
pub(crate) fn described(
    tool: &Tool,
    rendered: &rmcp::model::Tool,
    known: Option<&DetectedServer>,
) -> rmcp::model::Tool {
    let mut rendered = rendered.clone();
    if let Some(known) = known.filter(|_| !tool.descriptions.is_empty()) {
        rendered.description = Some(known.description(tool).into());
    }
    rendered
}

fn annotations(tool: &Tool) -> ToolAnnotations {
    let annotations = json_schema::annotations(tool);
    let hint = |name: &str| annotations.get(name).and_then(serde_json::Value::as_bool);
    ToolAnnotations::from_raw(
        annotations
            .get("title")
            .and_then(serde_json::Value::as_str)
            .map(str::to_owned),
        hint("readOnlyHint"),
        hint("destructiveHint"),
        hint("idempotentHint"),
        hint("openWorldHint"),
    )
}
