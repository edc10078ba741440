//! The flat JSON object of a call to the checked arguments of a tool: every problem is found before anything is sent, and all are reported together.

use core::fmt;

use serde_json::{Map, Value};

use crate::check::{check_field, is_password, missing_field, unknown};
pub use crate::problem::Problem;
use crate::problem::{At, echo, quoted};
use crate::request::check_sendable;
use crate::schema::{Additional, Field, Kind, Shape, StringRules};
use crate::tool::{Filter, List, Param, Tool};

/// Items of a list that are returned unless the caller says how many.
pub const DEFAULT_LIMIT: u32 = 50;

/// Most items of a list that one call returns.
pub const MAX_LIMIT: u32 = 1_000;

/// The entry of `fields` that stands for all fields.
pub const ALL_FIELDS: &str = "*";

/// Problems that are reported at once; the rest is counted.
const REPORTED: usize = 20;

/// Arguments that have passed every check of their tool.
#[derive(Clone)]
pub struct Arguments {
    tool: &'static Tool,
    declared: Map<String, Value>,
    filters: Vec<(&'static Filter, Value)>,
    fields: Fields,
    limit: u32,
    cursor: Option<String>,
}

/// Which fields of a list's items are wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fields {
    /// Those of [`List::summary`].
    Summary,
    /// These.
    Only(Vec<String>),
    /// All that the server sends.
    All,
}

/// Checks the arguments of a call.
///
/// # Errors
/// Everything that is wrong with them, in the order of the tool's schema, unknown names first.
pub fn check(
    tool: &'static Tool,
    mut arguments: Map<String, Value>,
) -> Result<Arguments, Vec<Problem>> {
    let mut problems = Vec::new();
    for name in arguments.keys() {
        if !accepted(tool).any(|field| field.name == name) {
            let known = accepted(tool).map(|field| field.name).collect();
            problems.push(unknown(At::Top, "argument", name, known));
        }
    }
    let mut checked = Arguments {
        tool,
        declared: Map::new(),
        filters: Vec::new(),
        fields: Fields::Summary,
        limit: DEFAULT_LIMIT,
        cursor: None,
    };
    for param in tool.params {
        check_param(param, &mut arguments, &mut checked, &mut problems);
    }
    if let Some(list) = &tool.list {
        check_list(list, &mut arguments, &mut checked, &mut problems);
    }
    if problems.is_empty() {
        return Ok(checked);
    }
    let more = problems.len().saturating_sub(REPORTED);
    if more > 0 {
        problems.truncate(REPORTED);
        problems.push(Problem::More(more));
    }
    Err(problems)
}

impl Arguments {
    /// The tool they are for.
    #[must_use]
    pub fn tool(&self) -> &'static Tool {
        self.tool
    }

    /// The value the caller gave for a declared argument; `Value::Null` if that was `null`.
    #[must_use]
    pub fn given(&self, name: &str) -> Option<&Value> {
        self.declared.get(name)
    }

    /// The value to send for a declared argument: the one given, or that of the argument that stands in for it.
    #[must_use]
    pub fn sent(&self, param: &Param) -> Option<&Value> {
        self.given(param.field.name)
            .or_else(|| self.given(param.or).filter(|_| !param.or.is_empty()))
    }

    /// The filters that were given, in the order of the tool.
    pub fn filters(&self) -> impl Iterator<Item = (&'static Filter, &Value)> {
        self.filters.iter().map(|(filter, value)| (*filter, value))
    }

    /// Which fields of a list's items are wanted.
    #[must_use]
    pub fn fields(&self) -> &Fields {
        &self.fields
    }

    /// Most items of a list to return.
    #[must_use]
    pub fn limit(&self) -> u32 {
        self.limit
    }

    /// The `next_cursor` of an earlier result, unchecked.
    #[must_use]
    pub fn cursor(&self) -> Option<&str> {
        self.cursor.as_deref()
    }

    /// What decides which items a list has, as text that is the same for the same list: the declared arguments and the filters, not `fields`, `limit` and `next_cursor`.
    #[must_use]
    pub fn identity(&self) -> String {
        let filters = self.filters.iter();
        let filters = filters.map(|(filter, value)| (filter.field.name.to_owned(), value.clone()));
        let all = self.declared.clone().into_iter().chain(filters);
        Value::Object(all.collect()).to_string()
    }

    /// The values that must not be shown again.
    #[must_use]
    pub fn secrets(&self) -> Vec<String> {
        secret_values(self.tool, &self.declared)
    }
}

/// Names and no values, so that a log line cannot hold a secret.
impl fmt::Debug for Arguments {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.declared.keys().collect();
        f.debug_struct("Arguments")
            .field("tool", &self.tool.name)
            .field("declared", &names)
            .finish_non_exhaustive()
    }
}

/// The values in unchecked arguments that must not be shown again, for messages about arguments that are wrong.
#[must_use]
pub fn secret_values(tool: &Tool, arguments: &Map<String, Value>) -> Vec<String> {
    let mut secrets = Vec::new();
    for param in tool.params {
        if let Some(value) = arguments.get(param.field.name) {
            collect_secrets(&param.field.shape, value, param.secret, &mut secrets);
        }
    }
    secrets
}

/// Every argument a tool takes, in the order of its schema.
pub(crate) fn accepted(tool: &Tool) -> impl Iterator<Item = Field> {
    let declared = tool.params.iter().map(|param| param.field);
    let list = tool.list.as_ref();
    let filters = list.into_iter().flat_map(|list| list.filters);
    let filters = filters.map(filter_field);
    let fields = list.filter(|list| !list.summary.is_empty()).map(|_| FIELDS);
    let pages = list.into_iter().flat_map(|_| [LIMIT, NEXT_CURSOR]);
    declared.chain(filters).chain(fields).chain(pages)
}

/// A filter as an argument: it may be left out, and `null` is no value to filter by.
fn filter_field(filter: &Filter) -> Field {
    let mut field = filter.field;
    field.required = false;
    field.shape.nullable = false;
    field
}

const FIELDS: Field = Field {
    name: "fields",
    description: "Fields to return; [\"*\"] for all.",
    required: false,
    shape: Shape {
        kind: Kind::Array {
            items: &Shape {
                kind: Kind::String(StringRules::ANY),
                nullable: false,
            },
            min_items: None,
            max_items: None,
        },
        nullable: false,
    },
    default: "",
    example: "",
};

const LIMIT: Field = Field {
    name: "limit",
    description: "Most items to return; 50 by default.",
    required: false,
    shape: Shape {
        kind: Kind::Integer {
            min: Some(1),
            max: Some(MAX_LIMIT as i64),
        },
        nullable: false,
    },
    default: "",
    example: "",
};

const NEXT_CURSOR: Field = Field {
    name: "next_cursor",
    description: "next_cursor of the previous result, unchanged; none for the first page.",
    required: false,
    shape: Shape {
        kind: Kind::String(StringRules::ANY),
        nullable: false,
    },
    default: "",
    example: "",
};

fn check_param(
    param: &'static Param,
    arguments: &mut Map<String, Value>,
    checked: &mut Arguments,
    problems: &mut Vec<Problem>,
) {
    let field = &param.field;
    let Some(mut value) = arguments.swap_remove(field.name) else {
        if field.required && param.or.is_empty() {
            problems.push(missing_field(At::Top, "argument", field));
        }
        return;
    };
    let before = problems.len();
    check_field(
        field,
        &mut value,
        At::Member(&At::Top, field.name),
        param.secret,
        problems,
    );
    if problems.len() == before
        && let Err(problem) = check_sendable(param, &value)
    {
        problems.push(problem);
    }
    checked.declared.insert(field.name.to_owned(), value);
}

fn check_list(
    list: &'static List,
    arguments: &mut Map<String, Value>,
    checked: &mut Arguments,
    problems: &mut Vec<Problem>,
) {
    let mut take = |field: &Field| {
        let mut value = arguments.swap_remove(field.name)?;
        let before = problems.len();
        let at = At::Member(&At::Top, field.name);
        check_field(field, &mut value, at, false, problems);
        (problems.len() == before).then_some(value)
    };
    for filter in list.filters {
        if let Some(value) = take(&filter_field(filter)) {
            checked.filters.push((filter, value));
        }
    }
    let fields = take(&FIELDS).filter(|_| !list.summary.is_empty());
    if let Some(limit) = take(&LIMIT) {
        let limit = limit.as_u64().and_then(|limit| u32::try_from(limit).ok());
        checked.limit = limit.unwrap_or(DEFAULT_LIMIT);
    }
    if let Some(Value::String(cursor)) = take(&NEXT_CURSOR) {
        checked.cursor = Some(cursor);
    }
    if let Some(Value::Array(fields)) = fields {
        checked.fields = check_fields(list, &fields, problems);
    }
}

fn check_fields(list: &'static List, fields: &[Value], problems: &mut Vec<Problem>) -> Fields {
    let names: Vec<&str> = fields.iter().filter_map(Value::as_str).collect();
    if names.contains(&ALL_FIELDS) {
        return Fields::All;
    }
    if names.is_empty() {
        problems.push(Problem::Rule {
            at: FIELDS.name.to_owned(),
            rule: format!("must name a field, or {} for all", quoted(ALL_FIELDS)),
            got: echo(&Value::Array(Vec::new()), false),
        });
    }
    let mut known = Vec::new();
    let open = !known_fields(&list.of, &mut known);
    for (index, name) in names.iter().enumerate() {
        if !open && !known.contains(name) {
            let fields = At::Member(&At::Top, FIELDS.name);
            problems.push(unknown(
                At::Item(&fields, index),
                "field",
                name,
                known.clone(),
            ));
        }
    }
    Fields::Only(names.into_iter().map(str::to_owned).collect())
}

/// Collects the names of an item's fields; `false` if it may have any.
fn known_fields(shape: &Shape, known: &mut Vec<&'static str>) -> bool {
    match &shape.kind {
        Kind::Object { fields, additional } => {
            known.extend(fields.iter().map(|field| field.name));
            !fields.is_empty() || *additional == Additional::Closed
        }
        Kind::OneOf(shapes) => shapes.iter().all(|shape| known_fields(shape, known)),
        _ => false,
    }
}

fn collect_secrets(shape: &Shape, value: &Value, secret: bool, secrets: &mut Vec<String>) {
    let secret = secret || is_password(shape);
    match (&shape.kind, value) {
        (Kind::OneOf(shapes), value) if !secret => {
            for shape in *shapes {
                collect_secrets(shape, value, false, secrets);
            }
        }
        (_, Value::String(text)) if secret => secrets.push(text.clone()),
        (_, Value::Number(number)) if secret => secrets.push(number.as_str().to_owned()),
        (kind, Value::Array(values)) => {
            let items = match kind {
                Kind::Array { items, .. } => *items,
                _ => &ANY,
            };
            for value in values {
                collect_secrets(items, value, secret, secrets);
            }
        }
        (kind, Value::Object(members)) => {
            for (name, value) in members {
                let shape = match kind {
                    Kind::Object { fields, additional } => fields
                        .iter()
                        .find(|field| field.name == name)
                        .map(|field| &field.shape)
                        .or(match additional {
                            Additional::Open(shape) => Some(*shape),
                            Additional::Closed => None,
                        }),
                    _ => None,
                };
                collect_secrets(shape.unwrap_or(&ANY), value, secret, secrets);
            }
        }
        _ => {}
    }
}

const ANY: Shape = Shape {
    kind: Kind::Any,
    nullable: true,
};

#[cfg(test)]
mod tests;
