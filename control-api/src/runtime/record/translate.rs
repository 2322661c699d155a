//! What a gateway event means for the rows, and how dashboards hear it. No numbers and no keys pressed go into the timeline's words.

use serde_json::{Value, json};
use trunkline_gateway::cdr::{Cdr, Side};
use trunkline_gateway::event::{CallerIdReason, Event, EventKind, LegState, TrunkHealth};
use trunkline_gateway::flow::{CallStatus, Outcome, SessionStatus};
use trunkline_gateway::ids::{CallId, CampaignId, SessionId};
use trunkline_gateway::leg::trace::Trace;

use crate::clock::Clock;
use crate::daily::Keyed;
use crate::store::calls::Call;
use crate::store::{events, word};

/// The step of a session that the gateway turned away before anything was sent.
const NOT_STARTED: &str = "not started";

/// One change of the rows. Each may be written twice without harm.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Write {
    /// A session's status and step.
    Step {
        session: String,
        status: SessionStatus,
        step: String,
        at: i64,
    },
    /// A session is over. What is told of it is written in the same transaction.
    SessionEnded {
        session: String,
        status: SessionStatus,
        step: String,
        at: i64,
        told: events::Event,
    },
    /// The gateway could not take the order: no INVITE has left. `told` is for a caller who is gone with it.
    NotStarted {
        session: String,
        at: i64,
        told: events::Event,
    },
    /// A call began.
    CallStarted(Call),
    /// A call's status.
    CallStatus { call: String, status: CallStatus },
    /// A call is over. What is told of it is written in the same transaction.
    CallEnded {
        call: String,
        status: CallStatus,
        outcome: Outcome,
        duration_ms: i64,
        at: i64,
        told: events::Event,
    },
    /// A key about daily calls.
    Keyed(Keyed),
    /// What was said on a leg.
    Trace(Box<Trace>),
    /// A leg's record.
    Cdr(Box<Cdr>),
    /// The timeline.
    Told(events::Event),
}

/// An event's meaning.
pub(super) struct Translated {
    /// For the database.
    pub(super) writes: Vec<Write>,
    /// For dashboards, now; it is in `writes` too.
    pub(super) told: Option<events::Event>,
}

pub(super) fn translate(event: &Event, campaign: Option<CampaignId>, clock: &Clock) -> Translated {
    if let Some(end) = end(event, clock) {
        return end;
    }
    let told = tell(&event.kind).map(|told| events::Event {
        id: clock.new_id().to_string(),
        at: event.at,
        kind: told.kind.to_owned(),
        session_id: told.session.map(|s| s.to_string()),
        data: told.data,
    });
    let mut writes = writes(event, campaign);
    writes.extend(told.clone().map(Write::Told));
    Translated { writes, told }
}

/// The end of a session or of a call, whose row and whose event are written as one: a `kill -9` loses neither or both, and what loses both
/// is told by recovery.
fn end(event: &Event, clock: &Clock) -> Option<Translated> {
    let (at, id) = (event.at, || clock.new_id().to_string());
    let (write, told) = match &event.kind {
        EventKind::SessionEnded { session, step, .. } if step == NOT_STARTED => {
            let session = session.to_string();
            let canceled = word(&SessionStatus::Canceled);
            let told = events::session_ended(id(), at, &session, &canceled, step);
            (Write::NotStarted { session, at, told }, None)
        }
        EventKind::SessionEnded {
            session,
            status,
            step,
        } => {
            let session = session.to_string();
            let told = events::session_ended(id(), at, &session, &word(status), step);
            let write = Write::SessionEnded {
                session,
                status: *status,
                step: step.clone(),
                at,
                told: told.clone(),
            };
            (write, Some(told))
        }
        EventKind::CallEnded {
            session,
            call,
            index,
            status,
            outcome,
            duration_ms,
        } => {
            let call = call.to_string();
            let end = events::CallEnd {
                call_id: &call,
                index: i64::try_from(*index).unwrap_or(i64::MAX),
                status: &word(status),
                outcome: &word(outcome),
                duration_ms: *duration_ms,
            };
            let told = events::call_ended(id(), at, &session.to_string(), &end);
            let write = Write::CallEnded {
                call,
                status: *status,
                outcome: *outcome,
                duration_ms: *duration_ms,
                at,
                told: told.clone(),
            };
            (write, Some(told))
        }
        EventKind::SessionStep { .. }
        | EventKind::CallStarted { .. }
        | EventKind::TargetSkipped { .. }
        | EventKind::Leg { .. }
        | EventKind::Digit { .. }
        | EventKind::Playing { .. }
        | EventKind::Locate { .. }
        | EventKind::Subscribe { .. }
        | EventKind::Incoming { .. }
        | EventKind::Trunk { .. }
        | EventKind::Trace(_)
        | EventKind::Cdr(_)
        | EventKind::Drained => return None,
    };
    Some(Translated {
        writes: vec![write],
        told,
    })
}

fn writes(event: &Event, campaign: Option<CampaignId>) -> Vec<Write> {
    let at = event.at;
    match &event.kind {
        EventKind::SessionStep {
            session,
            status,
            step,
        } => vec![Write::Step {
            session: session.to_string(),
            status: *status,
            step: step.clone(),
            at,
        }],
        EventKind::CallStarted { session, .. } => {
            let row = campaign.and_then(|campaign| call_row(event, campaign));
            if row.is_none() {
                tracing::error!(session.id = %session, "a call began in a session that this node does not know");
            }
            row.map(Write::CallStarted).into_iter().collect()
        }
        EventKind::Leg {
            call: Some(call),
            side: Side::Target,
            state,
            ..
        } => call_status(*call, state),
        EventKind::Subscribe { session, on } => vec![Write::Keyed(Keyed {
            session: session.to_string(),
            on: *on,
            at,
        })],
        EventKind::Trace(trace) => vec![Write::Trace(trace.clone())],
        EventKind::Cdr(cdr) => vec![Write::Cdr(cdr.clone())],
        // Ends: see [`end`].
        EventKind::SessionEnded { .. }
        | EventKind::CallEnded { .. }
        | EventKind::Leg { .. }
        | EventKind::Incoming { .. }
        | EventKind::TargetSkipped { .. }
        | EventKind::Digit { .. }
        | EventKind::Playing { .. }
        | EventKind::Locate { .. }
        | EventKind::Trunk { .. }
        | EventKind::Drained => Vec::new(),
    }
}

/// The row of a call that begins.
fn call_row(event: &Event, campaign: CampaignId) -> Option<Call> {
    let EventKind::CallStarted {
        session,
        call,
        index,
        key,
        office,
        caller_id_reason,
    } = &event.kind
    else {
        return None;
    };
    Some(Call {
        id: call.to_string(),
        session_id: session.to_string(),
        campaign_id: campaign.to_string(),
        target_key: key.clone(),
        target_index: i64::try_from(*index).unwrap_or(i64::MAX),
        office_uid: office.clone(),
        caller_id_reason: reason(*caller_id_reason).to_owned(),
        status: word(&CallStatus::Queued),
        outcome: None,
        started_at: event.at,
        ended_at: None,
        duration_ms: None,
    })
}

fn call_status(call: CallId, state: &LegState) -> Vec<Write> {
    let status = match state {
        LegState::Ringing { .. } => CallStatus::Ringing,
        LegState::Answered => CallStatus::InProgress,
        LegState::Dialling { .. } | LegState::Offered { .. } | LegState::Ended { .. } => return Vec::new(),
    };
    vec![Write::CallStatus {
        call: call.to_string(),
        status,
    }]
}

struct Told {
    kind: &'static str,
    session: Option<SessionId>,
    data: Value,
}

fn told(kind: &'static str, session: SessionId, data: Value) -> Option<Told> {
    Some(Told {
        kind,
        session: Some(session),
        data,
    })
}

fn tell(kind: &EventKind) -> Option<Told> {
    match kind {
        EventKind::SessionStep {
            session,
            status,
            step,
        } => told(
            "session.step",
            *session,
            json!({ "status": status, "step": step }),
        ),
        EventKind::Digit { session, .. } => told("session.key", *session, json!({})),
        EventKind::Playing { session, clips } => {
            told("session.playing", *session, json!({ "prompts": clips }))
        }
        EventKind::Locate { session, .. } => told("session.locate", *session, json!({})),
        EventKind::Subscribe { session, on } => told("session.subscribe", *session, json!({ "on": on })),
        EventKind::Trunk { trunk, health } => Some(Told {
            kind: trunk_health(*health),
            session: None,
            data: json!({ "trunk_id": trunk }),
        }),
        EventKind::TargetSkipped { .. }
        | EventKind::SessionEnded { .. }
        | EventKind::CallStarted { .. }
        | EventKind::CallEnded { .. }
        | EventKind::Leg { .. }
        | EventKind::Incoming { .. }
        | EventKind::Trace(_)
        | EventKind::Cdr(_)
        | EventKind::Drained => tell_of_call(kind),
    }
}

/// Events of a call or a leg.
fn tell_of_call(kind: &EventKind) -> Option<Told> {
    match kind {
        EventKind::TargetSkipped { session, index } => told(
            "call.skipped",
            *session,
            json!({ "index": index, "reason": "no number" }),
        ),
        EventKind::CallStarted {
            session,
            call,
            index,
            key,
            office,
            caller_id_reason,
        } => told(
            "call.started",
            *session,
            json!({ "call_id": call, "index": index, "target": key, "office": office,
                    "caller_id": reason(*caller_id_reason) }),
        ),
        EventKind::Leg {
            session,
            call,
            leg,
            side,
            trunk,
            state,
        } => told(
            leg_state(state),
            *session,
            json!({ "call_id": call, "leg_id": leg, "side": side, "trunk_id": trunk, "detail": leg_detail(state) }),
        ),
        EventKind::SessionStep { .. }
        | EventKind::SessionEnded { .. }
        | EventKind::CallEnded { .. }
        | EventKind::Digit { .. }
        | EventKind::Playing { .. }
        | EventKind::Locate { .. }
        | EventKind::Subscribe { .. }
        | EventKind::Trunk { .. }
        | EventKind::Incoming { .. }
        | EventKind::Trace(_)
        | EventKind::Cdr(_)
        | EventKind::Drained => None,
    }
}

fn leg_state(state: &LegState) -> &'static str {
    match state {
        LegState::Dialling { .. } => "leg.dialling",
        LegState::Ringing { .. } => "leg.ringing",
        LegState::Answered => "leg.answered",
        LegState::Offered { hold: true, .. } => "leg.held",
        LegState::Offered { hold: false, .. } => "leg.resumed",
        LegState::Ended { .. } => "leg.ended",
    }
}

fn leg_detail(state: &LegState) -> Value {
    match state {
        LegState::Dialling { shown: Some(shown) } => json!({ "caller_id_reason": reason(*shown) }),
        LegState::Dialling { shown: None } | LegState::Answered => Value::Null,
        LegState::Ringing { status, early_media } => {
            json!({ "sip_status": status, "early_media": early_media })
        }
        LegState::Offered { refused, .. } => json!({ "refused": refused }),
        LegState::Ended { status, cause } => json!({ "sip_status": status, "cause": cause }),
    }
}

fn trunk_health(health: TrunkHealth) -> &'static str {
    match health {
        TrunkHealth::Up => "trunk.up",
        TrunkHealth::Slowed => "trunk.slowed",
        TrunkHealth::Down => "trunk.down",
    }
}

fn reason(reason: CallerIdReason) -> &'static str {
    match reason {
        CallerIdReason::CallerProved => "caller_proved",
        CallerIdReason::Campaign => "campaign",
        CallerIdReason::TrunkPolicy => "trunk_policy",
        CallerIdReason::Withheld => "withheld",
    }
}
