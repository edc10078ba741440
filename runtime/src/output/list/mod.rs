//! Reads lists: sends as many requests as a page of the result needs, applies filters that the API does not have, and determines where the list continues.
//!
//! If an upstream returns cursors or links, pages are read one after another with them; otherwise pages are requested by offset or page number. Offsets count the items of the API, before filters. A page that is shorter than requested does not mean the end of the list, because upstreams reduce page sizes silently. A list ends at the total that the upstream reports, or with an empty page.

pub(crate) mod items;
pub(crate) mod link;
#[cfg(test)]
mod native_tests;
#[cfg(test)]
mod numbered_tests;
pub(crate) mod page;
pub(crate) mod query;
pub(crate) mod read;
mod render;
#[cfg(test)]
mod tests;
mod window;
