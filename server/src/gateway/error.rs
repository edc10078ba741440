//! Errors of the gateway: one type for the management API, the admin page and the command line, with one JSON shape.

use serde::Serialize;
use serde_json::{Value, json};

use super::model::Role;

/// Error of an operation of the gateway.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ServiceError {
    /// Missing, unknown, revoked or expired API token.
    Unauthenticated,
    /// API token whose role does not permit the operation.
    Forbidden {
        /// Lowest role that permits the operation.
        needs: Role,
    },
    /// Object that does not exist.
    NotFound {
        /// `account`, `server` or `token`.
        what: &'static str,
        /// Id from the request.
        id: String,
    },
    /// Invalid input, with all invalid fields.
    Invalid(Vec<FieldProblem>),
    /// Name or id that is already in use.
    Conflict {
        /// `account`, `server` or `token`.
        what: &'static str,
        /// Name that is already in use.
        name: String,
    },
    /// Store or encryption key that cannot be used at present. The text is shown to users and contains no secret.
    Unavailable(String),
    /// Internal error of the gateway. Details are in the log.
    Internal(String),
}

/// Invalid field of a form or request body.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct FieldProblem {
    /// Path of the field with dots, for example `config.methods`.
    pub(crate) field: String,
    /// Error and correct value.
    pub(crate) problem: String,
}

impl FieldProblem {
    pub(crate) fn new(field: &str, problem: impl Into<String>) -> Self {
        Self {
            field: field.to_owned(),
            problem: problem.into(),
        }
    }
}

/// Reason why a server token is rejected. Clients receive the same response for the first two variants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// Server token that was never created, was revoked, or has been purged.
    Unknown,
    /// Server token of an expired server.
    Expired,
    /// Store that does not respond at present.
    Unavailable(String),
    /// Account that cannot be used with its current settings. The text is shown to users and contains no secret.
    Account(String),
}

impl ServiceError {
    /// Returns the HTTP status.
    pub(crate) fn status(&self) -> u16 {
        match self {
            Self::Unauthenticated => 401,
            Self::Forbidden { .. } => 403,
            Self::NotFound { .. } => 404,
            Self::Invalid(_) => 422,
            Self::Conflict { .. } => 409,
            Self::Unavailable(_) => 503,
            Self::Internal(_) => 500,
        }
    }

    /// Returns the error code, one of a closed list.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::Unauthenticated => "unauthenticated",
            Self::Forbidden { .. } => "forbidden",
            Self::NotFound { .. } => "not_found",
            Self::Invalid(_) => "invalid",
            Self::Conflict { .. } => "conflict",
            Self::Unavailable(_) => "unavailable",
            Self::Internal(_) => "internal",
        }
    }

    /// Returns what to do about the error.
    pub(crate) fn hint(&self) -> &'static str {
        match self {
            Self::Unauthenticated => {
                "Send `Authorization: Bearer <API token>` with a token that is not expired."
            }
            Self::Forbidden { .. } => {
                "Use an API token with that role, or ask somebody who has one."
            }
            Self::NotFound { .. } => "List them to see which there are.",
            Self::Invalid(_) => {
                "Nothing was changed. Correct what `problems` names and send it again."
            }
            Self::Conflict { .. } => "Take another name, or change the one that is there.",
            Self::Unavailable(_) => "Try again in a moment; `/readyz` tells when it works.",
            Self::Internal(_) => "The log of the gateway says more.",
        }
    }

    /// Returns the response body.
    pub(crate) fn to_json(&self) -> Value {
        let problems: &[FieldProblem] = match self {
            Self::Invalid(problems) => problems,
            _ => &[],
        };
        json!({"error": {
            "code": self.code(),
            "message": self.to_string(),
            "hint": self.hint(),
            "problems": problems,
        }})
    }
}

impl std::fmt::Display for ServiceError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Unauthenticated => f.write_str("an API token is needed"),
            Self::Forbidden { needs } => write!(f, "this needs the role {}", needs.as_str()),
            Self::NotFound { what, id } => write!(f, "there is no {what} `{id}`"),
            Self::Invalid(problems) => {
                f.write_str("not valid")?;
                for (index, FieldProblem { field, problem }) in problems.iter().enumerate() {
                    let separator = if index == 0 { ": " } else { "; " };
                    write!(f, "{separator}{field}: {problem}")?;
                }
                Ok(())
            }
            Self::Conflict { what, name } => write!(f, "there is already a {what} `{name}`"),
            Self::Unavailable(why) => f.write_str(why),
            // The details are only for the log.
            Self::Internal(_) => f.write_str("the gateway failed"),
        }
    }
}

impl std::error::Error for ServiceError {}

impl Role {
    /// Returns the name of the role in JSON.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Caller => "caller",
            Self::Issuer => "issuer",
            Self::Admin => "admin",
        }
    }
}
