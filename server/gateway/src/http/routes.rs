//! Routes of the gateway: MCP, which receives most requests, is dispatched without axum, everything else by axum.

use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::http::{Method, StatusCode};
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
use hyper::service::Service;
use hyper_util::service::TowerToHyperService;

use super::client::Proxies;
use super::error_response::error_response;
use super::front::{self, Front, Guard};
use super::limits::{GuessLimiter, Guesses};
use super::listen::RequestHandler;
use super::mcp::{self, Mcp, Requests};
use super::ops::{self, Metrics, Operations};
use super::origin::Access;
use super::telemetry::RefusedRequest;
use super::traces::Traces;
use super::{admin, manage};
use crate::service::gateway::Gateway;

/// Dispatcher of requests to MCP or to the axum routes.
pub(crate) struct App {
    gateway: Gateway,
    front: Arc<Front>,
    guard: Arc<Guard>,
    mcp: Mcp,
    others: TowerToHyperService<Router>,
}

/// Handler of the listener of the metrics.
pub(crate) struct MetricsApp {
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) gateway: Gateway,
}

impl App {
    /// Creates the routes, and the handle of the MCP requests in flight. `with_metrics` means that `/metrics` has no listener of its own.
    pub(crate) fn new(
        operations: Operations,
        with_metrics: bool,
        access: Access,
        proxies: Proxies,
        traces: Traces,
    ) -> (Self, Requests) {
        let gateway = operations.gateway.clone();
        let metrics = Arc::clone(&operations.metrics);
        let guard = Arc::new(Guard {
            access,
            slow: GuessLimiter {
                guesses: Guesses::default(),
                metrics: Arc::clone(&metrics),
            },
        });
        let (mcp, requests) = Mcp::new(gateway.clone(), Arc::clone(&metrics), traces);
        let guarded = Router::new()
            .merge(manage::router(gateway.clone()))
            .merge(admin::router(gateway.clone()))
            .layer(from_fn_with_state(Arc::clone(&guard), front::guard));
        let front = Arc::new(Front {
            proxies,
            metrics,
            is_https: is_https(gateway.public_url()),
        });
        // Probes address the gateway by IP address, so the host check must not apply to them.
        let others = Router::new()
            .merge(guarded)
            .merge(ops::router(operations, with_metrics))
            .fallback(not_found)
            .layer(from_fn_with_state(Arc::clone(&front), front::receive));
        let app = App {
            gateway,
            front,
            guard,
            mcp,
            others: TowerToHyperService::new(others),
        };
        (app, requests)
    }
}

impl RequestHandler for App {
    async fn answer(&self, request: Request) -> Response {
        let mut response = self.dispatch(request).await;
        if let Some(refused) = response.extensions_mut().remove::<RefusedRequest>() {
            self.gateway
                .record_refusal(refused.refusal, &refused.origin);
        }
        response
    }
}

impl App {
    async fn dispatch(&self, request: Request) -> Response {
        let Some(token) = mcp::token(request.uri().path()).map(str::to_owned) else {
            let Ok(response) = self.others.call(request).await;
            return response;
        };
        let serve = |request| self.mcp.serve(&token, request);
        let pass = |request| self.guard.pass(request, serve);
        self.front.receive(mcp::ROUTE, request, pass).await
    }
}

impl RequestHandler for MetricsApp {
    async fn answer(&self, request: Request) -> Response {
        match (request.method(), request.uri().path()) {
            (&Method::GET, "/metrics") => self.metrics.response(&self.gateway),
            _ => StatusCode::NOT_FOUND.into_response(),
        }
    }
}

async fn not_found() -> Response {
    error_response(
        StatusCode::NOT_FOUND,
        "not_found",
        "this path does not exist",
        "`/openapi.json` describes the management API.",
    )
}

fn is_https(url: &str) -> bool {
    let scheme = url.split_once("://").map(|(scheme, _)| scheme);
    scheme.is_some_and(|scheme| scheme.eq_ignore_ascii_case("https"))
}
