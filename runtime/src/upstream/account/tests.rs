//! Invalid settings and their error messages.
#![allow(clippy::unwrap_used)]

use super::*;
use crate::tests::server::{APIS, password};
use crate::upstream::settings::Credentials;

fn check(change: impl FnOnce(&mut Settings)) -> Result<String, String> {
    let mut settings = Settings::new("https://example.com", password());
    change(&mut settings);
    let account = Account::new(settings, APIS, crate::log::PlainText::FORMAT)
        .map_err(|error| error.to_string())?;
    Ok(account.identity())
}

#[test]
fn base_urls() {
    let rows = [
        ("https://example.com", Ok("https://example.com\nada")),
        ("https://EXAMPLE.com:443/", Ok("https://example.com\nada")),
        (" http://localhost:8080\n", Ok("http://localhost:8080\nada")),
        ("http://[::1]:8080/a/b//", Ok("http://[::1]:8080/a/b\nada")),
        (
            "https://x.example/y~z%20a",
            Ok("https://x.example/y~z%20a\nada"),
        ),
        (
            "",
            Err(
                "the base URL is invalid (relative URL without a base); write it like `https://example.com`",
            ),
        ),
        (
            "example.com",
            Err(
                "the base URL is invalid (relative URL without a base); write it like `https://example.com`",
            ),
        ),
        (
            "localhost:8080",
            Err("the base URL begins with `localhost:`; only `http:` and `https:` are supported"),
        ),
        (
            "ftp://example.com",
            Err("the base URL begins with `ftp:`; only `http:` and `https:` are supported"),
        ),
        (
            "https://ada:s3cret@example.com",
            Err("the base URL contains credentials; set user name and password separately"),
        ),
        (
            "https://ada@example.com",
            Err("the base URL contains credentials; set user name and password separately"),
        ),
        (
            "https://example.com/?a=b",
            Err("the base URL contains `?` or `#`; remove everything after the path"),
        ),
        (
            "https://example.com/#a",
            Err("the base URL contains `?` or `#`; remove everything after the path"),
        ),
        (
            "https://example.com/x/api/v1/",
            Err("the base URL ends with `/api/v1`, which is part of the API; remove it"),
        ),
    ];
    for (url, expected) in rows {
        let found = check(|it| it.base_url = url.to_owned());
        assert_eq!(
            found,
            expected.map(str::to_owned).map_err(str::to_owned),
            "{url}"
        );
    }
}

#[test]
fn other_settings() {
    type Change = fn(&mut Settings);
    let rows: [(Change, &str); 15] = [
        (
            |it| it.ca_certificate = Some("-----BEGIN".to_owned()),
            "the certificate authority is not a certificate in PEM format, which begins with `-----BEGIN CERTIFICATE-----`",
        ),
        (
            |it| it.api = Some("things-3".to_owned()),
            r#"unknown API "things-3" (did you mean "things-2"?)"#,
        ),
        (
            |it| it.api = Some("zork".to_owned()),
            r#"unknown API "zork" (known: things-2, things-1)"#,
        ),
        (
            |it| it.headers = vec![("x y".to_owned(), "1".into())],
            "`x y` is not a valid header name; correct it",
        ),
        (
            |it| it.headers = vec![("x".to_owned(), "s3cret\nx".into())],
            "the value of the header `x` contains a line break or another character that is not allowed in headers; remove it",
        ),
        (
            |it| it.headers = vec![("Content-Length".to_owned(), "1".into())],
            "the header `content-length` is reserved, because the client sets it; remove it",
        ),
        (
            |it| it.headers = vec![("Authorization".to_owned(), "s3cret".into())],
            "credentials and the header `authorization` exclude each other; remove one of them",
        ),
        (
            |it| it.timeout = Duration::ZERO,
            "`timeout` must be greater than 0",
        ),
        (
            |it| it.max_in_flight = 0,
            "`max_in_flight` must be greater than 0",
        ),
        (
            |it| it.max_result_bytes = 0,
            "`max_result_bytes` must be greater than 0",
        ),
        (
            |it| it.credentials = Credentials::Bearer("".into()),
            "the bearer token is empty or contains a space, a line break or another character that is not allowed in tokens",
        ),
        (
            |it| it.credentials = Credentials::Bearer("s3cret s3cret".into()),
            "the bearer token is empty or contains a space, a line break or another character that is not allowed in tokens",
        ),
        (
            |it| {
                it.credentials = Credentials::Password {
                    username: String::new(),
                    password: "s3cret".into(),
                }
            },
            "the user name is empty; set it",
        ),
        (|it| it.max_in_flight = usize::MAX, ""),
        (
            |it| {
                it.credentials = Credentials::None;
                it.headers = vec![("Authorization".to_owned(), "s3cret".into())];
            },
            "",
        ),
    ];
    for (change, expected) in rows {
        assert_eq!(check(change).err().unwrap_or_default(), expected);
    }
}
