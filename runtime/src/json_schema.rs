//! Describes a tool to clients: JSON Schema of its arguments and of its results, and its annotations.

use mcp_schema::writer::{self, JsonSchema, OutputShape};

use crate::arguments::{added, declared};
use crate::tool::{Content, Tool};

/// Returns the schema of the arguments.
#[must_use]
pub fn input_schema(tool: &Tool) -> JsonSchema {
    writer::input_schema(declared(tool), added(tool))
}

/// Returns the schema of the structured content of a result.
#[must_use]
pub fn output_schema(tool: &Tool) -> JsonSchema {
    writer::output_schema(&match (&tool.list, tool.content, tool.returns) {
        (Some(list), _, _) => OutputShape::List {
            items: list.items,
            item_type: list.of,
        },
        (None, Content::Log { .. }, _) => OutputShape::Log,
        (None, Content::Text { .. }, _) => OutputShape::Text,
        (None, Content::Lines { .. }, _) => OutputShape::Lines,
        (None, Content::Json, Some(shape)) => OutputShape::Json(shape),
        (None, Content::Json, None) => OutputShape::Status,
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
