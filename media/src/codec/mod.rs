//! The codecs a stream may speak, by their names in SDP, and their samples. The engine handles audio as G.711: what comes in another
//! codec is turned into µ-law where it enters a stream, and back where it leaves (`wide`).

pub mod g711;
pub mod g722;
pub mod wide;

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// An audio codec, named as in SDP (RFC 3551 section 6).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Codec {
    /// G.711 µ-law, static payload type 0.
    #[serde(rename = "PCMU")]
    Pcmu,
    /// G.711 A-law, static payload type 8.
    #[serde(rename = "PCMA")]
    Pcma,
    /// G.722 at 64 kbit/s, static payload type 9.
    #[serde(rename = "G722")]
    G722,
    /// Opus (RFC 7587), by a dynamic payload type.
    #[serde(rename = "opus")]
    Opus,
}

impl Codec {
    /// Every codec.
    pub const ALL: [Codec; 4] = [Codec::Pcmu, Codec::Pcma, Codec::G722, Codec::Opus];
    /// What is offered when a trunk has no wish of its own, in this order: what everybody speaks.
    pub const G711: [Codec; 2] = [Codec::Pcmu, Codec::Pcma];

    /// The encoding name of `a=rtpmap` (RFC 8866 section 6.6).
    pub const fn name(self) -> &'static str {
        match self {
            Codec::Pcmu => "PCMU",
            Codec::Pcma => "PCMA",
            Codec::G722 => "G722",
            Codec::Opus => "opus",
        }
    }

    /// RTP clock rate in hertz; that of G.722 is half its sampling rate, by an old error (RFC 3551 section 4.5.2).
    pub const fn clock_rate(self) -> u32 {
        match self {
            Codec::Pcmu | Codec::Pcma | Codec::G722 => 8_000,
            Codec::Opus => 48_000,
        }
    }

    /// Channels of `a=rtpmap`; Opus says two, whatever it sends (RFC 7587 section 7).
    pub const fn channels(self) -> u32 {
        match self {
            Codec::Pcmu | Codec::Pcma | Codec::G722 => 1,
            Codec::Opus => 2,
        }
    }

    /// RTP ticks of one sample of 8 kHz.
    pub const fn ticks(self) -> u32 {
        self.clock_rate() / 8_000
    }

    /// The codec of a payload type without rtpmap (RFC 3551 table 4).
    pub fn of_static(payload_type: u8) -> Option<Codec> {
        let fixed = [Codec::Pcmu, Codec::Pcma, Codec::G722];
        fixed
            .into_iter()
            .find(|c| c.static_payload_type() == payload_type)
    }

    /// The payload type of our offers: the static one of RFC 3551 table 4, and a dynamic one for Opus, which has none.
    pub const fn static_payload_type(self) -> u8 {
        match self {
            Codec::Pcmu => 0,
            Codec::Pcma => 8,
            Codec::G722 => 9,
            Codec::Opus => 111,
        }
    }

    /// As what the engine handles it: itself when it is G.711, else µ-law. Everything below is about that.
    pub const fn inside(self) -> Codec {
        match self {
            Codec::Pcmu | Codec::G722 | Codec::Opus => Codec::Pcmu,
            Codec::Pcma => Codec::Pcma,
        }
    }

    /// The byte that is silence.
    pub const fn silence(self) -> u8 {
        match self {
            Codec::Pcmu | Codec::G722 | Codec::Opus => g711::ULAW_SILENCE,
            Codec::Pcma => g711::ALAW_SILENCE,
        }
    }

    /// The linear value of one byte.
    pub fn sample(self, byte: u8) -> i16 {
        self.table()[usize::from(byte)]
    }

    /// Appends the encoding of 8 kHz samples to `out`.
    pub fn encode(self, pcm: &[i16], out: &mut Vec<u8>) {
        let compress = match self {
            Codec::Pcmu | Codec::G722 | Codec::Opus => g711::compress_ulaw,
            Codec::Pcma => g711::compress_alaw,
        };
        out.extend(pcm.iter().map(|&sample| compress(sample)));
    }

    /// Appends the 8 kHz samples of an RTP payload to `out`.
    pub fn decode(self, payload: &[u8], out: &mut Vec<i16>) {
        let table = self.table();
        out.extend(payload.iter().map(|&byte| table[byte as usize]));
    }

    /// Turns a payload of this codec into one of `to`, in place. Leaves it alone when they are the same.
    pub fn transcode(self, to: Codec, payload: &mut [u8]) {
        let table = match (self == Codec::Pcma, to == Codec::Pcma) {
            (false, true) => &g711::ULAW_TO_ALAW,
            (true, false) => &g711::ALAW_TO_ULAW,
            (false, false) | (true, true) => return,
        };
        for byte in payload {
            *byte = table[*byte as usize];
        }
    }

    fn table(self) -> &'static [i16; 256] {
        match self {
            Codec::Pcmu | Codec::G722 | Codec::Opus => &g711::ULAW_TO_PCM,
            Codec::Pcma => &g711::ALAW_TO_PCM,
        }
    }
}

/// The packet time that we send with: 20 ms (RFC 3551 section 4.2's default).
pub const PTIME: Duration = Duration::from_millis(20);
