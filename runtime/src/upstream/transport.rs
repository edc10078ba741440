//! Sends one request and reads the complete response. Redirects are not followed and paths are not changed. A request is sent again only if it is safe and the server closed the connection without a response.

use std::{
    sync::OnceLock,
    time::{Duration, SystemTime},
};

use reqwest::{
    Certificate, Client, ClientBuilder, Method,
    header::{ACCEPT, ACCEPT_ENCODING, CONTENT_TYPE, COOKIE, HeaderMap, HeaderName, HeaderValue},
};
use tokio::time::{Instant, timeout, timeout_at};

use crate::request::Request;
use crate::tool::Http;
use crate::upstream::addresses::CheckingResolver;
use crate::upstream::base_url::BaseUrl;
use crate::upstream::body::{AccountMemory, BodyError, BodyReader, MAX_BODY_BYTES};
use crate::upstream::error::{CallError, ErrorCode};
use crate::upstream::failure::{
    CONNECT_TIMEOUT, duration_text, failure, is_lost, lost, no_client, unreadable,
};
use crate::upstream::rate_limit::RateLimit;
use crate::upstream::response::Response;
use crate::upstream::settings::SettingsError;

/// Time for which an unused connection is kept.
const IDLE_TIMEOUT: Duration = Duration::from_secs(60);

/// A server with the settings of its connections.
pub(crate) struct Transport {
    base_url: BaseUrl,
    headers: HeaderMap,
    timeout: Duration,
    body_memory: AccountMemory,
    /// Client that trusts other certificate authorities than the shared clients.
    own: Option<Client>,
}

impl Transport {
    pub(crate) fn new(
        base_url: BaseUrl,
        headers: HeaderMap,
        timeout: Duration,
        ca_certificate: Option<&str>,
    ) -> Result<Self, SettingsError> {
        let own = ca_certificate.map(|pem| own_client(&base_url, pem));
        Ok(Self {
            own: own.transpose()?,
            base_url,
            headers,
            timeout,
            body_memory: AccountMemory::default(),
        })
    }

    pub(crate) fn base_url(&self) -> &BaseUrl {
        &self.base_url
    }

    /// Returns the headers of every request.
    pub(crate) fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// Sends one request with these additional headers and reads the complete response, whatever its status.
    pub(crate) async fn exchange(
        &self,
        request: &Request,
        headers: &HeaderMap,
    ) -> Result<Response, CallError> {
        let started = Instant::now();
        let result = match timeout(self.timeout, self.round_trip(request, headers)).await {
            Ok(result) => result,
            Err(_) => Err(
                lost(request.guarantees, ErrorCode::Timeout, "Response timed out").detail(format!(
                    "{} did not respond within {}.",
                    self.base_url.text(),
                    duration_text(self.timeout)
                )),
            ),
        };
        let (http, elapsed) = (request.http, started.elapsed());
        let path = request.path_and_query.split('?').next().unwrap_or_default();
        match &result {
            Ok(response) => {
                tracing::debug!(?http, path, status = response.status, ?elapsed, "response");
            }
            Err(error) => tracing::debug!(?http, path, code = %error.code, ?elapsed, "no response"),
        }
        result
    }

    async fn round_trip(
        &self,
        request: &Request,
        headers: &HeaderMap,
    ) -> Result<Response, CallError> {
        let guarantees = request.guarantees;
        let until = request
            .partial
            .then(|| Instant::now() + self.timeout * 9 / 10);
        let request = self.prepare(request, headers)?;
        let failed = |error| failure(self.base_url.text(), guarantees, error);
        let client = match &self.own {
            Some(own) => own,
            None => client(&self.base_url).map_err(no_client)?,
        };
        let again = request.try_clone().filter(|_| guarantees == Http::Get);
        let mut response = match (client.execute(request).await, again) {
            // The server closed an idle connection while it was being reused, which is not an error of the call (RFC 9112, section 9.3.1). A busy gunicorn also does so for requests that it has not read yet.
            (Err(error), Some(again)) if is_lost(&error) => {
                tracing::debug!("the server closed the connection; sending the request again");
                client.execute(again).await
            }
            (response, _) => response,
        }
        .map_err(failed)?;

        let announced = response.content_length();
        let mut body = BodyReader::new(response.headers(), announced, &self.body_memory);
        let status = response.status().as_u16();
        let unreadable = |error| unreadable(self.base_url.text(), guarantees, error).status(status);
        if announced.is_some_and(|length| length > MAX_BODY_BYTES as u64) {
            return Err(unreadable(BodyError::TooLarge));
        }
        let mut complete = true;
        loop {
            let chunk = match until.filter(|_| body.bytes().contains(&b'\n')) {
                None => response.chunk().await,
                Some(until) => match timeout_at(until, response.chunk()).await {
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
            body.push(&chunk).map_err(unreadable)?;
        }
        let body = body.finish(complete).map_err(unreadable)?;
        let headers = core::mem::take(response.headers_mut());
        Ok(Response {
            rate_limit: RateLimit::of_response(status, &headers, SystemTime::now()),
            status,
            headers,
            body,
            complete,
        })
    }

    fn prepare(&self, request: &Request, more: &HeaderMap) -> Result<reqwest::Request, CallError> {
        let url = self.base_url.join(&request.path_and_query).ok_or_else(|| {
            CallError::new(ErrorCode::InvalidArguments, "The path cannot be sent")
                .detail("An argument results in a path that would change on its way to the server.")
                .hint("Correct the arguments that are part of the path.")
        })?;
        let mut prepared = reqwest::Request::new(method(request.http), url);
        let headers = prepared.headers_mut();
        headers.insert(ACCEPT, HeaderValue::from_static(request.accept));
        // Without a network, compression takes more time than it saves.
        let encoding = if self.base_url.is_local {
            "identity"
        } else {
            "gzip"
        };
        headers.insert(ACCEPT_ENCODING, HeaderValue::from_static(encoding));
        for (name, value) in &self.headers {
            headers.append(name, value.clone());
        }
        for (name, value) in more {
            add_header(headers, name.clone(), value.clone());
        }
        for (name, value) in &request.headers {
            let parsed = HeaderName::from_bytes(name.as_bytes()).ok();
            let parsed = parsed.zip(HeaderValue::from_str(value).ok());
            let (parsed, value) = parsed.ok_or_else(|| {
                CallError::new(ErrorCode::InvalidArguments, "A header cannot be sent")
                    .detail(format!("The value of the header `{name}` contains a line break or another character that is not allowed in headers."))
            })?;
            if parsed == COOKIE || !more.contains_key(&parsed) {
                add_header(headers, parsed, value);
            }
        }
        if let Some(body) = &request.body {
            if let Ok(media_type) = HeaderValue::from_str(&request.media_type) {
                headers.insert(CONTENT_TYPE, media_type);
            }
            *prepared.body_mut() = Some(body.clone().into());
        }
        Ok(prepared)
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

/// Adds a header. A cookie is appended to the `Cookie` header, because a request has only one such header (RFC 6265, section 5.4).
fn add_header(headers: &mut HeaderMap, name: HeaderName, mut value: HeaderValue) {
    if name != COOKIE {
        headers.append(name, value);
        return;
    }
    if let Some(others) = headers.get(COOKIE) {
        let joined = [others.as_bytes(), b"; ", value.as_bytes()].concat();
        value = HeaderValue::from_bytes(&joined).unwrap_or(value);
    }
    value.set_sensitive(true);
    headers.insert(COOKIE, value);
}

/// Clients shared by all accounts, so that certificates are read once, and only if TLS is used.
static CLIENTS: [OnceLock<Client>; 8] = [const { OnceLock::new() }; 8];

fn client(base: &BaseUrl) -> Result<&'static Client, reqwest::Error> {
    let properties = [base.is_https, base.is_local, base.refuses_link_local];
    let index = properties
        .iter()
        .fold(0, |index, it| index * 2 + usize::from(*it));
    let slot = &CLIENTS[index];
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

fn own_client(base: &BaseUrl, pem: &str) -> Result<Client, SettingsError> {
    let certificates = Certificate::from_pem_bundle(pem.as_bytes())
        .ok()
        .filter(|certificates| !certificates.is_empty())
        .ok_or(SettingsError::Certificate)?;
    builder(base)
        .tls_certs_only(certificates)
        .build()
        .map_err(|_| SettingsError::Certificate)
}

fn builder(base: &BaseUrl) -> ClientBuilder {
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
    if base.refuses_link_local {
        builder = builder.dns_resolver(CheckingResolver);
    }
    builder
}
