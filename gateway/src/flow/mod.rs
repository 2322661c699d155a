//! The campaign's rules as the gateway sees them: a value that is told what happened and says what to do.
//!
//! The rules themselves live in control-api. A flow has no clock, no socket and no database: timers are actions
//! ([`Action::StartTimer`]) and events ([`FlowEvent::TimerFired`]), sound is named by [`ClipName`] and found in the session's [`ClipBook`].

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use trunkline_media::clip::Clip;
use trunkline_media::dtmf::Digit;

use crate::ids::CallId;
use crate::phone::Phone;

/// Names one sound of a session, for example `msg_target_intro#1`.
pub type ClipName = Arc<str>;

/// The sounds of one session. A name that is missing plays the default tone, and the call goes on.
pub type ClipBook = HashMap<ClipName, Clip>;

/// A campaign's rules for one session.
pub trait Flow: Send {
    /// Takes one event and answers what is to be done, in order.
    fn on(&mut self, event: FlowEvent) -> Vec<Action>;
    /// The step that the session is in, for the funnel and the timeline: `confirm`, `target 2`, …
    fn step(&self) -> String;
}

/// A flow that builds itself into a box, so that it can travel in a command.
pub type BoxedFlow = Box<dyn Flow>;

/// What can happen to a session, as its flow hears it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FlowEvent {
    /// The session begins: an outbound one is to ring its caller, an inbound one is ringing.
    Start,
    /// The caller answered (outbound), or was answered (inbound).
    CallerAnswered,
    /// The caller could not be reached; the session ends.
    CallerFailed(LegOutcome),
    /// The caller hung up, or its leg died.
    CallerHungUp,
    /// The caller pressed a key.
    Digit(Digit),
    /// The clips of the last `Play` came to their end (not sent when a key or another action cut them off).
    PlayDone,
    /// A timer that the flow started fired.
    TimerFired(Timer),
    /// The target's telephone rings, or it sends early media.
    TargetRinging(CallId),
    /// The target answered.
    TargetAnswered(CallId),
    /// The target's leg carried no audio and was given up; the same call is dialled over another trunk. What follows is what follows a
    /// `DialTarget`.
    TargetRetried(CallId),
    /// The target's call is over: it hung up, it never answered, or the flow dropped it.
    TargetEnded(CallId, LegOutcome),
    /// The office of [`Action::DialTarget`] has as many of our calls as it may have: it was not dialled (CAMPAIGNS.md 4, office guard).
    OfficeFull(CallId),
    /// Answer to [`Action::Locate`]: the targets found, or none.
    Located(Option<Vec<FlowTarget>>),
}

/// How a leg ended, by who ended it and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LegOutcome {
    /// It was answered, and the far end hung up.
    HungUp,
    /// It was answered, and we ended it.
    Dropped,
    /// 486 or 600.
    Busy,
    /// It rang and nobody answered (408, 480, our ring limit).
    NoAnswer,
    /// 403, 603, 607, 608: the person or their network said no.
    Rejected,
    /// No trunk could reach it: 404, 5xx, timeouts, no route.
    Unreachable,
    /// We cancelled it while it rang.
    Canceled,
    /// It was answered and its media stopped, or its node died.
    Lost,
}

/// Timers of a flow; each fires once, `after` its start, unless cancelled or started again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Timer {
    /// No key for so long while input is collected.
    Input,
    /// A target has talked for as long as a call may last.
    Talk,
    /// The target's telephone has rung for as long as it may.
    Ring,
    /// Pause before something that must not come at once (extension digits).
    Pause,
}

/// One target as a flow needs it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FlowTarget {
    /// `us:bioguide:S000148`, `custom:…`
    pub key: String,
    /// Where to call, best first; empty when the target has no number. More than one only when the campaign falls back to other offices.
    pub offices: Vec<FlowOffice>,
}

/// One number of a target.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FlowOffice {
    /// The office's uid; empty for the main number.
    pub uid: String,
    /// The number.
    pub phone: Phone,
    /// Keys to send after answer: `0-9 * #`, and `,` for a pause of one second.
    pub extension: String,
}

/// What a flow asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Rings the caller for at most this long (outbound sessions).
    RingCaller {
        /// Ring limit.
        ring: Duration,
    },
    /// Answers an inbound caller.
    AnswerCaller,
    /// Plays to the caller, in place of what played before. Answered by `PlayDone`.
    Play(Vec<ClipName>),
    /// Stops what plays to the caller; no `PlayDone` follows.
    StopPlay,
    /// Starts (or starts again) a timer.
    StartTimer(Timer, Duration),
    /// Cancels a timer.
    CancelTimer(Timer),
    /// Dials a target. Answered by `TargetRinging`*, then `TargetAnswered` and `TargetEnded`, by `TargetEnded` alone, or by `OfficeFull`.
    DialTarget {
        /// Names the call from here on; taken from the ids that the flow was built with.
        call: CallId,
        /// Which target of the session's list, from 0.
        index: usize,
        /// Its key.
        key: String,
        /// The office called.
        office: FlowOffice,
        /// A key was pressed by the caller, so their own number may be shown (CAMPAIGNS.md 2).
        caller_proved: bool,
        /// Ring limit.
        ring: Duration,
    },
    /// Caller and target hear each other. `*` of the caller is reported and not passed on.
    Bridge(CallId),
    /// Sends keys to the target (extension).
    SendDigits(CallId, Vec<Digit>),
    /// Sends keys to the caller.
    SendCallerDigits(Vec<Digit>),
    /// Puts the caller on hold (`true`), or takes it back, by a re-INVITE (RFC 3264 section 8.4). What becomes of it is told as
    /// [`crate::event::LegState::Offered`].
    HoldCaller(bool),
    /// Ends the target's call, whatever its state. Answered by `TargetEnded`.
    DropTarget(CallId),
    /// A call is over: what control-api writes into its row.
    CallDone {
        /// The call.
        call: CallId,
        /// Which target.
        index: usize,
        /// Status, in CallPower's words.
        status: CallStatus,
        /// Our own outcome.
        outcome: Outcome,
    },
    /// A target that could not be called at all (no number): for the log and the timeline.
    TargetSkipped {
        /// Which target.
        index: usize,
    },
    /// Looks the caller's keyed location up. Answered by `Located`.
    Locate(String),
    /// Subscribes the caller to daily calls, or ends the subscription.
    Subscribe(bool),
    /// The session is over with this status; every leg that is left is ended.
    HangUp(SessionStatus),
}

/// Status of a call and of a session, spelled as Twilio and CallPower do (CAMPAIGNS.md 1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CallStatus {
    /// Waits to be dialled.
    Queued,
    /// Rings.
    Ringing,
    /// Answered.
    InProgress,
    /// Answered and ended.
    Completed,
    /// 486.
    Busy,
    /// Could not be reached.
    Failed,
    /// Rang out.
    NoAnswer,
    /// Cancelled by the caller or by us.
    Canceled,
    /// Not known (a node was lost).
    Unknown,
}

/// A session's status uses the same words as a call's.
pub type SessionStatus = CallStatus;

/// Our own word for how a call went (CAMPAIGNS.md 1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Answered, and the target hung up.
    Talked,
    /// The caller pressed `*`.
    Skipped,
    /// A machine took the call.
    Voicemail,
    /// A machine that takes no more messages.
    MailboxFull,
    /// Busy.
    Busy,
    /// Rang out.
    NoAnswer,
    /// No trunk reached it.
    Unreachable,
    /// The target or its network refused.
    Rejected,
    /// The caller hung up first.
    CallerHungUp,
    /// The node died.
    NodeLost,
}
