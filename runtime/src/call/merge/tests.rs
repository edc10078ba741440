//! Updates: the body for an API that requires the whole object, and the path at which the result is read.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use serde_json::Value;

use super::stored_members;
use crate::args::{ArgumentError, CheckedArguments};
use crate::request::Request;
use crate::schema::Shape;
use crate::tests::tools::{
    NUMBER, ROLE, STRING, TOOL, UPDATE_USER, USER_PATH, checked, format, leak, map, nullable,
    object, optional, param, request, values,
};
use crate::tool::{Http, Mask, ParameterLocation, ParameterStyle, Tool, Update};

/// Returns the request of an update whose object is `current`.
fn merged(arguments: &CheckedArguments, current: &Value) -> Result<Request, ArgumentError> {
    let stored = stored_members(arguments, current)?;
    Ok(Request::new(arguments, &stored).unwrap())
}

#[test]
fn the_mask_names_the_given_members() {
    let rows = [
        (
            ParameterStyle::Comma,
            r#"{"id": "x", "roles": [], "email": "e"}"#,
            "/users/x?update_mask=email,roles",
        ),
        (
            ParameterStyle::Comma,
            r#"{"id": "x", "username": null, "clear": ["email"]}"#,
            "/users/x?update_mask=email",
        ),
        (
            ParameterStyle::Repeat,
            r#"{"id": "x", "roles": [], "email": "e"}"#,
            "/users/x?update_mask=email&update_mask=roles",
        ),
    ];
    for (style, given, expected) in rows {
        let mask = Some(Mask {
            name: "update_mask",
            style,
        });
        let tool = leak(Tool {
            update: Update {
                mask,
                ..UPDATE_USER.update
            },
            segments: USER_PATH,
            parameters: UPDATE_USER.parameters,
            clear: UPDATE_USER.clear,
            body: UPDATE_USER.body,
            ..TOOL
        });
        let request = request(&checked(tool, given).unwrap());
        assert_eq!(request.path_and_query, expected, "{given}");
    }
}

#[test]
fn an_update_without_changes_is_rejected() {
    let problems = checked(&UPDATE_USER, r#"{"id": "x"}"#).unwrap_err();
    let expected = "nothing to change: give at least one of username, email, roles, password";
    assert_eq!(problems, [expected]);
}

#[test]
fn a_merge_fills_omitted_members() {
    let current = r#"{"username": "Old", "email": "e@x", "password": "***", "login_count": 3,
        "roles": [{"name": "Admin", "id": 1}], "active": true}"#;
    let rows = [
        (
            current,
            r#"{"id": "old", "password": "p"}"#,
            r#"{"username":"Old","email":"e@x","roles":[{"name":"Admin"}],"password":"p"}"#,
        ),
        (
            current,
            r#"{"id": "old", "username": "new", "roles": []}"#,
            r#"{"username":"new","email":"e@x","roles":[]}"#,
        ),
        (
            current,
            r#"{"id": "old", "username": null, "clear": ["email"], "password": "hunter2"}"#,
            r#"{"username":"Old","email":null,"roles":[{"name":"Admin"}],"password":"hunter2"}"#,
        ),
        (
            r#"{"email": null}"#,
            r#"{"id": "old", "password": "p"}"#,
            r#"{"username":"old","password":"p"}"#,
        ),
        // A masked value is not sent. The upstream keeps the fields that the update mask does not name.
        (
            r#"{"username": "u", "email": "***"}"#,
            r#"{"id": "old", "password": "p"}"#,
            r#"{"username":"u","password":"p"}"#,
        ),
        (
            r#"{"email": 5, "roles": "odd"}"#,
            r#"{"id": "old", "password": "p"}"#,
            r#"{"username":"old","password":"p"}"#,
        ),
        (
            "[]",
            r#"{"id": "old", "password": "p"}"#,
            r#"{"username":"old","password":"p"}"#,
        ),
        (
            r#"{"username": null}"#,
            r#"{"id": "old", "password": "p"}"#,
            r#"{"username":"old","password":"p"}"#,
        ),
    ];
    for (current, given, expected) in rows {
        let current: Value = serde_json::from_str(current).unwrap();
        let arguments = checked(&UPDATE_USER, given).unwrap();
        let body = merged(&arguments, &current).unwrap().body.unwrap();
        assert_eq!(String::from_utf8(body).unwrap(), expected, "{given}");
    }
}

#[test]
fn a_merge_keeps_numbers_and_prunes_deeply() {
    const DEEP: Shape = object(&[
        optional("n", NUMBER),
        optional("o", nullable(STRING)),
        optional("e", values(&["a"])),
        optional("p", format("password")),
        optional("m", map(&ROLE)),
    ]);
    let tool = leak(Tool {
        parameters: vec![param(ParameterLocation::Body, optional("d", DEEP))].leak(),
        body: UPDATE_USER.body,
        ..TOOL
    });
    let current = r#"{"d": {"n": 1234567890123456789012, "o": null, "e": "later", "x": 1, "p": "***", "m": {"k": {"name": "r", "id": 2}}}}"#;
    let current = serde_json::from_str(current).unwrap();
    let body = merged(&checked(tool, "{}").unwrap(), &current)
        .unwrap()
        .body;
    assert_eq!(
        String::from_utf8(body.unwrap()).unwrap(),
        r#"{"d":{"n":1234567890123456789012,"o":null,"e":"later","m":{"k":{"name":"r"}}}}"#
    );
}

#[test]
fn a_masked_value_is_not_overwritten() {
    let tool = leak(Tool {
        update: Update {
            mask: None,
            ..UPDATE_USER.update
        },
        segments: USER_PATH,
        parameters: UPDATE_USER.parameters,
        body: UPDATE_USER.body,
        ..TOOL
    });
    let current = serde_json::json!({"username": "u", "email": "***", "password": "***"});
    let merged = |given| merged(&checked(tool, given).unwrap(), &current);
    let message = "email: the server masks the current value, and this operation would overwrite it; give the value";
    let error = merged(r#"{"id": "u", "username": "v"}"#).unwrap_err();
    assert_eq!(error.to_string(), message);
    let body = merged(r#"{"id": "u", "email": "e"}"#).unwrap().body;
    assert_eq!(body.unwrap(), br#"{"username":"u","email":"e"}"#);
}

#[test]
fn a_path_after_a_rename_has_the_new_name() {
    let rows = [
        (r#"{"id": "old", "email": "e"}"#, true, Ok("/users/old")),
        (
            r#"{"id": "old", "username": "a b"}"#,
            true,
            Ok("/users/a%20b"),
        ),
        (
            r#"{"id": "old", "username": "a b"}"#,
            false,
            Ok("/users/old"),
        ),
        (
            r#"{"id": "old", "username": null, "email": "e"}"#,
            true,
            Ok("/users/old"),
        ),
        (
            r#"{"id": "old", "username": ".."}"#,
            true,
            Err("username: \"..\" is a relative path segment, which cannot be sent as a name"),
        ),
        (
            r#"{"id": "old", "username": "a/b"}"#,
            true,
            Err(
                "username: \"a/b\" contains \"/\", which the server cannot route as part of a name",
            ),
        ),
    ];
    for (given, body_first, expected) in rows {
        let arguments = checked(&UPDATE_USER, given).unwrap();
        let path = arguments.path_of(UPDATE_USER.update.read_back, body_first);
        let path = path.map_err(|problem| problem.to_string());
        assert_eq!(
            path,
            expected.map(str::to_owned).map_err(str::to_owned),
            "{given}"
        );
    }
}

#[test]
fn the_get_of_an_update_has_no_body_and_no_query() {
    let arguments = checked(&UPDATE_USER, r#"{"id": "x", "email": "e"}"#).unwrap();
    let path = arguments.path_of(USER_PATH, false).unwrap();
    let request = Request::get("things", path);
    let expected = Request {
        document: "things",
        http: Http::Get,
        guarantees: Http::Get,
        path_and_query: "/users/x".to_owned(),
        headers: Vec::new(),
        body: None,
        media_type: "".into(),
        accept: "application/json",
        partial: false,
    };
    assert_eq!(request, expected);
}
