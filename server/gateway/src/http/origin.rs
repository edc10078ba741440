//! Checks the `Host` header and, for MCP, the `Origin` header. A web page of another site can make a browser send requests to a gateway that only this machine or network can reach. Such a request is recognised by its `Origin`, or by its `Host` if the page's own host name resolves to the gateway. The management API requires a token that no browser adds by itself, and the admin page has its own protection, so both ignore `Origin`.

use axum::extract::Request;
use axum::http::uri::{Authority, Uri};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::error_response::error_response;
use crate::error::unless_empty;

const LOOPBACK: [&str; 3] = ["localhost", "127.0.0.1", "[::1]"];

/// Response headers that scripts of an allowed origin may read.
const EXPOSED: &str = "mcp-protocol-version, ratelimit-limit, ratelimit-remaining, ratelimit-reset, retry-after, www-authenticate, x-request-id";

/// Time in seconds for which a browser may cache the response to a preflight request.
const PREFLIGHT_SECONDS: &str = "600";

/// Accepted hosts and origins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Access {
    hosts: Vec<Host>,
    /// Accepted origins whose scripts may not read responses.
    origins: Vec<Origin>,
    /// Accepted origins whose scripts may read responses.
    scripts: Vec<Origin>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Host {
    name: String,
    /// Accepted port; `None` accepts every port.
    port: Option<u16>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Origin {
    scheme: String,
    host: Host,
}

impl Access {
    /// Accepts loopback hosts, the host and the origin of the public URL, further hosts, and further origins whose scripts may read responses. If the public URL is a loopback URL, all loopback origins are accepted.
    ///
    /// # Errors
    ///
    /// Returns all invalid values.
    pub fn new(
        public_url: &str,
        hosts: &[String],
        origins: &[String],
    ) -> Result<Self, Vec<String>> {
        let public_url: Uri = public_url
            .parse()
            .map_err(|_| vec![format!("`{public_url}` is not a URL")])?;
        let mut errors = Vec::new();
        let mut access = Self {
            hosts: LOOPBACK.map(any_port).to_vec(),
            origins: Vec::new(),
            scripts: Vec::new(),
        };
        if let Some(public) = Origin::from_url(&public_url) {
            if LOOPBACK.contains(&public.host.name.as_str()) {
                access.origins = LOOPBACK
                    .iter()
                    .flat_map(|name| ["http", "https"].map(|scheme| (scheme, name)))
                    .map(|(scheme, name)| Origin {
                        scheme: scheme.to_owned(),
                        host: any_port(name),
                    })
                    .collect();
            } else {
                access.hosts.push(any_port(&public.host.name));
                access.origins.push(public);
            }
        }
        for host in hosts {
            match Host::parse(host) {
                Some(host) => access.hosts.push(host),
                None => errors.push(format!(
                    "invalid `--allowed-host {host}`; give a host name with or without a port, for example mcp.example.org"
                )),
            }
        }
        for origin in origins {
            match Origin::parse(origin) {
                Some(origin) => access.scripts.push(origin),
                None => errors.push(format!(
                    "invalid `--allowed-origin {origin}`; give scheme, host name and, if needed, port, for example https://chat.example.org"
                )),
            }
        }
        unless_empty(errors, access)
    }

    fn check(&self, uri: &Uri, headers: &HeaderMap) -> Verdict {
        let Some(host) = host(uri, headers).filter(|host| self.host(host)) else {
            return Verdict::Host;
        };
        if !is_mcp(uri) {
            return Verdict::Accepted { scripts: None };
        }
        let mut origins = headers.get_all(header::ORIGIN).iter();
        let Some(value) = origins.next() else {
            return Verdict::Accepted { scripts: None };
        };
        let origin = value.to_str().ok().and_then(Origin::sent);
        let (Some(origin), None) = (origin, origins.next()) else {
            return Verdict::Origin;
        };
        if self.scripts.iter().any(|it| it.covers(&origin)) {
            return Verdict::Accepted {
                scripts: Some(value.clone()),
            };
        }
        // The request comes from a page of the gateway itself, because its host was already accepted.
        let own = origin.host == host.with_default_port(&origin.scheme);
        if own || self.origins.iter().any(|it| it.covers(&origin)) {
            return Verdict::Accepted { scripts: None };
        }
        Verdict::Origin
    }

    fn host(&self, host: &Host) -> bool {
        self.hosts.iter().any(|it| it.covers(host))
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Verdict {
    /// Accepted request, with the origin whose scripts may read the response.
    Accepted {
        scripts: Option<HeaderValue>,
    },
    Host,
    Origin,
}

fn any_port(name: &str) -> Host {
    Host {
        name: name.to_owned(),
        port: None,
    }
}

impl Host {
    fn parse(text: &str) -> Option<Self> {
        let authority: Authority = text.trim().parse().ok()?;
        Self::from_authority(&authority)
    }

    fn from_authority(authority: &Authority) -> Option<Self> {
        // `user@host` and `host:` are invalid, and so is a port that is not a number.
        let plain = authority.as_str();
        let name = authority.host().to_ascii_lowercase();
        let port = authority.port_u16();
        let rest = plain.len().checked_sub(authority.host().len())?;
        let well_formed = !plain.contains('@') && (rest == 0) == port.is_none();
        (well_formed && !name.is_empty()).then_some(Self { name, port })
    }

    fn covers(&self, host: &Self) -> bool {
        self.name == host.name && self.port.is_none_or(|port| host.port == Some(port))
    }

    fn with_default_port(mut self, scheme: &str) -> Self {
        self.port = self.port.or(match scheme {
            "https" => Some(443),
            _ => Some(80),
        });
        self
    }
}

impl Origin {
    /// Parses an origin in an option: `https://name`, `https://name:8443`, `http://localhost:*`.
    fn parse(text: &str) -> Option<Self> {
        let text = text.trim().trim_end_matches('/');
        if let Some(any) = text.strip_suffix(":*") {
            let mut origin = Self::sent(any)?;
            origin.host.port = None;
            return Some(origin);
        }
        Self::sent(text)
    }

    /// Parses an origin as browsers send it. The result always has a port.
    fn sent(text: &str) -> Option<Self> {
        let (scheme, authority) = text.split_once("://")?;
        let scheme = scheme.to_ascii_lowercase();
        let known = matches!(scheme.as_str(), "http" | "https");
        let host = Host::parse(authority).filter(|_| known)?;
        Some(Self {
            host: host.with_default_port(&scheme),
            scheme,
        })
    }

    fn from_url(url: &Uri) -> Option<Self> {
        let (scheme, authority) = (url.scheme_str()?, url.authority()?);
        Self::sent(&format!("{scheme}://{authority}"))
    }

    fn covers(&self, origin: &Self) -> bool {
        self.scheme == origin.scheme && self.host.covers(&origin.host)
    }
}

fn is_mcp(uri: &Uri) -> bool {
    uri.path().starts_with("/mcp/")
}

/// Returns the host of the request. Repeated or contradictory hosts suggest an attempt to deceive a proxy, so such a request has no valid host.
fn host(uri: &Uri, headers: &HeaderMap) -> Option<Host> {
    let mut values = headers.get_all(header::HOST).iter();
    let named = match values.next() {
        Some(value) => Some(Host::parse(value.to_str().ok()?)?),
        None => None,
    };
    if values.next().is_some() {
        return None;
    }
    let target = match uri.authority() {
        Some(authority) => Some(Host::from_authority(authority)?),
        None => None,
    };
    match (named, target) {
        (Some(named), Some(target)) => (named == target).then_some(named),
        (named, target) => named.or(target),
    }
}

/// Rejects hosts and origins that are not accepted, and responds to preflight requests. For an accepted request, returns the origin whose scripts may read the response.
pub(crate) fn check(
    access: &Access,
    request: &Request,
) -> Result<Option<HeaderValue>, Box<Response>> {
    match access.check(request.uri(), request.headers()) {
        Verdict::Accepted {
            scripts: Some(origin),
        } if is_preflight(request) => Err(Box::new(preflight(origin, request.headers()))),
        Verdict::Accepted { scripts } => Ok(scripts),
        Verdict::Host => Err(Box::new(error_response(
            StatusCode::FORBIDDEN,
            "forbidden_host",
            "this host name is not allowed",
            "The operator can allow it with --public-url or --allowed-host.",
        ))),
        Verdict::Origin => Err(Box::new(error_response(
            StatusCode::FORBIDDEN,
            "forbidden_origin",
            "web pages of this origin are not allowed",
            "The operator can allow it with --allowed-origin.",
        ))),
    }
}

/// Returns whether a web page of another site made a browser send the request, as far as the headers show. Some browsers send `Sec-Fetch-Site` only over HTTPS and to loopback addresses, and no `Origin` for images.
pub(crate) fn is_from_another_site(headers: &HeaderMap) -> bool {
    if let Some(site) = headers.get("sec-fetch-site") {
        return site != "same-origin" && site != "none";
    }
    let host = headers.get(header::HOST).map(HeaderValue::as_bytes);
    [header::ORIGIN, header::REFERER]
        .iter()
        .filter_map(|name| headers.get(name)?.to_str().ok()?.split_once("://"))
        .any(|(_, rest)| {
            let sent = rest.split('/').next().unwrap_or_default();
            host.is_none_or(|host| !host.eq_ignore_ascii_case(sent.as_bytes()))
        })
}

/// Lets scripts of the origin read a response.
pub(crate) fn share(response: &mut Response, origin: HeaderValue) {
    let headers = response.headers_mut();
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    headers.insert(
        header::ACCESS_CONTROL_EXPOSE_HEADERS,
        HeaderValue::from_static(EXPOSED),
    );
    headers.append(header::VARY, HeaderValue::from_static("origin"));
}

fn is_preflight(request: &Request) -> bool {
    request.method() == Method::OPTIONS
        && request
            .headers()
            .contains_key(header::ACCESS_CONTROL_REQUEST_METHOD)
}

/// Creates the response to a preflight request. The response is the same for all URLs, so that it does not reveal which of them exist.
fn preflight(origin: HeaderValue, headers: &HeaderMap) -> Response {
    let wanted = headers
        .get(header::ACCESS_CONTROL_REQUEST_HEADERS)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let allowed: Vec<_> = wanted
        .split(',')
        .map(|name| name.trim().to_ascii_lowercase())
        .filter(|name| is_of_the_protocol(name))
        .collect();
    let mut response = StatusCode::NO_CONTENT.into_response();
    let answers = response.headers_mut();
    answers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    let fixed: [(HeaderName, &'static str); 3] = [
        (header::ACCESS_CONTROL_ALLOW_METHODS, "POST"),
        (header::ACCESS_CONTROL_MAX_AGE, PREFLIGHT_SECONDS),
        (
            header::VARY,
            "origin, access-control-request-method, access-control-request-headers",
        ),
    ];
    for (name, value) in fixed {
        answers.insert(name, HeaderValue::from_static(value));
    }
    if let Ok(allowed) = HeaderValue::from_str(&allowed.join(", ")) {
        answers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, allowed);
    }
    response
}

fn is_of_the_protocol(header: &str) -> bool {
    let names = [
        "accept",
        "authorization",
        "content-type",
        "last-event-id",
        "traceparent",
        "tracestate",
        "x-request-id",
    ];
    names.contains(&header) || header.starts_with("mcp-")
}

#[cfg(test)]
mod tests;
