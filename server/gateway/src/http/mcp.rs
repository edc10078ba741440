//! MCP over HTTP at `/mcp/{token}`: resolves the server token to an MCP server and passes the request to rmcp. Each request is independent; there are no sessions.

use std::pin::pin;
use std::sync::{Arc, OnceLock};

use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri, header};
use axum::response::Response;
use rmcp::transport::streamable_http_server::session::never::NeverSessionManager;
use rmcp::transport::streamable_http_server::{StreamableHttpServerConfig, StreamableHttpService};
use runtime::RateLimit;
use tokio::sync::Semaphore;

use super::bearer::bearer;
use super::error_response::{error_response, overloaded};
use super::exchange::Exchange;
use super::limits::WrongToken;
use super::message;
use super::ops::Metrics;
use super::traces::Traces;
use crate::error::{ServiceError, TokenRejection};
use crate::model::Principal;
use crate::service::gateway::Gateway;
use mcp_server::handler::Handler;
use mcp_server::handler::observer::Observer;
use mcp_server::handler::off_reactor::{LARGE, off_reactor};
use mcp_server::handler::rate_limit::rate_limit_fields;
use mcp_server::product::product;

/// Maximum number of concurrent requests of all servers. Further requests are rejected at once, so that those in flight can finish. Each server and each account has lower limits.
const MAX_REQUESTS: usize = 1024;

tokio::task_local! {
    /// Handler of the request that this task serves. rmcp creates a handler for each request with a function that has no arguments.
    static HANDLER: Handler;
}

/// Route name in metrics and logs.
pub(crate) const ROUTE: &str = "/mcp/{token}";

/// Returns the server token of an MCP path.
pub(crate) fn token(path: &str) -> Option<&str> {
    let token = path.strip_prefix("/mcp/")?;
    (!token.is_empty() && !token.contains('/')).then_some(token)
}

/// MCP endpoint of all servers.
pub(crate) struct Mcp {
    gateway: Gateway,
    metrics: Arc<Metrics>,
    traces: Traces,
    service: StreamableHttpService<Handler, NeverSessionManager>,
    requests: Arc<Semaphore>,
}

/// Requests in flight.
pub(crate) struct Requests {
    places: Arc<Semaphore>,
    break_off: Box<dyn Fn() + Send + Sync>,
}

impl Requests {
    /// Waits until no request is in flight, so that each has its response and its audit record.
    pub(crate) async fn finished(&self) {
        let all = u32::try_from(MAX_REQUESTS).unwrap_or(u32::MAX);
        // This cannot fail, because the semaphore is never closed.
        let _ = self.places.acquire_many(all).await;
    }

    /// Cancels the requests in flight as if their clients had disconnected.
    pub(crate) fn break_off(&self) {
        (self.break_off)();
    }
}

impl Mcp {
    /// Creates the MCP endpoint of a gateway, and the handle of its requests in flight.
    pub(crate) fn new(gateway: Gateway, metrics: Arc<Metrics>, traces: Traces) -> (Self, Requests) {
        // Hosts and origins have already been checked for all routes, and the body has been read.
        let config = StreamableHttpServerConfig::default()
            .with_legacy_session_mode(false)
            .with_json_response(true)
            .with_max_request_body_bytes(usize::MAX)
            .disable_allowed_hosts()
            .disable_allowed_origins();
        let places = Arc::new(Semaphore::new(MAX_REQUESTS));
        let cancellation = config.cancellation_token.clone();
        let requests = Requests {
            places: Arc::clone(&places),
            break_off: Box::new(move || cancellation.cancel()),
        };
        let service = StreamableHttpService::new(
            || {
                HANDLER
                    .try_with(Clone::clone)
                    .map_err(std::io::Error::other)
            },
            Arc::new(NeverSessionManager::default()),
            config,
        );
        let mcp = Mcp {
            gateway,
            metrics,
            traces,
            service,
            requests: places,
        };
        (mcp, requests)
    }

    /// Handles a request to the MCP server with this token.
    pub(crate) async fn serve(&self, token: &str, request: Request) -> Response {
        let resolved = match self.gateway.resolve(token).await {
            Ok(resolved) => resolved,
            Err(rejection) => {
                self.metrics.token_looked_up(false);
                return refused(&rejection);
            }
        };
        self.metrics.token_looked_up(true);
        tracing::Span::current()
            .record("server", resolved.server.id.as_str())
            .record("account", resolved.account_name.as_str());
        let config = &resolved.server.config;
        let principal = if config.require_api_token_auth || !config.callers.is_empty() {
            match authenticate(&self.gateway, request.headers(), &config.callers).await {
                Ok(principal) => Some(principal),
                Err(response) => return response,
            }
        } else {
            None
        };
        let (mut parts, body) = request.into_parts();
        let message = match message::read(&resolved.slots, body).await {
            Ok(message) => message,
            Err(response) => return response,
        };
        // A request takes a slot only after it was read, so that a slow client does not hold one.
        let counted = match resolved.slots.request() {
            Ok(counted) => counted,
            Err(error) => return overloaded(&error.to_string()),
        };
        let Ok(permit) = Arc::clone(&self.requests).try_acquire_owned() else {
            return overloaded("the gateway has too many concurrent requests");
        };
        let exchange = Arc::new(Exchange {
            gateway: self.gateway.clone(),
            metrics: Arc::clone(&self.metrics),
            traces: self.traces.clone(),
            principal,
            rate_limit: OnceLock::new(),
            intent: OnceLock::new(),
            resolved,
            slots: OnceLock::new(),
            _held: (permit, counted, message.large),
        });
        // The secrets of the request are not needed after this point.
        parts.uri = Uri::from_static("/mcp");
        parts.headers.remove(header::AUTHORIZATION);
        parts.headers.remove(header::COOKIE);
        let is_json = message::is_json(&parts.headers);
        let is_large = message.bytes.len() >= LARGE;
        let request = Request::from_parts(parts, Body::from(message.bytes.clone()));

        let handler = Handler::for_request(
            exchange.resolved.account.clone(),
            exchange.resolved.offer.clone(),
            Arc::clone(&exchange) as Arc<dyn Observer>,
        );
        let answer = pin!(self.service.handle(request));
        let response = off_reactor(is_large, HANDLER.scope(handler, answer)).await;
        let response = response.map(Body::new);
        let mut response = message::explain_rejection(response, is_json, &message.bytes);
        if let Some(rate_limit) = exchange.rate_limit.get() {
            add_rate_limit(response.headers_mut(), *rate_limit);
        }
        response
    }
}

/// Maps a rejected token to a response. Unknown, expired and revoked tokens have the same response.
fn refused(rejection: &TokenRejection) -> Response {
    match rejection {
        TokenRejection::Unknown | TokenRejection::Expired => {
            let mut response = error_response(
                StatusCode::NOT_FOUND,
                "not_found",
                "no MCP server exists at this URL",
                "The URL may be incomplete, expired or revoked. Ask the person who gave it to you for a new one.",
            );
            response.extensions_mut().insert(WrongToken);
            response
        }
        TokenRejection::Unavailable(why) => {
            tracing::warn!(%why, "a token could not be looked up");
            error_response(
                StatusCode::SERVICE_UNAVAILABLE,
                "unavailable",
                "the gateway cannot look up its MCP servers at present",
                "Try again in a moment.",
            )
        }
        TokenRejection::Account(why) => {
            tracing::warn!(%why, "an account cannot be used");
            error_response(
                StatusCode::SERVICE_UNAVAILABLE,
                "unavailable",
                why,
                "Tell the operator of the gateway.",
            )
        }
    }
}

/// Authenticates the caller of a server that requires an API token in addition to its URL: one of `callers`, unless this list is empty.
async fn authenticate(
    gateway: &Gateway,
    headers: &HeaderMap,
    callers: &[String],
) -> Result<Principal, Response> {
    let token = bearer(headers);
    let realm = product().name;
    let challenge = match token {
        None => format!("Bearer realm=\"{realm}\""),
        Some(token) => match gateway.authenticate(token).await {
            Ok(principal) if callers.is_empty() || callers.contains(&principal.id) => {
                return Ok(principal);
            }
            Ok(_) => {
                return Err(error_response(
                    StatusCode::FORBIDDEN,
                    "forbidden",
                    "this API token is not one of the callers of this MCP server",
                    "Use the API token that the server was made for, or ask the person who made the server to add yours to its callers.",
                ));
            }
            Err(ServiceError::Unauthenticated) => format!(
                "Bearer realm=\"{realm}\", error=\"invalid_token\", error_description=\"the API token is unknown, expired or revoked\"",
            ),
            Err(error) => {
                tracing::warn!(%error, "an API token could not be looked up");
                return Err(refused(&TokenRejection::Unavailable(error.to_string())));
            }
        },
    };
    let mut response = error_response(
        StatusCode::UNAUTHORIZED,
        "unauthenticated",
        "this MCP server requires an API token in addition to its URL",
        ServiceError::Unauthenticated.hint(),
    );
    if let Ok(challenge) = HeaderValue::from_str(&challenge) {
        response
            .headers_mut()
            .insert(header::WWW_AUTHENTICATE, challenge);
    }
    if token.is_some() {
        response.extensions_mut().insert(WrongToken);
    }
    Err(response)
}

/// Adds the rate-limit headers.
fn add_rate_limit(headers: &mut HeaderMap, rate_limit: RateLimit) {
    for (name, value) in rate_limit_fields(rate_limit) {
        headers.insert(HeaderName::from_static(name), HeaderValue::from(value));
    }
}
