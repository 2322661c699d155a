//! `trunkline serve`: the gateway, media, control API and console in one process, from the start to the last hang-up.
//!
//! ```text
//! open database, keys ─► close what a dead self left ─► gateway ─► trunks ─► HTTP, events, dispatcher ─► READY
//! SIGTERM ─► drain: no new calls, running ones finish ─► stop: BYE on every leg ─► last rows written ─► end
//! ```

mod events;
mod locate;
mod signals;
mod start;
mod systemd;
mod tasks;

use std::time::Duration;

use tokio::sync::{mpsc, watch};
use trunkline_gateway::command::Command;

use crate::config::Config;
use crate::console;
use crate::runtime::record::Recorder;
use crate::store::nodes;
use signals::Signals;
use start::Started;
pub(crate) use start::io_config;
use tasks::Tasks;

/// How long the far ends have to answer our BYEs, and a little more.
const STOP: Duration = Duration::from_secs(8);
/// How long the last rows may take. What is not written then comes from the journal at the next start.
const FLUSH: Duration = Duration::from_secs(5);

/// Runs until a signal tells it to end. `tell` gets a line for whoever started it.
pub async fn run(config: Config, tell: fn(&str)) -> anyhow::Result<()> {
    run_until(config, Signals::listen()?, tell).await
}

/// Runs within another program, until a word comes or its sender is gone.
pub async fn run_until_told(config: Config, words: mpsc::Receiver<()>) -> anyhow::Result<()> {
    run_until(config, Signals::Told(words), |_| {}).await
}

async fn run_until(config: Config, mut signals: Signals, tell: fn(&str)) -> anyhow::Result<()> {
    let Started {
        app,
        dispatch,
        gateway_events,
        http,
        started_at,
    } = start::start(config).await?;
    let recorder = Recorder::new();
    let (ended, has_ended) = watch::channel(false);
    let mut tasks = Tasks::default();
    // These live as long as legs do, the rest only as long as calls are taken.
    let hearing = tokio::spawn(events::hear(
        app.clone(),
        dispatch.clone(),
        recorder.clone(),
        gateway_events,
        ended,
    ));
    let writing = tokio::spawn(recorder.clone().run(app.clone()));
    let dispatching = tokio::spawn(dispatch.clone().run());
    tasks.add(crate::runtime::snapshot::keep_fresh(app.clone()));
    tasks.add(crate::daily::run(app.clone()));
    tasks.add(crate::retention::run(app.clone()));
    tasks.add(crate::webhooks::run(app.clone()));
    tasks.add(tasks::count_history(app.clone()));
    tasks.add(crate::crm::run(app.clone()));
    tasks.add(tasks::beat(app.clone(), dispatch.clone(), started_at));
    tasks.add(systemd::watchdog(app.clone()));
    let (http_stop, http_stopped) = watch::channel(false);
    let serving = tokio::spawn(start::serve_http(http, app.clone(), http_stopped));
    systemd::ready();
    tracing::info!(node.id = app.node(), http.listen = %app.config().http.listen, "trunkline takes calls");
    if let Some(link) = console::first_admin_link(&app).await {
        tell(&format!(
            "Nobody can log in yet. Make the first admin, once: {link}"
        ));
    }

    let early = signals::wait(&mut signals, has_ended.clone()).await;
    if early == signals::Wake::Asked {
        dispatching.abort();
        dispatch.give_back().await;
        drain(&app, &mut signals, has_ended.clone()).await;
    }
    stop(&app, has_ended).await;
    let _told = http_stop.send(true);
    if tokio::time::timeout(FLUSH, recorder.flushed()).await.is_err() {
        tracing::warn!(
            waiting = recorder.waiting(),
            "the database did not take the last rows; records follow from the journal at the next start"
        );
    }
    let _timed_out = tokio::time::timeout(FLUSH, serving).await;
    tasks.end();
    dispatching.abort();
    hearing.abort();
    writing.abort();
    if let Err(error) = nodes::leave(app.db(), app.node()).await {
        tracing::debug!(%error, "the node's row is left behind");
    }
    app.db().close().await;
    match early {
        signals::Wake::Asked => Ok(()),
        signals::Wake::GatewayEnded => anyhow::bail!("the gateway has ended by itself; the log says why"),
    }
}

/// No new calls; returns when the last one has ended, the time is up, or a second signal comes.
async fn drain(app: &crate::runtime::App, signals: &mut Signals, has_ended: watch::Receiver<bool>) {
    let patience = app.config().node.drain;
    systemd::stopping();
    tracing::info!(
        sessions = app.gateway().status().sessions,
        seconds = patience.as_secs(),
        "draining: no new calls are taken; a second signal ends the running ones"
    );
    if app.gateway().send(Command::Drain).is_err() {
        return;
    }
    let finished = signals::wait(signals, has_ended);
    match tokio::time::timeout(patience, finished).await {
        Ok(signals::Wake::GatewayEnded) => tracing::info!("every call has ended"),
        Ok(signals::Wake::Asked) => tracing::warn!("a second signal: running calls are ended"),
        Err(_) => tracing::warn!("the drain has taken as long as it may: running calls are ended"),
    }
}

/// BYE or CANCEL on every leg.
async fn stop(app: &crate::runtime::App, mut has_ended: watch::Receiver<bool>) {
    if app.gateway().send(Command::Stop).is_err() {
        return;
    }
    let stopped = async {
        // The sender goes when the gateway's events end.
        while has_ended.changed().await.is_ok() {}
    };
    if tokio::time::timeout(STOP, stopped).await.is_err() {
        tracing::warn!("the gateway did not stop in time");
    }
}
