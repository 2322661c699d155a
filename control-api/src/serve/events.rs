//! What the gateway tells, one event after the other: written down, told to dashboards, and acted on where it asks for something.

use tokio::sync::{mpsc, watch};
use trunkline_gateway::event::{Event, EventKind};
use trunkline_gateway::ids::{CampaignId, SessionId};

use super::locate;
use crate::dispatch::{Caller, Dispatch};
use crate::runtime::App;
use crate::runtime::record::Recorder;

/// Hears until the gateway has stopped; `ended` is set when a drain is over, and dropped with the last event.
pub(super) async fn hear(
    app: App,
    dispatch: Dispatch,
    recorder: Recorder,
    mut events: mpsc::Receiver<Event>,
    ended: watch::Sender<bool>,
) {
    while let Some(event) = events.recv().await {
        let campaign = session_of(&event.kind).and_then(|session| dispatch.campaign_of(session));
        log(&event, campaign);
        recorder.note(&app, &event, campaign);
        app.metrics().note(&event, &app.snapshot());
        act(&app, &dispatch, event, &ended);
    }
    // Nobody waits for it after a stop.
    let _unheard = ended.send(true);
}

/// What somebody must do about it.
fn act(app: &App, dispatch: &Dispatch, event: Event, ended: &watch::Sender<bool>) {
    match event.kind {
        EventKind::Incoming {
            leg,
            trunk,
            campaign,
            to,
            from,
            vouched,
        } => dispatch.incoming(Caller {
            leg,
            trunk,
            campaign,
            to,
            from,
            vouched,
        }),
        EventKind::SessionEnded { session, .. } => dispatch.ended(session),
        EventKind::Locate { session, location } => locate::answer(app, session, location),
        EventKind::Drained => {
            let _nobody_waits = ended.send(true);
        }
        EventKind::Trunk { .. } => app.wake().queue.notify_one(),
        EventKind::CallEnded { .. }
        | EventKind::TargetSkipped { .. }
        | EventKind::SessionStep { .. }
        | EventKind::Leg { .. }
        | EventKind::CallStarted { .. }
        | EventKind::Digit { .. }
        | EventKind::Playing { .. }
        | EventKind::Subscribe { .. }
        | EventKind::Trace(_)
        | EventKind::Cdr(_) => {}
    }
}

/// One line for what operators look for: ends of sessions and calls, trunks. The rest at DEBUG.
fn log(event: &Event, campaign: Option<CampaignId>) {
    match &event.kind {
        EventKind::SessionEnded {
            session,
            status,
            step,
        } => tracing::info!(
            session.id = %session,
            campaign.id = campaign.map(tracing::field::display),
            session.status = ?status,
            session.step = step,
            "a session has ended"
        ),
        EventKind::CallEnded {
            session,
            call,
            status,
            outcome,
            duration_ms,
            ..
        } => tracing::info!(
            session.id = %session,
            call.id = %call,
            call.status = ?status,
            call.outcome = ?outcome,
            call.duration_ms = duration_ms,
            "a call to a target has ended"
        ),
        EventKind::TargetSkipped { session, index } => {
            tracing::warn!(session.id = %session, target.index = index, "a target has no number and is passed over");
        }
        EventKind::Trunk { trunk, health } => {
            tracing::warn!(trunk.id = %trunk, trunk.health = ?health, "a trunk has changed");
        }
        EventKind::SessionStep {
            session,
            status,
            step,
        } => {
            tracing::debug!(session.id = %session, session.status = ?status, session.step = step, "step");
        }
        EventKind::Leg {
            session,
            leg,
            side,
            state,
            ..
        } => {
            tracing::debug!(session.id = %session, leg.id = %leg, leg.side = ?side, leg.state = ?state, "leg");
        }
        EventKind::Incoming { .. }
        | EventKind::CallStarted { .. }
        | EventKind::Digit { .. }
        | EventKind::Playing { .. }
        | EventKind::Locate { .. }
        | EventKind::Subscribe { .. }
        | EventKind::Trace(_)
        | EventKind::Cdr(_)
        | EventKind::Drained => {}
    }
}

fn session_of(kind: &EventKind) -> Option<SessionId> {
    match kind {
        EventKind::SessionStep { session, .. }
        | EventKind::SessionEnded { session, .. }
        | EventKind::CallStarted { session, .. }
        | EventKind::CallEnded { session, .. }
        | EventKind::TargetSkipped { session, .. }
        | EventKind::Leg { session, .. }
        | EventKind::Digit { session, .. }
        | EventKind::Playing { session, .. }
        | EventKind::Locate { session, .. }
        | EventKind::Subscribe { session, .. } => Some(*session),
        EventKind::Incoming { .. }
        | EventKind::Trace(_)
        | EventKind::Cdr(_)
        | EventKind::Trunk { .. }
        | EventKind::Drained => None,
    }
}
