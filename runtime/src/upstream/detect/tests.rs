//! Detection of upstreams with either API and with an unknown API, and of unreachable upstreams.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::future::join_all;

use super::*;
use crate::tests::server::{APIS, NEW, Reply, Server, get, password};
use crate::tool::Tool;
use crate::upstream::settings::{Credentials, Settings};

const V2: &str = "GET /api/v2/version";
const V1: &str = "GET /api/v1/version";
const DOCUMENT: &str = "GET /auth/openapi.json";

fn account(server: &Server) -> Account {
    Account::new(
        server.settings(password()),
        APIS,
        crate::log::PlainText::FORMAT,
    )
    .unwrap()
}

#[tokio::test]
async fn the_newest_responding_api_is_detected() {
    let users = r#"{"paths":{"/users":{}}}"#;
    // Responses to the probes, then the expected API, version, documents and requests.
    let rows: [(_, _, _, &str, &str, &[&str], &[&str]); 5] = [
        (
            Reply::json(200, r#"{"version":"3.3.2"}"#),
            Reply::json(404, "{}"),
            Reply::json(200, users),
            "things-2",
            "3.3.2",
            &["things-2", "things-2-users"],
            &[V2, DOCUMENT],
        ),
        (
            Reply::json(200, r#"{"version":"3.3.2"}"#),
            Reply::json(404, "{}"),
            Reply::json(200, r#"{"paths":{}}"#),
            "things-2",
            "3.3.2",
            &["things-2"],
            &[V2, DOCUMENT],
        ),
        (
            Reply::json(200, r#"{"version":"3.3.2"}"#),
            Reply::json(404, "{}"),
            Reply::html(200, users),
            "things-2",
            "3.3.2",
            &["things-2"],
            &[V2, DOCUMENT],
        ),
        (
            Reply::html(404, "no"),
            Reply::json(200, r#"{"version":"2.11.2"}"#),
            Reply::json(200, users),
            "things-1",
            "2.11.2",
            &["things-1"],
            &[V2, V1],
        ),
        (
            Reply::html(200, "no"),
            Reply::json(200, r#"{"version":2}"#),
            Reply::json(200, users),
            "things-1",
            "2",
            &["things-1"],
            &[V2, V1],
        ),
    ];
    for (v2, v1, document, api, version, documents, requests) in rows {
        let server = Server::start(move |seen| {
            // Probes are sent without credentials.
            assert_eq!(
                (seen.header("authorization"), seen.header("cookie")),
                (None, None)
            );
            match seen.line.as_str() {
                V2 => v2.clone(),
                V1 => v1.clone(),
                _ => document.clone(),
            }
        })
        .await;
        let account = account(&server);
        assert!(account.known().is_none());
        let found = join_all((0..5).map(|_| account.detect())).await;
        for known in found.into_iter().map(Result::unwrap).chain(account.known()) {
            assert_eq!(
                (known.api.name, known.version.as_str(), &known.documents[..]),
                (api, version, documents)
            );
        }
        assert_eq!(server.lines(), requests);
    }
}

#[tokio::test]
async fn unknown_servers_are_explained() {
    let rows = [
        (
            Reply::html(404, ""),
            ErrorCode::UnexpectedResponse,
            None,
            "base URL",
        ),
        (
            Reply::html(200, "<html>"),
            ErrorCode::UnexpectedResponse,
            None,
            "base URL",
        ),
        (
            Reply::json(200, "{\"version\":null}"),
            ErrorCode::UnexpectedResponse,
            None,
            "base URL",
        ),
        (
            Reply::new(302, "location: https://sso.example/a?b\r\n", ""),
            ErrorCode::UnexpectedResponse,
            Some(302),
            "https://sso.example. The",
        ),
        (
            Reply::html(401, ""),
            ErrorCode::UnexpectedResponse,
            Some(401),
            "Select the API",
        ),
        (
            Reply::html(503, "starting"),
            ErrorCode::UpstreamError,
            Some(503),
            "shortly",
        ),
        (
            Reply::html(429, ""),
            ErrorCode::RateLimited,
            Some(429),
            "wait",
        ),
        (Reply::raw(""), ErrorCode::Unreachable, None, "again"),
    ];
    for (reply, code, status, hint) in rows {
        let server = Server::start(move |_| reply.clone()).await;
        let account = account(&server);
        let error = account.detect().await.expect_err("not recognised");
        assert_eq!((error.code, error.status), (code, status), "{error:?}");
        assert!(error.hint.contains(hint), "{hint}: {}", error.hint);
        assert!(account.known().is_none());
        // A call fails with the same error.
        let called = account
            .send(&get("/things"))
            .await
            .expect_err("not recognised");
        assert_eq!(called.code, code);
    }
}

#[tokio::test]
async fn a_failure_is_shared_by_waiting_callers_and_not_kept() {
    let up = std::sync::Arc::new(AtomicBool::new(false));
    let of_server = up.clone();
    let server = Server::start(move |_| match of_server.load(Ordering::SeqCst) {
        true => Reply::json(200, r#"{"version":"3"}"#),
        false => Reply::html(502, ""),
    })
    .await;
    let account = account(&server);
    let found = join_all((0..20).map(|_| account.detect())).await;
    assert!(found.iter().all(Result::is_err));
    assert_eq!(server.lines(), [V2, V1]);
    up.store(true, Ordering::SeqCst);
    assert_eq!(account.detect().await.unwrap().api.name, "things-2");
}

#[tokio::test]
async fn detection_of_a_silent_server_times_out() {
    let server = Server::start(|_| Reply::never()).await;
    let account = account(&server);
    let call = tokio::spawn(async move { account.detect().await });
    server.wait_for(1).await;
    tokio::time::pause();
    tokio::time::advance(TIMEOUT).await;
    let error = call.await.unwrap().expect_err("too slow");
    assert_eq!((error.code, error.retryable), (ErrorCode::Timeout, true));
}

#[tokio::test]
async fn a_fixed_api_is_known_at_once() {
    let server = Server::start(|seen| match seen.line.as_str() {
        DOCUMENT => Reply::json(404, "{}"),
        _ => Reply::json(500, "{}"),
    })
    .await;
    let account = server.account(&NEW, Credentials::None);
    assert_eq!(
        account.known().unwrap().documents,
        ["things-2", "things-2-users"]
    );
    assert_eq!(server.lines(), [""; 0]);
    let known = account.detect().await.unwrap();
    assert_eq!(known.documents, ["things-2"]);
    assert_eq!(account.known().unwrap().documents, ["things-2"]);
    assert_eq!(server.lines(), [DOCUMENT]);

    let of = |document| Tool {
        document,
        ..crate::tests::tools::TOOL
    };
    known.require(&of("things-2")).unwrap();
    let error = known.require(&of("things-2-users")).expect_err("not there");
    assert_eq!(error.code, ErrorCode::NotFound);
    assert_eq!(error.detail, "The server does not have the user manager.");
}

#[tokio::test]
async fn a_proxy_that_requires_the_token_receives_it() {
    let server = Server::start(
        |seen| match (seen.header("authorization"), seen.line.as_str()) {
            (None, _) => Reply::new(302, "location: https://sso.example\r\n", ""),
            (Some(_), V1) => Reply::json(200, r#"{"version":"2"}"#),
            (Some(_), _) => Reply::json(404, "{}"),
        },
    )
    .await;
    let settings = Settings::new(&server.url, Credentials::Bearer("some-token".into()));
    let account = Account::new(settings, APIS, crate::log::PlainText::FORMAT).unwrap();
    assert_eq!(account.detect().await.unwrap().api.name, "things-1");
    assert_eq!(server.lines(), [V2, V1, V2, V1]);
}
