//! An account: one server with the credentials for it. Checked when made, without any network.

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

/// What an account is made of.
#[derive(Clone)]
pub struct Settings {
    /// Where the server is, with a path prefix if it has one: `https://example.com/team`.
    pub base_url: String,
    /// How to sign in.
    pub credentials: Credentials,
    /// Headers sent with every request, for example for a proxy.
    pub headers: Vec<(String, SecretString)>,
    /// Name of the API the server has, if that is not to be found out.
    pub api: Option<String>,
    /// The certificate authority of the server in PEM, if it is a private one. Then no other is trusted.
    pub ca_certificate: Option<String>,
    /// Longest time for one request.
    pub timeout: Duration,
    /// Most requests at a time; others wait in order.
    pub max_in_flight: usize,
    /// Largest result in bytes.
    pub max_result_bytes: usize,
}

impl Settings {
    /// Settings with the usual bounds: 30 seconds, 16 requests at a time, results up to 256 kB.
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
        // Somebody may have put a password into the URL or the command, so neither is shown.
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

/// How to sign in.
#[derive(Clone)]
pub enum Credentials {
    /// Not at all, or by the account's own headers.
    None,
    /// A user name and a password, used as the API wants it.
    Password {
        /// Name of the user.
        username: String,
        /// The password.
        password: SecretString,
    },
    /// A bearer token.
    Bearer(SecretString),
    /// A file with a bearer token, read again when it changes or is refused.
    BearerFile(PathBuf),
    /// A shell command that prints a bearer token, run again when that expires or is refused.
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

/// Why an account cannot be made of its settings. Never shows a secret, also not one that stands where it should not.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SettingsError {
    /// Not a URL.
    #[error("the base URL is not a URL ({0}); write it like `https://example.com`")]
    NotAUrl(String),
    /// Neither http nor https.
    #[error("the base URL begins with `{0}:`; only `http:` and `https:` are known")]
    Scheme(String),
    /// User name or password in the URL.
    #[error("the base URL holds credentials; give user name and password separately")]
    CredentialsInUrl,
    /// A query or a fragment in the URL.
    #[error("the base URL has a `?` or `#` part; give it up to the path only")]
    MoreThanPath,
    /// The URL leads into the API.
    #[error("the base URL ends in `{0}`, which is part of the API; leave that out")]
    InsideApi(&'static str),
    /// An API that is not known.
    #[error("there is no API `{name}`; known are {known}{}", nearest.map(|it| format!(" (did you mean `{it}`?)")).unwrap_or_default())]
    UnknownApi {
        /// The name given.
        name: String,
        /// The names there are.
        known: String,
        /// The most similar of them.
        nearest: Option<&'static str>,
    },
    /// A header name that is none.
    #[error("`{0}` is not a header name")]
    HeaderName(String),
    /// A header that belongs to the protocol.
    #[error("the header `{0}` is set by the client itself")]
    HeaderReserved(String),
    /// A header value with characters that headers cannot have.
    #[error(
        "the value of the header `{0}` has a line break or another character that headers cannot have"
    )]
    HeaderValue(String),
    /// Two ways to sign in.
    #[error("there are credentials and a header `authorization`; give one of them")]
    SignedInTwice,
    /// No user name.
    #[error("the user name is empty")]
    NoUsername,
    /// No token, or not a token.
    #[error(
        "the bearer token is empty or has a space, a line break or another character that tokens cannot have"
    )]
    Token,
    /// A certificate that is none.
    #[error(
        "the certificate authority is not a certificate in PEM; it begins with `-----BEGIN CERTIFICATE-----`"
    )]
    Certificate,
    /// A bound of nothing.
    #[error("`{0}` must be more than 0")]
    Zero(&'static str),
}

/// What is known of a server.
#[derive(Clone)]
pub struct Known {
    /// The API it has.
    pub api: &'static Api,
    /// Its version, in its own words; empty if the API was fixed and so never asked for.
    pub version: String,
    /// Names of the API's documents that it has.
    pub documents: Vec<&'static str>,
    /// Versions of what has documents of its own, by document, as far as they were read.
    pub versions: Vec<(&'static str, String)>,
}

/// A failure that was the server's or the account's, not the caller's.
#[derive(Debug, Clone)]
pub struct Failure {
    /// When it was.
    pub at: SystemTime,
    /// What went wrong.
    pub error: CallError,
}

/// One server with the credentials for it. Cheap to clone.
#[derive(Clone)]
pub struct Account(pub(crate) Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) apis: &'static [&'static Api],
    pub(crate) fixed: Option<Arc<Known>>,
    pub(crate) detection: SingleFlight<Known>,
    /// When the server was last asked for its version.
    pub(crate) asked: Mutex<Option<Instant>>,
    /// When the version of what has a document was last asked for, by document.
    pub(crate) versions_asked: Mutex<Vec<(&'static str, Instant)>>,
    /// Held while a version is read.
    pub(crate) version_turn: tokio::sync::Mutex<()>,
    pub(crate) auth: Auth,
    pub(crate) transport: Transport,
    pub(crate) last_failure: Mutex<Option<Failure>>,
    pub(crate) permits: Semaphore,
    pub(crate) max_in_flight: usize,
    pub(crate) max_result_bytes: usize,
}

impl Account {
    /// Checks the settings. `apis` are those a server may have, newest first.
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
        // A semaphore holds less than `usize` can.
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

    /// What is known of the server, without asking it. With a fixed API, its usual documents until it is known better.
    pub fn known(&self) -> Option<Arc<Known>> {
        self.0.detection.get().or_else(|| self.0.fixed.clone())
    }

    /// Finds out which API the server has; asks it only once. A failure is not remembered.
    pub async fn detect(&self) -> Result<Arc<Known>, CallError> {
        self.detected().await.map_err(|error| {
            let error = self.redacted(error);
            self.remember(Some(&error));
            error
        })
    }

    /// How many requests are on their way.
    pub fn in_flight(&self) -> usize {
        let free = self.0.permits.available_permits();
        self.0.max_in_flight.saturating_sub(free)
    }

    /// What is wrong with the server or the account, unless the last request went well.
    pub fn last_failure(&self) -> Option<Failure> {
        let failure = self.0.last_failure.lock();
        failure.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Remembers how a request ended, as far as that says something of the server or the account.
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
            // The server understood and said no: it is well.
            Some(_) => None,
        };
        *self
            .0
            .last_failure
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = failure;
    }

    /// Largest result in bytes.
    pub(crate) fn max_result_bytes(&self) -> usize {
        self.0.max_result_bytes
    }

    /// Most requests at a time.
    pub(crate) fn max_in_flight(&self) -> usize {
        self.0.max_in_flight
    }

    /// The URL of a path on its server.
    pub(crate) fn url_of(&self, path_and_query: &str) -> Option<reqwest::Url> {
        self.0.transport.base().join(path_and_query)
    }

    /// What tells this account from others: its server and user, no secret.
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
        // The whole API would be some thousand lines.
        f.debug_struct("Known")
            .field("api", &self.api.name)
            .field("version", &self.version)
            .field("documents", &self.documents)
            .field("versions", &self.versions)
            .finish()
    }
}

impl Known {
    /// Whether the server has this document of its API.
    pub fn has(&self, document: &str) -> bool {
        self.documents.contains(&document)
    }

    /// The tool with this name, or that had it in the release before: of several, that of a document that the server has.
    pub fn find(&self, name: &str) -> Option<&'static Tool> {
        let named = || registry::tools(self.api).filter(|tool| tool.is_called(name));
        let here = named().find(|tool| self.has(tool.document));
        here.or_else(|| named().next())
    }

    /// The tool that stands here for this one, which may be of another API or of a document that the server does not have.
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

    /// Whether the server has what the tool, which is one of its API, calls.
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

/// Headers that say how a message is framed or what is in it.
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

/// Until the server is asked, it has the usual documents of the API.
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
