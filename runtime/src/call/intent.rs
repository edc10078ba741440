//! Reports a change to a recorder before its first request is sent, so that no change is sent that is not recorded.

use super::context::Call;
use super::recorder::{IntendedChange, NotRecorded};
use crate::request::Request;
use crate::tool::Http;
use crate::upstream::error::{CallError, ErrorCode};

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
