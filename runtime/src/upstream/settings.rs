//! Settings of an account, and their checks. Nothing here needs the network.

use core::fmt;
use std::{path::PathBuf, time::Duration};

use reqwest::{
    Url,
    header::{self, HeaderMap, HeaderName, HeaderValue},
};
use secrecy::{ExposeSecret, SecretString};

use crate::tool::api::Api;
use crate::upstream::addresses::is_refused_host;
use crate::upstream::base_url::BaseUrl;
use mcp_schema::suggestion::did_you_mean;

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
    /// Whether link-local addresses and those of the metadata services of cloud providers are refused, also if the host name of the base URL resolves to one.
    pub refuse_link_local: bool,
    /// Environment variables that a token command inherits; `None` if it inherits all.
    pub command_variables: Option<Vec<String>>,
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
            refuse_link_local: false,
            command_variables: None,
        }
    }

    /// Returns the checked base URL.
    pub(crate) fn parse_base_url(&self, apis: &[&'static Api]) -> Result<BaseUrl, SettingsError> {
        let url = Url::parse(self.base_url.trim());
        let url = url.map_err(|error| SettingsError::NotAUrl(error.to_string()))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(SettingsError::Scheme(url.scheme().to_owned()));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(SettingsError::CredentialsInUrl);
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(SettingsError::MoreThanPath);
        }
        if self.refuse_link_local && is_refused_host(&url) {
            return Err(SettingsError::LinkLocal);
        }
        let path = url.path().trim_end_matches('/');
        let roots = apis
            .iter()
            .filter_map(|api| api.version.path.rsplit_once('/'));
        let mut roots = roots.map(|(root, _)| root).filter(|root| !root.is_empty());
        match roots.find(|root| path.ends_with(root)) {
            Some(root) => Err(SettingsError::InsideApi(root)),
            None => Ok(BaseUrl::new(&url, self.refuse_link_local)),
        }
    }

    /// Returns the API that the settings name.
    pub(crate) fn fixed_api(
        &self,
        apis: &[&'static Api],
    ) -> Result<Option<&'static Api>, SettingsError> {
        let Some(name) = &self.api else {
            return Ok(None);
        };
        let known = apis.iter().map(|api| api.name);
        let found = apis.iter().copied().find(|api| api.name == name);
        found.map(Some).ok_or_else(|| SettingsError::UnknownApi {
            name: name.clone(),
            suggestion: did_you_mean(name, known),
        })
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
    #[error("the base URL is invalid ({0}); write it like `https://example.com`")]
    NotAUrl(String),
    /// Base URL with a scheme other than `http` and `https`.
    #[error("the base URL begins with `{0}:`; only `http:` and `https:` are supported")]
    Scheme(String),
    /// Base URL with a user name or a password.
    #[error("the base URL contains credentials; set user name and password separately")]
    CredentialsInUrl,
    /// Base URL with a query or a fragment.
    #[error("the base URL contains `?` or `#`; remove everything after the path")]
    MoreThanPath,
    /// Base URL that ends with the root path of the API.
    #[error("the base URL ends with `{0}`, which is part of the API; remove it")]
    InsideApi(&'static str),
    /// Base URL with a link-local address or that of a metadata service.
    #[error(
        "the base URL has a link-local address or that of a metadata service, which is not allowed, because such a service hands out the credentials of this machine; give the address of the server"
    )]
    LinkLocal,
    /// Unknown API name.
    #[error("unknown API {name:?}{suggestion}")]
    UnknownApi {
        /// Name in the settings.
        name: String,
        /// Remark with the most similar name, or with all known names.
        suggestion: String,
    },
    /// Invalid header name.
    #[error("`{0}` is not a valid header name; correct it")]
    HeaderName(String),
    /// Header that the client sets itself.
    #[error("the header `{0}` is reserved, because the client sets it; remove it")]
    HeaderReserved(String),
    /// Header value with a character that is not allowed in headers.
    #[error(
        "the value of the header `{0}` contains a line break or another character that is not allowed in headers; remove it"
    )]
    HeaderValue(String),
    /// Credentials together with an `authorization` header.
    #[error("credentials and the header `authorization` exclude each other; remove one of them")]
    SignedInTwice,
    /// Empty user name.
    #[error("the user name is empty; set it")]
    NoUsername,
    /// Bearer token that is empty or has a character that is not allowed in tokens.
    #[error(
        "the bearer token is empty or contains a space, a line break or another character that is not allowed in tokens"
    )]
    Token,
    /// Certificate authority that is not a PEM certificate.
    #[error(
        "the certificate authority is not a certificate in PEM format, which begins with `-----BEGIN CERTIFICATE-----`"
    )]
    Certificate,
    /// Limit of 0.
    #[error("`{0}` must be greater than 0")]
    Zero(&'static str),
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

/// Checks that no limit is 0.
pub(crate) fn check_limits(settings: &Settings) -> Result<(), SettingsError> {
    let limits = [
        (settings.timeout.is_zero(), "timeout"),
        (settings.max_in_flight == 0, "max_in_flight"),
        (settings.max_result_bytes == 0, "max_result_bytes"),
    ];
    match limits.into_iter().find(|(is_zero, _)| *is_zero) {
        Some((_, name)) => Err(SettingsError::Zero(name)),
        None => Ok(()),
    }
}

/// Returns the headers of every request.
pub(crate) fn read_headers(settings: &Settings) -> Result<HeaderMap, SettingsError> {
    let mut map = HeaderMap::new();
    for (given, value) in &settings.headers {
        let name = given.trim().parse::<HeaderName>();
        let name = name.map_err(|_| SettingsError::HeaderName(given.clone()))?;
        if RESERVED.contains(&name) {
            return Err(SettingsError::HeaderReserved(name.to_string()));
        }
        let value = value.expose_secret().trim().parse::<HeaderValue>();
        let mut value = value.map_err(|_| SettingsError::HeaderValue(name.to_string()))?;
        value.set_sensitive(true);
        map.append(name, value);
    }
    let signs_in = !matches!(settings.credentials, Credentials::None);
    match signs_in && map.contains_key(header::AUTHORIZATION) {
        true => Err(SettingsError::SignedInTwice),
        false => Ok(map),
    }
}
