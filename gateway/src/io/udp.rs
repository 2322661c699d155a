//! SIP over UDP: one socket for each listening address, read in batches.

use std::io;
use std::net::SocketAddr;
use std::task::{Context, Poll};

use bytes::Bytes;
use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::UdpSocket;

/// Largest datagram of IPv4 and IPv6.
const MAX_DATAGRAM: usize = 65_535;
/// Kernel buffer of a SIP socket: a second of a busy node's messages.
const BUFFER: usize = 4 * 1024 * 1024;

/// A listening SIP socket.
#[derive(Debug)]
pub(super) struct UdpPort {
    socket: UdpSocket,
    local: SocketAddr,
    buffer: Vec<u8>,
}

impl UdpPort {
    /// Binds; must run within tokio.
    pub(super) fn bind(address: SocketAddr) -> io::Result<UdpPort> {
        let socket = Socket::new(Domain::for_address(address), Type::DGRAM, Some(Protocol::UDP))?;
        // The kernel caps both at its own limits; a smaller buffer is no reason not to start.
        let _capped = socket.set_recv_buffer_size(BUFFER);
        let _capped = socket.set_send_buffer_size(BUFFER);
        socket.set_nonblocking(true)?;
        socket.bind(&address.into())?;
        let socket = UdpSocket::from_std(socket.into())?;
        let local = socket.local_addr()?;
        Ok(UdpPort {
            socket,
            local,
            buffer: vec![0; MAX_DATAGRAM],
        })
    }

    /// The bound address.
    pub(super) fn local(&self) -> SocketAddr {
        self.local
    }

    /// Ready when there is something to read, or an error to take.
    pub(super) fn poll_readable(&self, context: &mut Context<'_>) -> Poll<()> {
        self.socket.poll_recv_ready(context).map(|_| ())
    }

    /// The next datagram that is there; `None` when there is none. An ICMP error of an earlier send is no datagram.
    pub(super) fn take(&mut self) -> Option<(SocketAddr, Bytes)> {
        match self.socket.try_recv_from(&mut self.buffer) {
            Ok((length, from)) => Some((from, Bytes::copy_from_slice(&self.buffer[..length]))),
            Err(_) => None,
        }
    }

    /// Sends at once, or fails: a full buffer is a lost packet, which SIP's timers repair.
    pub(super) fn send(&self, to: SocketAddr, bytes: &[u8]) -> io::Result<()> {
        self.socket.try_send_to(bytes, to).map(|_| ())
    }
}
