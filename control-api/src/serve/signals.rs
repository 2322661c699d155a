//! SIGTERM and SIGINT: the first drains, the second ends.

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::{mpsc, watch};

/// What we are told to end by.
pub(super) enum Signals {
    /// The operating system's.
    System {
        /// From systemd, docker, kill.
        term: Signal,
        /// Ctrl-C.
        interrupt: Signal,
    },
    /// Whoever runs us within their own process. Their end counts as a word.
    Told(mpsc::Receiver<()>),
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
        Ok(Signals::System {
            term: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    async fn next(&mut self) {
        match self {
            Signals::System { term, interrupt } => tokio::select! {
                _ = term.recv() => {}
                _ = interrupt.recv() => {}
            },
            Signals::Told(words) => {
                let _word_or_end = words.recv().await;
            }
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
