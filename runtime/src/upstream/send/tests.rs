//! The exact bytes of requests, and the errors of failed requests.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use futures_util::future::join_all;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    sync::Semaphore,
};

use super::*;
use crate::tests::server::{APIS, OLD, PASSWORD, Reply, Server, get, password};
use crate::tool::Http;
use crate::upstream::error::ErrorCode;
use crate::upstream::settings::{Credentials, Settings};

#[tokio::test]
async fn paths_are_sent_unchanged() {
    let server = Server::start(|_| Reply::json(200, "{}")).await;
    let mut settings = server.settings(Credentials::None);
    settings.api = Some("things-1".to_owned());
    settings.base_url += "/team/~prefix/";
    let account = Account::new(settings, APIS, crate::log::PlainText::FORMAT).unwrap();
    let paths = [
        "/things",
        "/things?a=1&a=2&b=%2B00%3A00&c=%27",
        "/things/fx%2Edotted%2did_%C3%A9",
        "/things/%252e%252e/x",
        "/things/x%252Fy/a%2Fb",
        "/things/~/a+b/@:;,=$&!'()*",
        "/things/%20%22%23%3C%3E%3F%5C%60%7B%7C%7D%5E%00",
        "/things/a..b/.../..c",
        "/things/?",
        "/things//x",
    ];
    for path in paths {
        account.send(&get(path)).await.unwrap();
    }
    let expected: Vec<_> = paths
        .iter()
        .map(|it| format!("GET /team/~prefix{it}"))
        .collect();
    assert_eq!(server.lines(), expected);
}

#[tokio::test]
async fn paths_that_would_change_are_not_sent() {
    let server = Server::start(|_| Reply::json(200, "{}")).await;
    let account = server.account(&OLD, Credentials::None);
    let paths = [
        "/a/../b",
        "/a/%2e%2E/b",
        "/a/./b",
        "/a\\b",
        "/a b",
        "/a#b",
        "/é",
        "/a\tb",
        ".example/x",
        "@example/x",
    ];
    for path in paths {
        let error = account.send(&get(path)).await.expect_err(path);
        assert_eq!(error.code, ErrorCode::InvalidArguments, "{path}");
    }
    assert_eq!(server.lines(), [""; 0]);
}

#[tokio::test]
async fn a_get_is_retried_on_a_stale_connection() {
    let served = AtomicUsize::new(0);
    let server = Server::start(move |_| match served.fetch_add(1, Ordering::Relaxed) {
        // An empty response closes the connection.
        1 | 3 => Reply::raw(""),
        _ => Reply::json(200, "{}"),
    })
    .await;
    let account = server.account(&OLD, Credentials::None);
    account.send(&get("/things")).await.unwrap();
    account.send(&get("/things")).await.unwrap();
    assert_eq!(server.lines(), ["GET /things"; 3]);

    // A request that may already have had an effect is not sent again.
    let post = Request {
        http: Http::Post,
        guarantees: Http::Post,
        ..get("/things")
    };
    let error = account.send(&post).await.unwrap_err();
    assert_eq!(error.code, ErrorCode::Unreachable);
    assert_eq!(server.lines().len(), 4);
}

#[tokio::test]
async fn headers_and_body() {
    let server = Server::start(|_| Reply::new(204, "", "")).await;
    let mut settings = server.settings(Credentials::None);
    settings.api = Some("things-1".to_owned());
    settings.headers = vec![
        ("X-Team".to_owned(), "blue".into()),
        ("cookie".to_owned(), "a=b".into()),
        ("User-Agent".to_owned(), "test/1".into()),
    ];
    let account = Account::new(settings, APIS, crate::log::PlainText::FORMAT).unwrap();
    let mut request = get("/things");
    let answer = account.send(&request).await.unwrap();
    assert_eq!((answer.status, answer.body.len()), (204, 0));
    request.http = Http::Patch;
    request.headers = vec![("x-argument", "1".to_owned())];
    request.body = Some(b"{\"a\":null}".to_vec());
    request.media_type = "application/json".into();
    account.send(&request).await.unwrap();

    let [first, second] = &server.seen()[..] else {
        panic!("two requests")
    };
    let rows = [
        (first, "accept", Some("application/json")),
        (first, "accept-encoding", Some("identity")),
        (first, "content-type", None),
        (first, "content-length", None),
        (first, "x-team", Some("blue")),
        (first, "cookie", Some("a=b")),
        (first, "user-agent", Some("test/1")),
        (first, "x-argument", None),
        (second, "accept", Some("application/json")),
        (second, "content-type", Some("application/json")),
        (second, "content-length", Some("10")),
        (second, "x-argument", Some("1")),
    ];
    for (seen, header, value) in rows {
        assert_eq!(seen.header(header), value, "{header} of {}", seen.line);
    }
    assert_eq!(
        (second.line.as_str(), &second.body[..]),
        ("PATCH /things", &b"{\"a\":null}"[..])
    );

    request.headers = vec![("x-argument", "1\r\nx-other: 2".to_owned())];
    let error = account.send(&request).await.expect_err("a line break");
    assert_eq!(error.code, ErrorCode::InvalidArguments);
}

#[tokio::test]
async fn own_cookies_and_the_session_are_one_header() {
    let server = Server::start(|seen| match seen.line.as_str() {
        "GET /things" => {
            assert_eq!(seen.header("cookie"), Some("a=b; session=1"));
            Reply::json(200, "{}")
        }
        _ => Reply::new(200, "Set-Cookie: session=1\r\n", "{}"),
    })
    .await;
    let mut settings = server.settings(password());
    settings.api = Some("things-1".to_owned());
    settings.headers = vec![("Cookie".to_owned(), "a=b".into())];
    let account = Account::new(settings, APIS, crate::log::PlainText::FORMAT).unwrap();
    account.send(&get("/things")).await.unwrap();
}

#[tokio::test]
async fn requests_in_flight_are_limited() {
    let gate = Arc::new(Semaphore::new(0));
    let of_server = gate.clone();
    let server = Server::start(move |_| Reply::json(200, "{}").behind(&of_server)).await;
    let mut settings = server.settings(Credentials::None);
    settings.api = Some("things-1".to_owned());
    settings.max_in_flight = 3;
    let account = Account::new(settings, APIS, crate::log::PlainText::FORMAT).unwrap();
    let calls = (0..20).map(|number| {
        let account = account.clone();
        tokio::spawn(async move { account.send(&get(&format!("/{number}"))).await })
    });
    let calls: Vec<_> = calls.collect();
    // A call that is cancelled while it waits does not occupy a slot.
    calls[4].abort();
    server.wait_for(3).await;
    gate.add_permits(19);
    let results = join_all(calls).await;
    assert_eq!(
        results.iter().filter(|it| matches!(it, Ok(Ok(_)))).count(),
        19
    );
    assert_eq!((server.most_at_once(), server.lines().len()), (3, 19));
}

/// Returns responses, each with the expected code, status, retryable flag and a part of the hint.
fn failures() -> Vec<(Reply, ErrorCode, Option<u16>, bool, &'static str)> {
    use ErrorCode::{Timeout, UnexpectedResponse, Unreachable, UpstreamError};
    vec![
        (
            Reply::html(200, "<title>Web</title> correct-horse"),
            UnexpectedResponse,
            Some(200),
            false,
            "base URL",
        ),
        (
            Reply::new(200, "content-type: text/plain\r\n", "{}"),
            UnexpectedResponse,
            Some(200),
            false,
            "base URL",
        ),
        (
            Reply::new(
                307,
                "location: https://sso.example/?p=correct-horse\r\n",
                "",
            ),
            UnexpectedResponse,
            Some(307),
            false,
            "https://sso.example. The",
        ),
        (
            Reply::json(500, r#"{"detail":"correct-horse"}"#),
            UpstreamError,
            Some(500),
            false,
            "log",
        ),
        (
            Reply::json(400, r#"{"title":"correct-horse"}"#),
            ErrorCode::Rejected,
            Some(400),
            false,
            "Correct",
        ),
        (
            Reply::new(429, "retry-after: 7\r\n", "correct-horse"),
            ErrorCode::RateLimited,
            Some(429),
            true,
            "wait 7 s",
        ),
        (
            Reply::raw(
                "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{",
            ),
            Unreachable,
            None,
            true,
            "Try again",
        ),
        (
            Reply::new(
                200,
                "content-type: application/json\r\ncontent-encoding: gzip\r\n",
                "{}",
            ),
            UnexpectedResponse,
            Some(200),
            false,
            "changed the response",
        ),
        (
            Reply::gzip(&vec![b' '; 30 << 20]),
            UnexpectedResponse,
            Some(200),
            false,
            "Request less",
        ),
        (
            Reply::json(
                500,
                &format!(r#"{{"detail":"{}correct-horse"}}"#, ".".repeat(1_990)),
            ),
            UpstreamError,
            Some(500),
            false,
            "log",
        ),
        (
            Reply::raw("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\n{\"a\""),
            Unreachable,
            None,
            true,
            "Try again",
        ),
        (
            Reply::raw("HTTP/1.1 200"),
            Unreachable,
            None,
            true,
            "Try again",
        ),
        (Reply::raw(""), Unreachable, None, true, "Try again"),
        (
            Reply::raw("SSH-2.0-OpenSSH_9.9\r\n"),
            UnexpectedResponse,
            None,
            false,
            "base URL",
        ),
        (
            Reply::raw("HTTP/1.1 200 OK\r\ncontent-length: 99999999999\r\n\r\n{"),
            UnexpectedResponse,
            Some(200),
            false,
            "Request less",
        ),
        (Reply::never(), Timeout, None, true, "busy"),
    ]
}

#[tokio::test]
async fn failures_have_code_and_hint_and_no_secret() {
    for (reply, code, status, retryable, hint) in failures() {
        let server = Server::start(move |_| reply.clone()).await;
        let mut settings = server.settings(Credentials::Bearer(PASSWORD.into()));
        settings.api = Some("things-1".to_owned());
        settings.timeout = Duration::from_secs(1);
        let account = Account::new(settings, APIS, crate::log::PlainText::FORMAT).unwrap();
        let error = account.send(&get("/things")).await.expect_err("a failure");
        let found = (error.code, error.status, error.retryable);
        assert_eq!(found, (code, status, retryable), "{error:?}");
        assert!(error.hint.contains(hint), "{hint}: {error:?}");
        let shown = format!("{error:?} {error} {} {account:?}", error.to_json());
        // Not even a part of the password remains where a text is truncated.
        assert!(!shown.contains(&PASSWORD[..8]), "{shown}");
        // Only a GET is sent again, and only if the connection ended before the first byte of the response.
        let no_byte = error.detail.contains("before message completed");
        let sent = if no_byte { 2 } else { 1 };
        assert_eq!(server.lines().len(), sent, "{error:?}");
    }
}

#[tokio::test]
async fn hints_warn_about_changes_that_may_have_been_made() {
    for (http, retryable) in [
        (Http::Post, false),
        (Http::Patch, false),
        (Http::Put, true),
        (Http::Delete, true),
    ] {
        let server = Server::start(|_| Reply::raw("")).await;
        let account = server.account(&OLD, Credentials::None);
        let request = Request {
            http,
            guarantees: http,
            ..get("/things")
        };
        let error = account.send(&request).await.expect_err("a failure");
        assert_eq!(
            (error.code, error.retryable),
            (ErrorCode::Unreachable, retryable)
        );
        assert!(error.hint.contains("may have been made"), "{}", error.hint);
        assert_eq!(server.lines().len(), 1);
    }
}

#[tokio::test]
async fn a_read_only_post_is_retried_on_a_stale_connection() {
    let server = Server::start(|_| Reply::raw("")).await;
    let account = server.account(&OLD, Credentials::None);
    let request = Request {
        http: Http::Post,
        body: Some(b"{}".to_vec()),
        ..get("/things")
    };
    let error = account.send(&request).await.expect_err("a failure");
    assert_eq!(
        (error.code, error.retryable, error.hint.as_str()),
        (ErrorCode::Unreachable, true, "Try again.")
    );
    assert_eq!(server.lines(), ["POST /things"; 2]);
}

#[tokio::test]
async fn unreachable_servers_are_explained() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = free.local_addr().unwrap().port();
    drop(free);
    // Responds to everything with plain HTTP, also to the first bytes of TLS.
    let plain = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let plain_port = plain.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = plain.accept().await {
            let mut first = [0; 5];
            stream.read_exact(&mut first).await.unwrap();
            let refusal = b"HTTP/1.1 400 Bad Request\r\n\r\n";
            stream.write_all(refusal).await.unwrap();
        }
    });
    // A label of more than 63 characters is invalid, so no resolver sends a query for it.
    let host = "x".repeat(70);
    let rows = [
        (
            format!("http://127.0.0.1:{port}"),
            "Connection refused",
            true,
        ),
        (
            format!("https://127.0.0.1:{port}"),
            "Connection refused",
            true,
        ),
        (format!("http://{host}.invalid"), "Unknown host", true),
        (
            format!("https://127.0.0.1:{plain_port}"),
            "No secure connection",
            false,
        ),
    ];
    for (url, title, retryable) in rows {
        let settings = Settings::new(&url, password());
        let account = Account::new(settings, APIS, crate::log::PlainText::FORMAT).unwrap();
        let error = account.send(&get("/things")).await.expect_err(&url);
        let found = (error.code, error.title.as_str(), error.retryable);
        assert_eq!(
            found,
            (ErrorCode::Unreachable, title, retryable),
            "{error:?}"
        );
        assert!(error.detail.contains(&url), "{error:?}");
        assert!(error.hint.contains("base URL"), "{error:?}");
    }
}

/// Subscriber that collects everything that is traced as text.
struct Capture(Arc<Mutex<String>>);

impl tracing::Subscriber for Capture {
    fn enabled(&self, _: &tracing::Metadata<'_>) -> bool {
        true
    }
    fn new_span(&self, span: &tracing::span::Attributes<'_>) -> tracing::span::Id {
        self.0.lock().unwrap().push_str(&format!("{span:?}\n"));
        tracing::span::Id::from_u64(1)
    }
    fn record(&self, _: &tracing::span::Id, record: &tracing::span::Record<'_>) {
        self.0.lock().unwrap().push_str(&format!("{record:?}\n"));
    }
    fn record_follows_from(&self, _: &tracing::span::Id, _: &tracing::span::Id) {}
    fn event(&self, event: &tracing::Event<'_>) {
        self.0.lock().unwrap().push_str(&format!("{event:?}\n"));
    }
    fn enter(&self, _: &tracing::span::Id) {}
    fn exit(&self, _: &tracing::span::Id) {}
}

#[tokio::test]
async fn nothing_secret_is_traced() {
    let text = Arc::<Mutex<String>>::default();
    let _guard = tracing::subscriber::set_default(Capture(text.clone()));
    let server = Server::start(|seen| match seen.line.as_str() {
        "POST /auth/token" => Reply::json(201, r#"{"access_token":"granted-token"}"#),
        "GET /api/v2/version" => Reply::json(200, r#"{"version":"2.5"}"#),
        _ => Reply::json(400, r#"{"detail":"correct-horse granted-token"}"#),
    })
    .await;
    let mut settings = server.settings(password());
    settings.headers = vec![("x-key".to_owned(), "key-to-proxy".into())];
    let shown = format!("{settings:?}");
    let account = Account::new(settings, APIS, crate::log::PlainText::FORMAT).unwrap();
    let error = account.send(&get("/things?password=in-query")).await;
    let error = error.expect_err("refused");
    assert_eq!(error.detail, "*** ***");
    let traced = text.lock().unwrap().clone();
    assert!(traced.contains("/things"), "{traced}");
    let basic = "YWRhOmNvcnJlY3QtaG9yc2U=";
    for secret in [PASSWORD, "granted-token", "key-to-proxy", "in-query", basic] {
        assert!(
            !format!("{traced}{shown}{account:?}{error:?}").contains(secret),
            "{secret}"
        );
    }
}

#[tokio::test]
async fn a_request_waits_for_a_slot_until_a_deadline() {
    let server = Server::start(|_| Reply::json(200, "{}")).await;
    let account = server.account(&OLD, Credentials::None);
    account.send(&get("/things")).await.unwrap();
    let slots = u32::try_from(account.max_in_flight()).unwrap();
    let held = account.0.slots.acquire_many(slots).await.unwrap();
    tokio::time::pause();
    let started = Instant::now();
    let error = account.send(&get("/late")).await.unwrap_err();
    assert_eq!(started.elapsed().as_secs(), 10);
    assert_eq!((error.code, error.retryable), (ErrorCode::Overloaded, true));
    tokio::time::resume();
    drop(held);
    account.send(&get("/things")).await.unwrap();
    assert_eq!(
        server.lines().last().map(String::as_str),
        Some("GET /things")
    );
    assert!(server.lines().iter().all(|line| !line.contains("/late")));
}
