//! A table with a jumping clock, for tests: far ends are lists of packets.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use super::{Channel, Disk, Input, Output, Slot, Table};
use crate::codec::Codec;
use crate::command::{Command, Event, Open, StreamId};
use crate::rtp::{Header, Packet, RtpTime, SeqNum};
use crate::sdp::{Direction, Negotiated};

/// A packet that a stream sent, its numbers counted from the first one that it sent.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Sent {
    pub(super) stream: u64,
    pub(super) ms: u64,
    pub(super) to: SocketAddr,
    pub(super) header: Header,
    pub(super) payload: Vec<u8>,
}

impl Sent {
    /// `ms type marker sequence timestamp length`
    fn line(&self, first: &Sent) -> String {
        let Header {
            marker,
            payload_type,
            sequence,
            timestamp,
            ..
        } = self.header;
        let marker = if marker { "M" } else { "." };
        let sequence = sequence.since(first.header.sequence);
        let timestamp = timestamp.since(first.header.timestamp);
        format!(
            "{} {payload_type} {marker} {sequence} {timestamp} {}",
            self.ms,
            self.payload.len()
        )
    }
}

pub(super) struct Rig {
    pub(super) table: Table,
    start: Instant,
    pub(super) ms: u64,
    pub(super) sent: Vec<Sent>,
    pub(super) rtcp: Vec<(u64, SocketAddr, Vec<u8>)>,
    pub(super) events: Vec<(u64, Event)>,
    pub(super) disk: Vec<Disk>,
    /// What the driver was told of sockets, in words.
    pub(super) sockets: Vec<String>,
    ids: Vec<(Slot, StreamId)>,
}

pub(super) fn far(port: u16) -> SocketAddr {
    ([192, 0, 2, 7], port).into()
}

pub(super) fn media(codec: Codec, remote: u16) -> Negotiated {
    Negotiated {
        remote_rtp: far(remote),
        remote_rtcp: far(remote + 1),
        rtcp_mux: false,
        codec,
        payload_type: codec.static_payload_type(),
        receive_payload_type: codec.static_payload_type(),
        telephone_event: Some((101, 101)),
        ptime: Duration::from_millis(20),
        direction: Direction::SendRecv,
        srtp: None,
    }
}

pub(super) fn rtp(payload_type: u8, sequence: u16, timestamp: u32, payload: &[u8]) -> Vec<u8> {
    let (sequence, timestamp) = (SeqNum(sequence), RtpTime(timestamp));
    let header = Header {
        marker: false,
        payload_type,
        sequence,
        timestamp,
        ssrc: 77,
    };
    [&header.to_bytes()[..], payload].concat()
}

impl Rig {
    #[expect(
        clippy::disallowed_methods,
        reason = "a test needs some instant to count from"
    )]
    pub(super) fn new() -> Rig {
        let start = Instant::now();
        Rig {
            table: Table::new(3, start),
            start,
            ms: 0,
            sent: Vec::new(),
            rtcp: Vec::new(),
            events: Vec::new(),
            disk: Vec::new(),
            sockets: Vec::new(),
            ids: Vec::new(),
        }
    }

    /// With stream 1 open and connected to port 5000 of the far end.
    pub(super) fn connected(media: Negotiated) -> Rig {
        let mut rig = Rig::new();
        rig.open(1, false);
        rig.tell(Command::Connect {
            stream: StreamId(1),
            media,
        });
        rig
    }

    /// With streams 1 (far port 5000) and 2 (far port 6000) connected.
    pub(super) fn pair(one: Codec, two: Codec) -> Rig {
        let mut rig = Rig::connected(media(one, 5_000));
        rig.open(2, false);
        rig.tell(Command::Connect {
            stream: StreamId(2),
            media: media(two, 6_000),
        });
        rig
    }

    pub(super) fn open(&mut self, stream: u64, learn_source: bool) {
        self.tell(Command::Open(Open {
            stream: StreamId(stream),
            shard: 0,
            local: [192, 0, 2, 1].into(),
            port: 10_000 + stream as u16 * 2,
            timeout: Some(Duration::from_secs(20)),
            learn_source,
            keys_in_signalling: false,
        }));
    }

    pub(super) fn tell(&mut self, command: Command) {
        self.input(Input::Command(command));
    }

    /// A datagram for a stream from a port of the far end.
    pub(super) fn hear(&mut self, stream: u64, from: u16, mut datagram: Vec<u8>) {
        self.hear_on(stream, Channel::Rtp, from, &mut datagram);
    }

    pub(super) fn hear_on(&mut self, stream: u64, channel: Channel, from: u16, datagram: &mut [u8]) {
        let place = self.ids.iter().rfind(|(_, id)| id.0 == stream).copied();
        if let Some((slot, _)) = place {
            self.input(Input::Datagram {
                slot,
                channel,
                from: far(from),
                datagram,
            });
        }
    }

    /// Lets time pass, a tick a millisecond.
    pub(super) fn run(&mut self, ms: u64) {
        for _ in 0..ms {
            self.ms += 1;
            self.input(Input::Tick);
        }
    }

    /// Lets time pass without a tick: the thread was not run.
    pub(super) fn stall(&mut self, ms: u64) {
        self.ms += ms;
    }

    pub(super) fn input(&mut self, input: Input<'_>) {
        let now = self.start + Duration::from_millis(self.ms);
        self.table.handle_input(now, input);
        loop {
            match self.table.poll_output() {
                Output::Transmit {
                    slot,
                    channel: Channel::Rtp,
                    to,
                    datagram,
                } => {
                    let stream = self
                        .ids
                        .iter()
                        .rfind(|(place, _)| *place == slot)
                        .map_or(0, |(_, id)| id.0);
                    let packet = Packet::parse(datagram).unwrap();
                    let (header, payload) = (packet.header, packet.payload.to_vec());
                    self.sent.push(Sent {
                        stream,
                        ms: self.ms,
                        to,
                        header,
                        payload,
                    });
                }
                Output::Transmit {
                    channel: Channel::Rtcp,
                    to,
                    datagram,
                    ..
                } => {
                    self.rtcp.push((self.ms, to, datagram.to_vec()));
                }
                Output::Event(event) => self.events.push((self.ms, event)),
                Output::Disk(job) => self.disk.push(job),
                Output::Bind { slot, open } => {
                    self.ids.push((slot, open.stream));
                    self.sockets.push(format!("bind {}", open.port));
                }
                Output::Lock { to, .. } => self.sockets.push(format!("lock {}", to.port())),
                Output::Unlock { .. } => self.sockets.push("unlock".into()),
                Output::Unbind { .. } => self.sockets.push("unbind".into()),
                Output::Timeout(_) => return,
            }
        }
    }

    /// What a stream sent since the last call, a packet a line: `ms type marker sequence timestamp length`.
    pub(super) fn lines(&mut self, stream: u64) -> String {
        let sent: Vec<Sent> = self.sent.extract_if(.., |sent| sent.stream == stream).collect();
        let lines: Vec<String> = sent.iter().map(|one| one.line(&sent[0])).collect();
        lines.join("\n")
    }

    /// What was told since the last call, an event a line.
    pub(super) fn told(&mut self) -> String {
        let told: Vec<String> = self
            .events
            .drain(..)
            .map(|(ms, event)| format!("{ms} {event:?}"))
            .collect();
        told.join("\n")
    }
}
