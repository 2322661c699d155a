//! Who may send to a stream: the address of the SDP; behind NAT the first sender of real packets, and then nobody else. But the address
//! of the SDP comes first wherever it speaks: who was quicker to guess a port than the far end to speak is put out by it.

use std::net::SocketAddr;

/// Where packets may come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// Nothing is negotiated yet.
    Nobody,
    /// Exactly this one, by the SDP.
    Exact(SocketAddr),
    /// The first that sends what was negotiated (the far end is behind NAT); until then we send to the SDP's address.
    Learning(SocketAddr),
    /// It was learnt.
    Learnt {
        /// Where its packets come from.
        from: SocketAddr,
        /// What the SDP said.
        described: SocketAddr,
    },
}

impl Source {
    /// What the SDP says now. A source that was learnt stays while the SDP's address does.
    pub(super) fn connect(self, described: SocketAddr, learn: bool) -> Source {
        // An unspecified address holds the call (RFC 2543 section B.5): there is nobody to be learnt.
        let learn = learn && !described.ip().is_unspecified();
        match self {
            Source::Learning(before)
            | Source::Learnt {
                described: before, ..
            } if learn && before == described => self,
            Source::Nobody | Source::Exact(_) | Source::Learning(_) | Source::Learnt { .. } if learn => {
                Source::Learning(described)
            }
            Source::Nobody | Source::Exact(_) | Source::Learning(_) | Source::Learnt { .. } => {
                Source::Exact(described)
            }
        }
    }

    /// Whether a packet may be looked at.
    pub(super) fn admits(self, from: SocketAddr) -> bool {
        match self {
            Source::Nobody => false,
            Source::Exact(address) => address == from,
            Source::Learnt {
                from: address,
                described,
            } => address == from || described == from,
            Source::Learning(_) => true,
        }
    }

    /// Whether RTCP may be looked at: its port may be any, translated or not.
    pub(super) fn admits_rtcp(self, from: SocketAddr) -> bool {
        match self {
            Source::Nobody | Source::Learning(_) => false,
            Source::Exact(address) | Source::Learnt { from: address, .. } => address.ip() == from.ip(),
        }
    }

    /// Locks to the sender of a packet that proved right; true when that is news.
    pub(super) fn learn(&mut self, from: SocketAddr) -> bool {
        match *self {
            Source::Learning(described) => {
                *self = Source::Learnt { from, described };
                true
            }
            Source::Learnt {
                from: before,
                described,
            } if before != from && described == from => {
                *self = Source::Learnt { from, described };
                true
            }
            Source::Nobody | Source::Exact(_) | Source::Learnt { .. } => false,
        }
    }

    /// The only address, once there is one.
    pub(super) fn locked(self) -> Option<SocketAddr> {
        match self {
            Source::Exact(address) | Source::Learnt { from: address, .. } => Some(address),
            Source::Nobody | Source::Learning(_) => None,
        }
    }

    /// Where our packets go (symmetric RTP, RFC 4961).
    pub(super) fn destination(self) -> Option<SocketAddr> {
        match self {
            Source::Nobody => None,
            Source::Exact(address) | Source::Learning(address) | Source::Learnt { from: address, .. } => {
                Some(address)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(port: u16) -> SocketAddr {
        ([192, 0, 2, 1], port).into()
    }

    #[test]
    fn the_address_of_the_sdp_is_exact() {
        let source = Source::Nobody.connect(at(1), false);
        assert!(source.admits(at(1)) && !source.admits(at(2)));
        assert_eq!(source.connect(at(2), false), Source::Exact(at(2)));
        assert!(!Source::Nobody.admits(at(1)));
    }

    #[test]
    fn a_learnt_source_stays_until_the_sdp_names_another() {
        let mut source = Source::Nobody.connect(at(1), true);
        assert_eq!((source.destination(), source.locked()), (Some(at(1)), None));
        assert!(source.admits(at(7)) && source.learn(at(7)) && !source.learn(at(8)));
        assert!(source.admits(at(7)) && !source.admits(at(8)));
        assert_eq!(source.connect(at(1), true), source);
        assert_eq!(source.connect(at(2), true), Source::Learning(at(2)));
    }

    #[test]
    fn nobody_is_learnt_while_the_call_is_held() {
        let held = SocketAddr::from(([0, 0, 0, 0], 1));
        let mut source = Source::Nobody.connect(at(1), true);
        assert!(source.learn(at(7)));
        let source = source.connect(held, true);
        assert!(!source.admits(at(7)) && !source.admits(at(8)));
        assert_eq!(source.connect(at(1), true), Source::Learning(at(1)));
    }

    /// A stranger was first; the far end speaks from where it said, and from then on it alone is heard.
    #[test]
    fn the_address_of_the_sdp_puts_a_learnt_one_out() {
        let mut source = Source::Nobody.connect(at(1), true);
        assert!(source.learn(at(7)));
        assert_eq!(source.destination(), Some(at(7)));
        assert!(source.admits(at(1)) && source.learn(at(1)));
        assert_eq!(
            (source.destination(), source.locked()),
            (Some(at(1)), Some(at(1)))
        );
        assert!(!source.admits(at(7)) && !source.learn(at(7)) && !source.learn(at(1)));
    }
}
