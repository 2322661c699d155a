//! What a stream does with what it hears: who may speak, what it is, and whom it concerns.

use std::net::SocketAddr;

use super::{Audio, Context, Kind, Payload, Relayed, Silence, Stream};
use crate::codec::Codec;
use crate::command::{Event, RecordSide};
use crate::dtmf::Digit;
use crate::dtmf::event;
use crate::engine::Channel;
use crate::rtcp::Arrival;
use crate::rtp::{self, HEADER_LEN, Header, Packet, RtpTime};
use crate::srtp::Refused;

/// Comfort noise (RFC 3389 section 4): it proves that the far end lives, and is silence to us.
const COMFORT_NOISE: u8 = 13;

/// What the payload type of a packet says.
enum Content {
    Audio(Codec),
    Event,
    ComfortNoise,
}

impl Stream {
    /// Takes a datagram of the far end, or of anybody. What it gives back belongs to the other side of the bridge.
    pub fn receive<'d>(
        &mut self,
        channel: Channel,
        from: SocketAddr,
        datagram: &'d mut [u8],
        cx: &mut Context<'_>,
    ) -> Option<Relayed<'d>> {
        match channel {
            Channel::Rtcp => {
                self.receive_rtcp(from, datagram, cx);
                None
            }
            Channel::Rtp if !self.source.admits(from) => {
                self.stats.foreign_packets += 1;
                None
            }
            // The second byte is never encrypted, so RTCP on a shared port is known before it is opened (RFC 5761 section 4).
            Channel::Rtp if rtp::is_rtcp(datagram) => {
                self.receive_rtcp(from, datagram, cx);
                None
            }
            Channel::Rtp => self.receive_rtp(from, datagram, cx),
        }
    }

    fn receive_rtcp(&mut self, from: SocketAddr, datagram: &mut [u8], cx: &mut Context<'_>) {
        if !self.source.admits_rtcp(from) {
            self.stats.foreign_packets += 1;
            return;
        }
        let datagram = match self.guard.open_rtcp(datagram) {
            Ok(datagram) => datagram,
            Err(refused) => return self.refuse(refused),
        };
        if self.reports.on(cx.now, self.sending.ssrc(), datagram) {
            self.rtcp_from = Some(from);
            self.heard(cx);
        } else {
            self.stats.bad_packets += 1;
        }
    }

    fn receive_rtp<'d>(
        &mut self,
        from: SocketAddr,
        datagram: &'d mut [u8],
        cx: &mut Context<'_>,
    ) -> Option<Relayed<'d>> {
        // Nothing is learnt, counted or heard of a packet before it has proved authentic.
        let datagram = match self.guard.open_rtp(datagram) {
            Ok(datagram) => datagram,
            Err(refused) => {
                self.refuse(refused);
                return None;
            }
        };
        let understood = Packet::split(datagram)
            .and_then(|(header, range)| Some((header, range, self.content(header.payload_type)?)));
        let Some((mut header, range, content)) = understood else {
            self.stats.bad_packets += 1;
            return None;
        };
        if let Some(wide) = &mut self.wide {
            header.timestamp = wide.time(header.timestamp);
        }
        if self.source.learn(from) {
            cx.out.lock(self.slot, from);
        }
        match self.reception.arrived(header.ssrc, header.sequence) {
            Arrival::Newest | Arrival::Late | Arrival::Restarted => {}
            Arrival::Duplicate | Arrival::Suspect => return None,
        }
        self.stats.rx_packets += 1;
        self.heard(cx);
        if !std::mem::replace(&mut self.first_heard, true) {
            cx.out.event(Event::FirstPacket {
                stream: self.id,
                from,
            });
        }
        let payload = datagram.get_mut(range)?;
        match content {
            Content::Audio(codec) => self.receive_audio(codec, header, payload, cx),
            Content::Event => self.receive_event(header, payload, cx),
            Content::ComfortNoise => self.kept_back(header, payload),
        }
    }

    fn refuse(&mut self, refused: Refused) {
        match refused {
            Refused::Malformed => self.stats.bad_packets += 1,
            Refused::NotAuthentic => self.stats.unauthentic_packets += 1,
            // Networks repeat packets.
            Refused::Replayed => {}
        }
    }

    /// What was negotiated; and the other G.711, which some far ends switch to without a word, as RFC 3264 section 7
    /// lets them when both were offered.
    fn content(&self, payload_type: u8) -> Option<Content> {
        let media = self.media.as_ref()?;
        if payload_type == media.receive_payload_type {
            return Some(Content::Audio(media.codec));
        }
        if media
            .telephone_event
            .is_some_and(|(_, receive)| receive == payload_type)
        {
            return Some(Content::Event);
        }
        if payload_type == COMFORT_NOISE {
            return Some(Content::ComfortNoise);
        }
        let other = Codec::G711
            .into_iter()
            .find(|codec| codec.static_payload_type() == payload_type);
        other.map(Content::Audio)
    }

    fn heard(&mut self, cx: &Context<'_>) {
        self.silence = Silence::Since(cx.now);
    }

    fn receive_audio<'d>(
        &mut self,
        codec: Codec,
        header: Header,
        payload: &'d mut [u8],
        cx: &mut Context<'_>,
    ) -> Option<Relayed<'d>> {
        let came = RtpTime(RtpTime::ticks(cx.now.saturating_duration_since(cx.epoch)));
        self.reception.timed(came, header.timestamp);
        let (codec, mut payload, mut as_it_came) = match &mut self.wide {
            Some(wide) if wide.codec() == codec => {
                let decoded = wide.decode(payload);
                if decoded.is_empty() {
                    self.stats.bad_packets += 1;
                    return None;
                }
                (Codec::Pcmu, Payload::Decoded(decoded), Some((codec, &*payload)))
            }
            Some(_) | None => (codec.inside(), Payload::Received(payload), None),
        };
        self.record_audio(RecordSide::Received, codec, &header, &payload, cx.now);
        let mut tones = None;
        if let Some(detector) = &mut self.detector {
            let begun = detector.on(codec, &payload);
            if let Some(digit) = begun {
                cx.out.event(Event::Digit {
                    stream: self.id,
                    digit,
                });
            }
            tones = detector.down().map(|digit| (digit, begun.is_some()));
        }
        let Audio::Bridged(bridge) = &self.audio else {
            return None;
        };
        if tones.is_some_and(|(digit, _)| bridge.swallow.contains(&digit)) {
            payload.fill(codec.silence());
            (tones, as_it_came) = (None, None);
        }
        Some(Relayed {
            peer: bridge.peer,
            header,
            kind: Kind::Audio(codec),
            tones,
            payload,
            as_it_came,
        })
    }

    fn receive_event<'d>(
        &mut self,
        header: Header,
        payload: &'d mut [u8],
        cx: &mut Context<'_>,
    ) -> Option<Relayed<'d>> {
        let event = event::Payload::parse(payload)?;
        let begun = self.events.on(header.marker, header.timestamp, event);
        if let Some(digit) = begun {
            cx.out.event(Event::Digit {
                stream: self.id,
                digit,
            });
        }
        let Audio::Bridged(bridge) = &self.audio else {
            return None;
        };
        let swallowed = Digit::from_event(event.event).is_some_and(|digit| bridge.swallow.contains(&digit));
        let kind = if swallowed {
            Kind::Swallowed
        } else {
            Kind::Event(begun)
        };
        Some(Relayed {
            peer: bridge.peer,
            header,
            kind,
            tones: None,
            payload: Payload::Received(payload),
            as_it_came: None,
        })
    }

    /// Silence is not passed on as noise: the next packet follows the last one without a gap, as if nothing had been lost.
    fn kept_back<'d>(&self, header: Header, payload: &'d mut [u8]) -> Option<Relayed<'d>> {
        let Audio::Bridged(bridge) = &self.audio else {
            return None;
        };
        Some(Relayed {
            peer: bridge.peer,
            header,
            kind: Kind::Swallowed,
            tones: None,
            payload: Payload::Received(payload),
            as_it_came: None,
        })
    }

    /// Sends on what the other side of the bridge heard.
    pub fn relay(&mut self, mut relayed: Relayed<'_>, cx: &mut Context<'_>) {
        self.translate_tones(&mut relayed, cx);
        let Some((media, to)) = self.outlet() else { return };
        let codec = media.codec;
        let as_it_came = relayed.as_it_came.filter(|(same, _)| *same == codec);
        let (payload_type, samples) = match relayed.kind {
            Kind::Swallowed => return self.sending.skipped(),
            Kind::Audio(inside) => {
                inside.transcode(codec, &mut relayed.payload);
                (media.payload_type, relayed.payload.len())
            }
            Kind::Event(begun) => match (media.telephone_event, begun) {
                (Some((send, _)), _) => (send, 0),
                (None, Some(digit)) => return self.pass_key(digit, cx),
                (None, None) => return,
            },
        };
        if self.keys.is_some() {
            return;
        }
        let Some(header) = self
            .sending
            .relayed(cx.now, &relayed.header, payload_type, samples)
        else {
            return;
        };
        let Relayed { payload, kind, .. } = relayed;
        let wide = self.wide.as_mut().filter(|_| matches!(kind, Kind::Audio(_)));
        let mut whole = true;
        cx.out.transmit(self.slot, Channel::Rtp, to, |bytes| {
            bytes.reserve(HEADER_LEN + payload.len());
            match (as_it_came, wide) {
                (Some((_, original)), _) => {
                    bytes.extend_from_slice(&header.on_clock(codec.ticks()).to_bytes());
                    bytes.extend_from_slice(original);
                }
                (None, None) => {
                    bytes.extend_from_slice(&header.on_clock(codec.ticks()).to_bytes());
                    bytes.extend_from_slice(&payload);
                }
                (None, Some(wide)) => {
                    bytes.extend_from_slice(&wide.header(header).to_bytes());
                    let start = bytes.len();
                    bytes.extend_from_slice(&payload);
                    whole = wide.encode(bytes, start);
                }
            }
        });
        if !whole {
            return cx.out.amend(|_, _| false);
        }
        self.guard.seal_rtp(cx.out);
        match kind {
            Kind::Audio(_) => self.record_audio(RecordSide::Sent, codec, &header, &payload, cx.now),
            Kind::Event(_) | Kind::Swallowed => {}
        }
    }

    /// A key of the other side, in the way that this side's far end understands.
    fn pass_key(&mut self, digit: Digit, cx: &mut Context<'_>) {
        if self.open.keys_in_signalling {
            cx.out.event(Event::KeyToSignal {
                stream: self.id,
                digit,
            });
        } else {
            self.push_keys(&[digit]);
        }
    }

    /// Tones in the audio are heard as they are by a far end that listens for tones. To one that wants events, or keys in the
    /// signalling, the key is passed on as such, and the rest of its tones is silence.
    fn translate_tones(&mut self, relayed: &mut Relayed<'_>, cx: &mut Context<'_>) {
        let (Some((digit, begins)), Kind::Audio(codec)) = (relayed.tones, relayed.kind) else {
            return;
        };
        let by_events = self
            .media
            .as_ref()
            .is_some_and(|media| media.telephone_event.is_some());
        if !by_events && !self.open.keys_in_signalling {
            return;
        }
        relayed.payload.fill(codec.silence());
        relayed.as_it_came = None;
        if begins {
            self.pass_key(digit, cx);
        }
    }
}
