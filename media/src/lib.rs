//! The media engine: RTP, RTCP, SDP, codecs, DTMF, players, recorders and bridges, and the threads they run on.
//!
//! Everything but `io` is pure: time and randomness are arguments. `io` owns the sockets, the threads and the
//! clock. The engine is driven by [`command::Command`]s and answers with [`command::Event`]s; it knows streams
//! and nothing of SIP, campaigns or databases.

pub mod clip;
pub mod codec;
pub mod command;
pub mod dtmf;
pub mod engine;
pub mod io;
pub mod jitter;
pub mod player;
pub mod ports;
pub mod recorder;
pub mod rtcp;
pub mod rtp;
pub mod sdp;
pub mod srtp;
pub mod stats;
pub mod stream;
pub mod tone;
