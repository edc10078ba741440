//! Converts panics of calls to errors.

use std::any::Any;
use std::panic::AssertUnwindSafe;

use futures_util::FutureExt;

use super::observer::CallRejection;

/// Runs `call` and converts a panic to an error. Without this, rmcp would never respond and the client would wait forever.
pub(super) async fn guarded<T>(call: impl Future<Output = T>) -> Result<T, CallRejection> {
    AssertUnwindSafe(call)
        .catch_unwind()
        .await
        .map_err(|panic| {
            tracing::error!(panic = panic_text(&*panic), "a call panicked");
            CallRejection::Panicked
        })
}

/// Returns the message of a panic.
pub fn panic_text(panic: &(dyn Any + Send)) -> &str {
    panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("unknown")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_becomes_an_error() {
        let error = guarded(async {
            if true {
                panic!("planted");
            }
        })
        .await
        .map_err(|refused| {
            let error = refused.into_error("any");
            (error.code.0, error.message.into_owned())
        });
        let message = "the MCP server failed during this call; see its log".to_owned();
        assert_eq!(error, Err((-32603, message)));
    }
}
