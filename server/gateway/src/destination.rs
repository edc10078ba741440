//! Destination of an account's credentials: everything outside the credentials that determines which server receives them. Credentials are encrypted for their destination, and a change of the destination requires them again. Otherwise, anyone who may change an account, or the database, could have its credentials sent to a server of their own.

use std::collections::BTreeMap;

use secrecy::{ExposeSecret, SecretString};

/// Headers by which proxies and frameworks choose the host or the path that they pass a request to, in lower case. The HTTP client of an account has no other way to set the `:authority` of a request than `Host`.
const ROUTING_HEADERS: [&str; 18] = [
    "forwarded",
    "host",
    "x-envoy-original-dst-host",
    "x-envoy-original-path",
    "x-forwarded-host",
    "x-forwarded-path",
    "x-forwarded-port",
    "x-forwarded-prefix",
    "x-forwarded-proto",
    "x-forwarded-scheme",
    "x-forwarded-server",
    "x-forwarded-uri",
    "x-host",
    "x-http-host-override",
    "x-original-host",
    "x-original-uri",
    "x-original-url",
    "x-rewrite-url",
];

/// Destination of an account's credentials.
#[derive(Debug)]
pub(crate) struct Destination {
    /// Scheme, host and port as the HTTP client parses them, because a URL can be written so that it seems to lead to another host. The whole text if it is not a URL.
    origin: String,
    /// Path prefix without a trailing slash.
    path: String,
    ca_certificate: Option<String>,
    routing_headers: Vec<(String, SecretString)>,
}

/// Fields that a change of the destination requires again.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct RequiredAgain {
    /// Field that requires the sign-in method.
    pub(crate) auth: Option<&'static str>,
    /// Field that requires the headers, which can be secret, too.
    pub(crate) headers: Option<&'static str>,
}

impl Destination {
    pub(crate) fn new(
        base_url: &str,
        ca_certificate: Option<&str>,
        headers: &BTreeMap<String, SecretString>,
    ) -> Self {
        let (origin, path) = match reqwest::Url::parse(base_url.trim()) {
            Ok(url) => (
                url.origin().ascii_serialization(),
                url.path().trim_end_matches('/').to_owned(),
            ),
            Err(_) => (base_url.to_owned(), String::new()),
        };
        let mut routing_headers: Vec<_> = headers
            .iter()
            .map(|(name, value)| (name.trim().to_ascii_lowercase(), value.clone()))
            .filter(|(name, _)| ROUTING_HEADERS.contains(&name.as_str()))
            .collect();
        routing_headers.sort_by(|(one, _), (other, _)| one.cmp(other));
        Self {
            origin,
            path,
            ca_certificate: ca_certificate.map(str::to_owned),
            routing_headers,
        }
    }

    /// Returns the data with which the credentials of an account are authenticated. Routing headers are missing, because all headers are part of the encrypted text and therefore authenticated with it.
    pub(crate) fn context(&self, account_id: &str) -> Vec<u8> {
        let parts = [
            "account",
            account_id,
            &self.origin,
            &self.path,
            self.ca_certificate.as_deref().unwrap_or_default(),
        ];
        let mut context = Vec::new();
        for part in parts {
            // The length separates the parts, whatever they contain.
            context.extend((part.len() as u64).to_be_bytes());
            context.extend(part.as_bytes());
        }
        context
    }

    /// Returns what the change from `was` to this destination requires again. A longer path below the previous one requires nothing, because everything below it was part of the previous destination.
    pub(crate) fn required_again(&self, was: &Self) -> RequiredAgain {
        let is_below = self.origin == was.origin && is_below(&self.path, &was.path);
        let field = if !is_below {
            Some("base_url")
        } else if self.ca_certificate != was.ca_certificate {
            Some("ca_certificate")
        } else {
            None
        };
        let other_route = !self.has_routing_headers_of(was);
        RequiredAgain {
            auth: field.or(other_route.then_some("headers")),
            headers: field,
        }
    }

    fn has_routing_headers_of(&self, other: &Self) -> bool {
        let values = |it: &Self| -> Vec<(String, String)> {
            let headers = it.routing_headers.iter();
            let trimmed = |value: &SecretString| value.expose_secret().trim().to_owned();
            headers
                .map(|(name, value)| (name.clone(), trimmed(value)))
                .collect()
        };
        values(self) == values(other)
    }
}

/// Returns whether a path equals another or is below it. What follows may contain only characters that no server decodes or treats as another directory.
fn is_below(path: &str, above: &str) -> bool {
    let Some(rest) = path.strip_prefix(above) else {
        return false;
    };
    let is_plain = |segment: &str| {
        let plain = |c: char| c.is_ascii_alphanumeric() || "-._~".contains(c);
        segment.chars().all(plain) && segment.chars().any(|c| c != '.')
    };
    match rest.strip_prefix('/') {
        Some(segments) => segments.split('/').all(is_plain),
        None => rest.is_empty(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn destination(base_url: &str, ca: Option<&str>, headers: &[(&str, &str)]) -> Destination {
        let headers = headers
            .iter()
            .map(|(name, value)| ((*name).to_owned(), SecretString::from(*value)));
        Destination::new(base_url, ca, &headers.collect())
    }

    /// Base URL, certificate authority and headers after a change, and the fields that require the sign-in method and the headers again.
    type Row<'a> = (
        &'a str,
        Option<&'a str>,
        &'a [(&'a str, &'a str)],
        [Option<&'a str>; 2],
    );

    #[test]
    fn a_change_of_the_destination_requires_the_credentials_again() {
        let was = destination("https://a.example/team", Some("CA"), &[("X-Key", "k")]);
        let headers: [&[(&str, &str)]; 2] = [&[("X-Key", "k")], &[("X-Key", "other")]];
        let rows: [Row<'_>; 21] = [
            (
                "https://a.example/team",
                Some("CA"),
                headers[0],
                [None, None],
            ),
            (
                "HTTPS://A.example:443/team/",
                Some("CA"),
                headers[1],
                [None, None],
            ),
            (
                "https://a.example/team/sub",
                Some("CA"),
                headers[0],
                [None, None],
            ),
            (
                "https://a.example/team/a.b/c_d~",
                Some("CA"),
                headers[0],
                [None, None],
            ),
            (
                "https://a.example/team/..",
                Some("CA"),
                headers[0],
                [Some("base_url"); 2],
            ),
            (
                "https://a.example/team/%2e%2e",
                Some("CA"),
                headers[0],
                [Some("base_url"); 2],
            ),
            (
                "https://a.example/team/..%2fx",
                Some("CA"),
                headers[0],
                [Some("base_url"); 2],
            ),
            (
                "https://a.example/team/..;/x",
                Some("CA"),
                headers[0],
                [Some("base_url"); 2],
            ),
            (
                "https://a.example/team//x",
                Some("CA"),
                headers[0],
                [Some("base_url"); 2],
            ),
            (
                "https://a.example/team/...",
                Some("CA"),
                headers[0],
                [Some("base_url"); 2],
            ),
            (
                "https://a.example/teams",
                Some("CA"),
                headers[0],
                [Some("base_url"); 2],
            ),
            (
                "https://a.example/other",
                Some("CA"),
                headers[0],
                [Some("base_url"); 2],
            ),
            (
                "https://a.example",
                Some("CA"),
                headers[0],
                [Some("base_url"); 2],
            ),
            (
                "https://b.example/team",
                Some("CA"),
                headers[0],
                [Some("base_url"); 2],
            ),
            (
                "http://a.example/team",
                Some("CA"),
                headers[0],
                [Some("base_url"); 2],
            ),
            (
                "https://a.example:1/team",
                Some("CA"),
                headers[0],
                [Some("base_url"); 2],
            ),
            (
                "https://a.example/team",
                None,
                headers[0],
                [Some("ca_certificate"); 2],
            ),
            (
                "https://a.example/team",
                Some("B"),
                headers[0],
                [Some("ca_certificate"); 2],
            ),
            (
                "https://a.example/team",
                Some("CA"),
                &[("Host", "b")],
                [Some("headers"), None],
            ),
            (
                "https://a.example/team",
                Some("CA"),
                &[("x-forwarded-HOST", "b")],
                [Some("headers"), None],
            ),
            (
                "https://a.example/team",
                Some("CA"),
                &[(" Forwarded", "host=b")],
                [Some("headers"), None],
            ),
        ];
        for (base_url, ca, headers, [auth, again]) in rows {
            let now = destination(base_url, ca, headers);
            let expected = RequiredAgain {
                auth,
                headers: again,
            };
            assert_eq!(
                now.required_again(&was),
                expected,
                "{base_url} {ca:?} {headers:?}"
            );
        }
        let host = |value| destination("https://a.example", None, &[("HOST", value)]);
        assert_eq!(host("b ").required_again(&host("b")).auth, None);
        assert_eq!(host("c").required_again(&host("b")).auth, Some("headers"));
        let none = destination("https://a.example", None, &[]);
        assert_eq!(none.required_again(&host("b")).auth, Some("headers"));
    }

    #[test]
    fn each_part_of_the_destination_is_authenticated() {
        let all = [
            destination("https://a.example/team", Some("CA"), &[]).context("acc_1"),
            destination("https://a.example/team", Some("CA"), &[]).context("acc_2"),
            destination("https://b.example/team", Some("CA"), &[]).context("acc_1"),
            destination("https://a.example/team/sub", Some("CA"), &[]).context("acc_1"),
            destination("https://a.example/teamCA", None, &[]).context("acc_1"),
            destination("https://a.example/team", Some("CB"), &[]).context("acc_1"),
            destination("not a URL", Some("CA"), &[]).context("acc_1"),
        ];
        for (index, one) in all.iter().enumerate() {
            assert!(!all[..index].contains(one), "{index}");
        }
        let same = destination("HTTPS://A.example:443/team/", Some("CA"), &[]);
        assert_eq!(same.context("acc_1"), all[0]);
    }
}
