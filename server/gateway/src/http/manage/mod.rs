//! Management API: the operations of [`Gateway`] over HTTP with JSON, as its OpenAPI document describes them.
//!
//! Requests are checked against the OpenAPI document before a handler receives them, so the document cannot disagree with the program.

mod document;
mod operations;
mod request;
mod response;
mod schemas;
#[cfg(test)]
mod tests;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{MethodRouter, get, on};

use self::request::MAX_BODY;
use crate::service::gateway::Gateway;

/// Creates the routes of the management API from its document. All routes except `/openapi.json` require an API token.
pub(crate) fn router(gateway: Gateway) -> Router {
    let mut router = Router::new();
    for (path, methods) in document::routes() {
        let methods = match path {
            "/openapi.json" => get(document::serve),
            _ => methods.fold(MethodRouter::new(), |routes, method| {
                routes.merge(on(method, operations::run))
            }),
        };
        router = router.route(path, methods);
    }
    router
        .method_not_allowed_fallback(response::method_not_allowed)
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .with_state(gateway)
}
