//! Types and rules of argument values, and the messages about values that violate them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use serde_json::{Map, Value};

use super::check_value;
use crate::args::error::ValuePath;
use crate::schema::{Additional, Kind, Shape, StringRules};
use crate::tests::tools::{
    ANY, BOOLEAN, NUMBER, ROLE, STRING, TOOL, array, checked, format, integer, leak, map, nullable,
    optional, param, required, shape, values,
};
use crate::tool::{ParameterLocation, Tool};

fn one(shape: Shape, value: &str) -> Result<String, String> {
    let tool = leak(Tool {
        parameters: vec![param(ParameterLocation::Body, optional("a", shape))].leak(),
        ..TOOL
    });
    checked(tool, &format!(r#"{{"a": {value}}}"#))
        .map(|arguments| {
            let given = arguments.given("a");
            given.map_or_else(|| "omitted".to_owned(), ToString::to_string)
        })
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
fn the_check_stops_when_there_are_more_errors_than_are_reported() {
    let many = |item: Value| Value::from(vec![item; 1000]);
    let members: Map<_, _> = (0..1000)
        .map(|n| (format!("x{n}"), Value::from(n)))
        .collect();
    let rows = [
        (array(&STRING), many(Value::from(1))),
        (array(&ROLE), many(Value::from(Map::new()))),
        (ROLE, Value::from(members)),
    ];
    for (shape, mut value) in rows {
        let mut errors = Vec::new();
        check_value(&shape, &mut value, ValuePath::Top, false, &mut errors);
        assert_eq!(errors.len(), 21);
    }
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
        (STRING, "null", Ok("omitted")),
        (
            STRING,
            r#"["x"]"#,
            Err("a: expected a string, got an array"),
        ),
        (nullable(STRING), "null", Ok("omitted")),
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
        (ANY, "null", Ok("omitted")),
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
fn long_values_are_shortened() {
    let long = "x".repeat(500);
    let message = one(BOOLEAN, &format!("\"{long}\"")).unwrap_err();
    assert_eq!(
        message,
        format!("a: expected true or false, got \"{}…\"", "x".repeat(60))
    );
}

#[test]
fn open_objects_accept_other_members() {
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
