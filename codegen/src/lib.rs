//! Turns published OpenAPI documents and a documented allowlist into the source of MCP tools.
//!
//! Data flows one way and nothing here reads or writes a file: text -> [`openapi::read`] -> [`facts::facts`] -> selection -> [`catalog::Catalog`] -> files.

pub mod catalog;
pub mod corrections;
pub mod emit;
pub mod error;
pub mod facts;
pub mod ident;
pub mod openapi;
