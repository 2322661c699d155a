//! Requests outside of any dialog (RFC 3261 8.2), and CANCEL (9.2).

use std::time::Instant;

use super::established::Hand;
use super::inbound::Word;
use super::servers::ServerId;
use super::write::{ALLOW, SDP, SUPPORTED};
use super::{Endpoint, read};
use crate::sip::api::{Event, Path};
use crate::sip::call::{Origin, established, inbound};
use crate::sip::header::Name;
use crate::sip::message::Message;
use crate::sip::method::Method;

impl Endpoint {
    /// A request without a To-tag, or a CANCEL.
    pub(super) fn outside_dialog(&mut self, now: Instant, (id, path): (ServerId, Path), request: &Message) {
        match request.method() {
            Method::Invite if self.draining || self.calls.len() >= self.config.max_calls => {
                self.refuse_busy(now, id);
            }
            Method::Invite if request.max_forwards() == Some(0) => self.respond(now, id, 483),
            Method::Invite => self.take_invite(now, (id, path), request),
            Method::Options => {
                if self.draining {
                    self.refuse_busy(now, id);
                } else {
                    self.answer_options(now, id);
                }
                self.event(Event::OptionsAnswered { path });
            }
            Method::Cancel => self.take_cancel(now, id, request),
            Method::Bye | Method::Update | Method::Info | Method::Prack => self.respond(now, id, 481),
            Method::Refer => self.respond(now, id, 603),
            Method::Ack => {}
            Method::Register | Method::Subscribe | Method::Notify | Method::Message | Method::Publish => {
                self.refuse_method(now, id, 405);
            }
            // Known to nobody here (RFC 3261 21.5.2).
            Method::Other(_) => self.refuse_method(now, id, 501),
        }
    }

    /// CANCEL is answered 200 when there is an INVITE with its branch, and has an effect when that has no final yet.
    fn take_cancel(&mut self, now: Instant, id: ServerId, request: &Message) {
        let invite = self.servers.find(&read::canceled_key(request));
        let Some((invite, entry)) = invite.and_then(|invite| Some((invite, self.servers.get(invite)?)))
        else {
            return self.respond(now, id, 481);
        };
        // Its To-tag is that of the responses to the INVITE (RFC 3261 9.2).
        let (tag, leg) = (entry.tag.clone(), entry.leg);
        if let Some(entry) = self.servers.get_mut(id) {
            entry.tag = tag;
        }
        self.respond(now, id, 200);
        let Some(leg) = leg else { return };
        self.with_call(leg, |endpoint, call| match &call.origin {
            Origin::Inbound(ingoing) if ingoing.server == invite => {
                endpoint.inbound_event(
                    now,
                    call,
                    inbound::Event::Cancel,
                    (Word::default(), Some(request)),
                );
            }
            Origin::Inbound(_) | Origin::Outbound(_) => {
                endpoint.established_event(now, call, established::Event::Cancel, Hand::default());
            }
        });
    }

    /// What we can do (RFC 3261 11.2).
    pub(super) fn answer_options(&mut self, now: Instant, id: ServerId) {
        let Some(mut response) = self.response(id, 200) else {
            return;
        };
        response.push(Name::Allow, ALLOW);
        response.push(Name::Accept, SDP);
        response.push(Name::AcceptEncoding, "identity");
        response.push(Name::AcceptLanguage, "en");
        response.push(Name::Supported, SUPPORTED);
        self.send_response(now, id, &response);
    }
}
