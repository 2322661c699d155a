//! A clip: audio ready to be played, encoded once per codec and shared by every stream that plays it.

use std::sync::Arc;
use std::time::Duration;

use opus::{Application, Bitrate, Channels};

use crate::codec::{Codec, g722};

/// Bits a second of Opus: speech at full bandwidth sounds as recorded (RFC 7587 section 3.1.1).
const OPUS_BITRATE: i32 = 32_000;
/// Bytes of the longest packet of Opus.
const OPUS_BYTES: usize = 1_275;

/// Audio encoded for every codec a stream may speak. Cloning shares the bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clip {
    /// Number of 8 kHz samples.
    pub samples: usize,
    /// G.711 µ-law, one byte a sample.
    pub pcmu: Arc<[u8]>,
    /// G.711 A-law, one byte a sample.
    pub pcma: Arc<[u8]>,
    /// G.722, one byte for two samples of 16 kHz.
    pub g722: Arc<[u8]>,
    /// Opus, in packets of [`Packets::SAMPLES`].
    pub opus: Packets,
}

/// Packets of a codec whose packets differ in length. Cloning shares the bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Packets {
    /// All of them, one behind the other.
    pub bytes: Arc<[u8]>,
    /// Where each of them ends.
    pub ends: Arc<[u32]>,
}

/// The same audio at the three rates that codecs take; each as long as the others.
#[derive(Clone, Copy, Debug)]
pub struct Rates<'a> {
    /// For G.711.
    pub at_8_khz: &'a [i16],
    /// For G.722.
    pub at_16_khz: &'a [i16],
    /// For Opus.
    pub at_48_khz: &'a [i16],
}

impl Clip {
    /// Encodes 8 kHz mono samples once for every codec: tones, and whatever else was made for a telephone.
    pub fn from_pcm(pcm: &[i16]) -> Clip {
        let mut encoder = g722::Encoder::default();
        let g722 = pcm.iter().map(|sample| encoder.encode(*sample)).collect();
        Clip::new(pcm, g722, Packets::encode(pcm, 8_000))
    }

    /// Encodes a recording once for every codec, each at the rate that it takes.
    pub fn from_rates(rates: Rates<'_>) -> Clip {
        let mut encoder = g722::Encoder::default();
        let pairs = rates.at_16_khz.chunks(2);
        let g722 = pairs
            .map(|pair| encoder.encode_wide([pair[0], pair.get(1).copied().unwrap_or(0)]))
            .collect();
        Clip::new(rates.at_8_khz, g722, Packets::encode(rates.at_48_khz, 48_000))
    }

    fn new(narrow: &[i16], mut g722: Vec<u8>, opus: Packets) -> Clip {
        let encoded = |codec: Codec| {
            let mut bytes = Vec::with_capacity(narrow.len());
            codec.encode(narrow, &mut bytes);
            bytes.into()
        };
        // Rounding of rates may leave one too many or too few.
        let last = g722.last().copied().unwrap_or_default();
        g722.resize(narrow.len(), last);
        Clip {
            samples: narrow.len(),
            pcmu: encoded(Codec::Pcmu),
            pcma: encoded(Codec::Pcma),
            g722: g722.into(),
            opus,
        }
    }

    /// G.711 as the engine handles it inside, for a stream that speaks `codec`.
    pub fn encoded(&self, codec: Codec) -> &Arc<[u8]> {
        match codec {
            Codec::Pcmu | Codec::G722 | Codec::Opus => &self.pcmu,
            Codec::Pcma => &self.pcma,
        }
    }

    /// How long it plays.
    pub fn duration(&self) -> Duration {
        Duration::from_micros(self.samples as u64 * 125)
    }
}

impl Packets {
    /// 8 kHz samples that a packet stands for: 20 ms.
    pub const SAMPLES: usize = 160;

    /// The packet with this number, from 0.
    pub fn get(&self, number: usize) -> Option<&[u8]> {
        let end = *self.ends.get(number)? as usize;
        let start = match number.checked_sub(1) {
            Some(before) => *self.ends.get(before)? as usize,
            None => 0,
        };
        self.bytes.get(start..end)
    }

    /// The last packet is filled up with silence. Nothing when libopus has no memory: streams then encode what they play themselves.
    fn encode(pcm: &[i16], hertz: u32) -> Packets {
        let frame = hertz as usize / 50;
        let (mut bytes, mut ends) = (Vec::new(), Vec::new());
        let Ok(mut encoder) = opus::Encoder::new(hertz, Channels::Mono, Application::Voip) else {
            return Packets::default();
        };
        // The default of libopus is as good for speech.
        let _ = encoder.set_bitrate(Bitrate::Bits(OPUS_BITRATE));
        let mut packet = [0; OPUS_BYTES];
        let mut padded = Vec::with_capacity(frame);
        for samples in pcm.chunks(frame) {
            padded.clear();
            padded.extend_from_slice(samples);
            padded.resize(frame, 0);
            let Ok(length) = encoder.encode(&padded, &mut packet) else {
                return Packets::default();
            };
            bytes.extend_from_slice(&packet[..length]);
            ends.push(bytes.len() as u32);
        }
        Packets {
            bytes: bytes.into(),
            ends: ends.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tone;

    #[test]
    fn every_codec_has_the_whole_of_it() {
        let narrow = tone::sine(440.0, 8_000.0, 1_000);
        for clip in [Clip::from_pcm(&narrow), wide(440.0, 1_000)] {
            assert_eq!(clip.duration(), Duration::from_millis(125));
            assert_eq!(
                (clip.pcmu.len(), clip.pcma.len(), clip.g722.len()),
                (1_000, 1_000, 1_000)
            );
            assert_eq!(clip.opus.ends.len(), 7);
            assert!(clip.opus.get(0).is_some_and(|packet| packet.len() > 3));
            assert!(clip.opus.get(6).is_some() && clip.opus.get(7).is_none());
        }
        assert_eq!(Clip::from_pcm(&[]).opus.get(0), None);
    }

    /// A clip of a tone that was recorded at 48 kHz.
    fn wide(hertz: f64, samples: usize) -> Clip {
        let at = |times: usize| tone::sine(hertz / times as f64, 8_000.0, samples * times);
        Clip::from_rates(Rates {
            at_8_khz: &at(1),
            at_16_khz: &at(2),
            at_48_khz: &at(6),
        })
    }

    #[test]
    fn opus_keeps_what_a_telephone_cannot_carry() {
        let clip = wide(7_000.0, 8_000);
        let mut decoder = opus::Decoder::new(48_000, Channels::Mono).unwrap();
        let (mut pcm, mut frame) = (Vec::new(), [0; 960]);
        for number in 0..clip.opus.ends.len() {
            let samples = decoder
                .decode(clip.opus.get(number).unwrap(), &mut frame, false)
                .unwrap();
            pcm.extend_from_slice(&frame[..samples]);
        }
        // On a scale of 8 kHz a tone of 7 kHz at 48 kHz is one of 7/6.
        assert!(tone::share(&pcm[9_600..], 7_000.0 / 6.0) > 0.9);
    }
}
