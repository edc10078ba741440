//! Assembles the gateway, serves requests, and shuts down without interrupting requests in flight.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::middleware::from_fn_with_state;
use axum::response::Response;
use hyper::service::Service;
use hyper_util::service::TowerToHyperService;
use mcp_server::environment::process_environment;
use mcp_server::product::product;
use secrecy::SecretString;
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;

use crate::config::{self, ApplyError, DeclaredAccounts};
use crate::first_token::{FirstToken, FirstTokenError};
use crate::http::client::Proxies;
use crate::http::error_response::error_response;
use crate::http::front::{self, Front, Guard};
use crate::http::limits::{GuessLimiter, Guesses};
use crate::http::listen::{self, RequestHandler};
use crate::http::mcp::{self, Mcp, Requests};
use crate::http::ops::{self, Metrics, Operations};
use crate::http::origin::Access;
use crate::http::traces::{TraceError, Traces};
use crate::http::{admin, manage};
use crate::keys::Keys;
use crate::service::gateway::{Gateway, GatewayOptions, OpenError};
use crate::store::StoreUrl;

/// Options of a gateway that serves requests.
#[derive(Debug)]
pub struct ServeOptions {
    /// Address to listen on.
    pub listen: SocketAddr,
    /// URL at which clients reach the gateway, without a trailing slash; by default the URL of the address.
    pub public_url: Option<String>,
    /// Further names under which clients reach the gateway.
    pub allowed_hosts: Vec<String>,
    /// Origins of web pages that may use MCP servers.
    pub allowed_origins: Vec<String>,
    /// Trusted proxies.
    pub proxies: Proxies,
    /// Location of the store.
    pub store: StoreUrl,
    /// Keys that encrypt credentials.
    pub keys: Keys,
    /// Configuration file.
    pub config: Option<ConfigFile>,
    /// Whether accounts that are not declared in the configuration file may read files and run commands.
    pub local_credentials: bool,
    /// Whether accounts may have link-local addresses and those of the metadata services of cloud providers.
    pub link_local: bool,
    /// Destination of the first API token.
    pub first_token: FirstToken,
    /// Time for which audit records are kept.
    pub audit_retention: Duration,
}

/// Configuration file with its parsed content.
#[derive(Debug)]
pub struct ConfigFile {
    /// Path of the file.
    pub path: PathBuf,
    /// Content of the file.
    pub declared: DeclaredAccounts,
}

/// Message for the operator.
#[derive(Debug, Clone, Copy)]
pub enum Notice<'a> {
    /// Information that the operator needs, for example the first API token.
    Information(&'a str),
    /// Warning.
    Warning(&'a str),
}

/// Receiver of messages for the operator.
pub type Notify<'a> = &'a dyn Fn(Notice<'_>) -> io::Result<()>;

/// Error that keeps the gateway from serving.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// Failed operation of the operating system.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// Address that cannot be used.
    #[error("cannot listen on {address}")]
    Listen {
        /// Address.
        address: SocketAddr,
        /// Cause.
        source: io::Error,
    },
    /// Invalid hosts or origins.
    #[error("{0}")]
    Access(String),
    /// Gateway that cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// Traces that cannot be exported.
    #[error(transparent)]
    Traces(#[from] TraceError),
    /// First API token that cannot be handed out.
    #[error(transparent)]
    FirstToken(#[from] FirstTokenError),
    /// Configuration file that cannot be applied.
    #[error("{}", path.display())]
    Config {
        /// Path of the file.
        path: PathBuf,
        /// Cause.
        source: ApplyError,
    },
}

/// Time for calls in flight to finish after the signal to stop.
const LAST_CALLS: Duration = Duration::from_secs(30);

/// Time for cancelled calls to write their audit records.
const LAST_RECORDS: Duration = Duration::from_secs(5);

/// Interval at which expired objects are removed.
const PURGE_INTERVAL: Duration = Duration::from_secs(60);

/// Serves requests until a signal to stop.
///
/// # Errors
///
/// Fails if the gateway cannot be started.
pub async fn serve(options: ServeOptions, notify: Notify<'_>) -> Result<(), ServeError> {
    // Handlers are installed first, so that no signal is lost during start-up.
    let mut signals = [
        signal(SignalKind::terminate())?,
        signal(SignalKind::interrupt())?,
    ];
    let listener =
        TcpListener::bind(options.listen)
            .await
            .map_err(|source| ServeError::Listen {
                address: options.listen,
                source,
            })?;
    let address = listener.local_addr()?;
    let public_url = options.public_url.unwrap_or_else(|| local_url(address));
    let access = Access::new(
        &public_url,
        &options.allowed_hosts,
        &options.allowed_origins,
    )
    .map_err(|errors| ServeError::Access(errors.join("; ")))?;

    let traces = Traces::start(&process_environment)?;
    let (gateway, first_token) = Gateway::open(GatewayOptions {
        store: options.store,
        key: options.keys.key,
        old_keys: options.keys.old,
        key_sources: options.keys.sources,
        public_url: public_url.clone(),
        local_credentials: options.local_credentials,
        link_local: options.link_local,
        audit_retention: options.audit_retention,
        purge_interval: PURGE_INTERVAL,
        apis: product().apis,
    })
    .await?;
    let inform = |text: &str| notify(Notice::Information(text));
    if let Some(path) = options.keys.created {
        inform(&format!(
            "Key that encrypts credentials: {} (keep a copy; without the key the credentials are lost)",
            path.display()
        ))?;
    }
    if let Some(token) = first_token {
        inform(&hand_out(&gateway, &options.first_token, &token).await?)?;
    }
    if let Some(file) = options.config {
        apply(&gateway, file, notify).await?;
    }
    inform(&format!("Serving {public_url} on {address}"))?;

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
            tracing::info!("stopping; calls in flight may finish");
            ending.store(true, Ordering::Relaxed);
            end.send_replace(true);
            let in_time = tokio::select! {
                () = finished.as_mut() => true,
                () = tokio::time::sleep(LAST_CALLS) => false,
                () = first(&mut signals) => false,
            };
            if !in_time {
                tracing::warn!("cancelling calls that did not finish in time");
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

impl RequestHandler for App {
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
    error_response(
        StatusCode::NOT_FOUND,
        "not_found",
        "this path does not exist",
        "`/openapi.json` describes the management API.",
    )
}

/// Creates and updates the accounts and servers that the configuration file declares.
async fn apply(gateway: &Gateway, file: ConfigFile, notify: Notify<'_>) -> Result<(), ServeError> {
    let applied = config::apply(gateway, file.declared)
        .await
        .map_err(|source| ServeError::Config {
            path: file.path,
            source,
        })?;
    for change in &applied.changes {
        notify(Notice::Information(change))?;
    }
    for warning in &applied.warnings {
        notify(Notice::Warning(warning))?;
    }
    Ok(())
}

/// Re-encrypts the credentials of all accounts with another key, and returns the number of accounts.
///
/// # Errors
///
/// Fails if the store or a key cannot be used.
pub async fn rotate_key(
    store: StoreUrl,
    keys: Keys,
    new: &SecretString,
    first_token: &FirstToken,
    notify: Notify<'_>,
) -> Result<u64, ServeError> {
    let (gateway, created) = Gateway::open(GatewayOptions {
        store,
        key: keys.key,
        old_keys: keys.old,
        key_sources: keys.sources,
        public_url: String::new(),
        local_credentials: false,
        link_local: false,
        audit_retention: Duration::MAX,
        purge_interval: Duration::from_secs(3600),
        apis: product().apis,
    })
    .await?;
    let rotated = gateway.rotate_key(new).await;
    let handed_out = match &created {
        Some(token) => Some(hand_out(&gateway, first_token, token).await),
        None => None,
    };
    gateway.close().await;
    if let Some(text) = handed_out {
        notify(Notice::Information(&text?))?;
    }
    Ok(rotated.map_err(OpenError::from)?)
}

/// Hands out the first API token and returns the text for the operator. A token that nobody receives is revoked, because otherwise the next start would not create another one.
async fn hand_out(gateway: &Gateway, to: &FirstToken, token: &str) -> Result<String, ServeError> {
    match to.hand_out(token) {
        Ok(text) => Ok(text),
        Err(error) => {
            // The error of handing out is the cause, so it is the one that is reported.
            let _ = gateway.revoke_lost_token(token).await;
            Err(error.into())
        }
    }
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
