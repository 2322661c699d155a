//! One record as one line: a checksum, a space, JSON, a line feed. A torn or damaged line is found and passed over.

use sha2::{Digest, Sha256};

use super::Record;

/// Longest line that is read back; a longer one is damage.
pub const MAX_LINE: usize = 64 * 1024;

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
}

/// The line for a record, with its line feed.
pub fn encode(record: &Record) -> Vec<u8> {
    // A record is plain data with string keys: its JSON cannot fail.
    let json = serde_json::to_vec(record).unwrap_or_default();
    let mut line = checksum(&json);
    line.push(b' ');
    line.extend_from_slice(&json);
    line.push(b'\n');
    line
}

/// Reads one line, without its line feed.
pub fn decode(line: &[u8]) -> Result<Record, Damage> {
    if line.len() > MAX_LINE {
        return Err(Damage::Length);
    }
    let Some((sum, json)) = line.split_at_checked(CHECKSUM_LEN + 1) else {
        return Err(Damage::Length);
    };
    if sum[..CHECKSUM_LEN] != checksum(json)[..] || sum[CHECKSUM_LEN] != b' ' {
        return Err(Damage::Checksum);
    }
    serde_json::from_slice(json).map_err(|_| Damage::Content)
}

const CHECKSUM_LEN: usize = 16;

fn checksum(json: &[u8]) -> Vec<u8> {
    let digest = Sha256::digest(json);
    hex::encode(&digest[..CHECKSUM_LEN / 2]).into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_comes_back_and_no_damaged_one_does() {
        let record = Record::Alive {
            at: 1_790_000_000_123,
        };
        let line = encode(&record);
        let bare = line.strip_suffix(b"\n").expect("a line feed");
        assert_eq!(decode(bare), Ok(record));
        for cut in 0..bare.len() {
            assert!(decode(&bare[..cut]).is_err(), "torn at {cut}");
        }
        for at in 0..bare.len() {
            let mut bad = bare.to_vec();
            bad[at] ^= 1;
            assert!(decode(&bad).is_err(), "flipped at {at}");
        }
    }
}
