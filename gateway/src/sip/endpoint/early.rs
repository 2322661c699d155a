//! Offers in a dialog that is not confirmed yet (RFC 3311 5.2): carriers move early media by UPDATE.
//!
//! ```text
//! us ── INVITE offer ──► them      183 answer, reliable ──► us, PRACK ──► them       from here on:
//! them ── UPDATE offer ──► us      200 answer ──► them                               … until the 2xx
//! ```

use std::time::Instant;

use bytes::Bytes;

use super::{Endpoint, read};
use crate::sip::api::Event;
use crate::sip::call::outbound::Fork;
use crate::sip::call::{Call, Origin, Theirs};
use crate::sip::message::Message;

impl Endpoint {
    /// The user accepts an early offer: what was agreed on before counts no more.
    pub(super) fn accept_early(&mut self, now: Instant, call: &mut Call, sdp: Option<&Bytes>) {
        if let (Origin::Outbound(out), true) = (&mut call.origin, call.theirs.is_some())
            && let Some(early) = &mut out.early
        {
            early.answer = None;
        }
        self.answer_theirs(now, call, sdp);
    }

    /// An offer before the ACK. Only one comes in time: by UPDATE, after a reliable answer to ours.
    pub(super) fn take_early_offer(
        &mut self,
        now: Instant,
        call: &mut Call,
        (theirs, fork): (Theirs, Fork),
        request: &Message,
    ) {
        let id = theirs.server;
        match &call.origin {
            // The user has not decided on the one before.
            Origin::Outbound(_) if call.theirs.is_some() => self.refuse_offer(now, id, 500),
            Origin::Outbound(out)
                if !theirs.by_invite && out.early.as_ref().is_some_and(|early| early.fork == fork) =>
            {
                call.theirs = Some(theirs);
                let (leg, offer) = (call.leg, read::sdp(request));
                self.event(Event::Modify { leg, offer });
            }
            // Ours has no answer yet.
            Origin::Outbound(_) => self.refuse_offer(now, id, 491),
            // Theirs has none yet, or the ACK is under way that ends the matter.
            Origin::Inbound(ingoing) if ingoing.success.is_none() => self.refuse_offer(now, id, 500),
            Origin::Inbound(_) => self.refuse_offer(now, id, 491),
        }
    }
}
