//! Sends one request per id in an argument to an operation on one object ([`Each`]). Exactly these objects are changed, whereas the API's own operation on many objects selects them by filters.

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use serde_json::Value;

use crate::arguments::Arguments;
use crate::call::{Call, Progress, invalid, no_json, text};
use crate::error::{CallError, ErrorCode};
use crate::json::{compact, push_string};
use crate::list::SIDE_BY_SIDE;
use crate::request::Request;
use crate::tool::{Each, Param, Place};

/// Outcome for one id.
enum Outcome {
    /// Successful change, with the response as compact JSON.
    Changed(String),
    Failed(CallError),
    /// Request that was not sent, because an earlier one failed in a way that affects all ids.
    NotTried,
}

/// Returns the operation, the parameter and its distinct ids, if the caller gave ids.
pub(crate) fn wanted(
    arguments: &Arguments,
) -> Option<(&'static Each, &'static Param, Vec<&Value>)> {
    let tool = arguments.tool();
    let each = tool.each.as_ref()?;
    let param = tool.params.iter().find(|it| it.place == Place::Each)?;
    let given = arguments.given(param.field.name)?.as_array()?;
    let mut ids: Vec<&Value> = Vec::with_capacity(given.len());
    for id in given {
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    Some((each, param, ids))
}

impl Call<'_> {
    /// Sends a request for each id, a few concurrently. After a failed request, the others are still sent, unless they would fail in the same way.
    pub(crate) async fn each(
        &self,
        each: &'static Each,
        param: &'static Param,
        ids: &[&Value],
        progress: Progress<'_>,
    ) -> Result<String, CallError> {
        let requests = ids
            .iter()
            .map(|id| Request::of_each(each, param, id, self.arguments))
            .collect::<Result<Vec<_>, _>>()
            .map_err(|problem| invalid(&[problem]))?;
        let mut outcomes: Vec<Outcome> = ids.iter().map(|_| Outcome::NotTried).collect();
        let total = u64::try_from(ids.len()).ok();
        let side_by_side = SIDE_BY_SIDE.min(self.account.max_in_flight()).max(1);
        let send = |(index, request)| async move { (index, self.change(request).await) };
        let mut waiting = requests.iter().enumerate();
        let mut sent = FuturesUnordered::new();
        sent.extend(waiting.by_ref().take(side_by_side).map(send));
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
        self.rendered(each, ids, outcomes)
            .map_err(|error| error.of_operation(each.operation))
    }

    /// Sends the request for one change.
    async fn change(&self, request: &Request) -> Result<String, CallError> {
        let response = self.send(request).await?;
        let status = response.status;
        compact(&text(response)?).map_err(|error| no_json(&error, status))
    }

    /// Returns the responses as the tool result, or the error that lists what was changed.
    fn rendered(
        &self,
        each: &Each,
        ids: &[&Value],
        outcomes: Vec<Outcome>,
    ) -> Result<String, CallError> {
        let mut answers = Vec::with_capacity(ids.len());
        let mut groups = Groups::default();
        let mut first: Option<CallError> = None;
        for (id, outcome) in ids.iter().zip(outcomes) {
            match outcome {
                Outcome::Changed(answer) => {
                    groups.changed.push(id.to_string());
                    answers.push(answer);
                }
                Outcome::NotTried => groups.not_tried.push(id.to_string()),
                Outcome::Failed(error) => {
                    let failure = format!("{id} ({})", reason(&error));
                    match is_unknown(error.code) {
                        true => groups.unknown.push(failure),
                        false => groups.failed.push(failure),
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
        out.push_str(&answers.join(","));
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
    not_tried: Vec<String>,
}

impl Groups {
    /// Returns the error of the call; `error` is the decisive error of a request.
    fn error(&self, error: CallError, idempotent: bool) -> CallError {
        let groups = [
            ("Changed", &self.changed),
            ("Failed", &self.failed),
            ("Unknown whether changed", &self.unknown),
            ("Not tried", &self.not_tried),
        ];
        let sentences = groups.iter().map(|(name, ids)| match ids.as_slice() {
            [] => format!("{name}: none."),
            ids => format!("{name}: {}.", ids.join(", ")),
        });
        // An empty group of unknown outcomes is omitted.
        let sentences = sentences.filter(|text| text != "Unknown whether changed: none.");
        let title = match self.changed.is_empty() {
            true => "Not changed",
            false => "Only some were changed",
        };
        let hint = format!(
            "The changes that were made stay. Call again with the ids that failed, corrected, and those not tried. {}",
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
            | ErrorCode::Unauthenticated
            | ErrorCode::Unreachable
            | ErrorCode::Timeout
            | ErrorCode::Cancelled
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
