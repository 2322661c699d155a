//! One INVITE on one trunk, and the next one when that fails: the same for caller and target.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use trunkline_media::command::Command as MediaCommand;
use trunkline_media::sdp;

use super::tries::{Next, Tries, Way};
use super::{Caller, Session};
use crate::cdr::{CallDirection, Side};
use crate::core::exchange::{Exchange, Place, body, shard};
use crate::core::timers::{Role, TimerKey};
use crate::event::LegState;
use crate::flow::LegOutcome;
use crate::ids::LegId;
use crate::journal::Begin;
use crate::leg::Leg;
use crate::leg::cause::OurReason;
use crate::leg::identity::Who;
use crate::leg::{address, identity};
use crate::phone::Phone;
use crate::sip::api::{Dial, Path, Patience};
use crate::trunk::numbering;
use crate::trunk::pacing::NotNow;
use crate::trunk::select::{self, Call};
use crate::trunk::snapshot::Trunk;

/// A telephone that is being rung, over one trunk after the other.
#[derive(Debug)]
pub(super) struct Attempt {
    pub(super) tries: Tries,
    /// The leg of this moment.
    pub(super) leg: Option<LegId>,
    /// How the last leg ended; what the whole comes to when no trunk is left.
    pub(super) last: LegOutcome,
    /// How long it may ring; a caller's time begins with the INVITE, a target's with the wish.
    ring: Option<Duration>,
    /// Our answer, ready for an inbound leg.
    pub(super) answer: Option<Bytes>,
}

impl Attempt {
    pub(super) fn new(tries: Tries) -> Attempt {
        Attempt {
            tries,
            leg: None,
            last: LegOutcome::Unreachable,
            ring: None,
            answer: None,
        }
    }

    /// The telephone may ring for so long from its first INVITE on, without the time that it waits for a trunk.
    pub(super) fn ringing_for(self, ring: Duration) -> Attempt {
        Attempt {
            ring: Some(ring),
            ..self
        }
    }

    /// Nothing to try: the leg is there already.
    pub(super) fn none(number: Phone) -> Attempt {
        Attempt::new(Tries::new(number, [], Vec::new()))
    }
}

impl Session {
    /// The trunks for a number and their servers, as they are now.
    pub(super) fn choose(&self, x: &mut Exchange, number: Phone, side: Side) -> Tries {
        let snapshot = x.snapshot.clone();
        let now = x.now();
        let lines = &x.lines;
        let state = |trunk| lines.state(trunk, now, side);
        let call = Call {
            number: &number,
            campaign: Some(self.campaign),
            at: Some(x.wall()),
        };
        let selection = select::select(&snapshot, call, state, &mut x.rng);
        let mut ways = Vec::new();
        for trunk in selection.candidates.into_iter().map(|c| c.trunk) {
            let servers = x.servers_of(&trunk);
            ways.extend(servers.into_iter().map(|server| Way {
                trunk: Arc::clone(&trunk),
                server,
            }));
        }
        Tries::new(number, ways, selection.stop_codes)
    }

    /// Dials over the next trunk, waits for one, or gives up.
    pub(super) fn try_next(&mut self, x: &mut Exchange, role: Role) {
        loop {
            let Some(attempt) = self.attempt(role) else { return };
            match attempt.tries.next(x.now()) {
                Next::Way(way) => match x.lines.take((way.trunk.id, way.server), x.now(), side_of(role)) {
                    Ok(()) => {
                        if self.dial(x, role, &way) {
                            return;
                        }
                        x.lines.release(way.trunk.id, side_of(role));
                    }
                    Err(NotNow::Until(at)) => {
                        attempt.tries.put_back(way);
                        return self.wait(x, role, at);
                    }
                    Err(NotNow::Paused(until)) => attempt.tries.paused(way, until, x.now()),
                    Err(NotNow::Channels) => attempt.tries.full(way, x.now()),
                },
                Next::Wait(at) => return self.wait(x, role, at),
                Next::None => {
                    let outcome = attempt.last;
                    self.failed(x, role, outcome);
                    return;
                }
            }
        }
    }

    /// Nothing rings until then. A caller's time to answer begins when it does; a target's does not wait, since a caller is on the line.
    fn wait(&mut self, x: &mut Exchange, role: Role, at: Instant) {
        x.timers.start(TimerKey::NextTry(self.id, role), at);
        if role == Role::Caller {
            x.timers.cancel(TimerKey::RingLimit(self.id, role));
        }
    }

    /// No trunk reached it, or the person said no.
    pub(super) fn failed(&mut self, x: &mut Exchange, role: Role, outcome: LegOutcome) {
        x.timers.cancel(TimerKey::NextTry(self.id, role));
        x.timers.cancel(TimerKey::SlowToRing(self.id, role));
        match role {
            Role::Caller => self.caller_failed(x, outcome),
            Role::Target => self.target_ended(x, outcome),
        }
    }

    /// It has rung for as long as it may: the leg is cancelled, and the flow goes on at once.
    pub(super) fn rung_out(&mut self, x: &mut Exchange, role: Role) {
        let Some(attempt) = self.attempt(role) else { return };
        if let Some(leg) = attempt.leg.take() {
            self.close(x, leg, OurReason::RungOut);
        }
        self.failed(x, role, LegOutcome::NoAnswer);
    }

    /// Nothing has rung: the leg is cancelled, and the next trunk is tried.
    pub(super) fn slow_to_ring(&mut self, x: &mut Exchange, role: Role) {
        let Some(attempt) = self.attempt(role) else { return };
        attempt.last = LegOutcome::Unreachable;
        if let Some(leg) = attempt.leg.take() {
            self.pass_over(role, leg);
            self.close(x, leg, OurReason::SlowToRing);
        }
        self.try_next(x, role);
    }

    /// The trunk of this leg has answered, and is of no use: no other server of it is tried.
    pub(super) fn pass_over(&mut self, role: Role, leg: LegId) {
        let Some(trunk) = self.leg(leg).map(|l| l.trunk().id) else {
            return;
        };
        if let Some(attempt) = self.attempt(role) {
            attempt.tries.pass_over(trunk);
        }
    }

    pub(super) fn attempt(&mut self, role: Role) -> Option<&mut Attempt> {
        match role {
            Role::Caller => match &mut self.caller {
                Caller::Ringing(attempt) => Some(attempt),
                Caller::Idle | Caller::Up(_) | Caller::Gone(_) => None,
            },
            Role::Target => self.target.as_mut().map(|t| &mut t.attempt),
        }
    }

    /// Sends the INVITE; `false` when there is no port, no address or no room for it.
    fn dial(&mut self, x: &mut Exchange, role: Role, way: &Way) -> bool {
        let trunk = &way.trunk;
        let Some(path) = x.path(trunk.transport, way.server) else {
            return false;
        };
        let Some(place) = x.open(self.id, trunk, &path) else {
            return false;
        };
        let Some(local) = x.local_media(trunk, &path, place.port) else {
            self.give_back(x, place);
            return false;
        };
        let begin = self.begin(x, role, trunk);
        let mut dial = self.invite(x, role, trunk, path, &begin, body(sdp::offer(&local)));
        if let Some(attempt) = self.attempt(role) {
            dial.patience = attempt.tries.patience();
        }
        let Some(begin) = x.dial(dial, begin) else {
            self.give_back(x, place);
            return false;
        };
        let id = begin.leg;
        let mut leg = Leg::new(begin, (trunk.clone(), way.server), place.stream, local);
        if let (Role::Target, Some(target)) = (role, &self.target) {
            leg.sit(target.seat.clone());
        }
        let shown = Some(identity::shown(trunk, self.who(role)).1);
        self.tell_leg(x, &leg, LegState::Dialling { shown });
        self.legs.push(leg);
        let (session, limit) = (self.id, trunk.post_dial_limit);
        if let Some(attempt) = self.attempt(role) {
            attempt.leg = Some(id);
            if attempt.tries.is_more_than(trunk.id) {
                x.timers
                    .start(TimerKey::SlowToRing(session, role), x.now() + limit);
            }
            let rings = TimerKey::RingLimit(session, role);
            if let Some(ring) = attempt.ring.filter(|_| !x.timers.is_running(rings)) {
                x.timers.start(rings, x.now() + ring);
            }
        }
        true
    }

    fn give_back(&self, x: &mut Exchange, place: Place) {
        x.media(shard(self.id), MediaCommand::Close { stream: place.stream });
        x.streams.remove(&place.stream);
    }

    /// Whom this leg may be shown as. A caller sees our number; a target the caller's own, when it is proved.
    fn who(&self, role: Role) -> Who<'_> {
        let proved = match (role, &self.target) {
            (Role::Target, Some(target)) => target.shows_caller,
            _ => false,
        };
        Who {
            proved: proved.then_some(&self.phone),
            campaign: &self.shown,
            signed: &self.signed,
        }
    }

    fn begin(&self, x: &mut Exchange, role: Role, trunk: &Trunk) -> Begin {
        let to_ref = match (role, &self.target) {
            (Role::Target, Some(target)) => self.target_ref(target),
            _ => self.phone_ref.clone(),
        };
        let from_ref = match identity::shown(trunk, self.who(role)) {
            (number, _) if *number == self.phone => self.phone_ref.clone(),
            _ => self.shown_ref.clone(),
        };
        Begin {
            leg: x.leg_id(),
            session: self.id,
            call: self
                .target
                .as_ref()
                .filter(|_| role == Role::Target)
                .map(|t| t.call),
            side: side_of(role),
            direction: CallDirection::Outbound,
            trunk: trunk.id,
            node: x.config.node.clone(),
            from_ref,
            to_ref,
            sip_call_id: String::new(),
            at: x.wall(),
        }
    }

    fn invite(&self, x: &Exchange, role: Role, trunk: &Trunk, path: Path, begin: &Begin, sdp: Bytes) -> Dial {
        let number = match (role, &self.target) {
            (Role::Target, Some(target)) => &target.office.phone,
            _ => &self.phone,
        };
        let ours = x.local_ip(&path);
        let uri = address::trunk_uri(trunk, &numbering::dialled(trunk, number));
        let (from_uri, headers) = identity::headers(trunk, self.who(role), ours);
        Dial {
            leg: begin.leg,
            path,
            request_uri: uri.clone(),
            from_uri,
            to_uri: uri,
            contact: address::contact(ours, path.local.port(), trunk.transport),
            headers,
            sdp,
            credentials: trunk.credentials.clone(),
            patience: Patience::Transaction,
            manners: trunk.manners(),
        }
    }
}

pub(super) fn side_of(role: Role) -> Side {
    match role {
        Role::Caller => Side::Caller,
        Role::Target => Side::Target,
    }
}
