//! Trunks that are gone or have moved while legs run over them: the far ends of those legs are still heard where they were.

use std::net::IpAddr;
use std::sync::Arc;

use crate::ids::TrunkId;
use crate::trunk::snapshot::{Snapshot, Trunk};

/// Most of them that are kept; a name whose servers change with every look makes more, and the oldest are given up.
const MAX_RETIRED: usize = 256;

/// What trunks with legs have been.
#[derive(Debug, Default)]
pub(super) struct Retired(Vec<Arc<Trunk>>);

impl Retired {
    /// Before the snapshot is swapped: keeps what `next` would not hear any more, and only while `in_use`.
    pub(super) fn swap(&mut self, before: &Snapshot, next: &Snapshot, in_use: impl Fn(TrunkId) -> bool) {
        self.0.retain(|trunk| in_use(trunk.id));
        for old in before.trunks.iter().filter(|old| in_use(old.id)) {
            if !self.hears_all(old, next) {
                self.0.push(Arc::clone(old));
            }
        }
        let too_many = self.0.len().saturating_sub(MAX_RETIRED);
        self.0.drain(..too_many);
    }

    /// Whether packets from this address belong to a leg of a trunk that was there.
    pub(super) fn hears(&self, ip: IpAddr, in_use: impl Fn(TrunkId) -> bool) -> bool {
        self.0.iter().any(|trunk| trunk.allows(ip) && in_use(trunk.id))
    }

    /// All that `old` is heard at is known: to what it is now, or to what it was before.
    fn hears_all(&self, old: &Trunk, next: &Snapshot) -> bool {
        let next = next.trunks.iter().filter(|t| t.id == old.id);
        let known: Vec<&Arc<Trunk>> = next.chain(self.0.iter().filter(|t| t.id == old.id)).collect();
        old.addresses().all(|a| known.iter().any(|t| t.allows(a.ip())))
            && old
                .allow
                .iter()
                .all(|net| known.iter().any(|t| t.allow.contains(net)))
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::trunk::snapshot::Server;

    const ID: TrunkId = TrunkId(Uuid::nil());

    /// One trunk at the addresses 192.0.x.y of these numbers; without any it is gone.
    fn snapshot(addresses: &[u16]) -> Snapshot {
        let at = |n: &u16| (ip(*n), 5060).into();
        let trunk = Trunk {
            servers: vec![Server::alone(addresses.iter().map(at).collect())],
            ..Trunk::new(ID, "carrier", "carrier.example")
        };
        Snapshot {
            trunks: if addresses.is_empty() {
                Vec::new()
            } else {
                vec![Arc::new(trunk)]
            },
            ..Snapshot::default()
        }
    }

    fn ip(n: u16) -> IpAddr {
        let [high, low] = n.to_be_bytes();
        [192, 0, high, low].into()
    }

    #[test]
    fn who_talks_is_heard_where_it_was() {
        let mut retired = Retired::default();
        retired.swap(&snapshot(&[1]), &snapshot(&[2]), |_| true);
        retired.swap(&snapshot(&[2]), &snapshot(&[]), |_| true);
        let heard = |n| retired.hears(ip(n), |_| true);
        assert_eq!((heard(1), heard(2), heard(3)), (true, true, false));
        assert!(!retired.hears(ip(1), |_| false), "its last leg is over");
    }

    #[test]
    fn who_has_no_leg_is_not_kept() {
        let mut retired = Retired::default();
        retired.swap(&snapshot(&[1]), &snapshot(&[2]), |_| false);
        assert!(!retired.hears(ip(1), |_| true));
    }

    /// Two servers of many at a time, as name servers that share load do it.
    #[test]
    fn a_name_that_changes_with_every_look_fills_nothing() {
        let mut retired = Retired::default();
        let of_eight = |n: u16| snapshot(&[n % 8, (n + 3) % 8]);
        for n in 0..1000 {
            retired.swap(&of_eight(n), &of_eight(n + 1), |_| true);
        }
        assert!(retired.0.len() <= 8, "{}", retired.0.len());
        assert!((0..8).all(|n| retired.hears(ip(n), |_| true)));
        for n in 0..1000 {
            retired.swap(&snapshot(&[n]), &snapshot(&[n + 1]), |_| true);
        }
        assert_eq!(retired.0.len(), MAX_RETIRED);
        assert!(retired.hears(ip(999), |_| true));
    }
}
