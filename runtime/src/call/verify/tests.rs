//! Differences between the requested changes and the object that is read back.
#![allow(clippy::unwrap_used)]

use serde_json::json;

use super::*;
use crate::args::check;
use crate::schema::{Field, Json, Schema};
use crate::tests::tools::{
    ANY, STRING, TOOL, array, format, json_object, nullable, object, optional, param, required,
};
use crate::tool::{Body, Http, Update, Verify};

const FIELDS: &[Field] = &[
    optional("host", nullable(STRING)),
    optional("port", nullable(<i64 as Schema>::SHAPE)),
    optional("at", STRING),
    optional("roles", array(&ANY)),
    optional("conf", <Json as Schema>::SHAPE),
    optional("secret", STRING),
    optional("hashed", format("password")),
    optional("moving", STRING),
];

const PARAMS: &[Parameter] = &[
    Parameter {
        wire: "name",
        ..param(
            ParameterLocation::Path { slash: false },
            required("id", STRING),
        )
    },
    param(ParameterLocation::Body, optional("host", nullable(STRING))),
    param(
        ParameterLocation::Body,
        optional("port", nullable(<i64 as Schema>::SHAPE)),
    ),
    param(ParameterLocation::Body, optional("at", STRING)),
    param(ParameterLocation::Body, optional("roles", array(&ANY))),
    param(ParameterLocation::Body, optional("conf", ANY)),
    Parameter {
        secret: true,
        ..param(ParameterLocation::Body, optional("secret", STRING))
    },
    param(
        ParameterLocation::Body,
        optional("hashed", format("password")),
    ),
    param(ParameterLocation::Body, optional("moving", STRING)),
    param(ParameterLocation::Body, optional("write_only", STRING)),
    Parameter {
        wire: "host_name",
        ..param(
            ParameterLocation::Query(crate::tool::ParameterStyle::Repeat),
            optional("query", STRING),
        )
    },
];

/// Returns a tool with a secret, a password, a member that responses do not contain, and a member that is not compared.
const fn tool(method: &'static str) -> Tool {
    Tool {
        method,
        http: Http::Patch,
        parameters: PARAMS,
        body: Body {
            media_type: "application/json",
            required: true,
            ..Body::NONE
        },
        update: Update {
            verify: Verify {
                except: &["moving"],
                ..Verify::PLAIN
            },
            ..Update::PLAIN
        },
        returns: Some(object(FIELDS)),
        ..TOOL
    }
}

static UPDATE: Tool = tool("update");
static CREATE: Tool = tool("create");

fn differences_of(tool: &'static Tool, asked: &str, found: &str) -> Vec<String> {
    let mut asked = json_object(asked);
    asked.insert("id".to_owned(), json!("x"));
    let arguments = check(tool, asked).unwrap();
    differences(&arguments, &Value::Object(json_object(found)))
}

#[test]
fn requested_values_are_compared_with_the_object() {
    let can = |action: &str, resource: &str| json!({"action": {"name": action}, "resource": {"name": resource}});
    let (read, edit) = (can("can_read", "DAGs"), can("can_edit", "DAGs"));
    let one = json!({ "roles": [read] }).to_string();
    let swapped =
        json!({ "roles": [{"resource": {"name": "DAGs"}, "action": {"name": "can_read"}}] });
    let both = json!({ "roles": [edit, read] }).to_string();
    let twice = json!({ "roles": [read, edit, read] }).to_string();
    let many = json!({ "roles": (0..13).collect::<Vec<_>>() }).to_string();
    // Requested, found, expected differences.
    let rows: Vec<(&str, &str, &[&str])> = vec![
        ("{}", r#"{"host": "a"}"#, &[]),
        (r#"{"host": "a"}"#, r#"{"host": "a", "port": 1}"#, &[]),
        (
            r#"{"host": "a"}"#,
            r#"{"host": "b"}"#,
            &[r#"host: requested "a", found "b""#],
        ),
        (
            r#"{"host": "a"}"#,
            r#"{"host": null}"#,
            &[r#"host: requested "a", found no value"#],
        ),
        (
            r#"{"host": "a"}"#,
            "{}",
            &[r#"host: requested "a", found no value"#],
        ),
        (
            r#"{"host": "A"}"#,
            r#"{"host": "a"}"#,
            &[r#"host: requested "A", found "a""#],
        ),
        // All forms of an empty value.
        (r#"{"host": ""}"#, "{}", &[]),
        (r#"{"host": ""}"#, r#"{"host": null}"#, &[]),
        (r#"{"roles": []}"#, "{}", &[]),
        (
            r#"{"host": ""}"#,
            r#"{"host": "b"}"#,
            &[r#"host: requested no value, found "b""#],
        ),
        // Numbers are compared by value.
        (r#"{"port": 5}"#, r#"{"port": 5.0}"#, &[]),
        (r#"{"conf": 1e2}"#, r#"{"conf": 100}"#, &[]),
        (
            r#"{"port": 5}"#,
            r#"{"port": 6}"#,
            &["port: requested 5, found 6"],
        ),
        (
            r#"{"conf": 123456789012345678901234567890}"#,
            r#"{"conf": 123456789012345678901234567891}"#,
            &[
                "conf: requested 123456789012345678901234567890, found 123456789012345678901234567891",
            ],
        ),
        (
            r#"{"conf": 0}"#,
            r#"{"conf": null}"#,
            &["conf: requested 0, found no value"],
        ),
        (
            r#"{"conf": false}"#,
            r#"{"conf": true}"#,
            &["conf: requested false, found true"],
        ),
        (
            r#"{"conf": false}"#,
            "{}",
            &["conf: requested false, found no value"],
        ),
        // Date-times are compared by instant.
        (
            r#"{"at": "2026-11-21T10:00:00+02:00"}"#,
            r#"{"at": "2026-11-21T08:00:00.000000Z"}"#,
            &[],
        ),
        (
            r#"{"at": "2026-11-21T08:00:00Z"}"#,
            r#"{"at": "2026-11-21T08:00:00.5Z"}"#,
            &[r#"at: requested "2026-11-21T08:00:00Z", found "2026-11-21T08:00:00.5Z""#],
        ),
        // Objects may contain more members than requested.
        (
            r#"{"conf": {"a": {"b": 1}}}"#,
            r#"{"conf": {"a": {"b": 1, "c": 2}, "d": 3}}"#,
            &[],
        ),
        (r#"{"conf": {"a": null}}"#, r#"{"conf": {}}"#, &[]),
        (
            r#"{"conf": {"a": 1}}"#,
            r#"{"conf": {"a": 2}}"#,
            &[r#"conf: requested "1", found "2""#],
        ),
        (
            r#"{"conf": {"a": 1}}"#,
            r#"{"conf": {}}"#,
            &[r#"conf: requested "1", found {}"#],
        ),
        // Arrays are compared as sets.
        (&both, &twice, &[]),
        (&twice, &both, &[]),
        (&both, &one, &["roles: lacks can_edit DAGs"]),
        (
            &one,
            &both,
            &["roles: still has can_edit DAGs, which was not requested"],
        ),
        (
            r#"{"roles": []}"#,
            &both,
            &["roles: still has can_edit DAGs, can_read DAGs, which were not requested"],
        ),
        (
            r#"{"roles": [{"name": "Op"}]}"#,
            r#"{"roles": [{"id": 3, "name": "Op"}]}"#,
            &[],
        ),
        (
            r#"{"roles": [{"name": "Op"}]}"#,
            r#"{"roles": [{"id": 3, "name": "User"}]}"#,
            &["roles: lacks Op; still has 3 User, which was not requested"],
        ),
        (
            r#"{"roles": []}"#,
            &many,
            &["roles: still has 0, 1, 2, 3, 4, 5, 6, 7, 8, 9 and 3 more, which were not requested"],
        ),
        // Several members differ.
        (
            r#"{"host": "a", "port": 5}"#,
            "{}",
            &[
                r#"host: requested "a", found no value"#,
                "port: requested 5, found no value",
            ],
        ),
        // Members that cannot be compared.
        (r#"{"secret": "s3cret"}"#, r#"{"secret": "***"}"#, &[]),
        (r#"{"hashed": "s3cret"}"#, r#"{"hashed": "***"}"#, &[]),
        (r#"{"moving": "queued"}"#, r#"{"moving": "running"}"#, &[]),
        (r#"{"write_only": "a"}"#, "{}", &[]),
        (r#"{"query": "a"}"#, "{}", &[]),
    ];
    for (asked, found, expected) in rows {
        assert_eq!(
            differences_of(&UPDATE, asked, found),
            expected,
            "{asked} {found}"
        );
    }
    assert!(differences_of(&UPDATE, &one, &swapped.to_string()).is_empty());
    // In a new object, only missing values are differences. Values that the upstream added are not.
    assert!(differences_of(&CREATE, &one, &both).is_empty());
    assert_eq!(
        differences_of(&CREATE, &both, &one),
        ["roles: lacks can_edit DAGs"]
    );
}

#[test]
fn long_values_are_cut() {
    let long = "x".repeat(1_000);
    let asked = json!({"host": long, "roles": [{"name": long}]}).to_string();
    for text in differences_of(&UPDATE, &asked, "{}") {
        assert!(text.len() < 300, "{text}");
    }
}

#[test]
fn large_arrays_are_compared_fast() {
    let items = |from: usize| {
        let items = (from..5_000).map(|n| json!({"action": {"name": n.to_string()}}));
        json!({"roles": items.collect::<Vec<_>>()}).to_string()
    };
    assert!(differences_of(&UPDATE, &items(0), &items(0)).is_empty());
    let more = differences_of(&UPDATE, &items(1), &items(0));
    assert_eq!(more, ["roles: still has 0, which was not requested"]);
}

#[test]
fn instants() {
    let rows = [
        ("1970-01-01T00:00:00Z", Some((0, 0))),
        ("1970-01-01T00:00:00.250z", Some((0, 250_000_000))),
        ("1970-01-01 01:30:00+01:30", Some((0, 0))),
        ("1969-12-31T23:59:59-00:00", Some((-1, 0))),
        ("2000-02-29T12:00:00Z", Some((951_825_600, 0))),
        ("2026-11-21T08:00:00.000000+00:00", Some((1_795_248_000, 0))),
        ("2026-11-21", None),
        ("2026-11-21T08:00:00", None),
        ("soon", None),
    ];
    for (text, expected) in rows {
        let found = instant(text).map(|it| (it.as_second(), it.subsec_nanosecond()));
        assert_eq!(found, expected, "{text}");
    }
}
