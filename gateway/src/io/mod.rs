//! Sockets, threads, files and the clock of the gateway; nothing else of it waits or reads the time.
//!
//! ```text
//! control-api ── Handle::send ──►  driver thread: Gateway (pure) ──► journal, UDP, TCP, media engine
//!            ◄── event::Event ───  (one, current-thread tokio)
//! ```

mod driver;
pub mod journal_file;
mod tcp;
pub mod tls;
mod udp;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use arc_swap::ArcSwap;
use tokio::sync::{mpsc, oneshot};

use crate::command::Command;
use crate::core::{GatewayConfig, Status};
use crate::event::Event;
use crate::io::journal_file::OpenError;
use crate::journal::seal::Seal;
use crate::trunk::snapshot::{Snapshot, Transport};

/// Orders that wait for the driver; one more is refused.
const MAX_COMMANDS: usize = 65_536;
/// Events that may wait for control-api, unless told otherwise.
pub const MAX_EVENTS: usize = 65_536;

/// Where the gateway listens and what it keeps.
#[derive(Clone, Debug)]
pub struct IoConfig {
    /// Everything that the pure core needs.
    pub gateway: GatewayConfig,
    /// Listening addresses of SIP.
    pub sip_listen: Vec<(Transport, SocketAddr)>,
    /// Certificate and key; without them no TLS is spoken.
    pub tls: Option<tls::TlsFiles>,
    /// Media threads; 0 is one per core.
    pub media_threads: usize,
    /// Events that may wait to be taken. When half of the room is gone no new call is taken until there is room again: the
    /// other half is for the calls that are up, whose ends are told once (CDRs come again, from the journal).
    pub max_events: usize,
    /// Folder of the journal.
    pub journal: PathBuf,
    /// Hides what is written there: callers' numbers stand in dialogs.
    pub seal: Arc<dyn Seal>,
}

/// Why a gateway cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A listening address is taken or not ours.
    #[error("SIP cannot listen on {transport}:{address}: {source}; free the port or change [sip] listen")]
    Listen {
        /// `udp`, `tcp` or `tls`.
        transport: &'static str,
        /// The address.
        address: SocketAddr,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// Certificate or key.
    #[error("SIP over TLS: {0}; change [sip] tls_cert, tls_key and tls_ca")]
    Tls(#[from] tls::TlsError),
    /// The journal.
    #[error(transparent)]
    Journal(#[from] OpenError),
    /// Threads, epoll.
    #[error("the gateway's threads cannot start: {0}")]
    Threads(#[from] std::io::Error),
}

/// An order could not be taken: too many wait, or the gateway has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the gateway takes no more orders at the moment")]
pub struct Overloaded;

/// The way to a running gateway. Cloning it gives another way to the same one.
#[derive(Clone, Debug)]
pub struct Handle {
    commands: mpsc::Sender<Command>,
    status: Arc<ArcSwap<Status>>,
    sip: Arc<[(Transport, SocketAddr)]>,
}

impl Handle {
    /// Gives an order; it is carried out within a moment.
    pub fn send(&self, command: Command) -> Result<(), Overloaded> {
        self.commands.try_send(command).map_err(|_| Overloaded)
    }

    /// Counters and gauges, at most a quarter of a second old.
    pub fn status(&self) -> Arc<Status> {
        self.status.load_full()
    }

    /// The bound SIP addresses, in the order of the configuration.
    pub fn sip_addresses(&self) -> &[(Transport, SocketAddr)] {
        &self.sip
    }

    /// Nothing answers any more: the gateway has stopped.
    pub fn has_stopped(&self) -> bool {
        self.commands.is_closed()
    }
}

/// Binds everything, reads the journal, and starts the threads. The receiver yields what happens; it ends after
/// `Command::Stop` has been carried out.
pub async fn start(
    config: IoConfig,
    snapshot: Arc<Snapshot>,
) -> Result<(Handle, mpsc::Receiver<Event>), StartError> {
    let (commands, orders) = mpsc::channel(MAX_COMMANDS);
    let (events, received) = mpsc::channel(config.max_events);
    let status = Arc::new(ArcSwap::from_pointee(Status::default()));
    let (ready, started) = oneshot::channel();
    let published = status.clone();
    std::thread::Builder::new()
        .name("trunkline-sip".into())
        .spawn(move || {
            driver::run(
                config,
                snapshot,
                driver::Ends {
                    orders,
                    events,
                    status: published,
                },
                ready,
            );
        })?;
    let gone = || std::io::Error::other("the SIP thread ended before it began");
    let sip = started.await.map_err(|_| gone())??;
    Ok((
        Handle {
            commands,
            status,
            sip: sip.into(),
        },
        received,
    ))
}
