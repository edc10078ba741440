//! Turns a request without a response into an error: what failed, whether the request may have taken effect, and what to try. The error names the upstream and nothing else of the request.

use core::{error::Error as _, time::Duration};
use std::io;

use crate::{
    tool::Http,
    upstream::addresses::RefusedAddress,
    upstream::body::{BodyError, MAX_BODY_BYTES, MAX_RATIO},
    upstream::error::{CallError, ErrorCode},
};

/// Maximum time for connecting.
pub(crate) const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// Returns the error for an HTTP client that cannot be created.
pub(crate) fn no_client(error: reqwest::Error) -> CallError {
    CallError::new(ErrorCode::Internal, "No HTTP client")
        .detail(innermost(&error.without_url()))
        .hint("The certificates or the proxy settings of the machine that runs these tools cannot be read. Its administrator must correct them.")
}

/// Returns the error for a failed exchange with the server at this URL. `guarantees` is the method whose guarantees apply to the request.
pub(crate) fn failure(server: &str, guarantees: Http, error: reqwest::Error) -> CallError {
    let error = error.without_url();
    let (causes, cause) = (causes(&error), innermost(&error));
    let new = |code, title: &str, detail: String, hint: &str| {
        CallError::new(code, title).detail(detail).hint(hint)
    };
    if let Some(tls) = find::<rustls::Error>(&causes) {
        let hint = match tls {
            rustls::Error::InvalidCertificate(_) => {
                "This machine does not trust the certificate of the server. Add its certificate authority to the system's certificates, or use the host name of the certificate in the base URL."
            }
            _ => {
                "Check whether the base URL must begin with `http:`, because the server may not use TLS on this port."
            }
        };
        let detail = format!("{server}: {tls}");
        return new(ErrorCode::Unreachable, "No secure connection", detail, hint);
    }
    let io_kind = find::<io::Error>(&causes).map(io::Error::kind);
    if error.is_connect() {
        let (title, detail, hint) = match io_kind {
            _ if error.is_timeout() => (
                "Connection timed out",
                format!(
                    "{server} did not accept a connection within {}.",
                    duration_text(CONNECT_TIMEOUT)
                ),
                "Check that the server runs, that the base URL is correct and that no firewall blocks the connection.",
            ),
            Some(io::ErrorKind::ConnectionRefused) => (
                "Connection refused",
                format!("No server listens at {server}."),
                "Check that the server runs and that host and port of the base URL are correct.",
            ),
            _ if find::<RefusedAddress>(&causes).is_some() => (
                "Address refused",
                format!("{server}: {cause}."),
                "Such a service hands out the credentials of the machine that runs these tools. Correct the base URL.",
            ),
            _ if mentions(&causes, "dns error") => (
                "Unknown host",
                format!("The host name of {server} cannot be resolved: {cause}."),
                "Check the host name in the base URL.",
            ),
            _ => (
                "Connection failed",
                format!("{server}: {cause}."),
                "Check that the server runs and that the base URL and the proxy settings are correct.",
            ),
        };
        return new(ErrorCode::Unreachable, title, detail, hint).retryable(true);
    }
    if error.is_timeout() {
        let lost = lost(guarantees, ErrorCode::Timeout, "Response timed out");
        return lost.detail(format!("{server}: {cause}."));
    }
    if mentions(&causes, "invalid HTTP") {
        let detail = format!("{server}: {cause}.");
        let hint = "Check the port of the base URL and whether it must begin with `https:`.";
        return new(
            ErrorCode::UnexpectedResponse,
            "Not an HTTP response",
            detail,
            hint,
        );
    }
    let detail =
        format!("{server} closed the connection before the response was complete: {cause}.");
    lost(guarantees, ErrorCode::Unreachable, "Connection lost").detail(detail)
}

/// Returns the error for a response of the server at this URL whose body cannot be read. The upstream has processed the request.
pub(crate) fn unreadable(server: &str, guarantees: Http, error: BodyError) -> CallError {
    const LESS: &str = "Request less: use a smaller `limit`, a filter or a shorter period.";
    let new = |title: &str, detail: String, hint: &str| {
        CallError::new(ErrorCode::UnexpectedResponse, title)
            .detail(detail)
            .hint(hint)
    };
    match error {
        BodyError::TooLarge => {
            let size = MAX_BODY_BYTES >> 20;
            let detail = format!("The response has more than {size} MiB.");
            new("Response too large", detail, LESS)
        }
        BodyError::Bomb => {
            let detail = format!(
                "The response of {server} decompresses to more than {MAX_RATIO} times its size."
            );
            new("Response compressed too much", detail, LESS)
        }
        BodyError::NoMemory => {
            let detail = "Other large responses use all memory for responses at present.";
            let error = lost(guarantees, ErrorCode::Overloaded, "Response not read");
            error.detail(detail)
        }
        BodyError::Invalid(cause) => new(
            "Unreadable response",
            format!("The response of {server} cannot be decompressed: {cause}."),
            "A proxy in front of the server may have changed the response. A change may have been made: read the object before you repeat the call.",
        ),
    }
}

/// Returns whether a connection ended without a response to the request sent on it.
pub(crate) fn is_lost(error: &reqwest::Error) -> bool {
    let causes = causes(error);
    let is_closed = |error: &io::Error| {
        matches!(
            error.kind(),
            io::ErrorKind::ConnectionReset
                | io::ErrorKind::BrokenPipe
                | io::ErrorKind::UnexpectedEof
        )
    };
    !error.is_connect()
        && !error.is_timeout()
        && (find::<io::Error>(&causes).is_some_and(is_closed)
            || mentions(&causes, "connection closed before message completed"))
}

/// Returns the error for a request that may have taken effect.
pub(crate) fn lost(guarantees: Http, code: ErrorCode, title: &str) -> CallError {
    let hint = match (guarantees, code) {
        (Http::Get, ErrorCode::Timeout) => "The server may be busy: try again, or request less.",
        (Http::Get, ErrorCode::Overloaded) => "Try again in a moment, or request less.",
        (Http::Get, _) => "Try again.",
        (Http::Put | Http::Delete, _) => {
            "The change may have been made. Read the object, or try again: repeating the call does no harm."
        }
        (Http::Post | Http::Patch, _) => {
            "The change may have been made. Read the object before you repeat the call."
        }
    };
    let retryable = !matches!(guarantees, Http::Post | Http::Patch);
    CallError::new(code, title).retryable(retryable).hint(hint)
}

type Cause<'e> = &'e (dyn core::error::Error + 'static);

/// Returns the causes of an error, outermost first.
fn causes(error: &reqwest::Error) -> Vec<Cause<'_>> {
    let mut causes = Vec::new();
    let mut next = error.source();
    while let Some(cause) = next {
        causes.push(cause);
        // The `source` of an `io::Error` is not its inner error, but the source of its inner error.
        let inner = cause
            .downcast_ref::<io::Error>()
            .and_then(io::Error::get_ref);
        next = match inner {
            Some(inner) => Some(inner as Cause<'_>),
            None => cause.source(),
        };
    }
    causes
}

/// Returns the outermost cause of this type.
fn find<'e, T: core::error::Error + 'static>(causes: &[Cause<'e>]) -> Option<&'e T> {
    causes.iter().find_map(|cause| cause.downcast_ref::<T>())
}

/// Returns whether the message of a cause contains a text.
fn mentions(causes: &[Cause<'_>], text: &str) -> bool {
    causes.iter().any(|cause| cause.to_string().contains(text))
}

/// Returns the message of the innermost cause, which is the most specific one: `connection reset by peer`.
fn innermost(error: &reqwest::Error) -> String {
    let innermost = causes(error).last().map(ToString::to_string);
    innermost.unwrap_or_else(|| error.to_string())
}

/// Formats a duration: `30 s`, `250 ms`.
pub(crate) fn duration_text(duration: Duration) -> String {
    if duration < Duration::from_secs(1) {
        format!("{} ms", duration.as_millis())
    } else {
        format!("{} s", duration.as_secs_f64())
    }
}
