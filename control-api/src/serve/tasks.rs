//! Tasks that run beside the calls, and end together.

use std::future::Future;
use std::time::Duration;

use tokio::task::JoinHandle;
use trunkline_gateway::command::Command;

use super::start::tell;
use crate::dispatch::{Dispatch, redial};
use crate::runtime::App;
use crate::store::{self, nodes, sessions, stats};

/// How often a node says that it lives.
const BEAT: Duration = Duration::from_secs(1);
/// A node that was not seen for so long is dead: peers close what it left (DESIGN.md 6).
const DEAD_AFTER: Duration = Duration::from_secs(20);
/// Beats between two looks for dead peers.
const LOOK_EVERY: u32 = 5;

/// The tasks.
#[derive(Debug, Default)]
pub(super) struct Tasks(Vec<JoinHandle<()>>);

impl Tasks {
    pub(super) fn add(&mut self, task: impl Future<Output = ()> + Send + 'static) {
        self.0.push(tokio::spawn(task));
    }

    pub(super) fn end(self) {
        self.0.iter().for_each(JoinHandle::abort);
    }
}

/// Counts the calls of an import, or of a version that did not count, while everything else goes on. Until it is done `/readyz` and the
/// statistics say so; nobody waits a minute for the program to start.
pub(super) async fn count_history(app: App) {
    if !app.is_counting() {
        return;
    }
    tracing::info!(
        "calls that no statistics have counted are being counted; until then this node is not ready"
    );
    match stats::rebuild(app.db()).await {
        Ok(()) => tracing::info!("they are counted"),
        Err(error) => tracing::warn!(%error, "the statistics lack calls until the next start"),
    }
    app.set_counting(false);
}

/// Says that this node lives, hears whether it shall rest, and closes what dead ones left behind.
pub(super) async fn beat(app: App, dispatch: Dispatch, started_at: i64) {
    let mut rests = false;
    let mut tick = tokio::time::interval(BEAT);
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut watch = nodes::Watch::new(app.node(), DEAD_AFTER);
    for beats in 1u32.. {
        tick.tick().await;
        let beat = nodes::beat(app.db(), &own_beat(&app, started_at), app.clock().now_ms()).await;
        if let Ok(asked) = beat
            && asked != rests
            && app.gateway().send(Command::Rest { on: asked }).is_ok()
        {
            rests = asked;
            rest(&app, &dispatch, asked).await;
        }
        let looked = match beat {
            Ok(_) if beats % LOOK_EVERY == 0 => look(&app, &mut watch).await,
            Ok(_) => Ok(()),
            Err(error) => Err(error),
        };
        if let Err(error) = looked {
            tracing::debug!(%error, "beats are not written or not read");
            watch.blind();
        }
    }
}

fn own_beat(app: &App, started_at: i64) -> nodes::Beat<'_> {
    let status = app.gateway().status();
    nodes::Beat {
        id: app.node(),
        started_at,
        version: env!("CARGO_PKG_VERSION"),
        draining: status.draining,
        sessions: i64::try_from(status.sessions).unwrap_or(i64::MAX),
    }
}

/// An operator has asked for it: what is claimed and not dialled goes to the other nodes at once.
async fn rest(app: &App, dispatch: &Dispatch, on: bool) {
    if on {
        tracing::info!("asked to take no new calls; running ones go on");
        dispatch.give_back().await;
    } else {
        tracing::info!("asked to take calls again");
        app.wake().queue.notify_one();
    }
}

async fn look(app: &App, watch: &mut nodes::Watch) -> store::Result<()> {
    let known = nodes::known(app.db()).await?;
    for peer in watch.look(&known, app.clock().now()) {
        let new_id = || app.clock().new_id().to_string();
        let lost = sessions::close_lost_peer(app.db(), &peer, app.clock().now_ms(), &new_id).await?;
        tracing::warn!(
            node.id = peer.id,
            sessions = lost.len(),
            "a node is dead: its sessions are closed"
        );
        tell(app, &lost);
        redial(app, &lost).await;
    }
    Ok(())
}
