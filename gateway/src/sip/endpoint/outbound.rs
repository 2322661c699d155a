//! Carries out what `call::outbound` decides, and reads the responses to our INVITE for it.

use std::time::Instant;

use super::clients::Tell;
use super::session_timer::{longer, negotiated_as_uac};
use super::{ClientKey, Endpoint, NotDialled, read};
use crate::sip::api::{Dial, Event, Failure, Patience};
use crate::sip::call::established::Established;
use crate::sip::call::outbound::{self, Action, Fork, Outbound, Why};
use crate::sip::call::{Call, Early, Forked, MAX_FORKS, Origin, Outgoing};
use crate::sip::dialog::{Dialog, Reliable};
use crate::sip::digest::{self, MAX_TRIES};
use crate::sip::header::{CallId, Name, RetryAfter};
use crate::sip::message::Message;

/// So many 422 are answered by another INVITE.
const MAX_LONGER: u8 = 3;

impl Endpoint {
    /// Makes the call and sends its INVITE.
    pub(super) fn dial_out(&mut self, now: Instant, dial: Dial) -> Result<String, NotDialled> {
        let text = self.call_id();
        let call_id = CallId::parse(text.clone()).map_err(|_| NotDialled::Malformed)?;
        let tag = self.token();
        let invite = self.invite_of(&dial, (&call_id, &tag))?;
        let contact = invite.contact().ok_or(NotDialled::Malformed)?;
        let no_trying = match dial.patience {
            Patience::NextTrunk => Some(self.config.no_trying),
            Patience::Transaction => None,
        };
        let machine = Outbound::new(no_trying, self.config.ring_limit, now);
        let key = ClientKey {
            branch: 0,
            cancel: false,
        };
        let outgoing = Outgoing {
            machine,
            invite,
            key,
            cseq: 0,
            tries: 0,
            session: dial.manners.session_expires,
            longer: 0,
            early: None,
        };
        let origin = Origin::Outbound(Box::new(outgoing));
        let mut call = Call::new(dial.leg, origin, (call_id, tag), (contact, dial.path));
        call.credentials = dial.credentials.map(|known| digest::Client::new(known, None));
        call.description = dial.sdp;
        call.manners = dial.manners;
        self.send_invite(now, &mut call);
        self.add_call(call);
        Ok(text)
    }

    /// A response to our INVITE, or the end of its transaction.
    pub(super) fn invite_heard(
        &mut self,
        now: Instant,
        call: &mut Call,
        (key, tell): (ClientKey, Tell),
        response: Option<&Message>,
    ) {
        // A late word of an INVITE that was sent again with credentials since.
        if !matches!(&call.origin, Origin::Outbound(out) if out.key == key) {
            return;
        }
        let event = match tell {
            Tell::Provisional => match response {
                Some(response) => return self.invite_provisional(now, call, response),
                None => return,
            },
            Tell::Success => match response {
                Some(response) => {
                    let Some(fork) = self.fork_of(call, response, true) else {
                        return;
                    };
                    let repeated = call.forks.get(fork).is_some_and(|forked| forked.ack.is_some());
                    outbound::Event::Success { fork, repeated }
                }
                None => return,
            },
            Tell::Final if self.takes_challenge(call, response) || takes_longer(call, response) => {
                outbound::Event::Again
            }
            Tell::Final => outbound::Event::Failure,
            Tell::Timeout => outbound::Event::Timeout,
            Tell::TransportFailed => outbound::Event::TransportFailed,
        };
        self.outbound_event(now, call, event, response);
    }

    fn invite_provisional(&mut self, now: Instant, call: &mut Call, response: &Message) {
        if read::status(response) == 100 {
            return self.outbound_event(now, call, outbound::Event::Trying, Some(response));
        }
        // Each makes a dialog, in which the far end may ask for something (RFC 3261 12.1).
        let Some(fork) = self.fork_of(call, response, false) else {
            return;
        };
        if let Some(rseq) = read::reliable_rseq(response) {
            let Some(forked) = call.forks.get_mut(fork) else {
                return;
            };
            if forked.dialog.take_rseq(rseq) == Reliable::Ignore {
                return;
            }
            self.send_prack(now, call, fork, (rseq, response.cseq().number));
            call.hear(read::sdp(response).as_ref());
            if let (Origin::Outbound(out), Some(sdp)) = (&mut call.origin, read::sdp(response)) {
                let answer = Some(sdp);
                out.early = Some(Early { fork, answer });
            }
        }
        self.outbound_event(now, call, outbound::Event::Progress, Some(response));
    }

    /// Gives the machine an event, and carries out what it wants.
    pub(super) fn outbound_event(
        &mut self,
        now: Instant,
        call: &mut Call,
        event: outbound::Event,
        response: Option<&Message>,
    ) {
        let Origin::Outbound(out) = &mut call.origin else {
            return;
        };
        for action in out.machine.on(event, now) {
            self.outbound_action(now, call, action, response);
        }
    }

    fn outbound_action(&mut self, now: Instant, call: &mut Call, action: Action, response: Option<&Message>) {
        let leg = call.leg;
        let Origin::Outbound(out) = &mut call.origin else {
            return;
        };
        let (key, cseq) = (out.key, out.cseq);
        match action {
            Action::Invite => {
                let refused = response.is_some_and(|response| read::status(response) == 422);
                out.tries += u8::from(!refused);
                call.forks.clear();
                self.send_invite(now, call);
            }
            Action::Cancel => self.send_cancel(now, call, key),
            Action::Abandon => self.abandon(now, key),
            Action::Ack(fork) => self.send_ack(
                call,
                fork,
                response.map_or(cseq, |response| response.cseq().number),
            ),
            Action::Bye(fork) => self.send_stray_bye(now, call, fork),
            Action::Trying => self.event(Event::Trying { leg }),
            Action::Progress => {
                let Some(response) = response else { return };
                self.event(Event::Progress {
                    leg,
                    status: read::status(response),
                    sdp: read::sdp(response),
                });
            }
            Action::Answered(fork) => self.answered(now, call, fork, response),
            Action::AnsweredAgain(fork) if fork == call.chosen => self.event(Event::AnsweredAgain { leg }),
            Action::AnsweredAgain(_) => {}
            Action::Failed(why) => {
                call.gone = true;
                self.refuse_theirs(now, call, 487);
                self.event(Event::Failed {
                    leg,
                    failure: failure(why, response),
                });
            }
        }
    }

    fn answered(&mut self, now: Instant, call: &mut Call, fork: Fork, response: Option<&Message>) {
        call.chosen = fork;
        call.established = Some(Established::new());
        // An early offer that the user has not decided on is not taken over: the far end may make it again.
        self.refuse_theirs(now, call, 491);
        let early = match &mut call.origin {
            Origin::Outbound(out) => out.early.take(),
            Origin::Inbound(_) => None,
        };
        let early = early
            .filter(|early| early.fork == fork)
            .and_then(|early| early.answer);
        let sdp = response.and_then(read::sdp).or(early);
        call.hear(sdp.as_ref());
        let Some(dialog) = call.dialog() else { return };
        let dialog = dialog.snapshot();
        self.event(Event::Answered {
            leg: call.leg,
            sdp,
            dialog,
        });
        if let Some(response) = response {
            self.session_agreed(now, call, negotiated_as_uac(response));
        }
    }

    /// The dialog of a response, made when its tag is new. A 2xx sets route set and remote target anew (RFC 3261 13.2.2.4).
    fn fork_of(&mut self, call: &mut Call, response: &Message, confirm: bool) -> Option<Fork> {
        let Origin::Outbound(out) = &call.origin else {
            return None;
        };
        let fresh = dialog_of(call, out, response)?;
        let tag = response.to().tag();
        if let Some(fork) = call
            .forks
            .iter()
            .position(|forked| forked.dialog.remote.tag() == tag)
        {
            let forked = &mut call.forks[fork];
            if confirm && forked.ack.is_none() {
                let early = &forked.dialog;
                forked.dialog = Dialog {
                    local_cseq: early.local_cseq.max(fresh.local_cseq),
                    remote_cseq: early.remote_cseq,
                    rseq: early.rseq,
                    takes_update: early.takes_update || fresh.takes_update,
                    ..fresh
                };
            }
            return Some(fork);
        }
        let forked = Forked {
            dialog: fresh,
            ack: None,
        };
        if call.forks.len() < MAX_FORKS {
            call.forks.push(forked);
            return Some(call.forks.len() - 1);
        }
        // It takes the place of one that was not chosen.
        let fork = usize::from(call.chosen == 0);
        call.forks[fork] = forked;
        Some(fork)
    }

    /// 401 or 407 that we may and can answer.
    fn takes_challenge(&mut self, call: &mut Call, response: Option<&Message>) -> bool {
        let Origin::Outbound(out) = &call.origin else {
            return false;
        };
        let tries = out.tries;
        tries < MAX_TRIES && self.take_challenge(call, response)
    }

    /// Remembers the challenge of a 401 or 407; false when it is none that the credentials of this leg can answer.
    pub(super) fn take_challenge(&mut self, call: &mut Call, response: Option<&Message>) -> bool {
        match (&mut call.credentials, response) {
            (Some(credentials), Some(response)) => credentials.take(response, &mut self.rng).is_ok(),
            (Some(_), None) | (None, _) => false,
        }
    }

    /// The user closes a leg that has not been answered.
    pub(super) fn close_outbound(&mut self, now: Instant, call: &mut Call) {
        self.outbound_event(now, call, outbound::Event::Close, None);
    }
}

/// 422: the far end, or a proxy on the way, wants a longer session interval (RFC 4028 7.3). Each asks for more than the one before, and
/// there are few of them.
fn takes_longer(call: &mut Call, response: Option<&Message>) -> bool {
    let Origin::Outbound(out) = &mut call.origin else {
        return false;
    };
    let Some(asked) = out.session.filter(|_| out.longer < MAX_LONGER) else {
        return false;
    };
    let Some(least) = longer(response, asked) else {
        return false;
    };
    out.longer += 1;
    out.session = Some(least);
    call.min_se = Some(least);
    true
}

/// The dialog that a response to our INVITE makes (RFC 3261 12.1.2).
fn dialog_of(call: &Call, out: &Outgoing, response: &Message) -> Option<Dialog> {
    let mut route_set = read::record_route(response);
    route_set.reverse();
    Some(Dialog {
        call_id: call.call_id.clone(),
        local: out.invite.from().clone(),
        remote: response.to().clone(),
        local_cseq: out.cseq,
        remote_cseq: None,
        // A 2xx without Contact is acknowledged all the same, where the INVITE went.
        remote_target: read::contact_uri(response).or_else(|| out.invite.request_uri().cloned())?,
        route_set,
        path: call.path,
        rseq: None,
        takes_update: response.has_token(&Name::Allow, "UPDATE"),
    })
}

fn failure(why: Why, response: Option<&Message>) -> Failure {
    match (why, response) {
        (Why::Status, Some(response)) => Failure::Status {
            status: read::status(response),
            reason: response.reason(),
            q850_cause: response.q850_cause(),
            retry_after: response.get::<RetryAfter>().map(|RetryAfter(wait)| wait),
        },
        (Why::Status | Why::Timeout, _) => Failure::Timeout,
        (Why::NoTrying, _) => Failure::NoTrying,
        (Why::Transport, _) => Failure::Transport,
        (Why::Canceled, _) => Failure::Canceled,
    }
}
