//! Schemas of the management API, from the Rust types of the model.

use runtime::schema::{Additional, Field, Kind, StringRules};
use runtime::{Schema, Shape};
use serde_json::{Map, Value, json};

use crate::model::audit::{AuditQuery, AuditRecord};
use crate::model::sign_in::{AuthInput, AuthView};
use crate::model::{
    Account, AccountCheck, AccountInput, AccountPatch, ApiToken, ApiTokenInput, ConfigPatch,
    McpServer, NewApiToken, NewServer, PageQuery, Role, ServerConfig, ServerInput, ServerPatch,
};

/// Named schemas of the document.
const COMPONENTS: [(&str, Shape); 17] = [
    ("AccountInput", AccountInput::SHAPE),
    ("AccountPatch", AccountPatch::SHAPE),
    ("AuthInput", AuthInput::SHAPE),
    ("Auth", AuthView::SHAPE),
    ("Account", Account::SHAPE),
    ("Check", AccountCheck::SHAPE),
    ("McpConfigInput", ConfigPatch::SHAPE),
    ("McpConfig", ServerConfig::SHAPE),
    ("McpServerInput", ServerInput::SHAPE),
    ("McpServerPatch", ServerPatch::SHAPE),
    ("McpServer", McpServer::SHAPE),
    ("NewMcpServer", NewServer::SHAPE),
    ("Role", Role::SHAPE),
    ("ApiTokenInput", ApiTokenInput::SHAPE),
    ("ApiToken", ApiToken::SHAPE),
    ("NewApiToken", NewApiToken::SHAPE),
    ("AuditRecord", AuditRecord::SHAPE),
];

/// Named schemas of pages, with those of their items.
const PAGES: [(&str, &str); 4] = [
    ("AccountPage", "Account"),
    ("McpServerPage", "McpServer"),
    ("ApiTokenPage", "ApiToken"),
    ("AuditPage", "AuditRecord"),
];

/// Returns the named schemas.
pub(super) fn components() -> impl Iterator<Item = (&'static str, Value)> {
    let types = COMPONENTS
        .iter()
        .map(|(name, shape)| (*name, kind_schema(shape)));
    let pages = PAGES.iter().map(|(name, item)| {
        let schema = json!({
            "type": "object",
            "description": "A page, newest items first.",
            "properties": {
                "result": {"type": "array", "items": reference(item)},
                "next_cursor": {
                    "type": ["string", "null"],
                    "description": "Cursor of the next page; null on the last page.",
                },
            },
            "required": ["result", "next_cursor"],
            "additionalProperties": false,
        });
        (*name, schema)
    });
    types.chain(pages)
}

/// Returns the name of the items of a page, if the schema with this name is a page.
pub(super) fn page_item(name: &str) -> Option<&'static str> {
    let page = PAGES.iter().find(|(page, _)| *page == name);
    page.map(|(_, item)| *item)
}

/// Adds the query parameters of a type. An export has its own limit and no pages.
pub(super) fn add_query(name: &str, parameters: &mut Vec<Value>) {
    let shape = match name {
        "AuditQuery" => AuditQuery::SHAPE,
        _ => PageQuery::SHAPE,
    };
    let Kind::Object { fields, .. } = shape.kind else {
        return;
    };
    let is_export = parameters.iter().any(|it| it["name"] == "limit");
    for field in fields {
        if is_export && matches!(field.name, "limit" | "cursor") {
            continue;
        }
        let mut schema = schema(&field.shape);
        if let Ok(default) = serde_json::from_str::<Value>(field.default) {
            schema["default"] = default;
        }
        parameters.push(json!({
            "name": field.name,
            "in": "query",
            "description": field.description,
            "schema": schema,
        }));
    }
}

/// Returns a reference to a named schema.
fn reference(name: &str) -> Value {
    json!({"$ref": format!("#/components/schemas/{name}")})
}

/// Returns the schema of a shape: a reference if the shape has a name.
fn schema(shape: &Shape) -> Value {
    match COMPONENTS.iter().find(|(_, named)| named == shape) {
        Some((name, _)) => reference(name),
        None => kind_schema(shape),
    }
}

fn kind_schema(shape: &Shape) -> Value {
    let mut schema = match &shape.kind {
        Kind::Boolean => json!({"type": "boolean"}),
        Kind::Integer { min, max } => with(
            json!({"type": "integer"}),
            [
                ("minimum", min.map(Value::from)),
                ("maximum", max.map(Value::from)),
            ],
        ),
        Kind::String(rules) => string(rules),
        Kind::Array { items, .. } => json!({"type": "array", "items": schema(items)}),
        Kind::Object { fields, additional } => object(fields, additional),
        Kind::OneOf(shapes) => {
            let variants: Vec<_> = shapes.iter().map(schema).collect();
            json!({"discriminator": {"propertyName": "type"}, "oneOf": variants})
        }
        Kind::Any | Kind::Number { .. } | Kind::Link(_) => json!({}),
    };
    // A schema without a type allows null.
    if shape.nullable && schema["type"].is_string() {
        schema["type"] = json!([schema["type"], "null"]);
    }
    schema
}

fn string(rules: &StringRules) -> Value {
    let values = match rules.values {
        [] => ("enum", None),
        [one] => ("const", Some(Value::from(*one))),
        values => ("enum", Some(Value::from(values))),
    };
    let members = [
        values,
        ("format", text(rules.format)),
        (
            "writeOnly",
            (rules.format == "password").then_some(Value::from(true)),
        ),
        ("minLength", rules.min_length.map(Value::from)),
        ("maxLength", rules.max_length.map(Value::from)),
    ];
    with(json!({"type": "string"}), members)
}

fn object(fields: &'static [Field], additional: &Additional) -> Value {
    let fields = flattened(fields);
    let required = fields.iter().filter(|field| field.required);
    let required: Vec<_> = required.map(|field| field.name).collect();
    let properties = fields.iter().map(|field| {
        let example = serde_json::from_str::<Value>(field.example).ok();
        let members = [
            ("description", text(field.description)),
            ("examples", example.map(|example| json!([example]))),
        ];
        (field.name.to_owned(), with(schema(&field.shape), members))
    });
    let properties: Map<_, _> = properties.collect();
    let others = match additional {
        Additional::Closed => Value::from(false),
        Additional::Open(shape) => schema(shape),
    };
    let members = [
        (
            "properties",
            (!properties.is_empty()).then_some(Value::Object(properties)),
        ),
        (
            "required",
            (!required.is_empty()).then(|| Value::from(required)),
        ),
        ("additionalProperties", Some(others)),
    ];
    with(json!({"type": "object"}), members)
}

/// Returns the fields of an object. A field without a name stands for the fields of its type.
fn flattened(fields: &'static [Field]) -> Vec<&'static Field> {
    let fields = fields.iter().map(|field| match field.shape.kind {
        Kind::Object { fields, .. } if field.name.is_empty() => flattened(fields),
        _ => vec![field],
    });
    fields.flatten().collect()
}

fn text(text: &str) -> Option<Value> {
    (!text.is_empty()).then(|| Value::from(text))
}

/// Adds the members that have a value.
fn with<const N: usize>(mut schema: Value, members: [(&str, Option<Value>); N]) -> Value {
    for (name, value) in members {
        if let Some(value) = value {
            schema[name] = value;
        }
    }
    schema
}
