//! Valid and invalid configuration files.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

use std::path::Path;

use super::read;
use crate::tests::sample::apis;

fn nothing(_: &str) -> Option<String> {
    None
}

fn told(text: &str) -> Vec<String> {
    apis();
    let Err(errors) = read(text, Path::new("/nonexistent"), &nothing) else {
        return Vec::new();
    };
    errors
        .into_iter()
        .map(|problem| format!("{}: {}", problem.line, problem.message))
        .collect()
}

#[test]
fn all_errors_are_reported_with_their_lines() {
    let text = r#"
[[account]]
nmae = "production"
base_url = "upstream.example.org"
auth = { type = "password", username = "mcp", password_file = "/nonexistent" }
headers = { X-Key = { env = "NOT_SET" }, X-Number = 1 }

[[account.server]]
name = "agent"
methods = "read"
tags = ["fleat"]
expires_at = 2026-12-31T23:59:59
require_api_token_auth = "yes"
discover = 1

[[account]]
name = "test"
base_url = "http://localhost:8080"
auth = { type = "pasword" }

[[account.server]]
name = "agent"
token_file = "a.url"

[[account.server]]
name = "agent"
token_file = "a.url"

[[account]]
name = "test"
base_url = "http://localhost:8080/api/v1"
auth = { type = "bearer" }

[account.header]
X-Key = "x"
"#;
    expect_test::expect_file!["expected/problems.txt"].assert_eq(&(told(text).join("\n") + "\n"));
}

#[test]
fn toml_errors_are_reported() {
    let errors = told("[[account]\nname = \"a\"\nbase_url = \n");
    assert!(errors.len() >= 2, "{errors:?}");
    assert!(errors[0].starts_with("1: "), "{errors:?}");
}

#[test]
fn errors_contain_no_secrets() {
    let text = r#"
[[account]]
name = "a"
base_url = "http://localhost"
auth = { type = "bearer", token = "planted secret" }
[[account]]
name = "b"
base_url = "http://localhost"
auth = { type = "password", username = "", password = "planted" }
headers = { "X Key" = "planted" }
"#;
    let errors = told(text);
    assert_eq!(errors.len(), 3, "{errors:?}");
    assert!(!errors.join(" ").contains("planted"), "{errors:?}");
}

mod documentation;
mod stores;
