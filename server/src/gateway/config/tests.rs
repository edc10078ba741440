//! Valid and invalid configuration files.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

use std::path::Path;

use super::read;

fn nothing(_: &str) -> Option<String> {
    None
}

fn told(text: &str) -> Vec<String> {
    let Err(problems) = read(text, Path::new("/nonexistent"), &nothing) else {
        return Vec::new();
    };
    problems
        .into_iter()
        .map(|problem| format!("{}: {}", problem.line, problem.message))
        .collect()
}

#[test]
fn everything_that_is_wrong_is_told_with_its_line() {
    let text = r#"
[[account]]
nmae = "production"
base_url = "airflow.example.org"
auth = { type = "password", username = "mcp", password_file = "/nonexistent" }
headers = { X-Key = { env = "NOT_SET" }, X-Number = 1 }

[[account.server]]
name = "agent"
methods = "read"
tags = ["rbca"]
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
fn what_is_no_toml_is_told_too() {
    let problems = told("[[account]\nname = \"a\"\nbase_url = \n");
    assert!(problems.len() >= 2, "{problems:?}");
    assert!(problems[0].starts_with("1: "), "{problems:?}");
}

#[test]
fn secrets_are_not_told() {
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
    let problems = told(text);
    assert_eq!(problems.len(), 3, "{problems:?}");
    assert!(!problems.join(" ").contains("planted"), "{problems:?}");
}

mod stores;
