//! What a far end has asked us to prove, and the proof in each further request (RFC 3261 22).

use rand_chacha::ChaCha8Rng;

use crate::sip::message::Message;
use crate::trunk::snapshot::Credentials;

/// The credentials of a leg with the challenge that they answer.
pub(crate) struct Credentialed {
    credentials: Credentials,
}

impl Credentialed {
    /// Not challenged yet.
    pub(super) fn new(credentials: Credentials) -> Credentialed {
        Credentialed { credentials }
    }

    /// Remembers the challenge of a 401 or 407; false when there is none that we can answer.
    pub(super) fn take(&mut self, _response: &Message, _rng: &mut ChaCha8Rng) -> bool {
        false
    }

    /// Puts the proof into a request, when there was a challenge.
    pub(super) fn put(&mut self, _request: &mut Message) {}
}
