//! Request bodies: time limits for all of them, and small ones are read before a handler runs.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::Request;
use axum::http::{StatusCode, header};
use axum::response::Response;
use hyper::body::{Body as HttpBody, Frame, SizeHint};
use tokio::time::{Instant, Sleep, sleep_until};

use super::error_response::error_response;

/// Largest body in bytes that is read before a handler runs.
pub(crate) const SMALL: usize = 64 * 1024;

/// Time for a client to send a whole body.
const WHOLE: Duration = Duration::from_secs(30);

/// Time for a client to send the next part of a body.
const PART: Duration = Duration::from_secs(10);

/// Error of a body that cannot be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BodyError<E> {
    /// Body that did not arrive in time.
    #[error("the body of the request did not arrive in time")]
    TooSlow,
    /// Broken connection.
    #[error(transparent)]
    Connection(E),
}

/// Body that fails if it does not arrive in time. Every request has such a body, whichever handler reads it.
#[derive(Debug)]
pub(crate) struct TimedBody<B> {
    body: B,
    ends: Instant,
    /// Timer while a part is missing.
    timer: Option<Pin<Box<Sleep>>>,
}

impl<B> TimedBody<B> {
    pub(crate) fn new(body: B) -> Self {
        Self {
            body,
            ends: Instant::now() + WHOLE,
            timer: None,
        }
    }
}

impl<B: HttpBody<Data = Bytes> + Unpin> HttpBody for TimedBody<B> {
    type Data = Bytes;
    type Error = BodyError<B::Error>;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        if let Poll::Ready(part) = Pin::new(&mut self.body).poll_frame(context) {
            self.timer = None;
            return Poll::Ready(part.map(|part| part.map_err(BodyError::Connection)));
        }
        let ends = self.ends;
        let timer = self
            .timer
            .get_or_insert_with(|| Box::pin(sleep_until(ends.min(Instant::now() + PART))));
        ready!(timer.as_mut().poll(context));
        Poll::Ready(Some(Err(BodyError::TooSlow)))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// Returns the request with its body in memory if the body is small, or an error response if the body does not arrive. If a response did not wait for the body, the connection would be closed, and a rejected client would find it closed when sending its next request.
pub(crate) async fn read_small(request: Request) -> Result<Request, Response> {
    let length = request
        .headers()
        .get(header::CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
    if !length.is_some_and(|length| (1..=SMALL).contains(&length)) {
        return Ok(request);
    }
    let (parts, body) = request.into_parts();
    match to_bytes(body, SMALL).await {
        Ok(body) => Ok(Request::from_parts(parts, Body::from(body))),
        Err(_) => Err(incomplete()),
    }
}

/// Creates the response to a body that did not arrive completely.
pub(crate) fn incomplete() -> Response {
    error_response(
        StatusCode::REQUEST_TIMEOUT,
        "incomplete",
        "the body of the request did not arrive in time",
        "Send the request again.",
    )
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::future::poll_fn;

    use super::*;

    /// Body of parts that arrive at this interval without an end.
    struct Dripping {
        interval: Duration,
        next: Pin<Box<Sleep>>,
    }

    impl HttpBody for Dripping {
        type Data = Bytes;
        type Error = Infallible;

        fn poll_frame(
            mut self: Pin<&mut Self>,
            context: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
            ready!(self.next.as_mut().poll(context));
            let next = Instant::now() + self.interval;
            self.next.as_mut().reset(next);
            Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(b"x")))))
        }
    }

    /// Reads until the body fails, and returns the number of parts and the time.
    async fn read(interval: Duration) -> (usize, Duration) {
        let started = Instant::now();
        let next = Box::pin(sleep_until(started + interval));
        let mut body = TimedBody::new(Dripping { interval, next });
        let mut parts = 0;
        loop {
            match poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await {
                Some(Ok(_)) => parts += 1,
                Some(Err(BodyError::TooSlow)) => return (parts, started.elapsed()),
                None | Some(Err(BodyError::Connection(_))) => return (0, Duration::ZERO),
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_has_30_seconds_and_each_part_has_10() {
        let seconds = |(parts, took): (usize, Duration)| (parts, took.as_secs());
        assert_eq!(seconds(read(Duration::from_secs(11)).await), (0, 10));
        assert_eq!(seconds(read(Duration::from_secs(8)).await), (3, 30));
        let (parts, took) = read(Duration::from_millis(10)).await;
        assert!(parts > 2900 && took.as_secs() == 30, "{parts} in {took:?}");
    }
}
