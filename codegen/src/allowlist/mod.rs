//! The allowlist: which operations become tools, how they are documented, and what else was decided about them. Text to typed values; nothing is looked up yet.

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
