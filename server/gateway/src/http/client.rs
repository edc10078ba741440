//! Determines the address of the client. Behind a proxy this is the address of the proxy, unless the proxy is trusted to name the client in `X-Forwarded-For`.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use axum::extract::{ConnectInfo, Request};
use axum::http::HeaderMap;
use ipnet::IpNet;

use crate::error::unless_empty;

/// IP address of the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ClientAddress(pub(crate) IpAddr);

/// Networks of the trusted proxies.
#[derive(Debug, Clone, Default)]
pub struct Proxies(Vec<IpNet>);

impl Proxies {
    /// Parses addresses and networks such as `10.0.0.7`, `10.0.0.0/8` and `fd00::/8`.
    ///
    /// # Errors
    ///
    /// Returns all invalid values.
    pub fn new(networks: &[String]) -> Result<Self, Vec<String>> {
        let mut errors = Vec::new();
        let networks = networks
            .iter()
            .filter_map(|text| {
                let network = network(text.trim());
                if network.is_none() {
                    errors.push(format!(
                        "invalid `--trusted-proxy {text}`; give an address or a network, for example 10.0.0.0/8"
                    ));
                }
                network
            })
            .collect();
        unless_empty(errors, Self(networks))
    }

    /// Returns the last address that is not a trusted proxy. Clients can forge all addresses before it.
    fn client(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        if !self.trusts(peer) {
            return peer;
        }
        let hops: Vec<_> = headers
            .get_all("x-forwarded-for")
            .iter()
            .map(|value| value.to_str().unwrap_or_default())
            .flat_map(|value| value.split(','))
            .map(|hop| address(hop.trim()))
            .collect();
        let mut client = peer;
        for hop in hops.into_iter().rev() {
            let Some(hop) = hop else {
                break;
            };
            client = hop;
            if !self.trusts(hop) {
                break;
            }
        }
        client
    }

    /// Returns whether the address is that of a trusted proxy.
    pub(crate) fn trusts(&self, address: IpAddr) -> bool {
        // An IPv4 address can be written as an IPv6 address, in connections and in options.
        let address = address.to_canonical();
        let mapped = match address {
            IpAddr::V4(address) => address.to_ipv6_mapped().into(),
            IpAddr::V6(_) => address,
        };
        let mut networks = self.0.iter();
        networks.any(|network| network.contains(&address) || network.contains(&mapped))
    }
}

/// Maps an address to the range that one customer usually has: all addresses of an IPv6 /64 count as one.
pub(crate) fn block(address: Option<IpAddr>) -> IpAddr {
    match address.map(|address| address.to_canonical()) {
        Some(IpAddr::V6(address)) => {
            let network = u128::from(address) >> 64 << 64;
            Ipv6Addr::from(network).into()
        }
        Some(address) => address,
        None => Ipv6Addr::UNSPECIFIED.into(),
    }
}

/// Parses an address with or without a port, because proxies write both.
fn address(hop: &str) -> Option<IpAddr> {
    hop.parse()
        .ok()
        .or_else(|| hop.parse::<SocketAddr>().ok().map(|hop| hop.ip()))
}

/// Parses an address or a network.
fn network(text: &str) -> Option<IpNet> {
    text.parse()
        .ok()
        .or_else(|| Some(IpNet::from(text.parse::<IpAddr>().ok()?)))
}

/// Adds the address of the client to the request.
pub(crate) fn find(proxies: &Proxies, request: &mut Request) {
    if let Some(ConnectInfo(peer)) = request.extensions().get::<ConnectInfo<SocketAddr>>() {
        let client = proxies.client(peer.ip(), request.headers());
        request.extensions_mut().insert(ClientAddress(client));
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    #[test]
    fn only_trusted_proxies_name_the_client() {
        let rows: [(&str, &[&str], &str); 9] = [
            ("192.0.2.1", &["198.51.100.7"], "192.0.2.1"),
            ("10.1.2.3", &[], "10.1.2.3"),
            ("10.1.2.3", &["198.51.100.7"], "198.51.100.7"),
            ("::ffff:10.1.2.3", &["198.51.100.7:4711"], "198.51.100.7"),
            ("10.1.2.3", &["203.0.113.9, 198.51.100.7"], "198.51.100.7"),
            (
                "10.1.2.3",
                &["203.0.113.9", "198.51.100.7,10.9.9.9"],
                "198.51.100.7",
            ),
            ("10.1.2.3", &["203.0.113.9, nonsense"], "10.1.2.3"),
            ("10.1.2.3", &["10.0.0.1, 10.0.0.2"], "10.0.0.1"),
            ("fd00::1", &["2001:db8::7"], "2001:db8::7"),
        ];
        let proxies = Proxies::new(&["10.0.0.0/8".to_owned(), "fd00::1".to_owned()]).unwrap();
        for (peer, forwarded, expected) in rows {
            let mut headers = HeaderMap::new();
            for value in forwarded {
                headers.append("x-forwarded-for", value.parse().unwrap());
            }
            let client = proxies.client(peer.parse().unwrap(), &headers);
            assert_eq!(client.to_string(), expected, "{peer} {forwarded:?}");
        }
    }

    #[test]
    fn one_customer_is_one_address() {
        let rows = [
            ("192.0.2.1", "192.0.2.1"),
            ("::ffff:192.0.2.1", "192.0.2.1"),
            ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ];
        for (address, expected) in rows {
            assert_eq!(block(Some(address.parse().unwrap())).to_string(), expected);
        }
    }

    #[test]
    fn all_invalid_networks_are_reported() {
        let texts = ["10.0.0.0/33", "proxy.example", "::1/129", "10.0.0.0/x"];
        let errors = Proxies::new(&texts.map(str::to_owned));
        assert_eq!(errors.unwrap_err().len(), texts.len());
    }
}
