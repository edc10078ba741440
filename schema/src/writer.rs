//! Writes the JSON Schemas (2020-12) and annotations of a tool, as clients receive them.
//!
//! Arguments are described as strictly as they are checked. Results are described loosely (nothing required, `null` allowed everywhere, no rules), so that no version of an upstream makes a client reject a result.

use serde_json::{Map, Value, json};

use crate::limits::Limits;
use crate::shape::{Additional, Field, Shape, ShapeKind};

/// A JSON Schema.
pub type JsonSchema = Map<String, Value>;

/// Maximum number of enum values that are all written.
const MAX_VALUES: usize = 100;

/// Number of values that are given as examples of a longer enum.
const SHOWN_VALUES: usize = 5;

/// Result of a tool.
#[derive(Debug, Clone, Copy)]
pub enum OutputShape<'a> {
    /// Items of a list.
    List {
        /// Member of the result that contains the items.
        items: &'a str,
        /// Shape of an item.
        item_type: Shape<'a>,
    },
    /// Lines of a log.
    Log,
    /// A text.
    Text,
    /// JSON values.
    Lines,
    /// The JSON of the response.
    Json(Shape<'a>),
    /// The status of a response without content.
    Status,
}

/// Returns the schema of the arguments: the declared parameters, followed by those that are added.
#[must_use]
pub fn input_schema<'a>(
    declared: impl Iterator<Item = Field<'a>> + Clone,
    added: impl Iterator<Item = Field<'a>>,
) -> JsonSchema {
    let limits = Limits::fitting(&declared.clone().map(|field| field.shape));
    let fields: Vec<Field<'_>> = declared.chain(added).collect();
    let properties: JsonSchema = fields.iter().map(|field| limits.argument(field)).collect();
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
pub fn output_schema(output: &OutputShape<'_>) -> JsonSchema {
    let (name, property) = match output {
        OutputShape::List { items, item_type } => return list_output(items, item_type),
        OutputShape::Log => return log_output(),
        OutputShape::Text => ("text", typed("string")),
        OutputShape::Lines => ("result", array(any())),
        OutputShape::Json(shape) => {
            let limits = Limits::fitting(&[*shape].into_iter());
            if shape.is_object() {
                return limits.output_object(shape);
            }
            ("result", limits.output(shape))
        }
        OutputShape::Status => (
            "status",
            described(typed("integer"), "HTTP status of the answer."),
        ),
    };
    object([(name, property)])
}

/// Returns the name of the JSON type; empty if values can have several types.
#[must_use]
pub fn type_name(kind: &ShapeKind<'_>) -> &'static str {
    match kind {
        ShapeKind::Boolean => "boolean",
        ShapeKind::Integer { .. } => "integer",
        ShapeKind::Number { .. } => "number",
        ShapeKind::String(_) => "string",
        ShapeKind::Array { .. } => "array",
        ShapeKind::Object { .. } => "object",
        ShapeKind::Any | ShapeKind::OneOf(_) | ShapeKind::Link(_) => "",
    }
}

/// Returns the keywords that bound a number, the length of a string or array, or the text of a string.
#[must_use]
pub fn bounds(kind: &ShapeKind<'_>) -> JsonSchema {
    let members: &[(&str, Option<Value>)] = match kind {
        ShapeKind::Integer { min, max } => &[
            ("minimum", min.map(Value::from)),
            ("maximum", max.map(Value::from)),
        ],
        ShapeKind::Number { min, max, above } => &[
            ("minimum", min.map(Value::from)),
            ("maximum", max.map(Value::from)),
            ("exclusiveMinimum", above.map(Value::from)),
        ],
        ShapeKind::String(rules) => &[
            (
                "pattern",
                (!rules.pattern.is_empty()).then(|| Value::from(rules.pattern)),
            ),
            ("minLength", rules.min_length.map(Value::from)),
            ("maxLength", rules.max_length.map(Value::from)),
        ],
        ShapeKind::Array {
            min_items,
            max_items,
            ..
        } => &[
            ("minItems", min_items.map(Value::from)),
            ("maxItems", max_items.map(Value::from)),
        ],
        _ => &[],
    };
    let members = members.iter();
    members
        .filter_map(|(name, value)| Some(((*name).to_owned(), value.clone()?)))
        .collect()
}

/// Returns all annotations of a tool, because clients differ in the defaults of missing annotations.
#[must_use]
pub fn annotations(read_only: bool, destructive: bool, idempotent: bool) -> JsonSchema {
    let hints = [
        ("readOnlyHint", read_only),
        ("destructiveHint", destructive),
        ("idempotentHint", idempotent),
        // A call affects only the upstream of the account.
        ("openWorldHint", false),
    ];
    let hints = hints.into_iter();
    hints
        .map(|(name, hint)| (name.to_owned(), Value::Bool(hint)))
        .collect()
}

fn log_output() -> JsonSchema {
    object([
        ("lines", array(typed("string"))),
        (
            "total_lines",
            described(typed("integer"), "All lines, before filters."),
        ),
        (
            "next_cursor",
            described(
                nullable(typed("string")),
                "Pass it as next_cursor to continue; null at the end.",
            ),
        ),
    ])
}

fn list_output(items: &str, item_type: &Shape<'_>) -> JsonSchema {
    let item = Limits::fitting(&[*item_type].into_iter()).output(item_type);
    object([
        (items, array(item)),
        (
            "total_entries",
            described(nullable(typed("integer")), "All entries, before filters."),
        ),
        (
            "next_cursor",
            described(
                nullable(typed("string")),
                "Pass it as next_cursor for the next page; null on the last.",
            ),
        ),
    ])
}

impl Limits {
    /// Returns the name and the schema of an argument or of a member of one. Since `null` means that it is omitted, the schema does not allow `null`.
    fn argument(self, field: &Field<'_>) -> (String, Value) {
        let mut schema = described(self.input_not_null(&field.shape.kind), field.description);
        if let Some(default) = literal(field.default) {
            schema.insert("default".to_owned(), default);
        }
        if let Some(example) = literal(field.example) {
            schema.insert("examples".to_owned(), json!([example]));
        }
        (field.name.to_owned(), Value::Object(schema))
    }

    fn input(self, shape: &Shape<'_>) -> JsonSchema {
        let schema = self.input_not_null(&shape.kind);
        if shape.nullable && !matches!(shape.kind, ShapeKind::Any) {
            any_of([schema, typed("null")].into_iter())
        } else {
            schema
        }
    }

    fn input_not_null(self, kind: &ShapeKind<'_>) -> JsonSchema {
        let mut schema = match kind {
            ShapeKind::Any => return any(),
            ShapeKind::OneOf(shapes) => {
                return any_of(shapes.iter().map(|shape| self.input(shape)));
            }
            ShapeKind::Link(link) => {
                let target = &link.target().kind;
                return match self.behind_link() {
                    Some(behind) => behind.input_not_null(target),
                    None => unexpanded(target),
                };
            }
            kind => typed(type_name(kind)),
        };
        let mut set = |name: &str, value: Option<Value>| {
            if let Some(value) = value {
                schema.insert(name.to_owned(), value);
            }
        };
        match kind {
            ShapeKind::String(rules) => {
                let text = |text: &str| (!text.is_empty()).then(|| Value::from(text));
                // A few examples are enough, because the check of a call knows all values and suggests the nearest one.
                let (key, shown) = match rules.values.len() <= MAX_VALUES {
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
            }
            ShapeKind::Array { items, .. } => {
                set("items", Some(Value::Object(self.input(items))));
            }
            // Beyond the depth limit, an object is described as any object.
            ShapeKind::Object { fields, additional } if self.objects > 0 => {
                let inside = self.inside();
                let properties: JsonSchema =
                    fields.iter().map(|field| inside.argument(field)).collect();
                set(
                    "properties",
                    (!properties.is_empty()).then_some(Value::Object(properties)),
                );
                require(&mut schema, fields);
                let others = match additional {
                    Additional::Closed => Some(json!(false)),
                    // Additional members of any type need no schema, because they are allowed by default.
                    Additional::Open(shape) if matches!(shape.kind, ShapeKind::Any) => None,
                    Additional::Open(shape) => Some(Value::Object(inside.input(shape))),
                };
                if let Some(others) = others {
                    schema.insert("additionalProperties".to_owned(), others);
                }
            }
            _ => {}
        }
        schema.extend(bounds(kind));
        schema
    }

    /// Returns the schema of a result that is an object. If the result can be one of several objects, the schema has the members of all of them.
    fn output_object(self, shape: &Shape<'_>) -> JsonSchema {
        let ShapeKind::OneOf(shapes) = shape.kind else {
            return self.output(shape);
        };
        let mut properties = JsonSchema::new();
        for shape in shapes {
            let members = self.output_object(shape).shift_remove("properties");
            let members = members.as_ref().and_then(Value::as_object);
            for (name, member) in members.into_iter().flatten() {
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

    fn output(self, shape: &Shape<'_>) -> JsonSchema {
        match &shape.kind {
            ShapeKind::Any => any(),
            ShapeKind::Array { items, .. } => array(self.output(items)),
            ShapeKind::Object { fields, .. } => {
                let mut schema = typed("object");
                if !fields.is_empty() && self.objects > 0 {
                    let inside = self.inside();
                    let members = fields.iter().map(|field| inside.output_member(field));
                    schema.insert("properties".to_owned(), Value::Object(members.collect()));
                }
                schema
            }
            ShapeKind::OneOf(shapes) => any_of(shapes.iter().map(|shape| self.output(shape))),
            ShapeKind::Link(link) => match self.behind_link() {
                Some(behind) => behind.output(link.target()),
                None => unexpanded(&link.target().kind),
            },
            kind => typed(type_name(kind)),
        }
    }

    fn output_member(self, field: &Field<'_>) -> (String, Value) {
        let mut schema = self.output(&field.shape);
        if !matches!(field.shape.kind, ShapeKind::Any) {
            schema = nullable(schema);
        }
        let schema = described(schema, field.description);
        (field.name.to_owned(), Value::Object(schema))
    }
}

/// Returns the placeholder for a recursive type beyond the depth limit.
fn unexpanded(kind: &ShapeKind<'_>) -> JsonSchema {
    match kind {
        ShapeKind::Object { .. } => typed("object"),
        _ => any(),
    }
}

fn typed(name: &str) -> JsonSchema {
    JsonSchema::from_iter([("type".to_owned(), Value::from(name))])
}

fn array(items: JsonSchema) -> JsonSchema {
    let mut schema = typed("array");
    schema.insert("items".to_owned(), Value::Object(items));
    schema
}

fn object<const N: usize>(members: [(&str, JsonSchema); N]) -> JsonSchema {
    let members = members.map(|(name, schema)| (name.to_owned(), Value::Object(schema)));
    let mut schema = typed("object");
    let properties = JsonSchema::from_iter(members);
    schema.insert("properties".to_owned(), Value::Object(properties));
    schema
}

/// Returns the schema of any value. Its description is necessary because some clients do not accept an empty schema.
fn any() -> JsonSchema {
    described(JsonSchema::new(), "Any JSON value.")
}

fn any_of(schemas: impl Iterator<Item = JsonSchema>) -> JsonSchema {
    let schemas = schemas.map(Value::Object).collect();
    JsonSchema::from_iter([("anyOf".to_owned(), Value::Array(schemas))])
}

/// Returns the schema of an output that may be `null`. A list of types is the shortest form, but some clients do not accept it in input schemas.
fn nullable(mut schema: JsonSchema) -> JsonSchema {
    if let Some(Value::String(name)) = schema.get("type") {
        let names = json!([name, "null"]);
        schema.insert("type".to_owned(), names);
    } else if let Some(Value::Array(alternatives)) = schema.get_mut("anyOf") {
        alternatives.push(json!({"type": "null"}));
    }
    schema
}

fn described(mut schema: JsonSchema, description: &str) -> JsonSchema {
    if !description.is_empty() {
        schema.insert("description".to_owned(), Value::from(description));
    }
    schema
}

fn require(schema: &mut JsonSchema, fields: &[Field<'_>]) {
    let required = fields.iter();
    let required = required.filter(|field| field.required && !field.is_filled());
    let names: Vec<_> = required.map(|field| field.name).collect();
    if !names.is_empty() {
        schema.insert("required".to_owned(), json!(names));
    }
}

/// Parses the JSON text of a default or an example. The macro has checked the text, so an invalid text is treated as a missing one.
fn literal(text: &str) -> Option<Value> {
    serde_json::from_str(text).ok()
}
