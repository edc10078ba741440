//! Describes a tool to clients: JSON Schema of its arguments and of its results, and its annotations.

use mcp_schema::writer::{self, JsonSchema, OutputShape};

use crate::tool::inputs::{added, declared};
use crate::tool::{ResponseFormat, Tool};

/// Returns the schema of the arguments.
#[must_use]
pub fn input_schema(tool: &Tool) -> JsonSchema {
    writer::input_schema(declared(tool), added(tool))
}

/// Returns the schema of the structured content of a result.
#[must_use]
pub fn output_schema(tool: &Tool) -> JsonSchema {
    writer::output_schema(&match (&tool.list, tool.response_format, tool.returns) {
        (Some(list), _, _) => OutputShape::List {
            items: list.items,
            item_type: list.item_type,
        },
        (None, ResponseFormat::Log { .. }, _) => OutputShape::Log,
        (None, ResponseFormat::Text { .. }, _) => OutputShape::Text,
        (None, ResponseFormat::Lines { .. }, _) => OutputShape::Lines,
        (None, ResponseFormat::Json, Some(shape)) => OutputShape::Json(shape),
        (None, ResponseFormat::Json, None) => OutputShape::Status,
    })
}

/// Returns all annotations of a tool.
#[must_use]
pub fn annotations(tool: &Tool) -> JsonSchema {
    let effect = tool.effect;
    writer::annotations(effect.read_only, effect.destructive, effect.idempotent)
}

#[cfg(test)]
mod tests;
