//! What a flow is built with: everything that is known of a session before it starts, and every timer with its default.

use std::time::Duration;

use trunkline_gateway::flow::FlowTarget;
use trunkline_gateway::ids::CallId;

/// Most targets of one session.
pub const MAX_TARGETS: usize = 100;

/// One session's plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FlowPlan {
    /// How the session begins.
    pub entry: Entry,
    /// Keys to ask for when the campaign needs a location and none was given.
    pub locate: Option<LocateKeys>,
    /// The campaign has an introduction of its own for callers who are asked for a location; else `msg_intro` is played.
    pub intro_location: bool,
    /// Daily calls are offered once (`prompt_schedule`); `true` when the caller has them already.
    pub schedule: Option<bool>,
    /// Whom to call, in order.
    pub targets: Vec<FlowTarget>,
    /// Those of them whose office was full when their turn came: they come again, once, behind the others.
    pub deferred: Vec<usize>,
    /// Cuts the list (also one that is located later).
    pub call_maximum: Option<usize>,
    /// One for each target, more when targets are located later.
    pub call_ids: Vec<CallId>,
    /// What proves that the caller's number is theirs.
    pub proof: Proof,
    /// The timers.
    pub timers: FlowTimers,
}

/// How a session begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entry {
    /// We call the caller back.
    Outbound,
    /// The caller dialled one of our numbers.
    Inbound(Inbound),
}

/// The campaign's status when its number is dialled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Inbound {
    /// The session goes on.
    Live,
    /// `msg_campaign_paused`, then the end.
    Paused,
    /// `msg_campaign_complete`, then the end.
    Archived,
}

/// What a caller keys for a location.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LocateKeys {
    /// So many digits (a US ZIP: 5); `#` ends early.
    Digits(usize),
    /// Letters and digits on the keypad (a Canadian postal code), up to so many keys; `#` or a pause ends.
    Keypad(usize),
}

/// What lets a target see the caller's own number (CAMPAIGNS.md 2, target i).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    /// Not proved yet; a key pressed on an outbound call proves it.
    AwaitsKey,
    /// Proved: by that key, or the inbound trunk vouches for it.
    Given,
    /// Cannot be proved: an inbound call that nobody vouches for.
    Never,
}

/// A target's place in the order of the calls, and in the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Turn {
    /// Counts up with every introduction; beyond the list come those that were deferred.
    pub(super) turn: usize,
    /// Which target, from 0.
    pub(super) index: usize,
}

/// Every timer of a session and how often it asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FlowTimers {
    /// The caller's telephone rings so long.
    pub caller_ring: Duration,
    /// Silence at `confirm`.
    pub confirm: Duration,
    /// Silence at `locate`, between keys too.
    pub locate: Duration,
    /// Locations that may be keyed and not found.
    pub locate_tries: u8,
    /// Silence at `schedule`.
    pub schedule: Duration,
    /// A target's telephone rings so long.
    pub target_ring: Duration,
    /// A target is talked with so long.
    pub talk: Duration,
    /// From a target's answer to its extension's keys, and what a `,` in them stands for.
    pub extension_pause: Duration,
}

impl Default for FlowTimers {
    fn default() -> Self {
        FlowTimers {
            caller_ring: Duration::from_secs(60),
            confirm: Duration::from_secs(10),
            locate: Duration::from_secs(10),
            locate_tries: 3,
            schedule: Duration::from_secs(3),
            target_ring: Duration::from_secs(60),
            talk: Duration::from_secs(3_600),
            extension_pause: Duration::from_secs(1),
        }
    }
}

impl FlowPlan {
    /// Keeps as many targets as there may be and as there are ids for.
    pub(super) fn cut(mut self) -> FlowPlan {
        let most = self
            .call_maximum
            .unwrap_or(MAX_TARGETS)
            .min(MAX_TARGETS)
            .min(self.call_ids.len());
        self.targets.truncate(most);
        self
    }

    /// Takes the targets of a location.
    pub(super) fn located(&mut self, targets: Vec<FlowTarget>) {
        self.targets = targets;
        self.deferred.clear();
        self.locate = None;
        *self = self.clone().cut();
    }

    /// A key was pressed.
    pub(super) fn key_pressed(&mut self) {
        self.proof = match self.proof {
            Proof::AwaitsKey | Proof::Given => Proof::Given,
            Proof::Never => Proof::Never,
        };
    }

    /// The first turn from `turn` on whose target has a number, and the targets passed over before it.
    pub(super) fn callable_from(&self, turn: usize) -> (Option<Turn>, Vec<usize>) {
        let mut skipped = Vec::new();
        for at in self.turns_from(turn) {
            if self.is_callable(at) {
                return (Some(at), skipped);
            }
            skipped.push(at.index);
        }
        (None, skipped)
    }

    /// How many calls are to come from `turn` on, those that were deferred among them.
    pub(super) fn calls_left(&self, turn: usize) -> usize {
        self.turns_from(turn).filter(|at| self.is_callable(*at)).count()
    }

    fn turns_from(&self, turn: usize) -> impl Iterator<Item = Turn> {
        let indices = (0..self.targets.len()).chain(self.deferred.iter().copied());
        let turns = indices.enumerate().map(|(turn, index)| Turn { turn, index });
        turns.skip(turn)
    }

    fn is_callable(&self, at: Turn) -> bool {
        self.targets.get(at.index).is_some_and(|t| !t.offices.is_empty())
    }

    /// Puts a target whose office is full behind the others. `false` when that changes nothing: there are no others, or it was there
    /// before.
    pub(super) fn defer(&mut self, at: Turn) -> bool {
        let others = self.callable_from(at.turn + 1).0.is_some();
        let can = others && at.turn < self.targets.len();
        if can {
            self.deferred.push(at.index);
        }
        can
    }
}
