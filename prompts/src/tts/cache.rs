//! Spoken texts kept on disk by engine, voice and text, so that a template is spoken once for all callers.
//!
//! ```text
//! <folder>/<SHA-256 of engine, voice and text>.wav
//! ```
//! Files are kept as the engine gave them, so that they cost little and can be prepared anew. The oldest go first when the folder grows
//! beyond its limit. A file that cannot be read counts as absent.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use sha2::{Digest, Sha256};

/// Most bytes that are kept: some nine hours of speech.
const MAX_BYTES: u64 = 512 * 1024 * 1024;

/// A folder of spoken texts.
pub(super) struct Cache {
    folder: PathBuf,
    max_bytes: u64,
    bytes: Mutex<u64>,
}

/// The name under which a text is kept.
pub(super) fn key(engine: &str, voice: &str, text: &str) -> String {
    let mut hash = Sha256::new();
    for part in [engine, voice, text] {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    hex::encode(hash.finalize())
}

impl Cache {
    pub(super) fn open(folder: &Path) -> io::Result<Cache> {
        Cache::open_bounded(folder, MAX_BYTES)
    }

    pub(super) fn open_bounded(folder: &Path, max_bytes: u64) -> io::Result<Cache> {
        fs::create_dir_all(folder)?;
        let cache = Cache {
            folder: folder.to_owned(),
            max_bytes,
            bytes: Mutex::new(0),
        };
        let bytes = cache.files()?.iter().map(|(_, _, bytes)| bytes).sum();
        *cache.bytes.lock().unwrap_or_else(PoisonError::into_inner) = bytes;
        Ok(cache)
    }

    pub(super) fn get(&self, key: &str) -> Option<Vec<u8>> {
        fs::read(self.path(key)).ok()
    }

    /// Keeps it. A full disk is no error: the text is spoken again next time.
    pub(super) fn put(&self, key: &str, audio: &[u8]) {
        if let Err(error) = self.write(key, audio) {
            tracing::warn!(%error, folder = %self.folder.display(), "a spoken prompt could not be kept");
        }
    }

    fn write(&self, key: &str, audio: &[u8]) -> io::Result<()> {
        let mut file = tempfile::NamedTempFile::new_in(&self.folder)?;
        file.write_all(audio)?;
        file.persist(self.path(key)).map_err(|e| e.error)?;
        self.count(audio.len() as u64)
    }

    /// Adds to the total and lets the oldest go when it is too much, down to nine tenths, so that this is rare.
    fn count(&self, written: u64) -> io::Result<()> {
        let mut bytes = self.bytes.lock().unwrap_or_else(PoisonError::into_inner);
        *bytes += written;
        if *bytes <= self.max_bytes {
            return Ok(());
        }
        let mut files = self.files()?;
        files.sort_by_key(|(modified, _, _)| *modified);
        *bytes = files.iter().map(|(_, _, bytes)| bytes).sum();
        for (_, path, size) in files {
            if *bytes <= self.max_bytes / 10 * 9 {
                break;
            }
            fs::remove_file(path)?;
            *bytes -= size;
        }
        Ok(())
    }

    fn files(&self) -> io::Result<Vec<(std::time::SystemTime, PathBuf, u64)>> {
        let mut files = Vec::new();
        for entry in fs::read_dir(&self.folder)? {
            let entry = entry?;
            let path = entry.path();
            if path.extension().is_some_and(|e| e == "wav") {
                let metadata = entry.metadata()?;
                files.push((metadata.modified()?, path, metadata.len()));
            }
        }
        Ok(files)
    }

    fn path(&self, key: &str) -> PathBuf {
        self.folder.join(format!("{key}.wav"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_spoken_comes_back_and_the_oldest_goes() {
        let folder = tempfile::tempdir().expect("a folder");
        let cache = Cache::open_bounded(folder.path(), 10_000).expect("opens");
        let audio = vec![7; 1_000];
        for n in 0..40 {
            cache.put(&key("e", "v", &n.to_string()), &audio);
        }
        assert_eq!(cache.get(&key("e", "v", "39")), Some(audio));
        assert_eq!(cache.get(&key("e", "v", "0")), None);
        let bytes: u64 = cache.files().expect("a list").iter().map(|f| f.2).sum();
        assert!(bytes <= 10_000, "{bytes}");
        let again = Cache::open_bounded(folder.path(), 10_000).expect("opens");
        assert_eq!(*again.bytes.lock().expect("sound"), bytes);
    }

    #[test]
    fn keys_keep_their_parts_apart() {
        assert_ne!(key("a", "bc", "d"), key("ab", "c", "d"));
    }
}
