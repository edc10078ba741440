//! JSON types of arguments and results, shared by the code generator, the macros and the runtime.
//!
//! A [`Shape`] describes a JSON value. [`writer`] turns shapes into the JSON Schemas that clients receive, [`signature`] into a short text for people. The generator builds shapes from its catalogue, the macros build them as constants of generated code, so that both describe a tool in the same words.

pub mod arguments;
mod limits;
pub mod markdown;
pub mod names;
mod rust_types;
mod shape;
pub mod signature;
pub mod suggestion;
pub mod writer;

pub use rust_types::{Json, Nullable, Schema};
pub use shape::{Additional, Bound, Field, Link, Shape, ShapeKind, StringRules};
