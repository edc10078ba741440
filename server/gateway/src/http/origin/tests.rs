//! Requests with accepted and rejected hosts and origins.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::*;

fn verdict(public: &str, host: &[&str], origin: &[&str]) -> &'static str {
    let access = Access::new(
        public,
        &["allowed.example:9000".to_owned()],
        &[
            "https://chat.example/".to_owned(),
            "http://dev.example:*".to_owned(),
        ],
    )
    .unwrap();
    let mut headers = HeaderMap::new();
    for host in host {
        headers.append(header::HOST, host.parse().unwrap());
    }
    for origin in origin {
        headers.append(header::ORIGIN, origin.parse().unwrap());
    }
    match access.check(&Uri::from_static("/mcp/x"), &headers) {
        Verdict::Accepted { scripts: Some(_) } => "scripts",
        Verdict::Accepted { scripts: None } => "ok",
        Verdict::Host => "host",
        Verdict::Origin => "origin",
    }
}

#[test]
fn only_allowed_hosts_and_origins_pass() {
    let local = "http://127.0.0.1:8787";
    let public = "https://mcp.example.org/gateway";
    let rows: [(&str, &[&str], &[&str], &str); 27] = [
        (local, &["127.0.0.1:8787"], &[], "ok"),
        (local, &["localhost:1"], &[], "ok"),
        (local, &["LOCALHOST"], &[], "ok"),
        (local, &["[::1]:8787"], &[], "ok"),
        (local, &["evil.example"], &[], "host"),
        (local, &["127.0.0.1.evil.example"], &[], "host"),
        (local, &["localhost@evil.example"], &[], "host"),
        (local, &["evil.example@localhost"], &[], "host"),
        (local, &["localhost:port"], &[], "host"),
        (local, &[], &[], "host"),
        (local, &["localhost", "localhost"], &[], "host"),
        (local, &["mcp.example.org"], &[], "host"),
        (local, &["allowed.example:9000"], &[], "ok"),
        (local, &["allowed.example:9001"], &[], "host"),
        (local, &["localhost"], &["http://localhost:6274"], "ok"),
        (local, &["localhost"], &["http://evil.example"], "origin"),
        (local, &["localhost"], &["null"], "origin"),
        (local, &["localhost"], &[""], "origin"),
        (
            local,
            &["localhost"],
            &["http://localhost", "http://localhost"],
            "origin",
        ),
        (local, &["localhost"], &["https://chat.example"], "scripts"),
        (
            local,
            &["localhost"],
            &["https://chat.example:444"],
            "origin",
        ),
        (local, &["localhost"], &["http://chat.example"], "origin"),
        (local, &["localhost"], &["http://dev.example:3"], "scripts"),
        (
            public,
            &["mcp.example.org"],
            &["https://mcp.example.org"],
            "ok",
        ),
        // A page of the gateway at another of its allowed hosts.
        (
            public,
            &["allowed.example:9000"],
            &["http://allowed.example:9000"],
            "ok",
        ),
        (
            public,
            &["mcp.example.org"],
            &["http://localhost:3"],
            "origin",
        ),
        (public, &["mcp.example.org"], &["file://"], "origin"),
    ];
    for (public, host, origin, expected) in rows {
        assert_eq!(
            verdict(public, host, origin),
            expected,
            "{public} {host:?} {origin:?}"
        );
    }
}

#[test]
fn all_invalid_settings_are_reported() {
    let errors = Access::new(
        "http://localhost",
        &["http://a".to_owned(), "ok".to_owned(), "a b".to_owned()],
        &["chat.example".to_owned(), "*".to_owned()],
    );
    assert_eq!(errors.unwrap_err().len(), 4);
}
