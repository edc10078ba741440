//! The error of a failed call: one format for all kinds of failure, written for the model that reads it.

use serde::{Serialize, Serializer};
use serde_json::{Value, json};

use crate::json;
use crate::upstream::rate_limit::RateLimit;

/// Defines the codes with their names, as clients see them.
macro_rules! error_codes {
    ($($(#[$doc:meta])* $code:ident = $name:literal,)*) => {
        /// Code of an error, from a closed list.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum ErrorCode {
            $($(#[$doc])* $code,)*
        }

        impl ErrorCode {
            /// All codes.
            pub const ALL: &[Self] = &[$(Self::$code),*];

            /// Returns the code as clients see it.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$code => $name,)*
                }
            }
        }
    };
}

error_codes! {
    /// Arguments that do not fit the tool; nothing was sent.
    InvalidArguments = "invalid_arguments",
    /// Missing, wrong or expired credentials of the account.
    Unauthenticated = "unauthenticated",
    /// Valid credentials without the required permission.
    Forbidden = "forbidden",
    /// Object or operation that does not exist.
    NotFound = "not_found",
    /// Object that already exists, or whose state does not allow the operation.
    Conflict = "conflict",
    /// Request that the upstream understood and rejected.
    Rejected = "rejected",
    /// Change that the upstream reported as successful, but that reading back does not confirm.
    NotApplied = "not_applied",
    /// Too many requests.
    RateLimited = "rate_limited",
    /// No free slot for the call; nothing was sent.
    Overloaded = "overloaded",
    /// Failure of the upstream.
    UpstreamError = "upstream_error",
    /// Failed or lost connection to the upstream.
    Unreachable = "unreachable",
    /// No response within the timeout of the account.
    Timeout = "timeout",
    /// Response that is not one of this API: a web page, a redirect, invalid JSON.
    UnexpectedResponse = "unexpected_response",
    /// Change that cannot be written to the audit log; nothing was sent.
    NotRecorded = "not_recorded",
    /// Call that the client cancelled.
    Cancelled = "cancelled",
    /// Internal error of this program.
    Internal = "internal",
}

impl ErrorCode {
    /// Finds the code with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|code| code.as_str() == name)
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

impl Serialize for ErrorCode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
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
#[derive(Debug, Clone, PartialEq, Serialize, thiserror::Error)]
#[error("{code}: {title}{}{detail}", if detail.is_empty() { "" } else { ": " })]
pub struct CallError {
    /// Code of the error.
    pub code: ErrorCode,
    /// HTTP status of the response, if there was one.
    pub status: Option<u16>,
    /// Description of the error in a few words.
    #[serde(serialize_with = "text_or_null")]
    pub title: String,
    /// Explanation of the error, in the words of the upstream if it gave one.
    #[serde(serialize_with = "text_or_null")]
    pub detail: String,
    /// Hint about what to try.
    #[serde(serialize_with = "text_or_null")]
    pub hint: String,
    /// Whether the same call may succeed later and can be repeated without harm.
    pub retryable: bool,
    /// Id of the operation that was called.
    pub operation: Option<&'static str>,
    /// Rate limit that the response reported; not part of the JSON. Boxed to keep results small.
    #[serde(skip)]
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

    /// Creates the error of a call that was not sent, because too many calls are in progress.
    pub fn overloaded(detail: impl Into<String>) -> Self {
        Self::new(ErrorCode::Overloaded, "Too many calls at the same time")
            .detail(detail)
            .hint("Make the call again in a few seconds, with fewer calls at the same time.")
            .retryable(true)
    }

    /// Creates the error for a response that does not have the form that the API defines.
    pub(crate) fn unexpected(status: u16, detail: impl Into<String>) -> Self {
        Self::new(ErrorCode::UnexpectedResponse, "Unexpected response")
            .status(status)
            .detail(detail)
            .hint("The server may have a version with another API, or a proxy in front of it may have changed the response.")
    }

    /// Creates the error for a response that is not valid JSON although its media type is JSON.
    pub(crate) fn not_json(status: u16, error: &json::Error) -> Self {
        Self::unexpected(status, format!("The response is not valid JSON: {error}."))
    }

    /// Returns the error with this explanation.
    #[must_use]
    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = detail.into();
        self
    }

    /// Returns the error with this HTTP status.
    #[must_use]
    pub fn status(mut self, status: u16) -> Self {
        self.status = Some(status);
        self
    }

    /// Returns the error with this hint.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = hint.into();
        self
    }

    /// Returns the error, marked as retryable or not.
    #[must_use]
    pub fn retryable(mut self, retryable: bool) -> Self {
        self.retryable = retryable;
        self
    }

    /// Returns the error with this operation, unless an operation is already set.
    #[must_use]
    pub fn of_operation(mut self, operation: &'static str) -> Self {
        self.operation.get_or_insert(operation);
        self
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

impl From<json::Error> for CallError {
    fn from(error: json::Error) -> Self {
        Self::not_json(200, &error)
    }
}

fn text_or_null<S: Serializer>(text: &str, serializer: S) -> Result<S::Ok, S::Error> {
    match text {
        "" => serializer.serialize_none(),
        text => serializer.serialize_str(text),
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
    fn every_key_is_present_and_unknown_values_are_null() {
        let error = CallError::new(ErrorCode::Timeout, "No answer").of_operation("get_users");
        assert_eq!(
            error.to_json().to_string(),
            r#"{"error":{"code":"timeout","status":null,"title":"No answer","detail":null,"hint":null,"retryable":false,"operation":"get_users"}}"#
        );
    }

    #[test]
    fn codes_have_names() {
        for code in ErrorCode::ALL {
            assert_eq!(ErrorCode::from_name(code.as_str()), Some(*code));
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
