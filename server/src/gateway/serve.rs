//! `airflow-mcp serve`: puts the gateway together, serves it, and ends it without breaking off what is under way.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use airflow_tools::APIS;
use anyhow::Context;
use axum::Router;
use axum::http::StatusCode;
use axum::middleware::{from_fn_with_state, map_response};
use axum::response::Response;
use axum::serve::ListenerExt;
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;

use super::answers::refusal;
use super::client;
use super::config;
use super::limits::{self, Guesses, Slow};
use super::mcp;
use super::ops::{self, Metrics, Operations};
use super::options::{ConfigFile, Options, access};
use super::origin::{self, Access};
use super::service::{Gateway, GatewayOptions};
use super::telemetry::{self, Traces};
use crate::output;

/// How long calls in flight may take to finish after the signal to end.
const LAST_CALLS: Duration = Duration::from_secs(30);

/// How often what has expired is removed.
const PURGE_INTERVAL: Duration = Duration::from_secs(60);

/// Serves until a signal to end.
pub(crate) async fn serve(options: Options) -> anyhow::Result<()> {
    // Before anything else, so that a signal while starting is not lost.
    let signals = [
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

    let (gateway, first_token) = Gateway::open(GatewayOptions {
        store: options.store,
        key: options.keys.key,
        old_keys: options.keys.old,
        public_url: public_url.clone(),
        audit_retention: options.audit_retention,
        purge_interval: PURGE_INTERVAL,
        apis: APIS,
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
    if let Some(file) = &options.config {
        apply(&gateway, file).await?;
    }
    output::line(&format!("Serving {public_url} on {address}"))?;

    let ending = Arc::new(AtomicBool::new(false));
    let app = app(
        &gateway,
        Arc::new(access),
        Arc::new(options.proxies),
        Arc::clone(&ending),
    );
    let listener = listener.tap_io(|stream| {
        // Answers are small; to wait for more to send with them helps nobody.
        let _ = stream.set_nodelay(true);
    });
    let (end, mut ended) = watch::channel(false);
    let server = axum::serve(
        listener,
        app.into_make_service_with_connect_info::<SocketAddr>(),
    )
    .with_graceful_shutdown(async move {
        let _ = ended.wait_for(|ended| *ended).await;
    });
    let mut server = tokio::spawn(async move { server.await });
    tokio::select! {
        served = &mut server => served??,
        () = first(signals) => {
            tracing::info!("ending: calls in flight may finish");
            ending.store(true, Ordering::Relaxed);
            end.send_replace(true);
            if tokio::time::timeout(LAST_CALLS, &mut server).await.is_err() {
                tracing::warn!("calls that did not finish are broken off");
                server.abort();
            }
        }
    }
    gateway.close().await;
    Ok(())
}

/// All routes with what is common to them.
fn app(
    gateway: &Gateway,
    access: Arc<Access>,
    proxies: Arc<client::Proxies>,
    ending: Arc<AtomicBool>,
) -> Router {
    let metrics = Arc::new(Metrics::new());
    let slow = Slow {
        guesses: Arc::new(Guesses::default()),
        metrics: Arc::clone(&metrics),
    };
    let guarded = Router::new()
        .merge(mcp::router(gateway.clone(), Arc::clone(&metrics), Traces))
        .merge(super::manage::router(gateway.clone()))
        .merge(super::admin::router(gateway.clone()))
        .layer(from_fn_with_state(slow, limits::slow_guesses))
        .layer(from_fn_with_state(access, origin::check));
    // Probes come by address, not by name.
    let operations = ops::router(Operations {
        gateway: gateway.clone(),
        metrics: Arc::clone(&metrics),
        ending,
    });
    Router::new()
        .merge(guarded)
        .merge(operations)
        .fallback(not_found)
        .layer(map_response(harden))
        .layer(from_fn_with_state(metrics, telemetry::observe))
        .layer(from_fn_with_state(proxies, client::find))
}

async fn not_found() -> Response {
    refusal(
        StatusCode::NOT_FOUND,
        "not_found",
        "there is nothing at this path",
        "`/openapi.json` describes the management API.",
    )
}

async fn harden(mut response: Response) -> Response {
    use axum::http::{HeaderValue, header};
    let headers = response.headers_mut();
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    headers
        .entry(header::REFERRER_POLICY)
        .or_insert(HeaderValue::from_static("no-referrer"));
    response
}

/// Makes what the configuration file declares.
async fn apply(gateway: &Gateway, file: &ConfigFile) -> anyhow::Result<()> {
    let applied = config::apply(gateway, &file.text)
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
async fn first(mut signals: [Signal; 2]) {
    let [terminate, interrupt] = &mut signals;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
}

/// How this machine reaches an address that it listens on.
fn local_url(mut address: SocketAddr) -> String {
    if address.ip().is_unspecified() {
        match address {
            SocketAddr::V4(_) => address.set_ip(Ipv4Addr::LOCALHOST.into()),
            SocketAddr::V6(_) => address.set_ip(Ipv6Addr::LOCALHOST.into()),
        }
    }
    format!("http://{address}")
}
