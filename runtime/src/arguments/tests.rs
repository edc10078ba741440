#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use serde_json::Value;

use super::{Fields, secret_values};
use crate::schema::{Additional, Kind, Shape, StringRules};
use crate::test_tools::{
    ANY, BOOLEAN, CREATE_USER, LIST_USERS, NUMBER, ROLE, STRING, TOOL, UPDATE_USER, array, checked,
    format, integer, json_object, leak, map, nullable, object, optional, param, required, shape,
    values,
};
use crate::tool::{Param, Place, Tool};

/// The messages for one value of an optional argument `a`, or the value as it is sent.
fn one(shape: Shape, value: &str) -> Result<String, String> {
    let tool = leak(Tool {
        params: vec![param(Place::Body, optional("a", shape))].leak(),
        ..TOOL
    });
    checked(tool, &format!(r#"{{"a": {value}}}"#))
        .map(|arguments| arguments.given("a").unwrap().to_string())
        .map_err(|all| all.join(" / "))
}

fn assert_rows(rows: &[(Shape, &str, Result<&str, &str>)]) {
    let found: Vec<_> = rows
        .iter()
        .map(|(shape, value, _)| (*value, one(*shape, value)))
        .collect();
    let expected: Vec<_> = rows
        .iter()
        .map(|(_, value, result)| (*value, result.map(str::to_owned).map_err(str::to_owned)))
        .collect();
    assert_eq!(found, expected);
}

#[test]
fn types_are_checked() {
    const MIXED: Shape = shape(Kind::OneOf(&[STRING, integer(Some(1), None), ROLE]));
    assert_rows(&[
        (STRING, r#""x""#, Ok(r#""x""#)),
        (
            STRING,
            "5",
            Err(r#"a: expected a string, got 5; write "5" in quotes"#),
        ),
        (
            STRING,
            "true",
            Err(r#"a: expected a string, got true; write "true" in quotes"#),
        ),
        (
            STRING,
            "null",
            Err("a: expected a string, got null; leave it out instead"),
        ),
        (
            STRING,
            r#"["x"]"#,
            Err("a: expected a string, got an array"),
        ),
        (nullable(STRING), "null", Ok("null")),
        (
            nullable(STRING),
            "5",
            Err(r#"a: expected a string or null, got 5; write "5" in quotes"#),
        ),
        (BOOLEAN, "false", Ok("false")),
        (
            BOOLEAN,
            r#""false""#,
            Err(r#"a: expected true or false, got "false"; write false without quotes"#),
        ),
        (BOOLEAN, "0", Err("a: expected true or false, got 0")),
        (
            integer(None, None),
            r#""5""#,
            Err(r#"a: expected an integer, got "5"; write 5 without quotes"#),
        ),
        (
            integer(None, None),
            r#""five""#,
            Err(r#"a: expected an integer, got "five""#),
        ),
        (integer(None, None), "5.0", Ok("5")),
        (integer(None, None), "1e3", Ok("1000")),
        (
            integer(None, None),
            "5.5",
            Err("a: expected an integer, got 5.5"),
        ),
        (
            integer(None, None),
            "123456789012345678901234567890",
            Ok("123456789012345678901234567890"),
        ),
        (NUMBER, "5", Ok("5")),
        (NUMBER, "1.10", Ok("1.10")),
        (NUMBER, "1e300", Ok("1e+300")),
        (
            NUMBER,
            r#""1.5""#,
            Err(r#"a: expected a number, got "1.5"; write 1.5 without quotes"#),
        ),
        (
            array(&STRING),
            r#""x""#,
            Err(r#"a: expected an array [string], got "x"; write ["x"]"#),
        ),
        (
            array(&STRING),
            r#""[\"x\"]""#,
            Err(
                r#"a: expected an array [string], got "[\"x\"]"; write the JSON itself, not as a string"#,
            ),
        ),
        (
            array(&STRING),
            r#"["x", 1, true]"#,
            Err(
                r#"a[1]: expected a string, got 1; write "1" in quotes / a[2]: expected a string, got true; write "true" in quotes"#,
            ),
        ),
        (
            array(&ROLE),
            r#"["Viewer"]"#,
            Err(r#"a[0]: expected an object {"name": string}, got "Viewer""#),
        ),
        (
            array(&ROLE),
            r#""[{\"name\": \"V\"}]""#,
            Err(
                r#"a: expected an array [{"name": string}], got "[{\"name\": \"V\"}]"; write the JSON itself, not as a string"#,
            ),
        ),
        (ANY, "null", Ok("null")),
        (
            ANY,
            r#"{"z":[1.0,{"a":12345678901234567890123}]}"#,
            Ok(r#"{"z":[1.0,{"a":12345678901234567890123}]}"#),
        ),
        (
            map(&STRING),
            r#"{"k": 1}"#,
            Err(r#"a.k: expected a string, got 1; write "1" in quotes"#),
        ),
        (
            map(&STRING),
            r#"{"k l": 1}"#,
            Err(r#"a["k l"]: expected a string, got 1; write "1" in quotes"#),
        ),
        (
            map(&STRING),
            "[]",
            Err(r#"a: expected an object {string: string}, got an array"#),
        ),
        (MIXED, r#""x""#, Ok(r#""x""#)),
        (MIXED, "2.0", Ok("2")),
        (MIXED, "0", Err("a: must be at least 1, got 0")),
        (MIXED, "{}", Err(r#"a: missing member "name": a string"#)),
        (
            MIXED,
            "true",
            Err(
                r#"a: expected a string or an integer or an object {"name": string}, got true; write "true" in quotes"#,
            ),
        ),
    ]);
}

#[test]
fn rules_are_checked() {
    const BOUNDED: Shape = shape(Kind::Number {
        min: Some(0.5),
        max: Some(1.5),
        above: None,
    });
    const ABOVE: Shape = shape(Kind::Number {
        min: None,
        max: None,
        above: Some(0.0),
    });
    const PATTERN: Shape = shape(Kind::String(StringRules {
        pattern: r"^[a-z]+\/\d$",
        ..StringRules::ANY
    }));
    const FOREIGN: Shape = shape(Kind::String(StringRules {
        pattern: r"^(?!x)\p{L}$",
        ..StringRules::ANY
    }));
    const LENGTHS: Shape = shape(Kind::String(StringRules {
        min_length: Some(1),
        max_length: Some(3),
        ..StringRules::ANY
    }));
    const COUNTS: Shape = shape(Kind::Array {
        items: &STRING,
        min_items: Some(1),
        max_items: Some(2),
    });
    const STATES: Shape = values(&["queued", "running"]);
    assert_rows(&[
        (integer(Some(1), Some(3)), "3", Ok("3")),
        (
            integer(Some(1), Some(3)),
            "0",
            Err("a: must be from 1 to 3, got 0"),
        ),
        (
            integer(Some(1), Some(3)),
            "99999999999999999999999999",
            Err("a: must be from 1 to 3, got 99999999999999999999999999"),
        ),
        (
            integer(Some(i64::MIN), None),
            "-99999999999999999999999999999999999999999999",
            Err(
                "a: must be at least -9223372036854775808, got -99999999999999999999999999999999999999999999",
            ),
        ),
        (
            integer(Some(1), None),
            "0",
            Err("a: must be at least 1, got 0"),
        ),
        (
            integer(None, Some(1)),
            "2",
            Err("a: must be at most 1, got 2"),
        ),
        (BOUNDED, "0.5", Ok("0.5")),
        (BOUNDED, "0.4", Err("a: must be from 0.5 to 1.5, got 0.4")),
        (
            BOUNDED,
            "1e400",
            Err("a: must be from 0.5 to 1.5, got 1e+400"),
        ),
        (ABOVE, "1e-9", Ok("1e-9")),
        (ABOVE, "0", Err("a: must be greater than 0, got 0")),
        (STATES, r#""queued""#, Ok(r#""queued""#)),
        (
            STATES,
            r#""runing""#,
            Err(
                r#"a: expected one of "queued", "running", got "runing" (did you mean "running"?)"#,
            ),
        ),
        (
            STATES,
            r#""x""#,
            Err(r#"a: expected one of "queued", "running", got "x""#),
        ),
        (
            STATES,
            "1",
            Err(r#"a: expected one of "queued", "running", got 1"#),
        ),
        (
            array(&STATES),
            r#""z""#,
            Err(r#"a: expected an array ["queued" | "running"], got "z""#),
        ),
        (PATTERN, r#""ab/1""#, Ok(r#""ab/1""#)),
        (
            PATTERN,
            r#""ab/1\n""#,
            Err(r#"a: must match the pattern ^[a-z]+\/\d$, got "ab/1\n""#),
        ),
        (FOREIGN, r#""whatever""#, Ok(r#""whatever""#)),
        (LENGTHS, r#""é中x""#, Ok(r#""é中x""#)),
        (LENGTHS, r#""""#, Err(r#"a: must not be empty, got """#)),
        (
            LENGTHS,
            r#""abcd""#,
            Err("a: must have at most 3 characters, got 4"),
        ),
        (COUNTS, "[]", Err("a: must have at least 1 item, got 0")),
        (
            COUNTS,
            r#"["a", "b", "c"]"#,
            Err("a: must have at most 2 items, got 3"),
        ),
    ]);
}

#[test]
fn dates_need_a_zone() {
    let rows = [
        ("2026-01-31T12:00:00Z", true),
        ("2026-01-31T12:00:00.123456+05:30", true),
        ("2026-01-31t12:00:60z", true),
        ("2026-01-31 12:00:00-00:00", true),
        ("2026-01-31T12:00:00", false),
        ("2026-01-31T12:00:00.Z", false),
        ("2026-01-31T12:00Z", false),
        ("2026-01-31T25:00:00Z", false),
        ("2026-13-31T12:00:00Z", false),
        ("2026-00-31T12:00:00Z", false),
        ("2026-01-31T12:00:00+0530", false),
        ("2026-01-31T12:00:00+05:30Z", false),
        ("2026-01-31", false),
        ("1769860800", false),
        ("yesterday", false),
        ("é026-01-31T12:00:00Z", false),
        ("", false),
    ];
    let found = rows.map(|(text, _)| {
        (
            text,
            one(format("date-time"), &Value::from(text).to_string()).is_ok(),
        )
    });
    assert_eq!(found, rows);
    assert_rows(&[
        (format("date"), r#""2026-01-31""#, Ok(r#""2026-01-31""#)),
        (
            format("date"),
            r#""31.1.2026""#,
            Err(r#"a: expected a date such as 2026-01-31, got "31.1.2026""#),
        ),
        (
            format("date-time"),
            r#""2026-01-31""#,
            Err(
                r#"a: expected a date and time with zone such as 2026-01-31T12:00:00Z, got "2026-01-31""#,
            ),
        ),
        (format("email"), r#""no email""#, Ok(r#""no email""#)),
    ]);
}

#[test]
fn everything_wrong_is_said_at_once() {
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
        r#"roles[2]: unknown member "id" (there are name)"#,
        "password: must have at least 3 characters, got 2",
    ];
    assert_eq!(checked(&CREATE_USER, given).unwrap_err(), expected);
}

#[test]
fn unknown_names_are_answered_with_the_known_ones() {
    let none: &'static Tool = leak(TOOL);
    let rows = [
        (
            none,
            r#"{"x": 1}"#,
            r#"unknown argument "x" (there are none)"#,
        ),
        (
            &UPDATE_USER,
            r#"{"id": "x", "zork": 1}"#,
            r#"unknown argument "zork" (there are id, username, email, roles, password)"#,
        ),
        (
            &LIST_USERS,
            r#"{"roleName": 1}"#,
            r#"unknown argument "roleName" (there are order_by, tags, email, active, role, fields, limit, next_cursor)"#,
        ),
        (
            &LIST_USERS,
            r#"{"nextCursor": "x"}"#,
            r#"unknown argument "nextCursor" (did you mean "next_cursor"?)"#,
        ),
        (
            &UPDATE_USER,
            r#"{"id": "x", "limit": 1}"#,
            r#"unknown argument "limit" (there are id, username, email, roles, password)"#,
        ),
    ];
    for (tool, given, expected) in rows {
        assert_eq!(checked(tool, given).unwrap_err(), [expected], "{given}");
    }
}

#[test]
fn null_is_not_nothing() {
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
            r#"{"username": "u", "email": "e", "roles": [{"name": "r"}], "password": null}"#,
            "password: expected a string, got null; leave it out instead",
        ),
    ];
    for (tool, given, expected) in rows {
        assert_eq!(checked(tool, given).unwrap_err(), [expected], "{given}");
    }
}

#[test]
fn many_problems_are_counted() {
    let items = vec!["1"; 200].join(",");
    let all = checked(&LIST_USERS, &format!(r#"{{"tags": [{items}]}}"#)).unwrap_err();
    assert_eq!(
        (all.len(), all.last().map(String::as_str)),
        (21, Some("and 180 more problems"))
    );
}

#[test]
fn secrets_are_not_repeated() {
    const POSITIVE: Shape = integer(Some(1), None);
    const NESTED: Shape = object(&[required("key", format("password"))]);
    let tool = leak(Tool {
        params: vec![
            Param {
                secret: true,
                ..param(Place::Path { slash: false }, optional("a", STRING))
            },
            Param {
                secret: true,
                ..param(Place::Body, optional("b", array(&POSITIVE)))
            },
            param(Place::Body, optional("c", array(&NESTED))),
            Param {
                secret: true,
                ..param(
                    Place::Body,
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
        "c[1]: unknown member \"x\" (there are key)",
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
fn long_values_are_shortened() {
    let long = "x".repeat(500);
    let message = one(BOOLEAN, &format!("\"{long}\"")).unwrap_err();
    assert_eq!(
        message,
        format!("a: expected true or false, got \"{}…\"", "x".repeat(60))
    );
}

#[test]
fn lists_have_pages_fields_and_filters() {
    let rows = [
        ("{}", (Fields::Summary, 50, None, vec![])),
        (
            r#"{"limit": 1000, "next_cursor": "abc", "fields": ["roles", "email"], "role": "Admin", "active": false}"#,
            (
                Fields::Only(vec!["roles".to_owned(), "email".to_owned()]),
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
            (Fields::All, 1, None, vec![]),
        ),
    ];
    for (given, expected) in rows {
        let arguments = checked(&LIST_USERS, given).unwrap();
        let filters = arguments
            .filters()
            .map(|(filter, value)| (filter.path, value.clone()));
        let found = (
            arguments.fields().clone(),
            arguments.limit(),
            arguments.cursor(),
            filters.collect(),
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
            r#"{"limit": "5"}"#,
            r#"limit: expected an integer, got "5"; write 5 without quotes"#,
        ),
        (
            r#"{"next_cursor": null}"#,
            "next_cursor: expected a string, got null; leave it out instead",
        ),
        (
            r#"{"active": null}"#,
            "active: expected true or false, got null; leave it out instead",
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
            r#"fields[0]: unknown field "zork" (there are username, email, first_name, roles, active)"#,
        ),
        (
            r#"{"fields": []}"#,
            r#"fields: must name a field, or "*" for all, got an array"#,
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
fn an_argument_with_a_stand_in_is_not_missing() {
    let tool = leak(Tool {
        params: vec![
            param(Place::Body, required("id", STRING)),
            Param {
                or: "id",
                ..param(Place::Body, required("name", STRING))
            },
        ]
        .leak(),
        ..TOOL
    });
    let arguments = checked(tool, r#"{"id": "x"}"#).unwrap();
    let sent = tool
        .params
        .iter()
        .map(|param| arguments.sent(param).cloned());
    assert_eq!(
        sent.collect::<Vec<_>>(),
        [Some(Value::from("x")), Some(Value::from("x"))]
    );
}

#[test]
fn open_objects_take_other_members() {
    const OPEN: Shape = shape(Kind::Object {
        fields: &[required("n", integer(None, None))],
        additional: Additional::Open(&STRING),
    });
    assert_rows(&[
        (OPEN, r#"{"n":1,"other":"x"}"#, Ok(r#"{"n":1,"other":"x"}"#)),
        (
            OPEN,
            r#"{"n":1,"other":2}"#,
            Err(r#"a.other: expected a string, got 2; write "2" in quotes"#),
        ),
        (
            OPEN,
            "1",
            Err(r#"a: expected an object {"n": integer, string: string}, got 1"#),
        ),
    ]);
}
