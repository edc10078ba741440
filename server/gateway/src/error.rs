//! Errors of the gateway: one type for the management API, the admin page and the command line, with one JSON shape.

use mcp_server::characters::escaped;
use serde::Serialize;
use serde_json::{Value, json};

use crate::model::Role;

/// Error of an operation of the gateway.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ServiceError {
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
    Invalid(Vec<FieldError>),
    /// Name or id that is already in use.
    Conflict {
        /// `account`, `server` or `token`.
        what: &'static str,
        /// Name that is already in use.
        name: String,
    },
    /// Store or encryption key that cannot be used at present. The text is shown to users and contains no secret.
    Unavailable(String),
    /// Revocation that this replica applies, but that could not be stored yet.
    RevocationPending {
        /// `account`, `server` or `token`.
        what: &'static str,
        /// Id from the request.
        id: String,
    },
    /// Internal error of the gateway. Details are in the log.
    Internal(String),
}

/// Invalid field of a form or request body.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FieldError {
    /// Path of the field with dots, for example `config.methods`.
    pub(crate) field: String,
    /// Error and correct value.
    #[serde(rename = "problem")]
    pub(crate) message: String,
}

impl FieldError {
    pub(crate) fn new(field: &str, message: impl Into<String>) -> Self {
        Self {
            field: field.to_owned(),
            message: message.into(),
        }
    }
}

/// Returns the value unless there are errors.
pub(crate) fn unless_empty<T, E>(errors: Vec<E>, value: T) -> Result<T, Vec<E>> {
    match errors.is_empty() {
        true => Ok(value),
        false => Err(errors),
    }
}

/// Reason why a server token is rejected. Clients receive the same response for the first two variants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum TokenRejection {
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
    /// Creates the error for one invalid field.
    pub(crate) fn invalid(field: &str, message: impl Into<String>) -> Self {
        Self::Invalid(vec![FieldError::new(field, message)])
    }

    /// Returns the HTTP status.
    pub(crate) fn status(&self) -> u16 {
        self.status_code_hint().0
    }

    /// Returns the error code, one of a closed list.
    pub(crate) fn code(&self) -> &'static str {
        self.status_code_hint().1
    }

    /// Returns what to do about the error.
    pub(crate) fn hint(&self) -> &'static str {
        self.status_code_hint().2
    }

    fn status_code_hint(&self) -> (u16, &'static str, &'static str) {
        match self {
            Self::Unauthenticated => (
                401,
                "unauthenticated",
                "Send `Authorization: Bearer <API token>` with a token that is not expired.",
            ),
            Self::Forbidden { .. } => (
                403,
                "forbidden",
                "Use an API token with this role, or ask a person who has one.",
            ),
            Self::NotFound { .. } => (404, "not_found", "List the objects to see which exist."),
            Self::Invalid(_) => (
                422,
                "invalid",
                "Nothing was changed. Correct the fields in `problems` and send the request again.",
            ),
            Self::Conflict { .. } => (
                409,
                "conflict",
                "Choose another name, or change the existing object.",
            ),
            Self::Unavailable(_) => (
                503,
                "unavailable",
                "Try again in a moment; `/readyz` reports when the gateway is ready.",
            ),
            Self::RevocationPending { .. } => (
                503,
                "pending",
                "Make the store writable: free some disk space, or restore the database. The gateway needs no other request, except that a rotated URL is lost: rotate it again.",
            ),
            Self::Internal(_) => (500, "internal", "See the log of the gateway."),
        }
    }

    /// Returns the response body.
    pub(crate) fn to_json(&self) -> Value {
        let errors: &[FieldError] = match self {
            Self::Invalid(errors) => errors,
            _ => &[],
        };
        // Texts of a request are quoted, which may contain characters that make a message look like another one.
        let errors = errors.iter().map(|it| FieldError {
            field: escaped(&it.field).into_owned(),
            message: escaped(&it.message).into_owned(),
        });
        json!({"error": {
            "code": self.code(),
            "message": escaped(&self.to_string()),
            "hint": self.hint(),
            "problems": errors.collect::<Vec<_>>(),
        }})
    }
}

impl std::fmt::Display for ServiceError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Unauthenticated => f.write_str("an API token is required"),
            Self::Forbidden { needs } => {
                write!(f, "this operation requires the role {}", needs.as_str())
            }
            Self::NotFound { what, id } => write!(f, "{what} `{id}` does not exist"),
            Self::Invalid(errors) => {
                f.write_str("invalid")?;
                for (index, FieldError { field, message }) in errors.iter().enumerate() {
                    let separator = if index == 0 { ": " } else { "; " };
                    write!(f, "{separator}{field}: {message}")?;
                }
                Ok(())
            }
            Self::Conflict { what, name } => write!(f, "{what} `{name}` already exists"),
            Self::Unavailable(why) => f.write_str(why),
            Self::RevocationPending { what, id } => write!(
                f,
                "{what} `{id}` is refused on this replica from now on, but the store cannot be written, so the rest is pending: other replicas, and this one after a restart, do not know it yet; this replica tries again until it is stored"
            ),
            // The details are only for the log.
            Self::Internal(_) => f.write_str("the gateway failed"),
        }
    }
}

impl std::error::Error for ServiceError {}
