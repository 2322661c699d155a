//! Recordings of any usual kind, made into 48 kHz mono: WAV, MP3, FLAC, Ogg (Vorbis, Opus), AAC, M4A, and WebM as browsers record it;
//! told by their content.
//!
//! What people upload is not to be trusted: size, length, rate and the number of packets are bounded before memory is
//! spent on them, and a fault of a decoder is an error of the file.

mod claims;
mod codec;
mod sniff;
#[cfg(test)]
mod tests;

use std::io::Cursor;
use std::ops::RangeInclusive;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use symphonia::core::codecs::audio::well_known::CODEC_ID_OPUS;
use symphonia::core::errors::Error;
use symphonia::core::formats::probe::Hint;
use symphonia::core::formats::{FormatOptions, FormatReader, TrackType};
use symphonia::core::io::MediaSourceStream;
use symphonia::core::meta::MetadataOptions;

use crate::lab;
use crate::pcm::{Pcm, RATE};
use crate::resample::Resampler;
use crate::track::Track;
use codec::Codec;

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
/// What a file may be shorter than it says: encoders count their own delay, and round to blocks.
const SLACK: Duration = Duration::from_millis(150);

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
    /// Its end is missing: it says that it is longer, or stops within a block.
    #[error("the file is cut off: {}; send it again, whole", missing(*held, *claimed))]
    CutOff {
        /// What there is.
        held: Duration,
        /// What it says there is.
        claimed: Option<Duration>,
    },
    /// Its container says that there are more bytes.
    #[error("the file is cut off: it says that {missing_bytes} more bytes follow; send it again, whole")]
    Short {
        /// How many are missing.
        missing_bytes: u64,
    },
    /// No sound in it at all.
    #[error("the file holds no sound; check that it is the right one and record it again")]
    NoSound,
}

fn missing(held: Duration, claimed: Option<Duration>) -> String {
    let held = held.as_secs_f64();
    match claimed {
        Some(claimed) => format!(
            "it says that it is {:.1} s long and ends after {held:.1} s",
            claimed.as_secs_f64()
        ),
        None => format!("it ends in the middle of a block, after {held:.1} s"),
    }
}

/// What a file was, beside its sound.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// Container: `wave`, `mp3`, `ogg`, `flac`, `isomp4`, …
    pub format: &'static str,
    /// Samples a second.
    pub hertz: u32,
    /// Channels, which are mixed to one.
    pub channels: usize,
}

/// A file that was decoded and not worked on yet.
#[derive(Debug)]
pub(crate) struct Decoded {
    /// At [`RATE`].
    pub(crate) track: Track,
    pub(crate) source: Source,
    /// Share of its samples that were cut off at full scale.
    pub(crate) clipped: f64,
}

/// How a file is met that is shorter than it says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Missing {
    /// It was uploaded: half of a prompt is no prompt.
    Refused,
    /// It comes from a program that writes its header before it knows the length, or was accepted before.
    Borne,
}

/// Decodes a recording to 48 kHz mono, levelled and trimmed as [`lab::examine`] does, and takes a file that is cut short as it is. Blocks
/// for as long as that takes: some 100 ms for a minute.
pub fn decode(bytes: &[u8]) -> Result<Pcm, DecodeError> {
    Ok(lab::prepare(read(bytes.to_vec(), Missing::Borne)?.track).0)
}

/// Decodes a file and does nothing else with it.
pub(crate) fn read<B>(file: B, missing: Missing) -> Result<Decoded, DecodeError>
where
    B: AsRef<[u8]> + Send + Sync + 'static,
{
    let bytes = file.as_ref();
    if bytes.is_empty() {
        return Err(DecodeError::Empty);
    }
    if bytes.len() > MAX_BYTES {
        return Err(DecodeError::TooLarge);
    }
    if let Some(found) = sniff::known_but_not_ours(bytes) {
        return Err(DecodeError::NotAudio { found });
    }
    let whole = missing == Missing::Refused && claims::check(bytes)?;
    let stream = MediaSourceStream::new(Box::new(Cursor::new(file)), Default::default());
    // Decoders of many formats and hands: a panic in one of them is the file's fault and must stay there.
    catch_unwind(AssertUnwindSafe(|| decode_stream(stream, missing, whole)))
        .unwrap_or_else(|_| Err(damaged("it makes the decoder fail")))
}

/// `whole`: its container has been walked to its end.
fn decode_stream(
    stream: MediaSourceStream<'static>,
    missing: Missing,
    whole: bool,
) -> Result<Decoded, DecodeError> {
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
    let name = format.format_info().short_name;
    let Opened {
        track,
        mut codec,
        claimed,
    } = open(format.as_ref())?;
    let mut sound = Sound::default();
    let mut bad = 0;
    for _ in 0..MAX_PACKETS {
        let packet = match format.next_packet() {
            Ok(Some(packet)) => packet,
            Ok(None) => return sound.finish(name, claimed.filter(|_| missing == Missing::Refused)),
            Err(Error::IoError(e)) if e.kind() == std::io::ErrorKind::UnexpectedEof => match missing {
                // What there is may well be the whole speech.
                Missing::Borne => return sound.finish(name, None),
                Missing::Refused if whole => return sound.finish(name, claimed),
                Missing::Refused => return Err(sound.cut_off(claimed)),
            },
            Err(error) => return Err(damaged(&error.to_string())),
        };
        if packet.track_id != track {
            continue;
        }
        match codec.decode(&packet, &mut sound.interleaved) {
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

/// The first audio track that can be decoded.
struct Opened {
    track: u32,
    codec: Codec,
    /// How long the file says it is.
    claimed: Option<Duration>,
}

fn open(format: &dyn FormatReader) -> Result<Opened, DecodeError> {
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
    // What Opus says of its rate is that of the microphone, or nothing (RFC 7845 section 5.1); above 65,535 Hz MP4 has no room for it and
    // leaves it to the codec (ISO 14496-12 section 12.2.3).
    let hertz = if parameters.codec == CODEC_ID_OPUS {
        Some(RATE)
    } else {
        parameters.sample_rate.filter(|hertz| *hertz != 0)
    };
    if let Some(hertz) = hertz.filter(|hertz| !RATES_HZ.contains(hertz)) {
        return Err(DecodeError::Rate { hertz });
    }
    let codec = Codec::of(parameters).map_err(|error| {
        if matches!(error, Error::Unsupported(_)) {
            unknown
        } else {
            damaged(&error.to_string())
        }
    })?;
    let claimed = track.num_frames.zip(hertz);
    Ok(Opened {
        track: track.id,
        codec,
        claimed: claimed.map(|(frames, hertz)| seconds(frames, hertz)),
    })
}

fn seconds(frames: u64, hertz: u32) -> Duration {
    Duration::from_millis(frames.saturating_mul(1_000) / u64::from(hertz.max(1)))
}

/// What has been decoded so far.
#[derive(Default)]
struct Sound {
    interleaved: Vec<f32>,
    mono: Vec<f32>,
    frames: u64,
    channels: usize,
    clipping: lab::Clipping,
    track: Track,
    resampler: Option<Resampler>,
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
            Some(resampler) if resampler.from() == hertz => resampler,
            Some(_) => return Err(damaged("its sample rate changes on the way")),
            None => self
                .resampler
                .insert(Resampler::new(hertz, RATE).map_err(|e| damaged(&e))?),
        };
        self.channels = channels;
        self.clipping.look(&self.interleaved, channels);
        self.mono.clear();
        self.mono.extend(self.interleaved.chunks_exact(channels).map(mix));
        self.frames += self.mono.len() as u64;
        if self.frames > MAX_SECONDS * u64::from(hertz) {
            return Err(DecodeError::TooLong);
        }
        resampler
            .push(&self.mono, &mut self.track)
            .map_err(|e| damaged(&e))
    }

    /// `claimed`: it must be as long as that.
    fn finish(mut self, format: &'static str, claimed: Option<Duration>) -> Result<Decoded, DecodeError> {
        let held = self.held();
        if claimed.is_some_and(|claimed| held + SLACK < claimed) {
            return Err(self.cut_off(claimed));
        }
        let resampler = self.resampler.take().ok_or(DecodeError::NoSound)?;
        let source = Source {
            format,
            hertz: resampler.from(),
            channels: self.channels,
        };
        resampler.finish(&mut self.track).map_err(|e| damaged(&e))?;
        Ok(Decoded {
            track: self.track,
            source,
            clipped: self.clipping.share(),
        })
    }

    fn held(&self) -> Duration {
        self.resampler
            .as_ref()
            .map_or(Duration::ZERO, |resampler| seconds(self.frames, resampler.from()))
    }

    fn cut_off(&self, claimed: Option<Duration>) -> DecodeError {
        DecodeError::CutOff {
            held: self.held(),
            claimed,
        }
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
