//! Schemas of tools with all kinds of arguments and results.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use serde_json::{Value, json};

use super::{annotations, input_schema, output_schema};
use crate::schema::{Additional, Field, Kind, Shape, StringRules};
use crate::tests::tools::{
    ANY, BOOLEAN, CREATE_USER, LIST_USERS, NUMBER, ROLE, STRING, TOOL, array, format, integer,
    leak, map, nullable, object, optional, param, required, shape, values,
};
use crate::tool::{Effect, ParameterLocation, Tool};

const RULES: Shape = shape(Kind::String(StringRules {
    format: "password",
    pattern: "^a",
    min_length: Some(1),
    max_length: Some(2),
    values: &[],
}));
const BOUNDS: Shape = shape(Kind::Number {
    min: Some(0.5),
    max: Some(2.0),
    above: Some(0.0),
});
const ITEMS: Shape = shape(Kind::Array {
    items: &STRING,
    min_items: Some(1),
    max_items: Some(2),
});
const OPEN: Shape = shape(Kind::Object {
    fields: &[required("n", nullable(BOOLEAN))],
    additional: Additional::Open(&NUMBER),
});
const EITHER: Shape = shape(Kind::OneOf(&[STRING, nullable(ROLE)]));

/// Returns the schema as text, because the order of the keys matters.
fn text(schema: serde_json::Map<String, Value>) -> String {
    Value::Object(schema).to_string()
}

#[test]
fn arguments_are_described_as_strictly_as_they_are_checked() {
    let rows = [
        (STRING, r#"{"type":"string"}"#),
        (
            RULES,
            r#"{"type":"string","pattern":"^a","minLength":1,"maxLength":2}"#,
        ),
        (values(&["a", "b"]), r#"{"type":"string","enum":["a","b"]}"#),
        (BOOLEAN, r#"{"type":"boolean"}"#),
        (
            integer(Some(1), Some(3)),
            r#"{"type":"integer","minimum":1,"maximum":3}"#,
        ),
        (
            BOUNDS,
            r#"{"type":"number","minimum":0.5,"maximum":2.0,"exclusiveMinimum":0.0}"#,
        ),
        (
            ITEMS,
            r#"{"type":"array","items":{"type":"string"},"minItems":1,"maxItems":2}"#,
        ),
        (
            array(&ANY),
            r#"{"type":"array","items":{"description":"Any JSON value."}}"#,
        ),
        (ANY, r#"{"description":"Any JSON value."}"#),
        (nullable(ANY), r#"{"description":"Any JSON value."}"#),
        (
            nullable(RULES),
            r#"{"type":"string","pattern":"^a","minLength":1,"maxLength":2}"#,
        ),
        (
            ROLE,
            r#"{"type":"object","properties":{"name":{"type":"string"}},"required":["name"],"additionalProperties":false}"#,
        ),
        (
            object(&[]),
            r#"{"type":"object","additionalProperties":false}"#,
        ),
        (
            OPEN,
            r#"{"type":"object","properties":{"n":{"type":"boolean"}},"additionalProperties":{"type":"number"}}"#,
        ),
        (
            map(&STRING),
            r#"{"type":"object","additionalProperties":{"type":"string"}}"#,
        ),
        (map(&ANY), r#"{"type":"object"}"#),
        (
            EITHER,
            r#"{"anyOf":[{"type":"string"},{"anyOf":[{"type":"object","properties":{"name":{"type":"string"}},"required":["name"],"additionalProperties":false},{"type":"null"}]}]}"#,
        ),
    ];
    for (shape, expected) in rows {
        let tool = leak(Tool {
            parameters: vec![param(ParameterLocation::Body, optional("a", shape))].leak(),
            ..TOOL
        });
        let expected = format!(
            r#"{{"type":"object","properties":{{"a":{expected}}},"additionalProperties":false}}"#
        );
        assert_eq!(text(input_schema(tool)), expected);
    }
}

#[test]
fn documentation_follows_the_shape() {
    let field = Field {
        description: "What it is.",
        default: r#"{"x": 12345678901234567890123}"#,
        example: "null",
        ..required("a", nullable(ANY))
    };
    let tool = leak(Tool {
        parameters: vec![param(ParameterLocation::Body, field)].leak(),
        ..TOOL
    });
    assert_eq!(
        text(input_schema(tool)),
        r#"{"type":"object","properties":{"a":{"description":"What it is.","default":{"x":12345678901234567890123},"examples":[null]}},"required":["a"],"additionalProperties":false}"#
    );
}

#[test]
fn a_tool_without_arguments_has_properties() {
    assert_eq!(
        text(input_schema(&TOOL)),
        r#"{"type":"object","properties":{},"additionalProperties":false}"#
    );
}

#[test]
fn lists_have_arguments_for_filters_fields_and_pages() {
    let schema = Value::Object(input_schema(&LIST_USERS));
    let names: Vec<_> = schema["properties"].as_object().unwrap().keys().collect();
    assert_eq!(
        names,
        [
            "order_by",
            "tags",
            "email",
            "active",
            "role",
            "fields",
            "limit",
            "next_cursor"
        ]
    );
    let rows = [
        // A filter does not accept `null`, because no caller would want to filter by it.
        ("active", json!({"type": "boolean"})),
        (
            "fields",
            json!({"type": "array", "items": {"type": "string"}, "description": "Fields to return; [\"*\"] for all."}),
        ),
        (
            "limit",
            json!({"type": "integer", "minimum": 1, "maximum": 1000, "description": "Most to return; 50 by default."}),
        ),
        (
            "next_cursor",
            json!({"type": "string", "description": "From the previous result, unchanged."}),
        ),
    ];
    for (name, expected) in rows {
        assert_eq!(schema["properties"][name].to_string(), expected.to_string());
    }
    let whole = leak(Tool {
        list: LIST_USERS.list.map(|list| crate::tool::List {
            filters: &[],
            summary: &[],
            ..list
        }),
        ..TOOL
    });
    let names: Vec<_> = input_schema(whole)["properties"]
        .as_object()
        .unwrap()
        .keys()
        .cloned()
        .collect();
    assert_eq!(names, ["limit", "next_cursor"]);
}

#[test]
fn results_are_described_loosely() {
    const THING: Shape = object(&[
        required("s", RULES),
        optional("e", values(&["a"])),
        optional("l", array(&ROLE)),
        optional("x", ANY),
        optional("m", map(&STRING)),
        optional("u", EITHER),
        optional("t", nullable(format("date-time"))),
    ]);
    let thing = r#"{"type":"object","properties":{"s":{"type":["string","null"]},"e":{"type":["string","null"]},"l":{"type":["array","null"],"items":{"type":"object","properties":{"name":{"type":["string","null"]}}}},"x":{"description":"Any JSON value."},"m":{"type":["object","null"]},"u":{"anyOf":[{"type":"string"},{"type":"object","properties":{"name":{"type":["string","null"]}}},{"type":"null"}]},"t":{"type":["string","null"]}}}"#;
    let rows = [
        (Some(THING), thing),
        (Some(map(&STRING)), r#"{"type":"object"}"#),
        (
            Some(STRING),
            r#"{"type":"object","properties":{"result":{"type":"string"}}}"#,
        ),
        (
            Some(array(&BOOLEAN)),
            r#"{"type":"object","properties":{"result":{"type":"array","items":{"type":"boolean"}}}}"#,
        ),
        (
            Some(ANY),
            r#"{"type":"object","properties":{"result":{"description":"Any JSON value."}}}"#,
        ),
        (
            None,
            r#"{"type":"object","properties":{"status":{"type":"integer","description":"HTTP status of the answer."}}}"#,
        ),
    ];
    for (returns, expected) in rows {
        assert_eq!(
            text(output_schema(leak(Tool { returns, ..TOOL }))),
            expected
        );
    }
}

#[test]
fn results_of_lists_have_a_cursor() {
    let of = text(output_schema(leak(Tool {
        returns: LIST_USERS.list.map(|list| list.item_type),
        ..TOOL
    })));
    assert_eq!(
        text(output_schema(&LIST_USERS)),
        format!(
            r#"{{"type":"object","properties":{{"users":{{"type":"array","items":{of}}},"total_entries":{{"type":["integer","null"],"description":"All entries, before filters."}},"next_cursor":{{"type":["string","null"],"description":"Pass it as next_cursor for the next page; null on the last."}}}}}}"#
        )
    );
}

#[test]
fn annotations_are_complete() {
    let destructive = leak(Tool {
        effect: Effect {
            read_only: false,
            destructive: true,
            idempotent: true,
        },
        ..TOOL
    });
    let rows = [
        (
            &TOOL,
            r#"{"readOnlyHint":true,"destructiveHint":false,"idempotentHint":true,"openWorldHint":false}"#,
        ),
        (
            &CREATE_USER,
            r#"{"readOnlyHint":false,"destructiveHint":false,"idempotentHint":false,"openWorldHint":false}"#,
        ),
        (
            destructive,
            r#"{"readOnlyHint":false,"destructiveHint":true,"idempotentHint":true,"openWorldHint":false}"#,
        ),
    ];
    for (tool, expected) in rows {
        assert_eq!(text(annotations(tool)), expected);
    }
}
