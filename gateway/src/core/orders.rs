//! What control-api orders: sessions, the snapshot, drain and stop.

use std::sync::Arc;

use super::exchange::Exchange;
use super::timers::TimerKey;
use super::{Gateway, Mode, Output, STOP};
use crate::command::{Command, SessionOrder};
use crate::event::EventKind;
use crate::flow::CallStatus;
use crate::ids::SessionId;
use crate::session::Session;
use crate::trunk::snapshot::Snapshot;

impl Gateway {
    pub(super) fn command(&mut self, command: Command) {
        match command {
            Command::Dial(order) => self.dial(*order),
            Command::Ring { leg } => self.ring(leg),
            Command::Accept { leg, order } => self.accept(leg, *order),
            Command::Refuse {
                leg,
                status,
                retry_after,
            } => self.refuse(leg, status, retry_after),
            Command::AddClips { session, clips } => self.with(session, |s, _| s.add_clips(clips)),
            Command::Located {
                session,
                targets,
                clips,
            } => {
                self.with(session, |s, x| s.located(x, targets, clips));
            }
            Command::HangUp { session } => self.with(session, Session::hang_up),
            Command::Swap(snapshot) => self.swap(snapshot),
            // The journal's own business: whoever writes it has seen the order.
            Command::CdrStored { .. } => {}
            Command::Drain => {
                self.x.endpoint.set_draining(true);
                if self.mode == Mode::Open {
                    self.mode = Mode::Draining;
                }
            }
            Command::Rest { on } => {
                self.resting = on;
                self.refuse_new();
            }
            Command::Stop => self.stop(),
        }
    }

    fn dial(&mut self, order: SessionOrder) {
        let id = order.session;
        if self.sessions.contains_key(&id) {
            tracing::error!(session = %id, "a session that is under way was ordered again");
            return;
        }
        if self.is_draining() || self.is_holding() {
            self.reject("not taking calls");
            self.turn_away(id);
            return;
        }
        self.begin(order, |_, _| true);
    }

    /// A session that never began is over at once.
    pub(super) fn turn_away(&mut self, session: SessionId) {
        let step = "not started".to_owned();
        self.x.report(EventKind::SessionEnded {
            session,
            status: CallStatus::Failed,
            step,
        });
    }

    /// Puts a session on the table; one that `prepare` cannot take is over at once.
    pub(super) fn begin(
        &mut self,
        order: SessionOrder,
        prepare: impl FnOnce(&mut Session, &mut Exchange) -> bool,
    ) {
        let (id, limit) = (order.session, order.max_duration);
        self.x
            .timers
            .start(TimerKey::MaxDuration(id), self.x.now() + limit);
        self.sessions.insert(id, Session::new(order));
        self.with(id, |session, x| {
            if prepare(session, x) {
                session.start(x);
            } else {
                session.refused(x);
            }
        });
    }

    fn swap(&mut self, snapshot: Arc<Snapshot>) {
        self.x.retire(&snapshot);
        self.x.lines.swap(&snapshot);
        self.x.snapshot = snapshot.clone();
        if matches!(self.mode, Mode::Open | Mode::Draining | Mode::Drained) {
            self.x.swap_registrations(&snapshot);
            self.x.swap_pings(&snapshot);
        }
    }

    /// While held, calls are refused as if we were draining; the endpoint says 503 by itself.
    pub(super) fn hold(&mut self, holding: bool) {
        if self.holding != holding {
            self.holding = holding;
            self.refuse_new();
        }
    }

    /// Lets the endpoint answer 503 while no call is taken, for whatever reason.
    fn refuse_new(&mut self) {
        self.x.endpoint.set_draining(self.holding || self.is_draining());
    }

    fn stop(&mut self) {
        if matches!(self.mode, Mode::Stopping | Mode::Stopped) {
            return;
        }
        self.mode = Mode::Stopping;
        self.x.endpoint.set_draining(true);
        self.x.timers.start(TimerKey::Stop, self.x.now() + STOP);
        self.x.end_registrations();
        let waiting: Vec<_> = self.pending.keys().copied().collect();
        for leg in waiting {
            self.refuse(leg, 503, None);
        }
        let sessions: Vec<SessionId> = self.sessions.keys().copied().collect();
        for session in sessions {
            self.with(session, Session::hang_up);
        }
    }

    /// The far ends have not answered in time: what is left is for the journal's next reader.
    pub(super) fn stopped(&mut self) {
        self.mode = Mode::Stopped;
        self.x.emit(Output::Stopped);
    }

    /// A drain or a stop is over when the last session is; says whether that was now.
    pub(super) fn settle_mode(&mut self) -> bool {
        match self.mode {
            Mode::Draining if self.sessions.is_empty() => {
                self.mode = Mode::Drained;
                self.x.report(EventKind::Drained);
                true
            }
            Mode::Stopping if self.sessions.is_empty() => {
                self.x.timers.cancel(TimerKey::Stop);
                self.stopped();
                true
            }
            Mode::Open | Mode::Draining | Mode::Drained | Mode::Stopping | Mode::Stopped => false,
        }
    }
}
