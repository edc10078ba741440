//! Origin of the HTTP request that the current task serves, for the audit records that the request causes.

use std::net::IpAddr;
use std::sync::{Arc, OnceLock};

tokio::task_local! {
    static CURRENT: RequestOrigin;
}

/// Origin of a request. Cloning is cheap.
#[derive(Debug, Clone, Default)]
pub(crate) struct RequestOrigin(Arc<Details>);

#[derive(Debug, Default)]
struct Details {
    peer: Option<IpAddr>,
    request_id: Option<String>,
    trace_id: Option<String>,
    /// Id and name of the API token that the request was made with.
    actor: OnceLock<(String, String)>,
}

impl RequestOrigin {
    pub(crate) fn new(
        peer: Option<IpAddr>,
        request_id: Option<String>,
        traceparent: Option<&str>,
    ) -> Self {
        let details = Details {
            peer: peer.map(|peer| peer.to_canonical()),
            request_id,
            trace_id: traceparent.and_then(trace_id),
            actor: OnceLock::new(),
        };
        Self(Arc::new(details))
    }

    /// Runs a future whose audit records have this origin.
    pub(crate) async fn scope<F: Future>(self, work: F) -> F::Output {
        CURRENT.scope(self, work).await
    }

    /// Returns the origin of the current request; an empty one if there is no request.
    pub(crate) fn current() -> Self {
        CURRENT.try_with(Clone::clone).unwrap_or_default()
    }

    /// Sets the API token that the current request was made with.
    pub(crate) fn set_actor(id: &str, name: &str) {
        let _ = Self::current()
            .0
            .actor
            .set((id.to_owned(), name.to_owned()));
    }

    pub(crate) fn peer(&self) -> Option<IpAddr> {
        self.0.peer
    }

    pub(crate) fn request_id(&self) -> Option<&str> {
        self.0.request_id.as_deref()
    }

    pub(crate) fn trace_id(&self) -> Option<&str> {
        self.0.trace_id.as_deref()
    }

    /// Returns id and name of the API token that the request was made with, if it is known.
    pub(crate) fn actor(&self) -> Option<&(String, String)> {
        self.0.actor.get()
    }
}

/// Returns the id of the trace in a `traceparent` header.
fn trace_id(traceparent: &str) -> Option<String> {
    let id = traceparent.split('-').nth(1)?;
    let is_id = id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_id.then(|| id.to_owned())
}
