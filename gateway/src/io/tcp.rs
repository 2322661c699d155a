//! SIP over TCP and TLS: connections that we accept and open, each with a bounded queue, so that one stuck peer delays nobody.

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::{self, WeakSender};
use tokio::time::timeout;

use super::tls::{self, Tls};
use crate::sip::api::Path;
use crate::sip::framing::Framer;
use crate::trunk::snapshot::{Snapshot, Transport};

/// Most connections at once, both ways.
const MAX_CONNECTIONS: usize = 2_048;
/// Messages that wait for a peer who does not read; one more ends its connection.
const MAX_WAITING: usize = 256;
/// How long a connection may take to open.
const CONNECT: Duration = Duration::from_secs(4);
/// A write that takes longer has met a peer who does not read.
const WRITE: Duration = Duration::from_secs(5);
/// How long the answer to a broken frame may take to leave.
const LAST_WORD: Duration = Duration::from_millis(50);
/// A connection without a byte for so long is closed; RFC 5626's keep-alives come far more often.
const IDLE: Duration = Duration::from_secs(600);
/// The answer to a keep-alive (RFC 5626 section 3.5.1).
const PONG: Bytes = Bytes::from_static(b"\r\n");
/// What one read takes at most.
const READ: usize = 16 * 1024;

/// What the connections tell the driver.
#[derive(Debug)]
pub(super) enum FromTcp {
    /// A whole message.
    Message(Path, Bytes),
    /// The connection is gone, or was never made.
    Closed(Path),
    /// Somebody connected to one of our listeners.
    Accepted(Transport, SocketAddr, TcpStream, SocketAddr),
}

/// All connections of a node over one transport.
#[derive(Debug)]
pub(super) struct Connections {
    security: Security,
    open: HashMap<u64, Connection>,
    by_remote: HashMap<SocketAddr, u64>,
    next: u64,
    events: mpsc::Sender<FromTcp>,
}

#[derive(Debug)]
struct Connection {
    remote: SocketAddr,
    queue: mpsc::Sender<Bytes>,
}

/// What stands between a connection's bytes and its messages.
#[derive(Clone, Debug)]
pub(super) enum Security {
    /// Nothing: TCP.
    Plain,
    /// TLS, and the trunks whose names certificates must bear. Without files of ours it is not spoken.
    Tls(Option<Tls>, Arc<ArcSwap<Snapshot>>),
}

impl Security {
    fn transport(&self) -> Transport {
        match self {
            Security::Plain => Transport::Tcp,
            Security::Tls(..) => Transport::Tls,
        }
    }
}

/// Who opened a connection: that side is the client of its TLS.
#[derive(Clone, Copy, Debug)]
enum Opened {
    ByUs,
    ByThem,
}

/// A connection's ends for its tasks. They hold the queue weakly: who forgets the connection ends them.
struct Ours {
    path: Path,
    outbox: mpsc::Receiver<Bytes>,
    queue: WeakSender<Bytes>,
}

impl Connections {
    /// Reports into `events`.
    pub(super) fn new(events: mpsc::Sender<FromTcp>, security: Security) -> Connections {
        Connections {
            security,
            open: HashMap::new(),
            by_remote: HashMap::new(),
            next: 1,
            events,
        }
    }

    /// Takes an accepted connection over. Beyond the limit it is closed at once.
    pub(super) fn accepted(&mut self, local: SocketAddr, stream: TcpStream, remote: SocketAddr) {
        if self.open.len() < MAX_CONNECTIONS {
            let ours = self.enter(local, remote, Opened::ByThem);
            tokio::spawn(begin(
                stream,
                self.security.clone(),
                Opened::ByThem,
                ours,
                self.events.clone(),
            ));
        }
    }

    /// Queues a message: on its own connection, on another that we have opened to the same address, or on a new one (RFC 3261 section
    /// 18.2.2).
    /// `Err` when the peer cannot be reached or does not read.
    pub(super) fn send(&mut self, path: Path, bytes: Bytes) -> Result<(), Path> {
        let known = path
            .connection
            .filter(|id| self.open.contains_key(id))
            .or_else(|| self.by_remote.get(&path.remote).copied());
        let id = match known {
            Some(id) => id,
            None if self.open.len() >= MAX_CONNECTIONS => return Err(path),
            None => self.dial(path.local, path.remote),
        };
        let full = self
            .open
            .get(&id)
            .is_none_or(|c| c.queue.try_send(bytes).is_err());
        if full {
            self.forget(id);
            return Err(path);
        }
        Ok(())
    }

    /// The connection has ended: its queue goes.
    pub(super) fn closed(&mut self, path: Path) {
        if let Some(id) = path.connection {
            self.forget(id);
        }
    }

    fn dial(&mut self, local: SocketAddr, remote: SocketAddr) -> u64 {
        let ours = self.enter(local, remote, Opened::ByUs);
        let (events, security) = (self.events.clone(), self.security.clone());
        tokio::spawn(async move {
            match timeout(CONNECT, TcpStream::connect(remote)).await {
                Ok(Ok(stream)) => begin(stream, security, Opened::ByUs, ours, events).await,
                Ok(Err(_)) | Err(_) => report(&events, FromTcp::Closed(ours.path)).await,
            }
        });
        self.next - 1
    }

    fn enter(&mut self, local: SocketAddr, remote: SocketAddr, opened: Opened) -> Ours {
        let (queue, outbox) = mpsc::channel(MAX_WAITING);
        let id = self.next;
        self.next += 1;
        let weak = queue.downgrade();
        self.open.insert(id, Connection { remote, queue });
        match opened {
            Opened::ByUs => drop(self.by_remote.insert(remote, id)),
            // It carries what belongs to it; a request of ours goes to whom we have called, and whose name we have checked (RFC 5923
            // section 8.2).
            Opened::ByThem => {}
        }
        let path = Path {
            transport: self.security.transport(),
            local,
            remote,
            connection: Some(id),
        };
        Ours {
            path,
            outbox,
            queue: weak,
        }
    }

    /// Dropping the queue ends the connection's tasks.
    fn forget(&mut self, id: u64) {
        let Some(connection) = self.open.remove(&id) else {
            return;
        };
        if self.by_remote.get(&connection.remote) == Some(&id) {
            self.by_remote.remove(&connection.remote);
        }
    }
}

/// Accepts on one address; somebody whom no trunk allows hears nothing but the close.
pub(super) async fn listen(
    (transport, listener): (Transport, TcpListener),
    snapshot: Arc<ArcSwap<Snapshot>>,
    events: mpsc::Sender<FromTcp>,
) {
    let Ok(local) = listener.local_addr() else { return };
    loop {
        match listener.accept().await {
            Ok((stream, remote)) => {
                if snapshot
                    .load()
                    .trunks
                    .iter()
                    .any(|t| t.enabled && t.allows(remote.ip()))
                {
                    report(&events, FromTcp::Accepted(transport, local, stream, remote)).await;
                }
            }
            Err(error) => {
                // Out of descriptors: those that wait are accepted when some are free again.
                tracing::warn!(%error, "SIP connection not accepted");
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
}

/// Secures a new connection as its transport asks, and serves it until it ends.
async fn begin(
    stream: TcpStream,
    security: Security,
    opened: Opened,
    ours: Ours,
    events: mpsc::Sender<FromTcp>,
) {
    // Without it small messages wait for each other; SIP has no use for that.
    let _kept = stream.set_nodelay(true);
    let secured = match (security, opened) {
        (Security::Plain, Opened::ByUs | Opened::ByThem) => return serve(stream, ours, events).await,
        (Security::Tls(None, _), Opened::ByUs | Opened::ByThem) => None,
        (Security::Tls(Some(tls), _), Opened::ByThem) => tls.accept(stream).await,
        (Security::Tls(Some(tls), snapshot), Opened::ByUs) => {
            let name = tls::name_of(&snapshot, ours.path.remote);
            tls.connect(name, stream).await
        }
    };
    match secured {
        Some(stream) => serve(stream, ours, events).await,
        None => report(&events, FromTcp::Closed(ours.path)).await,
    }
}

async fn serve(stream: impl AsyncRead + AsyncWrite, ours: Ours, events: mpsc::Sender<FromTcp>) {
    let Ours { path, outbox, queue } = ours;
    let (reader, writer) = tokio::io::split(stream);
    tokio::select! {
        _ = read(reader, path, &queue, &events) => {}
        _ = write(writer, outbox) => {}
    }
    report(&events, FromTcp::Closed(path)).await;
}

async fn read(
    mut reader: impl AsyncRead + Unpin,
    path: Path,
    queue: &WeakSender<Bytes>,
    events: &mpsc::Sender<FromTcp>,
) -> io::Result<()> {
    let mut framer = Framer::default();
    let mut chunk = vec![0; READ];
    loop {
        let length = match timeout(IDLE, reader.read(&mut chunk)).await {
            Ok(Ok(0)) | Err(_) => return Ok(()),
            Ok(length) => length?,
        };
        framer.push(&chunk[..length]);
        loop {
            match framer.next() {
                Ok(Some(message)) => report(events, FromTcp::Message(path, message)).await,
                Ok(None) => break,
                // After a broken frame nobody knows where the next begins (RFC 3261 section 18.3): one answer, and the end.
                Err(broken) => return say_last(broken.answer(path.remote), queue).await,
            }
        }
        if framer.take_ping()
            && let Some(queue) = queue.upgrade()
        {
            // A peer that pings and does not read gets no more pongs than the queue holds.
            let _full = queue.try_send(PONG);
        }
    }
}

/// Queues a last message, and leaves the writer a moment to send it.
async fn say_last(answer: Option<Bytes>, queue: &WeakSender<Bytes>) -> io::Result<()> {
    if let (Some(answer), Some(queue)) = (answer, queue.upgrade())
        && queue.try_send(answer).is_ok()
    {
        tokio::time::sleep(LAST_WORD).await;
    }
    Ok(())
}

async fn write(mut writer: impl AsyncWrite + Unpin, mut queue: mpsc::Receiver<Bytes>) -> io::Result<()> {
    while let Some(bytes) = queue.recv().await {
        let written = async {
            writer.write_all(&bytes).await?;
            writer.flush().await
        };
        timeout(WRITE, written)
            .await
            .map_err(|_| io::ErrorKind::TimedOut)??;
    }
    Ok(())
}

/// The driver is gone only when the node ends; then nobody needs the report.
async fn report(events: &mpsc::Sender<FromTcp>, event: FromTcp) {
    let _ended = events.send(event).await;
}
