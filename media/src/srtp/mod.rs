//! SRTP and SRTCP (RFC 3711) with the suites that SDES names (RFC 4568, RFC 7714): one context for what we send, one for
//! what we hear. Ciphers are RustCrypto's; packet order, keys and replay are ours.

mod cipher;
mod derive;
mod incoming;
mod outgoing;
#[cfg(test)]
mod tests;
mod window;

use std::fmt;

pub use incoming::Incoming;
pub use outgoing::Outgoing;

/// Bytes of the longest master key with its salt: 128 and 112 bits.
pub const MASTER_MAX: usize = 30;
/// Bytes of a master key, of every suite here.
const KEY: usize = 16;

/// A crypto suite, by the names of RFC 4568 section 6.2 and RFC 7714 section 14.1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Suite {
    /// Counter mode, SHA-1 cut to 80 bits: what everybody speaks.
    AesCm128HmacSha1_80,
    /// Galois counter mode.
    AeadAes128Gcm,
    /// Counter mode, SHA-1 cut to 32 bits for RTP.
    AesCm128HmacSha1_32,
}

impl Suite {
    /// In the order in which they are offered: first what everybody speaks, last what guards least.
    pub const ALL: [Suite; 3] = [
        Suite::AesCm128HmacSha1_80,
        Suite::AeadAes128Gcm,
        Suite::AesCm128HmacSha1_32,
    ];

    /// As in `a=crypto`.
    pub const fn name(self) -> &'static str {
        match self {
            Suite::AesCm128HmacSha1_80 => "AES_CM_128_HMAC_SHA1_80",
            Suite::AeadAes128Gcm => "AEAD_AES_128_GCM",
            Suite::AesCm128HmacSha1_32 => "AES_CM_128_HMAC_SHA1_32",
        }
    }

    /// Bytes of the master key and its salt, as `inline:` carries them.
    pub const fn master_len(self) -> usize {
        KEY + self.salt_len()
    }

    /// 112 bits for counter mode, 96 for GCM (RFC 7714 section 12).
    const fn salt_len(self) -> usize {
        match self {
            Suite::AesCm128HmacSha1_80 | Suite::AesCm128HmacSha1_32 => 14,
            Suite::AeadAes128Gcm => 12,
        }
    }

    /// Bytes behind an RTP packet.
    const fn rtp_tag(self) -> usize {
        match self {
            Suite::AesCm128HmacSha1_80 => 10,
            Suite::AeadAes128Gcm => 16,
            Suite::AesCm128HmacSha1_32 => 4,
        }
    }

    /// Bytes of the tag of an RTCP packet: the short tag is for RTP alone (RFC 4568 section 6.2.2).
    const fn rtcp_tag(self) -> usize {
        match self {
            Suite::AesCm128HmacSha1_80 | Suite::AesCm128HmacSha1_32 => 10,
            Suite::AeadAes128Gcm => 16,
        }
    }
}

/// A master key with its salt. Never printed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Master {
    suite: Suite,
    bytes: [u8; MASTER_MAX],
}

impl Master {
    /// From as many bytes as the suite wants; more are passed over, fewer are `None`.
    pub fn new(suite: Suite, bytes: &[u8]) -> Option<Master> {
        let wanted = bytes.get(..suite.master_len())?;
        let mut master = Master {
            suite,
            bytes: [0; MASTER_MAX],
        };
        master.bytes.get_mut(..wanted.len())?.copy_from_slice(wanted);
        Some(master)
    }

    /// Its suite.
    pub fn suite(&self) -> Suite {
        self.suite
    }

    /// Key and salt, as `inline:` carries them.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes[..self.suite.master_len()]
    }

    fn key(&self) -> [u8; KEY] {
        std::array::from_fn(|at| self.bytes[at])
    }

    /// 112 bits; a shorter salt ends in zeros (RFC 7714 section 11).
    fn salt(&self) -> [u8; 14] {
        std::array::from_fn(|at| self.bytes[KEY + at])
    }
}

impl fmt::Debug for Master {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Master({})", self.suite.name())
    }
}

/// What offer and answer agreed on: a key for each direction, of one suite.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Keys {
    /// What we encrypt with.
    pub ours: Master,
    /// What the far end encrypts with.
    pub theirs: Master,
    /// Bytes of the key identifier in the far end's packets (RFC 3711 section 3.1); 0 mostly.
    pub their_mki_len: u8,
}

/// Why a packet is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// Too short, or no packet at all.
    Malformed,
    /// Its tag is not of this key.
    NotAuthentic,
    /// Seen before, or too old to tell.
    Replayed,
}
