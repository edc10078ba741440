//! One request as it goes over the wire, apart from what the account adds.

use crate::tool::Http;

/// A request that is ready to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Request {
    /// HTTP method.
    pub(crate) http: Http,
    /// Path and query, percent-encoded: sent exactly as they stand here, after the path of the base URL.
    pub(crate) path_and_query: String,
    /// Headers from arguments.
    pub(crate) headers: Vec<(&'static str, String)>,
    /// The body; none at all is something else than an empty one.
    pub(crate) body: Option<Vec<u8>>,
    /// Its media type; empty without a body.
    pub(crate) media_type: &'static str,
}
