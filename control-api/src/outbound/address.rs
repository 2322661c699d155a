//! Which addresses belong to the public internet: what IANA's registries of special purposes name is refused.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use ipnet::IpNet;

use super::resolver::Trust;

/// IPv4 that is nobody's on the internet (IANA IPv4 Special-Purpose Address Registry, RFC 6890).
const REFUSED_V4: [(Ipv4Addr, u8); 16] = [
    // "This network" (RFC 791 section 3.2): many systems connect it to themselves.
    (Ipv4Addr::new(0, 0, 0, 0), 8),
    // Private use (RFC 1918), three of them.
    (Ipv4Addr::new(10, 0, 0, 0), 8),
    (Ipv4Addr::new(172, 16, 0, 0), 12),
    (Ipv4Addr::new(192, 168, 0, 0), 16),
    // Shared behind a carrier's NAT (RFC 6598).
    (Ipv4Addr::new(100, 64, 0, 0), 10),
    // Loopback (RFC 1122 section 3.2.1.3).
    (Ipv4Addr::new(127, 0, 0, 0), 8),
    // Link local (RFC 3927): the metadata of clouds is here.
    (Ipv4Addr::new(169, 254, 0, 0), 16),
    // Protocol assignments (RFC 6890), NAT64 and DS-Lite among them.
    (Ipv4Addr::new(192, 0, 0, 0), 24),
    // Documentation (RFC 5737), three of them.
    (Ipv4Addr::new(192, 0, 2, 0), 24),
    (Ipv4Addr::new(198, 51, 100, 0), 24),
    (Ipv4Addr::new(203, 0, 113, 0), 24),
    // 6to4 relays (RFC 7526).
    (Ipv4Addr::new(192, 88, 99, 0), 24),
    // Benchmarks (RFC 2544).
    (Ipv4Addr::new(198, 18, 0, 0), 15),
    // Multicast (RFC 5771).
    (Ipv4Addr::new(224, 0, 0, 0), 4),
    // Reserved (RFC 1112 section 4), and broadcast.
    (Ipv4Addr::new(240, 0, 0, 0), 4),
    (Ipv4Addr::new(255, 255, 255, 255), 32),
];

/// The only IPv6 that is given out (RFC 4291 section 2.4). Outside it: loopback, mapped and compatible IPv4, NAT64, unique local, link and
/// site local, multicast.
const GLOBAL_V6: (Ipv6Addr, u8) = (Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 0), 3);

/// What is special within it (IANA IPv6 Special-Purpose Address Registry).
const REFUSED_V6: [(Ipv6Addr, u8); 4] = [
    // Protocol assignments (RFC 2928): Teredo, ORCHID, benchmarks.
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23),
    // Documentation (RFC 3849, RFC 9637).
    (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32),
    (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20),
    // 6to4 (RFC 3056): an IPv4 address of the sender's choice stands in it.
    (Ipv6Addr::new(0x2002, 0, 0, 0, 0, 0, 0, 0), 16),
];

/// Networks of ours that may be reached all the same.
#[derive(Clone, Debug)]
pub(super) struct Allowed(Arc<[IpNet]>);

impl Allowed {
    pub(super) fn new(networks: &[IpNet]) -> Allowed {
        Allowed(networks.into())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether we may connect to it. A mapped address (`::ffff:127.0.0.1`) is never taken for the one inside it.
    pub(super) fn admits(&self, ip: IpAddr, trust: Trust) -> bool {
        let ours = self.0.iter().any(|network| network.contains(&ip));
        match trust {
            Trust::Allowed => ours,
            Trust::Public => ours || is_public(ip),
        }
    }
}

/// Whether an address is one that strangers may name.
fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => !REFUSED_V4.iter().any(|(net, bits)| within_v4(ip, *net, *bits)),
        IpAddr::V6(ip) => {
            within_v6(ip, GLOBAL_V6.0, GLOBAL_V6.1)
                && !REFUSED_V6.iter().any(|(net, bits)| within_v6(ip, *net, *bits))
        }
    }
}

fn within_v4(ip: Ipv4Addr, network: Ipv4Addr, bits: u8) -> bool {
    (ip.to_bits() ^ network.to_bits()).leading_zeros() >= u32::from(bits)
}

fn within_v6(ip: Ipv6Addr, network: Ipv6Addr, bits: u8) -> bool {
    (ip.to_bits() ^ network.to_bits()).leading_zeros() >= u32::from(bits)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first and last address of each network, and its neighbours.
    #[test]
    fn the_edges_of_every_network() {
        for (ip, public) in [
            ("0.255.255.255", false),
            ("1.0.0.0", true),
            ("9.255.255.255", true),
            ("10.0.0.0", false),
            ("11.0.0.0", true),
            ("100.63.255.255", true),
            ("100.64.0.0", false),
            ("100.127.255.255", false),
            ("100.128.0.0", true),
            ("126.255.255.255", true),
            ("127.0.0.0", false),
            ("128.0.0.0", true),
            ("169.253.255.255", true),
            ("169.254.169.254", false),
            ("172.15.255.255", true),
            ("172.31.255.255", false),
            ("172.32.0.0", true),
            ("192.0.0.170", false),
            ("192.0.1.0", true),
            ("192.0.2.255", false),
            ("192.88.99.1", false),
            ("192.168.255.255", false),
            ("198.17.255.255", true),
            ("198.19.255.255", false),
            ("203.0.114.0", true),
            ("223.255.255.255", true),
            ("224.0.0.0", false),
            ("255.255.255.255", false),
            ("1fff::1", false),
            ("2001:1ff::", false),
            ("2001:200::", true),
            ("2001:db8::1", false),
            ("2001:db9::1", true),
            ("2002:7f00:1::", false),
            ("2606:4700::1111", true),
            ("3fff:fff::1", false),
            ("3fff:1000::1", true),
            ("4000::", false),
            ("64:ff9b::7f00:1", false),
            ("::ffff:8.8.8.8", false),
            ("fc00::1", false),
            ("fe80::1", false),
            ("ff02::1", false),
        ] {
            assert_eq!(is_public(ip.parse().unwrap()), public, "{ip}");
        }
    }
}
