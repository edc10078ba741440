//! An account: one upstream with the credentials for it, and what is known about the upstream.

use core::fmt;
use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant, SystemTime},
};

use tokio::sync::Semaphore;

use crate::log::LogFormat;
use crate::tool::api::Api;
use crate::upstream::detected::DetectedServer;
use crate::upstream::error::{CallError, ErrorCode};
use crate::upstream::settings::{Settings, SettingsError, check_limits, read_headers};
use crate::upstream::sign_in::Authenticator;
use crate::upstream::single_flight::SingleFlight;
use crate::upstream::transport::Transport;

/// Error caused by the upstream or the account, not by the caller.
#[derive(Debug, Clone)]
pub struct RecordedError {
    /// Time of the error.
    pub at: SystemTime,
    /// Error of the failed request.
    pub error: CallError,
}

/// One upstream with the credentials for it. Cheap to clone.
#[derive(Clone)]
pub struct Account(pub(crate) Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) apis: &'static [&'static Api],
    log_format: LogFormat,
    /// API that the settings name.
    pub(crate) fixed: Option<Arc<DetectedServer>>,
    pub(crate) detection: SingleFlight<DetectedServer>,
    /// Times when versions were last requested: by document name for components, with an empty name for the upstream.
    pub(crate) asked: Mutex<Vec<(&'static str, Instant)>>,
    /// Lock that is held while the version of a component is read.
    pub(crate) version_turn: tokio::sync::Mutex<()>,
    pub(crate) authenticator: Authenticator,
    pub(crate) transport: Transport,
    last_error: Mutex<Option<RecordedError>>,
    pub(crate) slots: Semaphore,
    max_in_flight: usize,
    max_result_bytes: usize,
}

impl Account {
    /// Creates an account after checking its settings. `apis` are the APIs that the upstream may have, newest first, and `log_format` is the format of its logs.
    pub fn new(
        settings: Settings,
        apis: &'static [&'static Api],
        log_format: LogFormat,
    ) -> Result<Self, SettingsError> {
        let base_url = settings.parse_base_url(apis)?;
        let headers = read_headers(&settings)?;
        check_limits(&settings)?;
        let fixed = settings.fixed_api(apis)?;
        let timeout = settings.timeout;
        let certificate = settings.ca_certificate.as_deref();
        // The maximum of a semaphore is smaller than `usize::MAX`.
        let max_in_flight = settings.max_in_flight.min(Semaphore::MAX_PERMITS);
        Ok(Self(Arc::new(Inner {
            apis,
            log_format,
            fixed: fixed.map(|api| Arc::new(DetectedServer::assumed(api))),
            detection: SingleFlight::new(),
            asked: Mutex::default(),
            version_turn: tokio::sync::Mutex::default(),
            transport: Transport::new(base_url, headers, timeout, certificate)?,
            authenticator: Authenticator::new(
                settings.credentials,
                settings.command_variables,
                timeout,
            )?,
            last_error: Mutex::default(),
            slots: Semaphore::new(max_in_flight),
            max_in_flight,
            max_result_bytes: settings.max_result_bytes,
        })))
    }

    /// Returns what is known about the upstream without sending a request. If the settings name the API, this is the API with its usual documents until the upstream has been detected.
    pub fn known(&self) -> Option<Arc<DetectedServer>> {
        self.0.detection.get().or_else(|| self.0.fixed.clone())
    }

    /// Returns whether requests are readable for others on their way: they are not encrypted, and the upstream is on another machine.
    pub fn is_readable_on_its_way(&self) -> bool {
        self.0.transport.base_url().is_readable()
    }

    /// Returns the number of requests in flight.
    pub fn in_flight(&self) -> usize {
        self.0
            .max_in_flight
            .saturating_sub(self.0.slots.available_permits())
    }

    /// Returns the last error of the upstream or the account, unless a later request succeeded.
    pub fn last_error(&self) -> Option<RecordedError> {
        let last = self.0.last_error.lock();
        last.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Records the outcome of a request. An error is recorded only if the upstream or the account caused it.
    pub(crate) fn record(&self, error: Option<&CallError>) {
        // With any other code, the upstream processed the request and rejected it, so the upstream works.
        let is_caused_here = |error: &&CallError| {
            matches!(
                error.code,
                ErrorCode::Unauthenticated
                    | ErrorCode::RateLimited
                    | ErrorCode::UpstreamError
                    | ErrorCode::Unreachable
                    | ErrorCode::Timeout
                    | ErrorCode::UnexpectedResponse
                    | ErrorCode::Internal
            )
        };
        let error = error.filter(is_caused_here).map(|error| RecordedError {
            at: SystemTime::now(),
            error: error.clone(),
        });
        *self
            .0
            .last_error
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = error;
    }

    /// Removes the credentials of this account from an error.
    pub(crate) fn redacted(&self, error: CallError) -> CallError {
        error.redacted(|text| self.0.authenticator.redact(&self.0.transport, &text))
    }

    /// Returns whether the version of a component, or of the upstream if the name is empty, was not requested within this time.
    pub(crate) fn is_due(&self, document: &str, interval: Duration) -> bool {
        let asked = self.0.asked.lock().unwrap_or_else(PoisonError::into_inner);
        let last = asked.iter().find(|(name, _)| *name == document);
        last.is_none_or(|(_, at)| at.elapsed() >= interval)
    }

    /// Records that the version of a component, or of the upstream if the name is empty, is requested now.
    pub(crate) fn record_asked(&self, document: &'static str) {
        let mut asked = self.0.asked.lock().unwrap_or_else(PoisonError::into_inner);
        asked.retain(|(name, _)| *name != document);
        asked.push((document, Instant::now()));
    }

    /// Returns the format of logs.
    pub(crate) fn log_format(&self) -> LogFormat {
        self.0.log_format
    }

    /// Returns the maximum size of a result in bytes.
    pub(crate) fn max_result_bytes(&self) -> usize {
        self.0.max_result_bytes
    }

    /// Returns the maximum number of concurrent requests.
    pub(crate) fn max_in_flight(&self) -> usize {
        self.0.max_in_flight
    }

    /// Returns the URL of a path on the upstream.
    pub(crate) fn url_of(&self, path_and_query: &str) -> Option<reqwest::Url> {
        self.0.transport.base_url().join(path_and_query)
    }

    /// Returns a text that distinguishes this account from others: its base URL and user name, without secrets.
    pub(crate) fn identity(&self) -> String {
        let user = self.0.authenticator.username().unwrap_or_default();
        format!("{}\n{user}", self.0.transport.base_url().text())
    }
}

impl fmt::Debug for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Account")
            .field("base_url", &self.0.transport.base_url().text())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
