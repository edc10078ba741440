//! Requests for the pages of a list.

use std::borrow::Cow;

use reqwest::Url;
use serde_json::{Map, Value};

use super::Request;
use crate::args::encode::percent;
use crate::tool::{Pagination, PaginationLocation, PaginationStyle, Tool};

/// Page that a request asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PageRequest<'a> {
    /// The whole list.
    Whole,
    /// Page that begins after this many items.
    Offset(u64),
    /// Page with this number, counted from 0.
    Number(u64),
    /// Page that a cursor or a link of the upstream selects; empty for the first page.
    Token(&'a str),
}

impl Request {
    /// Returns the request for a page of a list.
    pub(crate) fn page(
        &self,
        tool: &Tool,
        pagination: Option<Pagination>,
        items: u32,
        page: PageRequest<'_>,
    ) -> Self {
        let Some(pagination) = pagination else {
            return self.clone();
        };
        let position = match (pagination.style, page) {
            (
                PaginationStyle::Offset { offset } | PaginationStyle::Cursor { offset, .. },
                PageRequest::Offset(items),
            ) => Some((offset, Value::from(items))),
            (PaginationStyle::Number { page, first }, PageRequest::Number(number)) => {
                Some((page, Value::from(number.saturating_add(u64::from(first)))))
            }
            (PaginationStyle::Cursor { cursor, offset, .. }, PageRequest::Token(token)) => {
                // If some servers do not support the cursor, an empty cursor on the first page selects cursor pagination on those that do.
                let is_sent = !token.is_empty() || !offset.is_empty();
                is_sent.then(|| (cursor, Value::from(token)))
            }
            (PaginationStyle::Link { .. }, PageRequest::Token(token)) if !token.is_empty() => {
                return self.with_query(&query_pairs_of(token));
            }
            _ => None,
        };
        let limit = (pagination.limit, Value::from(items));
        let members = [limit].into_iter().chain(position);
        match pagination.location {
            PaginationLocation::Query => {
                let pairs = members.map(|(name, value)| match value {
                    Value::String(text) => (name.to_owned(), text),
                    number => (name.to_owned(), number.to_string()),
                });
                self.with_query(&pairs.collect::<Vec<_>>())
            }
            PaginationLocation::Body => self.with_members(members, tool.body.media_type),
        }
    }

    /// Returns the same request with additional query parameters, which are encoded here.
    pub(crate) fn with_query(&self, pairs: &[(String, String)]) -> Self {
        let mut request = self.clone();
        let pairs = pairs
            .iter()
            .map(|(name, value)| (percent(name), percent(value)));
        request.append_query(&pairs.collect::<Vec<_>>());
        request
    }

    /// Returns the same request with additional members in its JSON body, which must be an object, and with this media type. If there is no body, creates one.
    fn with_members(
        &self,
        more: impl Iterator<Item = (&'static str, Value)>,
        media_type: &'static str,
    ) -> Self {
        let mut request = self.clone();
        let body = self.body.as_deref().map(serde_json::from_slice);
        let mut members: Map<String, Value> = body.and_then(Result::ok).unwrap_or_default();
        members.extend(more.map(|(name, value)| (name.to_owned(), value)));
        request.body = Some(Value::Object(members).to_string().into_bytes());
        request.media_type = Cow::Borrowed(media_type);
        request
    }
}

/// Parses the pairs of a query as a browser does.
pub(crate) fn query_pairs_of(query: &str) -> Vec<(String, String)> {
    // Only the query of this URL is used.
    let mut url = Url::parse("http://localhost/").ok();
    if let Some(url) = &mut url {
        url.set_query(Some(query));
    }
    let pairs = url.iter().flat_map(Url::query_pairs);
    pairs
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
        .collect()
}
