//! What every request passes on its way in and every answer on its way out, in order. Around MCP, which is called the most, these are functions; around all other routes they are layers of axum, which copies all that lies further in for each layer of each request.

use std::sync::Arc;

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;

use super::client::{self, Proxies};
use super::limits::{self, Slow};
use super::ops::Metrics;
use super::origin::{self, Access};
use super::{body, telemetry};

/// What all routes have in common.
#[derive(Debug)]
pub(crate) struct Front {
    pub(crate) proxies: Proxies,
    pub(crate) metrics: Arc<Metrics>,
}

impl Front {
    /// Finds out who asks, observes the request from its beginning to its answer, reads its body, and tells browsers to be strict.
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
            harden(&mut response);
            response
        };
        telemetry::observe(&self.metrics, route, request, answer).await
    }
}

/// The same as a layer.
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

fn harden(response: &mut Response) {
    let headers = response.headers_mut();
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    headers
        .entry(header::REFERRER_POLICY)
        .or_insert(HeaderValue::from_static("no-referrer"));
}

/// What the routes for clients and people have in common; probes come by address and without tokens.
#[derive(Debug)]
pub(crate) struct Guard {
    pub(crate) access: Access,
    pub(crate) slow: Slow,
}

impl Guard {
    /// Refuses foreign hosts and origins, and slows down who guesses tokens.
    pub(crate) async fn pass<F: Future<Output = Response>>(
        &self,
        request: Request,
        answer: impl FnOnce(Request) -> F,
    ) -> Response {
        let scripts = match origin::check(&self.access, &request) {
            Ok(scripts) => scripts,
            Err(answer) => return *answer,
        };
        let mut response = limits::slow_guesses(&self.slow, request, answer).await;
        if let Some(origin) = scripts {
            origin::share(&mut response, origin);
        }
        response
    }
}

/// The same as a layer.
pub(crate) async fn guard(
    State(guard): State<Arc<Guard>>,
    request: Request,
    next: Next,
) -> Response {
    guard.pass(request, |request| next.run(request)).await
}
