//! Wraps JSON text in a [`Value`] that serializes to exactly this text. rmcp takes results and schemas as [`Value`]s.
//!
//! With the feature `arbitrary_precision`, serde_json stores a number as text, and serializers copy this text without checking it. Any JSON can therefore be passed as a "number".

use std::sync::Arc;

use rmcp::model::{JsonObject, Tool};
use serde_json::{Number, Value};

/// Wraps the JSON of a tool result. Parsing 100 kB into a value and serializing the value again would cost more than the rest of the call, and would change `1e300` to `1e+300`.
pub(crate) fn json(json: &str) -> Value {
    // A line feed between two tokens would end the message on standard output, so JSON with control characters is serialized again.
    if json.bytes().any(|byte| byte < b' ') {
        return serde_json::from_str(json).unwrap_or_else(|error| {
            tracing::error!(%error, "an answer is not JSON");
            Value::Object(JsonObject::new())
        });
    }
    Value::Number(Number::from_string_unchecked(json.to_owned()))
}

/// Replaces the values of the outermost members of a tool's schemas with their JSON text. The text needs a tenth of the memory of the 9,000 objects that the schemas of a catalogue contain otherwise.
pub(crate) fn tool(mut tool: Tool) -> Tool {
    tool.input_schema = Arc::new(members(&tool.input_schema));
    tool.output_schema = tool.output_schema.map(|schema| Arc::new(members(&schema)));
    tool
}

fn members(schema: &JsonObject) -> JsonObject {
    let text = |value: &Value| Value::Number(Number::from_string_unchecked(value.to_string()));
    schema
        .iter()
        .map(|(name, value)| (name.clone(), text(value)))
        .collect()
}

#[cfg(test)]
mod tests {
    use rmcp::model::CallToolResult;

    use super::*;
    use crate::rendering;
    use crate::tests::sample::APIS;

    #[test]
    fn a_tool_is_serialized_as_before() {
        let tools: Vec<_> = runtime::registry::tools(APIS[0])
            .map(rendering::render)
            .collect();
        assert!(!tools.is_empty());
        for whole in tools {
            let written = |tool: &Tool| serde_json::to_string(tool).unwrap_or_default();
            assert_eq!(written(&tool(whole.clone())), written(&whole));
        }
    }

    #[test]
    fn results_are_unchanged_on_one_line() {
        let rows = [
            (
                r#"{"n":123456789012345678901234567890,"f":1e300,"z":1.10,"s":"\n\u0000é"}"#,
                None,
            ),
            ("{\n \"a\": 1,\r\n\t\"b\": []\n}", Some(r#"{"a":1,"b":[]}"#)),
            ("no\nJSON", Some("{}")),
        ];
        for (json, expected) in rows {
            let mut result = CallToolResult::success(Vec::new());
            result.structured_content = Some(super::json(json));
            let written = serde_json::to_string(&result).unwrap_or_default();
            let expected = expected.unwrap_or(json);
            assert!(
                written.contains(&format!("\"structuredContent\":{expected},")),
                "{written}"
            );
        }
    }
}
