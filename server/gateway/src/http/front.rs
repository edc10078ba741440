//! Steps that every request and every response passes, in order. The MCP route, which receives most requests, calls the steps as functions. The other routes use them as axum layers, and axum clones all inner services for each layer on each request.

use std::sync::Arc;

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;

use super::client::{self, Proxies};
use super::limits::{self, GuessLimiter};
use super::ops::Metrics;
use super::origin::{self, Access};
use super::{body, telemetry};

/// Value of `Strict-Transport-Security`: browsers use only HTTPS for this host for a year.
const STRICT_TRANSPORT: HeaderValue = HeaderValue::from_static("max-age=31536000");

/// State that all routes share.
#[derive(Debug)]
pub(crate) struct Front {
    pub(crate) proxies: Proxies,
    pub(crate) metrics: Arc<Metrics>,
    /// Whether the public URL is an HTTPS URL, so that browsers must not use HTTP.
    pub(crate) is_https: bool,
}

impl Front {
    /// Determines the client address, observes the request until its response, reads a small body, and adds security headers for browsers.
    pub(crate) async fn receive<F: Future<Output = Response>>(
        &self,
        route: &str,
        mut request: Request,
        answer: impl FnOnce(Request) -> F,
    ) -> Response {
        client::find(&self.proxies, &mut request);
        let answer = async |request| {
            let mut response = match body::read_small(request).await {
                Ok(request) => answer(request).await,
                Err(refusal) => refusal,
            };
            self.harden(&mut response);
            response
        };
        telemetry::observe(&self.metrics, route, request, answer).await
    }

    /// Adds the security headers of all responses.
    fn harden(&self, response: &mut Response) {
        let headers = response.headers_mut();
        headers.insert(
            header::X_CONTENT_TYPE_OPTIONS,
            HeaderValue::from_static("nosniff"),
        );
        headers
            .entry(header::REFERRER_POLICY)
            .or_insert(HeaderValue::from_static("no-referrer"));
        if self.is_https {
            headers.insert(header::STRICT_TRANSPORT_SECURITY, STRICT_TRANSPORT);
        }
    }
}

/// Applies [`Front::receive`] as an axum layer.
pub(crate) async fn receive(
    State(front): State<Arc<Front>>,
    request: Request,
    next: Next,
) -> Response {
    let route = request.extensions().get::<MatchedPath>().cloned();
    let route = route.as_ref().map_or("unknown", MatchedPath::as_str);
    front
        .receive(route, request, |request| next.run(request))
        .await
}

/// State that the routes for clients and people share. The routes for probes do not use it, because probes address the gateway by IP address and send no token.
#[derive(Debug)]
pub(crate) struct Guard {
    pub(crate) access: Access,
    pub(crate) slow: GuessLimiter,
}

impl Guard {
    /// Rejects unknown hosts and origins, and slows down clients that send wrong tokens.
    pub(crate) async fn pass<F: Future<Output = Response>>(
        &self,
        request: Request,
        answer: impl FnOnce(Request) -> F,
    ) -> Response {
        let scripts = match origin::check(&self.access, &request) {
            Ok(scripts) => scripts,
            Err(answer) => return *answer,
        };
        let mut response = limits::slow_wrong_tokens(&self.slow, request, answer).await;
        if let Some(origin) = scripts {
            origin::share(&mut response, origin);
        }
        response
    }
}

/// Applies [`Guard::pass`] as an axum layer.
pub(crate) async fn guard(
    State(guard): State<Arc<Guard>>,
    request: Request,
    next: Next,
) -> Response {
    guard.pass(request, |request| next.run(request)).await
}
