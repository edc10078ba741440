//! Stream of a connection, with time limits: for the head of a request, for the next request on a kept-alive connection, and for a client that does not read its response.

use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::sync::Notify;
use tokio::time::{Instant, Sleep, sleep, sleep_until};

/// Time for a client to send the head of a request.
const HEAD: Duration = Duration::from_secs(10);

/// Time for which a kept-alive connection may be unused. Longer than the usual limits of proxies, so that the proxy closes the connection and no request is lost.
const IDLE: Duration = Duration::from_secs(75);

/// Time for which a client may read nothing of its response.
const STALLED: Duration = Duration::from_secs(30);

/// State of a connection, shared by its stream, its requests, and the table of connections.
#[derive(Debug, Default)]
pub(crate) struct ConnectionState {
    phase: AtomicU8,
    close: Notify,
}

/// Phase of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ConnectionPhase {
    /// The client has connected, or has sent a part of a head.
    Head = 0,
    /// A request is in progress.
    Request = 1,
    /// The gateway has created the last response, and the client has not sent anything since.
    Idle = 2,
}

impl ConnectionState {
    /// Records that the head of a request is complete.
    pub(crate) fn request_begins(&self) {
        self.set(ConnectionPhase::Request);
    }

    /// Records that the gateway has created the response to a request.
    pub(crate) fn request_ends(&self) {
        self.set(ConnectionPhase::Idle);
    }

    /// Returns whether the connection waits for a request, so that closing it interrupts nothing.
    pub(crate) fn is_waiting(&self) -> bool {
        self.phase() != ConnectionPhase::Request
    }

    /// Returns whether the head of a request is missing, so that there is no request to which the client expects a response.
    pub(crate) fn lacks_head(&self) -> bool {
        self.phase() == ConnectionPhase::Head
    }

    /// Asks the task of the connection to close it.
    pub(crate) fn close(&self) {
        self.close.notify_one();
    }

    /// Waits until the connection should be closed.
    pub(crate) async fn closing(&self) {
        self.close.notified().await;
    }

    fn phase(&self) -> ConnectionPhase {
        match self.phase.load(Ordering::Acquire) {
            0 => ConnectionPhase::Head,
            1 => ConnectionPhase::Request,
            _ => ConnectionPhase::Idle,
        }
    }

    fn set(&self, phase: ConnectionPhase) {
        self.phase.store(phase as u8, Ordering::Release);
    }
}

/// TCP stream whose reads and writes fail when a time limit is exceeded. A request whose head arrives in one piece costs no timer.
#[derive(Debug)]
pub(crate) struct TimedStream<'a> {
    stream: TcpStream,
    state: &'a ConnectionState,
    /// Phase to which `ends` belongs; `None` if it has changed since.
    timed: Option<ConnectionPhase>,
    /// End of the time limit of the phase.
    ends: Instant,
    /// Timer that fires at `ends` or earlier. Moved only when it has fired or is too late.
    timer: Pin<Box<Sleep>>,
    /// Timer of a write that cannot proceed.
    stalled: Option<Pin<Box<Sleep>>>,
}

impl<'a> TimedStream<'a> {
    pub(crate) fn new(stream: TcpStream, state: &'a ConnectionState) -> Self {
        let ends = Instant::now() + HEAD;
        Self {
            stream,
            state,
            timed: Some(ConnectionPhase::Head),
            ends,
            timer: Box::pin(sleep_until(ends)),
            stalled: None,
        }
    }

    /// Completes when the client has exceeded the time limit for its next request.
    fn poll_exceeded(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let phase = self.state.phase();
        let limit = match phase {
            ConnectionPhase::Head => HEAD,
            ConnectionPhase::Idle => IDLE,
            ConnectionPhase::Request => return Poll::Pending,
        };
        if self.timed != Some(phase) {
            self.timed = Some(phase);
            self.ends = Instant::now() + limit;
        }
        if self.ends < self.timer.deadline() {
            self.timer.as_mut().reset(self.ends);
        }
        loop {
            ready!(self.timer.as_mut().poll(context));
            if Instant::now() >= self.ends {
                return Poll::Ready(());
            }
            self.timer.as_mut().reset(self.ends);
        }
    }

    /// Fails if the client has not read anything for too long.
    fn check_write(
        &mut self,
        context: &mut Context<'_>,
        written: Poll<io::Result<usize>>,
    ) -> Poll<io::Result<usize>> {
        if written.is_ready() {
            self.stalled = None;
            return written;
        }
        let stalled = self.stalled.get_or_insert_with(|| Box::pin(sleep(STALLED)));
        ready!(stalled.as_mut().poll(context));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl AsyncRead for TimedStream<'_> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(context, buffer);
        if read.is_pending() {
            ready!(self.poll_exceeded(context));
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        if buffer.filled().len() > before && self.state.phase() == ConnectionPhase::Idle {
            self.state.set(ConnectionPhase::Head);
            self.timed = None;
        }
        read
    }
}

impl AsyncWrite for TimedStream<'_> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.check_write(context, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(context, pieces);
        self.check_write(context, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use tokio::io::AsyncReadExt;
    use tokio::net::TcpListener;

    use super::*;

    #[tokio::test]
    async fn a_client_has_a_limited_time_for_its_next_request() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let _silent = TcpStream::connect(address).await.unwrap();
        let (stream, _) = listener.accept().await.unwrap();
        tokio::time::pause();
        let state = ConnectionState::default();
        let mut stream = TimedStream::new(stream, &state);
        let started = Instant::now();
        let error = stream.read_u8().await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        assert_eq!(started.elapsed().as_secs(), 10);

        state.request_ends();
        let started = Instant::now();
        assert!(stream.read_u8().await.is_err());
        assert_eq!(started.elapsed().as_secs(), 75);

        // The time limits of a body are those of `TimedBody`.
        state.request_begins();
        let hour = Duration::from_secs(3600);
        assert!(tokio::time::timeout(hour, stream.read_u8()).await.is_err());
    }

    #[tokio::test]
    async fn a_client_must_read_its_response() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let _silent = TcpStream::connect(address).await.unwrap();
        let (stream, _) = listener.accept().await.unwrap();
        // Fills the buffers of the operating system.
        while stream.try_write(&[0; 65_536]).is_ok() {}
        tokio::time::pause();
        let state = ConnectionState::default();
        let mut stream = TimedStream::new(stream, &state);
        let started = Instant::now();
        let large = vec![0; 64 << 20];
        let error = tokio::io::AsyncWriteExt::write_all(&mut stream, &large).await;
        assert_eq!(error.unwrap_err().kind(), io::ErrorKind::TimedOut);
        assert!(started.elapsed().as_secs() >= 30);
    }
}
