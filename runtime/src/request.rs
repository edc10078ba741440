//! Converts checked arguments into the request to send: path, query, headers and body, each value only at the location that its tool declares.

use core::fmt;
use std::borrow::Cow;

use serde_json::{Map, Value};

use crate::arguments::Arguments;
use crate::check::is_password;
use crate::encode::{cookie, header_value, joined, path_segment, percent, query_pairs};
use crate::form::{check_file, is_json, written};
use crate::list::{PageAt, link};
use crate::mask::contains_mask;
use crate::merge::fit;
use crate::problem::{At, Problem, echo};
use crate::tool::{Body, Content, Each, Http, PagePlace, Pager, Param, Place, Segment, Tool, Way};

/// A request without the server's URL, ready to be sent.
#[derive(Clone, PartialEq, Eq)]
pub struct Request {
    /// Document of the operation, which determines the sign-in method.
    pub document: &'static str,
    /// HTTP method.
    pub http: Http,
    /// Method whose guarantees apply (safe, idempotent; RFC 9110, section 9.2): GET for operations that only read, even if they use another method.
    pub promises: Http,
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

impl Request {
    /// Builds the request of a call.
    ///
    /// # Errors
    /// Returns an error if a value cannot be sent, which does not occur with checked arguments.
    pub fn new(arguments: &Arguments) -> Result<Self, Problem> {
        Self::with_current(arguments, None)
    }

    /// Builds the request of an update for an API that requires the whole object. Members that the caller omitted are taken from `current`, the response to the GET of [`Update::merge`](crate::tool::Update::merge).
    ///
    /// # Errors
    /// Returns the errors of [`Request::new`], and an error if the server masks a value that the update would overwrite.
    pub fn merged(arguments: &Arguments, current: &Value) -> Result<Self, Problem> {
        let tool = arguments.tool();
        if tool.update.mask.is_none() {
            let in_body = |param: &&Param| param.place == Place::Body;
            let mut kept = tool.params.iter().filter(in_body);
            let is_hidden = |param: &Param| {
                let present = current_value(param, current);
                arguments.given(param.field.name).is_none()
                    && present.as_ref().is_some_and(contains_mask)
            };
            if let Some(param) = kept.find(|param| is_hidden(param)) {
                let name = param.field.name;
                return Err(Problem::Hidden { name });
            }
        }
        Self::with_current(arguments, Some(current))
    }

    /// Builds the GET for a path of the tool's [`Update`](crate::tool::Update).
    ///
    /// # Errors
    /// Returns the errors of [`path_for`].
    pub fn get(
        segments: &[Segment],
        arguments: &Arguments,
        body_first: bool,
    ) -> Result<Self, Problem> {
        Ok(Self {
            document: arguments.tool().document,
            http: Http::Get,
            promises: Http::Get,
            path_and_query: path_for(segments, arguments, body_first)?,
            headers: Vec::new(),
            body: None,
            media_type: Cow::Borrowed(""),
            accept: Content::Json.accept(),
            partial: false,
        })
    }

    /// Builds the request of the tool's [`Each`] for one id, which is an item of the argument `param`.
    ///
    /// # Errors
    /// Returns an error if a value cannot be a segment of a path.
    pub(crate) fn of_each(
        each: &Each,
        param: &'static Param,
        id: &Value,
        arguments: &Arguments,
    ) -> Result<Self, Problem> {
        let tool = arguments.tool();
        let (media_type, body) = body_with(arguments, None).unzip();
        let mut path_and_query = String::new();
        for segment in each.segments {
            match segment {
                Segment::Param(wire) if *wire == param.wire => {
                    let text = path_segment(id, false);
                    path_and_query.push_str(&text.map_err(|why| unsendable(param, id, why))?);
                }
                other => {
                    path_and_query.push_str(&path_for(
                        core::slice::from_ref(other),
                        arguments,
                        false,
                    )?);
                }
            }
        }
        append_query(&mut path_and_query, &mask(arguments));
        Ok(Self {
            document: tool.document,
            http: each.http,
            promises: each.http,
            path_and_query,
            headers: headers(arguments)?,
            body,
            media_type: media_type.unwrap_or_default(),
            accept: tool.content.accept(),
            partial: false,
        })
    }

    /// Returns the same request with an additional query parameter.
    #[must_use]
    pub fn with_query(&self, name: &str, value: &str) -> Self {
        let mut request = self.clone();
        let pair = (percent(name), percent(value));
        append_query(&mut request.path_and_query, &[pair]);
        request
    }

    /// Returns the same request with additional members in its JSON body, which must be an object, and with this media type. If there is no body, creates one.
    #[must_use]
    pub(crate) fn with_members(
        &self,
        more: impl IntoIterator<Item = (&'static str, Value)>,
        media_type: &'static str,
    ) -> Self {
        let mut request = self.clone();
        let body = self.body.as_deref().map(serde_json::from_slice);
        let mut members: Map<String, Value> = body.and_then(Result::ok).unwrap_or_default();
        members.extend(more.into_iter().map(|(name, it)| (name.to_owned(), it)));
        request.body = Some(Value::Object(members).to_string().into_bytes());
        request.media_type = Cow::Borrowed(media_type);
        request
    }

    /// Builds the request for a page of a list.
    pub(crate) fn page(
        &self,
        tool: &Tool,
        pager: Option<Pager>,
        items: u32,
        from: PageAt<'_>,
    ) -> Self {
        let Some(pager) = pager else {
            return self.clone();
        };
        let which = match (pager.way, from) {
            (Way::Offset { offset } | Way::Cursor { offset, .. }, PageAt::Offset(at)) => {
                Some((offset, Value::from(at)))
            }
            (Way::Number { page, first }, PageAt::Number(number)) => {
                Some((page, Value::from(number.saturating_add(u64::from(first)))))
            }
            (Way::Cursor { cursor, offset, .. }, PageAt::Token(token)) => {
                // If some servers do not support the cursor, an empty cursor on the first page selects cursor pagination on those that do.
                let said = !token.is_empty() || !offset.is_empty();
                said.then(|| (cursor, Value::from(token)))
            }
            (Way::Link { .. }, PageAt::Token(token)) if !token.is_empty() => {
                return self.with_link(token);
            }
            _ => None,
        };
        let members = [(pager.limit, Value::from(items))].into_iter().chain(which);
        match pager.place {
            PagePlace::Query => members.fold(self.clone(), |request, (name, value)| {
                let text = match value {
                    Value::String(text) => text,
                    number => number.to_string(),
                };
                request.with_query(name, &text)
            }),
            PagePlace::Body => self.with_members(members, tool.body.media_type),
        }
    }

    /// Returns the same request with the query parameters of a link to the next page.
    fn with_link(&self, query: &str) -> Self {
        let mut request = self.clone();
        let pairs = link::pairs(query).into_iter();
        let pairs: Vec<_> = pairs
            .map(|(name, value)| (percent(&name), percent(&value)))
            .collect();
        append_query(&mut request.path_and_query, &pairs);
        request
    }

    fn with_current(arguments: &Arguments, current: Option<&Value>) -> Result<Self, Problem> {
        let tool = arguments.tool();
        let (media_type, body) = body_with(arguments, current).unzip();
        let mut path_and_query = path_for(tool.segments, arguments, false)?;
        append_query(&mut path_and_query, &query(arguments)?);
        Ok(Self {
            document: tool.document,
            http: tool.http,
            promises: match tool.effect.read_only {
                true => Http::Get,
                false => tool.http,
            },
            path_and_query,
            headers: headers(arguments)?,
            media_type: media_type.unwrap_or_default(),
            accept: tool.content.accept(),
            partial: matches!(tool.content, Content::Lines { .. }),
            body,
        })
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

/// Builds a path of the tool with the values of its placeholders. If `body_first` is set, the value of the body parameter takes precedence over that of the path parameter, because the object has already been renamed.
///
/// # Errors
/// Returns an error if a value is missing or cannot be a segment of a path.
pub fn path_for(
    segments: &[Segment],
    arguments: &Arguments,
    body_first: bool,
) -> Result<String, Problem> {
    let params = arguments.tool().params;
    let mut path = String::new();
    for segment in segments {
        let wire = match segment {
            Segment::Literal(text) => {
                path.push_str(text);
                continue;
            }
            Segment::Param(wire) => *wire,
        };
        let of_path = path_param(params, wire);
        let of_body = body_param(params, wire).filter(|_| body_first);
        let slash = of_path.is_some_and(|param| param.place == Place::Path { slash: true })
            || (body_first && arguments.tool().update.verify.slash);
        let (param, value) = of_body
            .into_iter()
            .chain(of_path)
            .find_map(|param| {
                let value = arguments.sent(param).filter(|value| !value.is_null())?;
                Some((param, value))
            })
            .ok_or(Problem::NoPathValue { name: wire })?;
        let text = path_segment(value, slash).map_err(|reason| unsendable(param, value, reason))?;
        path.push_str(&text);
    }
    Ok(path)
}

/// Returns the path parameter of this placeholder.
pub(crate) fn path_param(params: &'static [Param], wire: &str) -> Option<&'static Param> {
    let mut params = params.iter();
    params.find(|param| param.wire == wire && matches!(param.place, Place::Path { .. }))
}

/// Returns the body parameter that contains the value, or new value, of this placeholder: it falls back on the path parameter or has the same name in the request.
pub(crate) fn body_param(params: &'static [Param], wire: &str) -> Option<&'static Param> {
    let path = path_param(params, wire).map(|param| param.field.name);
    let mut in_body = params.iter().filter(|param| param.place == Place::Body);
    in_body.find(|param| param.wire == wire || path == Some(param.or))
}

/// Returns the body of an update in which omitted members are taken from `current`: members that the tool declares, except secrets and `null`.
#[must_use]
pub fn body_with_merge(arguments: &Arguments, current: &Value) -> Option<Vec<u8>> {
    body_with(arguments, Some(current)).map(|(_, bytes)| bytes)
}

/// Checks that a value can be serialized at the location of its parameter.
pub(crate) fn check_sendable(tool: &Tool, param: &Param, value: &Value) -> Result<(), Problem> {
    match param.place {
        Place::Path { slash } => path_segment(value, slash).map(|_| ()),
        Place::Query(separator) => query_pairs(param.wire, separator, value).map(|_| ()),
        Place::Each => return check_ids(param, value),
        Place::Header if !value.is_null() => header_value(value).map(|_| ()),
        Place::Cookie if !value.is_null() => cookie(param.wire, value).map(|_| ()),
        Place::Body | Place::WholeBody if !is_json(tool.body.media_type) => {
            check_file(&param.field.shape, value)
        }
        Place::Header | Place::Cookie | Place::Body | Place::WholeBody => Ok(()),
    }
    .map_err(|reason| unsendable(param, value, reason))
}

/// Checks that each id can be a segment of a path.
fn check_ids(param: &Param, ids: &Value) -> Result<(), Problem> {
    let ids = ids.as_array().into_iter().flatten().enumerate();
    for (index, id) in ids {
        path_segment(id, false).map_err(|reason| Problem::Unsendable {
            at: At::Item(&At::Member(&At::Top, param.field.name), index).to_string(),
            got: echo(id, param.secret),
            reason,
        })?;
    }
    Ok(())
}

fn unsendable(param: &Param, value: &Value, reason: String) -> Problem {
    Problem::Unsendable {
        at: At::Member(&At::Top, param.field.name).to_string(),
        got: echo(value, param.secret),
        reason,
    }
}

fn query(arguments: &Arguments) -> Result<Vec<(String, String)>, Problem> {
    let tool = arguments.tool();
    let mut pairs = Vec::new();
    for param in tool.params {
        if let (Place::Query(separator), Some(value)) = (param.place, arguments.sent(param)) {
            let found = query_pairs(param.wire, separator, value)
                .map_err(|reason| unsendable(param, value, reason))?;
            pairs.extend(found);
        }
    }
    pairs.extend(mask(arguments));
    Ok(pairs)
}

/// Returns the query parameter that names the body fields to write.
fn mask(arguments: &Arguments) -> Vec<(String, String)> {
    let Some(mask) = arguments.tool().update.mask else {
        return Vec::new();
    };
    let names: Vec<_> = given_members(arguments).map(|param| param.wire).collect();
    // The names come from the tool, not from the caller, so none contains the separator.
    query_pairs(mask.name, mask.separator, &Value::from(names)).unwrap_or_default()
}

fn append_query(path_and_query: &mut String, pairs: &[(String, String)]) {
    if !pairs.is_empty() {
        path_and_query.push(if path_and_query.contains('?') {
            '&'
        } else {
            '?'
        });
        path_and_query.push_str(&joined(pairs));
    }
}

fn headers(arguments: &Arguments) -> Result<Vec<(&'static str, String)>, Problem> {
    let params = arguments.tool().params.iter();
    params
        .filter(|param| matches!(param.place, Place::Header | Place::Cookie))
        .filter_map(|param| Some((param, arguments.sent(param)?)))
        .filter(|(_, value)| !value.is_null())
        .map(|(param, value)| {
            let written = match param.place {
                Place::Cookie => cookie(param.wire, value).map(|text| ("cookie", text)),
                _ => header_value(value).map(|text| (param.wire, text)),
            };
            written.map_err(|reason| unsendable(param, value, reason))
        })
        .collect()
}

/// Returns the body parameters that the caller gave, which are those that an update changes.
fn given_members(arguments: &Arguments) -> impl Iterator<Item = &'static Param> {
    let params = arguments.tool().params.iter();
    params.filter(|param| param.place == Place::Body && arguments.given(param.field.name).is_some())
}

/// Returns the media type and the body.
fn body_with(
    arguments: &Arguments,
    current: Option<&Value>,
) -> Option<(Cow<'static, str>, Vec<u8>)> {
    let tool = arguments.tool();
    let Body {
        media_type,
        required,
        fixed,
        ..
    } = tool.body;
    if media_type.is_empty() {
        return None;
    }
    let whole = tool
        .params
        .iter()
        .find(|param| param.place == Place::WholeBody);
    if let Some(value) = whole.and_then(|param| arguments.sent(param)) {
        return Some(written(&tool.body, tool.params, value, true));
    }
    let in_body = |param: &&Param| param.place == Place::Body;
    let mut sent = tool.params.iter().filter(in_body);
    let empty = !sent.any(|param| arguments.sent(param).is_some());
    if !required && fixed.is_empty() && empty {
        return None;
    }
    let mut members = Map::new();
    for param in tool
        .params
        .iter()
        .filter(|param| param.place == Place::Body)
    {
        let value = arguments
            .given(param.field.name)
            .cloned()
            .or_else(|| current_value(param, current?).filter(|value| !contains_mask(value)))
            .or_else(|| arguments.sent(param).cloned());
        if let Some(value) = value {
            members.insert(param.wire.to_owned(), value);
        }
    }
    for (name, text) in fixed {
        let value = serde_json::from_str(text).unwrap_or_else(|_| Value::from(*text));
        members.insert((*name).to_owned(), value);
    }
    let members = Value::Object(members);
    Some(written(&tool.body, tool.params, &members, false))
}

/// Returns the server's current value of a body member, reduced to what the member accepts. Secrets are omitted: servers return them masked, and the mask would be written as the value.
fn current_value(param: &Param, current: &Value) -> Option<Value> {
    if param.secret || is_password(&param.field.shape) {
        return None;
    }
    current
        .get(param.wire)
        .filter(|value| !value.is_null())
        .and_then(|value| fit(&param.field.shape, value))
}

#[cfg(test)]
mod tests;
