//! The schemas that reviewers read are those that clients receive: `schemas/*.json`, made from the specs, against the compiled tools.

#![allow(clippy::unwrap_used, reason = "tests")]
#![allow(dead_code, missing_docs, unreachable_pub, reason = "generated modules")]

use std::collections::BTreeSet;
use std::path::Path;

use runtime::{Api, Tool, json_schema};
use serde_json::{Map, Value, json};

#[path = "../../codegen/tests/golden/mod.rs"]
mod golden;

#[test]
fn schemas_are_those_of_the_compiled_tools() {
    check(airflow_tools::APIS, "generated/schemas");
}

/// Also the proof that what the generator is expected to write compiles.
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
        // As text, since the order is part of what a client receives.
        let (written, compiled) = (
            format!("{written:#}"),
            format!("{:#}", compiled(apis, name)),
        );
        assert_eq!(written, compiled, "{folder}/{name}.json");
    }
    let files = std::fs::read_dir(root.join(folder)).unwrap();
    assert_eq!(files.count(), names.len(), "{folder}");
}

/// A tool in each API that has it, and in each document that is there instead of another.
fn compiled(apis: &[&Api], name: &str) -> Value {
    let mut by_api = Map::new();
    for api in apis {
        for tool in tools(api).filter(|tool| tool.name == name) {
            let document = api.document(tool.document).unwrap();
            let of = match document.instead_of {
                Some(_) => document.name,
                None => api.name,
            };
            let before = by_api.insert(of.to_owned(), received(tool));
            assert!(before.is_none(), "{name} is twice in {of}");
        }
    }
    Value::Object(by_api)
}

/// A tool as a client receives it.
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
