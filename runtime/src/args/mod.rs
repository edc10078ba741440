//! Checks the flat JSON object with the arguments of a call against its tool, and encodes the values for the request. This module alone decides what can be sent. All errors are found before a request is sent, and are reported together.

pub(crate) mod check;
pub(crate) mod date;
pub(crate) mod encode;
pub(crate) mod error;
pub(crate) mod media;
pub(crate) mod secret;

use core::fmt;

use mcp_schema::arguments::{
    CONTAINS, DEFAULT_LIMIT, FIELDS, FROM_START, LEVEL, LEVELS, LIMIT, NEXT_CURSOR,
};
use serde_json::{Map, Value};

use crate::schema::{Additional, Field, Kind, Shape};
use crate::tool::constant::has_field;
use crate::tool::inputs::{accepted, filter_field};
use crate::tool::{
    Filter, List, Pagination, Parameter, ParameterLocation, ResponseFormat, Segment, Tool,
};
use crate::version::is_older;
use check::{check_value, missing};
use encode::{EncodedValue, encode, path_segment};
pub use error::ArgumentError;
use error::{REPORTED, ValuePath, is_full};
use secret::{has_masked_secret, secret_values};

/// Item of `fields` that selects all fields.
const ALL_FIELDS: &str = "*";

/// Maximum number of arguments of a call. No tool has as many parameters.
const MAX_ARGUMENTS: usize = 256;

/// Arguments that passed all checks of their tool and can be sent.
#[derive(Clone)]
pub struct CheckedArguments {
    tool: &'static Tool,
    /// Values of the caller for declared parameters, by argument name.
    given: Map<String, Value>,
    /// Values to send for omitted arguments, by wire name.
    omitted: Map<String, Value>,
    /// Path of the request, percent-encoded.
    pub(crate) path: String,
    /// Distinct ids in the argument with the location [`ParameterLocation::Each`], with the path of the request for each; `None` if the caller gave no ids.
    pub(crate) each: Option<Vec<(Value, String)>>,
    /// For each parameter, the value as it is sent outside of the body.
    encoded: Vec<EncodedValue>,
    result: ResultOptions,
    /// Version of the upstream; empty if unknown.
    version: String,
}

/// Arguments that the runtime adds to lists and logs: the part of the list or log to return.
#[derive(Debug, Clone, PartialEq)]
pub struct ResultOptions {
    /// Maximum number of list items or log lines to return.
    pub limit: u32,
    /// The `next_cursor` of an earlier result. The cursor is not checked yet.
    pub cursor: Option<String>,
    /// Selected fields of list items.
    pub fields: FieldSelection,
    /// Given filters with their values, in the order of the tool.
    pub filters: Vec<(&'static Filter, Value)>,
    /// Criteria that select the lines of a log.
    pub lines: LineFilter,
}

/// Selected fields of list items.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FieldSelection {
    /// Fields in [`List::summary`].
    Summary,
    /// Fields with these names.
    Only(Vec<String>),
    /// All fields that the upstream sends.
    All,
}

/// Criteria that select the lines of a log.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LineFilter {
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
    given: Map<String, Value>,
) -> Result<CheckedArguments, Vec<ArgumentError>> {
    check_number(&given).map_err(|error| vec![error])?;
    let mut checker = Checker {
        given,
        errors: Vec::new(),
        checked: CheckedArguments {
            tool,
            given: Map::new(),
            omitted: Map::new(),
            path: String::new(),
            each: None,
            encoded: vec![EncodedValue::None; tool.parameters.len()],
            result: ResultOptions {
                limit: DEFAULT_LIMIT,
                cursor: None,
                fields: FieldSelection::Summary,
                filters: Vec::new(),
                lines: LineFilter::default(),
            },
            version: String::new(),
        },
    };
    checker.read_limit();
    checker.check_names();
    checker.check_parameters();
    checker.check_result_options();
    checker.check_combination();
    if checker.errors.is_empty() {
        checker.encode_others();
    }
    let Checker {
        checked,
        mut errors,
        ..
    } = checker;
    if errors.is_empty() {
        return Ok(checked);
    }
    if is_full(&errors) {
        errors.truncate(REPORTED);
        errors.push(ArgumentError::More);
    }
    Err(errors)
}

/// Fails if there are too many arguments. This is so much cheaper than any other check that it comes before all work on the arguments.
pub(crate) fn check_number(given: &Map<String, Value>) -> Result<(), ArgumentError> {
    match given.len() {
        0..=MAX_ARGUMENTS => Ok(()),
        given => Err(ArgumentError::TooMany {
            given,
            max: MAX_ARGUMENTS,
        }),
    }
}

impl CheckedArguments {
    /// Returns the tool that the arguments are for.
    #[must_use]
    pub fn tool(&self) -> &'static Tool {
        self.tool
    }

    /// Returns the arguments for an upstream with this version of a product.
    ///
    /// # Errors
    /// Returns an error for each given argument that this version does not support yet.
    pub fn for_version(self, product: &str, version: &str) -> Result<Self, Vec<ArgumentError>> {
        let parameters = self.tool.parameters.iter();
        let too_new = parameters
            .filter(|it| self.given(it.field.name).is_some() && is_older(version, it.since));
        let errors: Vec<_> = too_new
            .map(|parameter| ArgumentError::TooNew {
                name: parameter.field.name,
                needs: format!("{product} {}", parameter.since),
                version: version.to_owned(),
            })
            .collect();
        match errors.is_empty() {
            true => Ok(Self {
                version: version.to_owned(),
                ..self
            }),
            false => Err(errors),
        }
    }

    /// Returns the pagination of the tool's list; `None` if the upstream returns the whole list at once.
    #[must_use]
    pub fn pagination(&self, list: &List) -> Option<Pagination> {
        let pagination = list.pagination;
        pagination.filter(|_| !is_older(&self.version, list.pages_since))
    }

    /// Returns the value that the caller gave for a declared parameter; `Value::Null` if the caller named the parameter in `clear`.
    #[must_use]
    pub fn given(&self, name: &str) -> Option<&Value> {
        self.given.get(name)
    }

    /// Returns the value to send for a declared parameter: the given value, the value of its fallback, or the value for omitted arguments. Returns `None` if the upstream is too old for the parameter.
    #[must_use]
    pub fn sent(&self, parameter: &Parameter) -> Option<&Value> {
        if is_older(&self.version, parameter.since) {
            return None;
        }
        let given = self.given(parameter.field.name);
        given
            .filter(|_| !parameter.hidden)
            .or_else(|| self.given(parameter.fallback))
            .or_else(|| {
                self.omitted
                    .get(parameter.wire)
                    .filter(|_| !parameter.when_omitted.is_empty())
            })
    }

    /// Returns the parameters that this upstream supports, with their values as they are sent outside of the body.
    pub(crate) fn encoded(&self) -> impl Iterator<Item = (&'static Parameter, &EncodedValue)> {
        let all = self.tool.parameters.iter().zip(&self.encoded);
        all.filter(|(parameter, _)| !is_older(&self.version, parameter.since))
    }

    /// Returns another path of the tool with the values of its placeholders. If `body_first` is set, the value of the body parameter takes precedence over that of the path parameter, because the object has already been renamed.
    pub(crate) fn path_of(
        &self,
        segments: &[Segment],
        body_first: bool,
    ) -> Result<String, ArgumentError> {
        let parameters = self.tool.parameters;
        let slash = body_first && self.tool.update.verify.slash;
        let segment = |wire: &'static str| {
            let in_path = path_parameter(parameters, wire);
            let in_body = body_parameter(parameters, wire).filter(|_| body_first);
            let slash = slash || in_path.is_some_and(|it| it.location == SLASHES);
            let value = in_body.into_iter().chain(in_path).find_map(|parameter| {
                let value = self.sent(parameter).filter(|value| !value.is_null())?;
                Some((parameter, value))
            });
            let (parameter, value) = value.ok_or(ArgumentError::NoPathValue { name: wire })?;
            path_segment(value, slash)
                .map_err(|reason| ArgumentError::unsendable(parameter, value, reason))
        };
        let texts = segments.iter().map(|part| match part {
            Segment::Literal(text) => Ok((*text).to_owned()),
            Segment::Parameter(wire) => segment(wire),
        });
        texts.collect()
    }

    fn paths_of_each(&self) -> Result<Option<Vec<(Value, String)>>, ArgumentError> {
        let mut parameters = self.tool.parameters.iter();
        let parameter = parameters.find(|it| it.location == ParameterLocation::Each);
        let given = parameter.and_then(|it| Some((it, self.given(it.field.name)?.as_array()?)));
        let Some((each, (parameter, given))) = self.tool.each.as_ref().zip(given) else {
            return Ok(None);
        };
        let mut paths: Vec<(Value, String)> = Vec::with_capacity(given.len());
        for id in given {
            if paths.iter().any(|(known, _)| known == id) {
                continue;
            }
            let segments = each.segments.iter().map(|part| match part {
                Segment::Parameter(wire) if *wire == parameter.wire => path_segment(id, false)
                    .map_err(|reason| ArgumentError::unsendable(parameter, id, reason)),
                part => self.path_of(core::slice::from_ref(part), false),
            });
            paths.push((id.clone(), segments.collect::<Result<_, _>>()?));
        }
        Ok(Some(paths))
    }

    /// Returns the arguments that select the part of a list or log to return.
    #[must_use]
    pub fn result_options(&self) -> &ResultOptions {
        &self.result
    }

    /// Returns a text that identifies the list that the call reads. The text contains the declared arguments, the filters and the criteria for log lines, but not `fields`, `limit` and `next_cursor`, which do not change the list.
    #[must_use]
    pub fn identity(&self) -> String {
        let filters = self.result.filters.iter();
        let filters = filters.map(|(filter, value)| (filter.field.name.to_owned(), value.clone()));
        let lines = &self.result.lines;
        let lines = (*lines != LineFilter::default()).then(|| {
            let lines = serde_json::json!([lines.level, lines.contains, lines.from_start]);
            (" lines".to_owned(), lines)
        });
        let given = self.given.clone().into_iter();
        Value::Object(given.chain(filters).chain(lines).collect()).to_string()
    }

    /// Returns the values that must not be shown again.
    #[must_use]
    pub fn secrets(&self) -> Vec<String> {
        secret_values(self.tool, &self.given)
    }
}

/// Shows names without values, so that a log line cannot contain a secret.
impl fmt::Debug for CheckedArguments {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.given.keys().collect();
        f.debug_struct("CheckedArguments")
            .field("tool", &self.tool.name)
            .field("given", &names)
            .finish_non_exhaustive()
    }
}

const SLASHES: ParameterLocation = ParameterLocation::Path { slash: true };

/// Returns the path parameter of this placeholder.
pub(crate) fn path_parameter(
    parameters: &'static [Parameter],
    wire: &str,
) -> Option<&'static Parameter> {
    let is_path = |it: &&Parameter| matches!(it.location, ParameterLocation::Path { .. });
    parameters.iter().find(|it| it.wire == wire && is_path(it))
}

/// Returns the body parameter that contains the value, or new value, of this placeholder: it falls back on the path parameter or has the same name in the request.
pub(crate) fn body_parameter(
    parameters: &'static [Parameter],
    wire: &str,
) -> Option<&'static Parameter> {
    let path = path_parameter(parameters, wire).map(|it| it.field.name);
    let mut in_body = parameters
        .iter()
        .filter(|it| it.location == ParameterLocation::Body);
    in_body.find(|it| it.wire == wire || path == Some(it.fallback))
}

/// State of a check.
struct Checker {
    /// Arguments that have not been checked yet.
    given: Map<String, Value>,
    errors: Vec<ArgumentError>,
    checked: CheckedArguments,
}

impl Checker {
    /// Converts a `limit` given as a string of digits to a number, since its meaning is unambiguous.
    fn read_limit(&mut self) {
        if let Some(limit) = self.given.get_mut(LIMIT.name)
            && let Some(number) = limit.as_str().and_then(|text| text.parse::<u32>().ok())
        {
            *limit = Value::from(number);
        }
    }

    fn check_names(&mut self) {
        let known: Vec<_> = accepted(self.checked.tool)
            .map(|field| field.name)
            .collect();
        for name in self
            .given
            .keys()
            .filter(|name| !known.contains(&name.as_str()))
        {
            let known = known.clone();
            self.errors.push(ArgumentError::unknown(
                ValuePath::Top,
                "argument",
                name,
                known,
            ));
        }
    }

    fn check_parameters(&mut self) {
        let tool = self.checked.tool;
        for (index, parameter) in tool.parameters.iter().enumerate() {
            // The macro has checked the text, so parsing fails only if the text is empty.
            if let Ok(value) = serde_json::from_str(parameter.when_omitted) {
                self.checked
                    .omitted
                    .insert(parameter.wire.to_owned(), value);
            }
            if !parameter.hidden {
                self.check_parameter(index, parameter);
            }
        }
        if let Some(clear) = &tool.clear {
            self.check_clear(clear);
        }
    }

    fn check_parameter(&mut self, index: usize, parameter: &'static Parameter) {
        let field = &parameter.field;
        let required = field.required && parameter.fallback.is_empty();
        let given = self.given.swap_remove(field.name);
        let given = given.or(field.is_filled().then_some(Value::Null));
        let Some(mut value) = given.filter(|value| required || !value.is_null()) else {
            if required {
                self.errors.push(missing(ValuePath::Top, "argument", field));
            }
            return;
        };
        if self.check_value(field, &mut value, parameter.secret) {
            let encoded = match has_masked_secret(parameter, &value) {
                true => Err(ArgumentError::Masked {
                    at: ValuePath::Member(&ValuePath::Top, field.name).to_string(),
                }),
                false => encode(self.checked.tool, parameter, &value),
            };
            self.set_encoded(index, encoded);
        }
        self.checked.given.insert(field.name.to_owned(), value);
    }

    /// Checks the value of an argument and returns whether it is valid.
    fn check_value(&mut self, field: &Field, value: &mut Value, secret: bool) -> bool {
        let before = self.errors.len();
        let at = ValuePath::Member(&ValuePath::Top, field.name);
        check_value(&field.shape, value, at, secret, &mut self.errors);
        self.errors.len() == before
    }

    fn set_encoded(&mut self, index: usize, encoded: Result<EncodedValue, ArgumentError>) {
        match (encoded, self.checked.encoded.get_mut(index)) {
            (Ok(encoded), Some(place)) => *place = encoded,
            (Ok(_), None) => {}
            (Err(error), _) => self.errors.push(error),
        }
    }

    /// Records `null` for each field that `clear` names.
    fn check_clear(&mut self, clear: &Field) {
        let Some(Value::Array(names)) = self.take(clear) else {
            return;
        };
        for name in names.iter().filter_map(Value::as_str) {
            let earlier = self.checked.given.insert(name.to_owned(), Value::Null);
            if earlier.is_some_and(|value| !value.is_null()) {
                let name = name.to_owned();
                self.errors.push(ArgumentError::ClearedAndGiven { name });
            }
        }
    }

    fn check_result_options(&mut self) {
        let tool = self.checked.tool;
        let is_log = matches!(tool.response_format, ResponseFormat::Log { .. });
        if is_log {
            let level = self.take(&LEVEL);
            let level = level.and_then(|level| LEVELS.iter().position(|it| level == *it));
            let contains = self.take(&CONTAINS);
            let contains = contains.and_then(|text| text.as_str().map(str::to_lowercase));
            self.checked.result.lines = LineFilter {
                level: level.unwrap_or_default(),
                contains: contains.unwrap_or_default(),
                from_start: self.take(&FROM_START) == Some(Value::Bool(true)),
            };
        }
        for filter in tool.list.iter().flat_map(|list| list.filters) {
            if let Some(value) = self.take(&filter_field(filter)) {
                self.checked.result.filters.push((filter, value));
            }
        }
        let list = tool.list.as_ref().filter(|list| !list.summary.is_empty());
        let fields = list.and_then(|list| Some((list, self.take(&FIELDS)?)));
        if is_log || tool.list.is_some() {
            self.check_page();
        }
        if let Some((list, Value::Array(fields))) = fields {
            self.check_fields(list, &fields);
        }
    }

    fn check_page(&mut self) {
        if let Some(limit) = self.take(&LIMIT) {
            let limit = limit.as_u64().and_then(|limit| u32::try_from(limit).ok());
            self.checked.result.limit = limit.unwrap_or(DEFAULT_LIMIT);
        }
        if let Some(Value::String(cursor)) = self.take(&NEXT_CURSOR) {
            // Clients that cannot omit an argument send an empty string for the first page.
            self.checked.result.cursor = Some(cursor).filter(|cursor| !cursor.is_empty());
        }
    }

    /// Removes an optional argument that the runtime adds to a tool, and returns its value if it is given and valid.
    fn take(&mut self, field: &Field) -> Option<Value> {
        let given = self.given.swap_remove(field.name);
        let mut value = given.filter(|value| !value.is_null())?;
        self.check_value(field, &mut value, false).then_some(value)
    }

    fn check_fields(&mut self, list: &'static List, fields: &[Value]) {
        let names: Vec<&str> = fields.iter().filter_map(Value::as_str).collect();
        if names.contains(&ALL_FIELDS) {
            self.checked.result.fields = FieldSelection::All;
            return;
        }
        if names.is_empty() {
            return;
        }
        let mut known = Vec::new();
        let is_open = !known_fields(&list.item_type, &mut known);
        for (index, name) in names.iter().enumerate() {
            if is_full(&self.errors) {
                return;
            }
            // The part before the first dot is a field of the item; the rest is a path inside the field.
            let first = name.split('.').next().unwrap_or_default();
            let is_known = known.contains(&first) && has_field(list.item_type, name);
            if !is_open && !is_known {
                let at = ValuePath::Member(&ValuePath::Top, FIELDS.name);
                let at = ValuePath::Item(&at, index);
                self.errors
                    .push(ArgumentError::unknown(at, "field", name, known.clone()));
            }
        }
        let names = names.into_iter().map(str::to_owned).collect();
        self.checked.result.fields = FieldSelection::Only(names);
    }

    /// Checks which arguments are combined: an update must change something, a call must have at least one of [`Tool::require_any`], and a call with ids must not have other arguments that select objects.
    fn check_combination(&mut self) {
        let (tool, checked) = (self.checked.tool, &self.checked);
        let is_given = |it: &&Parameter| !it.hidden && checked.given(it.field.name).is_some();
        let mut in_body = tool
            .parameters
            .iter()
            .filter(|it| it.location == ParameterLocation::Body && !it.hidden);
        // If the mask names no members, upstreams write the whole body, including members that are sent only because the upstream requires them.
        let changes = tool.update.mask.is_some() || !tool.update.merge.is_empty();
        if self.errors.is_empty() && changes && !in_body.clone().any(|it| is_given(&it)) {
            let names = in_body.by_ref().map(|it| it.field.name).collect();
            self.errors.push(ArgumentError::NothingToChange { names });
        }
        let names = tool.require_any;
        let is_missing = !names.is_empty() && !names.iter().any(|it| checked.given(it).is_some());
        if self.errors.is_empty() && is_missing {
            self.errors.push(ArgumentError::NoneOf { names });
        }
        let mut given = tool.parameters.iter().filter(is_given);
        let ids = given
            .clone()
            .find(|it| it.location == ParameterLocation::Each);
        if let Some(ids) = ids {
            let others = given
                .by_ref()
                .filter(|it| matches!(it.location, ParameterLocation::Query(_)));
            let errors = others.map(|parameter| ArgumentError::Excluded {
                name: parameter.field.name,
                other: ids.field.name,
            });
            self.errors.extend(errors);
        }
    }

    /// Encodes what depends on all arguments: values that the caller did not give, and paths.
    fn encode_others(&mut self) {
        let tool = self.checked.tool;
        for (index, parameter) in tool.parameters.iter().enumerate() {
            let given = self.checked.given(parameter.field.name);
            if given.is_none_or(|_| parameter.hidden)
                && let Some(value) = self.checked.sent(parameter)
            {
                let encoded = encode(tool, parameter, value);
                self.set_encoded(index, encoded);
            }
        }
        match self.checked.path_of(tool.segments, false) {
            Ok(path) => self.checked.path = path,
            Err(error) => self.errors.push(error),
        }
        match self.checked.paths_of_each() {
            Ok(each) => self.checked.each = each,
            Err(error) => self.errors.push(error),
        }
    }
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

#[cfg(test)]
mod tests;
