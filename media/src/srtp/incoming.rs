//! Checks and decrypts what the far end of one stream sends.

use super::cipher::Cipher;
use super::derive::Protocol;
use super::window::Window;
use super::{Keys, Refused};
use crate::rtp::Packet;

/// Sources (SSRC) that are remembered, each with its rollover counter. Only who has the key can add one; a far end takes a new
/// one when a call is moved or held. What comes beyond is refused.
const SOURCES_MAX: usize = 64;

/// The far end's keys and what was heard of it.
#[derive(Debug)]
pub struct Incoming {
    rtp: Cipher,
    rtcp: Cipher,
    mki: usize,
    sources: Vec<Source>,
}

#[derive(Debug)]
struct Source {
    ssrc: u32,
    rtp: Window,
    rtcp: Window,
}

impl Incoming {
    /// Nothing was heard yet.
    pub fn new(keys: &Keys) -> Incoming {
        Incoming {
            rtp: Cipher::new(&keys.theirs, Protocol::Rtp),
            rtcp: Cipher::new(&keys.theirs, Protocol::Rtcp),
            mki: keys.their_mki_len.into(),
            sources: Vec::new(),
        }
    }

    /// Decrypts an RTP packet in place and gives back its length then.
    pub fn open_rtp(&mut self, packet: &mut [u8]) -> Result<usize, Refused> {
        let (header, clear) = clear_part(packet).ok_or(Refused::Malformed)?;
        let window = self.source(header.ssrc).map_or(Window::default(), |s| s.rtp);
        let index = window.index(header.sequence);
        if !window.is_new(index) {
            return Err(Refused::Replayed);
        }
        let end = self.rtp.open_rtp(index, header.ssrc, packet, clear, self.mki)?;
        self.remember(header.ssrc)?.rtp.mark(index);
        Ok(end)
    }

    /// Decrypts a compound RTCP packet in place and gives back its length then.
    pub fn open_rtcp(&mut self, packet: &mut [u8]) -> Result<usize, Refused> {
        let at = self
            .rtcp
            .rtcp_index_at(packet.len(), self.mki)
            .ok_or(Refused::Malformed)?;
        let word_at = |at: usize| {
            let bytes = packet.get(at..).and_then(|rest| rest.first_chunk());
            bytes
                .map(|word| u32::from_be_bytes(*word))
                .ok_or(Refused::Malformed)
        };
        let (word, ssrc) = (word_at(at)?, word_at(4)?);
        let index = u64::from(word & !super::cipher::ENCRYPTED);
        let known = self.source(ssrc);
        if known.is_some_and(|source| !source.rtcp.is_new(index)) {
            return Err(Refused::Replayed);
        }
        let end = self.rtcp.open_rtcp(word, ssrc, packet, at, self.mki)?;
        self.remember(ssrc)?.rtcp.mark(index);
        Ok(end)
    }

    fn source(&self, ssrc: u32) -> Option<&Source> {
        self.sources.iter().find(|source| source.ssrc == ssrc)
    }

    /// The source of a packet that proved authentic.
    fn remember(&mut self, ssrc: u32) -> Result<&mut Source, Refused> {
        let at = self.sources.iter().position(|source| source.ssrc == ssrc);
        let at = at.unwrap_or(self.sources.len());
        if at == self.sources.len() {
            if at == SOURCES_MAX {
                return Err(Refused::Replayed);
            }
            self.sources.push(Source {
                ssrc,
                rtp: Window::default(),
                rtcp: Window::default(),
            });
        }
        self.sources.get_mut(at).ok_or(Refused::Malformed)
    }
}

/// Header and its length. Padding is encrypted still, so it is not looked at.
fn clear_part(packet: &mut [u8]) -> Option<(crate::rtp::Header, usize)> {
    const PADDING: u8 = 0x20;
    let first = *packet.first()?;
    *packet.first_mut()? = first & !PADDING;
    let split = Packet::split(packet);
    *packet.first_mut()? = first;
    let (header, payload) = split?;
    Some((header, payload.start))
}
