//! Tasks that run beside the calls, and end together.

use std::future::Future;
use std::time::Duration;

use tokio::task::JoinHandle;

use crate::runtime::App;
use crate::store::{nodes, sessions};

/// How often a node says that it lives.
const BEAT: Duration = Duration::from_secs(1);
/// A node that was not seen for so long is dead: peers close what it left (DESIGN.md 6).
const DEAD_AFTER_MS: i64 = 20_000;
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

/// Says that this node lives, and closes what dead ones left behind.
pub(super) async fn beat(app: App, started_at: i64) {
    let mut tick = tokio::time::interval(BEAT);
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    for beats in 1u32.. {
        tick.tick().await;
        let now = app.clock().now_ms();
        if let Err(error) = nodes::beat(app.db(), app.node(), started_at, now).await {
            tracing::debug!(%error, "the node's beat is not written");
            continue;
        }
        if beats % LOOK_EVERY == 0 {
            match sessions::close_lost_peers(app.db(), now - DEAD_AFTER_MS, now).await {
                Ok(lost) if lost.is_empty() => {}
                Ok(lost) => tracing::warn!(sessions = lost.len(), "sessions of a dead node are closed"),
                Err(error) => tracing::debug!(%error, "dead nodes are not looked for"),
            }
        }
    }
}
