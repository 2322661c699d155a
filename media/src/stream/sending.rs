//! Our side of a stream's RTP: one SSRC, sequence numbers and timestamps without a break, whoever the audio is from.

use std::time::{Duration, Instant};

use rand::{Rng, RngExt};

use crate::rtp::{Header, RtpTime, SeqNum};

/// A relayed clock that is this far from ours is placed anew: its source started over.
const SKEW_MAX: i32 = 16_000;
/// Packets of a relayed source this far ahead are a new start of it.
const JUMP_MAX: i16 = 3_000;
/// So are those this far behind: numbers of ours are not used twice, which SRTP could not bear (RFC 3711 section 9.1).
const BEHIND_MAX: i16 = 64;

/// Numbers what we send.
#[derive(Clone, Debug)]
pub(super) struct Sending {
    ssrc: u32,
    /// Of the next packet.
    next: SeqNum,
    /// Where the audio sent so far ends.
    cursor: RtpTime,
    began: Instant,
    base: RtpTime,
    marker: bool,
    relay: Option<Relay>,
    /// When the last packet left.
    pub(super) last: Instant,
    pub(super) packets: u64,
    /// Payload bytes (RFC 3550 section 6.4.1).
    pub(super) octets: u64,
}

/// How the numbers of a relayed source become ours.
#[derive(Clone, Copy, Debug)]
struct Relay {
    ssrc: u32,
    sequence: u16,
    timestamp: u32,
    /// Ours, of the first packet relayed: nothing older may be sent any more.
    first: SeqNum,
}

impl Sending {
    pub(super) fn new(now: Instant, rng: &mut impl Rng) -> Sending {
        let base = RtpTime(rng.random());
        Sending {
            ssrc: rng.random(),
            // In the lower half, so that a far end which misses the first packets still counts no rollover (RFC 3711 section 3.3.1).
            next: SeqNum(rng.random::<u16>() >> 1),
            cursor: base,
            began: now,
            base,
            marker: true,
            relay: None,
            last: now,
            packets: 0,
            octets: 0,
        }
    }

    pub(super) fn ssrc(&self) -> u32 {
        self.ssrc
    }

    /// Now, on our RTP clock.
    pub(super) fn time(&self, now: Instant) -> RtpTime {
        self.base
            .plus(RtpTime::ticks(now.saturating_duration_since(self.began)))
    }

    /// The next packet begins anew, after silence or from another source: with a marker, at its time.
    pub(super) fn start(&mut self) {
        self.marker = true;
        self.relay = None;
    }

    /// The header of audio of our own that follows what was sent before.
    pub(super) fn own(&mut self, now: Instant, payload_type: u8, samples: usize) -> Header {
        self.relay = None;
        let marker = self.begin(now);
        let header = self.header(payload_type, marker, self.next, self.cursor);
        self.next = self.next.plus(1);
        self.cursor = self.cursor.plus(samples as u32);
        self.sent(now, samples);
        header
    }

    /// The header of an event packet with a timestamp of its own; the audio behind it goes on at its end.
    pub(super) fn event(
        &mut self,
        now: Instant,
        payload_type: u8,
        marker: bool,
        start: RtpTime,
        len: usize,
    ) -> Header {
        self.relay = None;
        let header = self.header(payload_type, marker, self.next, start);
        self.next = self.next.plus(1);
        self.sent(now, len);
        header
    }

    /// The header of a packet passed on: its distance to the packets around it stays. `None` when it came too late.
    pub(super) fn relayed(
        &mut self,
        now: Instant,
        incoming: &Header,
        payload_type: u8,
        samples: usize,
    ) -> Option<Header> {
        let (relay, begins) = match self.relay {
            Some(relay) if self.fits(&relay, now, incoming) => (relay, false),
            Some(_) | None => (self.adopt(now, incoming), true),
        };
        let sequence = incoming.sequence.plus(relay.sequence);
        if sequence.since(relay.first) < 0 {
            return None;
        }
        let timestamp = incoming.timestamp.plus(relay.timestamp);
        if sequence.since(self.next) >= 0 {
            self.next = sequence.plus(1);
        }
        self.cursor = self.cursor.max(timestamp.plus(samples as u32));
        self.sent(now, samples);
        let marker = begins || incoming.marker;
        Some(self.header(payload_type, marker, sequence, timestamp))
    }

    /// Whether this packet begins anew; then the time goes on to now, never back.
    fn begin(&mut self, now: Instant) -> bool {
        if self.marker {
            self.cursor = self.cursor.max(self.time(now));
        }
        std::mem::take(&mut self.marker)
    }

    /// A packet of the relayed source was kept back: the next one must follow without a gap.
    pub(super) fn skipped(&mut self) {
        self.relay = None;
    }

    /// How long nothing was sent.
    pub(super) fn silent_for(&self, now: Instant) -> Duration {
        now.saturating_duration_since(self.last)
    }

    /// The source of a packet goes on where we are now.
    fn adopt(&mut self, now: Instant, incoming: &Header) -> Relay {
        self.marker = true;
        self.begin(now);
        let relay = Relay {
            ssrc: incoming.ssrc,
            sequence: self.next.0.wrapping_sub(incoming.sequence.0),
            timestamp: self.cursor.0.wrapping_sub(incoming.timestamp.0),
            first: self.next,
        };
        self.relay = Some(relay);
        relay
    }

    fn fits(&self, relay: &Relay, now: Instant, incoming: &Header) -> bool {
        let ahead = incoming.sequence.plus(relay.sequence).since(self.next);
        let skew = incoming.timestamp.plus(relay.timestamp).since(self.time(now));
        relay.ssrc == incoming.ssrc && (-BEHIND_MAX..JUMP_MAX).contains(&ahead) && skew.abs() < SKEW_MAX
    }

    fn header(&self, payload_type: u8, marker: bool, sequence: SeqNum, timestamp: RtpTime) -> Header {
        Header {
            marker,
            payload_type,
            sequence,
            timestamp,
            ssrc: self.ssrc,
        }
    }

    fn sent(&mut self, now: Instant, octets: usize) {
        self.last = now;
        self.packets += 1;
        self.octets += octets as u64;
    }
}
