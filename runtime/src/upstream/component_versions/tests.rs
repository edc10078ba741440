//! Versions of components, and the texts that depend on them.
#![allow(clippy::unwrap_used)]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::future::join_all;

use super::*;
use crate::tests::server::{Reply, Server};
use crate::tests::tools::TOOL;
use crate::tool::VersionedText;
use crate::tool::api::{Api, Document, ErrorShapes, SignIn, VersionProbe};
use crate::upstream::settings::{Credentials, Settings};

const TEXTS: &[VersionedText] = &[
    VersionedText {
        since: "",
        before: "3.2",
        text: "old",
    },
    VersionedText {
        since: "3.9",
        before: "",
        text: "new",
    },
    VersionedText {
        since: "",
        before: "",
        text: "between",
    },
];

static TOOLS: [Tool; 2] = [
    Tool {
        name: "update_part",
        description: "either",
        descriptions: TEXTS,
        document: "part",
        ..TOOL
    },
    Tool {
        name: "update_thing",
        description: "either",
        descriptions: TEXTS,
        ..TOOL
    },
];

static API: Api = Api {
    name: "things",
    title: "Things",
    version: VersionProbe {
        path: "/version",
        version: "/version",
        product: "Things",
    },
    documents: &[
        Document {
            name: "things",
            probe: None,
            version: None,
            alternative_to: None,
            sign_in: None,
            hints: &[],
        },
        Document {
            name: "part",
            probe: None,
            version: Some(VersionSource {
                path: "/parts?limit=100",
                items: "/parts",
                name: "package",
                component: "the-part",
                version: "version",
                product: "Part",
            }),
            alternative_to: None,
            sign_in: None,
            hints: &[],
        },
    ],
    sign_in: SignIn::Basic { session: None },
    errors: ErrorShapes {
        detail: &[],
        title: &[],
        hints: &[],
    },
    toolsets: &[&TOOLS],
};

static APIS: &[&Api] = &[&API];

async fn account(parts: Reply) -> (Server, Account) {
    let server = Server::start(move |seen| match seen.line.as_str() {
        "GET /version" => Reply::json(200, r#"{"version": "3.0.6"}"#),
        _ => parts.clone(),
    })
    .await;
    let settings = Settings::new(&server.url, Credentials::None);
    let account = Account::new(settings, APIS, crate::log::PlainText::FORMAT).unwrap();
    (server, account)
}

fn part(version: &str) -> Reply {
    let body = serde_json::json!({"parts": [
        {"package": "a-part", "version": "9.9"},
        {"package": "the-part", "version": version},
    ]});
    Reply::json(200, &body.to_string())
}

#[test]
fn a_text_is_chosen_by_version() {
    let rows = [
        ("3.1.9", Some("old")),
        ("3.2.0", Some("between")),
        ("3.8.99", Some("between")),
        ("3.9.0rc1", Some("new")),
        ("4", Some("new")),
        ("", None),
        ("main", None),
    ];
    for (version, expected) in rows {
        assert_eq!(VersionedText::find(TEXTS, version), expected, "{version}");
    }
    assert_eq!(VersionedText::find(&[], "3.9"), None);
}

#[tokio::test]
async fn the_version_of_a_part_is_read_once() {
    let (server, account) = account(part("3.10.2")).await;
    assert!(
        account.unread_versions(&TOOLS).is_empty(),
        "nothing is known yet"
    );
    account.detect().await.unwrap();
    // The version of the upstream itself needs no further request.
    let known = account.known().unwrap();
    assert_eq!(
        TOOLS.each_ref().map(|tool| known.description(tool)),
        ["either", "old"]
    );
    assert!(account.unread_versions(&TOOLS[1..]).is_empty());
    assert_eq!(account.unread_versions(&TOOLS), ["part"]);
    assert_eq!(server.lines(), ["GET /version"]);
    join_all((0..5).map(|_| account.read_version("part"))).await;
    assert_eq!(server.lines(), ["GET /version", "GET /parts?limit=100"]);
    assert!(account.unread_versions(&TOOLS).is_empty());
    let known = account.known().unwrap();
    assert_eq!(known.versions, [("part", "3.10.2".to_owned())]);
    assert_eq!(
        TOOLS.each_ref().map(|tool| known.description(tool)),
        ["new", "old"]
    );
    account.read_version("things").await;
    account.read_version("nothing").await;
    assert_eq!(server.lines().len(), 2);
}

#[tokio::test]
async fn a_version_that_cannot_be_read_is_unknown() {
    let replies = [
        Reply::json(403, "{}"),
        Reply::json(200, r#"{"parts": [{"package": "a-part", "version": "1"}]}"#),
        Reply::json(200, r#"{"parts": null}"#),
        Reply::json(200, r#"{"parts": [{"package": "the-part"}, 7]}"#),
        Reply::html(200, "no"),
    ];
    for reply in replies {
        let (server, account) = account(reply).await;
        account.detect().await.unwrap();
        account.read_version("part").await;
        let known = account.known().unwrap();
        assert_eq!(known.description(&TOOLS[0]), "either");
        // After a failure, the version is requested again only after some time.
        assert!(account.unread_versions(&TOOLS).is_empty());
        account.read_version("part").await;
        assert_eq!(server.count("GET /parts?limit=100"), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn reading_a_version_has_a_timeout() {
    let (_server, account) = account(Reply::never()).await;
    let began = tokio::time::Instant::now();
    account.detect().await.unwrap();
    account.read_version("part").await;
    assert!(began.elapsed() >= TIMEOUT && began.elapsed() < TIMEOUT * 2);
    assert!(account.known().unwrap().versions.is_empty());
}

#[tokio::test]
async fn an_upgrade_is_detected_after_some_time() {
    let count = Arc::new(AtomicUsize::new(0));
    let server = Server::start(move |seen| match seen.line.as_str() {
        "GET /version" => Reply::json(200, r#"{"version": "3.0.6"}"#),
        _ => match count.fetch_add(1, Ordering::SeqCst) {
            0 => part("3.1.0"),
            1 => Reply::json(500, "{}"),
            _ => part("3.9.0"),
        },
    })
    .await;
    let account = Account::new(
        Settings::new(&server.url, Credentials::None),
        APIS,
        crate::log::PlainText::FORMAT,
    )
    .unwrap();
    for expected in ["old", "old", "new"] {
        account.read_version("part").await;
        let known = account.known().unwrap();
        assert_eq!(known.description(&TOOLS[0]), expected);
        // Simulates that this time has passed.
        account.0.asked.lock().unwrap().clear();
    }
}
