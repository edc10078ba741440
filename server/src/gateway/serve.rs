//! `airflow-mcp serve`: assembles the gateway, serves requests, and shuts down without interrupting requests in flight.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::Context;
use axum::Router;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::middleware::from_fn_with_state;
use axum::response::Response;
use hyper::service::Service;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;

use super::answers::refusal;
use super::client::Proxies;
use super::config;
use super::front::{self, Front, Guard};
use super::limits::{Guesses, Slow};
use super::listen::{self, Answers};
use super::mcp::{self, Mcp, Requests};
use super::ops::{self, Metrics, Operations};
use super::options::{ConfigFile, Options, access};
use super::origin::Access;
use super::service::{Gateway, GatewayOptions};
use super::traces::Traces;
use crate::output;
use crate::product::product;
use crate::settings::process_environment;

/// Time for calls in flight to finish after the signal to stop.
const LAST_CALLS: Duration = Duration::from_secs(30);

/// Time for cancelled calls to write their audit records.
const LAST_RECORDS: Duration = Duration::from_secs(5);

/// Interval at which expired objects are removed.
const PURGE_INTERVAL: Duration = Duration::from_secs(60);

/// Serves requests until a signal to stop.
pub(crate) async fn serve(options: Options) -> anyhow::Result<()> {
    // Handlers are installed first, so that no signal is lost during start-up.
    let mut signals = [
        signal(SignalKind::terminate())?,
        signal(SignalKind::interrupt())?,
    ];
    let listener = TcpListener::bind(options.listen)
        .await
        .with_context(|| format!("cannot listen on {}", options.listen))?;
    let address = listener.local_addr()?;
    let public_url = options.public_url.unwrap_or_else(|| local_url(address));
    let access = access(
        &public_url,
        &options.allowed_hosts,
        &options.allowed_origins,
    )
    .map_err(|problems| anyhow::anyhow!("{}", problems.join("; ")))?;

    let traces = Traces::start(&process_environment)?;
    let (gateway, first_token) = Gateway::open(GatewayOptions {
        store: options.store,
        key: options.keys.key,
        old_keys: options.keys.old,
        key_places: options.keys.places,
        public_url: public_url.clone(),
        local_credentials: options.local_credentials,
        audit_retention: options.audit_retention,
        purge_interval: PURGE_INTERVAL,
        apis: product().apis,
    })
    .await?;
    if let Some(path) = options.keys.made {
        output::line(&format!(
            "Key that encrypts credentials: {} (keep a copy: without it they are lost)",
            path.display()
        ))?;
    }
    if let Some(token) = first_token {
        output::line(&format!(
            "API token of the first administrator, shown only now: {token}"
        ))?;
    }
    if let Some(file) = options.config {
        apply(&gateway, file).await?;
    }
    output::line(&format!("Serving {public_url} on {address}"))?;

    let ending = Arc::new(AtomicBool::new(false));
    let (app, requests) = app(
        &gateway,
        access,
        options.proxies,
        traces.clone(),
        Arc::clone(&ending),
    );
    let (end, ended) = watch::channel(false);
    let server = listen::serve(listener, app, ended);
    let finished = async {
        server.await;
        // Requests whose clients have disconnected are also awaited.
        requests.finished().await;
    };
    let mut finished = pin!(finished);
    tokio::select! {
        () = finished.as_mut() => {}
        () = first(&mut signals) => {
            tracing::info!("ending: calls in flight may finish");
            ending.store(true, Ordering::Relaxed);
            end.send_replace(true);
            let in_time = tokio::select! {
                () = finished.as_mut() => true,
                () = tokio::time::sleep(LAST_CALLS) => false,
                () = first(&mut signals) => false,
            };
            if !in_time {
                tracing::warn!("calls that did not finish are broken off");
                requests.break_off();
                let _ = tokio::time::timeout(LAST_RECORDS, finished).await;
            }
        }
    }
    gateway.close().await;
    traces.end().await;
    Ok(())
}

/// Creates the routes, and the handle of the MCP requests in flight.
fn app(
    gateway: &Gateway,
    access: Access,
    proxies: Proxies,
    traces: Traces,
    ending: Arc<AtomicBool>,
) -> (App, Requests) {
    let metrics = Arc::new(Metrics::new());
    let guard = Arc::new(Guard {
        access,
        slow: Slow {
            guesses: Guesses::default(),
            metrics: Arc::clone(&metrics),
        },
    });
    let (mcp, requests) = Mcp::new(gateway.clone(), Arc::clone(&metrics), traces);
    let guarded = Router::new()
        .merge(super::manage::router(gateway.clone()))
        .merge(super::admin::router(gateway.clone()))
        .layer(from_fn_with_state(Arc::clone(&guard), front::guard));
    // Probes address the gateway by IP address, so the host check must not apply to them.
    let operations = ops::router(Operations {
        gateway: gateway.clone(),
        metrics: Arc::clone(&metrics),
        ending,
    });
    let front = Arc::new(Front { proxies, metrics });
    let others = Router::new()
        .merge(guarded)
        .merge(operations)
        .fallback(not_found)
        .layer(from_fn_with_state(Arc::clone(&front), front::receive));
    let app = App {
        front,
        guard,
        mcp,
        others: TowerToHyperService::new(others),
    };
    (app, requests)
}

/// Dispatcher of requests to MCP or to the axum routes.
struct App {
    front: Arc<Front>,
    guard: Arc<Guard>,
    mcp: Mcp,
    others: TowerToHyperService<Router>,
}

impl Answers for App {
    async fn answer(&self, request: Request) -> Response {
        let Some(token) = mcp::token(request.uri().path()).map(str::to_owned) else {
            let Ok(response) = self.others.call(request).await;
            return response;
        };
        let serve = |request| self.mcp.serve(&token, request);
        let pass = |request| self.guard.pass(request, serve);
        self.front.receive(mcp::ROUTE, request, pass).await
    }
}

async fn not_found() -> Response {
    refusal(
        StatusCode::NOT_FOUND,
        "not_found",
        "there is nothing at this path",
        "`/openapi.json` describes the management API.",
    )
}

/// Creates and updates the accounts and servers that the configuration file declares.
async fn apply(gateway: &Gateway, file: ConfigFile) -> anyhow::Result<()> {
    let applied = config::apply(gateway, file.declared)
        .await
        .with_context(|| file.path.display().to_string())?;
    for change in &applied.changes {
        output::line(change)?;
    }
    for warning in &applied.warnings {
        output::error(&format!("warning: {warning}"));
    }
    Ok(())
}

/// Waits for one of the signals.
async fn first(signals: &mut [Signal; 2]) {
    let [terminate, interrupt] = signals;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
}

/// Returns the URL at which this machine reaches an address that the gateway listens on.
fn local_url(mut address: SocketAddr) -> String {
    if address.ip().is_unspecified() {
        match address {
            SocketAddr::V4(_) => address.set_ip(Ipv4Addr::LOCALHOST.into()),
            SocketAddr::V6(_) => address.set_ip(Ipv6Addr::LOCALHOST.into()),
        }
    }
    format!("http://{address}")
}
