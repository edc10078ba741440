//! Runs one call of a tool: checks the arguments, builds and sends the requests, and limits the size of the result.

mod context;
mod each;
mod intent;
mod list;
mod log;
mod merge;
mod recorded;
pub(crate) mod recorder;
pub(crate) mod subject;
mod update;
mod verify;

use serde_json::{Map, Value};
use tokio::sync::OnceCell;

use crate::args::secret::secret_values;
use crate::args::{CheckedArguments, check};
use crate::output::{Progress, object, size};
use crate::secrets::Redactor;
use crate::tool::{ResponseFormat, Tool};
use crate::upstream::account::Account;
use crate::upstream::error::{CallError, ErrorCode};
use crate::upstream::rate_limit::RateLimit;
use context::{Call, LastRateLimit, invalid_arguments};
use recorder::{ChangeRecorder, RecordedValues};
use subject::CallSubject;

/// Hint about how to see what was cut from a result that is not a list.
const NARROW: &str = "If the tool has arguments that request less, use them.";

/// Result of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToolOutput {
    /// JSON object without white space: the result, or `{"error": {…}}`.
    pub json: String,
    /// Error code, if the call failed.
    pub error: Option<ErrorCode>,
    /// HTTP status of the decisive response, if there was one.
    pub status: Option<u16>,
    /// Rate limit reported by the last response.
    pub rate_limit: RateLimit,
    /// Subject of the call; `None` if the call has no recorder or its arguments are invalid.
    pub subject: Option<Box<CallSubject>>,
}

impl ToolOutput {
    /// Adds a sentence to the member `notes` of the result.
    pub fn add_note(&mut self, note: &str) {
        // A result is always an object. Numbers keep their digits, and members keep their order.
        if let Ok(mut result) = serde_json::from_str::<Map<String, Value>>(&self.json) {
            match result.get_mut("notes") {
                Some(Value::Array(notes)) => notes.push(note.into()),
                Some(_) => return,
                None => {
                    result.insert("notes".to_owned(), Value::Array(vec![note.into()]));
                }
            }
            self.json = Value::Object(result).to_string();
        }
    }
}

impl Account {
    /// Calls a tool. Dropping the future cancels its requests.
    ///
    /// The upstream may turn out to have another API than that of the tool. In this case, the tool with the same name in that API is called.
    pub async fn call(
        &self,
        tool: &'static Tool,
        arguments: Map<String, Value>,
        progress: Progress<'_>,
    ) -> ToolOutput {
        self.call_recorded(tool, arguments, progress, None).await
    }

    /// Calls a tool like [`Account::call`], and reports a change to the recorder before it is sent.
    pub async fn call_recorded(
        &self,
        tool: &'static Tool,
        arguments: Map<String, Value>,
        progress: Progress<'_>,
        recorder: Option<&dyn ChangeRecorder>,
    ) -> ToolOutput {
        let mut subject = None;
        let mut values = None;
        let secrets = Redactor::new(secret_values(tool, &arguments));
        let rate_limit = LastRateLimit::default();
        let result = match self.check_arguments(tool, arguments).await {
            Ok(arguments) => {
                let about = subject.insert(match recorder {
                    Some(_) => Box::new(CallSubject::new(&arguments)),
                    None => Box::default(),
                });
                let call = Call {
                    account: self,
                    tool: arguments.tool(),
                    arguments: &arguments,
                    rate_limit: &rate_limit,
                    recorder,
                    subject: about,
                    intent: OnceCell::new(),
                    values: RecordedValues::default(),
                };
                // Boxed, so that calls rejected earlier do not pay for this future and enclosing futures stay small.
                let result = Box::pin(call.run(progress)).await;
                values = call.values.take();
                result.map_err(|error| error.of_operation(call.tool.operation))
            }
            Err(error) => Err(error.of_operation(tool.operation)),
        };
        let (json, error, status) = match result {
            Ok((status, json)) => (json, None, Some(status)),
            Err(error) => {
                rate_limit.record(*error.rate_limit);
                let error = error.redacted(|text| secrets.redact(&text).into_owned());
                (error.to_json().to_string(), Some(error.code), error.status)
            }
        };
        ToolOutput {
            json,
            error,
            status,
            rate_limit: rate_limit.get(),
            subject: subject.filter(|_| recorder.is_some()).map(|subject| {
                let (before, after) = values.unwrap_or_default();
                Box::new(CallSubject {
                    before,
                    after,
                    ..*subject
                })
            }),
        }
    }

    /// Checks the arguments against the corresponding tool of the upstream's API.
    async fn check_arguments(
        &self,
        tool: &'static Tool,
        arguments: Map<String, Value>,
    ) -> Result<CheckedArguments, CallError> {
        // Errors that do not depend on the upstream are reported before any request is sent, including the requests that detect the API.
        let likely = self.known().and_then(|known| known.find_for(tool));
        let is_certain = likely.is_some();
        let likely = likely.unwrap_or(tool);
        let checked = self::checked(likely, arguments.clone());
        if is_certain && checked.is_err() {
            return checked;
        }
        // Arguments that are invalid for one API may be valid for another.
        let mut known = match self.detected().await {
            Ok(known) => known,
            Err(error) => return Err(checked.err().unwrap_or(error)),
        };
        let here = known.find_for(tool);
        if here.is_some_and(|here| known.is_older(here, &arguments)) {
            known = self.detected_again(known).await;
        }
        let Some(here) = known.find_for(tool) else {
            let detail = format!(
                "The server is {} {}, whose API does not have the operation.",
                known.api.title, known.version
            );
            let error = CallError::new(ErrorCode::NotFound, "Not available on this server");
            return Err(error
                .detail(detail)
                .hint("The tool cannot be used with this account; use another tool."));
        };
        known.require(here)?;
        let checked = match core::ptr::eq(here, likely) {
            true => checked?,
            false => self::checked(here, arguments)?,
        };
        let supported = checked.for_version(known.api.version.product, &known.version);
        supported.map_err(|errors| invalid_arguments(&errors))
    }
}

/// Checks the arguments of a call.
///
/// # Errors
/// Returns all errors in the arguments, written for the model that made the call.
pub fn checked(
    tool: &'static Tool,
    arguments: Map<String, Value>,
) -> Result<CheckedArguments, CallError> {
    check(tool, arguments).map_err(|errors| invalid_arguments(&errors))
}

impl Call<'_> {
    async fn run(&self, progress: Progress<'_>) -> Result<(u16, String), CallError> {
        if let Some(list) = &self.tool.list {
            return self.list(list, progress).await;
        }
        if let ResponseFormat::Log { token, next, .. } = self.tool.response_format {
            return self.log(token, next, progress).await;
        }
        let (status, result) = match (&self.tool.each, &self.arguments.each) {
            (Some(each), Some(ids)) => (200, self.each(each, ids, progress).await?),
            _ => self.single().await?,
        };
        let max = self.account.max_result_bytes();
        let result = size::fit(result, max, NARROW);
        let result = result.map_err(|error| CallError::not_json(status, &error))?;
        Ok((status, result))
    }

    /// Sends the single request of a tool that is not a list. If the response of the API does not show what was changed, reads the object back.
    async fn single(&self) -> Result<(u16, String), CallError> {
        let request = self.request().await?;
        let written = self.send(&request).await?;
        let status = written.status;
        let response = match self.tool.update.read_back {
            [] => written,
            _ => self.read_back(written).await?,
        };
        self.record_after(&response);
        Ok((status, object::result(self.tool, response)?))
    }
}

#[cfg(test)]
mod alternative_tests;
#[cfg(test)]
mod link_tests;
#[cfg(test)]
mod response_format_tests;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod version_tests;
