//! Recorder of changes, and the values that it records before and after a change.

use std::sync::OnceLock;

use futures_util::future::BoxFuture;

use super::subject::CallSubject;
use crate::tool::Tool;

/// Recorder of changes.
pub trait ChangeRecorder: Sync {
    /// Records a change that is about to be sent. If this returns an error, nothing is sent.
    fn record<'a>(
        &'a self,
        change: &'a IntendedChange<'a>,
    ) -> BoxFuture<'a, Result<(), NotRecorded>>;
}

/// Change that is about to be sent.
#[derive(Debug, Clone, Copy)]
pub struct IntendedChange<'a> {
    /// Tool in the API of the upstream.
    pub tool: &'static Tool,
    /// Subject of the call.
    pub subject: &'a CallSubject,
    /// Recorded values before the change as a compact JSON object; empty if there are none.
    pub before: &'a str,
}

/// Error: the change could not be recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the change cannot be recorded")]
pub struct NotRecorded;

/// Recorded values before and after a change, each as a JSON object.
#[derive(Debug, Default)]
pub(super) struct RecordedValues {
    pub(super) before: OnceLock<String>,
    pub(super) after: OnceLock<String>,
}

impl RecordedValues {
    /// Returns the values before the change; empty if there are none.
    pub(super) fn before(&self) -> &str {
        self.before.get().map_or("", String::as_str)
    }

    /// Returns the values before and after the change.
    pub(super) fn take(self) -> Option<(String, String)> {
        let [before, after] = [self.before, self.after].map(OnceLock::into_inner);
        let values = (before.unwrap_or_default(), after.unwrap_or_default());
        Some(values)
    }
}
