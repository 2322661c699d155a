//! Recordings of any usual kind, made into 8 kHz mono: WAV, MP3, FLAC, Ogg (Vorbis, Opus), AAC, M4A, and WebM as browsers record it;
//! told by their content.
//!
//! What people upload is not to be trusted: size, length, rate and the number of packets are bounded before memory is
//! spent on them, and a fault of a decoder is an error of the file.

mod codec;
mod resample;
mod sniff;
#[cfg(test)]
mod tests;

use std::io::Cursor;
use std::ops::RangeInclusive;
use std::panic::{AssertUnwindSafe, catch_unwind};

use symphonia::core::errors::Error;
use symphonia::core::formats::probe::Hint;
use symphonia::core::formats::{FormatOptions, FormatReader, TrackType};
use symphonia::core::io::MediaSourceStream;
use symphonia::core::meta::MetadataOptions;

use crate::pcm::Pcm;
use codec::Codec;
use resample::ToTelephone;

/// Largest file that is read.
pub const MAX_BYTES: usize = 32 * 1024 * 1024;
/// Longest recording.
pub const MAX_SECONDS: u64 = 600;
/// Sample rates that are resampled. Outside of it a file is corrupt or not meant for ears, and resampling would take gigabytes.
pub const RATES_HZ: RangeInclusive<u32> = 8_000..=192_000;
/// Most packets of a file; ten minutes of the smallest usual ones are a tenth of it.
const MAX_PACKETS: u32 = 1_000_000;
/// A file is given up when more than this many packets in a row cannot be decoded.
const MAX_BAD_PACKETS: u32 = 100;

/// Why a recording cannot be used: what is wrong and what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// No bytes.
    #[error("the file is empty; record it again or choose another file")]
    Empty,
    /// Longer than [`MAX_BYTES`].
    #[error("the file is larger than 32 MiB; save it as MP3, or as WAV at 16 kHz mono, and send it again")]
    TooLarge,
    /// Longer than [`MAX_SECONDS`].
    #[error("the recording is longer than 10 minutes; cut it into shorter ones")]
    TooLong,
    /// Not one of the formats that are decoded.
    #[error("{found}; save it as WAV, MP3, FLAC, OGG or M4A and send it again")]
    NotAudio {
        /// What it looks like.
        found: &'static str,
    },
    /// A sample rate outside of [`RATES_HZ`].
    #[error(
        "its sample rate is {hertz} Hz, and only 8,000 to 192,000 Hz can be used; save it again at 44,100 Hz"
    )]
    Rate {
        /// The rate that the file claims.
        hertz: u32,
    },
    /// Begins like audio and then cannot be read.
    #[error("the file is damaged ({reason}); export it again, or open and save it in an audio editor first")]
    Damaged {
        /// What the decoder said.
        reason: String,
    },
    /// No sound in it at all.
    #[error("the file holds no sound; check that it is the right one and record it again")]
    NoSound,
}

/// Decodes a recording to 8 kHz mono, its peak brought to 3 dB below full scale. Blocks for as long as that takes: some
/// 10 ms for a minute of WAV, 200 ms for a minute of MP3.
pub fn decode(bytes: &[u8]) -> Result<Pcm, DecodeError> {
    if bytes.is_empty() {
        return Err(DecodeError::Empty);
    }
    if bytes.len() > MAX_BYTES {
        return Err(DecodeError::TooLarge);
    }
    if let Some(found) = sniff::known_but_not_ours(bytes) {
        return Err(DecodeError::NotAudio { found });
    }
    // Decoders of many formats and hands: a panic in one of them is the file's fault and must stay there.
    catch_unwind(AssertUnwindSafe(|| decode_stream(bytes.to_vec())))
        .unwrap_or_else(|_| Err(damaged("it makes the decoder fail")))
}

fn decode_stream(bytes: Vec<u8>) -> Result<Pcm, DecodeError> {
    let stream = MediaSourceStream::new(Box::new(Cursor::new(bytes)), Default::default());
    let mut format = symphonia::default::get_probe()
        .probe(
            &Hint::new(),
            stream,
            FormatOptions::default(),
            MetadataOptions::default(),
        )
        .map_err(|_| DecodeError::NotAudio {
            found: "this is not a recording that can be read",
        })?;
    let (track, mut decoder) = open(format.as_ref())?;
    let mut sound = Sound::default();
    let mut bad = 0;
    for _ in 0..MAX_PACKETS {
        let packet = match format.next_packet() {
            Ok(Some(packet)) => packet,
            Ok(None) => return sound.finish(),
            // The end is missing: what there is may well be the whole speech.
            Err(Error::IoError(e)) if e.kind() == std::io::ErrorKind::UnexpectedEof => return sound.finish(),
            Err(error) => return Err(damaged(&error.to_string())),
        };
        if packet.track_id != track {
            continue;
        }
        match decoder.decode(&packet, &mut sound.interleaved) {
            Ok((hertz, channels)) => {
                bad = 0;
                sound.push(hertz, channels)?;
            }
            Err(Error::DecodeError(reason)) if bad == MAX_BAD_PACKETS => return Err(damaged(reason)),
            Err(Error::DecodeError(_) | Error::IoError(_)) => bad += 1,
            Err(error) => return Err(damaged(&error.to_string())),
        }
    }
    Err(damaged("it has too many packets"))
}

/// The first audio track that can be decoded, with its decoder.
fn open(format: &dyn FormatReader) -> Result<(u32, Codec), DecodeError> {
    let unknown = DecodeError::NotAudio {
        found: "its audio is in a codec that cannot be read",
    };
    let track = format
        .default_track(TrackType::Audio)
        .ok_or(DecodeError::NoSound)?;
    let parameters = track
        .codec_params
        .as_ref()
        .and_then(|p| p.audio())
        .ok_or(unknown.clone())?;
    if let Some(hertz) = parameters.sample_rate.filter(|r| !RATES_HZ.contains(r)) {
        return Err(DecodeError::Rate { hertz });
    }
    let codec = Codec::of(parameters).map_err(|error| {
        if matches!(error, Error::Unsupported(_)) {
            unknown
        } else {
            damaged(&error.to_string())
        }
    })?;
    Ok((track.id, codec))
}

/// What has been decoded so far, at 8 kHz.
#[derive(Default)]
struct Sound {
    interleaved: Vec<f32>,
    mono: Vec<f32>,
    frames: u64,
    resampler: Option<ToTelephone>,
}

impl Sound {
    /// Mixes what lies in `interleaved` to mono and resamples it.
    fn push(&mut self, hertz: u32, channels: usize) -> Result<(), DecodeError> {
        if channels == 0 || self.interleaved.is_empty() {
            return Ok(());
        }
        if !RATES_HZ.contains(&hertz) {
            return Err(DecodeError::Rate { hertz });
        }
        let resampler = match &mut self.resampler {
            Some(resampler) if resampler.hertz() == hertz => resampler,
            Some(_) => return Err(damaged("its sample rate changes on the way")),
            None => self
                .resampler
                .insert(ToTelephone::new(hertz).map_err(|e| damaged(&e))?),
        };
        self.mono.clear();
        self.mono.extend(self.interleaved.chunks_exact(channels).map(mix));
        self.frames += self.mono.len() as u64;
        if self.frames > MAX_SECONDS * u64::from(hertz) {
            return Err(DecodeError::TooLong);
        }
        resampler.push(&self.mono).map_err(|e| damaged(&e))
    }

    fn finish(self) -> Result<Pcm, DecodeError> {
        let samples = match self.resampler {
            Some(resampler) => resampler.finish().map_err(|e| damaged(&e))?,
            None => return Err(DecodeError::NoSound),
        };
        Ok(Pcm::normalised(&samples))
    }
}

/// The mean of all channels; a broken float counts as silence.
fn mix(frame: &[f32]) -> f32 {
    let sum: f32 = frame.iter().filter(|s| s.is_finite()).sum();
    sum / frame.len() as f32
}

fn damaged(reason: &str) -> DecodeError {
    DecodeError::Damaged {
        reason: reason.chars().take(120).collect(),
    }
}
