//! What a failed call says: one shape for everything that can go wrong, written for the model that reads it.

use serde::{Serialize, Serializer, ser::SerializeMap};
use serde_json::{Value, json};

use crate::rate_limit::RateLimit;

/// What went wrong, from a closed list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ErrorCode {
    /// The arguments do not fit the tool; nothing was sent.
    InvalidArguments,
    /// The credentials of the account are missing, wrong or expired.
    Unauthenticated,
    /// The credentials are right, the permission is missing.
    Forbidden,
    /// There is no such thing.
    NotFound,
    /// It exists already, or its state does not allow this.
    Conflict,
    /// The server understood the request and does not want it.
    Rejected,
    /// The server reported success, but reading back shows something else.
    NotApplied,
    /// Too many requests.
    RateLimited,
    /// The server failed.
    UpstreamError,
    /// The server could not be reached, or the connection was lost.
    Unreachable,
    /// No answer within the time set for the account.
    Timeout,
    /// An answer that is not of this API: a web page, a redirect, broken JSON.
    UnexpectedResponse,
    /// The client gave up.
    Cancelled,
    /// A fault on this side.
    Internal,
}

impl ErrorCode {
    /// All codes.
    pub const ALL: [Self; 14] = [
        Self::InvalidArguments,
        Self::Unauthenticated,
        Self::Forbidden,
        Self::NotFound,
        Self::Conflict,
        Self::Rejected,
        Self::NotApplied,
        Self::RateLimited,
        Self::UpstreamError,
        Self::Unreachable,
        Self::Timeout,
        Self::UnexpectedResponse,
        Self::Cancelled,
        Self::Internal,
    ];

    /// The code as clients see it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InvalidArguments => "invalid_arguments",
            Self::Unauthenticated => "unauthenticated",
            Self::Forbidden => "forbidden",
            Self::NotFound => "not_found",
            Self::Conflict => "conflict",
            Self::Rejected => "rejected",
            Self::NotApplied => "not_applied",
            Self::RateLimited => "rate_limited",
            Self::UpstreamError => "upstream_error",
            Self::Unreachable => "unreachable",
            Self::Timeout => "timeout",
            Self::UnexpectedResponse => "unexpected_response",
            Self::Cancelled => "cancelled",
            Self::Internal => "internal",
        }
    }

    /// The code with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|code| code.as_str() == name)
    }

    /// The code that follows from an HTTP status of 300 or more.
    pub const fn of_status(status: u16) -> Self {
        match status {
            401 | 407 => Self::Unauthenticated,
            403 => Self::Forbidden,
            404 | 410 => Self::NotFound,
            409 => Self::Conflict,
            429 => Self::RateLimited,
            408 => Self::Timeout,
            400..=499 => Self::Rejected,
            500..=599 => Self::UpstreamError,
            _ => Self::UnexpectedResponse,
        }
    }
}

impl core::fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A failed call.
///
/// An empty text is one that is not known; it is `null` in JSON.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{code}: {title}{}{detail}", if detail.is_empty() { "" } else { ": " })]
pub struct CallError {
    /// What went wrong.
    pub code: ErrorCode,
    /// HTTP status of the answer, if there was one.
    pub status: Option<u16>,
    /// What went wrong in a few words.
    pub title: String,
    /// The explanation, in the words of the server where it gave one.
    pub detail: String,
    /// What to try.
    pub hint: String,
    /// Whether the same call may succeed later and does no harm when repeated.
    pub retryable: bool,
    /// Id of the operation that was called.
    pub operation: Option<&'static str>,
    /// What the answer said about the rate limit; not part of the JSON. Boxed to keep results small.
    pub rate_limit: Box<RateLimit>,
}

impl CallError {
    /// An error that no answer of the server stands behind; not retryable.
    pub fn new(code: ErrorCode, title: impl Into<String>) -> Self {
        Self {
            code,
            status: None,
            title: title.into(),
            detail: String::new(),
            hint: String::new(),
            retryable: false,
            operation: None,
            rate_limit: Box::default(),
        }
    }

    /// The same with this explanation.
    #[must_use]
    pub fn detail(self, detail: impl Into<String>) -> Self {
        Self {
            detail: detail.into(),
            ..self
        }
    }

    /// The same with this advice.
    #[must_use]
    pub fn hint(self, hint: impl Into<String>) -> Self {
        Self {
            hint: hint.into(),
            ..self
        }
    }

    /// The same, retryable or not.
    #[must_use]
    pub fn retryable(self, retryable: bool) -> Self {
        Self { retryable, ..self }
    }

    /// The same for this operation, unless one is set already.
    #[must_use]
    pub fn of_operation(self, operation: &'static str) -> Self {
        Self {
            operation: self.operation.or(Some(operation)),
            ..self
        }
    }

    /// The same with what the server said put through `redact`, which takes out what must not be shown.
    ///
    /// The hint is in words of our own: a password that happens to be one of them would be given away by the gap.
    #[must_use]
    pub fn redacted(self, redact: impl Fn(String) -> String) -> Self {
        Self {
            title: redact(self.title),
            detail: redact(self.detail),
            ..self
        }
    }

    /// The error as clients receive it: `{"error": {…}}`, each key always there.
    pub fn to_json(&self) -> Value {
        json!({ "error": self })
    }
}

impl Serialize for CallError {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let known = |text: &'_ str| (!text.is_empty()).then(|| text.to_owned());
        let mut map = serializer.serialize_map(Some(7))?;
        map.serialize_entry("code", self.code.as_str())?;
        map.serialize_entry("status", &self.status)?;
        map.serialize_entry("title", &known(&self.title))?;
        map.serialize_entry("detail", &known(&self.detail))?;
        map.serialize_entry("hint", &known(&self.hint))?;
        map.serialize_entry("retryable", &self.retryable)?;
        map.serialize_entry("operation", &self.operation)?;
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hint_is_not_redacted() {
        let error = CallError::new(ErrorCode::Unauthenticated, "wrong")
            .detail("wrong")
            .hint("The password is wrong.");
        let redacted = error.redacted(|text| text.replace("wrong", "***"));
        let shown = (&*redacted.title, &*redacted.detail, &*redacted.hint);
        assert_eq!(shown, ("***", "***", "The password is wrong."));
    }

    #[test]
    fn every_key_is_there_and_unknown_is_null() {
        let error = CallError::new(ErrorCode::Timeout, "No answer").of_operation("get_users");
        assert_eq!(
            error.to_json().to_string(),
            r#"{"error":{"code":"timeout","status":null,"title":"No answer","detail":null,"hint":null,"retryable":false,"operation":"get_users"}}"#
        );
    }

    #[test]
    fn codes_have_names() {
        for code in ErrorCode::ALL {
            assert_eq!(ErrorCode::from_name(code.as_str()), Some(code));
        }
        assert_eq!(ErrorCode::from_name(""), None);
    }

    #[test]
    fn status_gives_code() {
        let rows = [
            (302, "unexpected_response"),
            (400, "rejected"),
            (401, "unauthenticated"),
            (403, "forbidden"),
            (404, "not_found"),
            (405, "rejected"),
            (406, "rejected"),
            (409, "conflict"),
            (413, "rejected"),
            (415, "rejected"),
            (418, "rejected"),
            (422, "rejected"),
            (429, "rate_limited"),
            (500, "upstream_error"),
            (504, "upstream_error"),
            (999, "unexpected_response"),
        ];
        for (status, code) in rows {
            assert_eq!(ErrorCode::of_status(status).as_str(), code, "{status}");
        }
    }
}
