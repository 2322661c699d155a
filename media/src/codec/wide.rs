//! A stream's door for a codec that is not G.711: in comes its payload and out comes µ-law, and the other way round.
//!
//! Each direction remembers what it has coded so far, so a stream has its own. A plain stream has none, and pays one comparison a packet.
//! Packets are decoded in the order in which they come, with the times that they carry: whoever plays them has the jitter buffer.

use super::{Codec, g711, g722};

/// Both directions of one stream.
#[derive(Clone, Debug)]
pub struct Wide {
    codec: Codec,
    encoder: g722::Encoder,
    decoder: g722::Decoder,
}

impl Wide {
    /// For a codec; `None` for G.711, which needs no door.
    pub fn new(codec: Codec) -> Option<Wide> {
        match codec {
            Codec::Pcmu | Codec::Pcma => None,
            Codec::G722 => Some(Wide {
                codec,
                encoder: g722::Encoder::default(),
                decoder: g722::Decoder::default(),
            }),
        }
    }

    /// Its codec.
    pub fn codec(&self) -> Codec {
        self.codec
    }

    /// µ-law of a payload.
    pub fn decode(&mut self, payload: &[u8]) -> Vec<u8> {
        let decoded = payload.iter().map(|&byte| self.decoder.decode(byte));
        decoded.map(g711::compress_ulaw).collect()
    }

    /// Turns the µ-law behind `start` of `bytes` into a payload.
    pub fn encode(&mut self, bytes: &mut [u8], start: usize) {
        for byte in bytes.iter_mut().skip(start) {
            *byte = self.encoder.encode(g711::ULAW_TO_PCM[usize::from(*byte)]);
        }
    }
}
