//! Converts checked arguments into the request to send: path, query, headers and body, each value only at the location that its tool declares.

mod form;
pub(crate) mod page;

use core::fmt;
use std::borrow::Cow;

use serde_json::{Map, Value};

use crate::args::CheckedArguments;
use crate::args::encode::{EncodedValue, joined, query_pairs};
use crate::tool::{Each, Http, Parameter, ParameterLocation, ResponseFormat};
use form::write_body;

/// Maximum length of a path with its query in bytes. HTTP libraries reject about 64 kB.
const MAX_PATH_AND_QUERY: usize = 60_000;

/// A request without the server's URL, ready to be sent.
#[derive(Clone, PartialEq, Eq)]
pub struct Request {
    /// Document of the operation, which determines the sign-in method; empty for the method of the API.
    pub document: &'static str,
    /// HTTP method.
    pub http: Http,
    /// Method whose guarantees apply (safe, idempotent; RFC 9110, section 9.2): GET for operations that only read, even if they use another method.
    pub guarantees: Http,
    /// Percent-encoded path from the root, with the query.
    pub path_and_query: String,
    /// Headers that are arguments of the tool.
    pub headers: Vec<(&'static str, String)>,
    /// Body. A request without a body has no `Content-Type`.
    pub body: Option<Vec<u8>>,
    /// Media type of the body; empty if there is none.
    pub media_type: Cow<'static, str>,
    /// Accepted media type of the response.
    pub accept: &'static str,
    /// Whether data received within the timeout is a valid response even if the server continues to send.
    pub partial: bool,
}

/// Error for arguments that are too long for a path and query.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the path and query have {0} bytes, more than the {MAX_PATH_AND_QUERY} that can be sent")]
pub struct RequestTooLarge(usize);

impl Request {
    /// Builds the request of a call. `stored` contains values for body members that the caller omitted; an API that requires the whole object would otherwise delete them.
    ///
    /// # Errors
    /// Returns an error if the request is too large.
    pub fn new(
        arguments: &CheckedArguments,
        stored: &Map<String, Value>,
    ) -> Result<Self, RequestTooLarge> {
        let tool = arguments.tool();
        let guarantees = match tool.effect.read_only {
            true => Http::Get,
            false => tool.http,
        };
        let query = arguments.encoded().flat_map(|(_, value)| match value {
            EncodedValue::Query(pairs) => pairs.as_slice(),
            _ => &[],
        });
        Self {
            http: tool.http,
            guarantees,
            partial: matches!(tool.response_format, ResponseFormat::Lines { .. }),
            ..Self::get(tool.document, arguments.path.clone())
        }
        .with_arguments(arguments, stored, query)
    }

    /// Builds the request of the tool's [`Each`] for one id.
    pub(crate) fn for_id(
        each: &Each,
        path: &str,
        arguments: &CheckedArguments,
    ) -> Result<Self, RequestTooLarge> {
        Self {
            http: each.http,
            guarantees: each.http,
            ..Self::get(arguments.tool().document, path.to_owned())
        }
        .with_arguments(arguments, &Map::new(), &[])
    }

    /// Builds a GET without headers.
    #[must_use]
    pub fn get(document: &'static str, path_and_query: String) -> Self {
        Self {
            document,
            http: Http::Get,
            guarantees: Http::Get,
            path_and_query,
            headers: Vec::new(),
            body: None,
            media_type: Cow::Borrowed(""),
            accept: ResponseFormat::Json.accept(),
            partial: false,
        }
    }

    fn with_arguments<'q>(
        mut self,
        arguments: &CheckedArguments,
        stored: &Map<String, Value>,
        query: impl IntoIterator<Item = &'q (String, String)>,
    ) -> Result<Self, RequestTooLarge> {
        self.append_query(query);
        self.append_query(&mask(arguments));
        let headers = arguments.encoded().filter_map(|(parameter, value)| {
            let name = match parameter.location {
                ParameterLocation::Cookie => "cookie",
                _ => parameter.wire,
            };
            match value {
                EncodedValue::Header(text) => Some((name, text.clone())),
                _ => None,
            }
        });
        self.headers = headers.collect();
        self.accept = arguments.tool().response_format.accept();
        let (media_type, body) = body(arguments, stored).unzip();
        self.media_type = media_type.unwrap_or_default();
        self.body = body;
        match self.path_and_query.len() {
            length if length > MAX_PATH_AND_QUERY => Err(RequestTooLarge(length)),
            _ => Ok(self),
        }
    }

    /// Appends encoded pairs to the query.
    fn append_query<'q>(&mut self, pairs: impl IntoIterator<Item = &'q (String, String)>) {
        let pairs = joined(pairs);
        if !pairs.is_empty() {
            let separator = match self.path_and_query.contains('?') {
                true => '&',
                false => '?',
            };
            self.path_and_query.push(separator);
            self.path_and_query.push_str(&pairs);
        }
    }
}

/// Omits the body, which may contain secrets.
impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request")
            .field("document", &self.document)
            .field("http", &self.http)
            .field("path_and_query", &self.path_and_query)
            .field("body_bytes", &self.body.as_ref().map(Vec::len))
            .finish_non_exhaustive()
    }
}

/// Returns the query parameter that names the body fields to write: those that the caller gave.
fn mask(arguments: &CheckedArguments) -> Vec<(String, String)> {
    let Some(mask) = arguments.tool().update.mask else {
        return Vec::new();
    };
    let given = in_body(arguments).filter(|it| arguments.given(it.field.name).is_some());
    let names: Vec<_> = given.map(|parameter| parameter.wire).collect();
    // The names come from the tool, not from the caller, so none contains the separator.
    query_pairs(mask.name, mask.style, &Value::from(names)).unwrap_or_default()
}

fn in_body(arguments: &CheckedArguments) -> impl Iterator<Item = &'static Parameter> {
    let parameters = arguments.tool().parameters.iter();
    parameters.filter(|it| it.location == ParameterLocation::Body)
}

/// Returns the media type and the body.
fn body(
    arguments: &CheckedArguments,
    stored: &Map<String, Value>,
) -> Option<(Cow<'static, str>, Vec<u8>)> {
    let tool = arguments.tool();
    if tool.body.media_type.is_empty() {
        return None;
    }
    let mut parameters = tool.parameters.iter();
    let whole = parameters.find(|it| it.location == ParameterLocation::WholeBody);
    if let Some(value) = whole.and_then(|it| arguments.sent(it)) {
        return Some(write_body(&tool.body, tool.parameters, value, true));
    }
    let is_empty = !in_body(arguments).any(|it| arguments.sent(it).is_some());
    if !tool.body.required && tool.body.fixed.is_empty() && is_empty {
        return None;
    }
    let mut members = Map::new();
    for parameter in in_body(arguments) {
        let given = arguments.given(parameter.field.name);
        let value = given.or_else(|| stored.get(parameter.wire));
        if let Some(value) = value.or_else(|| arguments.sent(parameter)) {
            members.insert(parameter.wire.to_owned(), value.clone());
        }
    }
    for (name, text) in tool.body.fixed {
        let value = serde_json::from_str(text).unwrap_or_else(|_| Value::from(*text));
        members.insert((*name).to_owned(), value);
    }
    let members = Value::Object(members);
    Some(write_body(&tool.body, tool.parameters, &members, false))
}

#[cfg(test)]
mod tests;
