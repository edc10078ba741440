//! Determines the address of the client. Behind a proxy this is the address of the proxy, unless the proxy is trusted to name the client in `X-Forwarded-For`.

use std::net::{IpAddr, SocketAddr};

use axum::extract::{ConnectInfo, Request};
use axum::http::HeaderMap;

/// IP address of the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ClientAddress(pub(crate) IpAddr);

/// Networks of the trusted proxies.
#[derive(Debug, Clone, Default)]
pub(crate) struct Proxies(Vec<Network>);

#[derive(Debug, Clone, Copy)]
struct Network {
    address: u128,
    /// Number of leading bits that must match.
    length: u32,
}

impl Proxies {
    /// Parses addresses and networks such as `10.0.0.7`, `10.0.0.0/8` and `fd00::/8`, and returns all errors.
    pub(crate) fn new(networks: &[String]) -> Result<Self, Vec<String>> {
        let mut problems = Vec::new();
        let networks = networks
            .iter()
            .filter_map(|text| {
                let network = Network::parse(text.trim());
                if network.is_none() {
                    problems.push(format!(
                        "--trusted-proxy is `{text}`: give an address or a network, for example 10.0.0.0/8"
                    ));
                }
                network
            })
            .collect();
        if problems.is_empty() {
            Ok(Self(networks))
        } else {
            Err(problems)
        }
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

    fn trusts(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(address))
    }
}

/// Parses an address with or without a port, because proxies write both.
fn address(hop: &str) -> Option<IpAddr> {
    hop.parse()
        .ok()
        .or_else(|| hop.parse::<SocketAddr>().ok().map(|hop| hop.ip()))
}

impl Network {
    fn parse(text: &str) -> Option<Self> {
        let (address, length) = match text.split_once('/') {
            Some((address, length)) => (address, Some(length.parse::<u32>().ok()?)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().ok()?;
        let (bits, before) = match address {
            IpAddr::V4(_) => (32, 96),
            IpAddr::V6(_) => (128, 0),
        };
        let length = length.unwrap_or(bits);
        (length <= bits).then(|| Self {
            address: number(address),
            length: before + length,
        })
    }

    fn contains(self, address: IpAddr) -> bool {
        let differ = self.address ^ number(address);
        differ.leading_zeros() >= self.length
    }
}

fn number(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => address.to_ipv6_mapped().into(),
        IpAddr::V6(address) => address.into(),
    }
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
    fn only_trusted_proxies_are_believed() {
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
    fn senseless_networks_are_all_reported() {
        let texts = ["10.0.0.0/33", "proxy.example", "::1/129", "10.0.0.0/x"];
        let problems = Proxies::new(&texts.map(str::to_owned));
        assert_eq!(problems.unwrap_err().len(), texts.len());
    }
}
