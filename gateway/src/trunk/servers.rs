//! In which order one call or registration tries the servers of a trunk: by priority, among equals drawn by weight (RFC 2782), and
//! those that gave no answer of late behind those that did.

use std::net::SocketAddr;

use rand::{Rng, RngExt};

use super::snapshot::Trunk;

/// Addresses of a trunk that are kept; names with more are a mistake or an attack.
pub const MAX_ADDRESSES: usize = 16;

/// The addresses of `trunk` in the order of one call. `silence` says how long an address has been without an answer, in any measure: 0 is
/// well.
pub fn in_order(trunk: &Trunk, silence: impl Fn(SocketAddr) -> u8, rng: &mut impl Rng) -> Vec<SocketAddr> {
    let servers = match trunk.servers.as_slice() {
        [alone] => vec![alone],
        several => drawn(several.iter().collect(), |s| (s.priority, s.weight), rng),
    };
    let mut addresses: Vec<SocketAddr> = servers.iter().flat_map(|s| s.addresses.iter().copied()).collect();
    // Stable: among equally silent ones the order of DNS stays.
    addresses.sort_by_key(|address| silence(*address));
    addresses
}

/// By priority, the first of `rank`; among equals drawn one after the other in proportion to weight, the second (RFC 2782; a weight of 0
/// counts as 1).
pub(super) fn drawn<T, P: Ord>(
    mut left: Vec<T>,
    rank: impl Fn(&T) -> (P, u16),
    rng: &mut impl Rng,
) -> Vec<T> {
    left.sort_by_key(|t| rank(t).0);
    let mut ordered = Vec::with_capacity(left.len());
    while let Some(first) = left.first() {
        let priority = rank(first).0;
        let equals = left.iter().take_while(|t| rank(t).0 == priority).count();
        let weight = |t: &T| u32::from(rank(t).1.max(1));
        let total: u32 = left[..equals].iter().map(weight).sum();
        let mut drawn = rng.random_range(0..total);
        let at = left[..equals]
            .iter()
            .position(|t| {
                let w = weight(t);
                let hit = drawn < w;
                drawn = drawn.saturating_sub(w);
                hit
            })
            .unwrap_or(0);
        ordered.push(left.remove(at));
    }
    ordered
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;
    use uuid::Uuid;

    use super::*;
    use crate::ids::TrunkId;
    use crate::trunk::snapshot::Server;

    /// Servers as `priority/weight/last digits of its addresses`.
    fn trunk(servers: &[(u16, u16, &[u8])]) -> Trunk {
        let server = |(priority, weight, hosts): &(u16, u16, &[u8])| Server {
            addresses: hosts.iter().map(|n| ([192, 0, 2, *n], 5060).into()).collect(),
            priority: *priority,
            weight: *weight,
        };
        Trunk {
            servers: servers.iter().map(server).collect(),
            ..Trunk::new(TrunkId(Uuid::nil()), "carrier", "carrier.example")
        }
    }

    fn order(trunk: &Trunk, silent: &[(u8, u8)], seed: u64) -> Vec<u8> {
        let last = |address: &SocketAddr| match address {
            SocketAddr::V4(v4) => v4.ip().octets()[3],
            SocketAddr::V6(_) => 0,
        };
        let silence = |address: SocketAddr| {
            let known = silent.iter().find(|(n, _)| *n == last(&address));
            known.map_or(0, |(_, silences)| *silences)
        };
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        in_order(trunk, silence, &mut rng).iter().map(last).collect()
    }

    #[test]
    fn priority_decides_and_the_addresses_of_a_server_stay_together() {
        let trunk = trunk(&[(20, 1, &[3]), (10, 1, &[1, 2])]);
        for seed in 0..20 {
            assert_eq!(order(&trunk, &[], seed), [1, 2, 3]);
        }
    }

    #[test]
    fn who_gave_no_answer_comes_last_whatever_its_priority() {
        let trunk = trunk(&[(10, 1, &[1]), (20, 1, &[2]), (30, 1, &[3])]);
        assert_eq!(order(&trunk, &[(1, 1)], 0), [2, 3, 1]);
        assert_eq!(order(&trunk, &[(1, 3), (2, 1)], 0), [3, 2, 1]);
        assert_eq!(order(&trunk, &[(1, 1), (2, 1), (3, 1)], 0), [1, 2, 3]);
    }

    #[test]
    fn equals_share_by_weight() {
        let trunk = trunk(&[(10, 75, &[1]), (10, 25, &[2])]);
        let first = (0..4000).filter(|seed| order(&trunk, &[], *seed)[0] == 1).count();
        assert!((2880..3120).contains(&first), "{first} of 4000");
        assert_eq!(order(&trunk, &[], 1).len(), 2);
    }
}
