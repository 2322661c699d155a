//! Requests within a dialog (RFC 3261 12.2.2), each to the call that it concerns.

use std::time::Instant;

use super::established::Hand;
use super::inbound::Word;
use super::responses::put_session;
use super::servers::ServerId;
use super::session_timer::{put_session_agreed, session_wanted};
use super::write::ALLOW;
use super::{Endpoint, read};
use crate::ids::LegId;
use crate::sip::api::Event;
use crate::sip::call::outbound::Fork;
use crate::sip::call::{Call, Origin, established, inbound};
use crate::sip::header::Name;
use crate::sip::message::Message;
use crate::sip::method::Method;
use crate::trunk::snapshot::Refer;

impl Endpoint {
    /// The call and the dialog that a request names by Call-ID and both tags.
    fn dialog_named(&self, request: &Message) -> Option<(LegId, Fork)> {
        let leg = *self.dialogs.get(&read::tag(request.to())?)?;
        let call = self.calls.get(&leg)?;
        let remote_tag = request.from().tag();
        let fork = call
            .forks
            .iter()
            .position(|forked| forked.dialog.remote.tag() == remote_tag)?;
        (call.call_id == *request.call_id()).then_some((leg, fork))
    }

    /// A request with a To-tag.
    pub(super) fn within_dialog(&mut self, now: Instant, id: ServerId, request: &Message) {
        let Some((leg, fork)) = self.dialog_named(request) else {
            return self.respond(now, id, 481);
        };
        self.with_call(leg, |endpoint, call| {
            let number = request.cseq().number;
            if call.forks[fork].dialog.take_cseq(number).is_err() {
                endpoint.respond(now, id, 500);
            } else if call.gone {
                endpoint.respond(now, id, 481);
            } else {
                endpoint.in_call(now, call, (id, fork), request);
            }
        });
    }

    fn in_call(&mut self, now: Instant, call: &mut Call, (id, fork): (ServerId, Fork), request: &Message) {
        match request.method() {
            Method::Bye => self.take_bye(now, call, (id, fork), request),
            Method::Invite => {
                refresh_target(call, fork, request);
                self.take_offer(now, call, (id, fork), request);
            }
            Method::Update => self.take_update(now, call, (id, fork), request),
            Method::Info => self.take_info(now, call, id, request),
            Method::Options => self.answer_options(now, id),
            Method::Prack => self.take_prack(now, call, id, request),
            // A transfer would make calls that nobody ordered.
            Method::Refer => match call.manners.refer {
                Refer::Decline => self.respond(now, id, 603),
                Refer::NotAllowed => self.refuse_method(now, id, 405),
            },
            Method::Ack | Method::Cancel => {}
            Method::Register
            | Method::Subscribe
            | Method::Notify
            | Method::Message
            | Method::Publish
            | Method::Other(_) => self.refuse_method(now, id, 405),
        }
    }

    /// 405 or 501 with Allow (RFC 3261 8.2.1).
    pub(super) fn refuse_method(&mut self, now: Instant, id: ServerId, status: u16) {
        if let Some(mut response) = self.response(id, status) {
            response.push(Name::Allow, ALLOW);
            self.send_response(now, id, &response);
        }
    }

    fn take_bye(&mut self, now: Instant, call: &mut Call, (id, fork): (ServerId, Fork), request: &Message) {
        self.respond(now, id, 200);
        if call.established.is_some() {
            if fork == call.chosen {
                let hand = Hand {
                    message: Some(request),
                    ..Hand::default()
                };
                self.established_event(now, call, established::Event::Bye, hand);
            }
            return;
        }
        match &call.origin {
            Origin::Inbound(_) => {
                self.inbound_event(now, call, inbound::Event::Bye, (Word::default(), Some(request)));
            }
            // The callee may not end an early dialog so; its final response says what it wants (RFC 3261 15).
            Origin::Outbound(_) => {}
        }
    }

    fn take_update(
        &mut self,
        now: Instant,
        call: &mut Call,
        (id, fork): (ServerId, Fork),
        request: &Message,
    ) {
        refresh_target(call, fork, request);
        if read::sdp(request).is_some() {
            return self.take_offer(now, call, (id, fork), request);
        }
        let session = session_wanted(request);
        let Some(mut response) = self.response(id, 200) else {
            return;
        };
        put_session(&mut response, &call.contact, None);
        put_session_agreed(&mut response, request, session);
        self.send_response(now, id, &response);
        if call.established.is_some() {
            self.session_agreed(now, call, session);
        }
    }

    fn take_info(&mut self, now: Instant, call: &mut Call, id: ServerId, request: &Message) {
        self.respond(now, id, 200);
        if let Some((content_type, body)) = read::info(request) {
            self.event(Event::Info {
                leg: call.leg,
                content_type,
                body,
            });
        }
    }

    /// ACK of a 2xx: it belongs to a dialog, not to a transaction. There is no response to it.
    pub(super) fn receive_ack(&mut self, now: Instant, request: &Message) {
        if let Some((leg, _)) = self.dialog_named(request) {
            self.with_call(leg, |endpoint, call| endpoint.acknowledged(now, call, request));
        }
    }

    fn acknowledged(&mut self, now: Instant, call: &mut Call, request: &Message) {
        let number = request.cseq().number;
        let success = match &call.origin {
            Origin::Inbound(ingoing) => ingoing.success.as_ref().map(|success| success.cseq),
            Origin::Outbound(_) => None,
        };
        if success == Some(number) {
            self.inbound_event(now, call, inbound::Event::Ack, (Word::default(), Some(request)));
        } else if call.answer.as_ref().is_some_and(|answer| answer.cseq == number) {
            let hand = Hand {
                message: Some(request),
                ..Hand::default()
            };
            self.established_event(now, call, established::Event::Ack, hand);
        }
    }

    /// An ACK to our 2xx that has, against RFC 3261 13.2.2.4, the branch of its INVITE.
    pub(super) fn ack_with_invites_branch(&mut self, now: Instant, id: ServerId, request: &Message) {
        let Some(leg) = self.servers.get(id).and_then(|entry| entry.leg) else {
            return;
        };
        self.with_call(leg, |endpoint, call| endpoint.acknowledged(now, call, request));
    }
}

/// A target refresh request moves the remote target (RFC 3261 12.2.2, RFC 3311 5.2).
fn refresh_target(call: &mut Call, fork: Fork, request: &Message) {
    let dialog = &mut call.forks[fork].dialog;
    if let Some(target) = read::contact_uri(request) {
        dialog.remote_target = target;
    }
    dialog.takes_update |= request.has_token(&Name::Allow, "UPDATE");
}
