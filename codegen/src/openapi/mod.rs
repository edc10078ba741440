//! Reads an OpenAPI document, 3.0 or 3.1, as published, and resolves everything in it. No other module interprets a document.
//!
//! An operation that no tool can call is a value in the document, with all reasons ([`DocumentOperation::facts`]).

mod body;
mod choices;
mod component;
mod component_types;
mod cycles;
mod document;
mod fits;
mod flat;
mod flatten;
mod media;
mod model;
mod names;
mod normalise;
mod objects;
mod operation;
mod parameters;
mod parse;
mod read;
mod response;
mod rules;
mod types;

pub use document::{Document, DocumentOperation, OperationFacts};
pub(crate) use media::is_json;
pub use read::{DocumentSource, read};

#[cfg(test)]
mod tests;
