//! Addresses that an account may not have: link-local ones and those of the metadata services of cloud providers, which hand out the credentials of the machine to everybody on it.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use reqwest::Url;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

/// Addresses of metadata services that are not link-local: those of AWS, Alibaba Cloud, Oracle Cloud and Azure.
const METADATA: [IpAddr; 5] = [
    IpAddr::V6(Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254)),
    IpAddr::V6(Ipv6Addr::new(0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254)),
    IpAddr::V4(Ipv4Addr::new(100, 100, 100, 200)),
    IpAddr::V4(Ipv4Addr::new(192, 0, 0, 192)),
    IpAddr::V4(Ipv4Addr::new(168, 63, 129, 16)),
];

/// Names of metadata services. A proxy may resolve names, so their addresses cannot always be checked.
const METADATA_NAMES: [&str; 6] = [
    "instance-data",
    "instance-data.ec2.internal",
    "metadata",
    "metadata.azure.internal",
    "metadata.goog",
    "metadata.google.internal",
];

/// Returns whether the host of a URL is refused. A name can also resolve to a refused address.
pub(crate) fn is_refused_host(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let address = host.trim_start_matches('[').trim_end_matches(']');
    match address.parse() {
        Ok(address) => is_refused(address),
        Err(_) => METADATA_NAMES.contains(&host.trim_end_matches('.')),
    }
}

/// Returns whether an address is refused, in whichever way it is embedded in an IPv6 address.
fn is_refused(address: IpAddr) -> bool {
    let IpAddr::V6(v6) = address.to_canonical() else {
        return is_refused_exactly(address.to_canonical());
    };
    let embedded = match v6.octets() {
        // IPv4-compatible addresses, and those of NAT64 (RFC 6052).
        [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, rest @ ..]
        | [0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0, rest @ ..] => Some(rest),
        // 6to4 (RFC 3056).
        [0x20, 0x02, a, b, c, d, ..] => Some([a, b, c, d]),
        _ => None,
    };
    let embedded = embedded.map(|octets| IpAddr::V4(octets.into()));
    is_refused_exactly(v6.into()) || embedded.is_some_and(is_refused_exactly)
}

fn is_refused_exactly(address: IpAddr) -> bool {
    let is_link_local = match address {
        IpAddr::V4(address) => address.is_link_local(),
        IpAddr::V6(address) => address.is_unicast_link_local(),
    };
    is_link_local || METADATA.contains(&address)
}

/// Host name that resolves only to refused addresses.
#[derive(Debug, thiserror::Error)]
#[error("the host name resolves to a link-local address or to that of a metadata service")]
pub(crate) struct RefusedAddress;

/// Resolver that leaves out refused addresses. Every connection resolves the name again, so a name that leads to another address later is refused, too.
pub(crate) struct CheckingResolver;

impl Resolve for CheckingResolver {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let found: Vec<SocketAddr> = found.collect();
            let mut kept = found.clone();
            kept.retain(|address| !is_refused(address.ip()));
            if kept.is_empty() && !found.is_empty() {
                return Err(RefusedAddress.into());
            }
            Ok(Box::new(kept.into_iter()) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    #[test]
    fn link_local_and_metadata_addresses_are_refused() {
        let rows = [
            ("http://169.254.169.254/latest", true),
            ("http://169.254.0.1", true),
            ("http://2852039166/", true),
            ("http://0xa9.0xfe.0xa9.0xfe/", true),
            ("http://[fe80::1]/", true),
            ("http://[febf::1]/", true),
            ("http://[fd00:ec2::254]/", true),
            ("http://[::ffff:169.254.169.254]/", true),
            ("http://[::169.254.169.254]/", true),
            ("http://[64:ff9b::a9fe:a9fe]/", true),
            ("http://[2002:a9fe:a9fe::]/", true),
            ("http://100.100.100.200/", true),
            ("http://192.0.0.192/", true),
            ("http://168.63.129.16/", true),
            ("http://metadata.google.internal/", true),
            ("http://METADATA.google.internal./", true),
            ("http://metadata/", true),
            ("http://127.0.0.1/", false),
            ("http://[::1]/", false),
            ("http://10.0.0.1/", false),
            ("http://[fd00::1]/", false),
            ("http://169.253.0.1/", false),
            ("http://metadata.example.org/", false),
        ];
        for (url, expected) in rows {
            let parsed = Url::parse(url).unwrap();
            assert_eq!(is_refused_host(&parsed), expected, "{url}");
        }
    }

    #[tokio::test]
    async fn a_name_with_a_refused_address_is_not_connected_to() {
        // The system resolver accepts an address as a name, too.
        let refused = CheckingResolver.resolve("169.254.169.254".parse().unwrap());
        let error = refused.await.map(|_| ()).unwrap_err();
        assert!(error.is::<RefusedAddress>());
        let local = CheckingResolver.resolve("localhost".parse().unwrap());
        assert!(local.await.unwrap().next().is_some());
    }
}
