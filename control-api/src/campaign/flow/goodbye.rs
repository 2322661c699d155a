//! The last sounds of a session: they play to their end, then we hang up.

use trunkline_gateway::flow::{Action, CallStatus, ClipName, FlowEvent};

use super::state::{Next, State, caller_gone, end, stay};

/// Plays the last sounds. `step` is where the session came to.
pub(super) fn play(step: String, clips: Vec<ClipName>) -> Next {
    (State::Goodbye { step }, vec![Action::Play(clips)])
}

pub(super) fn on(step: String, event: FlowEvent) -> Next {
    match event {
        FlowEvent::PlayDone => end(CallStatus::Completed, Vec::new()),
        FlowEvent::CallerHungUp | FlowEvent::CallerFailed(_) => caller_gone(),
        FlowEvent::Start
        | FlowEvent::CallerAnswered
        | FlowEvent::Digit(_)
        | FlowEvent::TimerFired(_)
        | FlowEvent::TargetRinging(_)
        | FlowEvent::TargetAnswered(_)
        | FlowEvent::TargetRetried(_)
        | FlowEvent::TargetEnded(..)
        | FlowEvent::OfficeFull(_)
        | FlowEvent::Located(_) => stay(State::Goodbye { step }),
    }
}
