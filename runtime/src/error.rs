//! The error of a failed call: one format for all kinds of failure, written for the model that reads it.

use serde::{Serialize, Serializer, ser::SerializeMap};
use serde_json::{Value, json};

use crate::rate_limit::RateLimit;

/// Code of an error, from a closed list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ErrorCode {
    /// Arguments that do not fit the tool; nothing was sent.
    InvalidArguments,
    /// Missing, wrong or expired credentials of the account.
    Unauthenticated,
    /// Valid credentials without the required permission.
    Forbidden,
    /// Object or operation that does not exist.
    NotFound,
    /// Object that already exists, or whose state does not allow the operation.
    Conflict,
    /// Request that the upstream understood and rejected.
    Rejected,
    /// Change that the upstream reported as successful, but that reading back does not confirm.
    NotApplied,
    /// Too many requests.
    RateLimited,
    /// Failure of the upstream.
    UpstreamError,
    /// Failed or lost connection to the upstream.
    Unreachable,
    /// No response within the timeout of the account.
    Timeout,
    /// Response that is not one of this API: a web page, a redirect, invalid JSON.
    UnexpectedResponse,
    /// Call that the client cancelled.
    Cancelled,
    /// Internal error of this program.
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

    /// Returns the code as clients see it.
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

    /// Finds the code with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|code| code.as_str() == name)
    }

    /// Returns the code that follows from an HTTP status of 300 or more.
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

/// Error of a failed call.
///
/// An empty text means that the value is unknown; it is `null` in JSON.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{code}: {title}{}{detail}", if detail.is_empty() { "" } else { ": " })]
pub struct CallError {
    /// Code of the error.
    pub code: ErrorCode,
    /// HTTP status of the response, if there was one.
    pub status: Option<u16>,
    /// Description of the error in a few words.
    pub title: String,
    /// Explanation of the error, in the words of the upstream if it gave one.
    pub detail: String,
    /// Hint about what to try.
    pub hint: String,
    /// Whether the same call may succeed later and can be repeated without harm.
    pub retryable: bool,
    /// Id of the operation that was called.
    pub operation: Option<&'static str>,
    /// Rate limit that the response reported; not part of the JSON. Boxed to keep results small.
    pub rate_limit: Box<RateLimit>,
}

impl CallError {
    /// Creates an error that does not result from a response of the upstream; not retryable.
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

    /// Returns the error with this explanation.
    #[must_use]
    pub fn detail(self, detail: impl Into<String>) -> Self {
        Self {
            detail: detail.into(),
            ..self
        }
    }

    /// Returns the error with this hint.
    #[must_use]
    pub fn hint(self, hint: impl Into<String>) -> Self {
        Self {
            hint: hint.into(),
            ..self
        }
    }

    /// Returns the error, marked as retryable or not.
    #[must_use]
    pub fn retryable(self, retryable: bool) -> Self {
        Self { retryable, ..self }
    }

    /// Returns the error with this operation, unless an operation is already set.
    #[must_use]
    pub fn of_operation(self, operation: &'static str) -> Self {
        Self {
            operation: self.operation.or(Some(operation)),
            ..self
        }
    }

    /// Returns the error with its title and detail passed through `redact`, which removes what must not be shown.
    ///
    /// The hint is not redacted, because it does not contain text of the upstream. If a password happened to be a word of the hint, the gap would reveal the password.
    #[must_use]
    pub fn redacted(self, redact: impl Fn(String) -> String) -> Self {
        Self {
            title: redact(self.title),
            detail: redact(self.detail),
            ..self
        }
    }

    /// Returns the error as clients receive it: `{"error": {…}}` with all keys present.
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
