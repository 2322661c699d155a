//! What the engine is told and what it tells: the whole surface between a call's signalling and its media.
//!
//! ```text
//! Open ─► Connect ─► Play / Bridge / Record / SendDigits … ─► Close ─► Closed{stats} ─► Released{port}
//! ```
//!
//! Streams of one session live on one media thread (`shard`), so a bridge never crosses threads.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use crate::clip::Clip;
use crate::dtmf::Digit;
use crate::sdp::Negotiated;
use crate::stats::StreamStats;

/// One RTP stream pair (both directions) of one leg. Chosen by whoever opens it; never used twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StreamId(pub u64);

/// One playing of a list of clips, so that a late [`Event::PlayDone`] is told from the current one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PlayId(pub u64);

/// How a stream is opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Open {
    /// The stream to open.
    pub stream: StreamId,
    /// Streams with the same shard key run on the same media thread.
    pub shard: u64,
    /// Address to bind.
    pub local: IpAddr,
    /// The even RTP port; RTCP is bound to the odd one above it (RFC 3550 section 11).
    pub port: u16,
    /// Silence from the far end for this long is [`Event::Timeout`]; `None` never. Counts from `Connect`, and again from
    /// every packet.
    pub timeout: Option<Duration>,
    /// Learn the far end's address from its first packet (NAT), then lock it; else only the SDP's address is heard.
    pub learn_source: bool,
    /// Keys travel in the signalling: none are looked for in the audio, none are sent as tones, and those that a bridge brings are
    /// told by [`Event::KeyToSignal`].
    pub keys_in_signalling: bool,
}

/// Which audio a recording holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordSide {
    /// What the far end sent to us.
    Received,
    /// What we sent to the far end.
    Sent,
}

/// Keys that a bridge does not carry from `from` to the other side (they are still reported as [`Event::Digit`]).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Swallow(pub Vec<Digit>);

/// An order to the engine. Orders about an unknown stream are ignored: it has ended already.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    /// Binds the sockets of a stream; answers [`Event::OpenFailed`] when that cannot be done.
    Open(Open),
    /// The outcome of offer and answer: where to send and what is spoken. May be repeated (re-INVITE, 183 then 200).
    Connect {
        /// The stream.
        stream: StreamId,
        /// What both sides agreed on.
        media: Negotiated,
    },
    /// The next packet of the far end is told as [`Event::FirstPacket`], whatever came before.
    Listen {
        /// The stream.
        stream: StreamId,
    },
    /// Plays the clips one after the other without a gap, in place of whatever played before.
    Play {
        /// The stream.
        stream: StreamId,
        /// Echoed in [`Event::PlayDone`].
        play: PlayId,
        /// In order. An empty list is done at once.
        clips: Vec<Clip>,
        /// Starts over when the end is reached (ringback, hold tone).
        repeat: bool,
    },
    /// Stops playing; answers `PlayDone { finished: false }` when something was playing.
    StopPlay {
        /// The stream.
        stream: StreamId,
    },
    /// What each side sends goes to the other, transcoded when they speak different codecs. Ends a playing on either.
    Bridge {
        /// One side.
        a: StreamId,
        /// The other.
        b: StreamId,
        /// Keys of `a` that `b` never hears.
        swallow_from_a: Swallow,
    },
    /// Ends the bridge that `stream` is in, if any.
    Unbridge {
        /// Either side.
        stream: StreamId,
    },
    /// Sends keys as RFC 4733 events, or as tones when the far end did not agree to events.
    SendDigits {
        /// The stream.
        stream: StreamId,
        /// In order.
        digits: Vec<Digit>,
    },
    /// Records one direction to a WAV file (16 bit, 8 kHz, mono) until the stream closes.
    Record {
        /// The stream.
        stream: StreamId,
        /// Which direction.
        side: RecordSide,
        /// The file; its folder must exist.
        path: PathBuf,
    },
    /// Ends the stream. Its ports rest until late packets have stopped, then [`Event::Released`].
    Close {
        /// The stream.
        stream: StreamId,
    },
}

/// What the engine reports.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// The sockets could not be bound: the stream does not exist.
    OpenFailed {
        /// The stream.
        stream: StreamId,
        /// Its port, free again.
        port: u16,
        /// What the operating system said.
        reason: String,
    },
    /// The first packet of the far end was accepted; told again after a `Connect` with another address, and after `Listen`.
    FirstPacket {
        /// The stream.
        stream: StreamId,
        /// Where it came from.
        from: SocketAddr,
    },
    /// The far end pressed a key; reported once per key, when it begins.
    Digit {
        /// The stream.
        stream: StreamId,
        /// The key.
        digit: Digit,
    },
    /// A key that came over a bridge to a stream whose keys travel in the signalling.
    KeyToSignal {
        /// The stream.
        stream: StreamId,
        /// The key.
        digit: Digit,
    },
    /// A playing came to its end or was stopped.
    PlayDone {
        /// The stream.
        stream: StreamId,
        /// As given to `Play`.
        play: PlayId,
        /// Played to the end, not stopped or replaced.
        finished: bool,
    },
    /// All keys of a `SendDigits` were sent.
    DigitsSent {
        /// The stream.
        stream: StreamId,
    },
    /// The far end has been silent for the stream's timeout. Reported once per silence.
    Timeout {
        /// The stream.
        stream: StreamId,
    },
    /// A recording could not be written; the call goes on.
    RecordFailed {
        /// The stream.
        stream: StreamId,
        /// What went wrong.
        reason: String,
    },
    /// The stream has ended.
    Closed {
        /// The stream.
        stream: StreamId,
        /// What it measured.
        stats: StreamStats,
    },
    /// The port may be used again.
    Released {
        /// The even port.
        port: u16,
    },
}
