//! The decoder of one track: symphonia's, or libopus for what browsers record (RFC 7845 in Ogg, and the same packets in WebM).

use symphonia::core::codecs::audio::well_known::CODEC_ID_OPUS;
use symphonia::core::codecs::audio::{AudioCodecParameters, AudioDecoder, AudioDecoderOptions};
use symphonia::core::errors::{Error, decode_error};
use symphonia::core::packet::Packet;

/// Opus decodes at this rate whatever was recorded (RFC 7845 section 5.1).
const OPUS_RATE: u32 = 48_000;
/// Longest Opus packet: 120 ms (RFC 6716 section 3.2.5).
const OPUS_FRAMES: usize = OPUS_RATE as usize * 120 / 1_000;
/// Opus itself carries one or two channels; more come as several streams, which nobody sends who records speech.
const OPUS_CHANNELS: usize = 2;

/// What makes packets into samples.
pub(super) enum Codec {
    /// One of symphonia's decoders.
    Symphonia(Box<dyn AudioDecoder>),
    /// libopus, mixed to mono by itself.
    Opus(opus::Decoder),
}

impl Codec {
    /// The decoder of a track; [`Error::Unsupported`] when there is none.
    pub(super) fn of(parameters: &AudioCodecParameters) -> Result<Codec, Error> {
        if parameters.codec != CODEC_ID_OPUS {
            return symphonia::default::get_codecs()
                .make_audio_decoder(parameters, &AudioDecoderOptions::default())
                .map(Codec::Symphonia);
        }
        let channels = parameters.channels.as_ref().map_or(1, |c| c.count());
        if channels > OPUS_CHANNELS {
            return Err(Error::Unsupported("opus: more than two channels"));
        }
        opus::Decoder::new(OPUS_RATE, opus::Channels::Mono)
            .map(Codec::Opus)
            .map_err(|_| Error::Unsupported("opus: no decoder"))
    }

    /// Decodes one packet into `samples`, interleaved, in place of what was there; answers rate and channels.
    pub(super) fn decode(&mut self, packet: &Packet, samples: &mut Vec<f32>) -> Result<(u32, usize), Error> {
        match self {
            Codec::Symphonia(decoder) => {
                let audio = decoder.decode(packet)?;
                audio.copy_to_vec_interleaved(samples);
                let spec = audio.spec();
                Ok((spec.rate(), spec.channels().count()))
            }
            Codec::Opus(decoder) => {
                samples.resize(OPUS_FRAMES, 0.0);
                match decoder.decode_float(&packet.data, samples, false) {
                    Ok(frames) => samples.truncate(frames),
                    Err(_) => return decode_error("opus: a packet cannot be decoded"),
                }
                Ok((OPUS_RATE, 1))
            }
        }
    }
}
