//! Support for the tests of this crate.

pub(crate) mod server;
pub(crate) mod tools;
