//! Checks the flat JSON object with the arguments of a call against its tool. All errors are found before a request is sent, and are reported together.

use core::fmt;

use mcp_schema::arguments::{CONTAINS, FIELDS, FROM_START, LEVEL, LIMIT, NEXT_CURSOR};
pub use mcp_schema::arguments::{DEFAULT_LIMIT, LEVELS, MAX_LIMIT};
use serde_json::{Map, Value};

use crate::check::{check as check_value, is_password, missing_field, unknown};
use crate::checks::has_field;
use crate::mask;
use crate::problem::At;
pub use crate::problem::Problem;
use crate::request::check_sendable;
use crate::schema::{Additional, Field, Kind, Shape};
use crate::tool::{Content, Filter, List, Pager, Param, Place, Tool};
use crate::version::is_older;

/// Item of `fields` that selects all fields.
pub const ALL_FIELDS: &str = "*";

/// Maximum number of errors that are reported; further errors are only counted.
const REPORTED: usize = 20;

/// Arguments that passed all checks of their tool.
#[derive(Clone)]
pub struct Arguments {
    tool: &'static Tool,
    declared: Map<String, Value>,
    /// Values to send for omitted arguments, by wire name.
    omitted: Map<String, Value>,
    lines: Lines,
    filters: Vec<(&'static Filter, Value)>,
    fields: Fields,
    limit: u32,
    cursor: Option<String>,
    /// Version of the upstream; empty if unknown.
    version: String,
}

/// Selected fields of list items.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fields {
    /// Fields in [`List::summary`].
    Summary,
    /// Fields with these names.
    Only(Vec<String>),
    /// All fields that the upstream sends.
    All,
}

/// Criteria that select the lines of a log.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lines {
    /// Lowest level, as an index in [`LEVELS`].
    pub level: usize,
    /// Text that a line must contain, in lower case; empty for any text.
    pub contains: String,
    /// Whether the result begins with the first line of the log instead of the last lines.
    pub from_start: bool,
}

/// Checks the arguments of a call against its tool.
///
/// # Errors
/// Returns the errors in the arguments: unknown names first, the others in the order of the tool's input schema.
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
        omitted: Map::new(),
        lines: Lines::default(),
        filters: Vec::new(),
        fields: Fields::Summary,
        limit: DEFAULT_LIMIT,
        cursor: None,
        version: String::new(),
    };
    read_limit(&mut arguments);
    for param in tool.params {
        check_param(param, &mut arguments, &mut checked, &mut problems);
    }
    if let Some(clear) = &tool.clear {
        check_clear(clear, &mut arguments, &mut checked, &mut problems);
    }
    if let Content::Log { .. } = tool.content {
        check_log(&mut arguments, &mut checked, &mut problems);
    }
    if let Some(list) = &tool.list {
        check_list(list, &mut arguments, &mut checked, &mut problems);
    }
    // If the mask names no members, upstreams write the whole body, including members that are sent only because the upstream requires them.
    let whole = tool.update.mask.is_some() || !tool.update.merge.is_empty();
    let nothing = !changed_by(tool).any(|name| checked.given(name).is_some());
    if problems.is_empty() && whole && nothing {
        let names = changed_by(tool).collect();
        problems.push(Problem::NothingToChange { names });
    }
    check_combination(tool, &checked, &mut problems);
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
    /// Returns the tool that the arguments are for.
    #[must_use]
    pub fn tool(&self) -> &'static Tool {
        self.tool
    }

    /// Returns the arguments for an upstream with this version of a product.
    ///
    /// # Errors
    /// Returns an error for each given argument that this version does not support yet.
    pub fn on(self, product: &str, version: &str) -> Result<Self, Vec<Problem>> {
        let params = self.tool.params.iter();
        let given = params.filter(|param| self.given(param.field.name).is_some());
        let problems: Vec<_> = given
            .filter(|param| is_older(version, param.since))
            .map(|param| Problem::TooNew {
                name: param.field.name,
                needs: format!("{product} {}", param.since),
                version: version.to_owned(),
            })
            .collect();
        if !problems.is_empty() {
            return Err(problems);
        }
        let version = version.to_owned();
        Ok(Self { version, ..self })
    }

    /// Returns the pagination of the tool's list; `None` if the upstream returns the whole list at once.
    #[must_use]
    pub fn pager(&self, list: &List) -> Option<Pager> {
        list.pager
            .filter(|_| !is_older(&self.version, list.pages_since))
    }

    /// Returns the value that the caller gave for a declared parameter; `Value::Null` if the caller named the parameter in `clear`.
    #[must_use]
    pub fn given(&self, name: &str) -> Option<&Value> {
        self.declared.get(name)
    }

    /// Returns the value to send for a declared parameter: the given value, the value of its fallback, or the value for omitted arguments. Returns `None` if the upstream is too old for the parameter.
    #[must_use]
    pub fn sent(&self, param: &Param) -> Option<&Value> {
        if is_older(&self.version, param.since) {
            return None;
        }
        let name = param.field.name;
        let given = self.given(name).filter(|_| !param.hidden);
        given
            .or_else(|| self.given(param.or).filter(|_| !param.or.is_empty()))
            .or_else(|| {
                self.omitted
                    .get(param.wire)
                    .filter(|_| !param.when_omitted.is_empty())
            })
    }

    /// Returns the criteria that select the lines of a log.
    #[must_use]
    pub fn lines(&self) -> &Lines {
        &self.lines
    }

    /// Returns the given filters with their values, in the order of the tool.
    pub fn filters(&self) -> impl Iterator<Item = (&'static Filter, &Value)> {
        self.filters.iter().map(|(filter, value)| (*filter, value))
    }

    /// Returns the selected fields of list items.
    #[must_use]
    pub fn fields(&self) -> &Fields {
        &self.fields
    }

    /// Returns the maximum number of list items to return.
    #[must_use]
    pub fn limit(&self) -> u32 {
        self.limit
    }

    /// Returns the `next_cursor` of an earlier result. The cursor is not checked yet.
    #[must_use]
    pub fn cursor(&self) -> Option<&str> {
        self.cursor.as_deref()
    }

    /// Returns a text that identifies the list that the call reads. The text contains the declared arguments, the filters and the criteria for log lines, but not `fields`, `limit` and `next_cursor`, which do not change the list.
    #[must_use]
    pub fn identity(&self) -> String {
        let filters = self.filters.iter();
        let filters = filters.map(|(filter, value)| (filter.field.name.to_owned(), value.clone()));
        let all = self.declared.clone().into_iter().chain(filters);
        let lines = (self.lines != Lines::default()).then(|| {
            let Lines {
                level,
                contains,
                from_start,
            } = &self.lines;
            let lines = serde_json::json!([level, contains, from_start]);
            (" lines".to_owned(), lines)
        });
        let all = all.chain(lines);
        Value::Object(all.collect()).to_string()
    }

    /// Returns the values that must not be shown again.
    #[must_use]
    pub fn secrets(&self) -> Vec<String> {
        secret_values(self.tool, &self.declared)
    }
}

/// Shows names without values, so that a log line cannot contain a secret.
impl fmt::Debug for Arguments {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.declared.keys().collect();
        f.debug_struct("Arguments")
            .field("tool", &self.tool.name)
            .field("declared", &names)
            .finish_non_exhaustive()
    }
}

/// Returns the values in unchecked arguments that must not be shown again, so that they can be removed from messages about invalid arguments.
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

/// Checks which arguments are combined: a call must have at least one of [`Tool::require_any`], and a call with ids must not have other arguments that select objects.
fn check_combination(tool: &'static Tool, checked: &Arguments, problems: &mut Vec<Problem>) {
    let given = |name: &str| checked.given(name).is_some();
    let names = tool.require_any;
    if problems.is_empty() && !names.is_empty() && !names.iter().any(|name| given(name)) {
        problems.push(Problem::NoneOf { names });
    }
    let mut ids = tool.params.iter().filter(|it| it.place == Place::Each);
    let Some(ids) = ids.find(|ids| given(ids.field.name)) else {
        return;
    };
    let others = tool
        .params
        .iter()
        .filter(|it| matches!(it.place, Place::Query(_)) && !it.hidden && given(it.field.name));
    problems.extend(others.map(|param| Problem::Excluded {
        name: param.field.name,
        other: ids.field.name,
    }));
}

/// Returns the names of the body parameters that a caller can set.
fn changed_by(tool: &'static Tool) -> impl Iterator<Item = &'static str> {
    let in_body = |param: &&Param| param.place == Place::Body && !param.hidden;
    let params = tool.params.iter().filter(in_body);
    params.map(|param| param.field.name)
}

/// Returns every parameter that a tool accepts, in the order of its input schema.
pub(crate) fn accepted(tool: &Tool) -> impl Iterator<Item = Field> {
    declared(tool).chain(added(tool))
}

/// Returns the parameters that a tool declares and callers can set.
pub(crate) fn declared(tool: &Tool) -> impl Iterator<Item = Field> + Clone {
    let shown = tool.params.iter().filter(|param| !param.hidden);
    shown.map(|param| param.field)
}

/// Returns the parameters that a tool has beside those that it declares.
pub(crate) fn added(tool: &Tool) -> impl Iterator<Item = Field> {
    let list = tool.list.as_ref();
    let filters = list.into_iter().flat_map(|list| list.filters);
    let has_summary = list.is_some_and(|list| !list.summary.is_empty());
    let is_log = matches!(tool.content, Content::Log { .. });
    let filters = filters.map(filter_field);
    mcp_schema::arguments::added(tool.clear, filters, has_summary, list.is_some(), is_log)
}

/// Returns a filter as a parameter, which is optional and does not accept `null` as a value.
fn filter_field(filter: &Filter) -> Field {
    let mut field = filter.field;
    field.required = false;
    field.shape.nullable = false;
    field
}

fn check_param(
    param: &'static Param,
    arguments: &mut Map<String, Value>,
    checked: &mut Arguments,
    problems: &mut Vec<Problem>,
) {
    let field = &param.field;
    // The macro has checked the text, so parsing fails only if the text is empty.
    if let Ok(value) = serde_json::from_str(param.when_omitted) {
        checked.omitted.insert(param.wire.to_owned(), value);
    }
    if param.hidden {
        return;
    }
    let required = field.required && param.or.is_empty();
    let mut given = arguments.swap_remove(field.name);
    if field.is_filled() {
        given = given.or(Some(Value::Null));
    }
    let Some(mut value) = given.filter(|value| required || !value.is_null()) else {
        if required {
            problems.push(missing_field(At::Top, "argument", field));
        }
        return;
    };
    let before = problems.len();
    let at = At::Member(&At::Top, field.name);
    check_value(&field.shape, &mut value, at, param.secret, problems);
    if problems.len() == before {
        let mut secrets = Vec::new();
        collect_secrets(&field.shape, &value, param.secret, &mut secrets);
        if secrets.iter().any(|secret| mask::is_masked(secret)) {
            let at = at.to_string();
            problems.push(Problem::Masked { at });
        } else if let Err(problem) = check_sendable(checked.tool(), param, &value) {
            problems.push(problem);
        }
    }
    checked.declared.insert(field.name.to_owned(), value);
}

/// Records `null` for each field that `clear` names.
fn check_clear(
    clear: &Field,
    arguments: &mut Map<String, Value>,
    checked: &mut Arguments,
    problems: &mut Vec<Problem>,
) {
    let Some(Value::Array(names)) = take(clear, arguments, problems) else {
        return;
    };
    let names = names.iter().filter_map(Value::as_str);
    for name in names {
        let earlier = checked.declared.insert(name.to_owned(), Value::Null);
        if earlier.is_some_and(|value| !value.is_null()) {
            let name = name.to_owned();
            problems.push(Problem::ClearedAndGiven { name });
        }
    }
}

fn check_list(
    list: &'static List,
    arguments: &mut Map<String, Value>,
    checked: &mut Arguments,
    problems: &mut Vec<Problem>,
) {
    let mut take = |field: &Field| take(field, arguments, problems);
    for filter in list.filters {
        if let Some(value) = take(&filter_field(filter)) {
            checked.filters.push((filter, value));
        }
    }
    let fields = take(&FIELDS).filter(|_| !list.summary.is_empty());
    check_page(take, checked);
    if let Some(Value::Array(fields)) = fields {
        checked.fields = check_fields(list, &fields, problems);
    }
}

fn check_log(
    arguments: &mut Map<String, Value>,
    checked: &mut Arguments,
    problems: &mut Vec<Problem>,
) {
    let mut take = |field: &Field| take(field, arguments, problems);
    let level = take(&LEVEL);
    let level = level.and_then(|level| LEVELS.iter().position(|it| level == *it));
    let contains = take(&CONTAINS);
    let contains = contains.and_then(|text| text.as_str().map(str::to_lowercase));
    checked.lines = Lines {
        level: level.unwrap_or_default(),
        contains: contains.unwrap_or_default(),
        from_start: take(&FROM_START) == Some(Value::Bool(true)),
    };
    check_page(take, checked);
}

/// Converts a `limit` given as a string of digits to a number, since its meaning is unambiguous.
fn read_limit(arguments: &mut Map<String, Value>) {
    if let Some(limit) = arguments.get_mut(LIMIT.name)
        && let Some(number) = limit.as_str().and_then(|text| text.parse::<u32>().ok())
    {
        *limit = Value::from(number);
    }
}

fn check_page(mut take: impl FnMut(&Field) -> Option<Value>, checked: &mut Arguments) {
    if let Some(limit) = take(&LIMIT) {
        let limit = limit.as_u64().and_then(|limit| u32::try_from(limit).ok());
        checked.limit = limit.unwrap_or(DEFAULT_LIMIT);
    }
    if let Some(Value::String(cursor)) = take(&NEXT_CURSOR) {
        // Clients that cannot omit an argument send an empty string for the first page.
        checked.cursor = Some(cursor).filter(|cursor| !cursor.is_empty());
    }
}

/// Removes an optional argument that the runtime adds to a tool, and returns its value if it is given and valid.
fn take(
    field: &Field,
    arguments: &mut Map<String, Value>,
    problems: &mut Vec<Problem>,
) -> Option<Value> {
    let given = arguments.swap_remove(field.name);
    let mut value = given.filter(|value| !value.is_null())?;
    let before = problems.len();
    let at = At::Member(&At::Top, field.name);
    check_value(&field.shape, &mut value, at, false, problems);
    (problems.len() == before).then_some(value)
}

fn check_fields(list: &'static List, fields: &[Value], problems: &mut Vec<Problem>) -> Fields {
    let names: Vec<&str> = fields.iter().filter_map(Value::as_str).collect();
    if names.contains(&ALL_FIELDS) {
        return Fields::All;
    }
    if names.is_empty() {
        return Fields::Summary;
    }
    let mut known = Vec::new();
    let open = !known_fields(&list.of, &mut known);
    for (index, name) in names.iter().enumerate() {
        // The part before the first dot is a field of the item; the rest is a path inside the field.
        let first = name.split('.').next().unwrap_or_default();
        let known_path = known.contains(&first) && has_field(list.of, name);
        if !open && !known_path {
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

/// Collects the names of an item's fields. Returns `false` if the item may have fields with any name.
fn known_fields(shape: &Shape, known: &mut Vec<&'static str>) -> bool {
    match &shape.resolved().kind {
        Kind::Object { fields, additional } => {
            known.extend(fields.iter().map(|field| field.name));
            !fields.is_empty() || *additional == Additional::Closed
        }
        Kind::OneOf(shapes) => shapes.iter().all(|shape| known_fields(shape, known)),
        _ => false,
    }
}

fn collect_secrets(shape: &Shape, value: &Value, secret: bool, secrets: &mut Vec<String>) {
    let shape = shape.resolved();
    let secret = secret || is_password(&shape);
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
