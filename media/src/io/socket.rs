//! The sockets of one stream.
//!
//! ```text
//! open    bound to the even port, hears everybody        always
//! locked  the same port, connected to the far end        while the source is locked: the kernel prefers it for the far
//!                                                        end's packets and sends 10 % faster; others still come to `open`
//!                                                        and are counted
//! rtcp    bound to the odd port                          always
//! ```

use std::io;
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::os::fd::{AsFd, OwnedFd};

use rustix::event::epoll::{self, EventData, EventFlags};
use socket2::{Domain, SockRef, Socket, Type};

use crate::engine::{Channel, Slot};

/// Datagrams that may reach a socket before it is connected; it takes microseconds.
const STRAY_MAX: usize = 256;

/// Which socket of which stream, as epoll carries it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) slot: Slot,
    pub(super) which: Which,
}

/// See the drawing above.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Which {
    Open,
    Locked,
    Rtcp,
}

impl Token {
    fn data(self) -> EventData {
        let which = match self.which {
            Which::Open => 0,
            Which::Locked => 1,
            Which::Rtcp => 2,
        };
        EventData::new_u64(u64::from(self.slot.0) << 2 | which)
    }

    pub(super) fn from_data(data: EventData) -> Token {
        let data = data.u64();
        let which = match data & 3 {
            0 => Which::Open,
            1 => Which::Locked,
            _ => Which::Rtcp,
        };
        Token {
            slot: Slot((data >> 2) as u32),
            which,
        }
    }

    pub(super) fn channel(self) -> Channel {
        match self.which {
            Which::Open | Which::Locked => Channel::Rtp,
            Which::Rtcp => Channel::Rtcp,
        }
    }
}

/// See the drawing above.
#[derive(Debug)]
pub(super) struct Sockets {
    local: SocketAddr,
    open: UdpSocket,
    locked: Option<(UdpSocket, SocketAddr)>,
    rtcp: UdpSocket,
}

impl Sockets {
    /// Binds both ports and has epoll watch them.
    pub(super) fn bind(local: IpAddr, port: u16, slot: Slot, epoll: &OwnedFd) -> io::Result<Sockets> {
        let odd = port.checked_add(1).ok_or(io::ErrorKind::AddrNotAvailable)?;
        let local = SocketAddr::new(local, port);
        let open = UdpSocket::from(bound(local, false)?);
        let rtcp = UdpSocket::from(bound(SocketAddr::new(local.ip(), odd), false)?);
        watch(
            epoll,
            &open,
            Token {
                slot,
                which: Which::Open,
            },
        )?;
        watch(
            epoll,
            &rtcp,
            Token {
                slot,
                which: Which::Rtcp,
            },
        )?;
        Ok(Sockets {
            local,
            open,
            locked: None,
            rtcp,
        })
    }

    /// Connects a second socket of the same port to the far end.
    pub(super) fn lock(&mut self, to: SocketAddr, slot: Slot, epoll: &OwnedFd) -> io::Result<()> {
        self.locked = None;
        // Two sockets may share a port only while both allow it; afterwards nobody else may join them.
        let open = SockRef::from(&self.open);
        open.set_reuse_address(true)?;
        let connected = bound(self.local, true);
        open.set_reuse_address(false)?;
        let connected = connected?;
        connected.set_reuse_address(false)?;
        connected.connect(&to.into())?;
        let connected = UdpSocket::from(connected);
        // Between the two calls anybody could reach it: what came then is not from whom it seems.
        if (0..STRAY_MAX).all(|_| connected.recv(&mut [0; 1]).is_ok()) {
            return Err(io::Error::other("the port is flooded"));
        }
        watch(
            epoll,
            &connected,
            Token {
                slot,
                which: Which::Locked,
            },
        )?;
        self.locked = Some((connected, to));
        Ok(())
    }

    /// Hears everybody alike again.
    pub(super) fn unlock(&mut self) {
        self.locked = None;
    }

    /// One datagram, if there is one.
    pub(super) fn receive(&self, which: Which, buffer: &mut [u8]) -> Option<(usize, SocketAddr)> {
        // An error is "nothing there", or an ICMP message about what we sent before: RTP goes on (RFC 1122 4.1.3.3).
        match which {
            Which::Open => self.open.recv_from(buffer).ok(),
            Which::Locked => {
                let (socket, far_end) = self.locked.as_ref()?;
                Some((socket.recv(buffer).ok()?, *far_end))
            }
            Which::Rtcp => self.rtcp.recv_from(buffer).ok(),
        }
    }

    /// Sends; what the kernel does not take is lost like a packet on the way.
    pub(super) fn send(&self, channel: Channel, to: SocketAddr, datagram: &[u8]) {
        let sent = match (channel, &self.locked) {
            (Channel::Rtp, Some((socket, locked))) if *locked == to => {
                // The first answer may be an old ICMP message, then the datagram has not left yet.
                socket.send(datagram).or_else(|_| socket.send(datagram))
            }
            (Channel::Rtp, Some(_) | None) => self.open.send_to(datagram, to),
            (Channel::Rtcp, Some(_) | None) => self.rtcp.send_to(datagram, to),
        };
        if let Err(error) = sent {
            tracing::trace!(%error, "datagram not sent");
        }
    }
}

fn bound(local: SocketAddr, share: bool) -> io::Result<Socket> {
    let socket = Socket::new(
        Domain::for_address(local),
        Type::DGRAM.nonblocking().cloexec(),
        None,
    )?;
    socket.set_reuse_address(share)?;
    socket.bind(&local.into())?;
    Ok(socket)
}

fn watch(epoll: &OwnedFd, socket: &impl AsFd, token: Token) -> io::Result<()> {
    // Level triggered: one datagram is read a tick, and epoll says again when there are more, without a call that
    // finds the socket empty.
    Ok(epoll::add(epoll, socket, token.data(), EventFlags::IN)?)
}
