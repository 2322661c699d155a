//! A clip: audio ready to be played, encoded once per codec and shared by every stream that plays it.

use std::sync::Arc;
use std::time::Duration;

use crate::codec::Codec;

/// Audio encoded for every codec a stream may speak. Cloning shares the bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clip {
    /// Number of 8 kHz samples.
    pub samples: usize,
    /// G.711 µ-law, one byte a sample.
    pub pcmu: Arc<[u8]>,
    /// G.711 A-law, one byte a sample.
    pub pcma: Arc<[u8]>,
}

impl Clip {
    /// Encodes 8 kHz mono samples once for every codec.
    pub fn from_pcm(pcm: &[i16]) -> Clip {
        let encoded = |codec: Codec| {
            let mut bytes = Vec::with_capacity(pcm.len());
            codec.encode(pcm, &mut bytes);
            bytes.into()
        };
        Clip {
            samples: pcm.len(),
            pcmu: encoded(Codec::Pcmu),
            pcma: encoded(Codec::Pcma),
        }
    }

    /// The bytes to play to a stream that speaks `codec`.
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
