//! Tools that the MCP conformance suite calls by name. Each tool shows one feature. They exist only in builds for this suite.

use std::sync::Arc;
use std::time::Duration;

use rmcp::RoleServer;
use rmcp::model::{
    CallToolResult, ContentBlock, JsonObject, ProgressNotificationParam, ResourceContents, Tool,
};
use rmcp::service::RequestContext;
use serde_json::{Value, json};

/// PNG image of one red pixel, in Base64.
const PNG: &str =
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4z8AAAAMBAQDJ/pLvAAAAAElFTkSuQmCC";

/// WAV audio without samples, in Base64.
const WAV: &str = "UklGRiQAAABXQVZFZm10IBAAAAABAAEAQB8AAEAfAAABAAgAZGF0YQAAAAA=";

/// Returns the fixtures, which are listed in addition to the real tools.
pub(crate) fn tools() -> Vec<Tool> {
    let plain = [
        "test_simple_text",
        "test_image_content",
        "test_audio_content",
        "test_embedded_resource",
        "test_multiple_content_types",
        "test_tool_with_progress",
        "test_error_handling",
    ];
    let nothing = json!({"type": "object", "properties": {}, "additionalProperties": false});
    plain
        .iter()
        .map(|name| tool(name, &nothing))
        .chain([
            tool("json_schema_2020_12_tool", &schema()),
            tool("test_x_mcp_header", &mirrored()),
        ])
        .collect()
}

/// Returns the result of a fixture, or `None` if no fixture has this name.
pub(crate) async fn call(
    name: &str,
    context: &RequestContext<RoleServer>,
) -> Option<CallToolResult> {
    let text = ContentBlock::text;
    let content = match name {
        "test_simple_text" => vec![text("This is a simple text response for testing.")],
        "test_image_content" => vec![ContentBlock::image(PNG, "image/png")],
        "test_audio_content" => vec![ContentBlock::audio(WAV, "audio/wav")],
        "test_embedded_resource" => vec![resource(
            "test://embedded-resource",
            "text/plain",
            "This is an embedded resource content.",
        )],
        "test_multiple_content_types" => vec![
            text("Multiple content types test:"),
            ContentBlock::image(PNG, "image/png"),
            resource(
                "test://mixed-content-resource",
                "application/json",
                r#"{"test":"data","value":123}"#,
            ),
        ],
        "test_tool_with_progress" => {
            report_progress(context).await;
            vec![text("Done.")]
        }
        "test_error_handling" => {
            return Some(CallToolResult::error(vec![text(
                "This tool intentionally returns an error for testing",
            )]));
        }
        "json_schema_2020_12_tool" | "test_x_mcp_header" => vec![text("Done.")],
        _ => return None,
    };
    Some(CallToolResult::success(content))
}

async fn report_progress(context: &RequestContext<RoleServer>) {
    let Some(token) = context.meta.get_progress_token() else {
        return;
    };
    for done in [0.0, 50.0, 100.0] {
        let mut progress = ProgressNotificationParam::new(token.clone(), done);
        progress.total = Some(100.0);
        // An error means that the client has disconnected.
        let _ = context.peer.notify_progress(progress).await;
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

fn resource(uri: &str, media_type: &str, text: &str) -> ContentBlock {
    ContentBlock::resource(ResourceContents::text(text, uri).with_mime_type(media_type))
}

fn tool(name: &'static str, schema: &Value) -> Tool {
    let schema: JsonObject = schema.as_object().cloned().unwrap_or_default();
    Tool::new(
        name,
        "A fixture of the conformance suite.",
        Arc::new(schema),
    )
}

/// Returns a schema with keywords that must reach the client unchanged.
fn schema() -> Value {
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "$defs": {"address": {
            "$anchor": "addressDef",
            "type": "object",
            "properties": {"street": {"type": "string"}, "city": {"type": "string"}},
        }},
        "properties": {
            "name": {"type": "string"},
            "address": {"$ref": "#/$defs/address"},
            "contactMethod": {"type": "string", "enum": ["phone", "email"]},
            "phone": {"type": "string"},
            "email": {"type": "string"},
        },
        "allOf": [{"anyOf": [{"required": ["phone"]}, {"required": ["email"]}]}],
        "if": {"properties": {"contactMethod": {"const": "phone"}}, "required": ["contactMethod"]},
        "then": {"required": ["phone"]},
        "else": {"required": ["email"]},
        "additionalProperties": false,
    })
}

/// Returns a schema with an argument that a client also sends as a header.
fn mirrored() -> Value {
    json!({
        "type": "object",
        "properties": {"region": {"type": "string", "x-mcp-header": "Region"}},
        "additionalProperties": false,
    })
}
