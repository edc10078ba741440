//! The intermediate representation (IR): all tools with all decisions taken. Emitters read only the IR.
//!
//! The IR is plain data, without `$ref`. All references are resolved, so emitters print what the IR contains. [`crate::Catalog`] is the whole of it, and only `lower` can make one.

mod api;
mod list;
mod module_types;
mod operation;
mod parameter;
mod preset;
mod types;

pub use api::*;
pub use list::*;
pub use operation::*;
pub use parameter::*;
pub use preset::*;
pub use types::*;

pub(crate) use api::SHARED_MODULE;
pub(crate) use module_types::{ModuleTypes, definitions, references};
