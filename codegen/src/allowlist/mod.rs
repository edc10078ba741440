//! The allowlist: which operations become tools, how they are documented, and other decisions about them. This module turns text into typed values and resolves no names.

pub(crate) mod apis;
pub(crate) mod corrections;
pub(crate) mod documents;
pub(crate) mod excluded;
pub(crate) mod history;
pub(crate) mod overrides;
pub(crate) mod tools;

mod pages;
mod sign_in;

#[cfg(test)]
mod tests;
