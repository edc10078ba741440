//! Arguments that tools have beside their declared parameters.

use crate::shape::{Field, Shape, ShapeKind, StringRules};

/// Number of list items that are returned if a call has no `limit`.
pub const DEFAULT_LIMIT: u32 = 50;

/// Maximum number of list items that one call returns.
pub const MAX_LIMIT: u32 = 1_000;

/// Levels of log lines, lowest first.
pub const LEVELS: [&str; 5] = ["debug", "info", "warning", "error", "critical"];

const TEXT: Shape<'static> = Shape::of(ShapeKind::String(StringRules::ANY));

/// Fields of list items to return.
pub const FIELDS: Field<'static> = optional(
    "fields",
    "Fields to return; [\"*\"] for all.",
    Shape::of(ShapeKind::Array {
        items: &TEXT,
        min_items: None,
        max_items: None,
    }),
);

/// Lowest level of the log lines to return.
pub const LEVEL: Field<'static> = optional(
    "level",
    "Only lines of this level and above.",
    one_of(&LEVELS),
);

/// Text that a log line must contain.
pub const CONTAINS: Field<'static> =
    optional("contains", "Only lines with this text, in any case.", TEXT);

/// Whether the result begins with the first line of a log.
pub const FROM_START: Field<'static> = optional(
    "from_start",
    "Begin with the first line, not the last ones.",
    Shape::of(ShapeKind::Boolean),
);

/// Number of items to return.
pub const LIMIT: Field<'static> = optional(
    "limit",
    "Most to return; 50 by default.",
    Shape::of(ShapeKind::Integer {
        min: Some(1),
        max: Some(MAX_LIMIT as i64),
    }),
);

/// Position at which to continue.
pub const NEXT_CURSOR: Field<'static> =
    optional("next_cursor", "From the previous result, unchanged.", TEXT);

/// Returns the argument of an update that names the fields to empty.
#[must_use]
pub const fn clear_field<'a>(names: &'a Shape<'a>) -> Field<'a> {
    let names = Shape::of(ShapeKind::Array {
        items: names,
        min_items: None,
        max_items: None,
    });
    optional("clear", "Fields to empty.", names)
}

/// Returns the shape of a string that must be one of these values.
#[must_use]
pub const fn one_of<'a>(values: &'a [&'a str]) -> Shape<'a> {
    Shape::of(ShapeKind::String(StringRules {
        values,
        ..StringRules::ANY
    }))
}

/// Returns the description of a filter that compares this field of an item.
#[must_use]
pub fn filter_description(path: &str) -> String {
    format!("Only items whose {path} is this.")
}

/// Returns the arguments of a tool beside its declared parameters, in the order of the input schema. `filters` has none unless the tool returns a list.
pub fn added<'a>(
    clear: Option<Field<'a>>,
    filters: impl Iterator<Item = Field<'a>>,
    has_summary: bool,
    is_list: bool,
    is_log: bool,
) -> impl Iterator<Item = Field<'a>> {
    let lines = is_log.then_some([LEVEL, CONTAINS, FROM_START]);
    let pages = (is_log || is_list).then_some([LIMIT, NEXT_CURSOR]);
    clear
        .into_iter()
        .chain(filters)
        .chain(has_summary.then_some(FIELDS))
        .chain(lines.into_iter().flatten())
        .chain(pages.into_iter().flatten())
}

/// Returns an argument that a call can omit.
const fn optional<'a>(name: &'a str, description: &'a str, shape: Shape<'a>) -> Field<'a> {
    Field {
        name,
        description,
        required: false,
        shape,
        default: "",
        example: "",
    }
}
