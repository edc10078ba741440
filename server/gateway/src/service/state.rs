//! State of accounts, keys and refused requests in this process.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Mutex;
use std::time::Instant;

use jiff::Timestamp;

use crate::keys::KeySources;
use crate::store::rows::AccountRow;

/// Runtime account of one version of an account, shared by all its MCP servers.
pub(super) struct LiveAccount {
    pub(super) version: i64,
    pub(super) account: runtime::Account,
}

impl LiveAccount {
    /// Returns the runtime account unless it belongs to an older version.
    pub(super) fn account_for(&self, row: &AccountRow) -> Option<runtime::Account> {
        (self.version >= row.updated_at).then(|| self.account.clone())
    }
}

/// State of an account at this moment in this process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LiveState {
    /// Name of the API, if known.
    pub(crate) api: Option<&'static str>,
    /// Version of the upstream, if known.
    pub(crate) version: Option<String>,
    /// Number of requests in flight.
    pub(crate) in_flight: usize,
    /// Last error, unless the last request succeeded.
    pub(crate) last_error: Option<LastError>,
}

/// Last error that was not caused by the caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LastError {
    /// Time of the error.
    pub(crate) at: Timestamp,
    /// Error code, for example `unreachable` or `unauthenticated`.
    pub(crate) code: &'static str,
    /// Error message without secrets.
    pub(crate) message: String,
}

impl From<runtime::RecordedError> for LastError {
    fn from(recorded: runtime::RecordedError) -> Self {
        let runtime::CallError { title, detail, .. } = &recorded.error;
        let separator = if detail.is_empty() { "" } else { ": " };
        Self {
            at: Timestamp::try_from(recorded.at).unwrap_or(Timestamp::UNIX_EPOCH),
            code: recorded.error.code.as_str(),
            message: format!("{title}{separator}{detail}"),
        }
    }
}

/// Sources of the keys, with the result of the last reading.
#[derive(Debug)]
pub(super) struct KeyRereading {
    pub(super) sources: KeySources,
    pub(super) last: tokio::sync::Mutex<Option<KeyReading>>,
}

/// Result of reading the keys.
#[derive(Debug)]
pub(super) struct KeyReading {
    pub(super) at: Instant,
    /// Error message for a key that is still unknown.
    pub(super) why: String,
}

impl KeyRereading {
    pub(super) fn new(sources: KeySources) -> Self {
        Self {
            sources,
            last: tokio::sync::Mutex::default(),
        }
    }
}

/// Refused request.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct RequestRefusal {
    /// Action of the record.
    pub(crate) action: &'static str,
    /// Outcome of the record.
    pub(crate) outcome: &'static str,
    /// Route of the request, without ids and tokens.
    pub(crate) route: String,
    /// Address of the client.
    pub(crate) peer: Option<IpAddr>,
    /// Id and name of the API token, if it is known.
    pub(crate) actor: Option<(String, String)>,
}

/// Numbers of refusals since the last record of their kind.
#[derive(Debug, Default)]
pub(super) struct RequestRefusals(pub(super) Mutex<HashMap<RequestRefusal, u64>>);
