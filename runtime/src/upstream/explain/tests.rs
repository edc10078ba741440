//! Error responses of real upstreams.
#![allow(clippy::unwrap_used)]

use reqwest::{
    Url,
    header::{HeaderMap, HeaderName, HeaderValue},
};

use super::*;
use crate::tests::server::NEW;
use crate::upstream::rate_limit::RateLimit;

fn base() -> BaseUrl {
    BaseUrl::new(&Url::parse("http://example.com/prefix/").unwrap(), false)
}

fn response(status: u16, headers: &[(&'static str, &'static str)], body: &str) -> Response {
    let pairs = headers.iter().map(|(name, value)| {
        (
            HeaderName::from_static(name),
            HeaderValue::from_static(value),
        )
    });
    Response {
        complete: true,
        status,
        headers: HeaderMap::from_iter(pairs),
        body: body.as_bytes().to_vec().into(),
        rate_limit: RateLimit::default(),
    }
}

/// Status, body, and expected code, title and detail.
const ROWS: &[(u16, &str, &str, &str, &str)] = &[
    (
        404,
        r#"{"detail":"The User with username `x` was not found","status":404,"title":"User not found","type":"https://…"}"#,
        "not_found",
        "User not found",
        "The User with username `x` was not found",
    ),
    (
        400,
        r#"{"detail":"Extra query parameter(s) zork not in spec","status":400,"title":null}"#,
        "rejected",
        "Bad Request",
        "Extra query parameter(s) zork not in spec",
    ),
    (
        400,
        r#"{"detail":null,"status":400,"title":"Page limit must be a positive integer"}"#,
        "rejected",
        "Page limit must be a positive integer",
        "",
    ),
    (
        401,
        r#"{"detail":"Token Expired"}"#,
        "unauthenticated",
        "Unauthorized",
        "Token Expired",
    ),
    (
        403,
        r#"{"detail":"Forbidden"}"#,
        "forbidden",
        "Forbidden",
        "Forbidden",
    ),
    (
        403,
        r#"{"detail":"Invalid JWT token"}"#,
        "unauthenticated",
        "Forbidden",
        "Invalid JWT token",
    ),
    (
        404,
        r#"{"error":"API route not found"}"#,
        "not_found",
        "Not Found",
        "API route not found",
    ),
    (
        404,
        r#"{"detail":["The Task Instance a","was not found"]}"#,
        "not_found",
        "Not Found",
        "The Task Instance a; was not found",
    ),
    (
        409,
        r#"{"detail":{"reason":"Unique constraint violation","statement":"hidden","message":"ID M"}}"#,
        "conflict",
        "Conflict",
        "reason: Unique constraint violation; statement: hidden; message: ID M",
    ),
    (
        422,
        r#"{"detail":[{"type":"missing","loc":["body","password"],"msg":"Field required","input":{"secret":"s3cret"}},{"type":"x","loc":["body","roles",0,"name"],"msg":"Input should be a valid string","input":7}]}"#,
        "rejected",
        "Unprocessable Entity",
        "body.password: Field required; body.roles.0.name: Input should be a valid string",
    ),
    (
        422,
        r#"{"detail":[{"msg":"Value error","loc":[]}]}"#,
        "rejected",
        "Unprocessable Entity",
        "Value error",
    ),
    (
        422,
        r#"{"detail":{"input":"s3cret","why":{"input":"s3cret"}}}"#,
        "rejected",
        "Unprocessable Entity",
        "",
    ),
    (
        422,
        r#"{"problems":{"a":[1,true],"input":"s3cret"}}"#,
        "rejected",
        "Unprocessable Entity",
        "problems: a: 1; true",
    ),
    (
        500,
        "<html><head><title>Error</title><style>b {}</style></head>\n<body onload='x'><script>if (a<b) {}</script><h1>Ooops! &amp;lt;</h1><!-- no > -->it&#39;s bad</body>",
        "upstream_error",
        "Internal Server Error",
        "Error Ooops! &lt; it's bad",
    ),
    (
        502,
        "<html><body><h1>502 Bad Gateway",
        "upstream_error",
        "Bad Gateway",
        "502 Bad Gateway",
    ),
    (
        500,
        "Internal Server Error",
        "upstream_error",
        "Internal Server Error",
        "Internal Server Error",
    ),
    (
        500,
        "<script>",
        "upstream_error",
        "Internal Server Error",
        "",
    ),
    (
        429,
        "<p>8 per 1 minute</p>",
        "rate_limited",
        "Too Many Requests",
        "8 per 1 minute",
    ),
    (406, "", "rejected", "Not Acceptable", ""),
    (499, "", "rejected", "HTTP 499", ""),
    (418, "null", "rejected", "I'm a teapot", ""),
    (400, "\"just text\"", "rejected", "Bad Request", "just text"),
];

#[test]
fn every_form_of_explanation() {
    for (status, body, code, title, detail) in ROWS {
        let error = error_of(
            &NEW.errors,
            &base(),
            Http::Get,
            &response(*status, &[], body),
        );
        assert_eq!(
            (
                error.code.as_str(),
                error.title.as_str(),
                error.detail.as_str()
            ),
            (*code, *title, *detail),
            "{status} {body}"
        );
        assert!(error.hint.len() > 20, "{status} has no hint");
    }
}

#[test]
fn hints_of_the_api_come_first() {
    let answer = response(403, &[], r#"{"detail":"Invalid JWT token"}"#);
    let error = error_of(&NEW.errors, &base(), Http::Get, &answer);
    assert_eq!(error.hint, "The token was revoked; sign in again.");
}

#[test]
fn a_missing_page_is_not_a_missing_object() {
    let rows = [
        ("application/problem+json", "list tool"),
        ("text/html; charset=utf-8", "base URL"),
    ];
    for (media_type, expected) in rows {
        let answer = response(404, &[("content-type", media_type)], "{}");
        let error = error_of(&NEW.errors, &base(), Http::Get, &answer);
        assert!(
            error.hint.contains(expected),
            "{media_type}: {}",
            error.hint
        );
    }
}

#[test]
fn redirects_show_only_the_origin() {
    let rows = [
        (
            "https://sso.example.org:8443/login?state=s3cret",
            "https://sso.example.org:8443. The",
        ),
        ("//other.example/x", "http://other.example. The"),
        ("/login?next=s3cret", "another of its pages"),
        ("http://example.com/elsewhere", "another of its pages"),
        ("http://", "Check the base URL"),
    ];
    for (location, expected) in rows {
        let answer = response(302, &[("location", location)], "");
        let error = error_of(&NEW.errors, &base(), Http::Get, &answer);
        assert_eq!(error.code, ErrorCode::UnexpectedResponse);
        assert!(error.hint.contains(expected), "{location}: {}", error.hint);
        assert!(!error.hint.contains("s3cret"), "{location}: {}", error.hint);
    }
}

#[test]
fn only_harmless_calls_are_retryable() {
    let rows = [
        (429, Http::Post, true),
        (503, Http::Post, true),
        (502, Http::Post, false),
        (504, Http::Patch, false),
        (504, Http::Get, true),
        (502, Http::Delete, true),
        (500, Http::Get, false),
        (409, Http::Get, false),
    ];
    for (status, http, retryable) in rows {
        let error = error_of(&NEW.errors, &base(), http, &response(status, &[], ""));
        assert_eq!(error.retryable, retryable, "{status} {http:?}");
    }
}

#[test]
fn long_texts_are_cut_between_characters() {
    let body = format!(r#"{{"detail":"{}"}}"#, "é".repeat(5_000));
    let error = error_of(&NEW.errors, &base(), Http::Get, &response(400, &[], &body));
    assert_eq!(error.detail.chars().count(), MAX_DETAIL + 1);
    let many: Vec<_> = (0..50).map(|_| r#"{"loc":["a"],"msg":"b"}"#).collect();
    let body = format!(r#"{{"detail":[{}]}}"#, many.join(","));
    let error = error_of(&NEW.errors, &base(), Http::Get, &response(422, &[], &body));
    assert!(error.detail.ends_with("a: b; 30 more"), "{}", error.detail);
}
