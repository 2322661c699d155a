//! The caller's side of a session: rung by us, or answered.

use std::sync::Arc;
use std::time::Duration;

use trunkline_media::command::{Command as MediaCommand, RecordSide};
use trunkline_media::dtmf::Digit;
use trunkline_media::sdp::{self, Direction};

use super::Session;
use super::dial::Attempt;
use crate::cdr::{CallDirection, Side, WallMs};
use crate::core::Output;
use crate::core::exchange::{Exchange, body, shard};
use crate::core::timers::{Role, TimerKey};
use crate::event::{EventKind, LegState};
use crate::flow::{CallStatus, FlowEvent, LegOutcome};
use crate::ids::LegId;
use crate::journal::{Begin, Record};
use crate::leg::Leg;
use crate::leg::cause::{Ending, OurReason};
use crate::sip::api::Incoming;
use crate::trunk::snapshot::Trunk;

/// Where the caller is.
#[derive(Debug)]
pub(super) enum Caller {
    /// Not called yet.
    Idle,
    /// Being rung by us, or an inbound one that is not answered yet.
    Ringing(Attempt),
    /// On the line.
    Up(LegId),
    /// Has hung up, or could not be reached. Why what is left of the session is closed.
    Gone(OurReason),
}

impl Caller {
    /// The current leg.
    pub(super) fn leg(&self) -> Option<LegId> {
        match self {
            Caller::Ringing(attempt) => attempt.leg,
            Caller::Up(leg) => Some(*leg),
            Caller::Idle | Caller::Gone(_) => None,
        }
    }
}

/// What a caller's trunk is told to wait when we have no port.
const RETRY_AFTER: Duration = Duration::from_secs(5);

impl Session {
    pub(super) fn ring_caller(&mut self, x: &mut Exchange, ring: Duration) {
        self.status = CallStatus::Ringing;
        let tries = self.choose(x, self.phone.clone(), Side::Caller);
        self.caller = Caller::Ringing(Attempt::new(tries).ringing_for(ring));
        self.try_next(x, Role::Caller);
    }

    /// Takes an inbound call over: its leg is there, and waits for the flow to answer it. `false` when it had to be refused.
    /// `at`: when its INVITE came.
    pub fn take(&mut self, x: &mut Exchange, incoming: &Incoming, trunk: &Arc<Trunk>, at: WallMs) -> bool {
        let Some(place) = x.open(self.id, trunk, &incoming.path) else {
            x.endpoint.reject(x.now(), incoming.leg, 503, Some(RETRY_AFTER));
            x.lines.release(trunk.id, Side::Caller);
            return false;
        };
        let Some(local) = x.local_media(trunk, &incoming.path, place.port) else {
            x.media(shard(self.id), MediaCommand::Close { stream: place.stream });
            x.streams.remove(&place.stream);
            x.endpoint.reject(x.now(), incoming.leg, 488, None);
            x.lines.release(trunk.id, Side::Caller);
            return false;
        };
        let begin = self.begin_inbound(x, incoming, trunk, at);
        x.legs.insert(begin.leg, self.id);
        x.emit(Output::Journal(Record::Begin(begin.clone())));
        let far = (trunk.clone(), incoming.path.remote);
        let mut leg = Leg::new(begin, far, place.stream, local);
        self.tell_leg(x, &leg, LegState::Dialling { shown: None });
        self.signed.clone_from(&incoming.signed);
        let mut attempt = Attempt::none(self.shown.clone());
        attempt.leg = Some(leg.id());
        let agreed = incoming
            .sdp
            .as_ref()
            .map(|offer| sdp::answer(offer, &leg.local))
            .transpose();
        let taken = agreed.is_ok();
        match agreed {
            Ok(Some((answer, media))) => {
                leg.agreed(media);
                attempt.answer = Some(body(answer));
            }
            // No offer: ours goes into the 200, theirs comes back in the ACK.
            Ok(None) => attempt.answer = Some(body(sdp::offer(&leg.local))),
            Err(error) => {
                tracing::info!(session = %self.id, %error, "inbound call refused");
                x.endpoint.reject(x.now(), leg.id(), 488, None);
                leg.close(OurReason::NoCodec);
                leg.ended(
                    x.wall(),
                    Ending {
                        sip_status: Some(488),
                        ..OurReason::NoCodec.ending(false)
                    },
                );
                x.media(shard(self.id), MediaCommand::Close { stream: leg.stream });
            }
        }
        self.legs.push(leg);
        self.caller = Caller::Ringing(attempt);
        self.status = CallStatus::Ringing;
        taken
    }

    fn begin_inbound(&self, x: &Exchange, incoming: &Incoming, trunk: &Trunk, at: WallMs) -> Begin {
        Begin {
            leg: incoming.leg,
            session: self.id,
            call: None,
            side: Side::Caller,
            direction: CallDirection::Inbound,
            trunk: trunk.id,
            node: x.config.node.clone(),
            from_ref: self.phone_ref.clone(),
            to_ref: self.shown_ref.clone(),
            sip_call_id: incoming.sip_call_id.clone(),
            at,
        }
    }

    pub(super) fn answer_caller(&mut self, x: &mut Exchange) {
        let Caller::Ringing(attempt) = &mut self.caller else {
            return;
        };
        let (Some(id), Some(answer)) = (attempt.leg, attempt.answer.take()) else {
            return;
        };
        x.endpoint.answer(x.now(), id, answer);
        self.caller_is_up(x, id);
    }

    pub(super) fn send_caller_digits(&mut self, x: &mut Exchange, digits: Vec<Digit>) {
        if let Caller::Up(id) = self.caller {
            self.press(x, id, digits);
        }
    }

    /// We go on sending to who is on hold, and want nothing of it (RFC 3264 section 8.4).
    pub(super) fn hold_caller(&mut self, x: &mut Exchange, hold: bool) {
        let Caller::Up(id) = self.caller else { return };
        let Some(leg) = self.leg_mut(id) else { return };
        leg.local.direction = if hold {
            Direction::SendOnly
        } else {
            Direction::SendRecv
        };
        leg.holding = Some(hold);
        self.offer_anew(x, id);
    }

    /// The caller's 2xx, in either direction.
    pub(super) fn caller_is_up(&mut self, x: &mut Exchange, id: LegId) {
        let at = x.wall();
        let Some(leg) = self.leg_mut(id) else { return };
        leg.answered(at);
        let (trunk, outbound) = (leg.trunk().id, leg.direction() == CallDirection::Outbound);
        x.lines.count(trunk, |c| c.answered += 1);
        x.timers.cancel(TimerKey::RingLimit(self.id, Role::Caller));
        self.caller = Caller::Up(id);
        self.status = CallStatus::InProgress;
        self.connect(x, id);
        // One that we answered may say nothing before it has heard so: its ACK is waited for.
        if outbound {
            self.listen_for(x, id);
        }
        self.record(x, id);
        self.tell(x, id, LegState::Answered);
        self.inbox.push_back(FlowEvent::CallerAnswered);
    }

    /// The caller could not be reached.
    pub(super) fn caller_failed(&mut self, x: &mut Exchange, outcome: LegOutcome) {
        x.timers.cancel(TimerKey::RingLimit(self.id, Role::Caller));
        self.caller = Caller::Gone(OurReason::CallerLeft);
        self.inbox.push_back(FlowEvent::CallerFailed(outcome));
    }

    fn record(&mut self, x: &mut Exchange, id: LegId) {
        let (Some(folder), Some(leg)) = (&self.record_to, self.leg(id)) else {
            return;
        };
        let stream = leg.stream;
        for (side, name) in [
            (RecordSide::Sent, "heard.wav"),
            (RecordSide::Received, "said.wav"),
        ] {
            let path = folder.join(name);
            x.media(shard(self.id), MediaCommand::Record { stream, side, path });
        }
    }

    pub(super) fn tell(&self, x: &mut Exchange, id: LegId, state: LegState) {
        if let Some(leg) = self.leg(id) {
            self.tell_leg(x, leg, state);
        }
    }

    pub(super) fn tell_leg(&self, x: &mut Exchange, leg: &Leg, state: LegState) {
        x.report(EventKind::Leg {
            session: self.id,
            call: leg.call(),
            leg: leg.id(),
            side: leg.side(),
            trunk: leg.trunk().id,
            state,
        });
    }
}
