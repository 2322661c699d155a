//! Packets of RTP and RTCP from the far end.

#![no_main]

use libfuzzer_sys::fuzz_target;
use trunkline_media::rtcp;
use trunkline_media::rtp::{Packet, is_rtcp};

fuzz_target!(|data: &[u8]| {
    if let Some(packet) = Packet::parse(data) {
        assert!(packet.payload.len() <= data.len());
    }
    let _ = is_rtcp(data);
    rtcp::read(data, |_| {});
});
