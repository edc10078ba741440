//! The arguments that a tool accepts: its declared parameters, and those that the runtime adds to lists, logs and updates.

use crate::schema::Field;
use crate::tool::{Filter, ResponseFormat, Tool};

/// Returns every argument that a tool accepts, in the order of its input schema.
pub(crate) fn accepted(tool: &Tool) -> impl Iterator<Item = Field> {
    declared(tool).chain(added(tool))
}

/// Returns the arguments that a tool declares and callers can set.
pub(crate) fn declared(tool: &Tool) -> impl Iterator<Item = Field> + Clone {
    let shown = tool.parameters.iter().filter(|it| !it.hidden);
    shown.map(|parameter| parameter.field)
}

/// Returns the arguments that a tool has beside those that it declares.
pub(crate) fn added(tool: &Tool) -> impl Iterator<Item = Field> {
    let list = tool.list.as_ref();
    let filters = list.into_iter().flat_map(|list| list.filters);
    let has_summary = list.is_some_and(|list| !list.summary.is_empty());
    let is_log = matches!(tool.response_format, ResponseFormat::Log { .. });
    let filters = filters.map(filter_field);
    mcp_schema::arguments::added(tool.clear, filters, has_summary, list.is_some(), is_log)
}

/// Returns the argument of a filter, which is optional and does not accept `null` as a value.
pub(crate) fn filter_field(filter: &Filter) -> Field {
    let mut field = filter.field;
    field.required = false;
    field.shape.nullable = false;
    field
}
