//! Reliable 18x (RFC 3262) of a call that came in: numbered, and acknowledged by PRACK. Those of our own calls are in `outbound`.
//!
//! ```text
//! INVITE, Require: 100rel ──► us      180, Require: 100rel, RSeq: n ──► them, again and again until
//! PRACK, RAck: n m INVITE ──► us      200 ──► them; any other number: 481
//! ```

use std::time::Instant;

use rand::RngExt;

use super::inbound::Word;
use super::servers::ServerId;
use super::{Endpoint, read};
use crate::sip::call::{Call, Ingoing, Origin, Reliable, inbound};
use crate::sip::header::{Name, RAck, RSeq, Value};
use crate::sip::message::Message;
use crate::sip::method::Method;

/// The first RSeq is at most this: there is room to count up within 31 bits (RFC 3262 3).
const FIRST_RSEQ_MAX: u32 = 1 << 16;

impl Endpoint {
    /// Puts the next RSeq into an 18x, where the far end wants it reliable.
    pub(super) fn make_reliable(&mut self, ingoing: &mut Ingoing, response: &mut Message) {
        if !ingoing.machine.is_reliable() {
            return;
        }
        let rseq = match ingoing.reliable {
            Some(last) => last.rseq.saturating_add(1),
            None => self.rng.random_range(1..=FIRST_RSEQ_MAX),
        };
        ingoing.reliable = Some(Reliable {
            rseq,
            cseq: response.cseq().number,
            acknowledged: false,
        });
        response.push(Name::Require, Value::from("100rel"));
        response.push(Name::RSeq, RSeq(rseq));
    }

    /// PRACK: 200 for the 18x that waits for it, 481 for any other (RFC 3262 3). What is said again of one transaction, the transaction
    /// answers. Our 18x leave no offer open, so a description in it is a new one: refused, and nothing is acknowledged by it.
    pub(super) fn take_prack(&mut self, now: Instant, call: &mut Call, id: ServerId, request: &Message) {
        let Some(rack) = request.get::<RAck>() else {
            return self.respond(now, id, 400);
        };
        let Origin::Inbound(ingoing) = &mut call.origin else {
            return self.respond(now, id, 481);
        };
        let waits = |sent: &&mut Reliable| {
            !sent.acknowledged
                && (sent.rseq, sent.cseq) == (rack.rseq, rack.cseq)
                && rack.method == Method::Invite
        };
        let Some(sent) = ingoing.reliable.as_mut().filter(waits) else {
            return self.respond(now, id, 481);
        };
        if read::sdp(request).is_some() {
            return self.respond(now, id, 488);
        }
        sent.acknowledged = true;
        self.respond(now, id, 200);
        self.inbound_event(now, call, inbound::Event::Prack, (Word::default(), Some(request)));
    }
}
