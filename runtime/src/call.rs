//! Runs one call of a tool: checks the arguments, builds and sends the requests, and limits the size of the result.

use std::sync::{Mutex, PoisonError};

use serde_json::{Map, Value};

use crate::account::Account;
use crate::arguments::{self, Arguments, check, secret_values};
use crate::cursor::{CursorError, Position, Scope};
use crate::each;
use crate::error::{CallError, ErrorCode};
use crate::json::{self, Fields, Scanner};
use crate::list::link::LinkError;
use crate::list::{self, Budget, Next, Page, PageAt, PageError, Plan, Said, link};
use crate::problem::Problem;
use crate::rate_limit::RateLimit;
use crate::request::Request;
use crate::secrets::Redactor;
use crate::size;
use crate::tool::{Content, Http, List, Pager, Tool, Way};
use crate::transport::Response;

/// Callback after each page of a list, with the number of items read and, if known, the total number to read.
pub type Progress<'a> = &'a (dyn Fn(u64, Option<u64>) + Send + Sync);

/// Hint about how to see what was cut from a result that is not a list.
const NARROW: &str = "If the tool has arguments that ask for less, use them.";

/// Result of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// JSON object without white space: the result, or `{"error": {…}}`.
    pub json: String,
    /// Error code, if the call failed.
    pub error: Option<ErrorCode>,
    /// HTTP status of the decisive response, if there was one.
    pub status: Option<u16>,
    /// Rate limit reported by the last response.
    pub rate_limit: RateLimit,
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
    ) -> Answer {
        let secrets = Redactor::new(secret_values(tool, &arguments));
        let heard = Heard::default();
        let result = match self.fitting(tool, arguments).await {
            Ok(arguments) => {
                let call = Call {
                    account: self,
                    tool: arguments.tool(),
                    arguments: &arguments,
                    heard: &heard,
                };
                // Boxed, so that calls rejected earlier do not pay for this future and enclosing futures stay small.
                let result = Box::pin(call.run(progress)).await;
                result.map_err(|error| error.of_operation(call.tool.operation))
            }
            Err(error) => Err(error.of_operation(tool.operation)),
        };
        match result {
            Ok((status, json)) => Answer {
                json,
                error: None,
                status: Some(status),
                rate_limit: heard.last(),
            },
            Err(error) => {
                heard.hear(*error.rate_limit);
                let error = error.redacted(|text| secrets.redact(&text).into_owned());
                Answer {
                    json: error.to_json().to_string(),
                    error: Some(error.code),
                    status: error.status,
                    rate_limit: heard.last(),
                }
            }
        }
    }

    /// Checks the arguments against the corresponding tool of the upstream's API.
    async fn fitting(
        &self,
        tool: &'static Tool,
        arguments: Map<String, Value>,
    ) -> Result<Arguments, CallError> {
        // Errors that do not depend on the upstream are reported before any request is sent, including the requests that detect the API.
        let likely = self.known().and_then(|known| known.find_for(tool));
        let certain = likely.is_some();
        let likely = likely.unwrap_or(tool);
        let checked = checked(likely, arguments.clone());
        if certain && checked.is_err() {
            return checked;
        }
        // Arguments that are invalid for one API may be valid for another.
        let mut known = match self.detected().await {
            Ok(known) => known,
            Err(error) => return Err(checked.err().unwrap_or(error)),
        };
        let here = known.find_for(tool);
        if here.is_some_and(|here| known.is_older(here, &arguments)) {
            known = self.asked_again(known).await;
        }
        let Some(here) = known.find_for(tool) else {
            return Err(CallError::new(ErrorCode::NotFound, "Not on this server")
                .detail(format!(
                    "This server is {} {}, whose API has no such operation.",
                    known.api.title, known.version
                ))
                .hint("The tool cannot be used with this account; use another one."));
        };
        known.require(here)?;
        let checked = match core::ptr::eq(here, likely) {
            true => checked?,
            false => self::checked(here, arguments)?,
        };
        let product = known.api.version.product;
        let fitting = checked.on(product, &known.version);
        fitting.map_err(|problems| invalid(&problems))
    }
}

/// Checks the arguments of a call.
///
/// # Errors
/// Returns all errors in the arguments, written for the model that made the call.
pub fn checked(tool: &'static Tool, arguments: Map<String, Value>) -> Result<Arguments, CallError> {
    check(tool, arguments).map_err(|problems| invalid(&problems))
}

/// One call with checked arguments.
pub(crate) struct Call<'a> {
    pub(crate) account: &'a Account,
    pub(crate) tool: &'static Tool,
    pub(crate) arguments: &'a Arguments,
    heard: &'a Heard,
}

impl Call<'_> {
    /// Sends a request and records the rate limit that the response reports.
    pub(crate) async fn send(&self, request: &Request) -> Result<Response, CallError> {
        let response = self.account.send(request).await?;
        self.heard.hear(response.rate_limit);
        Ok(response)
    }

    async fn run(&self, progress: Progress<'_>) -> Result<(u16, String), CallError> {
        if let Some(list) = &self.tool.list {
            return self.list(list, progress).await;
        }
        if let Content::Log { token, next, .. } = self.tool.content {
            return self.log(token, next, progress).await;
        }
        let (status, result) = match each::wanted(self.arguments) {
            Some((each, param, ids)) => (200, self.each(each, param, &ids, progress).await?),
            None => self.single().await?,
        };
        let max = self.account.max_result_bytes();
        let result = size::fit(result, max, NARROW).map_err(|error| no_json(&error, status))?;
        Ok((status, result))
    }

    /// Sends the single request of a tool that is not a list. If the response of the API does not show what was changed, reads the object back.
    async fn single(&self) -> Result<(u16, String), CallError> {
        let request = self.request().await?;
        let written = self.send(&request).await?;
        let status = written.status;
        let answer = match self.tool.update.read_back {
            [] => written,
            _ => self.read_back(written).await?,
        };
        let result = match self.tool.content {
            Content::Text { .. } => text_result(answer)?,
            Content::Lines { .. } => lines_result(&answer, self.tool.effect.read_only)?,
            Content::Json | Content::Log { .. } => result(self.tool, answer)?,
        };
        Ok((status, result))
    }

    /// Returns the scope in which cursors of this call are valid.
    pub(crate) fn scope(&self) -> Scope {
        Scope::new(
            &[self.tool.document, self.tool.operation, self.tool.name].join("\n"),
            &self.account.identity(),
            &self.arguments.identity(),
        )
    }

    /// Returns the position in the given cursor, if there is one.
    pub(crate) fn start(&self, scope: &Scope) -> Result<Option<Position>, CallError> {
        let cursor = self.arguments.cursor();
        let position = cursor.map(|cursor| scope.read(cursor)).transpose();
        position.map_err(bad_cursor)
    }

    async fn list(
        &self,
        list: &'static List,
        progress: Progress<'_>,
    ) -> Result<(u16, String), CallError> {
        let scope = self.scope();
        let start = self.start(&scope)?.unwrap_or(Position::Offset(0));
        let request = Request::new(self.arguments).map_err(|problem| invalid(&[problem]))?;
        let pager = self.arguments.pager(list);
        if let (Some(pager), Position::Native { token, .. }) = (pager, &start)
            && matches!(pager.way, Way::Link { .. })
            && !link::is_carried(token, pager)
        {
            return Err(bad_cursor(CursorError::Damaged));
        }
        let plan = Plan {
            items: list.items,
            pager,
            start,
            limit: usize::try_from(self.arguments.limit()).unwrap_or(usize::MAX),
            filters: self.arguments.filters().collect(),
            fields: fields(list, self.arguments),
            max_bytes: self.account.max_result_bytes(),
            side_by_side: list::SIDE_BY_SIDE.min(self.account.max_in_flight()),
            budget: Budget::default(),
        };
        let way = pager.map(|pager| pager.way);
        let said = Said {
            next: match way {
                Some(Way::Cursor { next, .. }) => next,
                _ => "",
            },
            total: pager.map_or("", |pager| pager.total),
        };
        let fetch = |items: u32, from: PageAt<'_>| {
            let request = request.page(self.tool, pager, items, from);
            let known = !matches!(from, PageAt::Token(token) if !token.is_empty());
            async move {
                let response = self.send(&request).await?;
                let status = response.status;
                let linked = pager.map(|pager| self.linked(pager, &request, &response));
                let linked = linked.transpose()?.flatten();
                let page = Page::parse(text(response)?, list.items, said);
                let mut page = page.map_err(|error| no_page(&error, status))?;
                if let Some(next) = linked {
                    page.next = next;
                }
                match way {
                    // The upstream has ignored its own cursor, perhaps because it was replaced by another version. This page would be the first page again.
                    Some(Way::Cursor { offset, .. })
                        if page.next == Next::Unsaid && !known && !offset.is_empty() =>
                    {
                        Err(cursor_ignored(status))
                    }
                    _ => Ok(page),
                }
            }
        };
        let cursor = |position: &Position| scope.write(position);
        let rows = list::read(&plan, fetch, progress).await.map_err(|broken| {
            match broken.resume {
                Some(position) => {
                    let read = match &position {
                        Position::Offset(at) | Position::Numbered { at, .. } => {
                            format!("Up to entry {at}")
                        }
                        Position::Native { .. } => "In the entries read so far".to_owned(),
                    };
                    let so_far = format!("{read} nothing was found; the same call with next_cursor \"{}\" goes on from there.", cursor(&position));
                    let hint = [broken.error.hint.as_str(), &so_far].join(" ");
                    broken.error.hint(hint.trim_start())
                }
                None => broken.error,
            }
        })?;
        let result = rows.render(&plan, cursor)?;
        Ok((200, result))
    }

    /// Returns the next page according to the `Link` header of a response; `None` if the list does not use links for pagination.
    fn linked(
        &self,
        pager: Pager,
        request: &Request,
        response: &Response,
    ) -> Result<Option<Next>, CallError> {
        let Way::Link { rel, .. } = pager.way else {
            return Ok(None);
        };
        let Some(url) = self.account.url_of(&request.path_and_query) else {
            return Ok(Some(Next::End));
        };
        let next = link::next(&response.headers, rel, &url)
            .and_then(|next| link::carried(next, pager, self.tool));
        next.map(Some).map_err(|error| {
            let hint = match error {
                LinkError::NoUrl | LinkError::Elsewhere(_) => "The server or a proxy in front of it names itself otherwise than the base URL of the account does: whoever runs these tools can correct one of them.",
                LinkError::Unnamed(_) | LinkError::Nowhere => "This list can only be read up to here: whoever makes these tools has to say by which parameters of the link it goes on, `position` in the list's way to page.",
            };
            unexpected(response.status, format!("{error}.")).hint(hint)
        })
    }
}

/// Rate limit that was last reported by any of several concurrent requests.
#[derive(Default)]
pub(crate) struct Heard(Mutex<RateLimit>);

impl Heard {
    fn hear(&self, rate_limit: RateLimit) {
        // A response without a rate limit does not invalidate an earlier one.
        if !rate_limit.is_empty() {
            *self.0.lock().unwrap_or_else(PoisonError::into_inner) = rate_limit;
        }
    }

    fn last(&self) -> RateLimit {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Returns the error for invalid arguments.
pub(crate) fn invalid(problems: &[Problem]) -> CallError {
    let said: Vec<_> = problems.iter().map(ToString::to_string).collect();
    CallError::new(
        ErrorCode::InvalidArguments,
        "The arguments do not fit the tool",
    )
    .detail(said.join("\n"))
    .hint("Nothing was sent. Correct the arguments and call again.")
}

/// Returns the body of a response as text.
pub(crate) fn text(response: Response) -> Result<String, CallError> {
    let status = response.status;
    String::from_utf8(response.body)
        .map_err(|error| unexpected(status, format!("The answer is no text: {error}.")))
}

/// Returns the error for a response that is not valid JSON although its media type is JSON.
pub(crate) fn no_json(error: &json::Error, status: u16) -> CallError {
    unexpected(status, format!("The answer is no JSON: {error}."))
}

impl From<json::Error> for CallError {
    fn from(error: json::Error) -> Self {
        no_json(&error, 200)
    }
}

fn no_page(error: &PageError, status: u16) -> CallError {
    unexpected(
        status,
        format!("The answer is no page of the list: {error}."),
    )
}

fn cursor_ignored(status: u16) -> CallError {
    let detail = "The server no longer goes by the cursor that it gave out.".to_owned();
    let hint = "Leave next_cursor out to begin with the first page.";
    unexpected(status, detail).hint(hint)
}

fn unexpected(status: u16, detail: String) -> CallError {
    let error = CallError::new(ErrorCode::UnexpectedResponse, "Not the answer of the API");
    CallError {
        status: Some(status),
        ..error.detail(detail).hint(
            "The server may have another version than its API is written for, or something in front of it may have changed the answer.",
        )
    }
}

fn bad_cursor(error: CursorError) -> CallError {
    CallError::new(ErrorCode::InvalidArguments, "The cursor does not fit")
        .detail(error.to_string())
        .hint("Nothing was sent.")
}

fn fields<'a>(list: &'a List, arguments: &'a Arguments) -> Fields<'a> {
    match arguments.fields() {
        arguments::Fields::Only(names) => Fields::named(names.iter().map(String::as_str)),
        arguments::Fields::Summary if !list.summary.is_empty() => {
            Fields::named(list.summary.iter().copied())
        }
        arguments::Fields::Summary | arguments::Fields::All => Fields::all(),
    }
}

fn text_result(response: Response) -> Result<String, CallError> {
    let mut out = "{\"text\":".to_owned();
    json::push_string(&mut out, &text(response)?);
    out.push('}');
    Ok(out)
}

/// Returns the values of a response with one JSON value per line. If the response is incomplete, its last line is dropped, because it may be cut.
fn lines_result(response: &Response, read_only: bool) -> Result<String, CallError> {
    let (status, complete) = (response.status, response.complete);
    let text = String::from_utf8_lossy(&response.body);
    let mut lines: Vec<&str> = text.split('\n').collect();
    let rest = lines.pop().filter(|_| complete);
    lines.extend(rest);
    lines.retain(|line| !line.trim().is_empty());
    let mut out = "{\"result\":[".to_owned();
    for (index, line) in lines.into_iter().enumerate() {
        out.push_str(if index > 0 { "," } else { "" });
        out.push_str(&json::compact(line).map_err(|error| no_json(&error, status))?);
    }
    out.push(']');
    if !complete {
        let again = if read_only {
            ": call again to go on waiting"
        } else {
            ""
        };
        out.push_str(",\"truncated\":");
        json::push_string(&mut out, &format!("the server has not finished yet{again}"));
    }
    out.push('}');
    Ok(out)
}

/// Returns the result of a tool that is not a list. The result is always an object, whatever the upstream returned.
fn result(tool: &Tool, response: Response) -> Result<String, CallError> {
    let status = response.status;
    let text = text(response)?;
    let mut scanner = Scanner::new(&text);
    let empty = matches!(text.trim_ascii(), "" | "null");
    let Some(shape) = tool.returns.filter(|_| !empty) else {
        if empty && tool.http == Http::Get && tool.returns.is_some_and(|shape| !shape.nullable) {
            return Err(unexpected(status, "The answer is empty.".to_owned()));
        }
        return Ok(match tool.returns {
            Some(shape) if !shape.is_object() => r#"{"result":null}"#.to_owned(),
            _ => format!("{{\"status\":{status}}}"),
        });
    };
    let wrapped = !shape.is_object() || scanner.peek() != b'{';
    let mut out = String::with_capacity(text.len() + 16);
    if wrapped {
        out.push_str("{\"result\":");
    }
    scanner
        .copy(&mut out)
        .and_then(|()| scanner.end())
        .map_err(|error| no_json(&error, status))?;
    if wrapped {
        out.push('}');
    }
    Ok(out)
}

#[cfg(test)]
mod answers_tests;
#[cfg(test)]
mod instead_tests;
#[cfg(test)]
mod link_tests;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod version_tests;
