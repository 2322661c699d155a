//! The gateway's view of the outside: trunks, routes and numbers from the database, hosts resolved, swapped whole when something changed.

mod compile;
pub(super) mod locate;
mod resolve;

use std::sync::Arc;
use std::time::{Duration, Instant};

use trunkline_gateway::command::Command;
use trunkline_gateway::trunk::snapshot::Snapshot;

use super::App;
use crate::store::{self, nodes, numbers, routes, trunks};
pub use compile::password_context;
pub(crate) use compile::{route, window};

/// A change by another node, or of a name in DNS, is seen after so long at most.
const REFRESH: Duration = Duration::from_secs(15);

/// Reads the database, resolves every trunk's host and hands the result to the gateway when it differs from what it has. A host that
/// cannot be resolved now keeps the addresses it had. Says when a name is to be looked up again, by its time to live.
pub async fn reload(app: &App) -> store::Result<Option<Instant>> {
    // A command that only writes: the programs that serve look for themselves.
    if !app.gateway().is_there() {
        return Ok(None);
    }
    let trunks = trunks::all(app.db()).await?;
    let routes = routes::all(app.db()).await?;
    let numbers = numbers::all(app.db()).await?;
    let before = app.snapshot();
    let (places, again) = resolve::places(app, &trunks, &before).await;
    // A registrar sends a call to every contact that is bound: two nodes would both answer it. The first of those that live registers.
    let first = nodes::first(app.db()).await?;
    let registers = first.is_none_or(|first| app.node() <= first.as_str());
    let next = compile::snapshot(&trunks, routes, numbers, &places, app.keys(), registers);
    if same(&before, &next) {
        return Ok(again);
    }
    let next = Arc::new(next);
    app.set_snapshot(Arc::clone(&next));
    tracing::info!(
        trunks = next.trunks.len(),
        routes = next.routes.len(),
        numbers = next.numbers.len(),
        "trunks, routes and numbers loaded"
    );
    if let Err(error) = app.gateway().send(Command::Swap(next)) {
        tracing::warn!(%error, "the gateway did not take the new trunks and routes");
        // Whatever it has, it is not this: the next look hands it over again.
        app.set_snapshot(before);
    }
    app.wake().queue.notify_one();
    Ok(again)
}

/// The gateway's view of one trunk alone.
pub(crate) async fn of_trunk(app: &App, trunk: &trunks::Trunk) -> Snapshot {
    let only = std::slice::from_ref(trunk);
    let (places, _) = resolve::places(app, only, &Snapshot::default()).await;
    compile::snapshot(only, Vec::new(), Vec::new(), &places, app.keys(), true)
}

/// Reloads whenever the bell rings, and now and then; until the program ends.
pub async fn keep_fresh(app: App) {
    let mut again = None;
    loop {
        let bell = app.wake().trunks.notified();
        // Whether it rang or the time is up, the next step is the same.
        let _ = tokio::time::timeout(REFRESH, until(bell, again)).await;
        again = match reload(&app).await {
            Ok(again) => again,
            Err(error) => {
                tracing::warn!(%error, "trunks and routes could not be read; the gateway goes on with those it has");
                None
            }
        };
    }
}

/// Until the bell rings, or a name's time to live is over.
async fn until(bell: impl Future<Output = ()>, again: Option<Instant>) {
    match again {
        Some(at) => drop(tokio::time::timeout_at(at.into(), bell).await),
        None => bell.await,
    }
}

fn same(a: &Snapshot, b: &Snapshot) -> bool {
    a.trunks == b.trunks && a.routes == b.routes && a.numbers == b.numbers
}
