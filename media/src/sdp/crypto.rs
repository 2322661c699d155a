//! Keys in a session description: `a=crypto` (RFC 4568), and what we do about them.
//!
//! ```text
//!            offer of ours           answer of theirs            offer of theirs             answer of ours
//! off        AVP                     AVP                         AVP, its keys passed over   AVP
//! optional   AVP + keys (RFC 8643)   AVP + key: SRTP             AVP + keys, SAVP            the same, + key
//!                                    AVP: plain                  AVP                         AVP
//! required   SAVP + keys             SAVP + key                  AVP + keys, SAVP            the same, + key
//!                                    (else refused)              AVP                         refused
//! ```

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rand::Rng;

use super::description::Media;
use crate::srtp::{Keys, MASTER_MAX, Master, Suite};

/// Longest identifier of a key that is understood (RFC 4568 section 6.1 allows 128 bytes; one and four are in use).
const MKI_MAX: u8 = 16;

/// Whether media is encrypted, and with which keys of ours.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Srtp {
    /// Never.
    #[default]
    Off,
    /// When both can.
    Optional(OurKeys),
    /// Or there is no call.
    Required(OurKeys),
}

impl Srtp {
    pub(super) fn keys(&self) -> Option<&OurKeys> {
        match self {
            Srtp::Off => None,
            Srtp::Optional(keys) | Srtp::Required(keys) => Some(keys),
        }
    }

    pub(super) fn is_required(&self) -> bool {
        match self {
            Srtp::Off | Srtp::Optional(_) => false,
            Srtp::Required(_) => true,
        }
    }

    /// The profile of an offer of ours.
    pub(super) fn profile(&self) -> &'static str {
        match self {
            Srtp::Off | Srtp::Optional(_) => "RTP/AVP",
            Srtp::Required(_) => "RTP/SAVP",
        }
    }

    /// The lines of an offer of ours.
    pub(super) fn offered(&self) -> Vec<Crypto> {
        let keys = self.keys().into_iter().flat_map(OurKeys::masters);
        let numbered = (1..).zip(keys);
        numbered
            .map(|(tag, master)| Crypto {
                tag,
                master,
                mki_len: 0,
            })
            .collect()
    }
}

/// One key of ours for each suite, drawn anew for each leg and kept for all of its offers and answers. No key serves two suites.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct OurKeys([[u8; MASTER_MAX]; Suite::ALL.len()]);

impl OurKeys {
    /// Draws them.
    pub fn random(rng: &mut impl Rng) -> OurKeys {
        let mut keys = [[0; MASTER_MAX]; Suite::ALL.len()];
        keys.iter_mut().for_each(|key| rng.fill_bytes(key));
        OurKeys(keys)
    }

    fn masters(&self) -> impl Iterator<Item = Master> + '_ {
        let of = |(suite, bytes): (Suite, &[u8; MASTER_MAX])| Master::new(suite, bytes);
        Suite::ALL.into_iter().zip(&self.0).filter_map(of)
    }

    fn of(&self, suite: Suite) -> Option<Master> {
        self.masters().find(|master| master.suite() == suite)
    }
}

impl std::fmt::Debug for OurKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("OurKeys(…)")
    }
}

/// One usable `a=crypto` line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Crypto {
    /// Names the line in an answer.
    pub tag: u32,
    /// Suite, key and salt.
    pub master: Master,
    /// Bytes of the key's identifier in each packet.
    pub mki_len: u8,
}

impl Crypto {
    /// `<tag> <suite> inline:<key and salt>[|lifetime][|MKI:length] [parameters]` (RFC 4568 section 9.1). `None` for a line that
    /// we cannot do justice to: another suite, more keys than one, packets that are not encrypted or not authenticated.
    pub(super) fn parse(value: &str) -> Option<Crypto> {
        let mut words = value.split_ascii_whitespace();
        let tag = words.next()?.parse().ok()?;
        let name = words.next()?;
        let suite = Suite::ALL
            .into_iter()
            .find(|s| s.name().eq_ignore_ascii_case(name))?;
        let (method, key) = words.next()?.split_once(':')?;
        if !method.eq_ignore_ascii_case("inline") || key.contains(';') || !words.all(is_harmless) {
            return None;
        }
        let mut fields = key.split('|');
        let bytes = STANDARD.decode(fields.next()?).ok()?;
        if bytes.len() != suite.master_len() {
            return None;
        }
        // A lifetime has no colon: calls end long before 2^31 packets.
        let mki = fields.find_map(|field| field.split_once(':'));
        let mki_len = match mki {
            None => 0,
            Some((_, length)) => length.parse().ok().filter(|n| (1..=MKI_MAX).contains(n))?,
        };
        Some(Crypto {
            tag,
            master: Master::new(suite, &bytes)?,
            mki_len,
        })
    }

    /// As it stands behind `a=crypto:`.
    pub(super) fn print(&self) -> String {
        let name = self.master.suite().name();
        let key = STANDARD.encode(self.master.bytes());
        format!("{} {name} inline:{key}", self.tag)
    }
}

/// A session parameter that changes nothing for us: the size of a window, a key that is derived once, or one that may be passed
/// over (RFC 4568 section 6.3).
fn is_harmless(parameter: &str) -> bool {
    let known = parameter.starts_with("WSH=") || parameter == "KDR=0";
    known || parameter.starts_with('-')
}

/// What becomes of one audio line.
pub(super) enum Guarded {
    /// Plain RTP.
    Plain,
    /// SRTP by this line of theirs, with these keys.
    By(Crypto, Keys),
    /// It cannot be taken.
    No,
}

/// Which keys an offered line comes to: the first that we speak, in the offerer's order (RFC 4568 section 5.1.2).
pub(super) fn of_offer(media: &Media, ours: &Srtp) -> Guarded {
    let pair = |theirs: &Crypto| Some((*theirs, pair(theirs, ours.keys()?.of(theirs.master.suite())?)));
    decide(media, ours, media.cryptos.iter().find_map(pair))
}

/// Which keys an answer to our own offer comes to: its line must be one of ours by tag and suite (RFC 4568 section 5.1.3).
pub(super) fn of_answer(media: &Media, ours: &Srtp) -> Guarded {
    let offered = ours.offered();
    let pair = |theirs: &Crypto| {
        let same = |our: &&Crypto| our.tag == theirs.tag && our.master.suite() == theirs.master.suite();
        Some((*theirs, pair(theirs, offered.iter().find(same)?.master)))
    };
    decide(media, ours, media.cryptos.iter().find_map(pair))
}

fn pair(theirs: &Crypto, ours: Master) -> Keys {
    Keys {
        ours,
        theirs: theirs.master,
        their_mki_len: theirs.mki_len,
    }
}

fn decide(media: &Media, ours: &Srtp, found: Option<(Crypto, Keys)>) -> Guarded {
    match found {
        Some((line, keys)) => Guarded::By(line, keys),
        None if media.is_secure() || ours.is_required() => Guarded::No,
        None => Guarded::Plain,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz";

    fn read(value: &str) -> Option<(u32, Suite, u8)> {
        Crypto::parse(value).map(|line| (line.tag, line.master.suite(), line.mki_len))
    }

    #[test]
    fn lines_of_rfc_4568_are_read() {
        let plain = Suite::AesCm128HmacSha1_80;
        for (value, expected) in [
            (
                format!("1 AES_CM_128_HMAC_SHA1_80 inline:{KEY}"),
                Some((1, plain, 0)),
            ),
            (
                format!("1 AES_CM_128_HMAC_SHA1_80 inline:{KEY}|2^20|1:4"),
                Some((1, plain, 4)),
            ),
            (
                format!("7 AES_CM_128_HMAC_SHA1_80 inline:{KEY}|1:4 WSH=128 -X=1"),
                Some((7, plain, 4)),
            ),
            (
                format!("2 aes_cm_128_hmac_sha1_32 inline:{KEY}|2^31"),
                Some((2, Suite::AesCm128HmacSha1_32, 0)),
            ),
            (
                format!("1 AES_CM_128_HMAC_SHA1_80 inline:{KEY} UNENCRYPTED_SRTP"),
                None,
            ),
            (format!("1 AES_CM_128_HMAC_SHA1_80 inline:{KEY} KDR=1"), None),
            (format!("1 AES_CM_128_HMAC_SHA1_80 inline:{KEY}|1:200"), None),
            (
                format!("1 AES_CM_128_HMAC_SHA1_80 inline:{KEY}|1:1;inline:{KEY}|2:1"),
                None,
            ),
            (format!("1 AES_256_CM_HMAC_SHA1_80 inline:{KEY}"), None),
            (format!("1 AEAD_AES_128_GCM inline:{KEY}"), None),
            ("1 AES_CM_128_HMAC_SHA1_80 inline:short".to_owned(), None),
            ("x".to_owned(), None),
        ] {
            assert_eq!(read(&value), expected, "{value}");
        }
    }

    #[test]
    fn what_is_printed_is_read_again_and_keys_are_not_shown() {
        use rand::SeedableRng;
        let ours = OurKeys::random(&mut rand_chacha::ChaCha8Rng::seed_from_u64(1));
        let lines = Srtp::Required(ours).offered();
        assert_eq!(lines.len(), 3);
        for line in &lines {
            assert_eq!(Crypto::parse(&line.print()), Some(*line));
        }
        let shown = format!("{ours:?} {:?}", lines[0]);
        assert_eq!(
            shown,
            "OurKeys(…) Crypto { tag: 1, master: Master(AES_CM_128_HMAC_SHA1_80), mki_len: 0 }"
        );
    }
}
