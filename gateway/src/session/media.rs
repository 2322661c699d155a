//! What the streams of a session report: keys, the end of a clip, silence, their own end.

use bytes::Bytes;
use trunkline_media::command::{Command as MediaCommand, Event as MediaEvent, StreamId};
use trunkline_media::dtmf::Digit;
use trunkline_media::sdp;
use trunkline_media::stats::StreamStats;

use super::Session;
use crate::core::exchange::{Exchange, shard};
use crate::core::timers::Role;
use crate::event::EventKind;
use crate::flow::{FlowEvent, LegOutcome};
use crate::ids::LegId;
use crate::leg::cause::OurReason;
use crate::leg::info;
use crate::leg::{Leg, State};
use crate::trunk::snapshot::DtmfWay;

impl Session {
    /// One event of one of its streams.
    pub fn media(&mut self, x: &mut Exchange, stream: StreamId, event: MediaEvent) {
        match event {
            MediaEvent::Digit { digit, .. } => {
                if self.caller_stream() == Some(stream) {
                    self.digit(x, digit);
                }
            }
            MediaEvent::KeyToSignal { digit, .. } => {
                let leg = self.legs.iter().find(|l| l.stream == stream).map(Leg::id);
                if let Some(leg) = leg {
                    self.press(x, leg, vec![digit]);
                }
            }
            MediaEvent::PlayDone { play, finished, .. } => self.play_done(play, finished),
            MediaEvent::Timeout { .. } => self.media_timeout(x, stream),
            MediaEvent::OpenFailed { reason, .. } => {
                tracing::warn!(session = %self.id, %reason, "media port could not be bound");
                self.stream_over(x, stream, StreamStats::default(), Some(OurReason::NoPort));
            }
            MediaEvent::Closed { stats, .. } => self.stream_over(x, stream, stats, None),
            MediaEvent::RecordFailed { reason, .. } => {
                tracing::warn!(session = %self.id, %reason, "recording could not be written");
            }
            MediaEvent::FirstPacket { .. } => self.heard(x, stream),
            MediaEvent::DigitsSent { .. } | MediaEvent::Released { .. } => {}
        }
        self.listen(x);
        self.settle(x);
    }

    /// A key of the caller. While a target is on the line, only `*` is ours to know of.
    pub(super) fn digit(&mut self, x: &mut Exchange, digit: Digit) {
        let ours = !self.is_talking();
        if ours && let Some(leg) = self.caller.leg().and_then(|l| self.leg_mut(l)) {
            leg.pressed(digit);
        }
        if ours || digit == Digit::STAR {
            x.report(EventKind::Digit {
                session: self.id,
                digit,
            });
            self.inbox.push_back(FlowEvent::Digit(digit));
        }
    }

    /// Sends keys to a leg's far end, the way its trunk wants them.
    pub(super) fn press(&self, x: &mut Exchange, id: LegId, digits: Vec<Digit>) {
        let Some(leg) = self.leg(id).filter(|l| !l.is_over()) else {
            return;
        };
        match leg.trunk().dtmf {
            DtmfWay::Info => {
                for digit in digits {
                    x.endpoint.info(x.now(), id, info::body(digit));
                }
            }
            DtmfWay::Rfc4733 | DtmfWay::Inband => {
                let stream = leg.stream;
                x.media(shard(self.id), MediaCommand::SendDigits { stream, digits });
            }
        }
    }

    /// Tells the engine what offer and answer came to. Told again at the answer, so that the timeout counts from there.
    pub(super) fn connect(&self, x: &mut Exchange, id: LegId) {
        if let Some(leg) = self.leg(id)
            && let Some(media) = leg.media()
        {
            let (stream, media) = (leg.stream, media.clone());
            x.media(shard(self.id), MediaCommand::Connect { stream, media });
        }
    }

    /// Takes the far end's answer to our offer; `false` when it agrees to nothing that we speak.
    pub(super) fn agree(&mut self, x: &mut Exchange, id: LegId, answer: &Bytes) -> bool {
        let Some(leg) = self.leg_mut(id) else { return false };
        match sdp::accept(&leg.local, answer) {
            Ok(media) => {
                leg.agreed(media);
                self.connect(x, id);
                self.agreed_anew(x, id);
                true
            }
            Err(error) => {
                tracing::info!(session = %self.id, leg = %id, %error, "answer not understood");
                false
            }
        }
    }

    /// Nothing was heard of a leg for the engine's timeout: who is not on hold has gone.
    fn media_timeout(&mut self, x: &mut Exchange, stream: StreamId) {
        let Some(leg) = self.legs.iter().find(|l| l.stream == stream) else {
            return;
        };
        if leg.state() == State::Answered && !leg.is_held() && !leg.is_over() {
            let id = leg.id();
            let reason = if leg.sentinel.is_one_way() {
                OurReason::OneWay
            } else {
                OurReason::MediaTimeout
            };
            let role = self.role_of(id);
            self.close(x, id, reason);
            self.lost(x, role, LegOutcome::Lost);
        }
    }

    /// A leg that was answered is gone.
    pub(super) fn lost(&mut self, x: &mut Exchange, role: Option<Role>, outcome: LegOutcome) {
        match role {
            Some(Role::Caller) => {
                self.caller = super::Caller::Gone(OurReason::CallerLeft);
                self.inbox.push_back(FlowEvent::CallerHungUp);
            }
            Some(Role::Target) => self.target_ended(x, outcome),
            None => {}
        }
    }

    fn stream_over(
        &mut self,
        x: &mut Exchange,
        stream: StreamId,
        stats: StreamStats,
        reason: Option<OurReason>,
    ) {
        x.streams.remove(&stream);
        let Some(leg) = self.legs.iter_mut().find(|l| l.stream == stream) else {
            return;
        };
        leg.media_closed(stats);
        let (id, answered) = (leg.id(), leg.state() == State::Answered);
        x.lines
            .count(leg.trunk().id, |c| c.foreign_packets += stats.foreign_packets);
        if let Some(reason) = reason.filter(|_| !leg.is_over()) {
            let role = self.role_of(id);
            self.close(x, id, reason);
            match role {
                Some(_) if answered => self.lost(x, role, LegOutcome::Lost),
                Some(role) => self.failed(x, role, LegOutcome::Unreachable),
                None => {}
            }
        }
    }
}
