//! A stream's turn, once in 20 ms: it sends its share of audio, reports, and looks at its clocks.

use std::net::SocketAddr;
use std::time::Duration;

use super::{Audio, Context, Silence, Stream, Way};
use crate::codec::Codec;
use crate::command::{Event, RecordSide};
use crate::dtmf::tones::FRAME;
use crate::engine::{Channel, Disk};
use crate::rtcp::Bye;
use crate::rtp::HEADER_LEN;
use crate::sdp::{Direction, Negotiated};

/// The time between two turns.
const TURN_MS: u16 = 20;
/// With nothing to send, one packet of silence this often keeps the path open (RFC 6263 section 4.6 asks 15 s at most).
const KEEPALIVE: Duration = Duration::from_secs(1);
/// Packet times that we follow.
const PTIME_MS: std::ops::RangeInclusive<u16> = 10..=100;

impl Stream {
    /// To be called every 20 ms.
    pub fn turn(&mut self, cx: &mut Context<'_>) {
        self.send_turn(cx);
        if self.media.is_some() && self.reports.is_due(cx.now) {
            self.send_report(Bye::No, cx);
        }
        self.look_for_silence(cx);
        for recorder in self.recorders.iter_mut().flatten() {
            if let Some(samples) = recorder.on_tick(cx.now) {
                cx.out.disk(Disk::Append {
                    recording: recorder.id,
                    samples,
                });
            }
        }
    }

    fn send_turn(&mut self, cx: &mut Context<'_>) {
        if self.media.is_none() {
            return;
        }
        if self.keys.is_some() {
            return self.send_keys(cx);
        }
        match &self.audio {
            Audio::Playing(_) => self.send_clips(cx),
            Audio::Idle if self.quiet > 0 => self.send_silence(cx),
            Audio::Idle | Audio::Bridged(_) => {
                if self.sending.silent_for(cx.now) >= KEEPALIVE {
                    self.sending.start();
                    self.send_silence(cx);
                }
            }
        }
    }

    fn send_clips(&mut self, cx: &mut Context<'_>) {
        let Some(media) = &self.media else { return };
        let ptime = match media.codec {
            Codec::Pcmu | Codec::Pcma | Codec::G722 => {
                (media.ptime.as_millis() as u16).clamp(*PTIME_MS.start(), *PTIME_MS.end())
            }
            // Its packets were encoded beforehand.
            Codec::Opus => TURN_MS,
        };
        // The first packet goes out at once, whatever its length.
        let mut due = self.due_ms.map_or(ptime.max(TURN_MS), |due| due + TURN_MS);
        while due >= ptime {
            let Audio::Playing(player) = &mut self.audio else {
                return;
            };
            if player.is_done() {
                let play = player.play;
                self.fall_silent();
                cx.out.event(Event::PlayDone {
                    stream: self.id,
                    play,
                    finished: true,
                });
                return self.send_silence(cx);
            }
            due -= ptime;
            self.send_audio(usize::from(ptime) * 8, cx, |player, codec, samples, bytes| {
                if let Some(player) = player {
                    player.fill(codec, samples, bytes);
                }
            });
        }
        self.due_ms = Some(due);
    }

    fn send_silence(&mut self, cx: &mut Context<'_>) {
        self.send_audio(FRAME, cx, |_, codec, samples, bytes| {
            bytes.resize(bytes.len() + samples, codec.silence());
        });
    }

    fn send_keys(&mut self, cx: &mut Context<'_>) {
        let Some(mut keys) = self.keys.take() else { return };
        match &mut keys.way {
            Way::Events(sender) => {
                if let Some(update) = sender.on(self.sending.time(cx.now)) {
                    self.send_event(update, cx);
                }
            }
            Way::Tones(tones) => {
                if let Some(pcm) = tones.next_frame() {
                    self.send_audio(FRAME, cx, |_, codec, _, bytes| codec.encode(&pcm, bytes));
                }
            }
        }
        let idle = match &keys.way {
            Way::Events(sender) => sender.is_idle(),
            Way::Tones(tones) => tones.is_idle(),
        };
        if !idle {
            self.keys = Some(keys);
            return;
        }
        self.sending.start();
        if keys.asked {
            cx.out.event(Event::DigitsSent { stream: self.id });
        }
    }

    fn send_event(&mut self, update: crate::dtmf::event::Update, cx: &mut Context<'_>) {
        let Some((
            Negotiated {
                telephone_event: Some((payload_type, _)),
                codec,
                ..
            },
            to,
        )) = self.outlet()
        else {
            return;
        };
        let ticks = codec.ticks();
        let payload = update.payload.to_bytes();
        let header = self.sending.event(
            cx.now,
            *payload_type,
            update.marker,
            update.timestamp,
            payload.len(),
        );
        cx.out.transmit(self.slot, Channel::Rtp, to, |bytes| {
            bytes.extend_from_slice(&header.on_clock(ticks).to_bytes());
            bytes.extend_from_slice(&payload);
        });
        self.guard.seal_rtp(cx.out);
    }

    /// Sends a packet of `samples` that `fill` writes. When we may not send, what plays goes by unheard.
    fn send_audio(
        &mut self,
        samples: usize,
        cx: &mut Context<'_>,
        fill: impl FnOnce(Option<&mut crate::player::Player>, Codec, usize, &mut Vec<u8>),
    ) {
        let outlet: Option<(Codec, u8, SocketAddr)> = self
            .outlet()
            .map(|(media, to)| (media.codec, media.payload_type, to));
        let tail = std::mem::take(&mut self.tail);
        let player = match &mut self.audio {
            Audio::Playing(player) => Some(player),
            Audio::Idle | Audio::Bridged(_) => None,
        };
        let Some((codec, payload_type, to)) = outlet else {
            if let Some(player) = player {
                player.skip(samples);
            }
            return;
        };
        self.quiet = self.quiet.saturating_sub(1);
        let place = player.as_ref().map(|player| player.place());
        let header = self.sending.own(cx.now, payload_type, samples);
        let datagram = cx.out.transmit(self.slot, Channel::Rtp, to, |bytes| {
            bytes.extend_from_slice(&header.to_bytes());
            let payload = bytes.len();
            bytes.extend_from_slice(&tail);
            fill(player, codec, samples - tail.len(), bytes);
            // A key as a tone is a whole frame of its own, whatever died away before it.
            bytes.truncate(payload + samples);
        });
        if let Some(payload) = datagram.get(HEADER_LEN..) {
            self.record_audio(RecordSide::Sent, codec, &header, payload, cx.now);
        }
        if let Some(wide) = &mut self.wide {
            let ready = match (&self.audio, place) {
                (Audio::Playing(player), Some(place)) if tail.is_empty() => Some((player, place)),
                (Audio::Playing(_) | Audio::Idle | Audio::Bridged(_), _) => None,
            };
            cx.out.amend(|bytes, start| {
                let payload = start + HEADER_LEN;
                if let Some((player, place)) = ready
                    && player.ready(place, codec, samples, bytes, payload)
                {
                    wide.start_over();
                    wide.header(header).write_over(bytes, start);
                    return true;
                }
                wide.header(header).write_over(bytes, start);
                wide.encode(bytes, payload)
            });
        }
        self.guard.seal_rtp(cx.out);
    }

    fn look_for_silence(&mut self, cx: &mut Context<'_>) {
        let Some(media) = &self.media else { return };
        let (Some(timeout), Silence::Since(heard)) = (self.open.timeout, self.silence) else {
            return;
        };
        match media.direction {
            Direction::SendRecv | Direction::RecvOnly => {
                if cx.now.saturating_duration_since(heard) >= timeout {
                    self.silence = Silence::Told;
                    cx.out.event(Event::Timeout { stream: self.id });
                }
            }
            // Nobody is expected to speak; the time counts again from the next Connect.
            Direction::SendOnly | Direction::Inactive => {}
        }
    }
}
