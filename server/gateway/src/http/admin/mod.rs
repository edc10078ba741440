//! Admin page: the operations of the management API in a browser. The pages are rendered here without a build step, and are usable without JavaScript.
//!
//! The extractors of [`session`] decide who may open a page: [`session::Visitor`] for pages, and [`session::SubmittedForm`] for forms, which also checks the origin of the form. A handler without either is open to everyone.

mod accounts;
mod assets;
mod audit;
mod connect;
mod expiry;
mod form;
mod login;
mod overview;
mod page;
mod rejection;
mod selection;
mod server_line;
mod servers;
mod session;
mod site;
#[cfg(test)]
mod tests;
mod tokens;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::map_response_with_state;
use axum::routing::{get, post};

use self::site::Admin;
use crate::service::gateway::Gateway;

/// Largest request body in bytes. A form has a few fields and at most one certificate.
const BODY_LIMIT: usize = 256 * 1024;

/// Creates the routes of the admin page. They share no path with the management API, so that both can be merged.
pub(crate) fn router(gateway: Gateway) -> Router {
    let admin = Admin::new(gateway);
    Router::new()
        .route("/", get(overview::show))
        .route("/login", get(login::show).post(login::sign_in))
        .route("/logout", post(login::sign_out))
        .route("/accounts", get(overview::show).post(accounts::create))
        .route("/accounts/new", get(accounts::blank))
        .route(
            "/accounts/{account}",
            get(accounts::show).post(accounts::update),
        )
        .route("/accounts/{account}/edit", get(accounts::edit))
        .route("/accounts/{account}/check", post(accounts::check))
        .route(
            "/accounts/{account}/delete",
            get(accounts::confirm).post(accounts::delete),
        )
        .route("/servers", get(servers::list).post(servers::create))
        .route("/servers/new", get(servers::blank))
        .route(
            "/accounts/{account}/servers/{server}",
            get(servers::edit).post(servers::update),
        )
        .route(
            "/accounts/{account}/servers/{server}/revoke",
            get(servers::confirm_revoke).post(servers::revoke),
        )
        .route(
            "/accounts/{account}/servers/{server}/rotate",
            get(servers::confirm_rotate).post(servers::rotate),
        )
        .route("/audit-log", get(audit::show))
        .route("/audit-log/export", get(audit::export))
        .route("/tokens", get(tokens::list).post(tokens::create))
        .route(
            "/tokens/{token}/revoke",
            get(tokens::confirm).post(tokens::revoke),
        )
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
        .layer(map_response_with_state(admin.clone(), page::finish))
        .route("/assets/{name}", get(assets::serve))
        .with_state(admin)
}
