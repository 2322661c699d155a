//! Session descriptions from the far end: read, answered, and taken as the answer to our own offer; what we say can be read.

#![no_main]

use libfuzzer_sys::fuzz_target;
use trunkline_media::codec::Codec;
use trunkline_media::sdp::{self, Direction, LocalMedia};

fuzz_target!(|data: &[u8]| {
    let ours = LocalMedia {
        address: "192.0.2.20:40000".parse().expect("an address"),
        codecs: vec![Codec::Pcmu, Codec::Pcma],
        telephone_event: true,
        session_id: 1,
        version: 1,
        direction: Direction::SendRecv,
        srtp: trunkline_media::sdp::Srtp::Off,
    };
    let _ = sdp::parse(data);
    let _ = sdp::accept(&ours, data);
    if let Ok((answer, _)) = sdp::answer(data, &ours) {
        sdp::parse(&answer).expect("our own answer can be read");
    }
});
