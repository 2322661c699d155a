//! SRTP around one stream: what leaves is encrypted last, what comes is opened first.
//!
//! A plain stream pays one comparison a packet: the keys are behind a box that is not there, and nothing is locked or
//! allocated either way.

use crate::engine::Outbox;
use crate::srtp::{Incoming, Keys, Outgoing, Refused};

/// Whether this stream is encrypted.
#[derive(Debug, Default)]
pub(super) enum Guard {
    /// It never was.
    #[default]
    Off,
    /// It was, and is plain now. Its counters stay, should the same key come back.
    Paused(Box<State>),
    /// It is.
    On(Box<State>),
}

#[derive(Debug)]
pub(super) struct State {
    keys: Keys,
    outgoing: Outgoing,
    incoming: Incoming,
}

impl Guard {
    /// What was agreed on now. A direction whose key has not changed goes on counting.
    pub(super) fn agree(self, keys: Option<Keys>) -> Guard {
        let before = match self {
            Guard::Off => None,
            Guard::Paused(state) | Guard::On(state) => Some(state),
        };
        match (before, keys) {
            (None, None) => Guard::Off,
            (Some(state), None) => Guard::Paused(state),
            (None, Some(keys)) => Guard::On(Box::new(State {
                keys,
                outgoing: Outgoing::new(&keys.ours),
                incoming: Incoming::new(&keys),
            })),
            (Some(mut state), Some(keys)) => {
                if state.keys.ours != keys.ours {
                    state.outgoing = Outgoing::new(&keys.ours);
                }
                if (state.keys.theirs, state.keys.their_mki_len) != (keys.theirs, keys.their_mki_len) {
                    state.incoming = Incoming::new(&keys);
                }
                state.keys = keys;
                Guard::On(state)
            }
        }
    }

    /// Encrypts the RTP packet that was put into the outbox last.
    pub(super) fn seal_rtp(&mut self, out: &mut Outbox) {
        if let Guard::On(state) = self {
            out.amend(|bytes, start| state.outgoing.seal_rtp(bytes, start).is_ok());
        }
    }

    /// The same with RTCP.
    pub(super) fn seal_rtcp(&mut self, out: &mut Outbox) {
        if let Guard::On(state) = self {
            out.amend(|bytes, start| state.outgoing.seal_rtcp(bytes, start).is_ok());
        }
    }

    /// Opens RTP in place.
    pub(super) fn open_rtp<'d>(&mut self, datagram: &'d mut [u8]) -> Result<&'d mut [u8], Refused> {
        match self {
            Guard::Off | Guard::Paused(_) => Ok(datagram),
            Guard::On(state) => {
                let length = state.incoming.open_rtp(datagram)?;
                datagram.get_mut(..length).ok_or(Refused::Malformed)
            }
        }
    }

    /// Opens RTCP in place.
    pub(super) fn open_rtcp<'d>(&mut self, datagram: &'d mut [u8]) -> Result<&'d mut [u8], Refused> {
        match self {
            Guard::Off | Guard::Paused(_) => Ok(datagram),
            Guard::On(state) => {
                let length = state.incoming.open_rtcp(datagram)?;
                datagram.get_mut(..length).ok_or(Refused::Malformed)
            }
        }
    }
}
