//! The files of the allowlist, read with line numbers: APIs, tools, exclusions, presets, corrections and histories. Each file is checked as far as this is possible without the documents.

pub(crate) mod apis;
pub(crate) mod corrections;
pub(crate) mod documents;
mod errors;
pub(crate) mod excluded;
pub(crate) mod history;
pub(crate) mod overrides;
mod pagination;
pub(crate) mod presets;
mod rules;
mod sign_in;
pub(crate) mod tools;

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests;
