//! Encrypts what one stream sends.

use super::cipher::{Cipher, ENCRYPTED};
use super::derive::Protocol;
use super::window::Window;
use super::{Master, Refused};
use crate::rtp::Packet;

/// Our side's keys and counters. One SSRC: a stream sends with no other.
#[derive(Debug)]
pub struct Outgoing {
    rtp: Cipher,
    rtcp: Cipher,
    sent: Window,
    /// Of the next RTCP packet.
    rtcp_index: u32,
}

impl Outgoing {
    /// Begins with this key, which nobody has used before.
    pub fn new(master: &Master) -> Outgoing {
        Outgoing {
            rtp: Cipher::new(master, Protocol::Rtp),
            rtcp: Cipher::new(master, Protocol::Rtcp),
            sent: Window::default(),
            rtcp_index: 0,
        }
    }

    /// Encrypts the RTP packet from `start` to the end of `bytes`. Refused when its number was used before: two packets under
    /// one key stream would give both away (RFC 3711 section 9.1), so it must not leave.
    pub fn seal_rtp(&mut self, bytes: &mut Vec<u8>, start: usize) -> Result<(), Refused> {
        let packet = bytes.get(start..).ok_or(Refused::Malformed)?;
        let (header, payload) = Packet::split(packet).ok_or(Refused::Malformed)?;
        let index = self.sent.index(header.sequence);
        if !self.sent.is_new(index) {
            return Err(Refused::Replayed);
        }
        self.sent.mark(index);
        self.rtp.seal_rtp(index, header.ssrc, bytes, start, payload.start);
        Ok(())
    }

    /// Encrypts the compound RTCP packet from `start` to the end of `bytes`.
    pub fn seal_rtcp(&mut self, bytes: &mut Vec<u8>, start: usize) -> Result<(), Refused> {
        let ssrc = bytes
            .get(start + 4..)
            .and_then(|rest| rest.first_chunk())
            .ok_or(Refused::Malformed)?;
        // 31 bits of a packet every few seconds outlast every call.
        let index = self.rtcp_index & !ENCRYPTED;
        self.rtcp_index = index + 1;
        self.rtcp
            .seal_rtcp(index, u32::from_be_bytes(*ssrc), bytes, start);
        Ok(())
    }
}
