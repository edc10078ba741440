//! The management API: HTTP and JSON in front of [`Gateway`], as `openapi.json` describes it.
//!
//! The document is not only for readers: what an operation takes is checked against it before a handler sees it, so it cannot say something else than the program does.

mod accounts;
mod answer;
mod audit;
mod document;
mod request;
mod schema;
mod servers;
#[cfg(test)]
mod tests;
mod tokens;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{MethodRouter, delete, get, post};

use super::service::Gateway;

/// Nothing that is sent here is larger, certificates included.
const MAX_BODY: usize = 256 * 1024;

/// A path and what its methods do. A table, so that a test can compare it with the document.
type Route = (&'static str, fn() -> MethodRouter<Gateway>);

const ROUTES: [Route; 11] = [
    ("/integrated-account", || {
        get(accounts::list).post(accounts::create)
    }),
    ("/integrated-account/{id}", || {
        get(accounts::get)
            .patch(accounts::update)
            .delete(accounts::delete)
    }),
    ("/integrated-account/{id}/check", || post(accounts::check)),
    ("/integrated-account/{id}/mcp", || {
        get(servers::list).post(servers::create)
    }),
    ("/integrated-account/{id}/mcp/{mcp_id}", || {
        get(servers::get)
            .patch(servers::update)
            .delete(servers::delete)
    }),
    ("/integrated-account/{id}/mcp/{mcp_id}/rotate", || {
        post(servers::rotate)
    }),
    ("/api-token", || get(tokens::list).post(tokens::create)),
    ("/api-token/{id}", || delete(tokens::revoke)),
    ("/audit", || get(audit::list)),
    ("/audit/export", || get(audit::export)),
    ("/openapi.json", || get(document::serve)),
];

/// The routes of the management API. Every one but `/openapi.json` wants an API token.
pub(crate) fn router(gateway: Gateway) -> Router {
    ROUTES
        .iter()
        .fold(Router::new(), |router, (path, methods)| {
            router.route(path, methods())
        })
        .method_not_allowed_fallback(answer::method_not_allowed)
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .with_state(gateway)
}
