//! Recordings as they are played, kept on disk beside the uploads: decoded, levelled and encoded once, also over restarts.
//!
//! ```text
//! <folder>/<SHA-256 of the upload>.<VERSION>      SHA-256 of what follows (32 bytes), then `Kept` by postcard
//! ```
//! A file that is missing or damaged is made anew from the upload; one that cannot be written costs time, and nothing else.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use trunkline_media::clip::{Clip, Packets, Rates};
use trunkline_prompts::pcm::Pcm;

/// Counts up when recordings are prepared in another way: files of before are not looked at any more.
const VERSION: u32 = 1;
/// Bytes of the digest before the rest.
const DIGEST: usize = 32;

/// The folder.
#[derive(Clone, Debug)]
pub(super) struct Ready {
    folder: PathBuf,
}

#[derive(Serialize, Deserialize)]
struct Kept<'a> {
    samples: usize,
    pcmu: &'a [u8],
    pcma: &'a [u8],
    g722: &'a [u8],
    opus: &'a [u8],
    opus_ends: Vec<u32>,
}

/// Encodes a sound for every codec.
pub(crate) fn encode(pcm: &Pcm) -> Clip {
    Clip::from_rates(Rates {
        at_8_khz: &pcm.at(8_000),
        at_16_khz: &pcm.at(16_000),
        at_48_khz: &pcm.samples,
    })
}

impl Ready {
    pub(super) fn new(folder: &Path) -> Ready {
        Ready {
            folder: folder.to_owned(),
        }
    }

    /// The recording whose upload has this hash.
    pub(super) fn get(&self, hash: &str) -> Option<Clip> {
        let bytes = fs::read(self.path(hash)).ok()?;
        let (digest, rest) = bytes.split_at_checked(DIGEST)?;
        if Sha256::digest(rest)[..] != *digest {
            return None;
        }
        let kept: Kept<'_> = postcard::from_bytes(rest).ok()?;
        Some(Clip {
            samples: kept.samples,
            pcmu: kept.pcmu.into(),
            pcma: kept.pcma.into(),
            g722: kept.g722.into(),
            opus: Packets {
                bytes: kept.opus.into(),
                ends: kept.opus_ends.into(),
            },
        })
    }

    pub(super) fn put(&self, hash: &str, clip: &Clip) {
        if let Err(error) = self.write(hash, clip) {
            tracing::warn!(%error, folder = %self.folder.display(), "a prepared recording could not be kept");
        }
    }

    /// Takes it away; none is as well.
    pub(super) fn remove(&self, hash: &str) {
        if let Err(error) = fs::remove_file(self.path(hash))
            && error.kind() != io::ErrorKind::NotFound
        {
            tracing::warn!(%error, folder = %self.folder.display(), "a prepared recording could not be removed");
        }
    }

    fn write(&self, hash: &str, clip: &Clip) -> io::Result<()> {
        let kept = Kept {
            samples: clip.samples,
            pcmu: &clip.pcmu,
            pcma: &clip.pcma,
            g722: &clip.g722,
            opus: &clip.opus.bytes,
            opus_ends: clip.opus.ends.to_vec(),
        };
        let rest = postcard::to_stdvec(&kept).map_err(io::Error::other)?;
        fs::create_dir_all(&self.folder)?;
        let mut file = tempfile::NamedTempFile::new_in(&self.folder)?;
        file.write_all(&Sha256::digest(&rest))?;
        file.write_all(&rest)?;
        file.persist(self.path(hash))?;
        Ok(())
    }

    /// A hash is hexadecimal: `Files` has looked at it before.
    fn path(&self, hash: &str) -> PathBuf {
        let plain: String = hash.chars().filter(char::is_ascii_hexdigit).collect();
        self.folder.join(format!("{plain}.{VERSION}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_comes_back_and_what_is_damaged_does_not() {
        let folder = tempfile::tempdir().expect("a folder");
        let ready = Ready::new(&folder.path().join("ready"));
        assert_eq!(ready.get("ab"), None);
        let clip = encode(&Pcm {
            samples: (0..4_800).map(|n| (n % 96) * 300).collect(),
        });
        assert_eq!((clip.samples, clip.opus.ends.len()), (800, 5));
        for _ in 0..2 {
            ready.put("ab", &clip);
            ready.remove("ab");
            ready.remove("ab");
            assert_eq!(ready.get("ab"), None);
        }
        ready.put("ab", &clip);
        assert_eq!(ready.get("ab"), Some(clip));
        let path = ready.path("ab");
        let whole = fs::read(&path).expect("a file");
        for at in [0, 40, whole.len() - 1] {
            let mut damaged = whole.clone();
            damaged[at] ^= 1;
            fs::write(&path, damaged).expect("written");
            assert_eq!(ready.get("ab"), None, "byte {at}");
        }
        fs::write(&path, &whole[..20]).expect("written");
        assert_eq!(ready.get("ab"), None);
    }
}
