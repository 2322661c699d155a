//! What the gateway reports to control-api.

use crate::cdr::{Cdr, Side, WallMs};
use crate::flow::{CallStatus, Outcome, SessionStatus};
use crate::ids::{CallId, CampaignId, LegId, SessionId, TrunkId};
use crate::leg::trace::Trace;
use crate::phone::Phone;

/// Something that happened, with the wall-clock time at which it did.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// When.
    pub at: WallMs,
    /// What.
    pub kind: EventKind,
}

/// What happened.
#[derive(Clone, Debug, PartialEq)]
pub enum EventKind {
    /// A call to one of our numbers waits for `Accept` or `Refuse`; refused with 503 after a few seconds without either.
    Incoming {
        /// Names it in the answer.
        leg: LegId,
        /// The trunk it came over.
        trunk: TrunkId,
        /// The campaign of the number.
        campaign: CampaignId,
        /// The number dialled.
        to: Phone,
        /// The caller's number, when the trunk gave one that is a number.
        from: Option<Phone>,
        /// The trunk vouches for `from` (P-Asserted-Identity from its own address), and the caller does not withhold it.
        vouched: bool,
    },
    /// A session moved to another step of its flow, with its status.
    SessionStep {
        /// The session.
        session: SessionId,
        /// Its status.
        status: SessionStatus,
        /// As `Flow::step`.
        step: String,
    },
    /// A session is over; every leg of it has ended and its CDRs were reported before.
    SessionEnded {
        /// The session.
        session: SessionId,
        /// Its status.
        status: SessionStatus,
        /// Where in the flow it ended.
        step: String,
    },
    /// A call to a target began.
    CallStarted {
        /// The session.
        session: SessionId,
        /// The call.
        call: CallId,
        /// Which target, from 0.
        index: usize,
        /// Its key.
        key: String,
        /// The office's uid.
        office: String,
        /// Number shown to the target and why.
        caller_id_reason: CallerIdReason,
    },
    /// A call to a target is over.
    CallEnded {
        /// The session.
        session: SessionId,
        /// The call.
        call: CallId,
        /// Which target, from 0.
        index: usize,
        /// CallPower's word.
        status: CallStatus,
        /// Our word.
        outcome: Outcome,
        /// From the target's answer to the end, milliseconds.
        duration_ms: i64,
    },
    /// A target was passed over because it has no number.
    TargetSkipped {
        /// The session.
        session: SessionId,
        /// Which target, from 0.
        index: usize,
    },
    /// A leg moved on.
    Leg {
        /// The session.
        session: SessionId,
        /// Its call, for a target leg.
        call: Option<CallId>,
        /// The leg.
        leg: LegId,
        /// Caller or target.
        side: Side,
        /// Its trunk.
        trunk: TrunkId,
        /// What it came to.
        state: LegState,
    },
    /// A key of the caller, for the timeline.
    Digit {
        /// The session.
        session: SessionId,
        /// The key.
        digit: trunkline_media::dtmf::Digit,
    },
    /// Sounds began to play to the caller.
    Playing {
        /// The session.
        session: SessionId,
        /// Their names.
        clips: Vec<crate::flow::ClipName>,
    },
    /// The flow asks for a look-up; answer with `Command::Located`.
    Locate {
        /// The session.
        session: SessionId,
        /// What the caller keyed.
        location: String,
    },
    /// The caller subscribed to daily calls, or ended the subscription.
    Subscribe {
        /// The session.
        session: SessionId,
        /// On or off.
        on: bool,
    },
    /// What was said on a leg, just before its record. It is for people: nothing is lost with it but that, and it is not kept for a
    /// second try.
    Trace(Box<Trace>),
    /// A leg's record; answer with `Command::CdrStored` once it is kept.
    Cdr(Box<Cdr>),
    /// A trunk went up or down, or was slowed.
    Trunk {
        /// The trunk.
        trunk: TrunkId,
        /// What it is now.
        health: TrunkHealth,
    },
    /// After `Drain`: the last session has ended.
    Drained,
}

/// Why a target saw the number it saw.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallerIdReason {
    /// The caller's own: they answered our call-back and pressed a key, or the trunk vouched for it.
    CallerProved,
    /// The campaign's.
    Campaign,
    /// The one that the trunk's policy names, whatever the caller has proved.
    TrunkPolicy,
    /// None: the trunk's policy withholds it.
    Withheld,
}

/// States of a leg that are told outside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LegState {
    /// INVITE sent, or received.
    Dialling {
        /// Why the number was shown that was shown; `None` when the far end called us.
        shown: Option<CallerIdReason>,
    },
    /// 18x; `early_media` when it carried SDP.
    Ringing {
        /// The status.
        status: u16,
        /// It carried SDP.
        early_media: bool,
    },
    /// 2xx.
    Answered,
    /// It has answered our offer to hold it, or to take it back.
    Offered {
        /// On hold, or back.
        hold: bool,
        /// The status by which it refused; nothing has changed then.
        refused: Option<u16>,
    },
    /// Over.
    Ended {
        /// Final SIP status, when there was one.
        status: Option<u16>,
        /// In a word.
        cause: String,
    },
}

/// What a trunk can do now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TrunkHealth {
    /// Takes calls.
    Up,
    /// Asked us to slow down.
    Slowed,
    /// Gives no answer.
    Down,
}
