//! What every request passes on its way in and every answer on its way out, in order. Two layers and not one for each step: axum makes a copy of all that lies further in for each layer of each request.

use std::sync::Arc;

use axum::extract::{Request, State};
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

/// Finds out who asks, observes the request from its beginning to its answer, reads its body, and tells browsers to be strict.
pub(crate) async fn receive(
    State(front): State<Arc<Front>>,
    mut request: Request,
    next: Next,
) -> Response {
    client::find(&front.proxies, &mut request);
    let answer = async |request| {
        let mut response = match body::read_small(request).await {
            Ok(request) => next.run(request).await,
            Err(refusal) => refusal,
        };
        harden(&mut response);
        response
    };
    telemetry::observe(&front.metrics, request, answer).await
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

/// Refuses foreign hosts and origins, and slows down who guesses tokens.
pub(crate) async fn guard(
    State(guard): State<Arc<Guard>>,
    request: Request,
    next: Next,
) -> Response {
    let scripts = match origin::check(&guard.access, &request) {
        Ok(scripts) => scripts,
        Err(answer) => return *answer,
    };
    let mut response = limits::slow_guesses(&guard.slow, request, next).await;
    if let Some(origin) = scripts {
        origin::share(&mut response, origin);
    }
    response
}
