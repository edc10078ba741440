//! The tools that reviewers read are those that clients receive: the tools that the generator describes are compared with the compiled tools, and the schemas follow the rules that clients rely on.

#![allow(clippy::unwrap_used, reason = "tests")]
#![allow(dead_code, missing_docs, unreachable_pub, reason = "generated modules")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use codegen::{Input, Workspace};
use runtime::schema::{Kind, Shape};
use runtime::tool::ParameterLocation;
use runtime::{Api, Tool, json_schema};
use serde_json::{Map, Value, json};

#[path = "../../codegen/tests/golden/mod.rs"]
mod golden;

#[test]
fn described_tools_are_the_compiled_tools() {
    compare(airflow_tools::APIS, "specs");
}

/// Checks the golden cases, and thereby also that the expected code compiles.
#[test]
fn described_tools_of_golden_cases_are_the_compiled_tools() {
    for (case, apis) in golden::CASES {
        compare(apis, &format!("codegen/tests/golden/{case}/specs"));
    }
}

/// Compares the tools that the generator describes with the compiled ones, by name and API. They are compared as text, because clients receive the keys in this order.
fn compare(apis: &[&'static Api], specs: &str) {
    let (catalog, _) = Workspace::read(&inputs(specs)).into_draft().unwrap();
    let mut described = BTreeMap::new();
    for (name, tools) in codegen::emit::describe_tools(&catalog) {
        for described_tool in tools {
            let mut tool = described_tool.tool;
            let output = described_tool.output_schema.into();
            tool.insert("outputSchema".to_owned(), output);
            let key = (name.clone(), described_tool.api);
            described.insert(key, format!("{:#}", json!(tool)));
        }
    }
    let mut compiled = BTreeMap::new();
    for api in apis {
        for tool in tools(api) {
            let document = api.document(tool.document).unwrap();
            let owner = document.alternative_to.map_or(api.name, |_| document.name);
            let key = (tool.name.to_owned(), owner.to_owned());
            let before = compiled.insert(key, format!("{:#}", received(tool)));
            assert!(before.is_none(), "{} occurs twice in {owner}", tool.name);
        }
    }
    assert!(described.keys().eq(compiled.keys()), "{specs}");
    for (key, described) in described {
        assert_eq!(described, compiled[&key], "{key:?} of {specs}");
    }
}

/// Returns all files of a `specs/`, with paths below it.
fn inputs(specs: &str) -> Vec<Input> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut inputs = Vec::new();
    for folder in ["", "/tools", "/openapi"] {
        for entry in std::fs::read_dir(root.join(format!("{specs}{folder}"))).unwrap() {
            let entry = entry.unwrap();
            let name = entry.file_name().into_string().unwrap();
            if name.ends_with(".yaml") || name.ends_with(".json") {
                inputs.push(Input {
                    path: format!("specs{folder}/{name}"),
                    text: std::fs::read_to_string(entry.path()).unwrap(),
                });
            }
        }
    }
    inputs
}

/// Returns a tool as a client receives it.
fn received(tool: &Tool) -> Value {
    json!({
        "name": tool.name,
        "title": tool.title,
        "description": tool.description,
        "annotations": json_schema::annotations(tool),
        "inputSchema": json_schema::input_schema(tool),
        "outputSchema": json_schema::output_schema(tool),
    })
}

fn tools(api: &Api) -> impl Iterator<Item = &'static Tool> {
    api.toolsets.iter().copied().flatten()
}

/// Checks the complete text of all schemas, which the files in `generated/schemas/` abbreviate.
#[test]
fn schemas_comply_with_the_rules() {
    let mut broken = Vec::new();
    for tool in airflow_tools::APIS.iter().flat_map(|api| tools(api)) {
        let schemas = [
            ("input", json_schema::input_schema(tool), INPUT_KEYS),
            ("output", json_schema::output_schema(tool), OUTPUT_KEYS),
        ];
        for (side, schema, keys) in schemas {
            let at = format!("{} {side}", tool.name);
            if schema.get("type") != Some(&json!("object")) || schema.contains_key("anyOf") {
                broken.push(format!("{at}: must be an object without alternatives"));
            }
            check_schema(&at, &schema, keys, side == "output", &mut broken);
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

/// Keywords of input schemas.
const INPUT_KEYS: &[&str] = &[
    "type",
    "properties",
    "required",
    "additionalProperties",
    "items",
    "anyOf",
    "enum",
    "examples",
    "default",
    "format",
    "pattern",
    "minLength",
    "maxLength",
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "minItems",
    "maxItems",
    "description",
];

/// Keywords of output schemas: no version of an upstream can violate them.
const OUTPUT_KEYS: &[&str] = &["type", "properties", "items", "anyOf", "description"];

/// Checks a schema and those inside it. In an output, each member must allow `null`.
fn check_schema(
    at: &str,
    schema: &Map<String, Value>,
    keys: &[&str],
    is_output: bool,
    broken: &mut Vec<String>,
) {
    for key in schema.keys().filter(|key| !keys.contains(&key.as_str())) {
        broken.push(format!("{at}: has `{key}`"));
    }
    if schema.is_empty() {
        broken.push(format!("{at}: is empty"));
    }
    if schema.get("format") == Some(&json!("password")) {
        broken.push(format!("{at}: has the format `password`"));
    }
    let members = schema.get("properties").and_then(Value::as_object);
    let is_top = !at.contains('.');
    for (name, member) in members.into_iter().flatten() {
        // The members that the runtime adds at the top are always present.
        if is_output && !is_top && !allows_null(member) {
            broken.push(format!("{at}.{name}: must allow null"));
        }
    }
    let members = members
        .into_iter()
        .flatten()
        .map(|(name, it)| (name.as_str(), it));
    let items = schema.get("items").map(|items| ("[]", items));
    let alternatives = schema.get("anyOf").and_then(Value::as_array);
    let alternatives = alternatives.into_iter().flatten().map(|it| ("|", it));
    let others = schema.get("additionalProperties").map(|it| ("*", it));
    for (name, inner) in members.chain(items).chain(alternatives).chain(others) {
        let at = format!("{at}.{name}");
        match inner {
            Value::Object(inner) => check_schema(&at, inner, keys, is_output, broken),
            Value::Bool(false) if name == "*" => {}
            _ => broken.push(format!("{at}: must be an object")),
        }
    }
}

fn allows_null(schema: &Value) -> bool {
    let types = schema.get("type").and_then(Value::as_array);
    let alternatives = schema.get("anyOf").and_then(Value::as_array);
    let is_any = schema.get("type").is_none() && alternatives.is_none();
    is_any
        || types.is_some_and(|types| types.contains(&json!("null")))
        || alternatives.is_some_and(|all| all.contains(&json!({"type": "null"})))
}

/// Arguments of destructive tools that may be empty, each with the reason. Most of them are values to write and do not select what is changed.
const MAY_BE_EMPTY: [(&str, &str, &str); 7] = [
    ("clear_apacheairflow_dag_run", "note", "removes the note"),
    (
        "update_a_apacheairflow_task_group_instances_by_id",
        "note",
        "removes the note",
    ),
    (
        "respond_apacheairflow_hitl_detail",
        "chosen_options[]",
        "an option can have any name, and an unknown one is rejected",
    ),
    (
        "clear_apacheairflow_task_instances",
        "task_ids[]",
        "no task has an empty id, and the other ids still narrow the call",
    ),
    (
        "clear_apacheairflow_task_instances",
        "task_ids[][]",
        "the same for the id before a map index",
    ),
    ("create_a_apacheairflow_variable", "value", "a value"),
    ("create_a_apacheairflow_variable", "description", "a text"),
];

/// Checks that destructive tools reject empty filters, because many servers ignore an empty filter and the call would affect everything. The runtime itself rejects empty values in a path.
#[test]
fn destructive_tools_reject_empty_filters() {
    let mut found = BTreeSet::new();
    for api in airflow_tools::APIS {
        for tool in tools(api).filter(|tool| tool.effect.destructive) {
            let narrowing = tool.parameters.iter().filter(|param| {
                !param.hidden && !matches!(param.location, ParameterLocation::Path { .. })
            });
            for param in narrowing {
                let name = param.field.name;
                let mut arguments = can_be_empty(name, param.field.shape);
                if param.location == ParameterLocation::Each {
                    // The items are sent in a path, where the runtime rejects empty values.
                    arguments.retain(|argument| argument == name);
                }
                found.extend(arguments.into_iter().map(|argument| (tool.name, argument)));
            }
        }
    }
    let known: BTreeSet<_> = MAY_BE_EMPTY
        .iter()
        .map(|(tool, argument, _)| (*tool, (*argument).to_owned()))
        .collect();
    assert_eq!(
        found, known,
        "add min_length or min_items, or a reason above"
    );
}

/// Returns the argument if it accepts an empty string or array, and its items as `name[]` if they do.
fn can_be_empty(name: &str, shape: Shape) -> Vec<String> {
    match shape.resolved().kind {
        Kind::String(rules) => {
            let is_free = rules.values.is_empty() && rules.format.is_empty();
            let is_empty = rules.min_length.is_none() && rules.pattern.is_empty();
            Vec::from_iter((is_free && is_empty).then(|| name.to_owned()))
        }
        Kind::Array {
            items, min_items, ..
        } => {
            let own = min_items
                .is_none_or(|min| min == 0)
                .then(|| name.to_owned());
            let items = can_be_empty(&format!("{name}[]"), *items);
            own.into_iter().chain(items).collect()
        }
        Kind::OneOf(shapes) => shapes
            .iter()
            .flat_map(|shape| can_be_empty(name, *shape))
            .collect(),
        _ => Vec::new(),
    }
}
