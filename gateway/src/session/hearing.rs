//! Legs that were answered and are mute: each leg's sentinel is told what happens, and what it wants is done.

use trunkline_media::command::{Command as MediaCommand, StreamId};
use trunkline_media::sdp;

use super::Session;
use crate::core::exchange::{Exchange, body, shard};
use crate::core::timers::{Role, TimerKey};
use crate::ids::LegId;
use crate::leg::Leg;
use crate::leg::sentinel::{Action, Event};

impl Session {
    /// The leg was answered: from now on something should be heard of it.
    pub(super) fn listen_for(&mut self, x: &mut Exchange, id: LegId) {
        let held = self.leg(id).is_some_and(Leg::is_held);
        self.watch(x, id, Event::Answered { held });
    }

    /// It has not had our ACK until now.
    pub(super) fn answered_again(&mut self, x: &mut Exchange, id: LegId) {
        self.watch(x, id, Event::AnsweredAgain);
    }

    /// What both sides send has been agreed on, for the first time or anew.
    pub(super) fn agreed_anew(&mut self, x: &mut Exchange, id: LegId) {
        let held = self.leg(id).is_some_and(Leg::is_held);
        self.watch(x, id, Event::Agreed { held });
    }

    /// A packet has come.
    pub(super) fn heard(&mut self, x: &mut Exchange, stream: StreamId) {
        let leg = self.legs.iter().find(|l| l.stream == stream).map(Leg::id);
        if let Some(id) = leg {
            self.watch(x, id, Event::Heard);
        }
    }

    /// Our offer within the dialog was answered or refused.
    pub(super) fn offered(&mut self, x: &mut Exchange, id: LegId) {
        self.watch(x, id, Event::Offered);
    }

    /// The sentinel of a role's current leg has waited for long enough.
    pub(super) fn unheard(&mut self, x: &mut Exchange, role: Role) {
        let leg = match role {
            Role::Caller => self.caller.leg(),
            Role::Target => self.target.as_ref().and_then(|t| t.attempt.leg),
        };
        if let Some(id) = leg {
            self.watch(x, id, Event::Due);
        }
    }

    fn watch(&mut self, x: &mut Exchange, id: LegId, event: Event) {
        // One that is only being closed need not be heard.
        let Some(role) = self.role_of(id) else { return };
        let timer = TimerKey::Unheard(self.id, role);
        let Some(leg) = self.leg_mut(id).filter(|l| !l.is_over()) else {
            return;
        };
        let stream = leg.stream;
        for action in leg.sentinel.on(event) {
            match action {
                Action::Listen => x.media(shard(self.id), MediaCommand::Listen { stream }),
                Action::Wait(time) => x.timers.start(timer, x.now() + time),
                Action::Stop => x.timers.cancel(timer),
                Action::Offer => self.offer_anew(x, id),
                Action::GiveUp => self.one_way(x, role, id),
            }
        }
    }

    /// Our whole offer once more: perhaps the far end has our address wrong, or holds without a word.
    pub(super) fn offer_anew(&mut self, x: &mut Exchange, id: LegId) {
        let Some(leg) = self.leg_mut(id) else { return };
        leg.local.version += 1;
        let offer = body(sdp::offer(&leg.local));
        x.endpoint.modify(x.now(), id, offer);
    }

    /// It stays mute. A target may be heard over another trunk; a caller is on this one, and may still hear us.
    fn one_way(&mut self, x: &mut Exchange, role: Role, id: LegId) {
        let trunk = self.leg(id).map(|l| l.trunk().name.clone());
        tracing::warn!(session = %self.id, leg = %id, trunk, "one-way audio: nothing is heard of this leg");
        if role == Role::Target && self.retry_one_way {
            self.pass_over(role, id);
        }
        let more = self.target.as_ref().is_some_and(|t| t.attempt.tries.is_more());
        match role {
            Role::Target if self.retry_one_way && more => self.retry_target(x, id),
            Role::Target | Role::Caller => {}
        }
    }
}
