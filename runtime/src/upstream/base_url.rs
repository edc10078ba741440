//! Base URL of an upstream, to which paths are appended.

use reqwest::Url;

/// URL of a server without a trailing slash.
pub(crate) struct BaseUrl {
    text: String,
    prefix: String,
    pub(crate) is_https: bool,
    /// Whether the server is on this machine.
    pub(crate) is_local: bool,
    /// Whether link-local addresses and those of metadata services are refused.
    pub(crate) refuses_link_local: bool,
}

impl BaseUrl {
    /// Creates a base from an http or https URL without credentials, query and fragment.
    pub(crate) fn new(url: &Url, refuses_link_local: bool) -> Self {
        let prefix = url.path().trim_end_matches('/').to_owned();
        let host = url.host_str().unwrap_or_default();
        let address = host.trim_start_matches('[').trim_end_matches(']');
        let address = address.parse::<std::net::IpAddr>();
        Self {
            text: format!("{}{prefix}", url.origin().ascii_serialization()),
            prefix,
            is_https: url.scheme() == "https",
            is_local: host == "localhost" || address.is_ok_and(|it| it.is_loopback()),
            refuses_link_local,
        }
    }

    /// Returns the URL without a trailing slash.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// Returns whether requests are readable for others on their way.
    pub(crate) fn is_readable(&self) -> bool {
        !self.is_https && !self.is_local
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
    pub(crate) fn redirect(&self, location: &str) -> Option<Redirect> {
        let base = Url::parse(&self.text).ok()?;
        let target = base.join(location).ok()?;
        Some(match target.origin() == base.origin() {
            true => Redirect::SameServer,
            false => Redirect::OtherServer(target.origin().ascii_serialization()),
        })
    }
}

/// Returns whether requests to this base URL are readable for others on their way: they are not encrypted, and the server is on another machine.
pub fn is_readable_on_its_way(base_url: &str) -> bool {
    let url = Url::parse(base_url.trim());
    url.is_ok_and(|url| BaseUrl::new(&url, false).is_readable())
}

/// Target of a redirect.
#[derive(Debug, PartialEq)]
pub(crate) enum Redirect {
    /// Another page of the same server.
    SameServer,
    /// Another server with this origin.
    OtherServer(String),
}
