//! Turns a request without a response into an error: what failed, whether the request may have taken effect, and what to try. The error names the upstream and nothing else of the request.

use core::{error::Error as _, time::Duration};
use std::io;

use crate::{
    error::{CallError, ErrorCode},
    tool::Http,
    transport::{Base, CONNECT_TIMEOUT},
};

/// Returns the error for an HTTP client that cannot be created.
pub(crate) fn no_client(error: reqwest::Error) -> CallError {
    CallError::new(ErrorCode::Internal, "No HTTP client")
        .detail(innermost(&error.without_url()))
        .hint("The certificates or the proxy settings of this machine cannot be read; they have to be mended where the server of these tools runs.")
}

/// Returns the error for a failed exchange. `promises` is the method whose guarantees apply to the request.
pub(crate) fn failure(base: &Base, promises: Http, error: reqwest::Error) -> CallError {
    let error = error.without_url();
    let server = base.text();
    let unsent = |title: &str| CallError::new(ErrorCode::Unreachable, title).retryable(true);
    if let Some(tls) = find::<rustls::Error>(&error) {
        return unsent("No secure connection")
            .retryable(false)
            .detail(format!("{server}: {tls}"))
            .hint(match tls {
                rustls::Error::InvalidCertificate(_) => "The certificate of the server is not trusted on this machine: its authority has to be added to the system's certificates, or the host name in the base URL is not the one it was made for.",
                _ => "Check that the base URL should begin with `https:`; the server may speak plain HTTP on this port.",
            });
    }
    if error.is_connect() && error.is_timeout() {
        return unsent("No connection in time")
            .detail(format!("{server} did not accept a connection within {}.", words(CONNECT_TIMEOUT)))
            .hint("Check that the server runs, that the base URL is right and that no firewall is in between.");
    }
    if error.is_connect() {
        let cause = find::<io::Error>(&error);
        let text = chain(&error);
        if cause.is_some_and(|it| it.kind() == io::ErrorKind::ConnectionRefused) {
            return unsent("Connection refused")
                .detail(format!("Nothing answers at {server}."))
                .hint(
                    "Check that the server runs and that host and port of the base URL are right.",
                );
        }
        if text.contains("dns error") {
            return unsent("Unknown host")
                .detail(format!(
                    "The host name of {server} has no address: {}.",
                    innermost(&error)
                ))
                .hint("Check the host name in the base URL.");
        }
        return unsent("No connection")
            .detail(format!("{server}: {}.", innermost(&error)))
            .hint("Check that the server runs and that the base URL and the proxy settings are right.");
    }
    if error.is_timeout() {
        return lost(promises, ErrorCode::Timeout, "No answer in time")
            .detail(format!("{server}: {}.", innermost(&error)));
    }
    let unreadable = [io::ErrorKind::InvalidInput, io::ErrorKind::InvalidData];
    if error.is_decode()
        && find::<io::Error>(&error).is_some_and(|it| unreadable.contains(&it.kind()))
    {
        // The upstream has processed the request; only its response cannot be read.
        return CallError::new(ErrorCode::UnexpectedResponse, "Not a readable answer")
            .detail(format!(
                "The answer of {server} cannot be unpacked: {}.",
                innermost(&error)
            ))
            .hint("Something in front of the server may have changed the answer. A change may have been made all the same: read it back before you try again.");
    }
    if chain(&error).contains("invalid HTTP") {
        return CallError::new(ErrorCode::UnexpectedResponse, "Not an HTTP answer")
            .detail(format!("{server}: {}.", innermost(&error)))
            .hint("Check the base URL: whether it should begin with `https:`, and its port.");
    }
    lost(promises, ErrorCode::Unreachable, "The connection was lost").detail(format!(
        "{server} closed it before the whole answer had arrived: {}.",
        innermost(&error)
    ))
}

/// Returns whether a connection ended without a response to the request sent on it.
pub(crate) fn is_lost(error: &reqwest::Error) -> bool {
    let is_closed = |kind| {
        matches!(
            kind,
            io::ErrorKind::ConnectionReset
                | io::ErrorKind::BrokenPipe
                | io::ErrorKind::UnexpectedEof
        )
    };
    !error.is_connect()
        && !error.is_timeout()
        && (find::<io::Error>(error).is_some_and(|cause| is_closed(cause.kind()))
            || chain(error).contains("connection closed before message completed"))
}

/// Returns the error for a request that may have taken effect.
pub(crate) fn lost(promises: Http, code: ErrorCode, title: &str) -> CallError {
    let error = CallError::new(code, title);
    match promises {
        Http::Get => error.retryable(true).hint(match code {
            ErrorCode::Timeout => "The server may be busy: try again, or ask for less.",
            _ => "Try again.",
        }),
        Http::Put | Http::Delete => error.retryable(true).hint(
            "The change may have been made all the same. Read it back, or try again: a second time does no harm.",
        ),
        Http::Post | Http::Patch => error.hint(
            "The change may have been made all the same. Read it back before you try again.",
        ),
    }
}

fn find<T: core::error::Error + 'static>(error: &reqwest::Error) -> Option<&T> {
    let mut next = error.source();
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref::<T>() {
            return Some(found);
        }
        // The `source` of an `io::Error` is not its inner error, but the source of its inner error.
        let inner = error
            .downcast_ref::<io::Error>()
            .and_then(io::Error::get_ref);
        if let Some(found) = inner.and_then(|it| it.downcast_ref::<T>()) {
            return Some(found);
        }
        next = match inner {
            Some(inner) => Some(inner as &(dyn core::error::Error + 'static)),
            None => error.source(),
        };
    }
    None
}

fn chain(error: &reqwest::Error) -> String {
    let mut texts = Vec::new();
    let mut next = error.source();
    while let Some(cause) = next {
        texts.push(cause.to_string());
        next = cause.source();
    }
    texts.join(": ")
}

/// Returns the innermost cause, which is the most specific one: `connection reset by peer`.
fn innermost(error: &reqwest::Error) -> String {
    let mut cause: &dyn core::error::Error = error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    cause.to_string()
}

/// Formats a duration: `30 s`, `250 ms`.
pub(crate) fn words(duration: Duration) -> String {
    if duration < Duration::from_secs(1) {
        format!("{} ms", duration.as_millis())
    } else {
        format!("{} s", duration.as_secs_f64())
    }
}
