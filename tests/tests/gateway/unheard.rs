//! Nobody takes the events for a while, as when a database is away: no new calls then, and no end of a call is lost.

use std::collections::BTreeSet;
use std::time::Duration;

use anyhow::{Result, ensure};
use trunkline_gateway::event::EventKind;
use trunkline_tests::alone::Running;
use trunkline_tests::scenario::Scenario;

use super::{rtp, sipps};

/// Room for the events of some six hundred calls; half of it is full after three hundred.
const ROOM: usize = 8_192;
const MOST_CALLS: u32 = 2_000;

#[tokio::test]
async fn no_end_of_a_call_is_lost() -> Result<()> {
    let dir = tempfile::tempdir()?;
    let caller = Scenario::answering("caller").mute().ringing().answer().bye_in();
    let target = Scenario::answering("target").mute().ringing().answer().bye_out();
    let caller = sipps(dir.path(), "caller", &caller, MOST_CALLS)?;
    let target = sipps(dir.path(), "target", &target, MOST_CALLS)?;
    let mut gateway = Running::with_room(dir.path(), caller.port, target.port, rtp(1_200), ROOM).await?;
    let mut pace = tokio::time::interval(Duration::from_millis(10));
    let mut dialled = 0;
    while !gateway.is_holding() {
        ensure!(
            dialled < MOST_CALLS,
            "calls are taken though nobody hears of them"
        );
        pace.tick().await;
        dialled += 1;
        gateway.dial(u128::from(dialled))?;
    }
    let events = gateway.ended(dialled as usize, Duration::from_secs(20)).await?;
    let legs: BTreeSet<_> = events.iter().filter_map(leg).collect();
    let refused = events.iter().filter(|e| is_refused(e)).count();
    ensure!(
        legs.len() == 2 * (dialled as usize - refused),
        "{} legs of {dialled} calls, {refused} of them refused",
        legs.len()
    );
    // There is room again: the next call is taken.
    while gateway.is_holding() {
        pace.tick().await;
    }
    gateway.dial(u128::from(MOST_CALLS) + 1)?;
    let events = gateway.ended(1, Duration::from_secs(20)).await?;
    ensure!(!events.iter().any(is_refused), "{events:#?}");
    caller.stop();
    target.stop();
    Ok(())
}

fn leg(event: &EventKind) -> Option<String> {
    if let EventKind::Cdr(cdr) = event {
        Some(cdr.id.to_string())
    } else {
        None
    }
}

/// It came between the last event that had room and the word that none had.
fn is_refused(event: &EventKind) -> bool {
    matches!(event, EventKind::SessionEnded { step, .. } if step == "not started")
}
