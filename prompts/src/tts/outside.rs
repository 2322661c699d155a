//! What speech needs from outside: somebody who asks an HTTP service, and somebody who has a clock and counts. This crate has no
//! sockets and no clock.

use std::time::{Duration, Instant};

/// A text for an HTTP service.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// Where it is posted.
    pub url: &'a str,
    /// As plain text, and not as JSON.
    pub plain: bool,
    /// What to speak.
    pub text: &'a str,
    /// BCP 47 tag.
    pub language: &'a str,
    /// Empty for the service's own.
    pub voice: &'a str,
    /// How long it may take, to the last byte.
    pub limit: Duration,
    /// Most bytes of an answer.
    pub max_bytes: usize,
}

/// Why a service gave nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AskError {
    /// Longer than the limit.
    TimedOut,
    /// It could not be reached, or said no: a line for people.
    Refused(String),
}

/// Asks an HTTP service to speak.
pub trait Ask: Send + Sync {
    /// The audio that it answers, in any format that we decode. Blocks.
    fn ask(&self, request: &Request<'_>) -> Result<Vec<u8>, AskError>;
}

/// What came of asking an engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// It spoke.
    Spoken,
    /// It had spoken the same before.
    Kept,
    /// It failed, or what it gave was no audio.
    Failed,
    /// It took too long.
    TimedOut,
    /// Its program is not installed.
    Absent,
    /// It was not asked, because it failed too often of late.
    LeftAlone,
}

impl Outcome {
    /// Its name in metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Outcome::Spoken => "spoken",
            Outcome::Kept => "cached",
            Outcome::Failed => "failed",
            Outcome::TimedOut => "timed_out",
            Outcome::Absent => "absent",
            Outcome::LeftAlone => "left_alone",
        }
    }
}

/// A clock, and somebody who counts.
pub trait Watch: Send + Sync {
    /// Monotonic time.
    fn now(&self) -> Instant;
    /// An engine (`flite`, `espeak-ng`, `command`, `http`) was asked.
    fn asked(&self, engine: &'static str, outcome: Outcome, took: Duration);
}
