//! Printing: what comes out is what rustfmt leaves alone, and one tool less is one block less.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

mod support;

use std::io::Write as _;
use std::process::{Command, Stdio};

use mcp_codegen::emit::emit;

#[test]
fn rustfmt_changes_nothing() {
    for file in emit(&support::shop()).unwrap() {
        if file.path.ends_with(".rs") {
            let formatted = rustfmt(&file.text);
            similar_asserts(&file.path, &file.text, &formatted);
        }
    }
}

fn similar_asserts(path: &str, text: &str, formatted: &str) {
    assert_eq!(text, formatted, "{path}");
}

fn rustfmt(text: &str) -> String {
    let mut child = Command::new("rustfmt")
        .args(["--edition", "2024", "--config", "skip_children=true"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("rustfmt is part of the toolchain");
    child
        .stdin
        .take()
        .unwrap()
        .write_all(text.as_bytes())
        .unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "rustfmt refused:\n{text}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn show() {
    for file in emit(&support::shop()).unwrap() {
        println!("=== {}\n{}", file.path, file.text);
    }
}
