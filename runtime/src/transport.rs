//! Sends one request and reads the complete response. Redirects are not followed and paths are not changed. A request is sent again only if it is safe and the server closed the connection without a response.

use core::fmt;
use std::{
    sync::OnceLock,
    time::{Duration, SystemTime},
};

use reqwest::{
    Certificate, Client, ClientBuilder, Method, Url,
    header::{ACCEPT, ACCEPT_ENCODING, CONTENT_TYPE, COOKIE, HeaderMap, HeaderValue},
};

use crate::{
    account::SettingsError,
    error::{CallError, ErrorCode},
    failure::{failure, is_lost, lost, no_client, words},
    rate_limit::RateLimit,
    tool::Http,
};

/// Media type of most responses.
pub(crate) const JSON: &str = "application/json";
/// Maximum time for connecting.
pub(crate) const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Time for which an unused connection is kept.
const IDLE_TIMEOUT: Duration = Duration::from_secs(60);
/// Maximum size of a decompressed response body.
const MAX_BODY_BYTES: usize = 64 << 20;

/// URL of a server without a trailing slash, to which paths are appended.
pub(crate) struct Base {
    text: String,
    prefix: String,
    is_https: bool,
    is_local: bool,
}

impl Base {
    /// Creates a base from an http or https URL without credentials, query and fragment.
    pub(crate) fn new(url: &Url) -> Self {
        let prefix = url.path().trim_end_matches('/').to_owned();
        let host = url.host_str().unwrap_or_default();
        let address = host.trim_start_matches('[').trim_end_matches(']');
        let is_local = host == "localhost"
            || address
                .parse::<std::net::IpAddr>()
                .is_ok_and(|it| it.is_loopback());
        Self {
            text: format!("{}{prefix}", url.origin().ascii_serialization()),
            prefix,
            is_https: url.scheme() == "https",
            is_local,
        }
    }

    /// Returns the URL without a trailing slash.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// Returns the URL of a path, or `None` if the path would be changed when it is sent.
    ///
    /// A URL parser resolves `..` and replaces `\` by `/`, which results in another path.
    pub(crate) fn join(&self, path_and_query: &str) -> Option<Url> {
        let url = Url::parse(&format!("{}{path_and_query}", self.text)).ok()?;
        let (path, query) = match path_and_query.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (path_and_query, None),
        };
        let kept = url.path().strip_prefix(self.prefix.as_str()) == Some(path)
            && url.query() == query
            && url.fragment().is_none();
        kept.then_some(url)
    }

    /// Returns the target of a redirect. Of another server, only the origin is returned, because the rest may contain secrets.
    pub(crate) fn origin_of(&self, location: &str) -> Option<Redirect> {
        let base = Url::parse(&self.text).ok()?;
        let target = base.join(location).ok()?;
        Some(if target.origin() == base.origin() {
            Redirect::Same
        } else {
            Redirect::Other(target.origin().ascii_serialization())
        })
    }
}

/// Target of a redirect.
#[derive(Debug, PartialEq)]
pub(crate) enum Redirect {
    /// Another page of the same server.
    Same,
    /// Another server with this origin.
    Other(String),
}

/// A server with the settings of its connections.
pub(crate) struct Transport {
    base: Base,
    headers: HeaderMap,
    timeout: Duration,
    /// Client that trusts other certificate authorities than the shared clients.
    own: Option<Client>,
}

/// A complete response.
pub(crate) struct Response {
    /// HTTP status.
    pub(crate) status: u16,
    /// HTTP headers.
    pub(crate) headers: HeaderMap,
    /// Body.
    pub(crate) body: Vec<u8>,
    /// Rate limit according to the headers.
    pub(crate) rate_limit: RateLimit,
    /// Whether the body was received completely within the timeout.
    pub(crate) complete: bool,
}

impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The headers and body of a sign-in contain secrets.
        f.debug_struct("Response")
            .field("status", &self.status)
            .field("bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}

impl Response {
    /// Returns the media type in lower case without parameters; empty if there is none.
    pub(crate) fn media_type(&self) -> String {
        let value = self.headers.get(CONTENT_TYPE);
        let text = value.and_then(|it| it.to_str().ok()).unwrap_or_default();
        let (media_type, _) = text.split_once(';').unwrap_or((text, ""));
        media_type.trim().to_ascii_lowercase()
    }

    /// Returns whether the body may be JSON: its media type is JSON or absent.
    pub(crate) fn may_be_json(&self) -> bool {
        let media_type = self.media_type();
        media_type.is_empty() || media_type == JSON || media_type.ends_with("+json")
    }

    /// Returns whether the body may have the accepted media type. Formats other than JSON have many media types, but an HTML page is never the response of an API.
    pub(crate) fn may_be(&self, accept: &str) -> bool {
        match accept {
            JSON => self.may_be_json(),
            _ => self.media_type() != "text/html",
        }
    }
}

/// The parts of a request that differ between requests.
pub(crate) struct Outgoing<'a> {
    /// HTTP method.
    pub(crate) http: Http,
    /// Method whose guarantees apply.
    pub(crate) promises: Http,
    /// Path and query, percent-encoded.
    pub(crate) path_and_query: &'a str,
    /// Headers of this request.
    pub(crate) headers: HeaderMap,
    /// The body with its media type.
    pub(crate) body: Option<(&'a str, Vec<u8>)>,
    /// Accepted media type of the response.
    pub(crate) accept: &'static str,
    /// Whether data received within the timeout is a valid response even if the server continues to send.
    pub(crate) partial: bool,
}

impl<'a> Outgoing<'a> {
    /// Creates a GET without additional headers.
    pub(crate) fn get(path_and_query: &'a str) -> Self {
        Self {
            http: Http::Get,
            promises: Http::Get,
            path_and_query,
            headers: HeaderMap::new(),
            body: None,
            accept: JSON,
            partial: false,
        }
    }
}

impl Transport {
    pub(crate) fn new(
        base: Base,
        headers: HeaderMap,
        timeout: Duration,
        ca_certificate: Option<&str>,
    ) -> Result<Self, SettingsError> {
        let own = ca_certificate
            .map(|pem| own_client(&base, pem))
            .transpose()?;
        Ok(Self {
            base,
            headers,
            timeout,
            own,
        })
    }

    pub(crate) fn base(&self) -> &Base {
        &self.base
    }

    /// Returns the headers of every request.
    pub(crate) fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// Sends one request and reads the complete response, whatever its status.
    pub(crate) async fn exchange(&self, outgoing: Outgoing<'_>) -> Result<Response, CallError> {
        let (http, promises) = (outgoing.http, outgoing.promises);
        let path = outgoing.path_and_query;
        let started = tokio::time::Instant::now();
        let result = match tokio::time::timeout(self.timeout, self.round_trip(outgoing)).await {
            Ok(result) => result,
            Err(_) => Err(self.timed_out(promises)),
        };
        let path = path.split('?').next().unwrap_or_default();
        let elapsed = started.elapsed();
        match &result {
            Ok(response) => {
                tracing::debug!(?http, path, status = response.status, ?elapsed, "answer");
            }
            Err(error) => tracing::debug!(?http, path, code = %error.code, ?elapsed, "no answer"),
        }
        result
    }

    async fn round_trip(&self, outgoing: Outgoing<'_>) -> Result<Response, CallError> {
        let promises = outgoing.promises;
        let until = outgoing
            .partial
            .then(|| tokio::time::Instant::now() + self.timeout * 9 / 10);
        let request = self.request(outgoing)?;
        let failed = |error: reqwest::Error| failure(&self.base, promises, error);
        let client = match &self.own {
            Some(own) => own,
            None => client(&self.base).map_err(no_client)?,
        };
        let again = request.try_clone().filter(|_| promises == Http::Get);
        let mut answer = match (client.execute(request).await, again) {
            // The server closed an idle connection while it was being reused, which is not an error of the call (RFC 9112, section 9.3.1). A busy gunicorn also does so for requests that it has not read yet.
            (Err(error), Some(again)) if is_lost(&error) => {
                tracing::debug!("the connection was closed: once more on a new one");
                client.execute(again).await
            }
            (answer, _) => answer,
        }
        .map_err(failed)?;

        let announced = answer.content_length().unwrap_or(0);
        let too_large = usize::try_from(announced).map_or(true, |it| it > MAX_BODY_BYTES);
        let mut body = Vec::with_capacity(if too_large { 0 } else { announced as usize });
        let mut complete = true;
        loop {
            let chunk = match until.filter(|_| body.contains(&b'\n')) {
                None => answer.chunk().await,
                Some(until) => match tokio::time::timeout_at(until, answer.chunk()).await {
                    Ok(chunk) => chunk,
                    Err(_) => {
                        complete = false;
                        break;
                    }
                },
            };
            let Some(chunk) = chunk.map_err(failed)? else {
                break;
            };
            if too_large || body.len() + chunk.len() > MAX_BODY_BYTES {
                return Err(self.too_large(answer.status().as_u16()));
            }
            body.extend_from_slice(&chunk);
        }
        let status = answer.status().as_u16();
        let headers = core::mem::take(answer.headers_mut());
        Ok(Response {
            rate_limit: RateLimit::of_answer(status, &headers, SystemTime::now()),
            status,
            headers,
            body,
            complete,
        })
    }

    fn request(&self, outgoing: Outgoing<'_>) -> Result<reqwest::Request, CallError> {
        let url = self.base.join(outgoing.path_and_query).ok_or_else(|| {
            CallError::new(ErrorCode::InvalidArguments, "The path cannot be sent")
                .detail("An argument makes a path that would change on its way to the server.")
                .hint("Check the arguments that are part of the path.")
        })?;
        let mut request = reqwest::Request::new(method(outgoing.http), url);
        let headers = request.headers_mut();
        headers.insert(ACCEPT, HeaderValue::from_static(outgoing.accept));
        if self.base.is_local {
            // Without a network, compression takes more time than it saves.
            headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        }
        for (name, value) in &self.headers {
            headers.append(name, value.clone());
        }
        for (name, value) in &outgoing.headers {
            if name == COOKIE {
                add_cookie(headers, value);
            } else {
                headers.append(name, value.clone());
            }
        }
        if let Some((media_type, body)) = outgoing.body {
            if let Ok(media_type) = HeaderValue::from_str(media_type) {
                headers.insert(CONTENT_TYPE, media_type);
            }
            *request.body_mut() = Some(body.into());
        }
        Ok(request)
    }

    fn timed_out(&self, promises: Http) -> CallError {
        lost(promises, ErrorCode::Timeout, "No answer in time").detail(format!(
            "{} did not answer within {}.",
            self.base.text,
            words(self.timeout)
        ))
    }

    fn too_large(&self, status: u16) -> CallError {
        let error = CallError::new(ErrorCode::UnexpectedResponse, "The answer is too large")
            .detail(format!("More than {} MiB.", MAX_BODY_BYTES >> 20))
            .hint("Ask for less: a smaller `limit`, a filter, a shorter time.");
        CallError {
            status: Some(status),
            ..error
        }
    }
}

fn method(http: Http) -> Method {
    match http {
        Http::Get => Method::GET,
        Http::Post => Method::POST,
        Http::Put => Method::PUT,
        Http::Patch => Method::PATCH,
        Http::Delete => Method::DELETE,
    }
}

/// Appends a cookie to the `Cookie` header, because a request has only one such header (RFC 6265, section 5.4).
fn add_cookie(headers: &mut HeaderMap, cookie: &HeaderValue) {
    let joined = headers.get(COOKIE).and_then(|own| {
        let joined = [own.as_bytes(), b"; ", cookie.as_bytes()].concat();
        HeaderValue::from_bytes(&joined).ok()
    });
    let mut value = joined.unwrap_or_else(|| cookie.clone());
    value.set_sensitive(true);
    headers.insert(COOKIE, value);
}

/// Clients shared by all accounts, so that certificates are read once, and only if TLS is used.
static CLIENTS: [OnceLock<Client>; 4] = [const { OnceLock::new() }; 4];

fn client(base: &Base) -> Result<&'static Client, reqwest::Error> {
    let slot = &CLIENTS[usize::from(base.is_https) * 2 + usize::from(base.is_local)];
    if let Some(client) = slot.get() {
        return Ok(client);
    }
    let mut builder = builder(base);
    if !base.is_https {
        builder = builder.tls_certs_only([]);
    }
    let client = builder.build()?;
    Ok(slot.get_or_init(|| client))
}

fn own_client(base: &Base, pem: &str) -> Result<Client, SettingsError> {
    let certificates = Certificate::from_pem_bundle(pem.as_bytes())
        .ok()
        .filter(|certificates| !certificates.is_empty())
        .ok_or(SettingsError::Certificate)?;
    builder(base)
        .tls_certs_only(certificates)
        .build()
        .map_err(|_| SettingsError::Certificate)
}

fn builder(base: &Base) -> ClientBuilder {
    // The call fails if a provider is already installed, which is sufficient.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut builder = Client::builder()
        .user_agent(concat!(
            env!("CARGO_PKG_NAME"),
            "/",
            env!("CARGO_PKG_VERSION")
        ))
        .redirect(reqwest::redirect::Policy::none())
        .referer(false)
        .retry(reqwest::retry::never())
        .connect_timeout(CONNECT_TIMEOUT)
        .pool_idle_timeout(IDLE_TIMEOUT);
    if base.is_local {
        builder = builder.no_proxy();
    }
    builder
}
