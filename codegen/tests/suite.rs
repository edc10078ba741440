//! All tests of the generator in one program, because compiling each file as a program of its own takes minutes.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests"
)]

mod all_operations;
mod allow;
mod allowlist;
mod any_document;
mod changes;
mod corrections;
mod emit;
mod facts;
#[path = "golden.rs"]
mod golden;
mod one_tool_less;
#[path = "../../xtask/src/rustfmt.rs"]
mod rustfmt;
mod support;
