//! Accepts connections, limits their number and their idle time, and closes them without interrupting requests in flight.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{ConnectInfo, Request};
use axum::response::Response;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, mpsc, watch};

/// Maximum number of open connections. Further connections wait until one is closed.
const MAX_CONNECTIONS: usize = 8192;

/// Time for a client to send the head of a request. The limit also applies to the next request on a kept-alive connection.
const HEAD: Duration = Duration::from_secs(75);

/// Pause after an error that does not concern a single connection, for example too many open files.
const RECOVERY: Duration = Duration::from_millis(500);

/// Handler of requests.
pub(crate) trait RequestHandler: Send + Sync + 'static {
    fn answer(&self, request: Request) -> impl Future<Output = Response> + Send;
}

/// Accepts connections until `end`, and returns after all open connections are closed. If the future is dropped, the connections continue.
pub(crate) async fn serve(
    listener: TcpListener,
    app: impl RequestHandler,
    mut end: watch::Receiver<bool>,
) {
    let app = Arc::new(app);
    let places = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    // Nothing is ever sent. The channel ends when each connection has dropped its sender.
    let (open, mut all_closed) = mpsc::channel::<()>(1);
    loop {
        let accepted = tokio::select! {
            biased;
            _ = end.wait_for(|end| *end) => break,
            accepted = accept(&listener, &places) => accepted,
        };
        let (Ok((stream, peer)), Ok(place)) = accepted else {
            tokio::time::sleep(RECOVERY).await;
            continue;
        };
        let connection = connection(stream, peer, Arc::clone(&app), end.clone());
        let open = open.clone();
        tokio::spawn(async move {
            connection.await;
            drop((open, place));
        });
    }
    drop((listener, open));
    all_closed.recv().await;
}

type AcceptedConnection = (
    std::io::Result<(TcpStream, SocketAddr)>,
    Result<tokio::sync::OwnedSemaphorePermit, tokio::sync::AcquireError>,
);

async fn accept(listener: &TcpListener, places: &Arc<Semaphore>) -> AcceptedConnection {
    let place = Arc::clone(places).acquire_owned().await;
    let accepted = listener.accept().await;
    if let Err(error) = &accepted {
        tracing::warn!(%error, "cannot accept a connection");
    }
    (accepted, place)
}

async fn connection(
    stream: TcpStream,
    peer: SocketAddr,
    app: Arc<impl RequestHandler>,
    mut end: watch::Receiver<bool>,
) {
    // Responses are small, so waiting to combine packets would only delay them.
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |request: hyper::Request<Incoming>| {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(ConnectInfo(peer));
        let app = Arc::clone(&app);
        async move { Ok::<_, Infallible>(app.answer(request).await) }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD)
        .serve_connection(TokioIo::new(stream), service);
    let mut connection = pin!(connection);
    // Errors here are caused by the client: it disconnected or does not speak HTTP.
    tokio::select! {
        _ = connection.as_mut() => return,
        _ = end.wait_for(|end| *end) => connection.as_mut().graceful_shutdown(),
    }
    let _ = connection.await;
}
