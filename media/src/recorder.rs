//! One recording: the audio of one direction in time, handed on second by second to be written.

use std::time::Instant;

use crate::codec::Codec;
use crate::jitter::JitterBuffer;
use crate::rtp::RtpTime;

/// Samples that are written and flushed together: one second, all that a crash can lose.
const BLOCK: usize = 8_000;

/// Names a recording between the engine and whoever writes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RecordingId(pub u64);

/// Collects the audio of one direction of one stream.
#[derive(Clone, Debug)]
pub struct Recorder {
    /// Where its samples go.
    pub id: RecordingId,
    began: Instant,
    buffer: JitterBuffer,
    ready: Vec<i16>,
    pcm: Vec<i16>,
}

impl Recorder {
    /// Position 0 of the recording is `now`.
    pub fn new(id: RecordingId, now: Instant) -> Recorder {
        Recorder {
            id,
            began: now,
            buffer: JitterBuffer::default(),
            ready: Vec::new(),
            pcm: Vec::new(),
        }
    }

    /// Takes the payload of a packet that was received or sent now.
    pub fn put(&mut self, now: Instant, codec: Codec, time: RtpTime, payload: &[u8]) {
        self.pcm.clear();
        codec.decode(payload, &mut self.pcm);
        let clock = self.clock(now);
        self.buffer.put(clock, time, &self.pcm);
    }

    /// To be called now and then: a block to write, when there is one.
    pub fn on_tick(&mut self, now: Instant) -> Option<Vec<i16>> {
        let clock = self.clock(now);
        self.buffer.take(clock, &mut self.ready);
        (self.ready.len() >= BLOCK)
            .then(|| std::mem::replace(&mut self.ready, Vec::with_capacity(BLOCK + 320)))
    }

    /// What is left at the end.
    pub fn finish(mut self, now: Instant) -> Vec<i16> {
        let clock = self.clock(now);
        self.buffer.finish(clock, &mut self.ready);
        self.ready
    }

    fn clock(&self, now: Instant) -> u64 {
        let elapsed = now.saturating_duration_since(self.began);
        elapsed.as_micros() as u64 / 125
    }
}
