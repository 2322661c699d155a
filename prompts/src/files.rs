//! Audio files kept by the hash of their content: the same file is kept once, and what is kept never changes.
//!
//! ```text
//! <folder>/ab/cdef…      SHA-256 of the bytes in hexadecimal, the first two digits as a folder
//! ```

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::decode::MAX_BYTES;

/// A folder of audio files.
#[derive(Clone, Debug)]
pub struct Files {
    folder: PathBuf,
}

/// Why a file could not be kept or read.
#[derive(Debug, thiserror::Error)]
pub enum FilesError {
    /// Nothing with this hash is kept here, or it is no hash.
    #[error("no such audio file is kept")]
    Absent,
    /// Larger than any audio that is decoded.
    #[error("the file is larger than 32 MiB; save it as MP3 or at a lower rate and send it again")]
    TooLarge,
    /// The disk said no.
    #[error("the folder of audio files {folder} cannot be used: {source}; check that it exists and has room")]
    Io {
        /// The folder.
        folder: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
}

/// The hash that a file of these bytes is kept under.
pub fn hash(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

impl Files {
    /// Opens the folder, and makes it if it is absent.
    pub fn open(folder: impl Into<PathBuf>) -> Result<Files, FilesError> {
        let files = Files {
            folder: folder.into(),
        };
        fs::create_dir_all(&files.folder).map_err(|e| files.io(e))?;
        Ok(files)
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Keeps the bytes and says their hash. They are on disk when this returns.
    pub fn put(&self, bytes: &[u8]) -> Result<String, FilesError> {
        if bytes.len() > MAX_BYTES {
            return Err(FilesError::TooLarge);
        }
        let hash = hash(bytes);
        let path = self.path(&hash)?;
        if !path.exists() {
            self.write(&path, bytes).map_err(|e| self.io(e))?;
        }
        Ok(hash)
    }

    /// The bytes with this hash.
    pub fn get(&self, hash: &str) -> Result<Vec<u8>, FilesError> {
        fs::read(self.path(hash)?).map_err(|error| {
            if error.kind() == io::ErrorKind::NotFound {
                FilesError::Absent
            } else {
                self.io(error)
            }
        })
    }

    /// Takes the bytes with this hash away; where there are none, nothing is done.
    pub fn remove(&self, hash: &str) -> Result<(), FilesError> {
        match fs::remove_file(self.path(hash)?) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(self.io(error)),
            Ok(()) | Err(_) => Ok(()),
        }
    }

    /// Where the bytes with this hash lie, or would lie.
    pub fn path(&self, hash: &str) -> Result<PathBuf, FilesError> {
        let plain = hash.len() == 64 && hash.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        if !plain {
            return Err(FilesError::Absent);
        }
        Ok(self.folder.join(&hash[..2]).join(&hash[2..]))
    }

    fn write(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        let folder = path.parent().unwrap_or(&self.folder);
        fs::create_dir_all(folder)?;
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        file.write_all(bytes)?;
        file.as_file().sync_all()?;
        file.persist(path)?;
        Ok(())
    }

    fn io(&self, source: io::Error) -> FilesError {
        FilesError::Io {
            folder: self.folder.clone(),
            source,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_bytes_are_kept_once_and_come_back() {
        let folder = tempfile::tempdir().expect("a folder");
        let files = Files::open(folder.path().join("audio")).expect("opens");
        let hash = files.put(b"sound").expect("kept");
        assert_eq!(files.put(b"sound").expect("kept"), hash);
        assert_ne!(files.put(b"other").expect("kept"), hash);
        assert_eq!(files.get(&hash).expect("there"), b"sound");
        assert_eq!(
            Files::open(folder.path().join("audio"))
                .expect("opens")
                .get(&hash)
                .expect("there"),
            b"sound"
        );
        for _ in 0..2 {
            files.remove(&hash).expect("gone");
            assert!(matches!(files.get(&hash), Err(FilesError::Absent)));
        }
        assert_eq!(files.put(b"sound").expect("kept"), hash);
    }

    #[test]
    fn nothing_outside_of_the_folder_is_read() {
        let folder = tempfile::tempdir().expect("a folder");
        let files = Files::open(folder.path()).expect("opens");
        for bad in [
            "",
            "../../etc/passwd",
            &"A".repeat(64),
            &"é".repeat(32),
            &"0".repeat(64),
        ] {
            assert!(matches!(files.get(bad), Err(FilesError::Absent)), "{bad}");
        }
    }

    #[test]
    fn a_file_in_the_way_is_one_clear_error() {
        let file = tempfile::NamedTempFile::new().expect("a file");
        let error = Files::open(file.path().join("audio"))
            .expect_err("no folder")
            .to_string();
        assert!(error.contains("cannot be used"), "{error}");
    }
}
