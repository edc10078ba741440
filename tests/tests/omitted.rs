//! Values that clients send for omitted arguments: `null`, an empty cursor, an empty list of fields. The request is the same as without the argument.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]
#![allow(dead_code, missing_docs, unreachable_pub, reason = "generated modules")]

use runtime::args::{ArgumentError, check};
use runtime::request::Request;
use runtime::schema::{Additional, Field, Kind, Shape};
use runtime::tool::{Parameter, ParameterLocation};
use runtime::{Tool, registry};
use serde_json::{Map, Value, json};

#[path = "../../codegen/tests/golden/mod.rs"]
mod golden;

/// Returns every tool of every API and of the golden cases.
fn tools() -> impl Iterator<Item = &'static Tool> {
    let golden = golden::CASES.iter().flat_map(|(_, apis)| apis.iter());
    let apis = airflow_tools::APIS.iter().chain(golden);
    apis.flat_map(|api| registry::tools(api))
}

#[test]
fn null_for_an_optional_argument_is_an_omitted_argument() {
    let mut nulls = 0;
    for tool in tools() {
        let minimal = minimal_arguments(tool);
        let mut given = minimal.clone();
        for name in optional(tool) {
            if !minimal.contains_key(&name) {
                given.insert(name, Value::Null);
                nulls += 1;
            }
        }
        assert_same(tool, &minimal, &given);
    }
    // Airflow 3 alone has more than 500 optional arguments, so a smaller number means that the loop does not find them.
    assert!(nulls > 500, "{nulls}");
}

#[test]
fn null_inside_an_argument_is_an_omitted_member() {
    let mut nulls = 0;
    for tool in tools() {
        for param in tool.parameters.iter().filter(|param| !param.hidden) {
            let mut minimal = minimal_arguments(tool);
            minimal.insert(param.field.name.to_owned(), sample(&param.field.shape));
            let mut given = minimal.clone();
            let added = with_nulls(&param.field.shape, &mut given[param.field.name]);
            if added > 0 {
                nulls += added;
                assert_same(tool, &minimal, &given);
            }
        }
    }
    assert!(nulls > 0, "{nulls}");
}

#[test]
fn empty_cursors_and_fields_are_omitted_arguments() {
    for tool in tools() {
        let schema = runtime::json_schema::input_schema(tool);
        let takes = |name: &str| schema["properties"].get(name).is_some();
        let minimal = minimal_arguments(tool);
        let mut given = minimal.clone();
        for (name, value) in [("next_cursor", json!("")), ("fields", json!([]))] {
            if takes(name) {
                given.insert(name.to_owned(), value);
            }
        }
        assert_same(tool, &minimal, &given);
    }
}

#[test]
fn no_argument_declares_null_or_a_password() {
    for tool in tools() {
        let schema = Value::Object(runtime::json_schema::input_schema(tool));
        let properties = schema["properties"].as_object().unwrap();
        for (name, property) in properties {
            let alternatives = property["anyOf"].as_array();
            let is_null = |it: &Value| it["type"] == "null";
            assert!(
                !alternatives.is_some_and(|all| all.iter().any(is_null)),
                "{}: {name}",
                tool.name
            );
        }
        let text = schema.to_string();
        assert!(!text.contains(r#""format":"password""#), "{}", tool.name);
    }
}

/// Checks that two calls of a tool send and read the same.
fn assert_same(tool: &'static Tool, one: &Map<String, Value>, other: &Map<String, Value>) {
    let [one, other] = [one, other].map(|given| {
        let text = format!("{}: {}", tool.name, Value::Object(given.clone()));
        let arguments = check(tool, given.clone()).unwrap_or_else(|all| panic!("{text}: {all:?}"));
        let options = arguments.result_options().clone();
        let request = Request::new(&arguments, &Map::new()).unwrap();
        (request, arguments.identity(), options)
    });
    assert_eq!(one, other, "{}", tool.name);
}

/// Returns the fewest arguments that a tool accepts: the required ones, and one of several if a call must give one of them.
fn minimal_arguments(tool: &'static Tool) -> Map<String, Value> {
    let visible = || tool.parameters.iter().filter(|param| !param.hidden);
    let required = visible().filter(|param| param.field.required && param.fallback.is_empty());
    let mut given: Map<String, Value> = required
        .map(|param| (param.field.name.to_owned(), sample(&param.field.shape)))
        .collect();
    if let Err(errors) = check(tool, given.clone()) {
        let is_one = |param: &&Parameter| match errors.as_slice() {
            [ArgumentError::NothingToChange { .. }] => param.location == ParameterLocation::Body,
            [ArgumentError::NoneOf { names }] => names.contains(&param.field.name),
            _ => panic!("{}: {errors:?}", tool.name),
        };
        let param = visible().find(is_one).unwrap();
        given.insert(param.field.name.to_owned(), sample(&param.field.shape));
    }
    given
}

/// Returns the names of all optional arguments, including those that the runtime adds.
fn optional(tool: &Tool) -> Vec<String> {
    let schema = runtime::json_schema::input_schema(tool);
    let required = schema.get("required").and_then(Value::as_array);
    let is_required = |name: &str| required.is_some_and(|all| all.iter().any(|it| it == name));
    let names = schema["properties"].as_object().unwrap().keys();
    names.filter(|name| !is_required(name)).cloned().collect()
}

/// Adds `null` for each optional member that is missing, also inside arrays, and returns their number.
fn with_nulls(shape: &Shape, value: &mut Value) -> usize {
    match (&shape.resolved().kind, value) {
        (Kind::Array { items, .. }, Value::Array(values)) => {
            values.iter_mut().map(|it| with_nulls(items, it)).sum()
        }
        (Kind::Object { fields, .. }, Value::Object(members)) => {
            let mut added = 0;
            for field in *fields {
                match members.get_mut(field.name) {
                    Some(member) => added += with_nulls(&field.shape, member),
                    None => {
                        members.insert(field.name.to_owned(), Value::Null);
                        added += 1;
                    }
                }
            }
            added
        }
        _ => 0,
    }
}

/// Returns a minimal value of a shape.
fn sample(shape: &Shape) -> Value {
    match shape.resolved().kind {
        Kind::Any | Kind::Link(_) => json!("a"),
        Kind::Boolean => json!(true),
        Kind::Integer { min, .. } => json!(min.unwrap_or(1)),
        Kind::Number { min, above, .. } => json!(min.or(above).unwrap_or(0.0) + 0.5),
        Kind::String(rules) => match (rules.values, rules.format) {
            ([first, ..], _) => json!(first),
            (_, "date-time") => json!("2026-01-31T12:00:00Z"),
            (_, "date") => json!("2026-01-31"),
            // One byte in base64.
            (_, "binary") => json!("YQ=="),
            _ => json!("a".repeat(rules.min_length.unwrap_or(1).max(1) as usize)),
        },
        Kind::Array { items, .. } => json!([sample(items)]),
        Kind::Object { fields, additional } => object(fields, additional),
        Kind::OneOf(shapes) => shapes.first().map_or(json!("a"), sample),
    }
}

fn object(fields: &[Field], additional: Additional) -> Value {
    let required = fields.iter().filter(|field| field.required);
    let members: Map<_, _> = required
        .map(|field| (field.name.to_owned(), sample(&field.shape)))
        .collect();
    match (members.is_empty(), additional) {
        (true, Additional::Open(shape)) => json!({"a": sample(shape)}),
        _ => Value::Object(members),
    }
}
