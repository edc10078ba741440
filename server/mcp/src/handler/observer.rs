//! Changes before they are sent and ends of calls, for the observer of a handler or for the log.

use std::fmt::Debug;
use std::time::Duration;

use futures_util::future::BoxFuture;
use rmcp::RoleServer;
use rmcp::model::ErrorData;
use rmcp::service::RequestContext;
use runtime::{CallError, ChangeRecorder, IntendedChange, NotRecorded, ToolOutput};

use crate::offer::UnavailableTool;

/// Observer that learns of each call before the client receives the result.
pub trait Observer: Debug + Send + Sync {
    /// Waits until a call may begin. If an error is returned, nothing is sent and the error is the result of the call.
    fn admit(&self) -> BoxFuture<'_, Result<(), CallError>>;

    /// Handles a change that is about to be sent. If an error is returned, nothing is sent.
    fn intended<'a>(
        &'a self,
        change: &'a IntendedChange<'a>,
        context: &'a RequestContext<RoleServer>,
    ) -> BoxFuture<'a, Result<(), NotRecorded>>;

    /// Handles the end of a call, and returns a sentence for the result if the client must know something about the record of the call. If an error is returned, the client receives this error instead of the result.
    fn called<'a>(
        &'a self,
        call: EndedCall<'a>,
    ) -> BoxFuture<'a, Result<Option<&'static str>, ErrorData>>;
}

/// Recorder of the changes of one request.
pub(super) struct RequestRecorder<'a> {
    pub(super) observer: &'a dyn Observer,
    pub(super) context: &'a RequestContext<RoleServer>,
}

impl ChangeRecorder for RequestRecorder<'_> {
    fn record<'a>(
        &'a self,
        change: &'a IntendedChange<'a>,
    ) -> BoxFuture<'a, Result<(), NotRecorded>> {
        self.observer.intended(change, self.context)
    }
}

/// Call that has ended.
pub struct EndedCall<'a> {
    /// Name of the tool as the client wrote it.
    pub name: &'a str,
    /// Tool, if one with this name exists and the client may call it.
    pub tool: Option<&'static runtime::Tool>,
    /// Tool result, or the reason why there is none.
    pub outcome: Result<&'a ToolOutput, &'a CallRejection>,
    /// Duration of the call.
    pub took: Duration,
    /// Context of the request.
    pub context: &'a RequestContext<RoleServer>,
}

/// Reason why a call has no tool result.
#[derive(Debug)]
pub enum CallRejection {
    /// Name that does not match an offered tool.
    UnavailableTool(UnavailableTool),
    /// Cancellation by the client.
    Cancelled,
    /// Panic in this program.
    Panicked,
}

impl CallRejection {
    pub(super) fn into_error(self, name: &str) -> ErrorData {
        match self {
            Self::UnavailableTool(no) => ErrorData::invalid_params(no.message(name), None),
            Self::Cancelled => ErrorData::internal_error("cancelled", None),
            Self::Panicked => ErrorData::internal_error(
                "the MCP server failed during this call; see its log",
                None,
            ),
        }
    }
}

/// Writes a log line about a call.
pub(super) fn log(name: &str, outcome: &Result<ToolOutput, CallRejection>, took: Duration) {
    let ms = milliseconds(took);
    match outcome {
        Ok(answer) => tracing::info!(
            tool = %name,
            failed = answer.error.is_some(),
            status = answer.status,
            bytes = answer.json.len(),
            ms,
            "called"
        ),
        // An unknown name is not logged, because it can be a misplaced secret.
        Err(CallRejection::UnavailableTool(_)) => tracing::info!(ms, "refused: no such tool"),
        Err(refused) => tracing::info!(tool = %name, refused = ?refused, ms, "refused"),
    }
}

/// Converts a duration to milliseconds, as an integer that JSON logs write as a number.
pub fn milliseconds(took: Duration) -> u64 {
    u64::try_from(took.as_millis()).unwrap_or(u64::MAX)
}
