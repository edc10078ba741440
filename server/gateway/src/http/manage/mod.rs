//! Management API: the operations of [`Gateway`] over HTTP with JSON, as its OpenAPI document describes them.
//!
//! Requests are checked against the OpenAPI document before a handler receives them, so the document cannot disagree with the program.

mod accounts;
mod audit;
mod document;
mod request;
mod response;
mod schemas;
mod servers;
#[cfg(test)]
mod tests;
mod tokens;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{MethodRouter, delete, get, post};

use self::request::MAX_BODY;
use crate::service::gateway::Gateway;

/// Path with the handlers of its methods. The routes are a table, so that a test can compare them with the OpenAPI document.
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

/// Creates the routes of the management API. All routes except `/openapi.json` require an API token.
pub(crate) fn router(gateway: Gateway) -> Router {
    ROUTES
        .iter()
        .fold(Router::new(), |router, (path, methods)| {
            router.route(path, methods())
        })
        .method_not_allowed_fallback(response::method_not_allowed)
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .with_state(gateway)
}
