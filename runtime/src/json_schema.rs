//! Describes a tool to clients: JSON Schema 2020-12 of its arguments and of its results, and its annotations.
//!
//! Arguments are described as strictly as they are checked. Results are described loosely (nothing required, `null` allowed everywhere, no rules), so that no version of an upstream makes a client reject a result.

use serde_json::{Map, Value, json};

use crate::schema::{Additional, Field, Kind, Shape};
use crate::tool::inputs::{accepted, is_null_if_omitted};
use crate::tool::{List, ResponseFormat, Tool};

/// Returns the schema of the arguments.
#[must_use]
pub fn input_schema(tool: &Tool) -> Map<String, Value> {
    let fields: Vec<Field> = accepted(tool).collect();
    let declared = tool.parameters.iter().filter(|param| !param.hidden);
    let room = Room::of(&declared.map(|param| param.field.shape));
    let properties: Map<_, _> = fields
        .iter()
        .map(|field| room.input_property(field))
        .collect();
    let mut schema = typed("object");
    schema.insert("properties".to_owned(), Value::Object(properties));
    require(&mut schema, &fields);
    schema.insert("additionalProperties".to_owned(), json!(false));
    schema
}

/// Returns the schema of the structured content of a result.
///
/// No member is required, not even one that is always present: clients of the official TypeScript SDK also check error objects against this schema, and would discard them.
#[must_use]
pub fn output_schema(tool: &Tool) -> Map<String, Value> {
    if let Some(list) = &tool.list {
        let room = Room::of(&[list.item_type].into_iter());
        return list_output(list, room);
    }
    let (name, property) = match (tool.response_format, &tool.returns) {
        (ResponseFormat::Log { .. }, _) => return log_output(),
        (ResponseFormat::Text { .. }, _) => ("text", typed("string")),
        (ResponseFormat::Lines { .. }, _) => {
            let mut lines = typed("array");
            lines.insert("items".to_owned(), Value::Object(any()));
            ("result", lines)
        }
        (ResponseFormat::Json, Some(shape)) if !is_wrapped(shape) => {
            return Room::of(&[*shape].into_iter()).output_object(shape);
        }
        (ResponseFormat::Json, Some(shape)) => {
            let room = Room::of(&[*shape].into_iter());
            ("result", room.output(shape))
        }
        (ResponseFormat::Json, None) => {
            let mut status = typed("integer");
            describe(&mut status, "HTTP status of the answer.");
            ("status", status)
        }
    };
    let mut schema = typed("object");
    schema.insert("properties".to_owned(), json!({name: property}));
    schema
}

fn log_output() -> Map<String, Value> {
    let mut lines = typed("array");
    lines.insert("items".to_owned(), Value::Object(typed("string")));
    let mut total = typed("integer");
    describe(&mut total, "All lines, before filters.");
    let mut cursor = nullable(typed("string"));
    describe(
        &mut cursor,
        "Pass it as next_cursor to go on; null at the end.",
    );
    let mut schema = typed("object");
    schema.insert(
        "properties".to_owned(),
        json!({"lines": lines, "total_lines": total, "next_cursor": cursor}),
    );
    schema
}

/// Returns all annotations of a tool, because clients differ in the defaults of missing annotations.
#[must_use]
pub fn annotations(tool: &Tool) -> Map<String, Value> {
    let hints = [
        ("readOnlyHint", tool.effect.read_only),
        ("destructiveHint", tool.effect.destructive),
        ("idempotentHint", tool.effect.idempotent),
        // A call affects only the upstream of the account.
        ("openWorldHint", false),
    ];
    let hints = hints.into_iter();
    hints
        .map(|(name, hint)| (name.to_owned(), Value::Bool(hint)))
        .collect()
}

/// Returns whether a response of this shape is wrapped in `{"result": …}`, because structured content must be an object.
#[must_use]
pub fn is_wrapped(returns: &Shape) -> bool {
    match returns.resolved().kind {
        Kind::Object { .. } => false,
        Kind::OneOf(shapes) => shapes.is_empty() || shapes.iter().any(is_wrapped),
        _ => true,
    }
}

fn list_output(list: &List, room: Room) -> Map<String, Value> {
    let mut items = typed("array");
    items.insert(
        "items".to_owned(),
        Value::Object(room.output(&list.item_type)),
    );
    let mut total = nullable(typed("integer"));
    describe(&mut total, "All entries, before filters.");
    let mut cursor = nullable(typed("string"));
    describe(
        &mut cursor,
        "Pass it as next_cursor for the next page; null on the last.",
    );
    let mut schema = typed("object");
    schema.insert(
        "properties".to_owned(),
        json!({list.items: items, "total_entries": total, "next_cursor": cursor}),
    );
    schema
}

/// Limits for the part of a schema that is written out. Types of some APIs refer to almost all other types, or to themselves.
#[derive(Debug, Clone, Copy)]
struct Room {
    /// Maximum nesting of objects.
    objects: usize,
    /// Maximum number of times that a recursive type is expanded.
    links: usize,
}

/// Maximum number of subschemas in one schema.
const MOST: usize = 300;

/// Maximum nesting of objects in any schema.
const DEEPEST: usize = 12;

/// Maximum number of enum values that are all written out.
const MOST_VALUES: usize = 100;

/// Number of values that are given as examples of a longer enum.
const SHOWN_VALUES: usize = 5;

impl Room {
    /// Returns the largest limits with which all of these shapes fit into one schema.
    fn of(shapes: &(impl Iterator<Item = Shape> + Clone)) -> Self {
        let room = |objects| Self { objects, links: 1 };
        let fits = |room: &Self| {
            let mut left = MOST;
            shapes.clone().all(|shape| room.fits(&shape, &mut left))
        };
        let rooms = (1..=DEEPEST).rev().map(room);
        rooms.into_iter().find(fits).unwrap_or(room(0))
    }

    /// Returns the limits within an object.
    fn inner(self) -> Self {
        Self {
            objects: self.objects - 1,
            ..self
        }
    }

    /// Returns the limits behind a link; `None` if the link must not be followed.
    fn beyond(self) -> Option<Self> {
        let links = self.links.checked_sub(1)?;
        Some(Self { links, ..self })
    }

    fn fits(self, shape: &Shape, left: &mut usize) -> bool {
        let Some(rest) = left.checked_sub(1) else {
            return false;
        };
        *left = rest;
        match &shape.kind {
            Kind::Array { items, .. } => self.fits(items, left),
            Kind::Object { .. } if self.objects == 0 => true,
            Kind::Object { fields, additional } => {
                let inner = self.inner();
                let others = match additional {
                    Additional::Open(shape) => inner.fits(shape, left),
                    Additional::Closed => true,
                };
                others && fields.iter().all(|field| inner.fits(&field.shape, left))
            }
            Kind::OneOf(shapes) => shapes.iter().all(|shape| self.fits(shape, left)),
            Kind::Link(link) => match self.beyond() {
                Some(beyond) => beyond.fits((link.0)(), left),
                None => true,
            },
            _ => true,
        }
    }

    fn input_property(self, field: &Field) -> (String, Value) {
        // For an argument or a member, `null` means that it is omitted, so its schema does not allow `null`.
        let mut schema = self.input_not_null(&field.shape.kind);
        describe(&mut schema, field.description);
        if let Some(default) = literal(field.default) {
            schema.insert("default".to_owned(), default);
        }
        if let Some(example) = literal(field.example) {
            schema.insert("examples".to_owned(), json!([example]));
        }
        (field.name.to_owned(), Value::Object(schema))
    }

    fn input(self, shape: &Shape) -> Map<String, Value> {
        let schema = self.input_not_null(&shape.kind);
        if shape.nullable && !matches!(shape.kind, Kind::Any) {
            or_null(schema)
        } else {
            schema
        }
    }

    fn input_not_null(self, kind: &Kind) -> Map<String, Value> {
        let mut schema = match kind {
            Kind::Any => return any(),
            Kind::OneOf(shapes) => return any_of(shapes.iter().map(|shape| self.input(shape))),
            Kind::Boolean => typed("boolean"),
            Kind::Integer { .. } => typed("integer"),
            Kind::Number { .. } => typed("number"),
            Kind::String(_) => typed("string"),
            Kind::Array { .. } => typed("array"),
            Kind::Object { .. } => typed("object"),
            Kind::Link(link) => {
                return match self.beyond() {
                    Some(beyond) => beyond.input_not_null(&(link.0)().kind),
                    None => cut(&(link.0)().kind),
                };
            }
        };
        let mut set = |name: &str, value: Option<Value>| {
            if let Some(value) = value {
                schema.insert(name.to_owned(), value);
            }
        };
        match kind {
            Kind::Integer { min, max } => {
                set("minimum", min.map(Value::from));
                set("maximum", max.map(Value::from));
            }
            Kind::Number { min, max, above } => {
                set("minimum", min.map(Value::from));
                set("maximum", max.map(Value::from));
                set("exclusiveMinimum", above.map(Value::from));
            }
            Kind::String(rules) => {
                let text = |text: &str| (!text.is_empty()).then(|| Value::from(text));
                // A few examples are enough, because the check of a call knows all values and suggests the nearest one.
                let (key, shown) = match rules.values.len() <= MOST_VALUES {
                    true => ("enum", rules.values.len()),
                    false => ("examples", SHOWN_VALUES),
                };
                let shown = rules.values.iter().take(shown);
                set(
                    key,
                    (!rules.values.is_empty()).then(|| shown.copied().collect()),
                );
                // Some clients mask the value of a password field and send the mask.
                set("format", text(rules.format).filter(|it| it != "password"));
                set("pattern", text(rules.pattern));
                set("minLength", rules.min_length.map(Value::from));
                set("maxLength", rules.max_length.map(Value::from));
            }
            Kind::Array {
                items,
                min_items,
                max_items,
            } => {
                set("items", Some(Value::Object(self.input(items))));
                set("minItems", min_items.map(Value::from));
                set("maxItems", max_items.map(Value::from));
            }
            // An object beyond the depth limit is described as any object.
            Kind::Object { .. } if self.objects == 0 => {}
            Kind::Object { fields, additional } => {
                let inner = self.inner();
                let properties: Map<_, _> = fields
                    .iter()
                    .map(|field| inner.input_property(field))
                    .collect();
                set(
                    "properties",
                    (!properties.is_empty()).then_some(Value::Object(properties)),
                );
                require(&mut schema, fields);
                let others = match additional {
                    Additional::Closed => Some(json!(false)),
                    // Additional members of any type need no schema, because they are allowed by default.
                    Additional::Open(shape) if matches!(shape.kind, Kind::Any) => None,
                    Additional::Open(shape) => Some(Value::Object(inner.input(shape))),
                };
                if let Some(others) = others {
                    schema.insert("additionalProperties".to_owned(), others);
                }
            }
            Kind::Any | Kind::Boolean | Kind::OneOf(_) | Kind::Link(_) => {}
        }
        schema
    }

    /// Returns the schema of a result that is an object. If the result can be one of several objects, the schema has the members of all of them.
    fn output_object(self, shape: &Shape) -> Map<String, Value> {
        let Kind::OneOf(shapes) = shape.kind else {
            return self.output(shape);
        };
        let mut properties = Map::new();
        for shape in shapes {
            let members = self.output_object(shape).shift_remove("properties");
            for (name, member) in members
                .as_ref()
                .and_then(Value::as_object)
                .into_iter()
                .flatten()
            {
                let known = properties.entry(name).or_insert_with(|| member.clone());
                if known != member {
                    *known = Value::Object(any());
                }
            }
        }
        let mut schema = typed("object");
        schema.insert("properties".to_owned(), Value::Object(properties));
        schema
    }

    fn output(self, shape: &Shape) -> Map<String, Value> {
        match &shape.kind {
            Kind::Any => any(),
            Kind::Boolean => typed("boolean"),
            Kind::Integer { .. } => typed("integer"),
            Kind::Number { .. } => typed("number"),
            Kind::String(_) => typed("string"),
            Kind::Array { items, .. } => {
                let mut schema = typed("array");
                schema.insert("items".to_owned(), Value::Object(self.output(items)));
                schema
            }
            Kind::Object { fields, .. } => {
                let mut schema = typed("object");
                if !fields.is_empty() && self.objects > 0 {
                    let inner = self.inner();
                    let properties = fields
                        .iter()
                        .map(|field| inner.output_property(field))
                        .collect();
                    schema.insert("properties".to_owned(), Value::Object(properties));
                }
                schema
            }
            Kind::OneOf(shapes) => any_of(shapes.iter().map(|shape| self.output(shape))),
            Kind::Link(link) => match self.beyond() {
                Some(beyond) => beyond.output((link.0)()),
                None => cut(&(link.0)().kind),
            },
        }
    }

    fn output_property(self, field: &Field) -> (String, Value) {
        let mut schema = self.output(&field.shape);
        if !matches!(field.shape.kind, Kind::Any) {
            schema = nullable(schema);
        }
        describe(&mut schema, field.description);
        (field.name.to_owned(), Value::Object(schema))
    }
}

/// Returns the placeholder for a recursive type beyond the depth limit.
fn cut(kind: &Kind) -> Map<String, Value> {
    match kind {
        Kind::Object { .. } => typed("object"),
        _ => any(),
    }
}

fn typed(name: &str) -> Map<String, Value> {
    Map::from_iter([("type".to_owned(), Value::from(name))])
}

/// Returns the schema of any value. Its description is necessary because some clients do not accept an empty schema.
fn any() -> Map<String, Value> {
    let mut schema = Map::new();
    describe(&mut schema, "Any JSON value.");
    schema
}

fn any_of(schemas: impl Iterator<Item = Map<String, Value>>) -> Map<String, Value> {
    let schemas = schemas.map(Value::Object).collect();
    Map::from_iter([("anyOf".to_owned(), Value::Array(schemas))])
}

/// Returns the schema of an output that may be `null`. A list of types is the shortest form, but some clients do not accept it in input schemas.
fn nullable(mut shape: Map<String, Value>) -> Map<String, Value> {
    if let Some(Value::String(name)) = shape.get("type") {
        let names = json!([name, "null"]);
        shape.insert("type".to_owned(), names);
    } else if let Some(Value::Array(alternatives)) = shape.get_mut("anyOf") {
        alternatives.push(json!({"type": "null"}));
    }
    shape
}

fn or_null(schema: Map<String, Value>) -> Map<String, Value> {
    any_of([schema, typed("null")].into_iter())
}

fn require(schema: &mut Map<String, Value>, fields: &[Field]) {
    let required = fields.iter();
    let required = required.filter(|field| field.required && !is_null_if_omitted(field));
    let names: Vec<_> = required.map(|field| field.name).collect();
    if !names.is_empty() {
        schema.insert("required".to_owned(), json!(names));
    }
}

fn describe(schema: &mut Map<String, Value>, description: &str) {
    if !description.is_empty() {
        schema.insert("description".to_owned(), Value::from(description));
    }
}

/// Parses the JSON text of a default or an example. The macro has checked the text, so an invalid text is treated as a missing one.
fn literal(text: &str) -> Option<Value> {
    serde_json::from_str(text).ok()
}

#[cfg(test)]
mod tests;
