//! One session: a caller, its campaign's flow, and one target after the other. It hears events, asks the flow, and
//! carries out what the flow says.
//!
//! ```text
//! caller.rs   ring the caller, answer an inbound one            sound.rs   clips and ringback to the caller
//! target.rs   dial, early media, bridge, drop                   signal.rs  what the legs' signalling reports
//! dial.rs     one INVITE on one trunk, and the next one         media.rs   what the streams report
//! hearing.rs  legs that are answered and mute
//! ```
//! A leg that is being closed lives on here until its CDR is written; the flow has gone on by then.

mod caller;
mod dial;
mod hearing;
mod media;
mod signal;
mod sound;
mod target;
pub mod tries;

use std::collections::VecDeque;
use std::path::PathBuf;

use trunkline_media::command::{Command as MediaCommand, PlayId};

use crate::command::SessionOrder;
use crate::core::exchange::{Exchange, shard};
use crate::core::status::owner;
use crate::core::timers::{Role, TimerKey};
use crate::event::EventKind;
use crate::flow::{
    Action, BoxedFlow, CallStatus, ClipBook, FlowEvent, FlowTarget, LegOutcome, SessionStatus,
};
use crate::ids::{CallId, CampaignId, LegId, SessionId};
use crate::leg::Leg;
use crate::leg::cause::{NORMAL_CLEARING, OurReason};
use crate::phone::Phone;
use caller::Caller;
use target::Target;

/// One session.
pub struct Session {
    id: SessionId,
    campaign: CampaignId,
    phone: Phone,
    phone_ref: String,
    shown: Phone,
    shown_ref: String,
    /// Identity headers of the caller's own call (RFC 8224), as they came.
    signed: Vec<String>,
    targets_plain: bool,
    record_to: Option<PathBuf>,
    max_per_number: u32,
    retry_one_way: bool,
    /// The call whose office was full, until the flow says what becomes of it.
    turned_away: Option<target::Wish>,
    flow: BoxedFlow,
    clips: ClipBook,
    inbox: VecDeque<FlowEvent>,
    legs: Vec<Leg>,
    caller: Caller,
    target: Option<Target>,
    sound: Sound,
    /// Calls that have ended and that the flow has not summed up yet, with their talk time.
    talked: Vec<(CallId, i64)>,
    status: SessionStatus,
    told: (SessionStatus, String),
    ending: Option<SessionStatus>,
}

/// What plays to the caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sound {
    Nothing,
    Clips(PlayId),
    Ringback,
    /// This leg: the target, or its network before the answer.
    Bridged(LegId),
}

impl Session {
    /// A session that has not begun.
    pub fn new(order: SessionOrder) -> Session {
        Session {
            id: order.session,
            campaign: order.campaign,
            phone: order.caller,
            phone_ref: order.caller_ref,
            shown: order.caller_id,
            shown_ref: order.caller_id_ref,
            signed: Vec::new(),
            targets_plain: order.target_refs_plain,
            record_to: order.record_to,
            max_per_number: order.max_per_number,
            retry_one_way: order.retry_one_way,
            turned_away: None,
            flow: order.flow,
            clips: order.clips,
            inbox: VecDeque::new(),
            legs: Vec::new(),
            caller: Caller::Idle,
            target: None,
            sound: Sound::Nothing,
            talked: Vec::new(),
            status: CallStatus::Queued,
            told: (CallStatus::Queued, String::new()),
            ending: None,
        }
    }

    /// Begins: the flow hears `Start`.
    pub fn start(&mut self, x: &mut Exchange) {
        self.hear(x, FlowEvent::Start);
    }

    /// More sounds.
    pub fn add_clips(&mut self, clips: ClipBook) {
        self.clips.extend(clips);
    }

    /// Answer to a look-up.
    pub fn located(&mut self, x: &mut Exchange, targets: Option<Vec<FlowTarget>>, clips: ClipBook) {
        self.clips.extend(clips);
        self.hear(x, FlowEvent::Located(targets));
    }

    /// A timer of the session has fired.
    pub fn timer(&mut self, x: &mut Exchange, key: TimerKey) {
        match key {
            TimerKey::Flow(_, timer) => self.hear(x, FlowEvent::TimerFired(timer.into())),
            TimerKey::RingLimit(_, role) => self.rung_out(x, role),
            TimerKey::NextTry(_, role) => self.try_next(x, role),
            TimerKey::SlowToRing(_, role) => self.slow_to_ring(x, role),
            TimerKey::Unheard(_, role) => self.unheard(x, role),
            TimerKey::MaxDuration(_) => self.stop(x, OurReason::TooLong),
            TimerKey::Unclaimed(_)
            | TimerKey::Trunk(_)
            | TimerKey::Ping(..)
            | TimerKey::Registration(_)
            | TimerKey::Stop => {}
        }
        self.listen(x);
    }

    /// Ends the session and every leg of it, from outside.
    pub fn hang_up(&mut self, x: &mut Exchange) {
        self.stop(x, OurReason::Wanted);
    }

    /// An inbound session whose caller could not be taken.
    pub fn refused(&mut self, x: &mut Exchange) {
        self.caller_failed(x, LegOutcome::Unreachable);
        self.listen(x);
        self.end(x, CallStatus::Failed, OurReason::Wanted);
    }

    /// The caller is taken off the line; the flow sums up what was under way, as if the caller had left, and ends.
    fn stop(&mut self, x: &mut Exchange, reason: OurReason) {
        let caller = std::mem::replace(&mut self.caller, Caller::Gone(reason));
        if let Some(leg) = caller.leg() {
            self.close(x, leg, reason);
        }
        let (event, status) = match caller {
            Caller::Up(_) => (Some(FlowEvent::CallerHungUp), CallStatus::Completed),
            Caller::Idle | Caller::Ringing(_) => (
                Some(FlowEvent::CallerFailed(LegOutcome::Canceled)),
                CallStatus::Canceled,
            ),
            Caller::Gone(_) => (None, CallStatus::Completed),
        };
        self.inbox.extend(event);
        self.listen(x);
        // Every flow ends with its caller; should one not, the session does.
        self.end(x, status, reason);
    }

    /// Its last leg has its CDR, and it is ending: its status and the step where it ended.
    pub fn outcome(&self) -> Option<(SessionStatus, String)> {
        let status = self.ending.filter(|_| self.legs.is_empty())?;
        Some((status, self.flow.step()))
    }

    /// Legs that have no CDR yet.
    pub fn legs(&self) -> usize {
        self.legs.len()
    }

    /// One event for the flow, and what comes of it.
    fn hear(&mut self, x: &mut Exchange, event: FlowEvent) {
        self.inbox.push_back(event);
        self.listen(x);
    }

    /// Works the inbox off: an action may put the next event into it.
    fn listen(&mut self, x: &mut Exchange) {
        while let Some(event) = self.inbox.pop_front() {
            if self.ending.is_some() {
                self.inbox.clear();
                break;
            }
            for action in self.flow.on(event) {
                self.carry_out(x, action);
            }
        }
        self.tell_step(x);
    }

    fn carry_out(&mut self, x: &mut Exchange, action: Action) {
        if self.ending.is_some() {
            return;
        }
        match action {
            Action::RingCaller { ring } => self.ring_caller(x, ring),
            Action::AnswerCaller => self.answer_caller(x),
            Action::Play(names) => self.play(x, names),
            Action::StopPlay => self.silence(x),
            Action::StartTimer(timer, after) => {
                x.timers
                    .start(TimerKey::Flow(self.id, timer.into()), x.now() + after);
            }
            Action::CancelTimer(timer) => x.timers.cancel(TimerKey::Flow(self.id, timer.into())),
            Action::DialTarget {
                call,
                index,
                key,
                office,
                caller_proved,
                ring,
            } => {
                let wish = target::Wish {
                    call,
                    index,
                    key,
                    office,
                    caller_proved,
                    ring,
                };
                self.dial_target(x, wish);
            }
            Action::Bridge(call) => self.bridge(x, call),
            Action::SendDigits(call, digits) => self.send_digits(x, call, digits),
            Action::SendCallerDigits(digits) => self.send_caller_digits(x, digits),
            Action::HoldCaller(hold) => self.hold_caller(x, hold),
            Action::DropTarget(call) => self.drop_target(x, call),
            Action::CallDone {
                call,
                index,
                status,
                outcome,
            } => {
                self.begin_late(x, call);
                let at = self.talked.iter().position(|(c, _)| *c == call);
                let duration_ms = at.map_or(0, |at| self.talked.swap_remove(at).1);
                let session = self.id;
                x.report(EventKind::CallEnded {
                    session,
                    call,
                    index,
                    status,
                    outcome,
                    duration_ms,
                });
            }
            Action::TargetSkipped { index } => x.report(EventKind::TargetSkipped {
                session: self.id,
                index,
            }),
            Action::Locate(location) => x.report(EventKind::Locate {
                session: self.id,
                location,
            }),
            Action::Subscribe(on) => x.report(EventKind::Subscribe { session: self.id, on }),
            Action::HangUp(status) => self.end(x, status, self.drop_reason()),
        }
    }

    /// From here on nothing begins: every leg is closed, and the session is over when the last has its CDR.
    fn end(&mut self, x: &mut Exchange, status: SessionStatus, reason: OurReason) {
        if self.ending.is_some() {
            return;
        }
        self.ending = Some(status);
        self.status = status;
        x.timers.cancel_session(self.id);
        let open: Vec<LegId> = self.legs.iter().filter(|l| !l.is_over()).map(Leg::id).collect();
        for leg in open {
            self.close(x, leg, reason);
        }
        self.caller = Caller::Gone(reason);
        self.target = None;
    }

    /// Why a target is dropped when the flow says so.
    fn drop_reason(&self) -> OurReason {
        match self.caller {
            Caller::Gone(reason) => reason,
            Caller::Idle | Caller::Ringing(_) | Caller::Up(_) => OurReason::Wanted,
        }
    }

    /// Closes a leg: signalling and media. Its CDR follows when both are over.
    fn close(&mut self, x: &mut Exchange, id: LegId, reason: OurReason) {
        let Some(leg) = self.legs.iter_mut().find(|l| l.id() == id && !l.is_over()) else {
            return;
        };
        leg.close(reason);
        let stream = leg.stream;
        self.unbridge(x, id);
        x.close(id, reason.ending(true).q850_cause.or(Some(NORMAL_CLEARING)));
        x.media(shard(self.id), MediaCommand::Close { stream });
    }

    /// Writes the CDRs of legs whose signalling and media are both over.
    fn settle(&mut self, x: &mut Exchange) {
        let done: Vec<_> = self.legs.iter().filter_map(Leg::cdr).collect();
        for cdr in done {
            self.legs.retain(|l| l.id() != cdr.id);
            *x.ended.entry(owner(cdr.ended_by)).or_default() += 1;
            x.finish(cdr);
        }
    }

    fn tell_step(&mut self, x: &mut Exchange) {
        let now = (self.status, self.flow.step());
        if self.told != now {
            self.told.clone_from(&now);
            let (status, step) = now;
            x.report(EventKind::SessionStep {
                session: self.id,
                status,
                step,
            });
        }
    }

    fn leg(&self, id: LegId) -> Option<&Leg> {
        self.legs.iter().find(|l| l.id() == id)
    }

    fn leg_mut(&mut self, id: LegId) -> Option<&mut Leg> {
        self.legs.iter_mut().find(|l| l.id() == id)
    }

    /// Whose current leg this is; `None` for one that is only being closed.
    fn role_of(&self, id: LegId) -> Option<Role> {
        if self.caller.leg() == Some(id) {
            Some(Role::Caller)
        } else if self.target.as_ref().is_some_and(|t| t.attempt.leg == Some(id)) {
            Some(Role::Target)
        } else {
            None
        }
    }
}
