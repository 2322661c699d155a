//! What is done to phone numbers before they are stored (CAMPAIGNS.md 9): a keyed reference to find them by, and encryption where we
//! must call again. The keys lie in a file outside the database; without it a dump of the database gives no number.

pub mod campaign;
mod keyfile;
pub mod password;

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{ChaCha20Poly1305, Key, Nonce};
use hmac::{Hmac, Mac};
use rand::TryRng;
use sha2::{Digest, Sha256};
use trunkline_gateway::journal::seal::Seal;

pub use keyfile::{KeyFileError, load, load_or_create};

/// Bytes of each key.
pub const KEY_BYTES: usize = 32;

/// Bytes of a nonce (RFC 8439 section 2.8).
const NONCE_BYTES: usize = 12;

/// First byte of what we encrypt: the form, so that another can follow.
const FORM: u8 = 1;

/// What lines of the journal are bound to.
const JOURNAL: &str = "journal";

/// The two keys of an installation. Never printed.
#[derive(Clone)]
pub struct Keys {
    hmac: [u8; KEY_BYTES],
    aead: ChaCha20Poly1305,
}

/// What could not be encrypted or decrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PrivacyError {
    /// Not written with this key file, cut, or changed by hand.
    #[error("cannot be decrypted: it was not written with this key file ([privacy] key_file)")]
    Undecipherable,
    /// The system gives no randomness.
    #[error("the system gives no random bytes")]
    NoRandomness,
    /// No memory or no thread for the hash of a password.
    #[error("the password could not be hashed: the system has no memory for it at this moment")]
    NotHashed,
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Keys(…)")
    }
}

impl Keys {
    /// From the two keys themselves.
    pub fn new(hmac: [u8; KEY_BYTES], aead: [u8; KEY_BYTES]) -> Keys {
        Keys {
            hmac,
            aead: ChaCha20Poly1305::new(&Key::from(aead)),
        }
    }

    /// Keyed reference of a phone number: HMAC-SHA-256 (RFC 2104) over its E.164 form, 64 hexadecimal digits.
    pub fn phone_ref(&self, e164: &str) -> String {
        self.reference("phone", &[e164.as_bytes()])
    }

    /// Keyed reference of an IP address, for rate limits.
    pub fn ip_ref(&self, ip: std::net::IpAddr) -> String {
        self.reference("ip", &[ip.to_canonical().to_string().as_bytes()])
    }

    /// Keyed reference of anything else. Parts are told apart: one cannot run into the next.
    pub fn reference(&self, kind: &str, parts: &[&[u8]]) -> String {
        // Any key length is legal for HMAC; ours is never refused. The unkeyed answer to the impossible refers to nothing.
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&self.hmac) else {
            return String::new();
        };
        mac.update(kind.as_bytes());
        mac.update(b":");
        for (n, part) in parts.iter().enumerate() {
            if n > 0 {
                mac.update(&part.len().to_be_bytes());
            }
            mac.update(part);
        }
        hex::encode(mac.finalize().into_bytes())
    }

    /// Encrypts (ChaCha20-Poly1305, RFC 8439) and binds to `context`, so that a value moved to another row does not decrypt.
    /// Hexadecimal of form, nonce and ciphertext.
    pub fn encrypt(&self, plain: &str, context: &str) -> Result<String, PrivacyError> {
        let nonce: [u8; NONCE_BYTES] = random_bytes()?;
        let payload = Payload {
            msg: plain.as_bytes(),
            aad: context.as_bytes(),
        };
        let sealed = self
            .aead
            .encrypt(&Nonce::from(nonce), payload)
            .map_err(|_| PrivacyError::NoRandomness)?;
        let mut out = Vec::with_capacity(1 + NONCE_BYTES + sealed.len());
        out.push(FORM);
        out.extend_from_slice(&nonce);
        out.extend_from_slice(&sealed);
        Ok(hex::encode(out))
    }

    /// Decrypts what [`Keys::encrypt`] wrote with the same `context`.
    pub fn decrypt(&self, text: &str, context: &str) -> Result<String, PrivacyError> {
        let bytes = hex::decode(text).map_err(|_| PrivacyError::Undecipherable)?;
        let Some((&FORM, rest)) = bytes.split_first() else {
            return Err(PrivacyError::Undecipherable);
        };
        let Some((nonce, sealed)) = rest.split_first_chunk::<NONCE_BYTES>() else {
            return Err(PrivacyError::Undecipherable);
        };
        let payload = Payload {
            msg: sealed,
            aad: context.as_bytes(),
        };
        let plain = self
            .aead
            .decrypt(&Nonce::from(*nonce), payload)
            .map_err(|_| PrivacyError::Undecipherable)?;
        String::from_utf8(plain).map_err(|_| PrivacyError::Undecipherable)
    }
}

/// The gateway's journal is written with the installation's key: callers' numbers stand in the dialogs that it keeps.
impl Seal for Keys {
    fn seal(&self, text: &str) -> Option<String> {
        self.encrypt(text, JOURNAL).ok()
    }

    fn open(&self, sealed: &str) -> Option<String> {
        self.decrypt(sealed, JOURNAL).ok()
    }
}

/// Bytes from the system's generator: keys, secrets, seeds.
pub fn random_bytes<const N: usize>() -> Result<[u8; N], PrivacyError> {
    let mut bytes = [0; N];
    rand::rngs::SysRng
        .try_fill_bytes(&mut bytes)
        .map_err(|_| PrivacyError::NoRandomness)?;
    Ok(bytes)
}

/// A seed for a generator, from the system's randomness.
pub fn random_seed() -> Result<u64, PrivacyError> {
    Ok(u64::from_le_bytes(random_bytes()?))
}

/// A new secret: 32 random bytes in hexadecimal behind `tl_`, so that scanners for leaked secrets find it.
pub fn new_secret() -> Result<String, PrivacyError> {
    Ok(format!("tl_{}", hex::encode(random_bytes::<32>()?)))
}

/// What is stored of a secret with 256 bits of its own: SHA-256 in hexadecimal.
pub fn secret_hash(secret: &str) -> String {
    hex::encode(Sha256::digest(secret.as_bytes()))
}

/// The last two characters of a number, as logs and rows show it.
pub fn last_two(e164: &str) -> String {
    let start = e164.char_indices().rev().nth(1).map_or(0, |(at, _)| at);
    e164.get(start..).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests;
