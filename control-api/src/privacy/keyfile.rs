//! The key file: two keys in hexadecimal, made on the first start, readable by its owner alone.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use super::{KEY_BYTES, Keys, random_bytes};

/// Nobody but the owner may read or write it.
const MODE: u32 = 0o600;

/// What a key file that we did not make must not have: others may do nothing, the group may read (a secret mounted for a group).
const FORBIDDEN_MODE: u32 = 0o027;

/// The folder that is made for it.
const FOLDER_MODE: u32 = 0o700;

/// No key file is longer.
const MAX_BYTES: u64 = 4096;

/// Why there are no keys. One sentence that says what to do.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    /// Not there, not readable, or its folder is not writable.
    #[error("cannot {verb} key file {}: {reason}; check the path and its permissions ([privacy] key_file)", path.display())]
    Io {
        /// `read` or `make`.
        verb: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system said.
        reason: String,
    },
    /// Others may read it.
    #[error("key file {} may be read or changed by others (mode {mode:03o}); run: chmod 600 {}", path.display(), path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// Its permissions.
        mode: u32,
    },
    /// Not what we wrote.
    #[error("key file {} is damaged: expected lines \"hmac = HEX\" and \"aead = HEX\" of 64 digits each; restore it from a backup", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
    },
}

/// Reads the keys; never makes them.
pub fn load(path: &Path) -> Result<Keys, KeyFileError> {
    let failed = |e: std::io::Error| io(path, "read", &e);
    let file = File::open(path).map_err(failed)?;
    let mode = file.metadata().map_err(failed)?.permissions().mode() & 0o777;
    if mode & FORBIDDEN_MODE != 0 {
        return Err(KeyFileError::Open {
            path: path.to_owned(),
            mode,
        });
    }
    let mut text = String::new();
    file.take(MAX_BYTES).read_to_string(&mut text).map_err(failed)?;
    parse(&text).ok_or_else(|| KeyFileError::Damaged {
        path: path.to_owned(),
    })
}

/// Reads the keys, or makes them, and their folder, when the file does not exist. Two processes that start together agree on one file.
pub fn load_or_create(path: &Path) -> Result<Keys, KeyFileError> {
    match load(path) {
        Err(KeyFileError::Io { .. }) if !path.exists() => {
            create(path)?;
            load(path)
        }
        other => other,
    }
}

fn create(path: &Path) -> Result<(), KeyFileError> {
    let failed = |e: std::io::Error| io(path, "make", &e);
    if let Some(folder) = path.parent().filter(|folder| *folder != Path::new("")) {
        DirBuilder::new()
            .recursive(true)
            .mode(FOLDER_MODE)
            .create(folder)
            .map_err(failed)?;
    }
    let random = || random_bytes::<KEY_BYTES>().map_err(|e| failed(std::io::Error::other(e)));
    let text = format!(
        "# Keys of this Trunkline installation. Back this file up apart from the database: without it stored numbers\n\
         # cannot be read and callers are not recognised. Whoever has both can read the numbers.\n\
         hmac = {}\naead = {}\n",
        hex::encode(random()?),
        hex::encode(random()?)
    );
    // Written aside and linked into place: nobody ever reads half a key file, and the first of two processes wins.
    let aside = path.with_extension(format!("{}.new", std::process::id()));
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(MODE)
        .open(&aside)
        .map_err(failed)?;
    let written = file.write_all(text.as_bytes()).and_then(|()| file.sync_all());
    let linked = written.and_then(|()| std::fs::hard_link(&aside, path));
    let removed = std::fs::remove_file(&aside);
    match linked {
        Err(e) if e.kind() != ErrorKind::AlreadyExists => Err(failed(e)),
        Ok(()) | Err(_) => removed.map_err(failed),
    }
}

fn parse(text: &str) -> Option<Keys> {
    let key = |name: &str| -> Option<[u8; KEY_BYTES]> {
        let line = text
            .lines()
            .find_map(|line| line.trim().strip_prefix(name)?.trim().strip_prefix('='))?;
        hex::decode(line.trim()).ok()?.try_into().ok()
    };
    Some(Keys::new(key("hmac")?, key("aead")?))
}

fn io(path: &Path, verb: &'static str, error: &std::io::Error) -> KeyFileError {
    KeyFileError::Io {
        verb,
        path: path.to_owned(),
        reason: error.to_string(),
    }
}
