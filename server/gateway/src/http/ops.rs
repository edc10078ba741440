//! Endpoints for monitoring: whether the process is alive (`/healthz`), whether it can serve requests (`/readyz`), and its metrics (`/metrics`). No response contains the name of a server, an account or a client.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Metric, Registry, Unit};
use runtime::Tool;

use crate::service::gateway::Gateway;
use crate::store::chain::hex;
use mcp_server::product::product;

/// Time to wait for the store before the gateway counts as not ready.
const STORE_WAIT: Duration = Duration::from_secs(3);

/// Bounds of the duration histogram in seconds, from a cached response on the same machine to a slow list.
const BUCKETS: [f64; 12] = [
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 30.0,
];

/// Metrics of the gateway.
#[derive(Debug)]
pub(crate) struct Metrics {
    registry: Registry,
    calls: Family<[Label; 3], Counter>,
    durations: Family<[Label; 1], Histogram, fn() -> Histogram>,
    upstream: Family<[(&'static str, u16); 1], Counter>,
    requests: Family<HttpRequest, Counter>,
    in_flight: Gauge,
    tokens: Family<[Label; 1], Counter>,
    slowed: Counter,
    audit: Family<[(&'static str, String); 2], Gauge>,
}

/// Name and value of a label.
type Label = (&'static str, &'static str);

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct HttpRequest {
    route: String,
    status: u16,
}

impl Metrics {
    pub(crate) fn new() -> Self {
        let mut registry = Registry::with_prefix(product().identifier());
        let version = Info::new([("version", product().version)]);
        registry.register("build", "Version of this program", version);
        let durations: Family<_, _, fn() -> Histogram> =
            Family::new_with_constructor(|| Histogram::new(BUCKETS));
        let help = "Duration of tool calls";
        registry.register_with_unit("call_duration", help, Unit::Seconds, durations.clone());
        let upstream = format!(
            "Tool calls by the status of the last response of {}",
            product().upstream
        );
        let slowed = "Wrong tokens whose address had sent too many wrong tokens before";
        Self {
            calls: registered(&mut registry, "calls", "Tool calls that have ended"),
            durations,
            upstream: registered(&mut registry, "upstream_responses", &upstream),
            requests: registered(&mut registry, "http_requests", "Requests with a response"),
            in_flight: registered(
                &mut registry,
                "http_requests_in_flight",
                "Requests in flight",
            ),
            tokens: registered(
                &mut registry,
                "server_lookups",
                "Lookups of server URLs by result",
            ),
            slowed: registered(&mut registry, "slowed_guesses", slowed),
            audit: registered(
                &mut registry,
                "audit_chain_entries",
                "Entries in the audit chain of this process, with the hash of the last one",
            ),
            registry,
        }
    }

    pub(crate) fn called(
        &self,
        tool: Option<&'static Tool>,
        outcome: &'static str,
        status: Option<u16>,
        took: Duration,
    ) {
        let effect = tool.map_or("", |tool| match tool.effect.read_only {
            true => "read",
            false => "write",
        });
        let tool = tool.map_or("", |tool| tool.name);
        let effect = ("effect", effect);
        let call = [("tool", tool), effect, ("outcome", outcome)];
        self.calls.get_or_create(&call).inc();
        let duration = self.durations.get_or_create(&[effect]);
        duration.observe(took.as_secs_f64());
        if let Some(status) = status {
            self.upstream.get_or_create(&[("status", status)]).inc();
        }
    }

    /// Counts a lookup of a server token.
    pub(crate) fn token_looked_up(&self, is_valid: bool) {
        let result = if is_valid { "good" } else { "refused" };
        self.tokens.get_or_create(&[("result", result)]).inc();
    }

    pub(crate) fn guess_slowed(&self) {
        self.slowed.inc();
    }

    /// Counts a request in flight. The caller reports its end to the returned value.
    pub(crate) fn request(self: &Arc<Self>) -> InFlight {
        self.in_flight.inc();
        InFlight(Arc::clone(self))
    }

    /// Returns the response to `/metrics`.
    pub(crate) fn response(&self, gateway: &Gateway) -> Response {
        let media_type = "application/openmetrics-text; version=1.0.0; charset=utf-8";
        self.set_audit_head(gateway);
        match self.text() {
            Ok(text) => ([(header::CONTENT_TYPE, media_type)], text).into_response(),
            Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        }
    }

    /// Sets the last entry of the audit chain of this process.
    fn set_audit_head(&self, gateway: &Gateway) {
        self.audit.clear();
        if let Some((chain, head)) = gateway.audit_head() {
            let labels = [("chain", chain), ("hash", hex(&head.hash))];
            self.audit.get_or_create(&labels).set(head.sequence);
        }
    }

    fn text(&self) -> Result<String, std::fmt::Error> {
        let mut text = String::new();
        encode(&mut text, &self.registry)?;
        Ok(text)
    }
}

/// Registers a metric without values.
fn registered<M: Metric + Clone + Default>(registry: &mut Registry, name: &str, help: &str) -> M {
    let metric = M::default();
    registry.register(name, help, metric.clone());
    metric
}

/// Request in flight.
pub(crate) struct InFlight(Arc<Metrics>);

impl InFlight {
    /// Counts a request that has a response.
    pub(crate) fn answered(&self, route: String, status: StatusCode) {
        let status = status.as_u16();
        self.0
            .requests
            .get_or_create(&HttpRequest { route, status })
            .inc();
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.in_flight.dec();
    }
}

/// State of the monitoring routes.
#[derive(Clone)]
pub(crate) struct Operations {
    pub(crate) gateway: Gateway,
    pub(crate) metrics: Arc<Metrics>,
    /// Whether the gateway is shutting down and accepts no new requests.
    pub(crate) ending: Arc<AtomicBool>,
}

/// Creates the monitoring routes. Without `with_metrics`, `/metrics` is not one of them.
pub(crate) fn router(operations: Operations, with_metrics: bool) -> Router {
    let mut router = Router::new()
        .route("/healthz", get(async || "ok\n"))
        .route("/readyz", get(ready));
    if with_metrics {
        router = router.route("/metrics", get(metrics));
    }
    router.with_state(operations)
}

async fn ready(State(operations): State<Operations>) -> Response {
    if operations.ending.load(Ordering::Relaxed) {
        return not_ready("ending");
    }
    match tokio::time::timeout(STORE_WAIT, operations.gateway.ready()).await {
        Ok(Ok(())) => "ok\n".into_response(),
        Ok(Err(error)) => {
            tracing::warn!(%error, "not ready");
            not_ready("the store cannot be written")
        }
        Err(_) => {
            tracing::warn!("not ready: the store does not respond in time");
            not_ready("the store cannot be written")
        }
    }
}

fn not_ready(why: &str) -> Response {
    (StatusCode::SERVICE_UNAVAILABLE, format!("{why}\n")).into_response()
}

async fn metrics(State(operations): State<Operations>) -> Response {
    operations.metrics.response(&operations.gateway)
}
