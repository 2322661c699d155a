//! SIGTERM and SIGINT: the first drains, the second ends.

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;

/// The signals we listen to.
pub(super) struct Signals {
    term: Signal,
    interrupt: Signal,
}

/// Why waiting ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wake {
    /// A signal.
    Asked,
    /// The gateway has no more calls, or is gone.
    GatewayEnded,
}

impl Signals {
    pub(super) fn listen() -> std::io::Result<Signals> {
        Ok(Signals {
            term: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.term.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

/// Waits for a signal, or for the gateway to say that it is empty or to end.
pub(super) async fn wait(signals: &mut Signals, mut has_ended: watch::Receiver<bool>) -> Wake {
    tokio::select! {
        () = signals.next() => Wake::Asked,
        _ = has_ended.wait_for(|ended| *ended) => Wake::GatewayEnded,
    }
}
