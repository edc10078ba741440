//! Query of a call for a list: what to read, and within which limits.

use std::time::{Duration, Instant};

use serde_json::Value;

use crate::json::Fields;
use crate::output::cursor::ListPosition;
use crate::tool::{Filter, Pagination};

/// Maximum number of requests that one call sends concurrently.
pub(crate) const MAX_CONCURRENT: usize = 4;

/// Query of a call for a list.
#[derive(Debug)]
pub(crate) struct ListQuery<'a> {
    /// Member of the response with the items.
    pub(crate) items: &'a str,
    /// Pagination of the API; `None` if the upstream returns the whole list at once.
    pub(crate) pagination: Option<Pagination>,
    /// Position at which reading begins.
    pub(crate) start: ListPosition,
    /// Maximum number of items to return.
    pub(crate) limit: usize,
    /// Filters with their wanted values; an item must match all filters.
    pub(crate) filters: Vec<(&'a Filter, &'a Value)>,
    /// Members of an item to return.
    pub(crate) fields: Fields<'a>,
    /// Maximum size of a result in bytes; reading stops when it is exceeded.
    pub(crate) max_bytes: usize,
    /// Maximum number of pages requested concurrently.
    pub(crate) max_concurrent: usize,
    /// Limits for the requests of one call.
    pub(crate) budget: Budget,
}

impl ListQuery<'_> {
    /// Returns the number of counted items before the first one that is read.
    pub(crate) fn skipped(&self) -> u64 {
        match self.start {
            ListPosition::Offset(skipped)
            | ListPosition::Native { skip: skipped, .. }
            | ListPosition::Numbered { at: skipped, .. } => skipped,
        }
    }
}

/// Limits for the requests of one call.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Budget {
    /// Maximum number of requests.
    pub(crate) pages: usize,
    /// Time after which no further request begins. The first request always begins.
    pub(crate) time: Duration,
}

impl Default for Budget {
    fn default() -> Self {
        Self {
            pages: 200,
            time: Duration::from_secs(40),
        }
    }
}

impl Budget {
    /// Returns whether no further request may begin, after this many requests since `begun`.
    pub(crate) fn is_spent(self, requests: usize, begun: Instant) -> bool {
        requests >= self.pages || begun.elapsed() >= self.time
    }
}
