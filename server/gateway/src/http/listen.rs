//! Accepts connections within their limits, and closes them without interrupting requests in flight.

use std::convert::Infallible;
use std::io;
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
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, watch};

use super::body::TimedBody;
use super::connections::{Connections, OpenConnection};
use super::error_response::error_json;
use super::stream::TimedStream;

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
    connections: Arc<Connections>,
    mut end: watch::Receiver<bool>,
) {
    let app = Arc::new(app);
    // Nothing is ever sent. The channel ends when each connection has dropped its sender.
    let (open, mut all_closed) = mpsc::channel::<()>(1);
    loop {
        let accepted = tokio::select! {
            biased;
            _ = end.wait_for(|end| *end) => break,
            accepted = accept(&listener, &connections) => accepted,
        };
        match accepted {
            Ok(Some((stream, peer, connection))) => {
                let app = Arc::clone(&app);
                let (open, end) = (open.clone(), end.clone());
                tokio::spawn(async move {
                    serve_connection(stream, peer, &connection, app, end).await;
                    drop((open, connection));
                });
            }
            Ok(None) => {}
            Err(error) => {
                tracing::warn!(%error, "cannot accept a connection");
                tokio::time::sleep(RECOVERY).await;
            }
        }
    }
    drop((listener, open));
    all_closed.recv().await;
}

/// Accepts a connection. Returns `None` if its address has too many connections.
async fn accept(
    listener: &TcpListener,
    connections: &Arc<Connections>,
) -> io::Result<Option<(TcpStream, SocketAddr, OpenConnection)>> {
    let (stream, peer) = listener.accept().await?;
    let Some(connection) = connections.add(peer).await else {
        // If the response cannot be written at once, it is not worth waiting for.
        let _ = stream.try_write(too_many_connections().as_bytes());
        return Ok(None);
    };
    Ok(Some((stream, peer, connection)))
}

async fn serve_connection(
    stream: TcpStream,
    peer: SocketAddr,
    connection: &OpenConnection,
    app: Arc<impl RequestHandler>,
    mut end: watch::Receiver<bool>,
) {
    // Responses are small, so waiting to combine packets would only delay them.
    let _ = stream.set_nodelay(true);
    let state = &*connection.state;
    let service = service_fn(|request: hyper::Request<Incoming>| {
        state.request_begins();
        let mut request = request.map(|body| Body::new(TimedBody::new(body)));
        request.extensions_mut().insert(ConnectInfo(peer));
        let app = &app;
        async move {
            let response = app.answer(request).await;
            state.request_ends();
            Ok::<_, Infallible>(response)
        }
    });
    // The stream has the time limits.
    let stream = TokioIo::new(TimedStream::new(stream, state));
    let served = http1::Builder::new()
        .header_read_timeout(None)
        .serve_connection(stream, service);
    let mut served = pin!(served);
    // Errors here are caused by the client: it disconnected, was too slow, or does not speak HTTP.
    tokio::select! {
        _ = served.as_mut() => return,
        () = state.closing() => {
            // A request may have arrived since the connection was chosen.
            if state.is_waiting() {
                return;
            }
            served.as_mut().graceful_shutdown();
        }
        _ = end.wait_for(|end| *end) => served.as_mut().graceful_shutdown(),
    }
    let _ = served.await;
}

/// Returns the response to a connection that exceeds the limit of its address. It is written before a request is read.
fn too_many_connections() -> String {
    let body = error_json(
        "overloaded",
        "too many connections from this address",
        "Use fewer connections, or retry after the time in `Retry-After`.",
    )
    .to_string();
    format!(
        "HTTP/1.1 503 Service Unavailable\r\nconnection: close\r\nretry-after: 1\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
}
