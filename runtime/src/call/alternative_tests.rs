//! Alternative documents, of which a server has one: which tool of a name is called, and how the call signs in.
#![allow(clippy::unwrap_used)]

use serde_json::json;

use super::*;
use crate::tests::server::{Reply, SeenRequest, Server, password};
use crate::tests::tools::{ANY, STRING, TOOL, optional, param};
use crate::tool::api::{
    Api, Document, DocumentProbe, ErrorShapes, Hint, ResponsePattern, SignIn, TokenRequest,
    VersionProbe,
};
use crate::tool::registry;
use crate::tool::{ParameterLocation, ParameterStyle, Segment};
use crate::upstream::detected::DetectedServer;
use crate::upstream::settings::{Credentials, Settings};

const fn get(name: &'static str, document: &'static str, path: &'static [Segment]) -> Tool {
    Tool {
        name,
        document,
        segments: path,
        returns: Some(ANY),
        ..TOOL
    }
}

static TOOLS: [Tool; 4] = [
    get("get_thing", "core", &[Segment::Literal("/thing")]),
    get("get_user", "users", &[Segment::Literal("/users")]),
    Tool {
        parameters: &[param(
            ParameterLocation::Query(ParameterStyle::Repeat),
            optional("old", STRING),
        )],
        ..get("get_user", "users-1", &[Segment::Literal("/1/users")])
    },
    get("get_user", "users-0", &[Segment::Literal("/0/users")]),
];

const CORE: Document = Document {
    name: "core",
    probe: None,
    version: None,
    alternative_to: None,
    sign_in: None,
    hints: &[],
};

const fn users(name: &'static str, path: &'static str, alternative_to: bool) -> Document {
    Document {
        name,
        probe: Some(DocumentProbe {
            path,
            has: "/users",
            what: name,
        }),
        version: None,
        alternative_to: if alternative_to { Some("users") } else { None },
        ..CORE
    }
}

static API: Api = Api {
    name: "things",
    title: "Things",
    version: VersionProbe {
        path: "/version",
        version: "/version",
        product: "Things",
    },
    documents: &[
        CORE,
        users("users", "/document", false),
        Document {
            sign_in: Some(SignIn::Basic { session: None }),
            hints: &[Hint {
                pattern: ResponsePattern {
                    status: 401,
                    contains: "",
                },
                code: "",
                hint: "Use a password instead of a token.",
            }],
            ..users("users-1", "/1/document", true)
        },
        users("users-0", "/0/document", true),
    ],
    sign_in: SignIn::Token(TokenRequest {
        path: "/token",
        username: "username",
        password: "password",
        token: "/token",
        renew: &[],
    }),
    errors: ErrorShapes {
        detail: &["/detail"],
        title: &["/title"],
        hints: &[],
    },
    toolsets: &[&TOOLS],
};
static APIS: &[&Api] = &[&API];

/// Starts an upstream that returns the path and the credentials of a request, and has the documents whose paths are in `has`. `/1/users` requires Basic authentication, all other paths a token.
async fn server(has: &'static [&'static str]) -> Server {
    Server::start(move |seen: &SeenRequest| {
        let (_, path) = seen.line.split_once(' ').unwrap();
        let let_in = seen.header("authorization").unwrap_or_default();
        let wanted = if path.starts_with("/1/users") {
            "Basic "
        } else {
            "Bearer "
        };
        match path {
            "/version" => Reply::json(200, r#"{"version":"3.0"}"#),
            "/token" => Reply::json(201, r#"{"token":"of-password"}"#),
            _ if has.contains(&path) => Reply::json(200, r#"{"users":{}}"#),
            _ if path.ends_with("/document") => Reply::html(200, "a page"),
            _ if let_in.starts_with(wanted) => {
                Reply::json(200, &json!({"path": path, "as": let_in}).to_string())
            }
            _ => Reply::json(401, r#"{"title":"Unauthorized","detail":null}"#),
        }
    })
    .await
}

async fn call(account: &Account, name: &str) -> Value {
    let tool = registry::find(&API, name).unwrap();
    let answer = account.call(tool, Map::new(), &|_, _| {}).await;
    let mut value: Value = serde_json::from_str(&answer.json).unwrap();
    match value.get_mut("result") {
        Some(result) => result.take(),
        None => value,
    }
}

#[tokio::test]
async fn the_tool_of_the_existing_document_is_called() {
    let rows: [(&[&str], &[&str], _, &[&str]); 5] = [
        (
            &["/document"],
            &["core", "users"],
            Some("/users"),
            // A server has only one of these documents, so the alternatives are not requested.
            &["/document"],
        ),
        (
            &["/1/document"],
            &["core", "users-1"],
            Some("/1/users"),
            &["/document", "/1/document"],
        ),
        (
            &["/0/document"],
            &["core", "users-0"],
            Some("/0/users"),
            &["/document", "/1/document", "/0/document"],
        ),
        // If the server has several alternatives, the first one is used.
        (
            &["/1/document", "/0/document"],
            &["core", "users-1"],
            Some("/1/users"),
            &["/document", "/1/document"],
        ),
        (
            &[],
            &["core"],
            None,
            &["/document", "/1/document", "/0/document"],
        ),
    ];
    for (has, documents, path, asked) in rows {
        let server = server(has).await;
        let settings = Settings::new(&server.url, password());
        let account = Account::new(settings, APIS, crate::log::PlainText::FORMAT).unwrap();
        let answer = call(&account, "get_user").await;
        let known = account.known().unwrap();
        assert_eq!(known.documents, documents);
        let called_path = answer["path"].as_str();
        assert_eq!(called_path, path, "{answer}");
        if path.is_none() {
            let error = &answer["error"];
            assert_eq!(error["title"], "Not available on this server", "{answer}");
        }
        let lines = server.lines();
        let probes = lines.iter().filter(|line| line.ends_with("/document"));
        let probes: Vec<_> = probes
            .filter_map(|line| line.strip_prefix("GET "))
            .collect();
        assert_eq!(probes, asked);
        let offered = registry::tools(&API).filter(|tool| known.offers(tool));
        let offered: Vec<_> = offered.map(|tool| tool.document).collect();
        assert_eq!(offered, documents);
    }
}

#[tokio::test]
async fn arguments_are_those_of_the_called_tool() {
    let server = server(&["/1/document"]).await;
    let account = Account::new(
        Settings::new(&server.url, password()),
        APIS,
        crate::log::PlainText::FORMAT,
    )
    .unwrap();
    let tool = registry::find(&API, "get_user").unwrap();
    assert_eq!(tool.document, "users");
    let arguments = Map::from_iter([("old".to_owned(), "x".into())]);
    let answer = account.call(tool, arguments, &|_, _| {}).await;
    assert!(answer.json.contains("/1/users?old=x"), "{}", answer.json);
}

/// Checks that before detection, a server is assumed to have the documents that are not alternatives to another.
#[test]
fn the_usual_documents_are_assumed() {
    let mut settings = Settings::new("http://127.0.0.1:9", Credentials::None);
    settings.api = Some("things".to_owned());
    let account = Account::new(settings, APIS, crate::log::PlainText::FORMAT).unwrap();
    let known = account.known().unwrap();
    assert_eq!(known.documents, ["core", "users"]);
    assert_eq!(known.find("get_user").unwrap().document, "users");
    let known = DetectedServer {
        documents: vec!["core", "users-0"],
        ..DetectedServer::clone(&known)
    };
    assert_eq!(known.find("get_user").unwrap().document, "users-0");
    // If the server has none of the documents, the tool of the first document is found, for the error message.
    let known = DetectedServer {
        documents: vec!["core"],
        ..known
    };
    assert_eq!(known.find("get_user").unwrap().document, "users");
    assert!(known.find("get_users").is_none());
}

#[tokio::test]
async fn each_document_has_its_own_sign_in_method() {
    let server = server(&["/1/document"]).await;
    let account = Account::new(
        Settings::new(&server.url, password()),
        APIS,
        crate::log::PlainText::FORMAT,
    )
    .unwrap();
    for _ in 0..2 {
        let user = call(&account, "get_user").await;
        assert!(user["as"].as_str().unwrap().starts_with("Basic "), "{user}");
        let thing = call(&account, "get_thing").await;
        assert_eq!(thing["as"], "Bearer of-password");
    }
    assert_eq!(server.count("POST /token"), 1);
    // Neither the Basic credentials nor the token is shown.
    let pair = server.seen().iter().find_map(|seen| {
        let value = seen.header("authorization")?.strip_prefix("Basic ")?;
        Some(value.to_owned())
    });
    let text = format!("{} of-password", pair.unwrap());
    let shown = account.0.authenticator.redact(&account.0.transport, &text);
    assert!(text.split(' ').all(|it| !shown.contains(it)), "{shown}");
}

#[tokio::test]
async fn a_document_has_its_own_hints() {
    let server = server(&["/1/document"]).await;
    let settings = Settings::new(&server.url, Credentials::Bearer("some-token".into()));
    let account = Account::new(settings, APIS, crate::log::PlainText::FORMAT).unwrap();
    assert_eq!(call(&account, "get_thing").await["as"], "Bearer some-token");
    let error = &call(&account, "get_user").await["error"];
    assert_eq!(error["code"], "unauthenticated");
    assert_eq!(error["hint"], "Use a password instead of a token.");

    let settings = Settings::new(&server.url, Credentials::None);
    let account = Account::new(settings, APIS, crate::log::PlainText::FORMAT).unwrap();
    let error = &call(&account, "get_thing").await["error"];
    assert_ne!(error["hint"], "Use a password instead of a token.");
}
