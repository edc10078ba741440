//! Makes Rust identifiers out of the names of a document. Nothing else in this crate does.
