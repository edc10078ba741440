//! An account: one upstream with the credentials for it. Settings are checked when the account is created, without network access.

use core::fmt;
use std::{
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant, SystemTime},
};

use reqwest::{
    Url,
    header::{self, HeaderMap, HeaderName, HeaderValue},
};
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::Semaphore;

use crate::{
    api::Api,
    auth::Auth,
    error::{CallError, ErrorCode},
    registry,
    single_flight::SingleFlight,
    tool::Tool,
    transport::{Base, Transport},
    version::is_older,
};

/// Settings of an account.
#[derive(Clone)]
pub struct Settings {
    /// Base URL of the upstream, including a path prefix if it has one: `https://example.com/team`.
    pub base_url: String,
    /// Credentials for the upstream.
    pub credentials: Credentials,
    /// Headers sent with every request, for example for a proxy.
    pub headers: Vec<(String, SecretString)>,
    /// Name of the API of the upstream; `None` to detect the API.
    pub api: Option<String>,
    /// Private certificate authority of the upstream in PEM. If set, no other authority is trusted.
    pub ca_certificate: Option<String>,
    /// Timeout of one request.
    pub timeout: Duration,
    /// Maximum number of concurrent requests; further requests wait in order.
    pub max_in_flight: usize,
    /// Maximum size of a result in bytes.
    pub max_result_bytes: usize,
}

impl Settings {
    /// Creates settings with the default limits: a timeout of 30 seconds, 16 concurrent requests, results up to 256 kB.
    pub fn new(base_url: impl Into<String>, credentials: Credentials) -> Self {
        Self {
            base_url: base_url.into(),
            credentials,
            headers: Vec::new(),
            api: None,
            ca_certificate: None,
            timeout: Duration::from_secs(30),
            max_in_flight: 16,
            max_result_bytes: 256_000,
        }
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The base URL and the token command may contain a password, so neither is shown.
        let headers: Vec<_> = self.headers.iter().map(|(name, _)| name).collect();
        f.debug_struct("Settings")
            .field("credentials", &self.credentials)
            .field("headers", &headers)
            .field("api", &self.api)
            .field("ca_certificate", &self.ca_certificate.is_some())
            .field("timeout", &self.timeout)
            .field("max_in_flight", &self.max_in_flight)
            .field("max_result_bytes", &self.max_result_bytes)
            .finish_non_exhaustive()
    }
}

/// Credentials for an upstream.
#[derive(Clone)]
pub enum Credentials {
    /// No credentials, or only those in the account's own headers.
    None,
    /// User name and password, used with the sign-in method of the API.
    Password {
        /// Name of the user.
        username: String,
        /// The password.
        password: SecretString,
    },
    /// A bearer token.
    Bearer(SecretString),
    /// File with a bearer token; read again if the file changes or the upstream rejects the token.
    BearerFile(PathBuf),
    /// Shell command that prints a bearer token; run again if the token expires or the upstream rejects it.
    BearerCommand(String),
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "None",
            Self::Password { .. } => "Password",
            Self::Bearer(_) => "Bearer",
            Self::BearerFile(_) => "BearerFile",
            Self::BearerCommand(_) => "BearerCommand",
        })
    }
}

/// Error in the settings of an account. No variant shows a secret, not even one entered in the wrong setting.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SettingsError {
    /// Base URL that is not a URL.
    #[error("the base URL is not a URL ({0}); write it like `https://example.com`")]
    NotAUrl(String),
    /// Base URL with a scheme other than `http` and `https`.
    #[error("the base URL begins with `{0}:`; only `http:` and `https:` are known")]
    Scheme(String),
    /// Base URL with a user name or a password.
    #[error("the base URL holds credentials; give user name and password separately")]
    CredentialsInUrl,
    /// Base URL with a query or a fragment.
    #[error("the base URL has a `?` or `#` part; give it up to the path only")]
    MoreThanPath,
    /// Base URL that ends with the root path of the API.
    #[error("the base URL ends in `{0}`, which is part of the API; leave that out")]
    InsideApi(&'static str),
    /// Unknown API name.
    #[error("there is no API `{name}`; known are {known}{}", nearest.map(|it| format!(" (did you mean `{it}`?)")).unwrap_or_default())]
    UnknownApi {
        /// Name in the settings.
        name: String,
        /// Names of the known APIs.
        known: String,
        /// Most similar known name.
        nearest: Option<&'static str>,
    },
    /// Invalid header name.
    #[error("`{0}` is not a header name")]
    HeaderName(String),
    /// Header that the client sets itself.
    #[error("the header `{0}` is set by the client itself")]
    HeaderReserved(String),
    /// Header value with a character that is not allowed in headers.
    #[error(
        "the value of the header `{0}` has a line break or another character that headers cannot have"
    )]
    HeaderValue(String),
    /// Credentials together with an `authorization` header.
    #[error("there are credentials and a header `authorization`; give one of them")]
    SignedInTwice,
    /// Empty user name.
    #[error("the user name is empty")]
    NoUsername,
    /// Bearer token that is empty or has a character that is not allowed in tokens.
    #[error(
        "the bearer token is empty or has a space, a line break or another character that tokens cannot have"
    )]
    Token,
    /// Certificate authority that is not a PEM certificate.
    #[error(
        "the certificate authority is not a certificate in PEM; it begins with `-----BEGIN CERTIFICATE-----`"
    )]
    Certificate,
    /// Limit of 0.
    #[error("`{0}` must be more than 0")]
    Zero(&'static str),
}

/// API, version and documents that were detected on an upstream.
#[derive(Clone)]
pub struct Known {
    /// API of the upstream.
    pub api: &'static Api,
    /// Version as the upstream reports it; empty if the settings name the API, because the version is then not requested.
    pub version: String,
    /// Names of the documents that the upstream has.
    pub documents: Vec<&'static str>,
    /// Versions of components that have their own documents, by document name; only those read so far.
    pub versions: Vec<(&'static str, String)>,
}

/// Failure caused by the upstream or the account, not by the caller.
#[derive(Debug, Clone)]
pub struct Failure {
    /// Time of the failure.
    pub at: SystemTime,
    /// Error of the failed request.
    pub error: CallError,
}

/// One upstream with the credentials for it. Cheap to clone.
#[derive(Clone)]
pub struct Account(pub(crate) Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) apis: &'static [&'static Api],
    pub(crate) fixed: Option<Arc<Known>>,
    pub(crate) detection: SingleFlight<Known>,
    /// Time when the version of the upstream was last requested.
    pub(crate) asked: Mutex<Option<Instant>>,
    /// Time when the version of a component was last requested, by document name.
    pub(crate) versions_asked: Mutex<Vec<(&'static str, Instant)>>,
    /// Lock that is held while the version of a component is read.
    pub(crate) version_turn: tokio::sync::Mutex<()>,
    pub(crate) auth: Auth,
    pub(crate) transport: Transport,
    pub(crate) last_failure: Mutex<Option<Failure>>,
    pub(crate) permits: Semaphore,
    pub(crate) max_in_flight: usize,
    pub(crate) max_result_bytes: usize,
}

impl Account {
    /// Creates an account after checking its settings. `apis` are the APIs that the upstream may have, newest first.
    pub fn new(settings: Settings, apis: &'static [&'static Api]) -> Result<Self, SettingsError> {
        let Settings {
            base_url,
            credentials,
            headers,
            api,
            ca_certificate,
            timeout,
            max_in_flight,
            max_result_bytes,
        } = settings;
        let base = base(&base_url, apis)?;
        let headers = headers_of(&headers)?;
        let signs_in = !matches!(credentials, Credentials::None);
        if signs_in && headers.contains_key(header::AUTHORIZATION) {
            return Err(SettingsError::SignedInTwice);
        }
        let zero = [
            (timeout.is_zero(), "timeout"),
            (max_in_flight == 0, "max_in_flight"),
            (max_result_bytes == 0, "max_result_bytes"),
        ];
        if let Some((_, name)) = zero.into_iter().find(|(is_zero, _)| *is_zero) {
            return Err(SettingsError::Zero(name));
        }
        // The maximum of a semaphore is smaller than `usize::MAX`.
        let max_in_flight = max_in_flight.min(Semaphore::MAX_PERMITS);
        Ok(Self(Arc::new(Inner {
            apis,
            fixed: api
                .map(|name| fixed(&name, apis).map(Arc::new))
                .transpose()?,
            detection: SingleFlight::new(),
            asked: Mutex::default(),
            versions_asked: Mutex::default(),
            version_turn: tokio::sync::Mutex::default(),
            auth: Auth::new(credentials, timeout)?,
            transport: Transport::new(base, headers, timeout, ca_certificate.as_deref())?,
            last_failure: Mutex::default(),
            permits: Semaphore::new(max_in_flight),
            max_in_flight,
            max_result_bytes,
        })))
    }

    /// Returns what is known about the upstream without sending a request. If the settings name the API, this is the API with its usual documents until the upstream has been detected.
    pub fn known(&self) -> Option<Arc<Known>> {
        self.0.detection.get().or_else(|| self.0.fixed.clone())
    }

    /// Detects the API of the upstream. The result is kept, so that the upstream is asked only once; a failure is not kept.
    pub async fn detect(&self) -> Result<Arc<Known>, CallError> {
        self.detected().await.map_err(|error| {
            let error = self.redacted(error);
            self.remember(Some(&error));
            error
        })
    }

    /// Returns the number of requests in flight.
    pub fn in_flight(&self) -> usize {
        let free = self.0.permits.available_permits();
        self.0.max_in_flight.saturating_sub(free)
    }

    /// Returns the last failure of the upstream or the account, unless a later request succeeded.
    pub fn last_failure(&self) -> Option<Failure> {
        let failure = self.0.last_failure.lock();
        failure.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Records the outcome of a request. An error counts as a failure only if the upstream or the account caused it.
    pub(crate) fn remember(&self, error: Option<&CallError>) {
        let failure = match error.map(|error| error.code) {
            None => None,
            Some(
                ErrorCode::Unauthenticated
                | ErrorCode::RateLimited
                | ErrorCode::UpstreamError
                | ErrorCode::Unreachable
                | ErrorCode::Timeout
                | ErrorCode::UnexpectedResponse
                | ErrorCode::Internal,
            ) => error.map(|error| Failure {
                at: SystemTime::now(),
                error: error.clone(),
            }),
            // The upstream processed the request and rejected it, so the upstream works.
            Some(_) => None,
        };
        *self
            .0
            .last_failure
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = failure;
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
        self.0.transport.base().join(path_and_query)
    }

    /// Returns a text that distinguishes this account from others: its base URL and user name, without secrets.
    pub(crate) fn identity(&self) -> String {
        let user = self.0.auth.username().unwrap_or_default();
        format!("{}\n{user}", self.0.transport.base().text())
    }
}

impl fmt::Debug for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Account")
            .field("base_url", &self.0.transport.base().text())
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Known {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The whole API would fill thousands of lines.
        f.debug_struct("Known")
            .field("api", &self.api.name)
            .field("version", &self.version)
            .field("documents", &self.documents)
            .field("versions", &self.versions)
            .finish()
    }
}

impl Known {
    /// Returns whether the upstream has this document of its API.
    pub fn has(&self, document: &str) -> bool {
        self.documents.contains(&document)
    }

    /// Finds the tool with this name or former name. If several tools match, one of a document that the upstream has takes precedence.
    pub fn find(&self, name: &str) -> Option<&'static Tool> {
        let named = || registry::tools(self.api).filter(|tool| tool.is_called(name));
        let here = named().find(|tool| self.has(tool.document));
        here.or_else(|| named().next())
    }

    /// Finds the tool of this API that corresponds to `tool`, which may belong to another API or to a document that the upstream does not have.
    pub(crate) fn find_for(&self, tool: &'static Tool) -> Option<&'static Tool> {
        let is_of_this = || {
            self.api
                .toolsets
                .iter()
                .any(|it| it.as_ptr_range().contains(&core::ptr::from_ref(tool)))
        };
        match self.has(tool.document) && is_of_this() {
            true => Some(tool),
            false => self.find(tool.name),
        }
    }

    /// Returns whether the upstream has the document of the tool and a version that is new enough. The tool must belong to the API of the upstream.
    pub fn offers(&self, tool: &Tool) -> bool {
        self.has(tool.document) && !is_older(&self.version, tool.since)
    }
}

fn base(text: &str, apis: &[&'static Api]) -> Result<Base, SettingsError> {
    let url = Url::parse(text.trim()).map_err(|e| SettingsError::NotAUrl(e.to_string()))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(SettingsError::Scheme(url.scheme().to_owned()));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(SettingsError::CredentialsInUrl);
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(SettingsError::MoreThanPath);
    }
    let path = url.path().trim_end_matches('/');
    let mut roots = apis
        .iter()
        .filter_map(|api| Some(api.version.path.rsplit_once('/')?.0))
        .filter(|root| !root.is_empty());
    if let Some(root) = roots.find(|root| path.ends_with(root)) {
        return Err(SettingsError::InsideApi(root));
    }
    Ok(Base::new(&url))
}

/// Headers for the framing and the content of a message, which the client sets itself.
const RESERVED: [HeaderName; 11] = [
    header::ACCEPT,
    header::ACCEPT_ENCODING,
    header::CONNECTION,
    header::CONTENT_ENCODING,
    header::CONTENT_LENGTH,
    header::CONTENT_TYPE,
    header::EXPECT,
    header::TE,
    header::TRAILER,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
];

fn headers_of(headers: &[(String, SecretString)]) -> Result<HeaderMap, SettingsError> {
    let mut map = HeaderMap::new();
    for (given, value) in headers {
        let name: HeaderName = given
            .trim()
            .parse()
            .map_err(|_| SettingsError::HeaderName(given.clone()))?;
        if RESERVED.contains(&name) {
            return Err(SettingsError::HeaderReserved(name.to_string()));
        }
        let mut value: HeaderValue = value
            .expose_secret()
            .trim()
            .parse()
            .map_err(|_| SettingsError::HeaderValue(name.to_string()))?;
        value.set_sensitive(true);
        map.append(name, value);
    }
    Ok(map)
}

/// Returns the API with this name and its usual documents, which the upstream is assumed to have until it is detected.
fn fixed(name: &str, apis: &[&'static Api]) -> Result<Known, SettingsError> {
    let api = apis.iter().find(|api| api.name == name).ok_or_else(|| {
        let known: Vec<_> = apis.iter().map(|api| format!("`{}`", api.name)).collect();
        let nearest = apis
            .iter()
            .map(|api| (strsim::jaro_winkler(api.name, name), api.name))
            .max_by(|(a, _), (b, _)| a.total_cmp(b))
            .filter(|(similarity, _)| *similarity > 0.8);
        SettingsError::UnknownApi {
            name: name.to_owned(),
            known: known.join(", "),
            nearest: nearest.map(|(_, name)| name),
        }
    })?;
    Ok(Known {
        api,
        version: String::new(),
        documents: api.usual_documents().collect(),
        versions: Vec::new(),
    })
}

#[cfg(test)]
mod tests;
