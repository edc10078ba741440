//! The arguments that a tool accepts: its declared parameters, and those that the runtime adds to lists, logs and updates.

use crate::schema::{Bound, Field, Kind, Schema as _, Shape, StringRules};
use crate::tool::{Filter, ResponseFormat, Tool};

/// Number of list items that are returned if the call has no `limit`.
pub(crate) const DEFAULT_LIMIT: u32 = 50;

/// Maximum number of list items that one call returns.
pub(crate) const MAX_LIMIT: u32 = 1_000;

/// Levels of log lines, lowest first.
pub const LEVELS: [&str; 5] = ["debug", "info", "warning", "error", "critical"];

pub(crate) const FIELDS: Field =
    Field::of::<Option<Vec<String>>>("fields", "Fields to return; [\"*\"] for all.");

pub(crate) const LEVEL: Field = Field {
    shape: one_of(&LEVELS),
    ..Field::of::<Option<String>>("level", "Only lines of this level and above.")
};

pub(crate) const CONTAINS: Field =
    Field::of::<Option<String>>("contains", "Only lines with this text, in any case.");

pub(crate) const FROM_START: Field = Field::of::<Option<bool>>(
    "from_start",
    "Begin with the first line, not the last ones.",
);

pub(crate) const LIMIT: Field = Field {
    shape: i64::SHAPE
        .min(Bound::Integer(1))
        .max(Bound::Integer(MAX_LIMIT as i64)),
    ..Field::of::<Option<i64>>("limit", "Most to return; 50 by default.")
};

pub(crate) const NEXT_CURSOR: Field =
    Field::of::<Option<String>>("next_cursor", "From the previous result, unchanged.");

/// Returns the `clear` parameter, which names the fields to empty. `names` is the shape of one name.
#[must_use]
pub const fn clear_field(names: &'static Shape) -> Field {
    Field {
        shape: <Vec<String>>::SHAPE.items(names),
        ..Field::of::<Option<Vec<String>>>("clear", "Fields to empty.")
    }
}

/// Returns the shape of a string that must be one of these values.
#[must_use]
pub const fn one_of(values: &'static [&'static str]) -> Shape {
    Shape::of(Kind::String(StringRules {
        values,
        ..StringRules::ANY
    }))
}

/// Returns every argument that a tool accepts, in the order of its input schema.
pub(crate) fn accepted(tool: &Tool) -> impl Iterator<Item = Field> {
    let shown = tool.parameters.iter().filter(|it| !it.hidden);
    let list = tool.list.as_ref();
    let filters = list.into_iter().flat_map(|list| list.filters);
    let fields = list.filter(|list| !list.summary.is_empty()).map(|_| FIELDS);
    let is_log = matches!(tool.response_format, ResponseFormat::Log { .. });
    let lines = is_log.then_some([LEVEL, CONTAINS, FROM_START]);
    let pages = (is_log || list.is_some()).then_some([LIMIT, NEXT_CURSOR]);
    shown
        .map(|parameter| parameter.field)
        .chain(tool.clear)
        .chain(filters.map(filter_field))
        .chain(fields)
        .chain(lines.into_iter().flatten())
        .chain(pages.into_iter().flatten())
}

/// Returns the argument of a filter, which is optional and does not accept `null` as a value.
pub(crate) fn filter_field(filter: &Filter) -> Field {
    let mut field = filter.field;
    field.required = false;
    field.shape.nullable = false;
    field
}

/// Returns whether `null` is sent for a required member that the caller omits.
pub(crate) fn is_null_if_omitted(field: &Field) -> bool {
    field.required && field.shape.nullable && !matches!(field.shape.kind, Kind::Any)
}
