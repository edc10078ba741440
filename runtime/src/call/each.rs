//! Sends one request per id in an argument to an operation on one object ([`Each`]). Exactly these objects are changed, whereas the API's own operation on many objects selects them by filters.

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use serde_json::Value;

use super::context::Call;
use crate::json::{compact, push_string};
use crate::output::Progress;
use crate::output::list::query::MAX_CONCURRENT;
use crate::request::Request;
use crate::tool::Each;
use crate::upstream::error::{CallError, ErrorCode};

/// Outcome for one id.
enum Outcome {
    /// Successful change, with the response as compact JSON.
    Changed(String),
    Failed(CallError),
    /// Request that was not sent, because an earlier one failed in a way that affects all ids.
    NotSent,
}

impl Call<'_> {
    /// Sends a request for each id, a few concurrently. After a failed request, the others are still sent, unless they would fail in the same way. `ids` contains each id with the path of its request.
    pub(super) async fn each(
        &self,
        each: &'static Each,
        ids: &[(Value, String)],
        progress: Progress<'_>,
    ) -> Result<String, CallError> {
        let requests = ids.iter();
        let requests = requests.map(|(_, path)| Request::for_id(each, path, self.arguments));
        let requests = requests.collect::<Result<Vec<_>, _>>()?;
        let mut outcomes: Vec<Outcome> = ids.iter().map(|_| Outcome::NotSent).collect();
        let total = u64::try_from(ids.len()).ok();
        let width = MAX_CONCURRENT.min(self.account.max_in_flight()).max(1);
        let send = |(index, request)| async move { (index, self.change(request).await) };
        let mut waiting = requests.iter().enumerate();
        let mut sent = FuturesUnordered::new();
        sent.extend(waiting.by_ref().take(width).map(send));
        let (mut done, mut is_stopped) = (0, false);
        while let Some((index, result)) = sent.next().await {
            is_stopped |= matches!(&result, Err(error) if concerns_all(error.code));
            if let Some(outcome) = outcomes.get_mut(index) {
                *outcome = result.map_or_else(Outcome::Failed, Outcome::Changed);
            }
            done += 1;
            progress(done, total);
            if !is_stopped {
                sent.extend(waiting.next().map(send));
            }
        }
        drop(sent);
        self.render(each, ids, outcomes)
            .map_err(|error| error.of_operation(each.operation))
    }

    /// Sends the request for one change.
    async fn change(&self, request: &Request) -> Result<String, CallError> {
        let response = self.send(request).await?;
        let status = response.status;
        compact(&response.into_text()?).map_err(|error| CallError::not_json(status, &error))
    }

    /// Returns the responses as the tool result, or the error that lists what was changed.
    fn render(
        &self,
        each: &Each,
        ids: &[(Value, String)],
        outcomes: Vec<Outcome>,
    ) -> Result<String, CallError> {
        let mut responses = Vec::with_capacity(ids.len());
        let mut groups = Groups::default();
        let mut first: Option<CallError> = None;
        for ((id, _), outcome) in ids.iter().zip(outcomes) {
            match outcome {
                Outcome::Changed(response) => {
                    groups.changed.push(id.to_string());
                    responses.push(response);
                }
                Outcome::NotSent => groups.not_sent.push(id.to_string()),
                Outcome::Failed(error) => {
                    let failed = format!("{id} ({})", reason(&error));
                    match is_unknown(error.code) {
                        true => groups.unknown.push(failed),
                        false => groups.failed.push(failed),
                    }
                    // An error that affects all ids takes precedence, because it decides what the caller can do.
                    let decides = first
                        .as_ref()
                        .is_none_or(|it| concerns_all(error.code) && !concerns_all(it.code));
                    if decides {
                        first = Some(error);
                    }
                }
            }
        }
        if let Some(error) = first {
            return Err(groups.error(error, self.tool.effect.idempotent));
        }
        let mut out = "{".to_owned();
        push_string(&mut out, each.items);
        out.push_str(":[");
        out.push_str(&responses.join(","));
        out.push_str("]}");
        Ok(out)
    }
}

/// Ids as text, grouped by outcome.
#[derive(Default)]
struct Groups {
    changed: Vec<String>,
    failed: Vec<String>,
    unknown: Vec<String>,
    not_sent: Vec<String>,
}

impl Groups {
    /// Returns the error of the call; `error` is the decisive error of a request.
    fn error(&self, error: CallError, idempotent: bool) -> CallError {
        let groups = [
            ("Changed", &self.changed),
            ("Failed", &self.failed),
            ("Unknown whether changed", &self.unknown),
            ("Not sent", &self.not_sent),
        ];
        let sentences = groups.iter().map(|(name, ids)| match ids.as_slice() {
            [] => format!("{name}: none."),
            ids => format!("{name}: {}.", ids.join(", ")),
        });
        // An empty group of unknown outcomes is omitted.
        let sentences = sentences.filter(|text| text != "Unknown whether changed: none.");
        let title = match self.changed.is_empty() {
            true => "Nothing changed",
            false => "Only some objects changed",
        };
        let hint = format!(
            "The changes that succeeded are kept. Call again with the ids that failed, after correcting them, and with those that were not sent. {}",
            error.hint
        );
        CallError {
            title: title.to_owned(),
            detail: sentences.collect::<Vec<_>>().join(" "),
            hint: hint.trim_end().to_owned(),
            retryable: error.retryable && idempotent,
            ..error
        }
    }
}

/// Returns whether requests for other ids would fail in the same way.
fn concerns_all(code: ErrorCode) -> bool {
    matches!(
        code,
        ErrorCode::RateLimited
            | ErrorCode::Overloaded
            | ErrorCode::Unauthenticated
            | ErrorCode::Unreachable
            | ErrorCode::Timeout
            | ErrorCode::Cancelled
            | ErrorCode::NotRecorded
    )
}

/// Returns whether the upstream may have made the change although no response confirms it.
fn is_unknown(code: ErrorCode) -> bool {
    matches!(
        code,
        ErrorCode::Unreachable | ErrorCode::Timeout | ErrorCode::UnexpectedResponse
    )
}

/// Returns the status and the explanation of the upstream.
fn reason(error: &CallError) -> String {
    let words = match error.detail.as_str() {
        "" => error.title.as_str(),
        detail => detail,
    };
    let words = words.trim_end_matches('.');
    match error.status {
        Some(status) => format!("HTTP {status}: {words}"),
        None => words.to_owned(),
    }
}

#[cfg(test)]
mod tests;
