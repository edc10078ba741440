//! Arguments of calls: all errors together, secrets, `null`, and the arguments that the runtime adds.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use serde_json::Value;

use super::FieldSelection;
use super::secret::secret_values;
use crate::schema::{Kind, Shape, StringRules};
use crate::tests::tools::{
    ANY, CREATE_USER, LIST_USERS, STRING, TOOL, UPDATE_USER, array, checked, format, integer,
    json_object, leak, map, nullable, object, optional, param, request, required, shape,
};
use crate::tool::{Parameter, ParameterLocation, Tool};

#[test]
fn all_errors_are_reported_together() {
    let given = r#"{"emial": "x@y", "username": "", "roles": ["Viewer", {"nam": "Op"}, {"name": 5, "id": 1}], "password": "pw"}"#;
    let expected = [
        r#"unknown argument "emial" (did you mean "email"?)"#,
        r#"username: must not be empty, got """#,
        r#"missing argument "email": a string"#,
        "roles: must have at most 2 items, got 3",
        r#"roles[0]: expected an object {"name": string}, got "Viewer""#,
        r#"roles[1]: unknown member "nam" (did you mean "name"?)"#,
        r#"roles[1]: missing member "name": a string"#,
        r#"roles[2].name: expected a string, got 5; write "5" in quotes"#,
        r#"roles[2]: unknown member "id" (known: name)"#,
        "password: must have at least 3 characters, got 2",
    ];
    assert_eq!(checked(&CREATE_USER, given).unwrap_err(), expected);
}

#[test]
fn errors_for_unknown_names_list_the_known_names() {
    let none: &'static Tool = leak(TOOL);
    let rows = [
        (none, r#"{"x": 1}"#, r#"unknown argument "x" (known: none)"#),
        (
            &UPDATE_USER,
            r#"{"id": "x", "zork": 1}"#,
            r#"unknown argument "zork" (known: id, username, email, roles, password, clear)"#,
        ),
        (
            &LIST_USERS,
            r#"{"roleName": 1}"#,
            r#"unknown argument "roleName" (known: order_by, tags, email, active, role, fields, limit, next_cursor)"#,
        ),
        (
            &LIST_USERS,
            r#"{"nextCursor": "x"}"#,
            r#"unknown argument "nextCursor" (did you mean "next_cursor"?)"#,
        ),
        (
            &UPDATE_USER,
            r#"{"id": "x", "limit": 1}"#,
            r#"unknown argument "limit" (known: id, username, email, roles, password, clear)"#,
        ),
    ];
    for (tool, given, expected) in rows {
        assert_eq!(checked(tool, given).unwrap_err(), [expected], "{given}");
    }
}

#[test]
fn null_is_invalid_for_required_arguments_and_items() {
    let rows = [
        (
            &CREATE_USER,
            r#"{"username": null, "email": "e", "roles": [{"name": "r"}]}"#,
            "username: expected a string, got null",
        ),
        (
            &CREATE_USER,
            r#"{"username": "u", "email": "e", "roles": [null]}"#,
            r#"roles[0]: expected an object {"name": string}, got null"#,
        ),
        (
            &CREATE_USER,
            r#"{"username": "u", "email": "e", "roles": [{"name": null}]}"#,
            "roles[0].name: expected a string, got null",
        ),
    ];
    for (tool, given, expected) in rows {
        assert_eq!(checked(tool, given).unwrap_err(), [expected], "{given}");
    }
}

#[test]
fn twenty_errors_are_reported() {
    let array = |number: usize| format!(r#"{{"tags": [{}]}}"#, vec!["1"; number].join(","));
    let rows = [
        (20, 20, "tags[19]"),
        (21, 21, "and more errors"),
        (90_000, 21, "and more errors"),
    ];
    for (number, expected, last) in rows {
        let all = checked(&LIST_USERS, &array(number)).unwrap_err();
        assert_eq!(all.len(), expected, "{number}");
        assert!(all.last().unwrap().starts_with(last), "{all:?}");
    }
}

#[test]
fn a_call_has_at_most_256_arguments() {
    let object = |number: usize| {
        let members: Vec<_> = (0..number)
            .map(|number| format!("\"x{number}\": 1"))
            .collect();
        format!("{{{}}}", members.join(","))
    };
    let errors = checked(&LIST_USERS, &object(256)).unwrap_err();
    assert_eq!(errors.len(), 21);
    let errors = checked(&LIST_USERS, &object(257)).unwrap_err();
    assert_eq!(
        errors,
        ["257 arguments were given; a call takes at most 256"]
    );
}

#[test]
fn secrets_are_not_repeated() {
    const POSITIVE: Shape = integer(Some(1), None);
    const NESTED: Shape = object(&[required("key", format("password"))]);
    let tool = leak(Tool {
        parameters: vec![
            Parameter {
                secret: true,
                ..param(
                    ParameterLocation::Path { slash: false },
                    optional("a", STRING),
                )
            },
            Parameter {
                secret: true,
                ..param(ParameterLocation::Body, optional("b", array(&POSITIVE)))
            },
            param(ParameterLocation::Body, optional("c", array(&NESTED))),
            Parameter {
                secret: true,
                ..param(
                    ParameterLocation::Body,
                    optional(
                        "d",
                        shape(Kind::String(StringRules {
                            values: &["x"],
                            ..StringRules::ANY
                        })),
                    ),
                )
            },
        ]
        .leak(),
        ..TOOL
    });
    let given = r#"{"a": "SEC/RET", "b": ["SECRET", -424242, "424242"], "c": [{"key": 424242}, {"key": "SECRET", "x": 1}], "d": "SECRET"}"#;
    let expected = [
        "a: a string contains \"/\", which the server cannot route as part of a name",
        "b[0]: expected an integer, got a string",
        "b[1]: must be at least 1, got a number",
        "b[2]: expected an integer, got a string",
        "c[0].key: expected a string, got a number",
        "c[1]: unknown member \"x\" (known: key)",
        "d: expected one of \"x\", got a string",
    ];
    assert_eq!(checked(tool, given).unwrap_err(), expected);
    assert_eq!(
        secret_values(tool, &json_object(given)),
        [
            "SEC/RET", "SECRET", "-424242", "424242", "424242", "SECRET", "SECRET"
        ]
    );
}

#[test]
fn lists_have_pages_fields_and_filters() {
    let rows = [
        ("{}", (FieldSelection::Summary, 50, None, vec![])),
        (
            r#"{"limit": 1000, "next_cursor": "abc", "fields": ["roles", "email"], "role": "Admin", "active": false}"#,
            (
                FieldSelection::Only(vec!["roles".to_owned(), "email".to_owned()]),
                1000,
                Some("abc"),
                vec![
                    ("active", Value::from(false)),
                    ("roles.name", Value::from("Admin")),
                ],
            ),
        ),
        (
            r#"{"fields": ["*"], "limit": 1.0}"#,
            (FieldSelection::All, 1, None, vec![]),
        ),
    ];
    for (given, expected) in rows {
        let arguments = checked(&LIST_USERS, given).unwrap();
        let options = arguments.result_options();
        let filters = options.filters.iter();
        let found = (
            options.fields.clone(),
            options.limit,
            options.cursor.as_deref(),
            filters
                .map(|(filter, value)| (filter.path, value.clone()))
                .collect(),
        );
        assert_eq!(found, expected, "{given}");
    }
}

#[test]
fn list_arguments_are_checked() {
    let rows = [
        (r#"{"limit": 0}"#, "limit: must be from 1 to 1000, got 0"),
        (
            r#"{"limit": 1001}"#,
            "limit: must be from 1 to 1000, got 1001",
        ),
        (
            r#"{"limit": "1001"}"#,
            "limit: must be from 1 to 1000, got 1001",
        ),
        (
            r#"{"limit": "five"}"#,
            r#"limit: expected an integer, got "five""#,
        ),
        (
            r#"{"role": ["Admin"]}"#,
            "role: expected a string, got an array",
        ),
        (
            r#"{"fields": ["emial"]}"#,
            r#"fields[0]: unknown field "emial" (did you mean "email"?)"#,
        ),
        (
            r#"{"fields": ["zork"]}"#,
            r#"fields[0]: unknown field "zork" (known: username, email, first_name, roles, active)"#,
        ),
        (
            r#"{"fields": "email"}"#,
            r#"fields: expected an array [string], got "email"; write ["email"]"#,
        ),
    ];
    for (given, expected) in rows {
        assert_eq!(
            checked(&LIST_USERS, given).unwrap_err(),
            [expected],
            "{given}"
        );
    }
}

#[test]
fn null_and_empty_mean_omitted() {
    let rows = [
        (
            &LIST_USERS,
            "{}",
            r#"{"order_by": null, "tags": null, "email": null, "active": null, "role": null, "fields": null, "limit": null, "next_cursor": null}"#,
        ),
        (&LIST_USERS, "{}", r#"{"fields": [], "next_cursor": ""}"#),
        (&LIST_USERS, r#"{"limit": 5}"#, r#"{"limit": "5"}"#),
        (
            &CREATE_USER,
            r#"{"username": "u", "email": "e", "roles": [{"name": "r"}]}"#,
            r#"{"username": "u", "email": "e", "roles": [{"name": "r"}], "password": null}"#,
        ),
        (
            &UPDATE_USER,
            r#"{"id": "x", "email": "e"}"#,
            r#"{"id": "x", "username": null, "email": "e", "roles": null, "password": null, "clear": []}"#,
        ),
    ];
    for (tool, omitted, null) in rows {
        let [omitted, null] = [omitted, null].map(|given| {
            let arguments = checked(tool, given).unwrap();
            let options = arguments.result_options().clone();
            (request(&arguments), arguments.identity(), options)
        });
        assert_eq!(omitted, null, "{}", tool.name);
    }
}

/// Checks `null` for an optional member, for a member that must be sent but may be `null`, and for a free value.
#[test]
fn null_inside_an_argument() {
    const MEMBERS: Shape = object(&[
        required("name", STRING),
        optional("note", STRING),
        optional("any", ANY),
        required("date", nullable(STRING)),
        required("value", ANY),
    ]);
    const FREE: Shape = map(&ANY);
    let tool = leak(Tool {
        parameters: vec![
            param(ParameterLocation::Body, optional("a", MEMBERS)),
            param(ParameterLocation::Body, optional("conf", FREE)),
            param(ParameterLocation::Body, optional("any", ANY)),
            param(ParameterLocation::Body, required("value", ANY)),
        ]
        .leak(),
        ..TOOL
    });
    let rows = [
        (
            r#"{"a": {"name": "n", "note": null, "any": null, "value": null}, "any": null, "value": null}"#,
            r#"{"a":{"name":"n","value":null,"date":null},"value":null}"#,
        ),
        (
            r#"{"a": {"name": "n", "date": null, "value": 1}, "conf": {"a": null}, "value": 1}"#,
            r#"{"a":{"name":"n","date":null,"value":1},"conf":{"a":null},"value":1}"#,
        ),
    ];
    for (given, expected) in rows {
        assert_eq!(
            checked(tool, given).unwrap().identity(),
            expected,
            "{given}"
        );
    }
    let missing = checked(tool, r#"{"a": {"name": "n", "value": 1}}"#);
    assert_eq!(
        missing.unwrap_err(),
        [r#"missing argument "value": any JSON value"#]
    );
}

#[test]
fn clear_sends_null_for_the_named_fields() {
    let cleared = checked(&UPDATE_USER, r#"{"id": "x", "clear": ["email"]}"#).unwrap();
    assert_eq!(cleared.given("email"), Some(&Value::Null));
    assert_eq!(cleared.given("roles"), None);
    let rows = [
        (
            r#"{"id": "x", "email": "e", "clear": ["email"]}"#,
            r#"clear: "email" also has a value; omit one of the two"#,
        ),
        (
            r#"{"id": "x", "clear": ["emial"]}"#,
            r#"clear[0]: expected one of "email", got "emial" (did you mean "email"?)"#,
        ),
        (
            r#"{"id": "x", "clear": "email"}"#,
            r#"clear: expected an array ["email"], got "email"; write ["email"]"#,
        ),
    ];
    for (given, expected) in rows {
        assert_eq!(
            checked(&UPDATE_USER, given).unwrap_err(),
            [expected],
            "{given}"
        );
    }
}

#[test]
fn masks_are_rejected_as_secrets() {
    const NESTED: Shape = object(&[required("key", format("password"))]);
    let secret = |name, shape| Parameter {
        secret: true,
        ..param(ParameterLocation::Body, optional(name, shape))
    };
    let tool = leak(Tool {
        parameters: vec![
            secret("password", STRING),
            secret("actions", map(&ANY)),
            param(ParameterLocation::Body, optional("keys", array(&NESTED))),
            param(ParameterLocation::Body, optional("note", STRING)),
        ]
        .leak(),
        ..TOOL
    });
    let rows = [
        (r#"{"password": "***"}"#, Some("password")),
        (
            r#"{"password": "{\"api_key\": \"***\", \"a\": 1}"}"#,
            Some("password"),
        ),
        (
            r#"{"actions": {"entities": [{"password": "***"}]}}"#,
            Some("actions"),
        ),
        (r#"{"keys": [{"key": "**********"}]}"#, Some("keys")),
        (
            r#"{"note": "***", "password": "a*b", "keys": [{"key": "k"}]}"#,
            None,
        ),
    ];
    for (given, expected) in rows {
        let expected = expected.map(|name| {
            format!("{name}: contains a mask of asterisks, which would overwrite the stored secret; give the real value, or omit {name} to keep the stored one")
        });
        let found = checked(tool, given).err();
        assert_eq!(found, expected.map(|message| vec![message]), "{given}");
    }
}

#[test]
fn the_identity_of_a_list_does_not_depend_on_the_page() {
    let same = [
        r#"{"order_by": "id", "role": "Admin", "limit": 5, "fields": ["*"], "next_cursor": "x"}"#,
        r#"{"role": "Admin", "order_by": "id"}"#,
    ];
    let other = [
        r#"{"role": "Op", "order_by": "id"}"#,
        r#"{"role": "Admin"}"#,
        "{}",
    ];
    let identity = |given| checked(&LIST_USERS, given).unwrap().identity();
    assert_eq!(identity(same[0]), identity(same[1]));
    for given in other {
        assert_ne!(identity(given), identity(same[0]), "{given}");
    }
}

#[test]
fn an_argument_with_a_fallback_is_not_missing() {
    let tool = leak(Tool {
        parameters: vec![
            param(ParameterLocation::Body, required("id", STRING)),
            Parameter {
                fallback: "id",
                ..param(ParameterLocation::Body, required("name", STRING))
            },
        ]
        .leak(),
        ..TOOL
    });
    let arguments = checked(tool, r#"{"id": "x"}"#).unwrap();
    let sent = tool
        .parameters
        .iter()
        .map(|param| arguments.sent(param).cloned());
    assert_eq!(
        sent.collect::<Vec<_>>(),
        [Some(Value::from("x")), Some(Value::from("x"))]
    );
}
