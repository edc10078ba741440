//! Why the gateway refuses something: one type for the management API, the page and the command line, and one JSON shape.

use serde::Serialize;
use serde_json::{Value, json};

use super::model::Role;

/// Why something was not done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ServiceError {
    /// No API token, or one that is unknown, revoked or expired.
    Unauthenticated,
    /// The API token's role is too small.
    Forbidden {
        /// The smallest role that would do.
        needs: Role,
    },
    /// There is no such thing.
    NotFound {
        /// `account`, `server` or `token`.
        what: &'static str,
        /// The id as given.
        id: String,
    },
    /// What was given makes no sense; all that is wrong with it.
    Invalid(Vec<FieldProblem>),
    /// It exists already.
    Conflict {
        /// `account`, `server` or `token`.
        what: &'static str,
        /// What is taken.
        name: String,
    },
    /// The store or an account's key cannot be used now. The text is for people and holds no secret.
    Unavailable(String),
    /// A fault of the gateway; the log says more.
    Internal(String),
}

/// What is wrong with one field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct FieldProblem {
    /// Name of the field, with dots: `config.methods`.
    pub(crate) field: String,
    /// What is wrong and what to write instead.
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

/// Why the token of a server URL is not accepted. Clients are told the same for the first two.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// There is no such token: never made, revoked, or purged.
    Unknown,
    /// Its server has expired.
    Expired,
    /// The store cannot be asked now.
    Unavailable(String),
    /// The account of the server cannot be used as it is. The text is for people and holds no secret.
    Account(String),
}

impl ServiceError {
    /// HTTP status.
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

    /// The code, one of a closed list.
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

    /// What is to be done about it.
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

    /// The body of the answer.
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
            // What is inside is for the log.
            Self::Internal(_) => f.write_str("the gateway failed"),
        }
    }
}

impl std::error::Error for ServiceError {}

impl Role {
    /// The role as it is written.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Caller => "caller",
            Self::Issuer => "issuer",
            Self::Admin => "admin",
        }
    }
}
