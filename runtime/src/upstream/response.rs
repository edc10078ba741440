//! A complete response of an upstream.

use core::fmt;

use reqwest::header::{CONTENT_TYPE, HeaderMap};

use crate::upstream::body::ResponseBody;
use crate::upstream::error::CallError;
use crate::upstream::rate_limit::RateLimit;

/// Media type of most responses.
pub(crate) const JSON: &str = "application/json";

/// A complete response.
pub(crate) struct Response {
    /// HTTP status.
    pub(crate) status: u16,
    /// HTTP headers.
    pub(crate) headers: HeaderMap,
    /// Body.
    pub(crate) body: ResponseBody,
    /// Rate limit according to the headers.
    pub(crate) rate_limit: RateLimit,
    /// Whether the body was received completely within the timeout.
    pub(crate) complete: bool,
}

impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The headers and body of a sign-in contain secrets.
        f.debug_struct("Response")
            .field("status", &self.status)
            .field("bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}

impl Response {
    /// Returns the media type in lower case without parameters; empty if there is none.
    pub(crate) fn media_type(&self) -> String {
        let value = self.headers.get(CONTENT_TYPE);
        let text = value.and_then(|it| it.to_str().ok()).unwrap_or_default();
        let (media_type, _) = text.split_once(';').unwrap_or((text, ""));
        media_type.trim().to_ascii_lowercase()
    }

    /// Returns whether the body may be JSON: its media type is JSON or absent.
    pub(crate) fn may_be_json(&self) -> bool {
        let media_type = self.media_type();
        media_type.is_empty() || media_type == JSON || media_type.ends_with("+json")
    }

    /// Returns whether the body may have the accepted media type. Formats other than JSON have many media types, but an HTML page is never the response of an API.
    pub(crate) fn may_be(&self, accept: &str) -> bool {
        match accept {
            JSON => self.may_be_json(),
            _ => self.media_type() != "text/html",
        }
    }

    /// Returns the body as text.
    pub(crate) fn into_text(self) -> Result<String, CallError> {
        let status = self.status;
        String::from_utf8(self.body.into_bytes()).map_err(|error| {
            CallError::unexpected(status, format!("The response is not UTF-8 text: {error}."))
        })
    }
}
