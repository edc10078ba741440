//! Intents of calls: one record before the first request that can change something, and nothing is sent without it.
#![allow(clippy::unwrap_used)]

use std::sync::Mutex;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use serde_json::{Value, json};

use super::*;
use crate::call::recorder::ChangeRecorder;
use crate::tests::server::{Reply, Server, THINGS};
use crate::tests::tools::{
    BOOLEAN, LIST_USERS, ROLE, STRING, TOOL, UPDATE_USER, USER_PATH, array, json_object, optional,
    param, required,
};
use crate::tool::api::Api;
use crate::tool::{Body, Each, Effect, Parameter, ParameterLocation, Segment, Tool, Update};
use crate::upstream::account::Account;
use crate::upstream::settings::{Credentials, Settings};

const CHANGES: Effect = Effect {
    read_only: false,
    destructive: true,
    idempotent: true,
};

static TOOLS: [Tool; 7] = [
    Tool { ..LIST_USERS },
    Tool {
        name: "rename_user",
        update: Update::PLAIN,
        ..UPDATE_USER
    },
    Tool {
        name: "merge_user",
        effect: CHANGES,
        update: Update {
            merge: USER_PATH,
            read_back: USER_PATH,
            recorded: &["roles"],
            ..Update::PLAIN
        },
        parameters: &[
            Parameter {
                wire: "username",
                ..param(
                    ParameterLocation::Path { slash: false },
                    required("id", STRING),
                )
            },
            param(ParameterLocation::Body, optional("email", STRING)),
            param(ParameterLocation::Body, optional("roles", array(&ROLE))),
        ],
        ..UPDATE_USER
    },
    Tool {
        name: "delete_user",
        method: "delete",
        http: Http::Delete,
        body: Body::NONE,
        clear: None,
        parameters: &[Parameter {
            wire: "username",
            ..param(
                ParameterLocation::Path { slash: false },
                required("id", STRING),
            )
        }],
        update: Update {
            read_back: USER_PATH,
            recorded: &["roles"],
            ..Update::PLAIN
        },
        returns: None,
        ..UPDATE_USER
    },
    Tool {
        name: "pause_things",
        effect: CHANGES,
        http: Http::Patch,
        path: "/things",
        segments: &[Segment::Literal("/things")],
        parameters: &[
            Parameter {
                wire: "thing_id",
                ..param(ParameterLocation::Each, optional("ids", array(&STRING)))
            },
            param(ParameterLocation::Body, required("is_paused", BOOLEAN)),
        ],
        body: Body {
            media_type: "application/json",
            required: true,
            ..Body::NONE
        },
        each: Some(Each {
            operation: "patch_thing",
            http: Http::Put,
            segments: &[Segment::Literal("/things/"), Segment::Parameter("thing_id")],
            items: "things",
        }),
        returns: Some(crate::tests::tools::object(&[])),
        ..TOOL
    },
    // A search that is sent with POST.
    Tool {
        name: "search",
        http: Http::Post,
        path: "/search",
        segments: &[Segment::Literal("/search")],
        returns: Some(crate::tests::tools::object(&[])),
        ..TOOL
    },
    // A GET that changes something.
    Tool {
        name: "touch",
        effect: CHANGES,
        path: "/touch",
        segments: &[Segment::Literal("/touch")],
        returns: Some(crate::tests::tools::object(&[])),
        ..TOOL
    },
];

static API: Api = Api {
    toolsets: &[&TOOLS],
    ..THINGS
};
static APIS: &[&Api] = &[&API];

/// Number of requests before a record, with the content of the record: target, fields, and values before the change.
type Record = (usize, String, Vec<&'static str>, String);

/// Recorder that notes how many requests the server had received before each record.
struct Recorder<'s> {
    server: &'s Server,
    works: bool,
    records: Mutex<Vec<Record>>,
}

impl ChangeRecorder for Recorder<'_> {
    fn record<'a>(
        &'a self,
        change: &'a IntendedChange<'a>,
    ) -> BoxFuture<'a, Result<(), NotRecorded>> {
        let record = (
            self.server.seen().len(),
            change.subject.target.clone(),
            change.subject.fields.clone(),
            change.before.to_owned(),
        );
        self.records.lock().unwrap().push(record);
        let works = self.works;
        // The pause lets the other requests of the call ask for the record, too.
        async move {
            tokio::task::yield_now().await;
            works.then_some(()).ok_or(NotRecorded)
        }
        .boxed()
    }
}

fn account(server: &Server) -> Account {
    let mut settings = Settings::new(&server.url, Credentials::None);
    settings.api = Some("things".to_owned());
    Account::new(settings, APIS, crate::log::PlainText::FORMAT).unwrap()
}

const USER: &str = r#"{"username":"ada","email":"new@example.org","roles":[{"name":"Viewer"}]}"#;

/// Calls a tool with a recorder that works or fails, and returns the records, the lines of the requests and the result.
async fn call(name: &str, arguments: &Value, works: bool) -> (Vec<Record>, Vec<String>, Value) {
    let server = Server::start(|seen| match seen.line.as_str() {
        line if line.starts_with("GET /users?") => {
            Reply::json(200, r#"{"users":[],"total_entries":0}"#)
        }
        line if line.contains("/users") => Reply::json(200, USER),
        _ => Reply::json(200, "{}"),
    })
    .await;
    let recorder = Recorder {
        server: &server,
        works,
        records: Mutex::default(),
    };
    let tool = TOOLS.iter().find(|tool| tool.name == name).unwrap();
    let arguments = json_object(&arguments.to_string());
    let account = account(&server);
    let output = account.call_recorded(tool, arguments, &|_, _| {}, Some(&recorder));
    let output = output.await;
    let lines = server.seen().into_iter().map(|seen| seen.line).collect();
    let records = recorder.records.into_inner().unwrap();
    (records, lines, serde_json::from_str(&output.json).unwrap())
}

#[tokio::test]
async fn a_change_is_recorded_once_before_it_is_sent() {
    let roles = json!([{"name": "Viewer"}]);
    let update = json!({"id": "ada", "email": "new@example.org", "roles": roles});
    let things = json!({"ids": ["a", "b", "c"], "is_paused": true});
    let record = |before, target: &str, fields: &[&'static str], values: &str| -> Record {
        (
            before,
            target.to_owned(),
            fields.to_vec(),
            values.to_owned(),
        )
    };
    let ada = r#"{"user":"ada"}"#;
    let viewer = r#"{"roles":["Viewer"]}"#;
    let ids = r#"{"thing_id":["a","b","c"]}"#;
    let rows: [(&str, Value, Record); 4] = [
        // The read of a merging update precedes the record.
        (
            "merge_user",
            update,
            record(1, ada, &["email", "roles"], viewer),
        ),
        // The object is read only to record its values.
        (
            "delete_user",
            json!({"id": "ada"}),
            record(1, ada, &[], viewer),
        ),
        ("pause_things", things, record(0, ids, &["is_paused"], "")),
        ("touch", json!({}), record(0, "", &[], "")),
    ];
    for (name, arguments, record) in rows {
        let before = record.0;
        let (records, lines, result) = call(name, &arguments, true).await;
        // The server still shows the user after the deletion.
        let code = result["error"]["code"].as_str();
        assert_eq!(code, (name == "delete_user").then_some("not_applied"));
        assert!(lines.len() > before, "{name}: {lines:?}");
        assert_eq!(records, [record], "{name}");

        let (records, lines, result) = call(name, &arguments, false).await;
        assert_eq!(result["error"]["code"], "not_recorded", "{name}: {result}");
        assert_eq!(result["error"]["retryable"], true, "{name}");
        assert!(!records.is_empty(), "{name}");
        assert!(
            lines.iter().all(|line| line.starts_with("GET /users/")),
            "{name}: {lines:?}"
        );
        assert_eq!(lines.len(), before, "{name}: {lines:?}");
    }
}

#[tokio::test]
async fn reads_and_rejected_calls_are_not_recorded() {
    let rows = [
        ("list_users", json!({}), true),
        ("search", json!({}), true),
        ("merge_user", json!({"id": "ada", "mail": "x"}), false),
    ];
    for (name, arguments, is_sent) in rows {
        let name = match name {
            "list_users" => LIST_USERS.name,
            name => name,
        };
        let (records, lines, result) = call(name, &arguments, false).await;
        assert_eq!(records, [], "{name}");
        assert_eq!(!lines.is_empty(), is_sent, "{name}: {result}");
    }
}

#[tokio::test]
async fn the_subject_contains_no_secret() {
    let arguments = json!({"id": "ada", "username": "grace", "password": "planted"});
    let (records, ..) = call("rename_user", &arguments, true).await;
    let target = r#"{"user":"ada"}"#.to_owned();
    let expected = (0, target, vec!["username", "password"], String::new());
    assert_eq!(records, [expected]);
}
