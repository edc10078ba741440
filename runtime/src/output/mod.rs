//! Results of calls: converts the responses of an upstream into the JSON that a client receives.

pub(crate) mod cursor;
pub(crate) mod list;
pub(crate) mod log;
pub(crate) mod object;
pub(crate) mod size;

/// Callback after each page of a list, with the number of items read and, if known, the total number to read.
pub type Progress<'a> = &'a (dyn Fn(u64, Option<u64>) + Send + Sync);
