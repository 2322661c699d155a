//! Session keys out of a master key (RFC 3711 section 4.3), with a key derivation rate of zero: once for the whole call.

use aes::Aes128;
use aes::cipher::{InnerIvInit, KeyInit, StreamCipher, StreamCipherCoreWrapper};
use ctr::CtrCore;
use ctr::flavors::Ctr128BE;

use super::{KEY, Master};

/// Bytes of an authentication key (RFC 3711 section 5.2).
pub(super) const AUTH_KEY: usize = 20;

/// Which of the two protocols a key is for; the labels of RFC 3711 section 4.3.1 follow from it.
#[derive(Clone, Copy, Debug)]
pub(super) enum Protocol {
    /// Labels 0 to 2.
    Rtp,
    /// Labels 3 to 5.
    Rtcp,
}

/// The keys of one protocol in one direction.
pub(super) struct Session {
    pub(super) key: [u8; KEY],
    pub(super) auth: [u8; AUTH_KEY],
    pub(super) salt: [u8; 14],
}

impl Session {
    pub(super) fn new(master: &Master, protocol: Protocol) -> Session {
        let first = match protocol {
            Protocol::Rtp => 0,
            Protocol::Rtcp => 3,
        };
        let aes = Aes128::new(&master.key().into());
        Session {
            key: derive(&aes, master.salt(), first),
            auth: derive(&aes, master.salt(), first + 1),
            salt: derive(&aes, master.salt(), first + 2),
        }
    }
}

/// The label stands in the eighth byte of the salt, the packet counter behind it is zero; then key stream.
fn derive<const N: usize>(aes: &Aes128, mut salt: [u8; 14], label: u8) -> [u8; N] {
    salt[7] ^= label;
    let mut out = [0; N];
    key_stream(aes, &salt, &mut out);
    out
}

/// Turns bytes by the key stream of this start: 112 bits, behind which blocks are counted (RFC 3711 section 4.1.1).
pub(super) fn key_stream(aes: &Aes128, start: &[u8; 14], bytes: &mut [u8]) {
    let mut iv = [0; 16];
    iv[..14].copy_from_slice(start);
    let core = CtrCore::<_, Ctr128BE>::inner_iv_init(aes, &iv.into());
    // A datagram is far shorter than the 2^16 blocks that a start is good for.
    let _turned = StreamCipherCoreWrapper::from_core(core).try_apply_keystream(bytes);
}
