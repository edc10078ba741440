//! Creates input and output schemas as a client receives them.
//!
//! The runtime creates the same schemas from the compiled tools. A test compares the files with the tools.

use std::collections::BTreeMap;

use serde_json::{Map, Number, Value, json};

use super::room::{Room, cut};
use super::types::Types;
use super::{OutputFile, json, text};
use crate::catalog::{
    Api, Catalog, Effect, Field, List, Operation, ResponseFormat, Rules, TypeDef, TypeKind,
    TypeRef, TypeShape,
};

type Object = Map<String, Value>;

/// Maximum number of values for which an enum lists all of them. The runtime has the same limit.
const MOST_VALUES: usize = 100;

/// Number of values that are listed as examples of a larger enum.
const SHOWN_VALUES: usize = 5;

/// Creates `schemas/<tool>.json`: a tool as a client receives it, for each API and each alternative document.
pub(super) fn files(catalog: &Catalog) -> Vec<OutputFile> {
    let mut tools: BTreeMap<&str, Object> = BTreeMap::new();
    for (of, shared, toolsets) in catalog.apis.iter().flat_map(Api::parts) {
        for toolset in toolsets {
            let types = Types::of(shared, toolset);
            for operation in &toolset.operations {
                let by_api = tools.entry(&operation.tool_name).or_default();
                by_api.insert(of.to_owned(), tool(&types, operation));
            }
        }
    }
    let files = tools.into_iter().map(|(name, by_api)| OutputFile {
        path: format!("generated/schemas/{name}.json"),
        text: json::pretty(&Value::Object(by_api)),
    });
    files.collect()
}

fn tool(types: &Types<'_>, operation: &Operation) -> Value {
    json!({
        "name": operation.tool_name,
        "title": operation.title,
        "description": text::description(&operation.full_description()),
        "annotations": annotations(operation.effect),
        "inputSchema": input_schema(types, operation),
        "outputSchema": output_schema(types, operation),
    })
}

fn annotations(effect: Effect) -> Value {
    json!({
        "readOnlyHint": effect.read_only,
        "destructiveHint": effect.destructive,
        "idempotentHint": effect.idempotent,
        "openWorldHint": false,
    })
}

fn input_schema(types: &Types<'_>, operation: &Operation) -> Value {
    let mut properties = Object::new();
    let arguments = || operation.parameters.iter().filter(|it| !it.hidden);
    let room = Room::of(types, &arguments().map(|it| &it.ty));
    for parameter in arguments() {
        let mut property = input(room, &parameter.ty);
        annotate(
            &mut property,
            &parameter.description,
            parameter.default.as_ref(),
            parameter.example.as_ref(),
        );
        properties.insert(parameter.name.clone(), Value::Object(property));
    }
    properties.extend(clear_argument(operation));
    if let Some(list) = &operation.list {
        properties.extend(list_arguments(room, list));
    }
    if let ResponseFormat::Log { .. } = operation.response_format {
        properties.extend(log_arguments());
    }
    let required = arguments()
        .filter(|parameter| parameter.required)
        .map(|parameter| parameter.name.as_str());
    let mut schema = object("object");
    schema.insert("properties".to_owned(), Value::Object(properties));
    require(&mut schema, required);
    schema.insert("additionalProperties".to_owned(), json!(false));
    Value::Object(schema)
}

/// Returns the argument of an update that names the fields to empty; `None` if no field can be emptied.
fn clear_argument(operation: &Operation) -> Option<(String, Value)> {
    let parameters = operation.parameters.iter();
    let names: Vec<&str> = parameters
        .filter(|parameter| parameter.clear)
        .map(|parameter| parameter.name.as_str())
        .collect();
    let argument = json!({
        "type": "array",
        "items": {"type": "string", "enum": names},
        "description": "Fields to empty.",
    });
    (!names.is_empty()).then(|| ("clear".to_owned(), argument))
}

/// Returns the arguments that a list tool has besides its declared parameters.
fn list_arguments(room: Room<'_>, list: &List) -> Vec<(String, Value)> {
    let mut all = Vec::new();
    for filter in &list.filters {
        let mut property = room
            .types
            .field(&list.item_type, &filter.field)
            .map(|ty| input_not_null(room, innermost(ty)))
            .unwrap_or_default();
        let description = format!("Only items whose {} is this.", filter.field);
        annotate(&mut property, &description, None, None);
        all.push((filter.name.clone(), Value::Object(property)));
    }
    if !list.summary.is_empty() {
        all.push((
            "fields".to_owned(),
            json!({
                "type": "array",
                "items": {"type": "string"},
                "description": "Fields to return; [\"*\"] for all.",
            }),
        ));
    }
    all.extend(page_arguments());
    all
}

/// Returns the type of the innermost items, since a filter compares its argument with each item of an array.
fn innermost(ty: &TypeRef) -> &TypeRef {
    match &ty.kind {
        TypeKind::Array(items) => innermost(items),
        _ => ty,
    }
}

/// Returns the arguments that a tool for logs has besides its declared parameters.
fn log_arguments() -> Vec<(String, Value)> {
    let of_log = [
        (
            "level",
            json!({
                "type": "string",
                "enum": ["debug", "info", "warning", "error", "critical"],
                "description": "Only lines of this level and above.",
            }),
        ),
        (
            "contains",
            json!({"type": "string", "description": "Only lines with this text, in any case."}),
        ),
        (
            "from_start",
            json!({"type": "boolean", "description": "Begin with the first line, not the last ones."}),
        ),
    ];
    let of_log = of_log.map(|(name, property)| (name.to_owned(), property));
    of_log.into_iter().chain(page_arguments()).collect()
}

fn page_arguments() -> [(String, Value); 2] {
    [
        (
            "limit".to_owned(),
            json!({
                "type": "integer",
                "minimum": 1,
                "maximum": 1000,
                "description": "Most to return; 50 by default.",
            }),
        ),
        (
            "next_cursor".to_owned(),
            json!({"type": "string", "description": "From the previous result, unchanged."}),
        ),
    ]
}

/// Returns the output schema. No property is required, not even one that is always present: clients with the official TypeScript SDK also validate error objects against this schema and would discard them.
fn output_schema(types: &Types<'_>, operation: &Operation) -> Value {
    if let Some(list) = &operation.list {
        return list_output(types, list);
    }
    match &operation.response_format {
        ResponseFormat::Json => {}
        ResponseFormat::Text { .. } => {
            return json!({
                "type": "object",
                "properties": {"text": {"type": "string"}},
            });
        }
        ResponseFormat::Lines { .. } => {
            return json!({
                "type": "object",
                "properties": {"result": {"type": "array", "items": any()}},
            });
        }
        ResponseFormat::Log { .. } => return log_output(),
    }
    match &operation.returns {
        None => json!({
            "type": "object",
            "properties": {
                "status": {"type": "integer", "description": "HTTP status of the answer."},
            },
        }),
        Some(ty) if is_object(types, ty) => {
            Value::Object(output_object(Room::of(types, &[ty].into_iter()), ty))
        }
        Some(ty) => json!({
            "type": "object",
            "properties": {"result": output(Room::of(types, &[ty].into_iter()), ty)},
        }),
    }
}

fn log_output() -> Value {
    json!({
        "type": "object",
        "properties": {
            "lines": {"type": "array", "items": {"type": "string"}},
            "total_lines": {"type": "integer", "description": "All lines, before filters."},
            "next_cursor": {
                "type": ["string", "null"],
                "description": "Pass it as next_cursor to go on; null at the end.",
            },
        },
    })
}

fn list_output(types: &Types<'_>, list: &List) -> Value {
    let mut properties = Object::new();
    properties.insert(
        list.items.clone(),
        json!({"type": "array", "items": output(Room::of(types, &[&list.item_type].into_iter()), &list.item_type)}),
    );
    properties.insert(
        "total_entries".to_owned(),
        json!({
            "type": ["integer", "null"],
            "description": "All entries, before filters.",
        }),
    );
    properties.insert(
        "next_cursor".to_owned(),
        json!({
            "type": ["string", "null"],
            "description": "Pass it as next_cursor for the next page; null on the last.",
        }),
    );
    json!({
        "type": "object",
        "properties": properties,
    })
}

/// Returns whether a response is always an object, so that it is passed on unchanged. Other responses are wrapped, since structured content must be an object.
fn is_object(types: &Types<'_>, ty: &TypeRef) -> bool {
    match &ty.kind {
        TypeKind::Map(_) => true,
        TypeKind::Named(name) | TypeKind::Boxed(name) => {
            match types.get(name).map(|definition| &definition.shape) {
                Some(TypeShape::Struct { .. }) => true,
                Some(TypeShape::Union { variants }) => {
                    !variants.is_empty() && variants.iter().all(|it| is_object(types, &it.ty))
                }
                _ => false,
            }
        }
        _ => false,
    }
}

/// Returns the schema of a result that is an object. A union becomes an object with the members of all variants.
fn output_object(room: Room<'_>, ty: &TypeRef) -> Object {
    let shape = match &ty.kind {
        TypeKind::Named(name) | TypeKind::Boxed(name) => {
            room.types.get(name).map(|definition| &definition.shape)
        }
        _ => None,
    };
    let Some(TypeShape::Union { variants }) = shape else {
        return output(room, ty);
    };
    let mut properties = Object::new();
    for variant in variants {
        let members = output_object(room, &variant.ty).shift_remove("properties");
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
    let mut schema = object("object");
    schema.insert("properties".to_owned(), Value::Object(properties));
    schema
}

/// Returns the schema of an argument.
fn input(room: Room<'_>, ty: &TypeRef) -> Object {
    let shape = input_not_null(room, ty);
    if ty.nullable && ty.kind != TypeKind::Any {
        or_null(shape)
    } else {
        shape
    }
}

fn input_not_null(room: Room<'_>, ty: &TypeRef) -> Object {
    let mut schema = match &ty.kind {
        TypeKind::Any => any(),
        TypeKind::Boolean => object("boolean"),
        TypeKind::Integer => object("integer"),
        TypeKind::Number => object("number"),
        TypeKind::String => object("string"),
        TypeKind::Array(items) => {
            let mut schema = object("array");
            schema.insert("items".to_owned(), Value::Object(input(room, items)));
            schema
        }
        TypeKind::Map(_) if room.objects == 0 => object("object"),
        TypeKind::Map(values) => {
            let mut schema = object("object");
            open_to(room.inner(), &mut schema, values);
            schema
        }
        TypeKind::Named(name) => room
            .types
            .get(name)
            .map(|definition| input_definition(room, definition))
            .unwrap_or_default(),
        TypeKind::Boxed(name) => match (room.beyond(), room.types.get(name)) {
            (Some(beyond), Some(definition)) => input_definition(beyond, definition),
            (_, definition) => cut(definition),
        },
    };
    apply(ty, &mut schema);
    schema
}

fn input_definition(room: Room<'_>, definition: &TypeDef) -> Object {
    match &definition.shape {
        // Beyond the depth limit, an object is described without its members.
        TypeShape::Struct { .. } if room.objects == 0 => object("object"),
        TypeShape::Struct { fields, additional } => {
            let inner = room.inner();
            let mut schema = object("object");
            let required = fields
                .iter()
                .filter(|field| field.required && !is_filled(field))
                .map(|field| field.name.as_str());
            members(&mut schema, fields, |field| {
                let mut property = input_not_null(inner, &field.ty);
                annotate(
                    &mut property,
                    &field.description,
                    field.default.as_ref(),
                    field.example.as_ref(),
                );
                property
            });
            require(&mut schema, required);
            match additional {
                Some(ty) => open_to(inner, &mut schema, ty),
                None => {
                    schema.insert("additionalProperties".to_owned(), json!(false));
                }
            }
            schema
        }
        TypeShape::Enum { values } => {
            let mut schema = object("string");
            let names: Vec<&str> = values.iter().map(|value| value.name.as_str()).collect();
            // The argument check knows all values and suggests the most similar one.
            let (key, shown) = match names.len() <= MOST_VALUES {
                true => ("enum", names.len()),
                false => ("examples", SHOWN_VALUES),
            };
            schema.insert(key.to_owned(), names.into_iter().take(shown).collect());
            schema
        }
        TypeShape::Union { variants } => {
            any_of(variants.iter().map(|variant| input(room, &variant.ty)))
        }
    }
}

/// Returns whether the runtime sends `null` for an omitted member of an object.
fn is_filled(field: &Field) -> bool {
    field.required && field.ty.nullable && field.ty.kind != TypeKind::Any
}

/// Adds the schema of additional members. Members of any type need no schema.
fn open_to(room: Room<'_>, schema: &mut Object, ty: &TypeRef) {
    if ty.kind != TypeKind::Any {
        let values = Value::Object(input(room, ty));
        schema.insert("additionalProperties".to_owned(), values);
    }
}

/// Returns the schema of a response. The schema contains no rules, which a newer upstream could violate.
fn output(room: Room<'_>, ty: &TypeRef) -> Object {
    match &ty.kind {
        TypeKind::Any => any(),
        TypeKind::Boolean => object("boolean"),
        TypeKind::Integer => object("integer"),
        TypeKind::Number => object("number"),
        TypeKind::String => object("string"),
        TypeKind::Array(items) => {
            let mut schema = object("array");
            schema.insert("items".to_owned(), Value::Object(output(room, items)));
            schema
        }
        TypeKind::Map(_) => object("object"),
        TypeKind::Named(name) => room
            .types
            .get(name)
            .map(|definition| output_definition(room, definition))
            .unwrap_or_default(),
        TypeKind::Boxed(name) => match (room.beyond(), room.types.get(name)) {
            (Some(beyond), Some(definition)) => output_definition(beyond, definition),
            (_, definition) => cut(definition),
        },
    }
}

fn output_definition(room: Room<'_>, definition: &TypeDef) -> Object {
    match &definition.shape {
        TypeShape::Struct { .. } if room.objects == 0 => object("object"),
        TypeShape::Struct { fields, .. } => {
            let inner = room.inner();
            let mut schema = object("object");
            members(&mut schema, fields, |field| {
                let shape = output(inner, &field.ty);
                let mut property = if field.ty.kind == TypeKind::Any {
                    shape
                } else {
                    nullable(shape)
                };
                annotate(&mut property, &field.description, None, None);
                property
            });
            schema
        }
        TypeShape::Enum { .. } => object("string"),
        TypeShape::Union { variants } => {
            any_of(variants.iter().map(|variant| output(room, &variant.ty)))
        }
    }
}

/// Returns a schema with one type.
pub(super) fn object(kind: &str) -> Object {
    Object::from_iter([("type".to_owned(), json!(kind))])
}

/// Returns a schema for any value. The schema has a description, since some clients cannot handle an empty schema.
pub(super) fn any() -> Object {
    Object::from_iter([("description".to_owned(), json!("Any JSON value."))])
}

fn any_of(shapes: impl Iterator<Item = Object>) -> Object {
    let shapes = shapes.map(Value::Object).collect();
    Object::from_iter([("anyOf".to_owned(), Value::Array(shapes))])
}

/// Permits `null` in an output. A list of types is the shortest form. Inputs use `anyOf` instead, since some clients do not accept a list of types there.
fn nullable(mut shape: Object) -> Object {
    if let Some(Value::String(name)) = shape.get("type") {
        let names = json!([name, "null"]);
        shape.insert("type".to_owned(), names);
    } else if let Some(Value::Array(alternatives)) = shape.get_mut("anyOf") {
        alternatives.push(json!({"type": "null"}));
    }
    shape
}

fn or_null(shape: Object) -> Object {
    any_of([shape, object("null")].into_iter())
}

fn members(schema: &mut Object, fields: &[Field], property: impl Fn(&Field) -> Object) {
    if fields.is_empty() {
        return;
    }
    let properties = fields
        .iter()
        .map(|field| (field.name.clone(), Value::Object(property(field))))
        .collect();
    schema.insert("properties".to_owned(), Value::Object(properties));
}

fn require<'a>(schema: &mut Object, names: impl Iterator<Item = &'a str>) {
    let names: Vec<&str> = names.collect();
    if !names.is_empty() {
        schema.insert("required".to_owned(), json!(names));
    }
}

fn apply(ty: &TypeRef, schema: &mut Object) {
    let Rules {
        format,
        pattern,
        min_length,
        max_length,
        minimum,
        maximum,
        exclusive_minimum,
        min_items,
        max_items,
    } = &ty.rules;
    // A limit of a number is written as a float even if the document has an integer: `1` becomes `1.0`.
    let limit = |limit: &Number| match (&ty.kind, limit.as_f64()) {
        (TypeKind::Number, Some(limit)) => json!(limit),
        _ => json!(limit),
    };
    // Clients receive `items` between the rules, so it is removed here and inserted in its position below.
    let items = schema.shift_remove("items");
    let mut set = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            schema.insert(name.to_owned(), value);
        }
    };
    // Some clients mask values of the format `password`, and then send the mask instead of the value.
    let format = format.as_ref().filter(|format| *format != "password");
    set("format", format.map(|text| json!(text)));
    set("pattern", pattern.as_ref().map(|text| json!(text)));
    set("minLength", min_length.map(|count| json!(count)));
    set("maxLength", max_length.map(|count| json!(count)));
    set("minimum", minimum.as_ref().map(limit));
    set("maximum", maximum.as_ref().map(limit));
    set("exclusiveMinimum", exclusive_minimum.as_ref().map(limit));
    set("items", items);
    set("minItems", min_items.map(|count| json!(count)));
    set("maxItems", max_items.map(|count| json!(count)));
}

/// Adds description, default and example after the rules.
fn annotate(
    property: &mut Object,
    description: &str,
    default: Option<&Value>,
    example: Option<&Value>,
) {
    if !description.is_empty() {
        property.insert(
            "description".to_owned(),
            json!(text::description(description)),
        );
    }
    if let Some(default) = default {
        property.insert("default".to_owned(), default.clone());
    }
    if let Some(example) = example {
        property.insert("examples".to_owned(), json!([example]));
    }
}
