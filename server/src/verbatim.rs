//! JSON text as a value that is written as the text it is, for rmcp, which takes results and schemas as [`Value`]s.
//!
//! With `arbitrary_precision` a number is the text it was made of, which serializers copy without looking at it; so any JSON goes through as one "number".

use std::sync::Arc;

use rmcp::model::{JsonObject, Tool};
use serde_json::{Number, Value};

/// An answer. To read 100 kB into a value and write it again costs more than all the rest of a call, and turns `1e300` into `1e+300`.
pub(crate) fn json(json: &str) -> Value {
    // A line feed between two tokens would end the message on standard output, so such JSON is written anew.
    if json.bytes().any(|byte| byte < b' ') {
        return serde_json::from_str(json).unwrap_or_else(|error| {
            tracing::error!(%error, "an answer is not JSON");
            Value::Object(JsonObject::new())
        });
    }
    Value::Number(Number::from_string_unchecked(json.to_owned()))
}

/// A tool whose schemas are text but for their outermost members, which is a tenth of the memory of the nine thousand objects that they are else.
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
    use crate::offer;
    use crate::sample::APIS;

    #[test]
    fn a_tool_is_written_as_it_would_be_else() {
        let tools: Vec<_> = runtime::registry::tools(APIS[0])
            .map(offer::render)
            .collect();
        assert!(!tools.is_empty());
        for whole in tools {
            let written = |tool: &Tool| serde_json::to_string(tool).unwrap_or_default();
            assert_eq!(written(&tool(whole.clone())), written(&whole));
        }
    }

    #[test]
    fn answers_are_written_as_they_came_on_one_line() {
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
