//! A stream's door for a codec that is not G.711: in comes its payload and out comes µ-law, and the other way round.
//!
//! Each direction remembers what it has coded so far, so a stream has its own. A plain stream has none, and pays one comparison a packet.
//! Packets are decoded in the order in which they come, with the times that they carry: whoever plays them has the jitter buffer.

use opus::{Application, Channels};

use super::{Codec, g711, g722};
use crate::rtp::{Header, RtpTime};

/// Samples of the longest packet of Opus (RFC 6716 section 2.1.4): 120 ms.
const OPUS_SAMPLES: usize = 960;
/// Bytes of the longest packet of Opus that we send.
const OPUS_BYTES: usize = 500;
/// Samples that one packet of Opus can hold, longest first (RFC 6716 section 2.1.4).
const OPUS_FRAMES: [usize; 4] = [480, 320, 160, 80];

/// Both directions of one stream.
#[derive(Debug)]
pub struct Wide {
    coder: Coder,
    /// The far end's clock, when it is faster than ours: its last time, and how far it has come.
    clock: Option<(RtpTime, i64)>,
}

#[derive(Debug)]
enum Coder {
    G722 {
        encoder: Box<g722::Encoder>,
        decoder: Box<g722::Decoder>,
    },
    Opus {
        encoder: opus::Encoder,
        decoder: opus::Decoder,
        /// Samples that did not fill a packet.
        waiting: Vec<i16>,
    },
}

impl Wide {
    /// For a codec; `None` for G.711, which needs no door, and when libopus has no memory.
    pub fn new(codec: Codec) -> Option<Wide> {
        let coder = match codec {
            Codec::Pcmu | Codec::Pcma => return None,
            Codec::G722 => Coder::G722 {
                encoder: Box::default(),
                decoder: Box::default(),
            },
            Codec::Opus => Coder::Opus {
                encoder: opus::Encoder::new(8_000, Channels::Mono, Application::Voip).ok()?,
                decoder: opus::Decoder::new(8_000, Channels::Mono).ok()?,
                waiting: Vec::with_capacity(OPUS_SAMPLES),
            },
        };
        Some(Wide { coder, clock: None })
    }

    /// Its codec.
    pub fn codec(&self) -> Codec {
        match &self.coder {
            Coder::G722 { .. } => Codec::G722,
            Coder::Opus { .. } => Codec::Opus,
        }
    }

    /// A time of the far end on a clock of 8 kHz that never jumps: theirs wraps at another time than ours.
    pub fn time(&mut self, time: RtpTime) -> RtpTime {
        let ticks = self.codec().ticks();
        if ticks == 1 {
            return time;
        }
        let (last, come) = self.clock.unwrap_or((time, i64::from(time.0)));
        let come = come + i64::from(time.since(last));
        self.clock = Some((time, come));
        RtpTime((come / i64::from(ticks)) as u32)
    }

    /// µ-law of a payload; nothing when it cannot be decoded.
    pub fn decode(&mut self, payload: &[u8]) -> Vec<u8> {
        match &mut self.coder {
            Coder::G722 { decoder, .. } => payload
                .iter()
                .map(|&byte| g711::compress_ulaw(decoder.decode(byte)))
                .collect(),
            Coder::Opus { decoder, .. } => {
                let mut pcm = [0; OPUS_SAMPLES];
                let samples = decoder.decode(payload, &mut pcm, false).unwrap_or(0);
                pcm.iter()
                    .take(samples)
                    .map(|&sample| g711::compress_ulaw(sample))
                    .collect()
            }
        }
    }

    /// Samples taken before that will go out first: the next packet begins so much earlier.
    fn waiting(&self) -> u32 {
        match &self.coder {
            Coder::G722 { .. } => 0,
            Coder::Opus { waiting, .. } => waiting.len() as u32,
        }
    }

    /// The header of the next packet, by the codec's clock.
    pub fn header(&self, header: Header) -> Header {
        let timestamp = RtpTime(header.timestamp.0.wrapping_sub(self.waiting()));
        Header { timestamp, ..header }.on_clock(self.codec().ticks())
    }

    /// What was encoded beforehand goes out now: nothing that waits here comes before it.
    pub fn start_over(&mut self) {
        match &mut self.coder {
            Coder::G722 { .. } => {}
            Coder::Opus { waiting, .. } => waiting.clear(),
        }
    }

    /// Turns the µ-law behind `start` of `bytes` into a payload. False when there is not enough for one: it waits for the next.
    pub fn encode(&mut self, bytes: &mut Vec<u8>, start: usize) -> bool {
        let narrow = bytes.get_mut(start..).unwrap_or_default();
        let samples = |byte: &u8| g711::ULAW_TO_PCM[usize::from(*byte)];
        match &mut self.coder {
            Coder::G722 { encoder, .. } => {
                for byte in narrow {
                    *byte = encoder.encode(samples(byte));
                }
                true
            }
            Coder::Opus { encoder, waiting, .. } => {
                waiting.extend(narrow.iter().map(samples));
                bytes.truncate(start);
                let Some(frame) = OPUS_FRAMES.into_iter().find(|frame| *frame <= waiting.len()) else {
                    return false;
                };
                bytes.resize(start + OPUS_BYTES, 0);
                let place = bytes.get_mut(start..).unwrap_or_default();
                let length = encoder.encode(&waiting[..frame], place).unwrap_or(0);
                bytes.truncate(start + length);
                waiting.drain(..frame);
                // What comes faster than packets can hold is not kept.
                waiting.truncate(OPUS_SAMPLES);
                length > 0
            }
        }
    }
}
