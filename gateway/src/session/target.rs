//! The target's side of a session: dialled, heard ringing, bridged to the caller, dropped.

use std::time::Duration;

use trunkline_media::command::{Command as MediaCommand, Swallow};
use trunkline_media::dtmf::Digit;

use super::dial::Attempt;
use super::{Caller, Session, Sound};
use crate::cdr::{Side, WallMs};
use crate::core::exchange::{Exchange, shard};
use crate::core::timers::{Role, TimerKey};
use crate::event::{CallerIdReason, EventKind, LegState};
use crate::flow::{FlowEvent, FlowOffice, LegOutcome};
use crate::ids::{CallId, LegId};
use crate::leg::State;
use crate::leg::cause::OurReason;
use crate::leg::seats::Seat;

/// What the flow wants dialled.
#[derive(Debug)]
pub(super) struct Wish {
    pub(super) call: CallId,
    pub(super) index: usize,
    pub(super) key: String,
    pub(super) office: FlowOffice,
    pub(super) caller_proved: bool,
    pub(super) ring: Duration,
}

/// The target of this moment.
#[derive(Debug)]
pub(super) struct Target {
    pub(super) call: CallId,
    pub(super) office: FlowOffice,
    /// The caller's own number is shown, because it is proved.
    pub(super) shows_caller: bool,
    pub(super) attempt: Attempt,
    key: String,
    /// How long its telephone may ring.
    ring: Duration,
    /// Its place at the office's number.
    pub(super) seat: Seat,
    /// The flow has heard that it rings.
    rings: bool,
    answered_at: Option<WallMs>,
}

impl Session {
    pub(super) fn dial_target(&mut self, x: &mut Exchange, wish: Wish) {
        if let Some(current) = self.target.as_ref().map(|t| t.call) {
            // A flow never dials two; should one do, the first is dropped as if it had asked for it.
            self.drop_target(x, current);
        }
        let Some(seat) = x.seats.take(&wish.office.phone, self.max_per_number) else {
            self.inbox.push_back(FlowEvent::OfficeFull(wish.call));
            self.turned_away = Some(wish);
            return;
        };
        let shows_caller = wish.caller_proved;
        self.tell_call(x, &wish);
        let tries = self.choose(x, wish.office.phone.clone(), Side::Target);
        x.timers
            .start(TimerKey::RingLimit(self.id, Role::Target), x.now() + wish.ring);
        self.target = Some(Target {
            call: wish.call,
            office: wish.office,
            shows_caller,
            attempt: Attempt::new(tries),
            key: wish.key,
            ring: wish.ring,
            seat,
            rings: false,
            answered_at: None,
        });
        self.try_next(x, Role::Target);
    }

    /// A call that ends without having been dialled begins and ends at once: it has its row as well.
    pub(super) fn begin_late(&mut self, x: &mut Exchange, call: CallId) {
        if let Some(wish) = self.turned_away.take_if(|wish| wish.call == call) {
            self.tell_call(x, &wish);
        }
    }

    fn tell_call(&self, x: &mut Exchange, wish: &Wish) {
        x.report(EventKind::CallStarted {
            session: self.id,
            call: wish.call,
            index: wish.index,
            key: wish.key.clone(),
            office: wish.office.uid.clone(),
            caller_id_reason: if wish.caller_proved {
                CallerIdReason::CallerProved
            } else {
                CallerIdReason::Campaign
            },
        });
    }

    /// What stands for the target's number in a CDR.
    pub(super) fn target_ref(&self, target: &Target) -> String {
        if self.targets_plain {
            target.office.phone.as_str().to_owned()
        } else {
            target.key.clone()
        }
    }

    /// 18x of the target: the caller hears its early media, or our ringback.
    pub(super) fn target_rings(&mut self, x: &mut Exchange, leg: LegId) {
        let early = self.leg(leg).is_some_and(|l| l.media().is_some());
        if early {
            self.join(x, leg);
        } else {
            self.ring_back(x);
        }
        let Some(target) = &mut self.target else { return };
        if !target.rings {
            target.rings = true;
            let call = target.call;
            self.inbox.push_back(FlowEvent::TargetRinging(call));
        }
    }

    /// 2xx of the target.
    pub(super) fn target_is_up(&mut self, x: &mut Exchange, id: LegId) {
        let at = x.wall();
        let Some(leg) = self.leg_mut(id) else { return };
        leg.answered(at);
        let trunk = leg.trunk().id;
        x.lines.count(trunk, |c| c.answered += 1);
        x.timers.cancel(TimerKey::RingLimit(self.id, Role::Target));
        self.connect(x, id);
        self.listen_for(x, id);
        self.tell(x, id, LegState::Answered);
        self.silence_ringback(x);
        if let Some(target) = &mut self.target {
            target.answered_at = Some(at);
            let call = target.call;
            self.inbox.push_back(FlowEvent::TargetAnswered(call));
        }
    }

    pub(super) fn bridge(&mut self, x: &mut Exchange, call: CallId) {
        let leg = self
            .target
            .as_ref()
            .filter(|t| t.call == call)
            .and_then(|t| t.attempt.leg);
        if let Some(leg) = leg {
            self.join(x, leg);
        }
    }

    /// Caller and target hear each other; `*` of the caller stays with us.
    fn join(&mut self, x: &mut Exchange, leg: LegId) {
        let Caller::Up(caller) = self.caller else { return };
        let (Some(a), Some(b)) = (
            self.leg(caller).map(|l| l.stream),
            self.leg(leg).map(|l| l.stream),
        ) else {
            return;
        };
        if self.sound == Sound::Bridged(leg) {
            return;
        }
        self.sound = Sound::Bridged(leg);
        let swallow_from_a = Swallow(vec![Digit::STAR]);
        x.media(shard(self.id), MediaCommand::Bridge { a, b, swallow_from_a });
    }

    pub(super) fn send_digits(&mut self, x: &mut Exchange, call: CallId, digits: Vec<Digit>) {
        let leg = self
            .target
            .as_ref()
            .filter(|t| t.call == call)
            .and_then(|t| t.attempt.leg);
        if let Some(leg) = leg {
            self.press(x, leg, digits);
        }
    }

    /// The flow has had enough of it. The flow goes on at once; the leg ends behind its back.
    pub(super) fn drop_target(&mut self, x: &mut Exchange, call: CallId) {
        let Some(target) = self.target.as_mut().filter(|t| t.call == call) else {
            return;
        };
        let leg = target.attempt.leg.take();
        let answered = leg
            .and_then(|l| self.leg(l))
            .is_some_and(|l| l.state() == State::Answered);
        let reason = self.drop_reason();
        if let Some(leg) = leg {
            self.close(x, leg, reason);
        }
        self.target_ended(x, reason.ending(answered).outcome);
    }

    /// It was answered over a trunk that carries no audio: the next one, as if nobody had answered. What the flow had begun with this
    /// target it begins anew.
    pub(super) fn retry_target(&mut self, x: &mut Exchange, leg: LegId) {
        let Some(target) = &mut self.target else { return };
        target.attempt.leg = None;
        target.attempt.last = OurReason::OneWay.ending(true).outcome;
        target.answered_at = None;
        target.rings = false;
        let (call, ring) = (target.call, target.ring);
        self.close(x, leg, OurReason::OneWay);
        x.timers
            .start(TimerKey::RingLimit(self.id, Role::Target), x.now() + ring);
        self.inbox.push_back(FlowEvent::TargetRetried(call));
        self.try_next(x, Role::Target);
    }

    /// The target's call is over, however it came.
    pub(super) fn target_ended(&mut self, x: &mut Exchange, outcome: LegOutcome) {
        let Some(target) = self.target.take() else { return };
        x.timers.cancel(TimerKey::RingLimit(self.id, Role::Target));
        x.timers.cancel(TimerKey::NextTry(self.id, Role::Target));
        x.timers.cancel(TimerKey::SlowToRing(self.id, Role::Target));
        x.timers.cancel(TimerKey::Unheard(self.id, Role::Target));
        self.silence_ringback(x);
        if let Some(leg) = target.attempt.leg {
            self.unbridge(x, leg);
        }
        let talked = target.answered_at.map_or(0, |at| x.wall() - at);
        self.talked.push((target.call, talked));
        self.inbox.push_back(FlowEvent::TargetEnded(target.call, outcome));
    }

    /// Takes this leg out of the caller's ears.
    pub(super) fn unbridge(&mut self, x: &mut Exchange, leg: LegId) {
        if self.sound == Sound::Bridged(leg) {
            self.sound = Sound::Nothing;
            if let Some(stream) = self.caller_stream() {
                x.media(shard(self.id), MediaCommand::Unbridge { stream });
            }
        }
    }

    /// Caller and target hear each other now.
    pub(super) fn is_talking(&self) -> bool {
        self.talking_call().is_some()
    }

    /// The call that was answered and is not over.
    pub(super) fn talking_call(&self) -> Option<CallId> {
        let target = self.target.as_ref()?;
        target.answered_at.map(|_| target.call)
    }
}
