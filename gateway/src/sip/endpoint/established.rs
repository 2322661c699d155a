//! Carries out what `call::established` decides: offers, their answers, the session timer and the end of a dialog.

use std::time::{Duration, Instant};

use bytes::Bytes;
use rand::RngExt;

use super::clients::{ClientKey, Purpose, Tell};
use super::responses::put_session;
use super::servers::ServerId;
use super::session_timer::{longer, negotiated_as_uac, put_session_agreed, session_wanted};
use super::{Endpoint, read};
use crate::sip::api::{EndReason, Event};
use crate::sip::call::established::{self, Action, Ended};
use crate::sip::call::outbound::Fork;
use crate::sip::call::{Call, Origin, Repeated, Theirs};
use crate::sip::digest::MAX_TRIES;
use crate::sip::header::{Name, RetryAfter};
use crate::sip::message::Message;

/// What an action may need beside the call: the user's word, the request or response at hand.
#[derive(Clone, Copy, Default)]
pub(super) struct Hand<'a> {
    /// A description or status of the user.
    pub(super) sdp: Option<&'a Bytes>,
    /// A status of the user.
    pub(super) status: u16,
    /// The request or response.
    pub(super) message: Option<&'a Message>,
    /// The transaction of the request.
    pub(super) server: Option<ServerId>,
}

impl Endpoint {
    /// Gives the machine an event, and carries out what it wants.
    pub(super) fn established_event(
        &mut self,
        now: Instant,
        call: &mut Call,
        event: established::Event,
        hand: Hand<'_>,
    ) {
        let Some(machine) = &mut call.established else {
            return;
        };
        for action in machine.on(event, now) {
            self.established_action(now, call, action, hand);
        }
    }

    fn established_action(&mut self, now: Instant, call: &mut Call, action: Action, hand: Hand<'_>) {
        let leg = call.leg;
        match action {
            Action::Offer => self.offer(now, call),
            Action::Refresh => self.refresh(now, call),
            Action::Ack => {
                if let Some(response) = hand.message.filter(|response| read::is_invite(response)) {
                    let fork = call.chosen;
                    self.send_ack(call, fork, response.cseq().number);
                }
            }
            Action::Answer => self.answer_theirs(now, call, hand.sdp),
            Action::RepeatAnswer => {
                if let Some(answer) = &call.answer {
                    self.transmit(answer.path, answer.bytes.clone());
                }
            }
            Action::RefuseAsSaid => self.refuse_theirs(now, call, hand.status),
            Action::RefusePending(status) => self.refuse_theirs(now, call, status),
            Action::RefuseThis(status) => {
                if let Some(id) = hand.server {
                    self.refuse_offer(now, id, status);
                }
            }
            Action::Bye => self.send_bye(now, call),
            Action::Modify => {
                let offer = hand.message.and_then(read::sdp);
                self.event(Event::Modify { leg, offer });
            }
            Action::Modified => {
                if let Some(sdp) = call.ours.take() {
                    call.description = sdp;
                }
                let sdp = hand.message.and_then(read::sdp);
                call.hear(sdp.as_ref());
                self.event(Event::Modified { leg, result: Ok(sdp) });
            }
            Action::Refreshed => {
                let sdp = hand.message.and_then(read::sdp);
                if sdp.is_some() && sdp != call.heard {
                    call.hear(sdp.as_ref());
                    self.event(Event::Modified { leg, result: Ok(sdp) });
                }
            }
            Action::NotModified(status) => {
                call.ours = None;
                let status = status.or(hand.message.map(read::status)).unwrap_or(408);
                self.event(Event::Modified {
                    leg,
                    result: Err(status),
                });
            }
            Action::Acknowledged => {
                let offered = call.answer.take().is_some_and(|answer| answer.offered);
                if offered {
                    let sdp = hand.message.and_then(read::sdp);
                    call.hear(sdp.as_ref());
                    self.event(Event::Modified { leg, result: Ok(sdp) });
                }
            }
            Action::Ended(why) => {
                call.gone = true;
                let q850_cause = hand.message.and_then(Message::q850_cause);
                self.event(Event::Ended {
                    leg,
                    reason: reason(why, q850_cause),
                });
            }
        }
    }

    /// Sends the user's offer. It is kept, for a 491 or a challenge may ask for it again.
    fn offer(&mut self, now: Instant, call: &mut Call) {
        let Some(sdp) = call.ours.clone() else { return };
        self.send_re_invite(now, call, &sdp);
    }

    fn refresh(&mut self, now: Instant, call: &mut Call) {
        if call.dialog().is_some_and(|dialog| dialog.takes_update) {
            return self.send_update(now, call);
        }
        let sdp = call.description.clone();
        self.send_re_invite(now, call, &sdp);
    }

    pub(super) fn answer_theirs(&mut self, now: Instant, call: &mut Call, sdp: Option<&Bytes>) {
        let Some(theirs) = call.theirs.take() else { return };
        let Some(request) = self
            .servers
            .get(theirs.server)
            .and_then(|entry| entry.request.as_ref())
        else {
            return;
        };
        let (cseq, offer) = (request.cseq().number, read::sdp(request));
        let session = session_wanted(request);
        let Some(mut response) = self.response(theirs.server, 200) else {
            return;
        };
        put_session(&mut response, &call.contact, sdp);
        put_session_agreed(&mut response, request, session);
        let sent = self.send_response(now, theirs.server, &response);
        if theirs.by_invite {
            call.answer = sent.map(|(path, bytes)| Repeated {
                cseq,
                path,
                bytes,
                offered: theirs.empty,
            });
        }
        call.hear(offer.as_ref());
        if let Some(sdp) = sdp {
            call.description = sdp.clone();
        }
        self.session_agreed(now, call, session);
    }

    pub(super) fn refuse_theirs(&mut self, now: Instant, call: &mut Call, status: u16) {
        if let Some(theirs) = call.theirs.take() {
            self.respond(now, theirs.server, status);
        }
    }

    /// Answers an offer that nobody is asked about; with 500 by a random Retry-After of up to 10 s (RFC 3261 14.2, RFC 3311 5.2).
    pub(super) fn refuse_offer(&mut self, now: Instant, id: ServerId, status: u16) {
        let wait = Duration::from_secs(self.rng.random_range(0..=10));
        let Some(mut response) = self.response(id, status) else {
            return;
        };
        if status == 500 {
            response.push(Name::RetryAfter, RetryAfter(wait));
        }
        self.send_response(now, id, &response);
    }

    /// re-INVITE or UPDATE with an offer in this dialog.
    pub(super) fn take_offer(
        &mut self,
        now: Instant,
        call: &mut Call,
        (id, fork): (ServerId, Fork),
        request: &Message,
    ) {
        let by_invite = read::is_invite(request);
        let event = if by_invite {
            established::Event::ReInvite
        } else {
            established::Event::Update
        };
        let theirs = Theirs {
            server: id,
            by_invite,
            empty: read::sdp(request).is_none(),
        };
        let hand = Hand {
            message: Some(request),
            server: Some(id),
            ..Hand::default()
        };
        let Some(machine) = &mut call.established else {
            return self.take_early_offer(now, call, (theirs, fork), request);
        };
        for action in machine.on(event, now) {
            if action == Action::Modify {
                call.theirs = Some(Theirs { ..theirs });
                if let Some(entry) = self.servers.get_mut(id) {
                    entry.leg = Some(call.leg);
                }
                if by_invite {
                    self.respond(now, id, 100);
                }
            }
            self.established_action(now, call, action, hand);
        }
    }

    /// What became of a request of ours within the dialog.
    pub(super) fn request_heard(
        &mut self,
        now: Instant,
        call: &mut Call,
        (purpose, key, tell): (Purpose, ClientKey, Tell),
        response: Option<&Message>,
    ) {
        let status = response.map(read::status);
        let hand = Hand {
            message: response,
            ..Hand::default()
        };
        if purpose == Purpose::Info {
            return self.info_heard(now, call, tell, response);
        }
        let event = match (purpose, tell) {
            // A re-INVITE is not waited for without end: 64 × T1 after its first 1xx the far end is gone.
            (Purpose::ReInvite, Tell::Provisional) => return self.abandon(now, key),
            (_, Tell::Provisional) | (Purpose::Invite | Purpose::Cancel, _) => return,
            (Purpose::Bye | Purpose::ReInvite | Purpose::Update, Tell::Final)
                if self.again(now, call, (purpose, response)) =>
            {
                return;
            }
            (Purpose::Bye, _) => established::Event::ByeDone,
            (Purpose::Prack | Purpose::Info, _) => return,
            (Purpose::ReInvite | Purpose::Update, Tell::Timeout | Tell::TransportFailed) => {
                established::Event::Gone
            }
            (Purpose::ReInvite | Purpose::Update, Tell::Success | Tell::Final) => match status {
                Some(200..=299) => return self.accepted(now, call, hand),
                Some(408 | 481) => established::Event::Gone,
                // It said that it takes UPDATE, and does not: the next refresh is a re-INVITE.
                Some(405 | 501) if purpose == Purpose::Update => {
                    if let Some(dialog) = call.dialog() {
                        dialog.takes_update = false;
                    }
                    established::Event::Failure
                }
                Some(491) => established::Event::Glare {
                    delay: self.glare_delay(call),
                },
                Some(_) | None => established::Event::Failure,
            },
        };
        self.established_event(now, call, event, hand);
    }

    /// 2xx to our re-INVITE or UPDATE.
    fn accepted(&mut self, now: Instant, call: &mut Call, hand: Hand<'_>) {
        let Some(response) = hand.message else { return };
        let cseq = response.cseq().number;
        let acked = call.forks.get(call.chosen).and_then(|forked| forked.ack.as_ref());
        let repeated = read::is_invite(response) && acked.is_some_and(|acked| acked.cseq == cseq);
        if let (Some(target), Some(dialog)) = (read::contact_uri(response), call.dialog()) {
            // A target refresh (RFC 3261 12.2.1.2).
            dialog.remote_target = target;
        }
        self.established_event(now, call, established::Event::Success { repeated }, hand);
        call.tries = 0;
        if !repeated {
            self.session_agreed(now, call, negotiated_as_uac(response));
        }
    }

    /// A challenged request goes out again with credentials, and one whose session interval was too short with a longer one; twice at
    /// most.
    pub(super) fn again(
        &mut self,
        now: Instant,
        call: &mut Call,
        (purpose, response): (Purpose, Option<&Message>),
    ) -> bool {
        let challenged = matches!(response.map(read::status), Some(401 | 407));
        let goes_again = match challenged {
            true => call.tries < MAX_TRIES && self.take_challenge(call, response),
            false => call.tries < MAX_TRIES && takes_longer(call, response),
        };
        if !goes_again {
            return false;
        }
        call.tries += 1;
        match purpose {
            Purpose::Bye => self.send_bye(now, call),
            Purpose::Update => self.send_update(now, call),
            Purpose::Info => self.send_info(now, call),
            Purpose::ReInvite => {
                let sdp = call.ours.clone().unwrap_or_else(|| call.description.clone());
                self.send_re_invite(now, call, &sdp);
            }
            Purpose::Invite | Purpose::Cancel | Purpose::Prack => return false,
        }
        true
    }

    /// RFC 3261 14.1: 2.1 to 4 s for the owner of the Call-ID, else up to 2 s, in steps of 10 ms.
    fn glare_delay(&mut self, call: &Call) -> Duration {
        let steps = match &call.origin {
            Origin::Outbound(_) => self.rng.random_range(210..=400),
            Origin::Inbound(_) => self.rng.random_range(0..=200),
        };
        Duration::from_millis(steps * 10)
    }
}

/// 422 to a refresh: the far end, or a proxy on the way, takes no interval as short as ours (RFC 4028 7.4).
fn takes_longer(call: &mut Call, response: Option<&Message>) -> bool {
    let Some((interval, refresher)) = call.session else {
        return false;
    };
    let Some(least) = longer(response, interval) else {
        return false;
    };
    call.session = Some((least, refresher));
    call.min_se = Some(least);
    true
}

fn reason(why: Ended, q850_cause: Option<u16>) -> EndReason {
    match why {
        Ended::Bye => EndReason::Bye { q850_cause },
        Ended::Closed => EndReason::Closed,
        Ended::Lost => EndReason::Lost,
        Ended::Expired => EndReason::Expired,
        Ended::NoAck => EndReason::NoAck,
    }
}
