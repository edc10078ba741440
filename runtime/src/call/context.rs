//! One call with checked arguments: sends its requests and knows the scope of its cursors.

use std::sync::{Mutex, PoisonError};

use serde_json::Map;
use tokio::sync::OnceCell;

use super::recorder::{ChangeRecorder, RecordedValues};
use super::subject::CallSubject;

use crate::args::{ArgumentError, CheckedArguments};
use crate::output::cursor::{CursorError, ListPosition, Scope};
use crate::request::{Request, RequestTooLarge};
use crate::tool::Tool;
use crate::upstream::account::Account;
use crate::upstream::error::{CallError, ErrorCode};
use crate::upstream::rate_limit::RateLimit;
use crate::upstream::response::Response;

/// One call with checked arguments.
pub(super) struct Call<'a> {
    pub(super) account: &'a Account,
    pub(super) tool: &'static Tool,
    pub(super) arguments: &'a CheckedArguments,
    pub(super) rate_limit: &'a LastRateLimit,
    /// Recorder of the change, if there is one.
    pub(super) recorder: Option<&'a dyn ChangeRecorder>,
    pub(super) subject: &'a CallSubject,
    /// Whether the change was recorded.
    pub(super) intent: OnceCell<()>,
    /// Recorded values before and after the change.
    pub(super) values: RecordedValues,
}

impl Call<'_> {
    /// Sends a request and records the rate limit that the response reports. A request that can change something is sent only after the change was recorded.
    pub(super) async fn send(&self, request: &Request) -> Result<Response, CallError> {
        self.record_intent(request).await?;
        self.send_recorded(request).await
    }

    /// Sends a request that only reads, or whose change was recorded.
    pub(super) async fn send_recorded(&self, request: &Request) -> Result<Response, CallError> {
        let response = self.account.send(request).await?;
        self.rate_limit.record(response.rate_limit);
        Ok(response)
    }

    /// Returns the request of a call that does not update an object.
    pub(super) fn plain_request(&self) -> Result<Request, CallError> {
        Ok(Request::new(self.arguments, &Map::new())?)
    }

    /// Returns the scope in which cursors of this call are valid.
    pub(super) fn scope(&self) -> Scope {
        Scope::new(
            &[self.tool.document, self.tool.operation, self.tool.name].join("\n"),
            &self.account.identity(),
            &self.arguments.identity(),
        )
    }

    /// Returns the position in the given cursor, if there is one.
    pub(super) fn start(&self, scope: &Scope) -> Result<Option<ListPosition>, CallError> {
        let cursor = self.arguments.result_options().cursor.as_deref();
        let position = cursor.map(|cursor| scope.read(cursor)).transpose();
        position.map_err(invalid_cursor)
    }
}

/// Rate limit that was last reported by any of several concurrent requests.
#[derive(Default)]
pub(super) struct LastRateLimit(Mutex<RateLimit>);

impl LastRateLimit {
    pub(super) fn record(&self, rate_limit: RateLimit) {
        // A response without a rate limit does not invalidate an earlier one.
        if !rate_limit.is_empty() {
            *self.0.lock().unwrap_or_else(PoisonError::into_inner) = rate_limit;
        }
    }

    pub(super) fn get(&self) -> RateLimit {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Returns the error for invalid arguments.
pub(super) fn invalid_arguments(errors: &[ArgumentError]) -> CallError {
    let errors: Vec<_> = errors.iter().map(ToString::to_string).collect();
    CallError::new(ErrorCode::InvalidArguments, "Invalid arguments")
        .detail(errors.join("\n"))
        .hint("Nothing was sent. Correct the arguments and call again.")
}

pub(super) fn invalid_cursor(error: CursorError) -> CallError {
    CallError::new(ErrorCode::InvalidArguments, "Invalid cursor")
        .detail(error.to_string())
        .hint("Nothing was sent.")
}

impl From<ArgumentError> for CallError {
    fn from(error: ArgumentError) -> Self {
        invalid_arguments(&[error])
    }
}

impl From<RequestTooLarge> for CallError {
    fn from(error: RequestTooLarge) -> Self {
        Self::new(ErrorCode::InvalidArguments, "Request too large")
            .detail(error.to_string())
            .hint("Nothing was sent. Send fewer or shorter values.")
    }
}
