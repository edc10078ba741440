//! Invalid settings and their error messages.
#![allow(clippy::unwrap_used)]

use super::*;
use crate::test_support::{APIS, password};

fn check(change: impl FnOnce(&mut Settings)) -> Result<String, String> {
    let mut settings = Settings::new("https://example.com", password());
    change(&mut settings);
    let account = Account::new(settings, APIS).map_err(|error| error.to_string())?;
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
                "the base URL is not a URL (relative URL without a base); write it like `https://example.com`",
            ),
        ),
        (
            "example.com",
            Err(
                "the base URL is not a URL (relative URL without a base); write it like `https://example.com`",
            ),
        ),
        (
            "localhost:8080",
            Err("the base URL begins with `localhost:`; only `http:` and `https:` are known"),
        ),
        (
            "ftp://example.com",
            Err("the base URL begins with `ftp:`; only `http:` and `https:` are known"),
        ),
        (
            "https://ada:s3cret@example.com",
            Err("the base URL holds credentials; give user name and password separately"),
        ),
        (
            "https://ada@example.com",
            Err("the base URL holds credentials; give user name and password separately"),
        ),
        (
            "https://example.com/?a=b",
            Err("the base URL has a `?` or `#` part; give it up to the path only"),
        ),
        (
            "https://example.com/#a",
            Err("the base URL has a `?` or `#` part; give it up to the path only"),
        ),
        (
            "https://example.com/x/api/v1/",
            Err("the base URL ends in `/api/v1`, which is part of the API; leave that out"),
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
            "the certificate authority is not a certificate in PEM; it begins with `-----BEGIN CERTIFICATE-----`",
        ),
        (
            |it| it.api = Some("things-3".to_owned()),
            "there is no API `things-3`; known are `things-2`, `things-1` (did you mean `things-1`?)",
        ),
        (
            |it| it.api = Some("zork".to_owned()),
            "there is no API `zork`; known are `things-2`, `things-1`",
        ),
        (
            |it| it.headers = vec![("x y".to_owned(), "1".into())],
            "`x y` is not a header name",
        ),
        (
            |it| it.headers = vec![("x".to_owned(), "s3cret\nx".into())],
            "the value of the header `x` has a line break or another character that headers cannot have",
        ),
        (
            |it| it.headers = vec![("Content-Length".to_owned(), "1".into())],
            "the header `content-length` is set by the client itself",
        ),
        (
            |it| it.headers = vec![("Authorization".to_owned(), "s3cret".into())],
            "there are credentials and a header `authorization`; give one of them",
        ),
        (
            |it| it.timeout = Duration::ZERO,
            "`timeout` must be more than 0",
        ),
        (
            |it| it.max_in_flight = 0,
            "`max_in_flight` must be more than 0",
        ),
        (
            |it| it.max_result_bytes = 0,
            "`max_result_bytes` must be more than 0",
        ),
        (
            |it| it.credentials = Credentials::Bearer("".into()),
            "the bearer token is empty or has a space, a line break or another character that tokens cannot have",
        ),
        (
            |it| it.credentials = Credentials::Bearer("s3cret s3cret".into()),
            "the bearer token is empty or has a space, a line break or another character that tokens cannot have",
        ),
        (
            |it| {
                it.credentials = Credentials::Password {
                    username: String::new(),
                    password: "s3cret".into(),
                }
            },
            "the user name is empty",
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
