//! One record as one line: a checksum, a space, sealed JSON, a line feed. A torn or damaged line is found and passed over. Plain JSON is
//! read too, as earlier versions wrote it.

use sha2::{Digest, Sha256};

use super::Record;
use super::seal::Seal;

/// Longest line that is read back; a longer one is damage. A seal may write two characters for one.
pub const MAX_LINE: usize = 160 * 1024;

/// Why a line could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Damage {
    /// Shorter than its checksum, or longer than any line we write.
    #[error("line has no checksum")]
    Length,
    /// The checksum is of other bytes: the write was torn.
    #[error("checksum does not match")]
    Checksum,
    /// Written by a version that we do not know.
    #[error("not a record of this version")]
    Content,
    /// Whole, and sealed with another key.
    #[error("sealed with another key")]
    Sealed,
}

/// The line for a record, with its line feed; `None` when it cannot be sealed.
pub fn encode(record: &Record, seal: &dyn Seal) -> Option<Vec<u8>> {
    // A record is plain data with string keys: its JSON cannot fail.
    let json = serde_json::to_string(record).unwrap_or_default();
    let text = seal.seal(&json)?.into_bytes();
    let mut line = checksum(&text);
    line.push(b' ');
    line.extend_from_slice(&text);
    line.push(b'\n');
    Some(line)
}

/// Reads one line, without its line feed.
pub fn decode(line: &[u8], seal: &dyn Seal) -> Result<Record, Damage> {
    if line.len() > MAX_LINE {
        return Err(Damage::Length);
    }
    let Some((sum, text)) = line.split_at_checked(CHECKSUM_LEN + 1) else {
        return Err(Damage::Length);
    };
    if sum[..CHECKSUM_LEN] != checksum(text)[..] || sum[CHECKSUM_LEN] != b' ' {
        return Err(Damage::Checksum);
    }
    let read = |json: &[u8]| serde_json::from_slice(json).map_err(|_| Damage::Content);
    if text.starts_with(b"{") {
        return read(text);
    }
    let sealed = std::str::from_utf8(text).map_err(|_| Damage::Content)?;
    read(seal.open(sealed).ok_or(Damage::Sealed)?.as_bytes())
}

const CHECKSUM_LEN: usize = 16;

fn checksum(text: &[u8]) -> Vec<u8> {
    let digest = Sha256::digest(text);
    hex::encode(&digest[..CHECKSUM_LEN / 2]).into_bytes()
}

#[cfg(test)]
mod tests {
    use super::super::seal::Plain;
    use super::*;

    #[test]
    fn a_line_comes_back_and_no_damaged_one_does() {
        let record = Record::Alive {
            at: 1_790_000_000_123,
        };
        let line = encode(&record, &Plain).expect("nothing to hide");
        let bare = line.strip_suffix(b"\n").expect("a line feed");
        assert_eq!(decode(bare, &Plain), Ok(record));
        for cut in 0..bare.len() {
            assert!(decode(&bare[..cut], &Plain).is_err(), "torn at {cut}");
        }
        for at in 0..bare.len() {
            let mut bad = bare.to_vec();
            bad[at] ^= 1;
            assert!(decode(&bad, &Plain).is_err(), "flipped at {at}");
        }
    }

    /// Turns the letters round, unless it is told to keep silent.
    #[derive(Debug)]
    struct Turned(bool);

    impl Seal for Turned {
        fn seal(&self, text: &str) -> Option<String> {
            self.0.then(|| text.chars().rev().collect())
        }

        fn open(&self, sealed: &str) -> Option<String> {
            self.seal(sealed)
        }
    }

    #[test]
    fn a_sealed_line_shows_nothing_and_needs_its_key() {
        let record = Record::Alive {
            at: 1_790_000_000_123,
        };
        assert_eq!(encode(&record, &Turned(false)), None);
        let line = encode(&record, &Turned(true)).expect("sealed");
        let bare = line.strip_suffix(b"\n").expect("a line feed");
        assert!(!String::from_utf8_lossy(bare).contains("1790000000123"));
        assert_eq!(decode(bare, &Turned(true)), Ok(record.clone()));
        assert_eq!(decode(bare, &Plain), Err(Damage::Sealed));
        let old = encode(&record, &Plain).expect("nothing to hide");
        let bare = old.strip_suffix(b"\n").expect("a line feed");
        assert_eq!(
            decode(bare, &Turned(true)),
            Ok(record),
            "as earlier versions wrote it"
        );
    }
}
