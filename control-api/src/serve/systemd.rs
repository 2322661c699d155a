//! What systemd is told (`Type=notify`, `WatchdogSec=`); without systemd all of it does nothing.

use std::time::Duration;

use sd_notify::NotifyState;

use crate::runtime::App;

/// We take calls.
pub(super) fn ready() {
    tell(&[NotifyState::Ready]);
}

/// No new calls.
pub(super) fn stopping() {
    tell(&[NotifyState::Stopping]);
}

/// Says that we live, twice in the time that systemd gives, as long as the gateway answers.
pub(super) async fn watchdog(app: App) {
    let Some(limit) = sd_notify::watchdog_enabled() else {
        return;
    };
    let mut tick = tokio::time::interval((limit / 2).max(Duration::from_millis(100)));
    loop {
        tick.tick().await;
        // A gateway that has ended ends the program; one that hangs no longer publishes.
        let _status = app.gateway().status();
        tell(&[NotifyState::Watchdog]);
    }
}

fn tell(state: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(state) {
        tracing::debug!(%error, "systemd was not told");
    }
}
