//! Calls of tools against an upstream: lists, updates with a read back, errors, and the detected API.
#![allow(clippy::unwrap_used)]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::json;

use super::*;
use crate::tests::server::{Reply, SeenRequest, Server, THINGS};
use crate::tests::tools::{
    ANY, CREATE_USER, LIST_USERS, ROLE, STRING, TOOL, UPDATE_USER, USER_PATH, array, json_object,
    optional, param, required,
};
use crate::tool::api::{Api, VersionProbe};
use crate::tool::{Body, Http, Parameter, ParameterLocation, Segment, Update};
use crate::upstream::settings::{Credentials, Settings};

static TOOLS: [Tool; 9] = [
    Tool { ..LIST_USERS },
    Tool {
        name: "delete_user",
        method: "delete",
        http: Http::Delete,
        body: Body::NONE,
        update: Update {
            read_back: USER_PATH,
            ..Update::PLAIN
        },
        returns: None,
        ..UPDATE_USER
    },
    Tool {
        name: "create_user",
        method: "create",
        http: Http::Post,
        path: "/users",
        segments: &[Segment::Literal("/users")],
        parameters: USER_MEMBERS,
        update: Update {
            read_back: USER_PATH,
            ..Update::PLAIN
        },
        ..UPDATE_USER
    },
    Tool { ..CREATE_USER },
    Tool { ..UPDATE_USER },
    Tool {
        name: "delete_thing",
        http: Http::Delete,
        path: "/thing",
        segments: &[Segment::Literal("/thing")],
        ..TOOL
    },
    Tool {
        name: "get_thing",
        path: "/thing",
        segments: &[Segment::Literal("/thing")],
        returns: Some(crate::tests::tools::object(&[])),
        ..TOOL
    },
    Tool {
        name: "get_names",
        path: "/names",
        segments: &[Segment::Literal("/names")],
        returns: Some(array(&STRING)),
        ..TOOL
    },
    Tool {
        name: "get_any",
        path: "/any",
        segments: &[Segment::Literal("/any")],
        returns: Some(ANY),
        ..TOOL
    },
];

const USER_MEMBERS: &[Parameter] = &[
    param(ParameterLocation::Body, required("username", STRING)),
    param(ParameterLocation::Body, optional("email", STRING)),
    param(ParameterLocation::Body, optional("roles", array(&ROLE))),
];

static ONLY_OLD: [Tool; 2] = [
    Tool {
        name: "get_old",
        ..TOOL
    },
    // Tool with the same name and another operation.
    Tool {
        name: "get_thing",
        path: "/old",
        segments: &[Segment::Literal("/old")],
        parameters: &[crate::tests::tools::param(
            crate::tool::ParameterLocation::Query(crate::tool::ParameterStyle::Repeat),
            crate::tests::tools::optional("old", STRING),
        )],
        ..TOOL
    },
];

const fn api(name: &'static str, version: &'static str, tools: &'static [&'static [Tool]]) -> Api {
    Api {
        name,
        title: name,
        version: VersionProbe {
            path: version,
            version: "/version",
            product: "Things",
        },
        toolsets: tools,
        ..THINGS
    }
}

static NEW: Api = api("new", "/2/version", &[&TOOLS]);
static OLD: Api = api("old", "/1/version", &[&ONLY_OLD]);
static APIS: &[&Api] = &[&NEW, &OLD];

fn tool(name: &str) -> &'static Tool {
    let mut tools = TOOLS.iter().chain(&ONLY_OLD);
    tools.find(|tool| tool.name == name).unwrap()
}

fn account(server: &Server) -> Account {
    let mut settings = Settings::new(&server.url, Credentials::None);
    settings.api = Some("new".to_owned());
    Account::new(settings, APIS, crate::log::PlainText::FORMAT).unwrap()
}

async fn call(account: &Account, name: &str, arguments: &str) -> (Value, ToolOutput) {
    let answer = account.call(tool(name), json_object(arguments), &|_, _| {});
    let answer = answer.await;
    let value: Value = serde_json::from_str(&answer.json).unwrap();
    assert!(value.is_object(), "{value}");
    assert_eq!(value.get("error").is_some(), answer.error.is_some());
    (value, answer)
}

/// Returns a number from the query of a request.
fn number(seen: &SeenRequest, name: &str) -> usize {
    let (_, query) = seen.line.split_once('?').unwrap();
    let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    let (_, value) = pairs.find(|(key, _)| *key == name).unwrap();
    value.parse().unwrap()
}

/// Returns a page of 437 users. Every hundredth user is an admin.
fn users(seen: &SeenRequest) -> Reply {
    let (limit, offset) = (number(seen, "limit"), number(seen, "offset"));
    let users: Vec<_> = (offset..437.min(offset + limit.min(100)))
        .map(|id| {
            let role = if id % 100 == 7 { "Admin" } else { "Viewer" };
            json!({"username": format!("u{id}"), "email": format!("u{id}@example.org"), "roles": [{"name": role}]})
        })
        .collect();
    let body = json!({"users": users, "total_entries": 437});
    Reply::new(
        200,
        &format!(
            "content-type: application/json\r\nx-ratelimit-limit: 600\r\nx-ratelimit-remaining: {}\r\n",
            500 - offset
        ),
        &body.to_string(),
    )
}

#[tokio::test]
async fn a_list_is_walked_by_its_cursor() {
    let server = Server::start(users).await;
    let account = account(&server);
    let mut names = Vec::new();
    let mut arguments = json!({"limit": 150, "order_by": "id"});
    loop {
        let (result, answer) =
            call(&account, "list_all_things_users", &arguments.to_string()).await;
        assert_eq!(
            (result["total_entries"].as_u64(), answer.status),
            (Some(437), Some(200))
        );
        assert_eq!(answer.rate_limit.limit, Some(600));
        for user in result["users"].as_array().unwrap() {
            let keys: Vec<_> = user.as_object().unwrap().keys().collect();
            assert_eq!(keys, ["username", "email"]);
            names.push(user["username"].as_str().unwrap().to_owned());
        }
        if result["next_cursor"].is_null() {
            break;
        }
        arguments["next_cursor"] = result["next_cursor"].clone();
    }
    let expected: Vec<_> = (0..437).map(|id| format!("u{id}")).collect();
    assert_eq!(names, expected);
    assert_eq!(
        server.lines()[..2],
        [
            "GET /users?order_by=id&limit=100&offset=0",
            "GET /users?order_by=id&limit=50&offset=100"
        ]
    );
}

#[tokio::test]
async fn filters_find_in_one_call() {
    let server = Server::start(users).await;
    let account = account(&server);
    let rows = [
        (r#"{"email": "u120@example.org"}"#, vec!["u120"]),
        (
            r#"{"role": "Admin"}"#,
            vec!["u7", "u107", "u207", "u307", "u407"],
        ),
        (r#"{"role": "Admin", "email": "u8@example.org"}"#, vec![]),
        (r#"{"role": "Nobody"}"#, vec![]),
    ];
    for (arguments, expected) in rows {
        let (result, _) = call(&account, "list_all_things_users", arguments).await;
        let users = result["users"].as_array().unwrap();
        let names: Vec<_> = users.iter().map(|user| &user["username"]).collect();
        assert_eq!(names, expected, "{arguments}");
        assert_eq!(result["next_cursor"], Value::Null);
    }
}

#[tokio::test]
async fn a_cursor_of_another_call_is_rejected_before_sending() {
    let server = Server::start(users).await;
    let account = account(&server);
    let (result, _) = call(
        &account,
        "list_all_things_users",
        r#"{"limit": 1, "role": "Admin"}"#,
    )
    .await;
    let cursor = result["next_cursor"].as_str().unwrap();
    let before = server.seen().len();
    let rows = [
        (
            json!({"role": "Viewer", "next_cursor": cursor}),
            "other arguments",
        ),
        (json!({"next_cursor": cursor}), "other arguments"),
        (
            json!({"role": "Admin", "next_cursor": format!("{cursor}A")}),
            "damaged",
        ),
        (json!({"role": "Admin", "next_cursor": " "}), "damaged"),
    ];
    for (arguments, expected) in rows {
        let (result, answer) =
            call(&account, "list_all_things_users", &arguments.to_string()).await;
        assert_eq!(result["error"]["code"], "invalid_arguments");
        let detail = result["error"]["detail"].as_str().unwrap();
        assert!(detail.contains(expected), "{detail}");
        assert_eq!(answer.status, None);
    }
    assert_eq!(server.seen().len(), before);
    let same = json!({"limit": 2, "role": "Admin", "fields": ["roles"], "next_cursor": cursor});
    let (result, _) = call(&account, "list_all_things_users", &same.to_string()).await;
    assert_eq!(result["users"][0], json!({"roles": [{"name": "Admin"}]}));
}

#[tokio::test]
async fn all_errors_are_reported_and_nothing_is_sent() {
    let server = Server::start(users).await;
    let (result, _) = call(
        &account(&server),
        "list_all_things_users",
        r#"{"limit": 0, "zork": 1, "active": "yes"}"#,
    )
    .await;
    let detail = result["error"]["detail"].as_str().unwrap();
    for name in ["limit", "zork", "active"] {
        assert!(detail.contains(name), "{detail}");
    }
    assert_eq!(detail.lines().count(), 3);
    assert!(server.seen().is_empty());
}

#[tokio::test]
async fn a_rate_limit_error_states_where_to_continue() {
    let server = Server::start(|seen| match number(seen, "offset") {
        200 => Reply::new(
            429,
            "content-type: application/json\r\nratelimit-limit: 10\r\nratelimit-remaining: 0\r\nratelimit-reset: 30\r\n",
            r#"{"detail": "Slow down"}"#,
        ),
        _ => users(seen),
    })
    .await;
    let account = account(&server);
    let (result, answer) = call(&account, "list_all_things_users", r#"{"email": "nobody"}"#).await;
    let error = &result["error"];
    assert_eq!(
        (&error["code"], &error["status"]),
        (&json!("rate_limited"), &json!(429))
    );
    assert_eq!(
        (answer.rate_limit.remaining, answer.rate_limit.reset),
        (Some(0), Some(30))
    );
    let hint = error["hint"].as_str().unwrap();
    let cursor = hint.split('"').nth(1).unwrap();
    let scope_is_right = json!({"email": "nobody", "next_cursor": cursor}).to_string();
    call(&account, "list_all_things_users", &scope_is_right).await;
    let last = server.lines().pop().unwrap();
    assert_eq!(last, "GET /users?limit=100&offset=200");
}

/// Starts an upstream with one user. `renames` decides whether a rename has an effect, and `finds_both` whether the old name is still found after a rename.
async fn with_user(renames: bool, finds_both: bool) -> Server {
    let renamed = Arc::new(AtomicBool::new(false));
    Server::start(move |seen| {
        let user = |name: &str| {
            let body = json!({"username": name, "email": "a@b", "first_name": "A", "roles": [{"name": "Op"}]});
            Reply::json(200, &body.to_string())
        };
        let (method, path) = seen.line.split_once(' ').unwrap();
        let is_new = renamed.load(Ordering::SeqCst);
        match (method, path.split('?').next().unwrap()) {
            ("PATCH", _) => {
                let body: Value = serde_json::from_slice(&seen.body).unwrap();
                renamed.store(renames && body["username"] != "old", Ordering::SeqCst);
                // The response repeats the request, even if nothing was renamed.
                Reply::json(200, &seen.body.iter().map(|byte| char::from(*byte)).collect::<String>())
            }
            ("GET", "/users/old") if is_new && !finds_both => Reply::json(404, r#"{"detail": "not found"}"#),
            ("GET", "/users/old" | "/users/OLD") => user(if is_new { "OLD" } else { "old" }),
            ("GET", _) => user("new"),
            _ => Reply::json(500, "{}"),
        }
    })
    .await
}

#[tokio::test]
async fn an_update_reads_first_and_reads_back() {
    let server = with_user(true, false).await;
    let (result, answer) = call(
        &account(&server),
        "update_a_things_user_by_id",
        r#"{"id": "old", "email": "new@b"}"#,
    )
    .await;
    assert_eq!(
        (&result["error"]["code"], answer.status),
        (&json!("not_applied"), Some(200))
    );
    assert_eq!(
        result["error"]["detail"],
        r#"The server reported success (HTTP 200), but the object shows: email: requested "new@b", found "a@b"."#
    );
    assert_eq!(
        server.lines(),
        [
            "GET /users/old",
            "PATCH /users/old?update_mask=email",
            "GET /users/old"
        ]
    );
    let body: Value = serde_json::from_slice(&server.seen()[1].body).unwrap();
    assert_eq!(
        body,
        json!({"username": "old", "email": "new@b", "roles": [{"name": "Op"}]})
    );
}

#[tokio::test]
async fn a_confirmed_change_is_the_result() {
    let server = with_user(true, false).await;
    let arguments = r#"{"id": "old", "email": "a@b", "password": "hunter2!"}"#;
    let (result, _) = call(&account(&server), "update_a_things_user_by_id", arguments).await;
    assert_eq!(
        (&result["email"], &result["first_name"]),
        (&json!("a@b"), &json!("A"))
    );
}

#[tokio::test]
async fn a_change_that_was_not_made_is_reported() {
    // Tool, arguments, response to the GET, expected code, part of the detail.
    let rows = [
        (
            "delete_user",
            r#"{"id": "a"}"#,
            Reply::json(404, "{}"),
            Value::Null,
            "",
        ),
        (
            "delete_user",
            r#"{"id": "a"}"#,
            Reply::json(200, r#"{"username": "a"}"#),
            json!("not_applied"),
            "still exists",
        ),
        (
            "delete_user",
            r#"{"id": "a"}"#,
            Reply::json(403, "{}"),
            json!("forbidden"),
            "reading the object afterwards",
        ),
        (
            "create_user",
            r#"{"username": "a", "roles": []}"#,
            Reply::json(200, r#"{"username": "a", "roles": [{"name": "Public"}]}"#),
            Value::Null,
            "",
        ),
        (
            "create_user",
            r#"{"username": "a", "email": "e"}"#,
            Reply::json(200, r#"{"username": "a"}"#),
            json!("not_applied"),
            "email",
        ),
        (
            "create_user",
            r#"{"username": "a"}"#,
            Reply::json(404, "{}"),
            json!("not_applied"),
            "does not exist",
        ),
        (
            "create_user",
            r#"{"username": "a/b"}"#,
            Reply::json(200, "{}"),
            json!("invalid_arguments"),
            "accepted the change",
        ),
    ];
    for (name, arguments, found, code, detail) in rows {
        let server = Server::start(move |seen| match seen.line.split_once(' ').unwrap().0 {
            "GET" => found.clone(),
            _ => Reply::json(200, "null"),
        })
        .await;
        let (result, answer) = call(&account(&server), name, arguments).await;
        let error = &result["error"];
        assert_eq!(error["code"], code, "{result}");
        if code.is_null() {
            assert_eq!(answer.status, Some(200));
            continue;
        }
        assert!(
            error["detail"].as_str().unwrap().contains(detail),
            "{error}"
        );
        let hint = error["hint"].as_str().unwrap();
        assert!(
            !hint.is_empty() && !hint.contains("Nothing was sent"),
            "{error}"
        );
    }
}

#[tokio::test]
async fn a_rename_is_checked() {
    // Whether the upstream renames, whether it finds both names, new name, expected code.
    let rows = [
        (true, false, "new", Value::Null),
        (false, false, "new", json!("conflict")),
        // The names differ only in case, and the upstream finds both.
        (true, true, "OLD", Value::Null),
    ];
    for (renames, finds_both, new, code) in rows {
        let server = with_user(renames, finds_both).await;
        let arguments = json!({"id": "old", "username": new}).to_string();
        let (result, answer) =
            call(&account(&server), "update_a_things_user_by_id", &arguments).await;
        assert_eq!(result["error"]["code"], code, "{result}");
        assert_eq!(answer.status, Some(200));
        if code.is_null() {
            assert_eq!(result["username"], new);
        } else {
            let detail = result["error"]["detail"].as_str().unwrap();
            assert!(
                detail.contains(r#""old" still has its old name"#),
                "{detail}"
            );
        }
    }
}

#[tokio::test]
async fn a_change_that_cannot_be_read_back_was_probably_made() {
    let server = Server::start(|seen| match seen.line.split_once(' ').unwrap().0 {
        "PATCH" => Reply::json(200, "{}"),
        _ if seen.line.ends_with("/gone") => Reply::json(403, r#"{"detail": "Forbidden"}"#),
        _ => Reply::json(200, r#"{"username": "a"}"#),
    })
    .await;
    let account = account(&server);
    let (result, _) = call(
        &account,
        "update_a_things_user_by_id",
        r#"{"id": "gone", "email": "x"}"#,
    )
    .await;
    // The first GET fails before anything is changed.
    assert_eq!(result["error"]["detail"], "Forbidden");
    let gate = Arc::new(AtomicBool::new(false));
    let server = Server::start(move |seen| match seen.line.split_once(' ').unwrap().0 {
        "PATCH" => {
            gate.store(true, Ordering::SeqCst);
            Reply::json(200, "{}")
        }
        _ if gate.load(Ordering::SeqCst) => Reply::json(403, r#"{"detail": "Forbidden"}"#),
        _ => Reply::json(200, r#"{"username": "a"}"#),
    })
    .await;
    let (result, _) = call(
        &self::account(&server),
        "update_a_things_user_by_id",
        r#"{"id": "a", "email": "x"}"#,
    )
    .await;
    let error = &result["error"];
    assert_eq!(
        (&error["code"], &error["retryable"]),
        (&json!("forbidden"), &json!(false))
    );
    let detail = error["detail"].as_str().unwrap();
    assert!(
        detail.starts_with("The server accepted the change (HTTP 200)"),
        "{detail}"
    );
}

#[tokio::test]
async fn every_response_becomes_an_object() {
    // Tool, status, body, expected result.
    let rows = [
        ("delete_thing", 204, "", r#"{"status":204}"#),
        ("delete_thing", 200, "null", r#"{"status":200}"#),
        ("delete_thing", 200, " null\n", r#"{"status":200}"#),
        (
            "delete_thing",
            200,
            r#"{"deleted": 1}"#,
            r#"{"status":200}"#,
        ),
        ("get_thing", 200, "{ }", "{}"),
        (
            "get_thing",
            200,
            r#"{"big": 123456789012345678901234567890, "f": 1e300, "x": NaN}"#,
            r#"{"big":123456789012345678901234567890,"f":1e300,"x":null}"#,
        ),
        ("get_thing", 200, "[1, 2]", r#"{"result":[1,2]}"#),
        ("get_names", 200, r#"["a", "b"]"#, r#"{"result":["a","b"]}"#),
        ("get_any", 200, r#"{"a": 1}"#, r#"{"result":{"a":1}}"#),
        ("get_any", 200, "7", r#"{"result":7}"#),
    ];
    for (name, status, body, expected) in rows {
        let server = Server::start(move |_| Reply::json(status, body)).await;
        let (_, answer) = call(&account(&server), name, "{}").await;
        assert_eq!(
            (answer.json.as_str(), answer.status),
            (expected, Some(status)),
            "{body}"
        );
    }
}

#[tokio::test]
async fn foreign_responses_are_unexpected() {
    let rows = [
        (
            "get_thing",
            Reply::html(200, "<html>welcome</html>"),
            "web page",
        ),
        ("get_thing", Reply::json(200, r#"{"a": 1,}"#), "at byte 8"),
        (
            "get_thing",
            Reply::json(200, r#"{"a": 1"#),
            "ends too early",
        ),
        ("get_thing", Reply::json(200, ""), "empty"),
        (
            "list_all_things_users",
            Reply::html(200, "<html>welcome</html>"),
            "web page",
        ),
        (
            "list_all_things_users",
            Reply::json(200, r#"{"total_entries": 0}"#),
            "no array `users`",
        ),
        (
            "list_all_things_users",
            Reply::json(200, r#"{"users": [1,]}"#),
            "at byte 13",
        ),
    ];
    for (name, reply, expected) in rows {
        let server = Server::start(move |_| reply.clone()).await;
        let (result, _) = call(&account(&server), name, "{}").await;
        let error = &result["error"];
        assert_eq!(
            (&error["code"], &error["status"]),
            (&json!("unexpected_response"), &json!(200))
        );
        assert_eq!(error["operation"], tool(name).operation);
        let detail = error["detail"].as_str().unwrap();
        assert!(detail.contains(expected), "{detail}");
    }
}

#[tokio::test]
async fn secrets_of_the_arguments_are_not_repeated() {
    for secret in ["hunter2!", "pa\"ss\\wörd", "abc"] {
        let server = Server::start(|seen| {
            let body: Value = serde_json::from_slice(&seen.body).unwrap();
            let echo = format!(
                "bad body {body}, password {}",
                body["password"].as_str().unwrap()
            );
            Reply::json(400, &json!({ "detail": echo }).to_string())
        })
        .await;
        let arguments =
            json!({"username": "ada", "email": "e", "roles": [{"name": "Op"}], "password": secret});
        let (result, answer) = call(
            &account(&server),
            "create_a_things_user",
            &arguments.to_string(),
        )
        .await;
        let detail = result["error"]["detail"].as_str().unwrap();
        assert!(
            detail.contains("ada") && detail.contains("password ***"),
            "{detail}"
        );
        let escaped = json!(secret).to_string();
        assert!(!detail.contains(secret), "{detail}");
        assert!(!answer.json.contains(&escaped), "{detail}");
    }
}

#[tokio::test]
async fn results_are_cut_to_the_size_of_the_account() {
    let server = Server::start(|seen| match seen.line.starts_with("GET /users") {
        true => users(seen),
        false => Reply::json(
            200,
            &json!({"id": 1, "text": "x".repeat(50_000)}).to_string(),
        ),
    })
    .await;
    let mut settings = Settings::new(&server.url, Credentials::None);
    settings.api = Some("new".to_owned());
    settings.max_result_bytes = 5_000;
    let account = Account::new(settings, APIS, crate::log::PlainText::FORMAT).unwrap();
    for (name, arguments) in [
        ("get_thing", "{}"),
        ("list_all_things_users", r#"{"limit": 437}"#),
    ] {
        let (result, answer) = call(&account, name, arguments).await;
        assert!(answer.json.len() <= 5_000, "{}", answer.json.len());
        assert!(result["truncated"].is_string(), "{name}");
    }
}

#[tokio::test]
async fn the_detected_api_decides_which_tool_is_called() {
    let server = Server::start(|seen| match seen.line.as_str() {
        "GET /1/version" => Reply::json(200, r#"{"version": "1.9"}"#),
        "GET /old" | "GET /old?old=x" => Reply::json(200, r#"{"old": true}"#),
        _ => Reply::html(404, "no"),
    })
    .await;
    let account = Account::new(
        Settings::new(&server.url, Credentials::None),
        APIS,
        crate::log::PlainText::FORMAT,
    )
    .unwrap();
    // As long as the API is unknown, an argument that only a tool of another API has is accepted.
    let (result, _) = call(&account, "get_thing", r#"{"old": "x"}"#).await;
    assert_eq!(result, json!({"status": 200}));
    let (result, _) = call(&account, "get_thing", "{}").await;
    assert_eq!(result, json!({"status": 200}));
    let (result, _) = call(&account, "delete_thing", "{}").await;
    assert_eq!(result["error"]["code"], "not_found");
    let detail = result["error"]["detail"].as_str().unwrap();
    assert!(detail.contains("old 1.9"), "{detail}");
}

#[test]
fn a_call_can_move_between_threads() {
    fn check<T: Send>(_: impl FnOnce(&'static Account) -> T) {}
    check(|account| account.call(tool("get_thing"), Map::new(), &|_, _| {}));
}
