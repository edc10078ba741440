//! The management API as a program uses it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::document;
use crate::schema;

mod http;

fn errors(name: &str, value: &Value) -> Vec<String> {
    let schema = &document::document()["components"]["schemas"][name];
    assert!(schema.is_object(), "{name}");
    schema::check(document::document(), schema, value, "")
        .into_iter()
        .map(|error| format!("{}: {}", error.field, error.message))
        .collect()
}

#[test]
fn references_resolve() {
    fn visit(value: &'static Value) {
        match value {
            Value::Object(object) => {
                assert!(
                    !schema::resolve(document::document(), value).is_null(),
                    "{value}"
                );
                object.values().for_each(visit);
            }
            Value::Array(items) => items.iter().for_each(visit),
            _ => {}
        }
    }
    visit(document::document());
}

/// Checks that `schema` supports every keyword of the document. Otherwise, the document would promise checks that do not happen.
#[test]
fn schemas_use_only_supported_keywords() {
    fn visit(schema: &Value, used: &mut BTreeSet<String>) {
        let Some(object) = schema.as_object() else {
            return;
        };
        for (keyword, value) in object {
            used.insert(keyword.clone());
            match keyword.as_str() {
                "properties" => value
                    .as_object()
                    .unwrap()
                    .values()
                    .for_each(|it| visit(it, used)),
                "oneOf" => value
                    .as_array()
                    .unwrap()
                    .iter()
                    .for_each(|it| visit(it, used)),
                "items" | "additionalProperties" => visit(value, used),
                _ => {}
            }
        }
    }
    let mut used = BTreeSet::new();
    let schemas = &document::document()["components"]["schemas"];
    for schema in schemas.as_object().unwrap().values() {
        visit(schema, &mut used);
    }
    let known = [
        "$ref",
        "additionalProperties",
        "const",
        "description",
        "discriminator",
        "enum",
        "examples",
        "format",
        "items",
        "maxLength",
        "maximum",
        "minLength",
        "minimum",
        "oneOf",
        "properties",
        "required",
        "type",
        "writeOnly",
    ];
    assert_eq!(used, known.map(str::to_owned).into());
}

#[test]
fn examples_match_their_schemas() {
    fn visit(value: &'static Value) {
        if let (Some(_), Some(example)) = (value.get("schema"), value.get("example")) {
            let errors = schema::check(document::document(), &value["schema"], example, "");
            assert!(errors.is_empty(), "{errors:?}: {example}");
        }
        match value {
            Value::Object(object) => object.values().for_each(visit),
            Value::Array(items) => items.iter().for_each(visit),
            _ => {}
        }
    }
    visit(document::document());
}

#[test]
fn all_errors_are_reported() {
    let rows = [
        (
            "AccountInput",
            json!([]),
            vec![": expected an object, got an array"],
        ),
        (
            "AccountInput",
            json!({}),
            vec![
                "name: expected a string, got nothing",
                "base_url: expected a string, got nothing",
                "auth: expected an object, got nothing",
            ],
        ),
        (
            "AccountInput",
            json!({"name": "", "base_url": 1, "auth": {"type": "pasword"}, "headers": {"X-Key": 1}, "nmae": "x"}),
            vec![
                "name: expected a string that is not empty, got ``",
                "base_url: expected a string, got a number",
                "auth.type: expected one of none, password, bearer, bearer_file, bearer_command, got `pasword`",
                "headers.X-Key: expected a string, got a number",
                "nmae: unknown field; did you mean `name`?",
            ],
        ),
        (
            "AccountInput",
            json!({"name": "a", "base_url": "", "auth": {"type": "password", "username": "u", "pasword": "planted"}}),
            vec![
                "auth.password: expected a string, got nothing",
                "auth.pasword: unknown field; did you mean `password`?",
            ],
        ),
        (
            "AccountInput",
            json!({"name": "a", "base_url": "", "auth": "planted"}),
            vec!["auth: expected an object, got a string"],
        ),
        (
            "AccountInput",
            json!({"name": "a".repeat(101), "base_url": "", "auth": {}}),
            vec![
                "name: expected at most 100 characters, got `aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa…`",
                "auth.type: expected one of none, password, bearer, bearer_file, bearer_command, got nothing",
            ],
        ),
        (
            "McpServerInput",
            json!({"name": "a", "config": {"methods": ["read", 1], "tags": "fleet", "require_api_token_auth": "yes"}, "expires_at": "tomorrow"}),
            vec![
                "config.methods[1]: expected a string, got a number",
                "config.tags: expected an array, got a string",
                "config.require_api_token_auth: expected true or false, got a string",
                "expires_at: expected a time with its offset like 2026-12-31T23:59:59Z, got `tomorrow`",
            ],
        ),
        (
            "McpServerInput",
            json!({"name": null, "config": {"scopes": []}, "expires_at": null}),
            vec![
                "name: expected a string, got null",
                "config.scopes: unknown field; allowed are preset, methods, tags, tools, exclude_tags, exclude_tools, include_secrets, require_api_token_auth, callers, discover, redact",
            ],
        ),
        (
            "ApiTokenInput",
            json!({"name": "a", "role": "boss"}),
            vec!["role: expected one of caller, issuer, admin, got `boss`"],
        ),
        ("AccountPatch", json!({"api": null}), vec![]),
    ];
    for (name, value, expected) in rows {
        assert_eq!(errors(name, &value), expected, "{value}");
    }
}

/// Shows each change of the API's schemas in review, because they follow from Rust types. `!` marks a required member.
#[test]
fn members_change_only_deliberately() {
    let mut text = String::new();
    let schemas = document::document()["components"]["schemas"].as_object();
    for (name, schema) in schemas.unwrap() {
        let variants = schema["oneOf"].as_array();
        for schema in variants.map_or(std::slice::from_ref(schema), Vec::as_slice) {
            for (member, rules) in schema["properties"].as_object().into_iter().flatten() {
                let mut rules = rules.clone();
                rules.as_object_mut().unwrap().remove("description");
                let required = schema["required"].as_array();
                let required = required.is_some_and(|it| it.contains(&json!(member)));
                let mark = if required { "!" } else { "" };
                text += &format!("{name}.{member}{mark}: {rules}\n");
            }
        }
    }
    expect_test::expect_file!["expected/members.txt"].assert_eq(&text);
}
