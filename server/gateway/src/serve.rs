//! Assembles the gateway, serves requests, and shuts down without interrupting requests in flight.

mod signals;

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, OptionFuture};
use mcp_server::environment::process_environment;
use mcp_server::product::product;
use secrecy::SecretString;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until, timeout, timeout_at};

use self::signals::StopSignals;
use crate::config::{self, ApplyError, DeclaredAccounts};
use crate::first_token::{FirstToken, FirstTokenError};
use crate::http::client::Proxies;
use crate::http::connections::{Connections, max_connections};
use crate::http::listen;
use crate::http::mcp::Requests;
use crate::http::ops::{Metrics, Operations};
use crate::http::origin::Access;
use crate::http::routes::{App, MetricsApp};
use crate::http::traces::{TraceError, Traces};
use crate::keys::Keys;
use crate::service::gateway::{Gateway, GatewayOptions, OpenError};
use crate::service::verify::{self, AuditCheck};
use crate::slots::SlotLimits;
use crate::store::{Store, StoreUrl};
use crate::vault::Vault;

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
    /// Address on which only `/metrics` is served; `None` to serve it together with everything else.
    pub metrics_listen: Option<SocketAddr>,
    /// GatewayLimits on connections and requests.
    pub limits: GatewayLimits,
    /// Time between a signal to stop and the end of the process.
    pub shutdown: Duration,
}

/// GatewayLimits on connections and requests, which keep one client from using everything.
#[derive(Debug, Clone, Copy)]
pub struct GatewayLimits {
    /// Maximum number of open connections.
    pub connections: usize,
    /// Maximum number of open connections of one address that is not a trusted proxy.
    pub connections_per_address: usize,
    /// Memory for the upstream responses of all accounts together, in bytes.
    pub response_memory: usize,
    /// Numbers of slots for the requests of MCP servers.
    pub slots: SlotLimits,
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

/// Longest time for cancelled calls to write their audit records, as a part of the time to stop.
const LAST_RECORDS: Duration = Duration::from_secs(5);

/// Maximum number of connections to the listener of the metrics.
const METRICS_CONNECTIONS: usize = 16;

/// Interval at which expired objects are removed.
const PURGE_INTERVAL: Duration = Duration::from_secs(60);

/// Serves requests until a signal to stop.
///
/// # Errors
///
/// Fails if the gateway cannot be started.
pub async fn serve(options: ServeOptions, notify: Notify<'_>) -> Result<(), ServeError> {
    // Handlers are installed first, so that no signal is lost during start-up.
    let mut signals = StopSignals::new()?;
    let shutdown = options.shutdown;
    let serving = tokio::select! {
        serving = start(options, notify) => serving?,
        () = signals.next() => return Ok(()),
    };
    serving.run(&mut signals, shutdown).await;
    Ok(())
}

/// Gateway that has started, with its listeners.
struct Serving {
    gateway: Gateway,
    traces: Traces,
    requests: Requests,
    /// Whether the gateway is shutting down and accepts no new requests.
    ending: Arc<AtomicBool>,
    /// Channel that tells the listeners to stop.
    end: watch::Sender<bool>,
    /// Future that serves requests until `end`.
    servers: BoxFuture<'static, ()>,
}

/// Opens the gateway and its listeners.
async fn start(options: ServeOptions, notify: Notify<'_>) -> Result<Serving, ServeError> {
    let (listener, address) = bind(options.listen).await?;
    let public_url = options.public_url.unwrap_or_else(|| local_url(address));
    let access = Access::new(
        &public_url,
        &options.allowed_hosts,
        &options.allowed_origins,
    )
    .map_err(|errors| ServeError::Access(errors.join("; ")))?;
    let metrics_listener = match options.metrics_listen {
        Some(address) => Some(bind(address).await?),
        None => None,
    };
    runtime::set_body_memory(options.limits.response_memory);
    let connections = max_connections(options.limits.connections);

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
        slots: options.limits.slots,
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
    if connections < options.limits.connections {
        notify(Notice::Warning(&format!(
            "the limit of open files allows only {connections} connections instead of {}",
            options.limits.connections
        )))?;
    }
    if let Some((_, address)) = &metrics_listener {
        inform(&format!("Metrics at http://{address}/metrics"))?;
    }
    inform(&format!("Serving {public_url} on {address}"))?;

    let ending = Arc::new(AtomicBool::new(false));
    let metrics = Arc::new(Metrics::new());
    let operations = Operations {
        gateway: gateway.clone(),
        metrics: Arc::clone(&metrics),
        ending: Arc::clone(&ending),
    };
    let proxies = options.proxies.clone();
    let shared = metrics_listener.is_none();
    let (app, requests) = App::new(operations, shared, access, options.proxies, traces.clone());
    let (end, ended) = watch::channel(false);
    let per_address = options.limits.connections_per_address;
    let connections = Connections::new(connections, per_address, proxies);
    let main = listen::serve(listener, app, Arc::new(connections), ended.clone());
    let metrics = metrics_listener.map(|(listener, _)| {
        let max = METRICS_CONNECTIONS;
        let connections = Connections::new(max, max, Proxies::default());
        let app = MetricsApp {
            metrics,
            gateway: gateway.clone(),
        };
        listen::serve(listener, app, Arc::new(connections), ended)
    });
    let servers = async { futures_util::join!(main, OptionFuture::from(metrics)) };
    Ok(Serving {
        gateway,
        traces,
        requests,
        ending,
        end,
        servers: servers.map(drop).boxed(),
    })
}

impl Serving {
    /// Serves requests until a signal to stop, and ends within this time after the signal.
    async fn run(mut self, signals: &mut StopSignals, shutdown: Duration) {
        tokio::select! {
            () = &mut self.servers => {}
            () = signals.next() => {}
        }
        tracing::info!("stopping; calls in flight may finish");
        let end = Instant::now() + shutdown;
        self.ending.store(true, Ordering::Relaxed);
        self.end.send_replace(true);
        let requests = self.requests;
        let finished = async {
            self.servers.await;
            // Requests whose clients have disconnected are also awaited.
            requests.finished().await;
        };
        let mut finished = pin!(finished);
        let in_time = tokio::select! {
            () = finished.as_mut() => true,
            () = sleep_until(end - LAST_RECORDS.min(shutdown / 4)) => false,
            () = signals.next() => false,
        };
        let close = async {
            if !in_time {
                tracing::warn!("cancelling calls that did not finish in time");
                requests.break_off();
                let _ = timeout(LAST_RECORDS, finished).await;
            }
            self.gateway.close().await;
            self.traces.end().await;
        };
        if timeout_at(end, close).await.is_err() {
            tracing::warn!(
                "ending before everything was written, because the time to stop is over"
            );
        }
    }
}

async fn bind(address: SocketAddr) -> Result<(TcpListener, SocketAddr), ServeError> {
    let listener = TcpListener::bind(address)
        .await
        .map_err(|source| ServeError::Listen { address, source })?;
    let address = listener.local_addr()?;
    Ok((listener, address))
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
        slots: SlotLimits::default(),
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

/// Checks the hash chains of the audit log in the store of a gateway, which may be running. `heads` are chains with the hash of an entry that they must contain, in hexadecimal digits.
///
/// # Errors
///
/// Fails if the store or a key cannot be used.
pub async fn verify_audit(
    store: StoreUrl,
    keys: Keys,
    heads: &[(String, String)],
) -> Result<AuditCheck, ServeError> {
    let vault = Vault::new(&keys.key, &keys.old).map_err(OpenError::from)?;
    let store = Store::open_for_reading(&store).await;
    let store = store.map_err(OpenError::from)?;
    let check = verify::check(&store, &vault, heads).await;
    store.close().await;
    Ok(check.map_err(OpenError::from)?)
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
