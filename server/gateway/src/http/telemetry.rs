//! Request ids and log lines. Neither contains the URL of a request, because it contains a server token.

use std::hash::{BuildHasher, RandomState};
use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::Instant;

use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue, Method, StatusCode};
use axum::response::Response;
use futures_util::FutureExt;
use tracing::Instrument;

use super::client::ClientAddress;
use super::error_response::error_response;
use super::ops::Metrics;
use crate::request_origin::RequestOrigin;
use crate::service::state::RequestRefusal;
use mcp_server::handler::observer::milliseconds;
use mcp_server::handler::panics::panic_text;

/// Header with the id of a request.
pub(super) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Longest request id that is accepted from a client.
const MAX_REQUEST_ID: usize = 128;

/// Gives each request an id and a log line, counts it, and turns a panic into an error response.
pub(crate) async fn observe<F: Future<Output = Response>>(
    metrics: &Arc<Metrics>,
    route: &str,
    mut request: Request,
    answer: impl FnOnce(Request) -> F,
) -> Response {
    let started = Instant::now();
    let in_flight = metrics.request();
    let id = request_id(&request);
    let method = request.method().clone();
    let client = request
        .extensions()
        .get::<ClientAddress>()
        .map(|client| client.0);
    request.headers_mut().insert(REQUEST_ID, id.clone());
    let span = tracing::info_span!(
        "request",
        id = id.to_str().unwrap_or_default(),
        server = tracing::field::Empty,
        account = tracing::field::Empty
    );
    let traceparent = request.headers().get("traceparent");
    let origin = RequestOrigin::new(
        client,
        id.to_str().ok().map(str::to_owned),
        traceparent.and_then(|value| value.to_str().ok()),
    );
    // The future is pinned here, because the combinators below would move all of it.
    let answer = pin!(origin.clone().scope(answer(request)));
    let mut response = AssertUnwindSafe(answer)
        .catch_unwind()
        .instrument(span.clone())
        .await
        .unwrap_or_else(|panic| {
            let _entered = span.enter();
            tracing::error!(panic = panic_text(&*panic), "a request panicked");
            error_response(
                StatusCode::INTERNAL_SERVER_ERROR,
                "internal",
                "the gateway failed",
                "See the log of the gateway.",
            )
        });
    let status = response.status();
    span.in_scope(|| {
        let ms = milliseconds(started.elapsed());
        let status = status.as_u16();
        tracing::debug!(%method, %route, status, client = client.map(tracing::field::display), ms, "answered");
    });
    if let Some(refusal) = refusal(&method, route, status, &origin) {
        response
            .extensions_mut()
            .insert(RefusedRequest { refusal, origin });
    }
    in_flight.answered(route.to_owned(), status);
    response.headers_mut().insert(REQUEST_ID, id);
    response
}

/// Refused request, for the audit log.
#[derive(Debug, Clone)]
pub(crate) struct RefusedRequest {
    pub(crate) refusal: RequestRefusal,
    pub(crate) origin: RequestOrigin,
}

/// Returns the refusal that a response means, if it means one.
fn refusal(
    method: &Method,
    route: &str,
    status: StatusCode,
    origin: &RequestOrigin,
) -> Option<RequestRefusal> {
    let is_sign_in = route == "/login" && method == Method::POST && status.is_client_error();
    let outcome = match status {
        StatusCode::FORBIDDEN => "forbidden",
        StatusCode::UNAUTHORIZED => "unauthenticated",
        _ if is_sign_in => "unauthenticated",
        _ => return None,
    };
    Some(RequestRefusal {
        action: if is_sign_in {
            "page.sign_in"
        } else {
            "request.refuse"
        },
        outcome,
        route: route.to_owned(),
        peer: origin.peer(),
        actor: origin.actor().cloned(),
    })
}

/// Returns the request id from the client or a proxy if it is well-formed, otherwise a new one.
fn request_id(request: &Request) -> HeaderValue {
    let sensible = |id: &&HeaderValue| {
        let bytes = id.as_bytes();
        (1..=MAX_REQUEST_ID).contains(&bytes.len())
            && bytes
                .iter()
                .all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(byte))
    };
    if let Some(id) = request.headers().get(REQUEST_ID).filter(sensible) {
        return id.clone();
    }
    // A random key per process makes ids unique without a system call for each request.
    static KEY: LazyLock<RandomState> = LazyLock::new(RandomState::new);
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let id = KEY.hash_one(COUNT.fetch_add(1, Ordering::Relaxed));
    HeaderValue::from_str(&format!("{id:016x}")).unwrap_or(HeaderValue::from_static("none"))
}
