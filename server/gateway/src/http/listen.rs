//! Accepts connections within their limits, and closes them without interrupting requests in flight.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{ConnectInfo, Request};
use axum::response::Response;
use hyper::body::{Body as HttpBody, Frame, Incoming, SizeHint};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, watch};

use super::body::TimedBody;
use super::connections::{Connections, OpenConnection};
use super::error_response::error_json;
use super::stream::{ConnectionState, TimedStream};

/// Pause after an error that does not concern a single connection, for example too many open files.
const RECOVERY: Duration = Duration::from_millis(500);

/// Time for a client to complete the head of a request after the signal to stop.
const LAST_HEAD: Duration = Duration::from_secs(1);

/// Largest buffer of a connection, and thereby the largest head of a request. By default, the buffers of all connections together could fill the memory.
const MAX_BUFFER: usize = 64 * 1024;

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
            // The response to an export or a subscription is created while the client reads it.
            let response = match response.body().size_hint().exact() {
                Some(_) => {
                    state.request_ends();
                    response
                }
                None => response.map(|body| {
                    let state = Arc::clone(&connection.state);
                    Body::new(StreamedBody { body, state })
                }),
            };
            Ok::<_, Infallible>(response)
        }
    });
    // The stream has the time limits.
    let stream = TokioIo::new(TimedStream::new(stream, state));
    let served = http1::Builder::new()
        .header_read_timeout(None)
        .max_buf_size(MAX_BUFFER)
        .serve_connection(stream, service);
    let mut served = pin!(served);
    // Errors here are caused by the client: it disconnected, was too slow, or does not speak HTTP.
    let is_ending = tokio::select! {
        _ = served.as_mut() => return,
        () = state.closing() => false,
        _ = end.wait_for(|end| *end) => true,
    };
    // A request may have arrived since the connection was chosen to give way.
    if !is_ending && state.is_waiting() {
        return;
    }
    served.as_mut().graceful_shutdown();
    if is_ending {
        tokio::select! {
            _ = served.as_mut() => return,
            () = tokio::time::sleep(LAST_HEAD) => {}
        }
        // A client that does not complete its request must not delay the end.
        if state.lacks_head() {
            return;
        }
    }
    let _ = served.await;
}

/// Body of a response that is created while the client reads it. The request ends when this value is dropped.
struct StreamedBody {
    body: Body,
    state: Arc<ConnectionState>,
}

impl HttpBody for StreamedBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for StreamedBody {
    fn drop(&mut self) {
        self.state.request_ends();
    }
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
