//! Calls that send one request per id, and the error that lists the outcome of each id.
#![allow(clippy::unwrap_used, clippy::panic)]

use serde_json::{Value, json};

use crate::tests::server::{Reply, SeenRequest, Server, THINGS};
use crate::tests::tools::{
    BOOLEAN, STRING, TOOL, array, checked, json_object, object, optional, param, required,
};
use crate::tool::api::Api;
use crate::tool::{
    Body, Each, Effect, Http, Mask, Parameter, ParameterLocation, ParameterStyle, Segment, Tool,
    Update,
};
use crate::upstream::account::Account;
use crate::upstream::settings::{Credentials, Settings};

const THING: crate::schema::Shape = object(&[optional("name", STRING)]);

static TOOLS: [Tool; 1] = [Tool {
    name: "pause_things",
    method: "pause",
    operation: "patch_things",
    effect: Effect {
        read_only: false,
        destructive: true,
        idempotent: true,
    },
    http: Http::Patch,
    path: "/things",
    segments: &[Segment::Literal("/things")],
    parameters: &[
        Parameter {
            wire: "thing_id",
            ..param(ParameterLocation::Each, optional("ids", array(&STRING)))
        },
        Parameter {
            when_omitted: "\"%\"",
            ..param(
                ParameterLocation::Query(ParameterStyle::Repeat),
                optional("pattern", STRING),
            )
        },
        param(
            ParameterLocation::Query(ParameterStyle::Repeat),
            optional("tags", array(&STRING)),
        ),
        param(ParameterLocation::Body, required("is_paused", BOOLEAN)),
    ],
    body: Body {
        media_type: "application/json",
        required: true,
        ..Body::NONE
    },
    update: Update {
        mask: Some(Mask {
            name: "mask",
            style: ParameterStyle::Comma,
        }),
        ..Update::PLAIN
    },
    each: Some(Each {
        operation: "patch_thing",
        http: Http::Put,
        segments: &[Segment::Literal("/things/"), Segment::Parameter("thing_id")],
        items: "things",
    }),
    require_any: &["ids", "pattern", "tags"],
    returns: Some(object(&[optional("things", array(&THING))])),
    ..TOOL
}];

static API: Api = Api {
    toolsets: &[&TOOLS],
    ..THINGS
};
static APIS: &[&Api] = &[&API];

fn account(server: &Server, in_flight: Option<usize>) -> Account {
    let mut settings = Settings::new(&server.url, Credentials::None);
    settings.api = Some("things".to_owned());
    if let Some(in_flight) = in_flight {
        settings.max_in_flight = in_flight;
    }
    Account::new(settings, APIS, crate::log::PlainText::FORMAT).unwrap()
}

async fn call(account: &Account, arguments: &Value) -> Value {
    let arguments = json_object(&arguments.to_string());
    let answer = account.call(&TOOLS[0], arguments, &|_, _| {}).await;
    serde_json::from_str(&answer.json).unwrap()
}

/// Returns the id in the path of a request.
fn id(seen: &SeenRequest) -> String {
    let (_, target) = seen.line.split_once("/things/").unwrap();
    target.split('?').next().unwrap().to_owned()
}

/// Returns the thing, or an error with the status with which the id begins.
fn things(seen: &SeenRequest) -> Reply {
    let id = id(seen);
    let status = id.get(..3).and_then(|it| it.parse().ok());
    match status {
        Some(200) => Reply::html(200, "<html>"),
        Some(status) => Reply::json(status, &json!({"detail": format!("no {id}")}).to_string()),
        None => Reply::json(200, &json!({"name": id, "n": 1}).to_string()),
    }
}

#[tokio::test]
async fn each_id_is_a_request_and_the_responses_are_the_result() {
    let server = Server::start(things).await;
    let arguments = json!({"ids": ["a", "b c", "a"], "is_paused": true});
    let result = call(&account(&server, None), &arguments).await;
    let expected = json!({"things": [{"name": "a", "n": 1}, {"name": "b%20c", "n": 1}]});
    assert_eq!(result, expected);
    let mut lines = server.lines();
    lines.sort();
    let expected = [
        "PUT /things/a?mask=is_paused",
        "PUT /things/b%20c?mask=is_paused",
    ];
    assert_eq!(lines, expected, "no filter, and no id twice");
    for seen in server.seen() {
        assert_eq!(String::from_utf8_lossy(&seen.body), r#"{"is_paused":true}"#);
        assert_eq!(seen.header("content-type"), Some("application/json"));
    }
}

#[tokio::test]
async fn without_ids_the_tool_calls_its_own_operation() {
    let server = Server::start(|_| Reply::json(200, r#"{"things":[]}"#)).await;
    let arguments = json!({"tags": ["x"], "is_paused": false});
    let result = call(&account(&server, None), &arguments).await;
    assert_eq!(result, json!({"things": []}));
    assert_eq!(
        server.lines(),
        ["PATCH /things?pattern=%25&tags=x&mask=is_paused"]
    );
}

/// Checks the code, status, title, detail and `retryable` of the error.
#[tokio::test]
async fn the_error_lists_the_outcome_of_each_id() {
    let rows: [(&[&str], Value); 5] = [
        (
            &["a", "404", "b", "403"],
            json!([
                "not_found",
                404,
                "Only some objects changed",
                "Changed: \"a\", \"b\". Failed: \"404\" (HTTP 404: no 404), \"403\" (HTTP 403: no 403). Not sent: none.",
                false
            ]),
        ),
        (
            &["404"],
            json!([
                "not_found",
                404,
                "Nothing changed",
                "Changed: none. Failed: \"404\" (HTTP 404: no 404). Not sent: none.",
                false
            ]),
        ),
        (
            &["500", "a"],
            json!([
                "upstream_error",
                500,
                "Only some objects changed",
                "Changed: \"a\". Failed: \"500\" (HTTP 500: no 500). Not sent: none.",
                false
            ]),
        ),
        (
            &["404", "429", "a"],
            json!([
                "rate_limited",
                429,
                "Nothing changed",
                "Changed: none. Failed: \"404\" (HTTP 404: no 404), \"429\" (HTTP 429: no 429). Not sent: \"a\".",
                true
            ]),
        ),
        (
            &["a", "401", "b"],
            json!([
                "unauthenticated",
                401,
                "Only some objects changed",
                "Changed: \"a\". Failed: \"401\" (HTTP 401: no 401). Not sent: \"b\".",
                false
            ]),
        ),
    ];
    for (ids, expected) in rows {
        let server = Server::start(things).await;
        // The requests are sent one after another, so that it is certain which ids were not tried.
        let arguments = json!({"ids": ids, "is_paused": true});
        let result = call(&account(&server, Some(1)), &arguments).await;
        let error = &result["error"];
        let members = ["code", "status", "title", "detail", "retryable"].map(|key| &error[key]);
        assert_eq!(json!(members), expected, "{ids:?}");
        assert_eq!(error["operation"], "patch_thing");
        let hint = error["hint"].as_str().unwrap();
        assert!(
            hint.starts_with("The changes that succeeded are kept. "),
            "{hint}"
        );
    }
}

#[tokio::test]
async fn changes_without_a_valid_response_are_unknown() {
    let server = Server::start(|seen| match id(seen).as_str() {
        "lost" => Reply::raw(""),
        _ => things(seen),
    })
    .await;
    let account = account(&server, Some(1));
    let result = call(&account, &json!({"ids": ["200", "a"], "is_paused": true})).await;
    let detail = result["error"]["detail"].as_str().unwrap();
    assert!(
        detail.starts_with("Changed: \"a\". Failed: none. Unknown whether changed: \"200\" ("),
        "{detail}"
    );
    assert!(detail.ends_with(" Not sent: none."), "{detail}");
    let result = call(
        &account,
        &json!({"ids": ["a", "lost", "b"], "is_paused": true}),
    )
    .await;
    let detail = result["error"]["detail"].as_str().unwrap();
    assert!(
        detail.starts_with("Changed: \"a\". Failed: none. Unknown whether changed: \"lost\" ("),
        "{detail}"
    );
    assert!(detail.ends_with(" Not sent: \"b\"."), "{detail}");
    assert_eq!(result["error"]["code"], "unreachable");
}

#[tokio::test]
async fn a_few_requests_are_sent_concurrently() {
    let gate = std::sync::Arc::new(tokio::sync::Semaphore::new(0));
    let held = gate.clone();
    let server = Server::start(move |seen| things(seen).behind(&held)).await;
    let account = account(&server, None);
    let ids: Vec<_> = (0..10).map(|id| format!("t{id}")).collect();
    let arguments = json!({"ids": ids, "is_paused": true});
    let open = async {
        server.wait_for(super::MAX_CONCURRENT).await;
        gate.add_permits(100);
    };
    let (result, ()) = tokio::join!(call(&account, &arguments), open);
    assert_eq!(result["things"].as_array().unwrap().len(), 10);
    assert_eq!(server.most_at_once(), super::MAX_CONCURRENT);
}

#[test]
fn combinations_of_arguments_are_checked() {
    let rows: [(&str, Result<(), &str>); 8] = [
        (
            r#"{"is_paused": true}"#,
            Err("missing argument: give at least one of ids, pattern, tags"),
        ),
        (r#"{"ids": ["a"], "is_paused": true}"#, Ok(())),
        (
            r#"{"tags": ["a"], "pattern": "b", "is_paused": true}"#,
            Ok(()),
        ),
        (
            r#"{"ids": ["a"], "tags": ["a"], "is_paused": true}"#,
            Err("tags: cannot be combined with ids; omit one of them"),
        ),
        (
            r#"{"ids": ["a", ""], "is_paused": true}"#,
            Err(r#"ids[1]: "" is empty, but a path needs a value here"#),
        ),
        (
            r#"{"ids": ["a/b"], "is_paused": true}"#,
            Err(r#"ids[0]: "a/b" contains "/", which the server cannot route as part of a name"#),
        ),
        (
            r#"{"ids": [5], "is_paused": true}"#,
            Err("ids[0]: expected a string, got 5; write \"5\" in quotes"),
        ),
        (
            r#"{"ids": ["a"]}"#,
            Err("missing argument \"is_paused\": true or false"),
        ),
    ];
    for (given, expected) in rows {
        let found = checked(&TOOLS[0], given).map(|_| ());
        assert_eq!(
            found,
            expected.map_err(|text| vec![text.to_owned()]),
            "{given}"
        );
    }
}
