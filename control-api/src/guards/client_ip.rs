//! Whose address counts: the peer's, or the one that our own proxies tell.

use std::net::IpAddr;

use ipnet::IpNet;

/// Most entries of `X-Forwarded-For` that are walked.
const MAX_HOPS: usize = 32;

/// The client's address. `forwarded` is the value of `X-Forwarded-For`, where every proxy appends the peer it saw: read from the right, the
/// first address that is no proxy of ours is the client; what stands left of it anybody could have written.
pub fn client_ip(peer: IpAddr, forwarded: Option<&str>, trusted: &[IpNet]) -> IpAddr {
    let trusts = |ip: IpAddr| trusted.iter().any(|net| net.contains(&ip));
    let mut client = peer.to_canonical();
    for hop in forwarded.unwrap_or_default().rsplit(',').take(MAX_HOPS) {
        if !trusts(client) {
            return client;
        }
        match address(hop.trim()) {
            Some(ip) => client = ip.to_canonical(),
            None => return client,
        }
    }
    client
}

/// `192.0.2.1`, `192.0.2.1:4711`, `2001:db8::1`, `[2001:db8::1]:4711`
fn address(text: &str) -> Option<IpAddr> {
    let bare = text.trim_start_matches('[').trim_end_matches(']');
    bare.parse().ok().or_else(|| {
        text.parse::<std::net::SocketAddr>()
            .ok()
            .map(|socket| socket.ip())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(peer: &str, forwarded: &str, expected: &str) {
        let trusted: Vec<IpNet> = ["10.0.0.0/8", "2001:db8:1::/48"]
            .iter()
            .map(|net| net.parse().expect("a network"))
            .collect();
        let peer = peer.parse().expect("an address");
        let forwarded = (!forwarded.is_empty()).then_some(forwarded);
        assert_eq!(
            client_ip(peer, forwarded, &trusted).to_string(),
            expected,
            "{forwarded:?}"
        );
    }

    #[test]
    fn only_our_proxies_are_believed() {
        check("192.0.2.1", "", "192.0.2.1");
        check("192.0.2.1", "198.51.100.7", "192.0.2.1");
        check("10.0.0.1", "", "10.0.0.1");
        check("10.0.0.1", "198.51.100.7", "198.51.100.7");
        check("::ffff:10.0.0.1", "198.51.100.7", "198.51.100.7");
        check("10.0.0.1", "[2001:db8::7]:4711", "2001:db8::7");
    }

    #[test]
    fn what_the_client_wrote_itself_does_not_count() {
        check("10.0.0.1", "203.0.113.9, 198.51.100.7", "198.51.100.7");
        check("10.0.0.1", "203.0.113.9, 198.51.100.7, 10.0.0.2", "198.51.100.7");
        check("10.0.0.1", "198.51.100.7, rubbish", "10.0.0.1");
        check("10.0.0.1", "10.0.0.3, 10.0.0.2", "10.0.0.3");
    }
}
