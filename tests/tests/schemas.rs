//! The schemas that reviewers read are those that clients receive: `schemas/*.json`, generated from the specs, is compared with the compiled tools.

#![allow(clippy::unwrap_used, reason = "tests")]
#![allow(dead_code, missing_docs, unreachable_pub, reason = "generated modules")]

use std::collections::BTreeSet;
use std::path::Path;

use runtime::schema::{Kind, Shape};
use runtime::tool::ParameterLocation;
use runtime::{Api, Tool, json_schema};
use serde_json::{Map, Value, json};

#[path = "../../codegen/tests/golden/mod.rs"]
mod golden;

#[test]
fn schemas_are_those_of_the_compiled_tools() {
    check(airflow_tools::APIS, "generated/schemas");
}

/// Checks the golden cases, and thereby also that the expected code compiles.
#[test]
fn schemas_of_golden_cases_are_those_of_the_compiled_tools() {
    for (case, apis) in golden::CASES {
        let folder = format!("codegen/tests/golden/{case}/expected/generated/schemas");
        check(apis, &folder);
    }
}

fn check(apis: &[&'static Api], folder: &str) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let names = names(apis);
    for name in &names {
        let path = root.join(folder).join(format!("{name}.json"));
        let text = std::fs::read_to_string(&path).unwrap();
        let written: Value = serde_json::from_str(&text).unwrap();
        // Compared as text, because clients receive the keys in this order.
        let (written, compiled) = (
            format!("{written:#}"),
            format!("{:#}", compiled(apis, name)),
        );
        assert_eq!(written, compiled, "{folder}/{name}.json");
    }
    let files = std::fs::read_dir(root.join(folder)).unwrap();
    assert_eq!(files.count(), names.len(), "{folder}");
}

/// Returns a tool of each API that has it, and of each alternative document.
fn compiled(apis: &[&Api], name: &str) -> Value {
    let mut by_api = Map::new();
    for api in apis {
        for tool in tools(api).filter(|tool| tool.name == name) {
            let document = api.document(tool.document).unwrap();
            let of = match document.alternative_to {
                Some(_) => document.name,
                None => api.name,
            };
            let before = by_api.insert(of.to_owned(), received(tool));
            assert!(before.is_none(), "{name} is twice in {of}");
        }
    }
    Value::Object(by_api)
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

fn names(apis: &[&'static Api]) -> BTreeSet<&'static str> {
    let tools = apis.iter().flat_map(|api| tools(api));
    tools.map(|tool| tool.name).collect()
}

fn tools(api: &Api) -> impl Iterator<Item = &'static Tool> {
    api.toolsets.iter().copied().flatten()
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
        "an option can have any name, and an unknown one is refused",
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
fn destructive_tools_refuse_empty_filters() {
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
