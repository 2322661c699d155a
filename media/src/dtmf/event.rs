//! Keys as events in RTP (RFC 4733): the receiver and the sender of one stream.
//!
//! What we send for one key, with T the timestamp of its start (duration in samples, M marker, E end):
//!
//! ```text
//! ms          0     20    40    60    80    100   120      200
//! sequence    n     n+1   n+2   n+3   n+4   n+5   n+6      n+7
//! timestamp   T     T     T     T     T     T     T        T+1600
//! flags       M                       E     E     E        M
//! duration    160   320   480   640   800   800   800      160
//!             '------- the key, 100 ms ----'------ pause --'- next key
//! ```
//!
//! The end is sent three times, so that two lost packets do not make the key endless (RFC 4733 section 2.5.1.4).

use std::collections::VecDeque;

use super::Digit;
use crate::rtp::RtpTime;

/// Keys that may wait to be sent; more than the longest extension anybody dials.
pub const DIGITS_MAX: usize = 64;

/// Samples between two packets of an event.
const UPDATE: u16 = 160;
/// Packets of 20 ms in which a key is down; and the time to the next key in the same measure.
const KEY_PACKETS: u16 = 5;
const NEXT_KEY_PACKETS: u16 = 10;
/// How often the end is said.
const END_PACKETS: u16 = 3;
/// As loud as a telephone's keys: -10 dBm0 (RFC 4733 section 2.3.3).
const VOLUME: u8 = 10;
/// Where a long event is cut into the next segment (RFC 4733 section 2.5.1.3).
const SEGMENT: i32 = 0xFFFF;
/// Keys begin at least this many samples apart: 40 ms of tone and 40 ms of pause.
const NEXT_KEY_AT_LEAST: i32 = 640;

/// Packets of an earlier key come at most this many samples late; further back is a new clock.
const OLD: i32 = 80_000;

/// The payload of a telephone-event packet (RFC 4733 section 2.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Payload {
    /// The event code; 0 to 15 are keys.
    pub event: u8,
    /// The event is over.
    pub end: bool,
    /// Power level in dBm0, without its sign; 0 to 63.
    pub volume: u8,
    /// So far, in samples.
    pub duration: u16,
}

impl Payload {
    /// Reads the first event of a payload; `None` when it is too short.
    pub fn parse(payload: &[u8]) -> Option<Payload> {
        let &[event, flags, high, low, ..] = payload else {
            return None;
        };
        let duration = u16::from_be_bytes([high, low]);
        Some(Payload {
            event,
            end: flags & 0x80 != 0,
            volume: flags & 0x3F,
            duration,
        })
    }

    /// The four bytes.
    pub fn to_bytes(self) -> [u8; 4] {
        let [high, low] = self.duration.to_be_bytes();
        [
            self.event,
            if self.end { 0x80 } else { 0 } | self.volume & 0x3F,
            high,
            low,
        ]
    }
}

/// Hears events: one report per key, whatever packets of it are lost or repeated.
#[derive(Clone, Debug, Default)]
pub struct Receiver {
    current: Option<Current>,
}

#[derive(Clone, Copy, Debug)]
struct Current {
    timestamp: RtpTime,
    event: u8,
    duration: u16,
    ended: bool,
}

impl Receiver {
    /// Takes a packet; the key when this is its first packet that got here.
    pub fn on(&mut self, marker: bool, timestamp: RtpTime, payload: Payload) -> Option<Digit> {
        let digit = Digit::from_event(payload.event)?;
        let next = Current {
            timestamp,
            event: payload.event,
            duration: payload.duration,
            ended: payload.end,
        };
        let Some(current) = &mut self.current else {
            self.current = Some(next);
            return Some(digit);
        };
        let apart = timestamp.since(current.timestamp);
        if apart == 0 && payload.event == current.event {
            current.ended |= payload.end;
            current.duration = current.duration.max(payload.duration);
            return None;
        }
        if (-OLD..0).contains(&apart) {
            // An old end, repeated or out of order.
            return None;
        }
        let same = current.continues(marker, apart, payload);
        *current = next;
        (!same).then_some(digit)
    }

    /// Whether the last key heard is still down, as far as is known.
    pub fn is_down(&self) -> bool {
        self.current.is_some_and(|current| !current.ended)
    }
}

impl Current {
    /// Whether a packet with another timestamp belongs to the same pressing of the key.
    fn continues(&self, marker: bool, apart: i32, payload: Payload) -> bool {
        if self.event != payload.event || self.ended || marker {
            return false;
        }
        // The next segment of a long event, or one after lost segments.
        let segment = apart % SEGMENT == 0;
        // Some senders move the timestamp with every update, which RFC 4733 section 2.2 forbids.
        let moving = apart < NEXT_KEY_AT_LEAST && payload.duration > self.duration;
        segment || moving
    }
}

/// One packet to send: the stream adds sequence number and SSRC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Update {
    /// First packet of the key.
    pub marker: bool,
    /// The start of the key.
    pub timestamp: RtpTime,
    /// What it says.
    pub payload: Payload,
}

/// Sends keys one after the other.
#[derive(Clone, Debug, Default)]
pub struct Sender {
    waiting: VecDeque<Digit>,
    key: Option<Key>,
}

#[derive(Clone, Copy, Debug)]
struct Key {
    digit: Digit,
    start: RtpTime,
    /// 20 ms intervals since its start.
    age: u16,
}

impl Sender {
    /// Adds keys; those beyond [`DIGITS_MAX`] are dropped.
    pub fn push(&mut self, digits: &[Digit]) {
        let room = DIGITS_MAX.saturating_sub(self.waiting.len());
        self.waiting.extend(digits.iter().take(room));
    }

    /// Nothing is left to send.
    pub fn is_idle(&self) -> bool {
        self.key.is_none() && self.waiting.is_empty()
    }

    /// The keys that have not begun, to be sent another way.
    pub fn take_waiting(&mut self) -> Vec<Digit> {
        self.waiting.drain(..).collect()
    }

    /// To be called every 20 ms until idle, with the RTP time of now; the packet to send, if this is a time for one.
    pub fn on(&mut self, now: RtpTime) -> Option<Update> {
        if self.key.is_none() {
            let digit = self.waiting.pop_front()?;
            self.key = Some(Key {
                digit,
                start: now,
                age: 0,
            });
        }
        let key = self.key.as_mut()?;
        key.age += 1;
        let key = *key;
        if key.age == NEXT_KEY_PACKETS {
            self.key = None;
        }
        let payload = Payload {
            event: key.digit.event(),
            end: key.age >= KEY_PACKETS,
            volume: VOLUME,
            duration: key.age.min(KEY_PACKETS) * UPDATE,
        };
        let due = key.age < KEY_PACKETS + END_PACKETS;
        due.then_some(Update {
            marker: key.age == 1,
            timestamp: key.start,
            payload,
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Plays a transcript, a packet a line: `timestamp key duration flags`; `-` is a lost packet. Tells the keys heard.
    fn heard(transcript: &str) -> String {
        let mut receiver = Receiver::default();
        let packets = transcript
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty() && !line.starts_with('-'));
        packets
            .filter_map(|line| {
                let words: Vec<&str> = line.split_whitespace().collect();
                let flags = words.get(3).copied().unwrap_or_default();
                let payload = Payload {
                    event: Digit::from_char(words[1].chars().next().unwrap())
                        .unwrap()
                        .event(),
                    end: flags.contains('E'),
                    volume: 10,
                    duration: words[2].parse().unwrap(),
                };
                receiver.on(flags.contains('M'), RtpTime(words[0].parse().unwrap()), payload)
            })
            .map(Digit::as_char)
            .collect()
    }

    #[test]
    fn a_key_is_told_once_whatever_is_lost() {
        let whole = "1000 5 160 M\n1000 5 320\n1000 5 480 E\n1000 5 480 E\n1000 5 480 E";
        assert_eq!(heard(whole), "5");
        for kept in 1..32u8 {
            let lines = whole.lines().enumerate().filter(|(at, _)| kept & 1 << at != 0);
            let some: Vec<&str> = lines.map(|(_, line)| line).collect();
            assert_eq!(heard(&some.join("\n")), "5", "{some:?}");
        }
    }

    #[test]
    fn the_same_key_twice_is_two_keys() {
        assert_eq!(
            heard("1000 5 160 M\n1000 5 800 E\n2600 5 160 M\n2600 5 800 E"),
            "55"
        );
        // Every end of the first and the start of the second lost.
        assert_eq!(
            heard("1000 5 160 M\n1000 5 320\n-\n-\n-\n-\n2600 5 320\n2600 5 800 E"),
            "55"
        );
    }

    #[test]
    fn late_ends_of_an_old_key_are_ignored() {
        assert_eq!(
            heard("1000 5 160 M\n1000 5 800 E\n2600 6 160 M\n1000 5 800 E\n2600 6 800 E"),
            "56"
        );
    }

    #[test]
    fn a_long_key_in_segments_is_one_key() {
        assert_eq!(
            heard("1000 * 160 M\n1000 * 65535\n66535 * 160\n66535 * 65535\n132070 * 400 E"),
            "*"
        );
        // A whole segment was lost.
        assert_eq!(heard("1000 * 160 M\n132070 * 160\n132070 * 400 E"), "*");
    }

    #[test]
    fn a_sender_that_moves_the_timestamp_is_understood() {
        assert_eq!(
            heard("1000 7 160 M\n1160 7 320\n1320 7 480\n1480 7 640 E\n1480 7 640 E\n4000 7 160 M"),
            "77"
        );
    }

    #[test]
    fn events_that_are_no_keys_are_not_told() {
        let mut receiver = Receiver::default();
        let flash = Payload {
            event: 16,
            end: false,
            volume: 0,
            duration: 160,
        };
        assert_eq!(receiver.on(true, RtpTime(0), flash), None);
    }

    #[test]
    fn packets_go_out_as_the_table_says() {
        let mut sender = Sender::default();
        sender.push(&[Digit::from_char('4').unwrap(), Digit::POUND]);
        let mut lines = Vec::new();
        for tick in 0..21u32 {
            let line = sender.on(RtpTime(1_000 + tick * 160)).map(|update| {
                let Payload {
                    event, end, duration, ..
                } = update.payload;
                let flags = if update.marker {
                    "M"
                } else if end {
                    "E"
                } else {
                    "."
                };
                format!(
                    "{:03} ms  {} {event:>2} {duration} {flags}",
                    tick * 20,
                    update.timestamp.0
                )
            });
            lines.extend(line);
        }
        let expected = "\
000 ms  1000  4 160 M
020 ms  1000  4 320 .
040 ms  1000  4 480 .
060 ms  1000  4 640 .
080 ms  1000  4 800 E
100 ms  1000  4 800 E
120 ms  1000  4 800 E
200 ms  2600 11 160 M
220 ms  2600 11 320 .
240 ms  2600 11 480 .
260 ms  2600 11 640 .
280 ms  2600 11 800 E
300 ms  2600 11 800 E
320 ms  2600 11 800 E";
        assert_eq!(lines.join("\n"), expected);
        assert!(sender.is_idle());
    }

    #[test]
    fn waiting_keys_are_limited() {
        let mut sender = Sender::default();
        sender.push(&[Digit::STAR; DIGITS_MAX + 10]);
        let marks =
            (0..10 * 100).filter(|tick| sender.on(RtpTime(tick * 160)).is_some_and(|update| update.marker));
        assert_eq!(marks.count(), DIGITS_MAX);
    }

    proptest! {
        /// Every key in every order, from our sender to our receiver over a link that loses up to 6 of 7 packets in a row.
        #[test]
        fn what_is_sent_is_heard(
            codes in proptest::collection::vec(0..16u8, 1..12), losses in proptest::collection::vec(any::<u8>(), 12), start: u32,
        ) {
            let digits: Vec<Digit> = codes.iter().filter_map(|&code| Digit::from_event(code)).collect();
            let (mut sender, mut receiver, mut heard) = (Sender::default(), Receiver::default(), Vec::new());
            sender.push(&digits);
            let (mut now, mut key, mut packet) = (RtpTime(start), 0, 0);
            while !sender.is_idle() {
                if let Some(update) = sender.on(now) {
                    if update.marker { key += 1; packet = 0; }
                    // One packet of each key always arrives.
                    let kept = losses[key - 1] % 7;
                    if packet == kept || losses[key - 1] & 1 << packet == 0 {
                        heard.extend(receiver.on(update.marker, update.timestamp, update.payload));
                    }
                    packet += 1;
                }
                now = now.plus(160);
            }
            prop_assert_eq!(heard, digits);
        }

        #[test]
        fn payloads_round_trip(event: u8, end: bool, volume in 0..64u8, duration: u16) {
            let payload = Payload { event, end, volume, duration };
            prop_assert_eq!(Payload::parse(&payload.to_bytes()), Some(payload));
        }
    }
}
