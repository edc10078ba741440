//! Sign-in with a key, which is sent in its own header or after a scheme.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::*;
use crate::tests::server::{OLD, Reply, Server, get, password};
use crate::tool::api::{ErrorShapes, VersionProbe};
use crate::upstream::account::Account;

/// Key that ends with `=`, like keys in base64.
const KEY: &str = "k3y-0f-the-0ffice=";
const THINGS: &str = "GET /things";
const ERRORS: ErrorShapes = ErrorShapes {
    detail: &["/detail"],
    title: &[],
    hints: &[],
};
const VERSION: VersionProbe = VersionProbe {
    path: "",
    version: "",
    product: "",
};

macro_rules! api {
    ($name:literal, $header:literal, $scheme:literal) => {
        Api {
            name: $name,
            title: "Things",
            version: VERSION,
            documents: &[],
            sign_in: SignIn::Key {
                header: $header,
                scheme: $scheme,
            },
            errors: ERRORS,
            toolsets: &[],
        }
    };
}

static BARE: Api = api!("bare", "X-Things-Key", "");
static BEARER: Api = api!("bearer", "Authorization", "Bearer");
static PLAIN: Api = api!("plain", "Authorization", "");
static WORD: Api = api!("word", "X-Auth", "token");
static KEYED: &[&Api] = &[&BARE, &BEARER, &PLAIN, &WORD, &OLD];

/// Returns each API with the name and the value of the header that contains the key.
fn rows() -> [(&'static Api, &'static str, String); 4] {
    [
        (&BARE, "x-things-key", KEY.to_owned()),
        (&BEARER, "authorization", format!("Bearer {KEY}")),
        (&PLAIN, "authorization", KEY.to_owned()),
        (&WORD, "x-auth", format!("token {KEY}")),
    ]
}

fn account(server: &Server, api: &'static Api, credentials: Credentials) -> Account {
    let mut settings = server.settings(credentials);
    settings.api = Some(api.name.to_owned());
    Account::new(settings, KEYED, crate::log::PlainText::FORMAT).unwrap()
}

/// Starts an upstream that rejects all requests and repeats their headers, including the key.
async fn strict(status: u16) -> Server {
    Server::start(move |seen| {
        let sent: Vec<_> = seen.headers.iter().map(|(_, value)| &**value).collect();
        let detail = json!({"detail": format!("not good: {}", sent.join(" | "))});
        Reply::json(status, &detail.to_string())
    })
    .await
}

async fn refused_with(account: &Account) -> CallError {
    let error = account.send(&get("/things")).await.unwrap_err();
    let shown = format!("{error:?}{}", error.to_json());
    assert!(!shown.contains("k3y"), "{shown}");
    assert_eq!(error.code, ErrorCode::Unauthenticated, "{shown}");
    error
}

/// Returns the same key from each source that an account supports.
fn keys(file: &Path) -> [Credentials; 3] {
    std::fs::write(file, format!("{KEY}\n")).unwrap();
    [
        Credentials::Bearer(KEY.into()),
        Credentials::BearerFile(file.to_owned()),
        Credentials::BearerCommand(format!("cat '{}'", file.display())),
    ]
}

#[cfg(unix)]
#[tokio::test]
async fn the_key_is_only_in_the_declared_header() {
    let directory = std::env::temp_dir().join(format!("runtime-key-{}", std::process::id()));
    std::fs::create_dir_all(&directory).unwrap();
    let server = Server::start(|_| Reply::json(200, "{}")).await;
    for (api, header, value) in rows() {
        for credentials in keys(&directory.join("key")) {
            let before = server.seen().len();
            let account = account(&server, api, credentials);
            account.send(&get("/things")).await.unwrap();
            let seen = server.seen().split_off(before);
            let lines: Vec<_> = seen.iter().map(|it| &*it.line).collect();
            assert_eq!(lines, [THINGS], "{}", api.name);
            let with_key = |(_, value): &&(String, String)| value.contains(KEY);
            let found: Vec<_> = seen[0].headers.iter().filter(with_key).collect();
            assert_eq!(found, [&(header.to_owned(), value.clone())], "{}", api.name);
        }
    }
    std::fs::remove_dir_all(&directory).unwrap();
}

#[cfg(unix)]
#[tokio::test]
async fn the_error_of_a_rejected_key_does_not_show_it() {
    let directory = std::env::temp_dir().join(format!("runtime-no-key-{}", std::process::id()));
    std::fs::create_dir_all(&directory).unwrap();
    let server = strict(401).await;
    for (api, _, value) in rows() {
        for credentials in keys(&directory.join("key")) {
            let account = account(&server, api, credentials);
            let error = refused_with(&account).await;
            assert_eq!(error.status, Some(401));
            assert!(
                error.hint.contains("rejected the credentials"),
                "{}",
                error.hint
            );
            // The text around the key is not secret.
            let shown = value.replace(KEY, "***");
            assert!(error.detail.contains(&shown), "{}", error.detail);
            assert!(!format!("{account:?}").contains("k3y"));
        }
    }
    std::fs::remove_dir_all(&directory).unwrap();
}

#[tokio::test]
async fn the_error_without_a_key_names_the_requirement() {
    for status in [401, 403] {
        let server = strict(status).await;
        for (api, ..) in rows() {
            let error = refused_with(&account(&server, api, Credentials::None)).await;
            assert!(error.hint.contains("must set a key"), "{}", error.hint);
        }
    }
    let server = strict(401).await;
    for (api, ..) in rows() {
        let error = refused_with(&account(&server, api, password())).await;
        assert_eq!(error.title, "No key");
        assert!(error.hint.contains("as the token"), "{}", error.hint);
    }
    assert!(server.seen().is_empty(), "a password was sent somewhere");
}

#[tokio::test]
async fn one_account_can_use_several_sign_in_methods() {
    let server = Server::start(|_| Reply::json(200, "{}")).await;
    let account = account(&server, &BARE, Credentials::Bearer(KEY.into()));
    let transport = &account.0.transport;
    let auth = Authenticator::new(
        Credentials::Bearer(KEY.into()),
        None,
        Duration::from_secs(5),
    )
    .unwrap();
    for _ in 0..2 {
        for (api, header, value) in rows() {
            let grant = auth
                .grant(Some(SignInMethod::new(api, None)), transport)
                .await;
            let headers = grant.unwrap_or_else(|error| panic!("{error:?}")).headers();
            assert_eq!(headers.len(), 1);
            assert_eq!(headers[header], value);
            assert!(headers[header].is_sensitive());
        }
    }
}
