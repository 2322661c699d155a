//! What the signalling of a session's legs reports: ringing, answers, failures, ends, new media.

use bytes::Bytes;
use trunkline_media::command::Command as MediaCommand;
use trunkline_media::dtmf::Digit;
use trunkline_media::sdp;

use super::tries::Way;
use super::{Session, Sound};
use crate::core::Output;
use crate::core::exchange::{Exchange, body, shard};
use crate::core::timers::{Role, TimerKey};
use crate::event::LegState;
use crate::ids::LegId;
use crate::journal::Record;
use crate::leg::cause::{self, Ending, OurReason};
use crate::leg::{Leg, State, info};
use crate::sip::api::{DialogSnapshot, EndReason, Event, Failure};
use crate::trunk::health::HealthEvent;
use crate::trunk::overload::asks_for_less;
use crate::trunk::snapshot::DtmfWay;

impl Session {
    /// One event of one of its legs.
    pub fn signal(&mut self, x: &mut Exchange, event: Event) {
        match event {
            Event::Trying { leg } => self.alive(x, leg),
            Event::Progress { leg, status, sdp } => self.progress(x, leg, status, sdp),
            Event::Answered { leg, sdp, dialog } => self.answered(x, leg, sdp, dialog),
            Event::AnsweredAgain { leg } => self.answered_again(x, leg),
            Event::Confirmed { leg, sdp, dialog } => self.confirmed(x, leg, sdp, dialog),
            Event::Failed { leg, failure } => self.invite_failed(x, leg, &failure),
            Event::Modify { leg, offer } => self.modify(x, leg, offer),
            Event::Modified { leg, result } => self.modified(x, leg, result),
            Event::Info {
                leg,
                content_type,
                body,
            } => self.info(x, leg, &content_type, &body),
            Event::Ended { leg, reason } => self.leg_ended(x, leg, &reason),
            // Of no leg: the gateway has taken them before.
            Event::Incoming(_)
            | Event::OptionsAnswered { .. }
            | Event::Registered { .. }
            | Event::Pong { .. } => {}
        }
        self.listen(x);
        self.settle(x);
    }

    fn alive(&self, x: &mut Exchange, id: LegId) {
        if let Some(leg) = self.leg(id) {
            x.health(leg.trunk().id, HealthEvent::Answer { from: leg.server() });
        }
    }

    fn progress(&mut self, x: &mut Exchange, id: LegId, status: u16, sdp: Option<Bytes>) {
        self.alive(x, id);
        let at = x.wall();
        let Some(leg) = self.leg_mut(id).filter(|l| !l.is_over()) else {
            return;
        };
        // A 181, 182 or a 183 without media is the network's word: nobody's telephone has rung (RFC 3261 section 21.1).
        let rings = status == 180 || sdp.is_some();
        leg.progressed(at, rings);
        if let Some(role) = self.role_of(id).filter(|_| rings) {
            x.timers.cancel(TimerKey::SlowToRing(self.id, role));
        }
        let early_media = sdp.is_some_and(|answer| self.agree(x, id, &answer));
        self.tell(x, id, LegState::Ringing { status, early_media });
        if self.role_of(id) == Some(Role::Target) {
            self.target_rings(x, id);
        }
    }

    fn answered(&mut self, x: &mut Exchange, id: LegId, sdp: Option<Bytes>, dialog: DialogSnapshot) {
        self.alive(x, id);
        let at = x.wall();
        x.emit(Output::Journal(Record::Answered { leg: id, at, dialog }));
        let Some(leg) = self.leg(id).filter(|l| !l.is_over()) else {
            return;
        };
        let known = leg.media().is_some();
        let role = self.role_of(id);
        if let Some(role) = role {
            x.timers.cancel(TimerKey::SlowToRing(self.id, role));
        }
        if !sdp.map_or(known, |answer| self.agree(x, id, &answer)) {
            if let Some(leg) = self.leg_mut(id) {
                leg.answered(at);
            }
            self.close(x, id, OurReason::NoCodec);
            if let Some(role) = role {
                self.failed(x, role, OurReason::NoCodec.ending(true).outcome);
            }
            return;
        }
        match role {
            Some(Role::Caller) => self.caller_is_up(x, id),
            Some(Role::Target) => self.target_is_up(x, id),
            None => self.close(x, id, OurReason::Wanted),
        }
    }

    fn confirmed(&mut self, x: &mut Exchange, id: LegId, sdp: Option<Bytes>, dialog: DialogSnapshot) {
        let at = x.wall();
        x.emit(Output::Journal(Record::Answered { leg: id, at, dialog }));
        let silent = self.leg(id).is_some_and(|l| l.media().is_none());
        let agreed = match sdp {
            Some(answer) if silent => self.agree(x, id, &answer),
            Some(_) | None => !silent,
        };
        if !agreed {
            let role = self.role_of(id);
            self.close(x, id, OurReason::NoCodec);
            self.lost(x, role, crate::flow::LegOutcome::Lost);
            return;
        }
        self.listen_for(x, id);
    }

    fn invite_failed(&mut self, x: &mut Exchange, id: LegId, failure: &Failure) {
        let at = x.wall();
        let role = self.role_of(id);
        let Some(leg) = self.leg_mut(id) else { return };
        let (rang, way) = (
            leg.rang(),
            Way {
                trunk: leg.trunk().clone(),
                server: leg.server(),
            },
        );
        let ending = leg
            .ended(at, cause::of_failure(failure, leg.side(), rang))
            .clone();
        judge(x, &way, failure, rang);
        self.leg_over(x, id, &ending);
        let Some(role) = role else { return };
        x.timers.cancel(TimerKey::SlowToRing(self.id, role));
        let Some(attempt) = self.attempt(role) else { return };
        attempt.leg = None;
        attempt.last = ending.outcome;
        if attempt.tries.goes_on(failure, rang, way, x.now()) {
            self.try_next(x, role);
        } else {
            self.failed(x, role, ending.outcome);
        }
    }

    fn leg_ended(&mut self, x: &mut Exchange, id: LegId, reason: &EndReason) {
        let at = x.wall();
        let role = self.role_of(id);
        let Some(leg) = self.leg_mut(id) else { return };
        let answered = leg.state() == State::Answered;
        let ending = leg.ended(at, cause::of_end(reason, leg.side(), answered)).clone();
        self.leg_over(x, id, &ending);
        self.lost(x, role, ending.outcome);
    }

    /// The signalling of a leg is over: its media too, and everybody may know.
    fn leg_over(&mut self, x: &mut Exchange, id: LegId, ending: &Ending) {
        self.unbridge(x, id);
        let Some(leg) = self.leg(id) else { return };
        let stream = leg.stream;
        x.media(shard(self.id), MediaCommand::Close { stream });
        let state = LegState::Ended {
            status: ending.sip_status,
            cause: ending.cause.clone(),
        };
        self.tell(x, id, state);
    }

    /// The far end offers new media: a hold, a move, another codec (RFC 3264 section 8).
    fn modify(&mut self, x: &mut Exchange, id: LegId, offer: Option<Bytes>) {
        let now = x.now();
        let Some(leg) = self.leg_mut(id).filter(|l| !l.is_over()) else {
            x.endpoint.refuse_modify(now, id, 481);
            return;
        };
        leg.local.version += 1;
        match offer.map(|offer| sdp::answer(&offer, &leg.local)) {
            None => {
                let ours = sdp::offer(&leg.local);
                x.endpoint.accept_modify(now, id, body(ours));
            }
            Some(Ok((answer, media))) => {
                leg.agreed(media);
                x.endpoint.accept_modify(now, id, body(answer));
                self.connect(x, id);
                self.agreed_anew(x, id);
            }
            Some(Err(error)) => {
                tracing::info!(session = %self.id, leg = %id, %error, "new media refused");
                x.endpoint.refuse_modify(now, id, 488);
            }
        }
    }

    /// The far end has answered an offer of ours within the dialog. One that is refused changes nothing.
    fn modified(&mut self, x: &mut Exchange, id: LegId, result: Result<Option<Bytes>, u16>) {
        if let Ok(Some(answer)) = &result {
            self.agree(x, id, answer);
        }
        if let Some(hold) = self.leg_mut(id).and_then(|leg| leg.holding.take()) {
            let refused = result.err();
            self.tell(x, id, LegState::Offered { hold, refused });
        }
        self.offered(x, id);
    }

    /// Keys in an INFO body. They count where no others do: who has agreed to events, or is listened to for tones, would be heard twice.
    fn info(&mut self, x: &mut Exchange, id: LegId, content_type: &str, body: &[u8]) {
        let by_info = |leg: &Leg| match leg.trunk().dtmf {
            DtmfWay::Info => true,
            DtmfWay::Rfc4733 => leg.media().is_none_or(|m| m.telephone_event.is_none()),
            DtmfWay::Inband => false,
        };
        let Some(digit) = info::digit(content_type, body) else {
            return;
        };
        if !self.leg(id).is_some_and(by_info) {
            return;
        }
        if self.caller.leg() == Some(id) {
            self.digit(x, digit);
            // Keys in the media reach the target by the bridge; these do not.
            if digit != Digit::STAR
                && let Some(call) = self.talking_call()
            {
                self.send_digits(x, call, vec![digit]);
            }
        } else if self.sound == Sound::Bridged(id)
            && let Some(caller) = self.caller.leg()
        {
            self.press(x, caller, vec![digit]);
        }
    }
}

/// What a failed INVITE says of its trunk: silence, too much, or that it is there (DESIGN.md 3, rule 9).
fn judge(x: &mut Exchange, way: &Way, failure: &Failure, rang: bool) {
    let (trunk, server) = (way.trunk.id, way.server);
    if let Some(retry_after) = asks_for_less(failure, rang) {
        return x.overload(trunk, server, retry_after);
    }
    match failure {
        Failure::NoTrying | Failure::Transport => x.silent(trunk, server),
        Failure::Status { .. } => x.health(trunk, HealthEvent::Answer { from: server }),
        Failure::Timeout | Failure::Canceled => {}
    }
}
