//! Reports a change to a recorder before its first request is sent, so that no change is sent that is not recorded.

use futures_util::future::BoxFuture;

use super::context::Call;
use super::subject::CallSubject;
use crate::request::Request;
use crate::tool::{Http, Tool};
use crate::upstream::error::{CallError, ErrorCode};

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
    /// What the call is about.
    pub subject: &'a CallSubject,
    /// Recorded values before the change as a compact JSON object; empty if there are none.
    pub before: &'a str,
}

/// Error: the change could not be recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the change cannot be recorded")]
pub struct NotRecorded;

impl Call<'_> {
    /// Records the change of this call before its first request that can change something. Requests that only read, before or after a change, are not recorded.
    pub(super) async fn record_intent(&self, request: &Request) -> Result<(), CallError> {
        let is_read = self.tool.effect.read_only
            || (request.http == Http::Get && self.tool.http != Http::Get);
        let Some(recorder) = self.recorder.filter(|_| !is_read) else {
            return Ok(());
        };
        // Concurrent requests of one call wait for the same record.
        let recorded = self.intent.get_or_try_init(|| async {
            self.read_before().await;
            let change = IntendedChange {
                before: self.values.before(),
                tool: self.tool,
                subject: self.subject,
            };
            recorder.record(&change).await
        });
        recorded.await.copied().map_err(|NotRecorded| {
            CallError::new(ErrorCode::NotRecorded, "Not recorded")
                .detail("The audit log cannot be written at present.")
                .hint("Nothing was sent. Call again later; if the error persists, tell the operator of this server.")
                .retryable(true)
        })
    }
}

#[cfg(test)]
mod tests;
