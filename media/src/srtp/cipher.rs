//! What a suite does to one packet whose index is known: encrypts in place and adds its tag, or checks and decrypts.
//!
//! ```text
//! counter mode  RTP   header | payload*                  | MKI | tag       tag over all before it and the rollover counter
//!               RTCP  8 bytes | rest*     | E, index | MKI | tag           tag over all before the MKI
//! GCM           RTP   header | payload* | tag            | MKI             header is associated data
//!               RTCP  8 bytes | rest* | tag | E, index   | MKI             8 bytes and index are
//! ```
//! A star is encrypted. We send no MKI.

use aes::Aes128;
use aes::cipher::KeyInit;
use aes_gcm::Aes128Gcm;
use aes_gcm::aead::{AeadInOut, Nonce, Tag};
use hmac::{Hmac, Mac};
use sha1::Sha1;

use super::derive::{Protocol, Session, key_stream};
use super::{Master, Refused, Suite};

/// Where the encrypted part of an RTCP packet begins: behind header and SSRC (RFC 3711 section 3.4).
pub(super) const RTCP_CLEAR: usize = 8;
/// Bytes of E and index in SRTCP.
pub(super) const RTCP_INDEX: usize = 4;
/// The packet is encrypted (RFC 3711 section 3.4).
pub(super) const ENCRYPTED: u32 = 1 << 31;
/// Bytes of a GCM tag (RFC 7714 section 13.2).
const GCM_TAG: usize = 16;

/// Ready keys of one protocol in one direction. Made once; a packet costs no allocation.
pub(super) struct Cipher {
    suite: Suite,
    mode: Mode,
}

enum Mode {
    Counter {
        aes: Box<Aes128>,
        mac: Box<Hmac<Sha1>>,
        salt: [u8; 14],
    },
    Galois {
        gcm: Box<Aes128Gcm>,
        salt: [u8; 12],
    },
}

impl std::fmt::Debug for Cipher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Cipher({})", self.suite.name())
    }
}

impl Cipher {
    pub(super) fn new(master: &Master, protocol: Protocol) -> Cipher {
        Cipher::of(master.suite(), &Session::new(master, protocol))
    }

    pub(super) fn of(suite: Suite, keys: &Session) -> Cipher {
        let mode = match suite {
            Suite::AesCm128HmacSha1_80 | Suite::AesCm128HmacSha1_32 => Mode::Counter {
                aes: Box::new(Aes128::new(&keys.key.into())),
                mac: Box::new(mac(&keys.auth)),
                salt: keys.salt,
            },
            Suite::AeadAes128Gcm => Mode::Galois {
                gcm: Box::new(Aes128Gcm::new(&keys.key.into())),
                salt: std::array::from_fn(|at| keys.salt[at]),
            },
        };
        Cipher { suite, mode }
    }

    /// Encrypts the RTP packet that begins at `start` of `bytes` and ends with them; `clear` is the length of its header.
    pub(super) fn seal_rtp(&self, index: u64, ssrc: u32, bytes: &mut Vec<u8>, start: usize, clear: usize) {
        let Some((header, payload)) = bytes
            .get_mut(start..)
            .and_then(|packet| packet.split_at_mut_checked(clear))
        else {
            return;
        };
        match &self.mode {
            Mode::Counter { aes, mac, salt } => {
                key_stream(aes, &counter_start(salt, ssrc, index), payload);
                let tag = rtp_tag(mac, &[header, payload], index);
                bytes.extend_from_slice(&tag[..self.suite.rtp_tag()]);
            }
            Mode::Galois { gcm, salt } => {
                let tag = seal(gcm, &rtp_nonce(salt, ssrc, index), header, payload);
                bytes.extend_from_slice(&tag);
            }
        }
    }

    /// Checks an RTP packet and decrypts it in place; gives back its length then.
    pub(super) fn open_rtp(
        &self,
        index: u64,
        ssrc: u32,
        packet: &mut [u8],
        clear: usize,
        mki: usize,
    ) -> Result<usize, Refused> {
        let tag_len = self.suite.rtp_tag();
        let end = packet
            .len()
            .checked_sub(tag_len + mki)
            .filter(|end| *end >= clear)
            .ok_or(Refused::Malformed)?;
        let (body, tail) = packet.split_at_mut(end);
        let (header, payload) = body.split_at_mut(clear);
        match &self.mode {
            Mode::Counter { aes, mac, salt } => {
                let tag = tail.get(mki..).unwrap_or_default();
                check(mac, &[header, payload], &rollover(index), tag)?;
                key_stream(aes, &counter_start(salt, ssrc, index), payload);
            }
            Mode::Galois { gcm, salt } => {
                open(gcm, &rtp_nonce(salt, ssrc, index), header, payload, tail)?;
            }
        }
        Ok(end)
    }

    /// Encrypts the RTCP packet that begins at `start` of `bytes` and ends with them.
    pub(super) fn seal_rtcp(&self, index: u32, ssrc: u32, bytes: &mut Vec<u8>, start: usize) {
        let word = (index | ENCRYPTED).to_be_bytes();
        let Some((header, rest)) = bytes
            .get_mut(start..)
            .and_then(|packet| packet.split_at_mut_checked(RTCP_CLEAR))
        else {
            return;
        };
        match &self.mode {
            Mode::Counter { aes, mac, salt } => {
                key_stream(aes, &counter_start(salt, ssrc, index.into()), rest);
                let tag = authenticate(mac, &[header, rest], &word);
                bytes.extend_from_slice(&word);
                bytes.extend_from_slice(&tag[..self.suite.rtcp_tag()]);
            }
            Mode::Galois { gcm, salt } => {
                let mut data = [0; RTCP_CLEAR + RTCP_INDEX];
                data[..RTCP_CLEAR].copy_from_slice(header);
                data[RTCP_CLEAR..].copy_from_slice(&word);
                let tag = seal(gcm, &rtcp_nonce(salt, ssrc, index), &data, rest);
                bytes.extend_from_slice(&tag);
                bytes.extend_from_slice(&word);
            }
        }
    }

    /// Where the index word of an SRTCP packet lies.
    pub(super) fn rtcp_index_at(&self, length: usize, mki: usize) -> Option<usize> {
        let behind = match &self.mode {
            Mode::Counter { .. } => RTCP_INDEX + mki + self.suite.rtcp_tag(),
            Mode::Galois { .. } => RTCP_INDEX + mki,
        };
        let before = match &self.mode {
            Mode::Counter { .. } => RTCP_CLEAR,
            Mode::Galois { .. } => RTCP_CLEAR + GCM_TAG,
        };
        length.checked_sub(behind).filter(|at| *at >= before)
    }

    /// Checks an RTCP packet whose index word `word` lies at `at`, and decrypts it in place; gives back its length then.
    pub(super) fn open_rtcp(
        &self,
        word: u32,
        ssrc: u32,
        packet: &mut [u8],
        at: usize,
        mki: usize,
    ) -> Result<usize, Refused> {
        let index = word & !ENCRYPTED;
        let (body, tail) = packet.split_at_mut(at);
        let (header, rest) = body.split_at_mut(RTCP_CLEAR);
        match &self.mode {
            Mode::Counter { aes, mac, salt } => {
                let tag = tail.get(RTCP_INDEX + mki..).unwrap_or_default();
                check(mac, &[header, rest], &word.to_be_bytes(), tag)?;
                if word & ENCRYPTED != 0 {
                    key_stream(aes, &counter_start(salt, ssrc, index.into()), rest);
                }
                Ok(at)
            }
            Mode::Galois { gcm, salt } => {
                let end = rest.len().checked_sub(GCM_TAG).ok_or(Refused::Malformed)?;
                let (text, tag) = rest.split_at_mut(end);
                // RFC 7714 section 9.2: without E all of it is associated data. We ask for encryption, and nobody leaves it out.
                if word & ENCRYPTED == 0 {
                    return Err(Refused::NotAuthentic);
                }
                let mut data = [0; RTCP_CLEAR + RTCP_INDEX];
                data[..RTCP_CLEAR].copy_from_slice(header);
                data[RTCP_CLEAR..].copy_from_slice(&word.to_be_bytes());
                open(gcm, &rtcp_nonce(salt, ssrc, index), &data, text, tag)?;
                Ok(RTCP_CLEAR + end)
            }
        }
    }
}

fn mac(key: &[u8]) -> Hmac<Sha1> {
    use hmac::KeyInit;
    // HMAC takes keys of every length.
    Hmac::new_from_slice(key).unwrap_or_else(|_| Hmac::new(&Default::default()))
}

/// RFC 3711 section 4.1.1: salt, SSRC and packet index, each in its place.
fn counter_start(salt: &[u8; 14], ssrc: u32, index: u64) -> [u8; 14] {
    let mut start = *salt;
    xor(&mut start[4..8], &ssrc.to_be_bytes());
    xor(&mut start[8..14], &index.to_be_bytes()[2..]);
    start
}

/// RFC 7714 section 8.1: two zero bytes, SSRC, rollover counter, sequence number, turned by the salt.
fn rtp_nonce(salt: &[u8; 12], ssrc: u32, index: u64) -> [u8; 12] {
    let mut nonce = *salt;
    xor(&mut nonce[2..6], &ssrc.to_be_bytes());
    xor(&mut nonce[6..12], &index.to_be_bytes()[2..]);
    nonce
}

/// RFC 7714 section 9.1: two zero bytes, SSRC, two zero bytes, index.
fn rtcp_nonce(salt: &[u8; 12], ssrc: u32, index: u32) -> [u8; 12] {
    let mut nonce = *salt;
    xor(&mut nonce[2..6], &ssrc.to_be_bytes());
    xor(&mut nonce[8..12], &index.to_be_bytes());
    nonce
}

fn xor(place: &mut [u8], with: &[u8]) {
    for (byte, other) in place.iter_mut().zip(with) {
        *byte ^= other;
    }
}

/// The upper 32 bits of a packet index, which are authenticated and not sent (RFC 3711 section 4.2).
fn rollover(index: u64) -> [u8; 4] {
    ((index >> 16) as u32).to_be_bytes()
}

fn rtp_tag(mac: &Hmac<Sha1>, parts: &[&[u8]], index: u64) -> [u8; 20] {
    authenticate(mac, parts, &rollover(index))
}

fn authenticate(mac: &Hmac<Sha1>, parts: &[&[u8]], last: &[u8]) -> [u8; 20] {
    tagged(mac, parts, last).finalize().into_bytes().into()
}

fn check(mac: &Hmac<Sha1>, parts: &[&[u8]], last: &[u8], tag: &[u8]) -> Result<(), Refused> {
    // Compared in constant time.
    tagged(mac, parts, last)
        .verify_truncated_left(tag)
        .map_err(|_| Refused::NotAuthentic)
}

fn tagged(mac: &Hmac<Sha1>, parts: &[&[u8]], last: &[u8]) -> Hmac<Sha1> {
    let mut mac = mac.clone();
    for part in parts {
        mac.update(part);
    }
    mac.update(last);
    mac
}

fn seal(gcm: &Aes128Gcm, nonce: &[u8; 12], data: &[u8], text: &mut [u8]) -> [u8; GCM_TAG] {
    // Fails only for texts of 64 GiB.
    gcm.encrypt_inout_detached(&Nonce::<Aes128Gcm>::from(*nonce), data, text.into())
        .map_or([0; GCM_TAG], Into::into)
}

fn open(gcm: &Aes128Gcm, nonce: &[u8; 12], data: &[u8], text: &mut [u8], tag: &[u8]) -> Result<(), Refused> {
    let tag: [u8; GCM_TAG] = *tag.first_chunk().ok_or(Refused::Malformed)?;
    let tag = Tag::<Aes128Gcm>::from(tag);
    gcm.decrypt_inout_detached(&Nonce::<Aes128Gcm>::from(*nonce), data, text.into(), &tag)
        .map_err(|_| Refused::NotAuthentic)
}
