//! Upstreams that are too old for a tool, an argument or the pagination of a list.
#![allow(clippy::unwrap_used)]

use std::sync::Mutex;

use serde_json::json;

use super::*;
use crate::schema::Field;
use crate::tests::server::{Reply, SeenRequest, Server, THINGS};
use crate::tests::tools::{LIST_USERS, STRING, TOOL, json_object, optional, param};
use crate::tool::api::Api;
use crate::tool::{Body, Http, List, Parameter, ParameterLocation, ParameterStyle, Segment};
use crate::upstream::settings::{Credentials, Settings};

const QUERY: ParameterLocation = ParameterLocation::Query(ParameterStyle::Repeat);

/// Returns a parameter that exists since version 3.2.
const fn newer(location: ParameterLocation, field: Field) -> Parameter {
    let mut param = param(location, field);
    param.since = "3.2";
    param
}

static TOOLS: [Tool; 3] = [
    Tool {
        name: "get_new",
        operation: "get_new",
        path: "/new",
        segments: &[Segment::Literal("/new")],
        since: "3.2",
        ..TOOL
    },
    Tool {
        name: "find",
        path: "/find",
        segments: &[Segment::Literal("/find")],
        http: Http::Post,
        body: Body {
            media_type: "application/json",
            required: true,
            fixed: &[],
            ..Body::NONE
        },
        parameters: &[
            param(QUERY, optional("name", STRING)),
            newer(QUERY, optional("tag", STRING)),
            {
                let mut param = newer(QUERY, optional("order", STRING));
                param.when_omitted = "\"id\"";
                param
            },
            {
                let mut param = newer(ParameterLocation::Body, optional("kind", STRING));
                param.fallback = "name";
                param
            },
        ],
        ..TOOL
    },
    Tool {
        list: match LIST_USERS.list {
            Some(list) => Some(List {
                pages_since: "3.1",
                ..list
            }),
            None => None,
        },
        ..LIST_USERS
    },
];

static API: Api = Api {
    name: "new",
    title: "Things 3",
    toolsets: &[&TOOLS],
    ..THINGS
};

static APIS: &[&Api] = &[&API];

/// Starts an upstream of this version that responds to every request.
async fn server(version: &'static Mutex<&'static str>) -> Server {
    Server::start(move |seen: &SeenRequest| {
        let path = seen.line.split(['?', ' ']).nth(1).unwrap_or_default();
        match path {
            "/version" => Reply::json(
                200,
                &json!({"version": *version.lock().unwrap()}).to_string(),
            ),
            "/users" => {
                let users: Vec<_> = (0..3).map(|id| json!({"username": id})).collect();
                Reply::json(
                    200,
                    &json!({"users": users, "total_entries": 3}).to_string(),
                )
            }
            _ => Reply::json(200, "{}"),
        }
    })
    .await
}

async fn call(account: &Account, name: &str, arguments: &str) -> Value {
    let tool = TOOLS.iter().find(|tool| tool.name == name).unwrap();
    let answer = account.call(tool, json_object(arguments), &|_, _| {});
    serde_json::from_str(&answer.await.json).unwrap()
}

fn account(server: &Server) -> Account {
    Account::new(
        Settings::new(&server.url, Credentials::None),
        APIS,
        crate::log::PlainText::FORMAT,
    )
    .unwrap()
}

#[tokio::test]
async fn newer_tools_and_arguments_are_rejected_before_sending() {
    static VERSION: Mutex<&str> = Mutex::new("3.0.6");
    let server = server(&VERSION).await;
    let account = account(&server);
    let error = |code: &str, title: &str, detail: &str, hint: &str, operation: &str| json!({"error": {"code": code, "status": null, "title": title, "detail": detail, "hint": hint, "retryable": false, "operation": operation}});
    assert_eq!(
        call(&account, "get_new", "{}").await,
        error(
            "not_found",
            "Requires Things 3.2",
            "The operation requires Things 3.2, but the server has 3.0.6.",
            "Nothing was sent. The tool cannot be used with this server until the server is upgraded.",
            "get_new"
        )
    );
    assert_eq!(
        call(
            &account,
            "find",
            r#"{"name": "a", "tag": "b", "order": "c"}"#
        )
        .await,
        error(
            "invalid_arguments",
            "Invalid arguments",
            "tag: requires Things 3.2, but the server has 3.0.6; omit it\norder: requires Things 3.2, but the server has 3.0.6; omit it",
            "Nothing was sent. Correct the arguments and call again.",
            "get_tool"
        )
    );
    assert_eq!(server.lines(), ["GET /version"]);
    // Defaults of parameters that need a newer version are not sent either.
    call(&account, "find", r#"{"name": "a"}"#).await;
    assert_eq!(server.lines()[1..], ["POST /find?name=a"]);
    assert_eq!(
        server.seen().last().map(|seen| seen.body.clone()),
        Some(b"{}".to_vec())
    );
    let known = account.known().unwrap();
    let offered = TOOLS.iter().filter(|tool| known.offers(tool));
    let offered: Vec<_> = offered.map(|tool| tool.name).collect();
    assert_eq!(offered, ["find", "list_all_things_users"]);
}

#[tokio::test]
async fn supported_arguments_are_sent() {
    static VERSION: Mutex<&str> = Mutex::new("3.2.0rc1");
    let server = server(&VERSION).await;
    let account = account(&server);
    call(&account, "get_new", "{}").await;
    call(&account, "find", r#"{"name": "a", "tag": "b"}"#).await;
    assert_eq!(
        server.lines(),
        [
            "GET /version",
            "GET /new",
            "POST /find?name=a&tag=b&order=id"
        ]
    );
    assert_eq!(
        server.seen().last().map(|seen| seen.body.clone()),
        Some(br#"{"kind":"a"}"#.to_vec())
    );
}

#[tokio::test]
async fn lists_without_pagination_are_read_at_once() {
    static OLD: Mutex<&str> = Mutex::new("3.0.6");
    static NEW: Mutex<&str> = Mutex::new("3.1.0");
    for (version, request) in [(&OLD, "GET /users"), (&NEW, "GET /users?limit=2&offset=0")] {
        let server = server(version).await;
        let result = call(
            &account(&server),
            "list_all_things_users",
            r#"{"limit": 2}"#,
        )
        .await;
        assert_eq!(
            result["users"].as_array().map(Vec::len),
            Some(2),
            "{result}"
        );
        assert_eq!(server.lines()[1], request);
    }
}

#[tokio::test]
async fn an_upgrade_of_the_server_is_detected() {
    static VERSION: Mutex<&str> = Mutex::new("3.0.6");
    let server = server(&VERSION).await;
    let account = account(&server);
    let title = async || {
        let answer = call(&account, "get_new", "{}").await;
        answer["error"]["title"].as_str().map(str::to_owned)
    };
    let needs = Some("Requires Things 3.2".to_owned());
    assert_eq!(title().await, needs);
    *VERSION.lock().unwrap() = "3.2.1";
    // The version was read a moment ago, so it is not read again.
    assert_eq!(title().await, needs);
    account.0.asked.lock().unwrap().clear();
    assert_eq!(title().await, None);
    assert_eq!(account.known().unwrap().version, "3.2.1");
    assert_eq!(server.lines(), ["GET /version", "GET /version", "GET /new"]);
}
