//! Turns published OpenAPI documents and a documented allowlist into the source of MCP tools.
//!
//! Data flows in one direction, and nothing in this crate reads or writes files: text -> [`openapi::Document`] and allowlist -> selection -> [`Catalog`] -> files. [`Workspace::read`] does everything up to the catalogue, [`emit::emit`] the rest.

pub mod allow;
pub mod catalog;
pub mod changes;
pub mod corrections;
pub mod emit;
pub mod error;
pub mod history;
pub mod ident;
pub mod openapi;
pub mod trial;

mod allowlist;
mod coverage;
mod diagnostic;
mod entry;
mod glob;
mod input;
mod lower;
mod path;
mod pointer;
mod reader;
mod select;
mod text;
mod workspace;
mod yaml;

pub use coverage::{Coverage, CoveredOperation, DocumentCoverage};
pub use diagnostic::{Diagnostic, Error, LowerDiagnostic, ReadDiagnostic, SelectDiagnostic};
pub use input::Input;
pub use lower::Catalog;
pub use select::Decision;
pub use text::listed;
pub use workspace::Workspace;
