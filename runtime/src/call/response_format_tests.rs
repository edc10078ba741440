//! Responses in formats other than JSON: logs, text, and JSON values one per line.
#![allow(clippy::unwrap_used)]

use std::time::Duration;

use serde_json::json;

use super::*;
use crate::log::{LogFormat, LogLines, LogParser, LogPart, PlainText};
use crate::tests::server::{Reply, SeenRequest, Server, THINGS};
use crate::tests::tools::{ANY, STRING, TOOL, integer, json_object, nullable, optional, param};
use crate::tool::api::Api;
use crate::tool::{Body, Http, Parameter, ParameterLocation, ParameterStyle, Segment};
use crate::upstream::settings::{Credentials, Settings};

static TOOLS: [Tool; 5] = [
    Tool {
        name: "list_log",
        method: "list",
        path: "/log/{try}",
        segments: &[Segment::Literal("/log/"), Segment::Parameter("try")],
        parameters: &[Parameter {
            when_omitted: "-1",
            ..param(
                ParameterLocation::Path { slash: false },
                optional("try", integer(None, None)),
            )
        }],
        response_format: ResponseFormat::Log {
            accept: "text/plain",
            token: "token",
            next: "continuation_token",
        },
        ..TOOL
    },
    Tool {
        name: "get_text",
        path: "/text",
        segments: &[Segment::Literal("/text")],
        response_format: ResponseFormat::Text {
            accept: "text/plain",
        },
        ..TOOL
    },
    Tool {
        name: "wait",
        path: "/wait",
        segments: &[Segment::Literal("/wait")],
        parameters: &[Parameter {
            when_omitted: "2",
            hidden: true,
            ..param(
                ParameterLocation::Query(ParameterStyle::Repeat),
                optional("interval", integer(None, None)),
            )
        }],
        response_format: ResponseFormat::Lines {
            accept: "application/x-ndjson",
        },
        ..TOOL
    },
    Tool {
        name: "trigger",
        method: "trigger",
        http: Http::Post,
        path: "/runs/{name}",
        segments: &[Segment::Literal("/runs/"), Segment::Parameter("name")],
        parameters: &[
            param(
                ParameterLocation::Path { slash: false },
                optional("name", STRING),
            ),
            Parameter {
                when_omitted: "null",
                ..param(ParameterLocation::Body, optional("date", nullable(STRING)))
            },
            Parameter {
                fallback: "name",
                hidden: true,
                ..param(ParameterLocation::Body, optional("key", STRING))
            },
            param(ParameterLocation::Body, optional("conf", ANY)),
        ],
        body: Body {
            media_type: "application/json",
            ..Body::NONE
        },
        ..TOOL
    },
    Tool {
        name: "get_json",
        path: "/json",
        segments: &[Segment::Literal("/json")],
        returns: Some(ANY),
        ..TOOL
    },
];

static API: Api = Api {
    name: "new",
    title: "new",
    toolsets: &[&TOOLS],
    ..THINGS
};

static APIS: &[&Api] = &[&API];

/// A log format with parts: `{"content": [{"event": ".."}], "continuation_token": ".."}`. Other responses are plain text.
const EVENTS: LogFormat = || Box::new(Events);

struct Events;

impl LogParser for Events {
    fn parse(&mut self, response: &str, next: &str, lines: &mut LogLines) -> LogPart {
        let Ok(part) = serde_json::from_str::<Value>(response) else {
            return PlainText.parse(response, next, lines);
        };
        let events = part["content"].as_array().unwrap();
        for event in events {
            lines.push(event["event"].as_str().unwrap(), None);
        }
        LogPart {
            token: part[next].as_str().map(str::to_owned),
            is_empty: events.is_empty(),
        }
    }
}

fn account(server: &Server) -> Account {
    let mut settings = Settings::new(&server.url, Credentials::None);
    settings.api = Some("new".to_owned());
    settings.timeout = Duration::from_millis(500);
    Account::new(settings, APIS, EVENTS).unwrap()
}

async fn call(server: &Server, name: &str, arguments: &str) -> Value {
    let tool = TOOLS.iter().find(|tool| tool.name == name).unwrap();
    let account = account(server);
    let answer = account.call(tool, json_object(arguments), &|_, _| {});
    serde_json::from_str(&answer.await.json).unwrap()
}

fn text(media_type: &str, body: &str) -> Reply {
    Reply::new(200, &format!("content-type: {media_type}\r\n"), body)
}

fn accepted(seen: &SeenRequest) -> &str {
    seen.header("accept").unwrap()
}

#[tokio::test]
async fn a_log_is_requested_as_text_and_read_in_pages() {
    let body: String = (0..7)
        .map(|n| format!("[t] {{x.py:1}} INFO - {n}\n"))
        .collect();
    let server = Server::start(move |_| text("text/plain; charset=utf-8", &body)).await;
    let first = call(&server, "list_log", r#"{"limit": 3}"#).await;
    let lines = |from: usize, to: usize| -> Vec<String> {
        (from..to)
            .map(|n| format!("[t] {{x.py:1}} INFO - {n}"))
            .collect()
    };
    assert_eq!(first["lines"], json!(lines(4, 7)));
    assert_eq!(first["total_lines"], 7);
    let cursor = &first["next_cursor"];
    let arguments = json!({"limit": 3, "next_cursor": cursor}).to_string();
    let second = call(&server, "list_log", &arguments);
    assert_eq!(second.await["lines"], json!(lines(1, 4)));
    // A cursor is rejected if the arguments select other lines.
    for other in [
        json!({"level": "error"}),
        json!({"contains": "x"}),
        json!({"from_start": true}),
        json!({"try": 2}),
    ] {
        let mut arguments = other;
        arguments["next_cursor"] = cursor.clone();
        let refused = call(&server, "list_log", &arguments.to_string()).await;
        assert_eq!(refused["error"]["code"], "invalid_arguments", "{arguments}");
    }
    for seen in server.seen() {
        assert_eq!(
            (seen.line.as_str(), accepted(&seen)),
            ("GET /log/-1", "text/plain")
        );
    }
}

#[tokio::test]
async fn a_log_in_parts_is_read_to_its_end() {
    // Response to the last request, and expected number of lines.
    for (ends, expected) in [
        (json!({"content": [], "continuation_token": "c"}), 4),
        (
            json!({"content": [{"event": "e4"}], "continuation_token": null}),
            5,
        ),
        (
            json!({"content": [{"event": "e4"}], "continuation_token": "b"}),
            5,
        ),
    ] {
        let server = Server::start(move |seen| {
            let part = match seen.line.as_str() {
                "GET /log/1" => json!({"content": [{"event": "e0"}, {"event": "e1"}], "continuation_token": "a"}),
                "GET /log/1?token=a" => json!({"content": [{"event": "e2"}, {"event": "e3"}], "continuation_token": "b"}),
                _ => ends.clone(),
            };
            Reply::json(200, &part.to_string())
        })
        .await;
        let result = call(&server, "list_log", r#"{"try": 1}"#).await;
        let lines: Vec<_> = (0..expected).map(|n| format!("e{n}")).collect();
        assert_eq!(result["lines"], json!(lines));
        assert_eq!(server.lines().len(), 3);
    }
}

#[tokio::test]
async fn text_is_a_member_and_a_web_page_is_an_error() {
    let server = Server::start(|seen| match seen.line.as_str() {
        "GET /text" => text("plain/text", "import x\n\"é\""),
        _ => Reply::html(200, "<html>sign in</html>"),
    })
    .await;
    assert_eq!(
        call(&server, "get_text", "{}").await,
        json!({"text": "import x\n\"é\""})
    );
    assert_eq!(accepted(&server.seen()[0]), "text/plain");
    let server = Server::start(|_| Reply::html(200, "<html>sign in</html>")).await;
    for tool in ["get_text", "get_json", "wait", "list_log"] {
        let error = call(&server, tool, "{}").await;
        assert_eq!(error["error"]["code"], "unexpected_response", "{tool}");
    }
}

#[tokio::test]
async fn lines_end_with_the_stream_or_the_timeout() {
    let lines = "{\"state\":\"running\"}\n{\"state\": NaN}\n";
    let server = Server::start(move |_| text("application/x-ndjson", lines)).await;
    let result = call(&server, "wait", "{}").await;
    assert_eq!(
        result,
        json!({"result": [{"state": "running"}, {"state": null}]})
    );
    let seen = &server.seen()[0];
    assert_eq!(
        (seen.line.as_str(), accepted(seen)),
        ("GET /wait?interval=2", "application/x-ndjson")
    );
    // The response does not end within the time limit.
    let slow = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/x-ndjson\r\ncontent-length: 10000\r\n\r\n{lines}{{\"state\":"
    );
    let server = Server::start(move |_| Reply::open(&slow)).await;
    let result = call(&server, "wait", "{}").await;
    assert_eq!(
        result["result"],
        json!([{"state": "running"}, {"state": null}])
    );
    assert!(result["truncated"].as_str().unwrap().contains("call again"));
    // A hidden parameter is not an argument.
    let error = call(&server, "wait", r#"{"interval": 3}"#).await;
    assert_eq!(error["error"]["code"], "invalid_arguments");
}

#[tokio::test]
async fn omitted_arguments_are_sent_as_declared() {
    for (arguments, expected) in [
        (r#"{"name": "n"}"#, r#"{"date":null,"key":"n"}"#),
        (
            r#"{"name": "n", "date": "d", "conf": {}}"#,
            r#"{"date":"d","key":"n","conf":{}}"#,
        ),
    ] {
        let server = Server::start(|_| Reply::json(200, "{}")).await;
        call(&server, "trigger", arguments).await;
        let seen = &server.seen()[0];
        assert_eq!(String::from_utf8(seen.body.clone()).unwrap(), expected);
    }
}
