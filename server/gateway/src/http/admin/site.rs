//! State of the admin page: the gateway, the prefix of the links, and the origins that forms may come from.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use axum::http::HeaderMap;
use axum::http::header::{HOST, ORIGIN};

use mcp_server::product::product;

use crate::model::AccountCheck;
use crate::service::gateway::Gateway;

/// State of all handlers.
#[derive(Clone)]
pub(super) struct Admin {
    pub(super) gateway: Gateway,
    pub(super) site: Arc<Site>,
    /// Results of checking accounts that were saved, until their pages show them.
    checks: Arc<Mutex<HashMap<String, AccountCheck>>>,
}

impl Admin {
    pub(super) fn new(gateway: Gateway) -> Self {
        let site = Arc::new(Site::new(gateway.public_url()));
        let checks = Arc::default();
        Self {
            gateway,
            site,
            checks,
        }
    }

    /// Keeps the result of a check for the page of the account, to which the browser is redirected.
    pub(super) fn keep_check(&self, account_id: &str, check: AccountCheck) {
        let mut checks = self.checks.lock().unwrap_or_else(PoisonError::into_inner);
        checks.insert(account_id.to_owned(), check);
    }

    /// Returns the kept result of a check. It is shown only once.
    pub(super) fn take_check(&self, account_id: &str) -> Option<AccountCheck> {
        let mut checks = self.checks.lock().unwrap_or_else(PoisonError::into_inner);
        checks.remove(account_id)
    }
}

/// Location of the admin page, derived from the public URL.
#[derive(Debug)]
pub(super) struct Site {
    /// Prefix of each path: empty, or `/prefix` behind a proxy that removes the prefix.
    pub(super) base: String,
    /// Origin of the public URL: `https://host:port`.
    origin: String,
    /// Whether cookies are sent only over HTTPS.
    pub(super) secure: bool,
}

impl Site {
    pub(super) fn new(public_url: &str) -> Self {
        let (scheme, rest) = public_url.split_once("://").unwrap_or(("http", public_url));
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        let path = path.trim_matches('/');
        Self {
            base: match path {
                "" => String::new(),
                path => format!("/{path}"),
            },
            origin: format!("{scheme}://{authority}").to_ascii_lowercase(),
            secure: scheme.eq_ignore_ascii_case("https"),
        }
    }

    /// Returns the name of the session cookie. No other host of the domain can set a cookie with the `__Host-` prefix.
    pub(super) fn cookie(&self) -> String {
        if self.secure && self.base.is_empty() {
            format!("__Host-{}", product().name)
        } else {
            product().name.to_owned()
        }
    }

    /// Returns whether a form was sent by a page of this site, as far as the browser reports.
    ///
    /// Pages have `Referrer-Policy: no-referrer`, and browsers then send forms with `Origin: null`. Therefore `null` is accepted here, and the token in the form decides.
    pub(super) fn sent(&self, headers: &HeaderMap) -> bool {
        let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
        let same_site = headers
            .get("sec-fetch-site")
            .is_none_or(|value| value == "same-origin");
        let same_origin = !headers.contains_key(ORIGIN)
            || text(ORIGIN).is_some_and(|origin| {
                let origin = origin.to_ascii_lowercase();
                let host = origin.split_once("://").map(|(_, host)| host);
                origin == "null"
                    || origin == self.origin
                    || (host.is_some()
                        && host == text(HOST).map(str::to_ascii_lowercase).as_deref())
            });
        same_site && same_origin
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn forms_of_other_sites_are_detected() {
        let rows: [(&[(&str, &str)], bool); 9] = [
            (&[], true),
            (&[("origin", "https://gateway.example")], true),
            (&[("origin", "HTTPS://Gateway.example")], true),
            (&[("origin", "null")], true),
            (
                &[
                    ("origin", "http://127.0.0.1:8787"),
                    ("host", "127.0.0.1:8787"),
                ],
                true,
            ),
            (
                &[("origin", "null"), ("sec-fetch-site", "cross-site")],
                false,
            ),
            (&[("sec-fetch-site", "same-site")], false),
            (&[("origin", "http://gateway.example")], false),
            (
                &[
                    ("origin", "http://evil.example"),
                    ("host", "gateway.example"),
                ],
                false,
            ),
        ];
        let site = Site::new("https://gateway.example/");
        for (given, expected) in rows {
            let mut headers = HeaderMap::new();
            for (name, value) in given {
                headers.insert(*name, value.parse().unwrap());
            }
            assert_eq!(site.sent(&headers), expected, "{given:?}");
        }
    }

    #[test]
    fn links_begin_with_the_path_of_the_public_url() {
        let rows = [
            ("https://gateway.example", "", true),
            ("https://gateway.example/", "", true),
            ("http://127.0.0.1:8787", "", false),
            (
                "https://gateway.example/upstream/mcp/",
                "/upstream/mcp",
                true,
            ),
        ];
        for (url, base, secure) in rows {
            let site = Site::new(url);
            assert_eq!((site.base.as_str(), site.secure), (base, secure), "{url}");
        }
    }
}
