//! Takes a new INVITE, and carries out what `call::inbound` decides. Its reliable 18x and their PRACKs are in `reliable`.

use std::time::{Duration, Instant};

use bytes::Bytes;

use super::established::Hand;
use super::responses::put_session;
use super::servers::ServerId;
use super::session_timer::{put_session_agreed, session_wanted};
use super::{Endpoint, read, write};
use crate::sip::api::{EndReason, Event, Incoming, Path};
use crate::sip::call::established::{self, Established, Refresher};
use crate::sip::call::inbound::{self, Action, Ended, Inbound, Provisionals};
use crate::sip::call::{Call, Forked, Ingoing, Kept, Origin, Repeated};
use crate::sip::dialog::Dialog;
use crate::sip::header::{Name, RetryAfter, Value};
use crate::sip::message::Message;

/// What the user says to an INVITE, for the action that it leads to.
#[derive(Default)]
pub(super) struct Word<'a> {
    pub(super) status: u16,
    pub(super) sdp: Option<&'a Bytes>,
    pub(super) retry_after: Option<Duration>,
    pub(super) challenges: &'a [String],
}

impl Endpoint {
    /// A new call: 100, and word to the user.
    pub(super) fn take_invite(&mut self, now: Instant, (id, path): (ServerId, Path), request: &Message) {
        let contact = write::contact(&path, self.config.advertised);
        let (Some(contact), Some(entry)) = (contact, self.servers.get(id)) else {
            return;
        };
        let tag = entry.tag.clone();
        let leg = self.new_leg();
        let reliable = request.has_token(&Name::Require, "100rel");
        let provisionals = if reliable {
            Provisionals::Reliable
        } else {
            Provisionals::Plain
        };
        let ingoing = Ingoing {
            machine: Inbound::new(provisionals, self.config.ring_limit, now),
            server: id,
            silent: reliable && read::sdp(request).is_none(),
            progress: None,
            reliable: None,
            kept: None,
            success: None,
            session: session_wanted(request),
        };
        let origin = Origin::Inbound(Box::new(ingoing));
        let mut call = Call::new(leg, origin, (request.call_id().clone(), tag), (contact, path));
        call.hear(read::sdp(request).as_ref());
        let local_cseq = self.first_cseq();
        call.forks.push(Forked {
            dialog: dialog_of(&call, request, local_cseq),
            ack: None,
        });
        if let Some(entry) = self.servers.get_mut(id) {
            entry.leg = Some(leg);
        }
        self.respond(now, id, 100);
        self.event(Event::Incoming(Box::new(Incoming {
            leg,
            path,
            to_user: read::user(request.request_uri()),
            dialled_user: read::user(Some(request.to().uri())),
            from_user: read::user(Some(request.from().uri())),
            asserted_user: read::asserted_user(request),
            withheld: read::withheld(request),
            signed: read::signed(request),
            proofs: read::proofs(request),
            sip_call_id: String::from_utf8_lossy(call.call_id.as_bytes()).into_owned(),
            sdp: read::sdp(request),
        })));
        self.add_call(call);
    }

    /// Gives the machine an event, and carries out what it wants. `request` is the ACK, CANCEL or BYE at hand.
    pub(super) fn inbound_event(
        &mut self,
        now: Instant,
        call: &mut Call,
        event: inbound::Event,
        (word, request): (Word<'_>, Option<&Message>),
    ) {
        let Origin::Inbound(ingoing) = &mut call.origin else {
            return;
        };
        for action in ingoing.machine.on(event, now) {
            self.inbound_action(now, call, action, (&word, request));
        }
    }

    fn inbound_action(
        &mut self,
        now: Instant,
        call: &mut Call,
        action: Action,
        (word, request): (&Word<'_>, Option<&Message>),
    ) {
        let leg = call.leg;
        let Origin::Inbound(ingoing) = &mut call.origin else {
            return;
        };
        let id = ingoing.server;
        match action {
            Action::Provisional => self.send_provisional(now, call, (word.status, word.sdp)),
            Action::Keep => {
                ingoing.kept = Some(Kept {
                    status: word.status,
                    sdp: word.sdp.cloned(),
                });
            }
            Action::ProvisionalKept => {
                if let Some(kept) = ingoing.kept.take() {
                    self.send_provisional(now, call, (kept.status, kept.sdp.as_ref()));
                }
            }
            Action::SuccessKept => {
                if let Some(kept) = ingoing.kept.take() {
                    self.send_success(now, call, kept.sdp.as_ref());
                }
            }
            Action::RepeatProvisional => {
                let path = self.servers.get(id).map(|entry| entry.path);
                if let (Some(path), Some(bytes)) = (path, ingoing.progress.clone()) {
                    self.transmit(path, bytes);
                }
            }
            Action::Success => self.send_success(now, call, word.sdp),
            Action::RepeatSuccess => {
                if let Some(success) = &ingoing.success {
                    self.transmit(success.path, success.bytes.clone());
                }
            }
            Action::Failure => {
                call.gone = true;
                let Some(mut response) = self.response(id, word.status) else {
                    return;
                };
                if let Some(wait) = word.retry_after {
                    response.push(Name::RetryAfter, RetryAfter(wait));
                }
                for value in word
                    .challenges
                    .iter()
                    .filter_map(|text| Value::new(text.clone()).ok())
                {
                    response.push(Name::WwwAuthenticate, value);
                }
                self.send_response(now, id, &response);
            }
            Action::Refuse(status) => self.respond(now, id, status),
            Action::Bye => self.send_bye(now, call),
            Action::Establish { close } => self.establish(now, call, close, request),
            Action::Ended(why) => {
                call.gone = true;
                let cause = request.and_then(Message::q850_cause);
                self.event(Event::Ended {
                    leg,
                    reason: reason(why, cause),
                });
            }
        }
    }

    fn send_provisional(&mut self, now: Instant, call: &mut Call, (status, sdp): (u16, Option<&Bytes>)) {
        let Origin::Inbound(ingoing) = &mut call.origin else {
            return;
        };
        let id = ingoing.server;
        let Some(mut response) = self.response(id, status) else {
            return;
        };
        put_session(&mut response, &call.contact, sdp);
        self.make_reliable(ingoing, &mut response);
        ingoing.progress = self.send_response(now, id, &response).map(|(_, bytes)| bytes);
    }

    fn send_success(&mut self, now: Instant, call: &mut Call, sdp: Option<&Bytes>) {
        let Origin::Inbound(ingoing) = &mut call.origin else {
            return;
        };
        let id = ingoing.server;
        let Some(request) = self.servers.get(id).and_then(|entry| entry.request.as_ref()) else {
            return;
        };
        // Who asks for no session timer is given ours, with us to refresh (RFC 4028 9).
        let ours = call.manners.session_expires;
        ingoing.session = ingoing.session.or(ours.map(|interval| (interval, Refresher::Us)));
        let (cseq, offered) = (request.cseq().number, read::sdp(request).is_none());
        let Some(mut response) = self.response(id, 200) else {
            return;
        };
        put_session(&mut response, &call.contact, sdp);
        put_session_agreed(&mut response, request, ingoing.session);
        let sent = self.send_response(now, id, &response);
        ingoing.success = sent.map(|(path, bytes)| Repeated {
            cseq,
            path,
            bytes,
            offered,
        });
        call.description = sdp.cloned().unwrap_or_default();
    }

    fn establish(&mut self, now: Instant, call: &mut Call, close: bool, ack: Option<&Message>) {
        let Origin::Inbound(ingoing) = &mut call.origin else {
            return;
        };
        let offered = ingoing.success.take().is_some_and(|success| success.offered);
        let session = ingoing.session;
        let sdp = ack.and_then(read::sdp).filter(|_| offered);
        call.hear(sdp.as_ref());
        call.established = Some(Established::new());
        let Some(dialog) = call.dialog() else { return };
        let dialog = dialog.snapshot();
        if close {
            return self.established_event(now, call, established::Event::Close, Hand::default());
        }
        self.event(Event::Confirmed {
            leg: call.leg,
            sdp,
            dialog,
        });
        self.session_agreed(now, call, session);
    }
}

/// The dialog that an INVITE makes with our answer (RFC 3261 12.1.1).
fn dialog_of(call: &Call, request: &Message, local_cseq: u32) -> Dialog {
    Dialog {
        call_id: call.call_id.clone(),
        local: request.to().with_tag(&call.local_tag),
        remote: request.from().clone(),
        local_cseq,
        remote_cseq: Some(request.cseq().number),
        remote_target: read::contact_uri(request).unwrap_or_else(|| request.from().uri().clone()),
        route_set: read::record_route(request),
        path: call.path,
        rseq: None,
        takes_update: request.has_token(&Name::Allow, "UPDATE"),
    }
}

fn reason(why: Ended, q850_cause: Option<u16>) -> EndReason {
    match why {
        Ended::Canceled => EndReason::Canceled,
        Ended::Bye => EndReason::Bye { q850_cause },
        Ended::Closed | Ended::RingLimit => EndReason::Closed,
        Ended::NoAck => EndReason::NoAck,
        Ended::NoPrack => EndReason::NoPrack,
    }
}
