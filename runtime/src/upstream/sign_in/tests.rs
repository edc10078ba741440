//! Sign-in to an upstream that checks the credentials of each request.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use futures_util::future::join_all;
use tokio::sync::Semaphore;

use super::*;
use crate::tests::server::{APIS, NEW, OLD, PASSWORD, Reply, SeenRequest, Server, get, password};

const LOGIN: &str = "POST /auth/token";
const SESSION: &str = "GET /session?limit=1";
const THINGS: &str = "GET /things";

/// Starts an upstream that issues tokens numbered from 1. `answer` receives the number of the token in a request.
async fn tokens(answer: impl Fn(usize) -> Reply + Send + Sync + 'static) -> Server {
    let logins = AtomicUsize::new(0);
    Server::start(move |seen| match seen.line.as_str() {
        LOGIN => {
            let number = logins.fetch_add(1, Ordering::SeqCst) + 1;
            Reply::json(201, &format!(r#"{{"access_token":"token-{number}"}}"#))
        }
        THINGS => {
            let bearer = seen.header("authorization").unwrap_or_default();
            let number = bearer.strip_prefix("Bearer token-").unwrap_or("0");
            answer(number.parse().unwrap())
        }
        _ => Reply::json(404, "{}"),
    })
    .await
}

/// Starts an upstream that issues session cookies numbered from 1 for the right password. `answer` receives the number of the cookie in a request.
async fn sessions(answer: impl Fn(usize) -> Reply + Send + Sync + 'static) -> Server {
    let logins = AtomicUsize::new(0);
    let right = format!("Basic {}", STANDARD.encode(format!("ada:{PASSWORD}")));
    Server::start(move |seen| match seen.line.as_str() {
        SESSION if seen.header("authorization") == Some(right.as_str()) => {
            let number = logins.fetch_add(1, Ordering::SeqCst) + 1;
            // Only the cookie shows that the login succeeded, not the status.
            let cookie = format!(
                "set-cookie: other=1; Path=/\r\nset-cookie: session={number}; HttpOnly; Path=/\r\n"
            );
            Reply::new(403, &cookie, "{}")
        }
        SESSION => Reply::json(403, r#"{"detail":null,"title":"Forbidden"}"#),
        _ => {
            assert_eq!(seen.header("authorization"), None);
            let cookie = seen.header("cookie").unwrap_or_default();
            answer(
                cookie
                    .strip_prefix("session=")
                    .unwrap_or("0")
                    .parse()
                    .unwrap(),
            )
        }
    })
    .await
}

fn expect_code(code: ErrorCode, result: Result<Response, CallError>) -> CallError {
    let error = result.expect_err("an error");
    assert_eq!(error.code, code, "{error:?}");
    assert!(!format!("{error:?}{}", error.to_json()).contains(PASSWORD));
    error
}

#[tokio::test]
async fn fifty_calls_share_one_sign_in() {
    let server = tokens(|_| Reply::json(200, "{}")).await;
    let account = server.account(&NEW, password());
    let results = join_all((0..50).map(|_| async { account.send(&get("/things")).await })).await;
    assert!(results.iter().all(Result::is_ok));
    assert_eq!((server.count(LOGIN), server.count(THINGS)), (1, 50));
    let login = server
        .seen()
        .into_iter()
        .find(|it| it.line == LOGIN)
        .unwrap();
    let body = String::from_utf8(login.body).unwrap();
    assert_eq!(body, r#"{"username":"ada","password":"correct-horse"}"#);
}

#[tokio::test]
async fn fifty_calls_share_a_failed_sign_in() {
    let server = Server::start(|seen| match seen.line.as_str() {
        LOGIN => Reply::json(401, r#"{"detail":"Invalid credentials"}"#),
        _ => Reply::json(404, "{}"),
    })
    .await;
    let account = server.account(&NEW, password());
    let results = join_all((0..50).map(|_| async { account.send(&get("/things")).await })).await;
    assert_eq!((server.count(LOGIN), server.count(THINGS)), (1, 0));
    for result in results {
        let error = expect_code(ErrorCode::Unauthenticated, result);
        assert_eq!(
            (error.status, error.detail.as_str()),
            (Some(401), "Invalid credentials")
        );
    }
    // A failed login is not cached.
    expect_code(
        ErrorCode::Unauthenticated,
        account.send(&get("/things")).await,
    );
    assert_eq!(server.count(LOGIN), 2);
}

#[tokio::test]
async fn an_expired_token_is_renewed_without_an_error() {
    let server = tokens(|number| match number {
        2.. => Reply::json(200, "{}"),
        _ => Reply::json(401, r#"{"detail":"Token Expired"}"#),
    })
    .await;
    let account = server.account(&NEW, password());
    // The first call fails without a second login, because a token that is rejected directly after its login is not replaced.
    expect_code(
        ErrorCode::Unauthenticated,
        account.send(&get("/things")).await,
    );
    let results = join_all((0..50).map(|_| async { account.send(&get("/things")).await })).await;
    assert!(results.iter().all(Result::is_ok));
    assert_eq!(server.count(LOGIN), 2);
}

#[tokio::test]
async fn a_token_is_renewed_before_its_end() {
    let server = Server::start(|seen| match seen.line.as_str() {
        LOGIN => {
            let end = std::time::SystemTime::now() + Duration::from_secs(3_600);
            let end = end.duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
            let payload = URL_SAFE_NO_PAD.encode(format!(r#"{{"exp":{end}}}"#));
            Reply::json(201, &format!(r#"{{"access_token":"e30.{payload}.sig"}}"#))
        }
        THINGS => Reply::json(200, "{}"),
        _ => Reply::json(404, "{}"),
    })
    .await;
    let account = server.account(&NEW, password());
    // Seconds before a call, and the expected number of logins after it.
    for (seconds, logins) in [(0, 1), (3_500, 1), (45, 2), (3_500, 2), (45, 3)] {
        tokio::time::pause();
        tokio::time::advance(Duration::from_secs(seconds)).await;
        tokio::time::resume();
        account.send(&get("/things")).await.unwrap();
        assert_eq!(server.count(LOGIN), logins, "after {seconds} s");
    }
}

#[tokio::test]
async fn a_revoked_token_is_renewed_once() {
    let revoked = r#"{"detail":"Invalid JWT token"}"#;
    let server = tokens(move |number| match number {
        2 | 3 => Reply::json(200, "{}"),
        _ => Reply::json(403, revoked),
    })
    .await;
    let account = server.account(&NEW, password());
    let error = expect_code(
        ErrorCode::Unauthenticated,
        account.send(&get("/things")).await,
    );
    assert_eq!(error.hint, "The token was revoked; sign in again.");
    account.send(&get("/things")).await.unwrap();
    assert_eq!((server.count(LOGIN), server.count(THINGS)), (2, 3));

    let server = tokens(move |_| Reply::json(403, revoked)).await;
    let account = server.account(&NEW, password());
    expect_code(
        ErrorCode::Unauthenticated,
        account.send(&get("/things")).await,
    );
    expect_code(
        ErrorCode::Unauthenticated,
        account.send(&get("/things")).await,
    );
    assert_eq!((server.count(LOGIN), server.count(THINGS)), (2, 3));
}

#[tokio::test]
async fn a_missing_permission_does_not_renew_the_token() {
    let server = tokens(|_| Reply::json(403, r#"{"detail":"Forbidden"}"#)).await;
    let account = server.account(&NEW, password());
    for _ in 0..3 {
        expect_code(ErrorCode::Forbidden, account.send(&get("/things")).await);
    }
    assert_eq!((server.count(LOGIN), server.count(THINGS)), (1, 3));
}

#[tokio::test]
async fn a_server_without_tokens() {
    let answers = [
        (
            Reply::html(200, "<html>Welcome</html>"),
            ErrorCode::UnexpectedResponse,
        ),
        (Reply::json(404, "{}"), ErrorCode::UnexpectedResponse),
        (
            Reply::json(201, r#"{"access_token":null}"#),
            ErrorCode::UnexpectedResponse,
        ),
        (
            Reply::json(201, r#"{"access_token":"two words"}"#),
            ErrorCode::UnexpectedResponse,
        ),
        (Reply::json(400, "{}"), ErrorCode::Unauthenticated),
        (Reply::json(429, "{}"), ErrorCode::RateLimited),
        (Reply::html(503, ""), ErrorCode::UpstreamError),
        (
            Reply::new(302, "location: https://sso.example/\r\n", ""),
            ErrorCode::UnexpectedResponse,
        ),
    ];
    for (answer, code) in answers {
        let server = Server::start(move |seen| match seen.line.as_str() {
            LOGIN => answer.clone(),
            _ => Reply::json(404, "{}"),
        })
        .await;
        let account = server.account(&NEW, password());
        expect_code(code, account.send(&get("/things")).await);
    }
}

#[tokio::test]
async fn the_session_cookie_replaces_the_password() {
    let server = sessions(|number| Reply::json(if number == 1 { 200 } else { 500 }, "{}")).await;
    let mut settings = server.settings(password());
    settings.api = Some("things-1".to_owned());
    let account = crate::Account::new(settings, APIS, crate::log::PlainText::FORMAT).unwrap();
    for _ in 0..3 {
        account.send(&get("/things")).await.unwrap();
    }
    assert_eq!(server.lines(), [SESSION, THINGS, THINGS, THINGS]);
}

#[tokio::test]
async fn credentials_in_headers_are_not_shown() {
    let pair = STANDARD.encode(format!("ada:{PASSWORD}"));
    let shown = format!(r#"{{"detail":"Basic {pair}; session=1"}}"#);
    for cookie in ["", "set-cookie: session=1\r\n"] {
        let shown = shown.clone();
        let server = Server::start(move |seen| match seen.line.as_str() {
            SESSION => Reply::new(404, cookie, "{}"),
            _ => Reply::json(400, &shown),
        })
        .await;
        let account = server.account(&OLD, password());
        let error = expect_code(ErrorCode::Rejected, account.send(&get("/things")).await);
        assert!(!error.detail.contains(&pair), "{}", error.detail);
    }
}

#[tokio::test]
async fn an_expired_session_is_renewed_without_an_error() {
    for status in [401, 403] {
        let server =
            sessions(move |number| Reply::json(if number < 2 { status } else { 200 }, "{}"));
        let server = server.await;
        let account = server.account(&OLD, password());
        account
            .send(&get("/things"))
            .await
            .expect_err("signed in just now");
        let calls = (0..50).map(|_| async { account.send(&get("/things")).await });
        assert!(join_all(calls).await.iter().all(Result::is_ok));
        assert_eq!(server.count(SESSION), 2);
    }
}

#[tokio::test]
async fn a_missing_permission_is_distinguished_from_a_wrong_password() {
    let server = sessions(|_| Reply::json(403, r#"{"detail":null,"title":"Forbidden"}"#)).await;
    let account = server.account(&OLD, password());
    for _ in 0..2 {
        let error = expect_code(ErrorCode::Forbidden, account.send(&get("/things")).await);
        assert!(error.hint.contains("permission"), "{}", error.hint);
    }
    assert_eq!(server.lines(), [SESSION, THINGS, THINGS, SESSION, THINGS]);

    let wrong = Credentials::Password {
        username: "ada".to_owned(),
        password: "battery-staple".into(),
    };
    let account = server.account(&OLD, wrong);
    let error = expect_code(
        ErrorCode::Unauthenticated,
        account.send(&get("/things")).await,
    );
    assert!(error.hint.contains("wrong"), "{}", error.hint);
}

#[tokio::test]
async fn rejected_credentials_are_explained() {
    let header = || vec![("x-user".to_owned(), "ada".into())];
    let rows = [
        (
            403,
            Credentials::None,
            vec![],
            ErrorCode::Unauthenticated,
            "no credentials",
        ),
        (
            401,
            Credentials::None,
            vec![],
            ErrorCode::Unauthenticated,
            "no credentials",
        ),
        (404, Credentials::None, vec![], ErrorCode::NotFound, "id"),
        (
            403,
            Credentials::None,
            header(),
            ErrorCode::Forbidden,
            "permission",
        ),
        (
            403,
            Credentials::Bearer("token".into()),
            vec![],
            ErrorCode::Forbidden,
            "check both",
        ),
    ];
    for (status, credentials, headers, code, hint) in rows {
        let server = Server::start(move |_| Reply::json(status, "{}")).await;
        let mut settings = server.settings(credentials);
        settings.api = Some("things-1".to_owned());
        settings.headers = headers;
        let account = crate::Account::new(settings, APIS, crate::log::PlainText::FORMAT).unwrap();
        let error = expect_code(code, account.send(&get("/things")).await);
        assert!(error.hint.contains(hint), "{hint}: {}", error.hint);
    }
}

#[tokio::test]
async fn without_sessions_the_password_is_sent_with_each_request() {
    // Status of the response to the session request, and the expected number of session requests in an hour.
    for (status, asked) in [(404, 1), (200, 1), (500, 2), (429, 2)] {
        let basic = format!("Basic {}", STANDARD.encode(format!("ada:{PASSWORD}")));
        let server = Server::start(move |seen| {
            assert_eq!(seen.header("authorization"), Some(basic.as_str()));
            match (seen.line.as_str(), status) {
                // Some upstreams issue a cookie without a login.
                (SESSION, 404) => Reply::new(404, "set-cookie: session=9\r\n", "{}"),
                (SESSION, status) => Reply::json(status, "{}"),
                _ => Reply::json(200, "{}"),
            }
        })
        .await;
        let account = server.account(&OLD, password());
        account.send(&get("/things")).await.unwrap();
        account.send(&get("/things")).await.unwrap();
        tokio::time::pause();
        tokio::time::advance(Duration::from_secs(3_600)).await;
        tokio::time::resume();
        account.send(&get("/things")).await.unwrap();
        assert_eq!(
            (server.count(SESSION), server.count(THINGS)),
            (asked, 3),
            "{status}"
        );
    }
}

#[tokio::test]
async fn the_next_caller_signs_in_if_the_first_is_cancelled() {
    let gate = Arc::new(Semaphore::new(0));
    let of_server = gate.clone();
    let server = Server::start(move |seen: &SeenRequest| match seen.line.as_str() {
        LOGIN => Reply::json(201, r#"{"access_token":"token"}"#).behind(&of_server),
        THINGS => Reply::json(200, "{}"),
        _ => Reply::json(404, "{}"),
    })
    .await;
    let account = server.account(&NEW, password());
    let call = |account: &crate::Account| {
        let account = account.clone();
        tokio::spawn(async move { account.send(&get("/things")).await })
    };
    let first = call(&account);
    server.wait_for(2).await;
    let second = call(&account);
    tokio::task::yield_now().await;
    first.abort();
    server.wait_for(3).await;
    gate.add_permits(2);
    second.await.unwrap().unwrap();
    assert_eq!((server.count(LOGIN), server.count(THINGS)), (2, 1));
}

/// Starts an upstream that accepts only this token.
async fn guarded(token: &'static str) -> Server {
    let right = format!("Bearer {token}");
    Server::start(move |seen| match seen.line.as_str() {
        THINGS if seen.header("authorization") == Some(right.as_str()) => Reply::json(200, "{}"),
        THINGS => Reply::json(401, r#"{"detail":"no, not-this-token is wrong"}"#),
        _ => Reply::json(404, "{}"),
    })
    .await
}

#[tokio::test]
async fn a_given_token() {
    let server = guarded("this-token").await;
    let account = server.account(&OLD, Credentials::Bearer(" Bearer this-token\n".into()));
    account.send(&get("/things")).await.unwrap();
    let account = server.account(&OLD, Credentials::Bearer("not-this-token".into()));
    let error = expect_code(
        ErrorCode::Unauthenticated,
        account.send(&get("/things")).await,
    );
    assert_eq!(error.detail, "no, *** is wrong");
    assert_eq!(server.lines(), [THINGS, THINGS]);
}

#[tokio::test]
async fn a_token_from_a_file_is_read_again_when_it_changes() {
    let directory = std::env::temp_dir().join(format!("runtime-token-{}", std::process::id()));
    std::fs::create_dir_all(&directory).unwrap();
    let path = directory.join("token");
    let server = guarded("this-token").await;
    for api in [&OLD, &NEW] {
        let _ = std::fs::remove_file(&path);
        let account = server.account(api, Credentials::BearerFile(path.clone()));
        let error = expect_code(
            ErrorCode::Unauthenticated,
            account.send(&get("/things")).await,
        );
        assert!(
            error.detail.contains("entity not found"),
            "{}",
            error.detail
        );
        std::fs::write(&path, "not-this-token\n").unwrap();
        expect_code(
            ErrorCode::Unauthenticated,
            account.send(&get("/things")).await,
        );
        std::fs::write(&path, "this-token\n").unwrap();
        account.send(&get("/things")).await.unwrap();
    }
    std::fs::remove_dir_all(&directory).unwrap();
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn an_endless_token_file_is_not_read_completely() {
    let server = guarded("this-token").await;
    let account = server.account(&OLD, Credentials::BearerFile("/dev/zero".into()));
    let error = expect_code(
        ErrorCode::Unauthenticated,
        account.send(&get("/things")).await,
    );
    assert!(error.detail.contains("is empty or"), "{}", error.detail);
}

#[cfg(unix)]
#[tokio::test]
async fn a_token_from_a_command_is_kept_until_rejected() {
    let directory = std::env::temp_dir().join(format!("runtime-command-{}", std::process::id()));
    std::fs::create_dir_all(&directory).unwrap();
    let path = directory.join("runs");
    // The command prints `this-token` from its second run on.
    let command = format!(
        "if [ -e '{0}' ]; then echo this-token; else echo not-this-token; fi; echo run >> '{0}'",
        path.display()
    );
    let runs = || std::fs::read_to_string(&path).unwrap().lines().count();
    let server = guarded("this-token").await;
    let account = server.account(&OLD, Credentials::BearerCommand(command));
    expect_code(
        ErrorCode::Unauthenticated,
        account.send(&get("/things")).await,
    );
    assert_eq!(runs(), 1);
    let calls = (0..20).map(|_| async { account.send(&get("/things")).await });
    assert!(join_all(calls).await.iter().all(Result::is_ok));
    assert_eq!(runs(), 2);
    std::fs::remove_dir_all(&directory).unwrap();

    for (command, detail) in [
        (
            // The output of this command never ends, so it must not be read completely.
            "yes",
            "The output of the token command is not a single token.",
        ),
        ("exit 3", "The token command failed: exit status: 3."),
        (
            "echo two words",
            "The output of the token command is not a single token.",
        ),
        (
            "echo s3cret >&2; false",
            "The token command failed: exit status: 1.",
        ),
    ] {
        let account = server.account(&OLD, Credentials::BearerCommand(command.to_owned()));
        let error = expect_code(
            ErrorCode::Unauthenticated,
            account.send(&get("/things")).await,
        );
        assert_eq!(error.detail, detail);
    }
}
