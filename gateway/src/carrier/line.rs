//! One call's RTP at a far end: says its voice, presses keys, and keeps all that it hears.
//!
//! Driven by a frame clock of 20 ms. A small jitter buffer evens out what arrives: it begins with the third frame, or when
//! the first has waited for as long.

use std::collections::VecDeque;
use std::net::SocketAddr;

use rand::{Rng, RngExt};
use trunkline_media::dtmf::Digit;
use trunkline_media::dtmf::event::{Payload, Receiver, Sender};
use trunkline_media::rtp::{Header, Packet, RtpTime, SeqNum};
use trunkline_media::sdp::Negotiated;

use super::voice::Voice;

/// Samples of a frame.
pub const FRAME_SAMPLES: usize = 160;
/// Most that is recorded: ten minutes.
pub const MAX_RECORDED: usize = 600 * 8_000;
/// Most that waits to be heard; what comes on top pushes the oldest out.
const MAX_WAITING: usize = 8_000;
/// Frames that are gathered before hearing begins.
const GATHER: usize = 3;

/// The RTP of one call.
#[derive(Debug)]
pub struct Line {
    local: SocketAddr,
    media: Negotiated,
    voice: Voice,
    said: usize,
    keys: Sender,
    far_keys: Receiver,
    digits: Vec<Digit>,
    ssrc: u32,
    sequence: SeqNum,
    time: RtpTime,
    begun: bool,
    waiting: VecDeque<i16>,
    gathering: Option<usize>,
    heard: Vec<i16>,
    packets: u64,
}

impl Line {
    /// A line that receives at `local` and speaks as agreed.
    pub fn new(local: SocketAddr, media: Negotiated, voice: Voice, rng: &mut impl Rng) -> Line {
        Line {
            local,
            media,
            voice,
            said: 0,
            keys: Sender::default(),
            far_keys: Receiver::default(),
            digits: Vec::new(),
            ssrc: rng.random(),
            sequence: SeqNum(rng.random()),
            time: RtpTime(rng.random()),
            begun: false,
            waiting: VecDeque::new(),
            gathering: Some(0),
            heard: Vec::new(),
            packets: 0,
        }
    }

    /// What was agreed on has changed (re-INVITE).
    pub fn agree(&mut self, media: Negotiated) {
        self.media = media;
    }

    /// Where it receives.
    pub fn local(&self) -> SocketAddr {
        self.local
    }

    /// What was agreed on.
    pub fn media(&self) -> &Negotiated {
        &self.media
    }

    /// Presses a key; without telephone-event it is lost, and a test will say so.
    pub fn press(&mut self, digit: Digit) {
        self.keys.push(&[digit]);
    }

    /// Takes a datagram of the far end.
    pub fn receive(&mut self, datagram: &[u8]) {
        let Some(packet) = Packet::parse(datagram) else {
            return;
        };
        let payload_type = packet.header.payload_type;
        if payload_type == self.media.receive_payload_type {
            self.packets += 1;
            let mut pcm = Vec::with_capacity(packet.payload.len());
            self.media.codec.decode(packet.payload, &mut pcm);
            self.waiting.extend(pcm);
            let over = self.waiting.len().saturating_sub(MAX_WAITING);
            self.waiting.drain(..over);
        } else if self
            .media
            .telephone_event
            .is_some_and(|(_, receive)| receive == payload_type)
            && let Some(payload) = Payload::parse(packet.payload)
            && let Some(digit) = self
                .far_keys
                .on(packet.header.marker, packet.header.timestamp, payload)
        {
            self.digits.push(digit);
        }
    }

    /// Hears the next 20 ms; quiet when nothing has come.
    pub fn hear(&mut self) -> [i16; FRAME_SAMPLES] {
        let mut frame = [0; FRAME_SAMPLES];
        match self.gathering {
            Some(waited) if self.waiting.len() < GATHER * FRAME_SAMPLES && waited < GATHER => {
                self.gathering = Some(if self.waiting.is_empty() { 0 } else { waited + 1 });
            }
            Some(_) | None => {
                let ready = self.waiting.len().min(FRAME_SAMPLES);
                for (to, from) in frame.iter_mut().zip(self.waiting.drain(..ready)) {
                    *to = from;
                }
                self.gathering = if ready == FRAME_SAMPLES { None } else { Some(0) };
            }
        }
        if self.heard.len() + FRAME_SAMPLES <= MAX_RECORDED {
            self.heard.extend_from_slice(&frame);
        }
        frame
    }

    /// The next 20 ms to send: a key that is down, else the voice; `None` when the other side holds us.
    pub fn speak(&mut self) -> Option<Vec<u8>> {
        let now = self.time;
        self.time = self.time.plus(FRAME_SAMPLES as u32);
        let samples = self.voice.samples();
        let at = self.said % samples.len();
        let frame = &samples[at..(at + FRAME_SAMPLES).min(samples.len())];
        self.said += FRAME_SAMPLES;
        if !self.media.direction.sends() {
            return None;
        }
        if let Some((payload_type, _)) = self.media.telephone_event
            && let Some(update) = self.keys.on(now)
        {
            let payload = update.payload.to_bytes();
            return Some(self.packet(update.marker, payload_type, update.timestamp, &payload));
        }
        let mut payload = Vec::with_capacity(FRAME_SAMPLES);
        self.media.codec.encode(frame, &mut payload);
        let first = !std::mem::replace(&mut self.begun, true);
        Some(self.packet(first, self.media.payload_type, now, &payload))
    }

    fn packet(&mut self, marker: bool, payload_type: u8, timestamp: RtpTime, payload: &[u8]) -> Vec<u8> {
        let header = Header {
            marker,
            payload_type,
            sequence: self.sequence,
            timestamp,
            ssrc: self.ssrc,
        };
        self.sequence = self.sequence.plus(1);
        let mut datagram = header.to_bytes().to_vec();
        datagram.extend_from_slice(payload);
        datagram
    }

    /// All that was heard, the keys that came, and how many packets of audio.
    pub fn finish(self) -> (Vec<i16>, Vec<Digit>, u64) {
        (self.heard, self.digits, self.packets)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;
    use trunkline_media::codec::Codec;
    use trunkline_media::sdp::Direction;
    use trunkline_media::tone::heard_ms;

    use super::*;
    use crate::carrier::voice::{CALLER_HZ, TARGET_HZ};

    fn line(hz: f64, seed: u64) -> Line {
        let media = Negotiated {
            remote_rtp: "127.0.0.1:4000".parse().expect("an address"),
            remote_rtcp: "127.0.0.1:4001".parse().expect("an address"),
            rtcp_mux: false,
            codec: Codec::Pcmu,
            payload_type: 0,
            receive_payload_type: 0,
            telephone_event: Some((101, 101)),
            ptime: Duration::from_millis(20),
            direction: Direction::SendRecv,
            srtp: None,
        };
        let local = media.remote_rtp;
        Line::new(local, media, Voice::new(hz), &mut ChaCha8Rng::seed_from_u64(seed))
    }

    #[test]
    fn two_lines_hear_each_other_and_each_others_keys() {
        let (mut a, mut b) = (line(CALLER_HZ, 1), line(TARGET_HZ, 2));
        for n in 0..200 {
            if n == 100 {
                a.press(Digit::STAR);
                a.press(Digit::POUND);
            }
            for (from, to) in [(true, false), (false, true)] {
                let (from, to) = if from && !to {
                    (&mut a, &mut b)
                } else {
                    (&mut b, &mut a)
                };
                if let Some(datagram) = from.speak() {
                    to.receive(&datagram);
                }
            }
            a.hear();
            b.hear();
        }
        let (heard, digits, _) = a.finish();
        assert!(heard_ms(&heard, TARGET_HZ, 2_000.0) >= 1_900);
        assert_eq!((heard.len(), digits), (200 * FRAME_SAMPLES, vec![]));
        let (heard, digits, _) = b.finish();
        assert!(heard_ms(&heard, CALLER_HZ, 2_000.0) >= 1_500);
        assert_eq!(digits, [Digit::STAR, Digit::POUND]);
    }

    #[test]
    fn uneven_arrival_leaves_no_holes() {
        let (mut a, mut b) = (line(TARGET_HZ, 1), line(CALLER_HZ, 2));
        let mut late = Vec::new();
        for n in 0..45 {
            late.extend(a.speak());
            if n % 3 != 1 {
                late.drain(..).for_each(|datagram| b.receive(&datagram));
            }
            b.hear();
        }
        let (heard, _, packets) = b.finish();
        assert_eq!(packets, 45);
        assert!(
            heard_ms(&heard, TARGET_HZ, 2_000.0) >= 840,
            "{}",
            heard_ms(&heard, TARGET_HZ, 2_000.0)
        );
    }

    #[test]
    fn held_lines_say_nothing() {
        let mut a = line(CALLER_HZ, 1);
        let held = Negotiated {
            direction: Direction::RecvOnly,
            ..a.media().clone()
        };
        a.agree(held);
        assert_eq!(a.speak(), None);
    }
}
