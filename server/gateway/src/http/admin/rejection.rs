//! Rejected requests: the browser is redirected to the sign-in, or receives an error page.

use axum::Extension;
use axum::response::{IntoResponse, Response};

use crate::error::ServiceError;

/// Result of a handler.
pub(super) type PageResult = Result<Response, FormRejection>;

/// Reason why a page is not shown to a visitor.
#[derive(Debug, Clone)]
pub(super) enum FormRejection {
    /// Visitor who is not signed in, with the path to which to return after signing in.
    SignIn(String),
    /// Form that another site or a page of another session has sent.
    Foreign,
    /// Form that may be submitted only once and was submitted before.
    Repeated,
    /// Form that cannot be parsed.
    Unreadable,
    /// Error of the service.
    Service(ServiceError),
    /// Error of a template, which no input can cause.
    Template,
}

impl From<ServiceError> for FormRejection {
    fn from(error: ServiceError) -> Self {
        match error {
            ServiceError::Unauthenticated => Self::SignIn("/".to_owned()),
            error => Self::Service(error),
        }
    }
}

impl From<askama::Error> for FormRejection {
    fn from(error: askama::Error) -> Self {
        tracing::error!(%error, "a page cannot be rendered");
        Self::Template
    }
}

/// Defers the page to [`finish`](super::page::finish), which knows the site.
impl IntoResponse for FormRejection {
    fn into_response(self) -> Response {
        Extension(self).into_response()
    }
}
