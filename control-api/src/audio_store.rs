//! Where recordings are kept: a folder of this node, by the hash of their content. What no version of a prompt needs any more goes.
//!
//! An upload and a removal of the same bytes may meet, in this program or in a command beside it. Neither waits for the other:
//!
//! ```text
//! upload    keeps the bytes, writes the row, keeps the bytes again
//! removal   takes the bytes away, looks for a row once more, and puts them back if there is one
//! ```
//!
//! Whoever comes last sees what the other did, so a row never stays without its bytes.

use std::collections::BTreeSet;

use axum::body::Bytes;
use trunkline_prompts::files::{Files, FilesError};

use crate::config::Config;
use crate::store::{self, Db, prompts};

/// The folder within `[node] data_dir`.
pub(crate) const FOLDER: &str = "prompts";

/// Recordings. Cheap to clone; every clone is the same.
#[derive(Clone, Debug)]
pub struct AudioStore {
    folder: Files,
}

/// Why a recording could not be kept or read.
#[derive(Debug, thiserror::Error)]
pub enum AudioError {
    /// Nothing of this hash is kept.
    #[error("no such recording is kept here")]
    Absent,
    /// The folder does not have it, or does not take it.
    #[error(transparent)]
    Folder(FilesError),
    /// Our own mistake.
    #[error("the recording could not be kept or read; the log says why")]
    Broken,
}

impl From<Files> for AudioStore {
    fn from(folder: Files) -> AudioStore {
        AudioStore { folder }
    }
}

impl From<FilesError> for AudioError {
    fn from(error: FilesError) -> AudioError {
        match error {
            FilesError::Absent => AudioError::Absent,
            error @ (FilesError::TooLarge | FilesError::Io { .. }) => AudioError::Folder(error),
        }
    }
}

impl AudioStore {
    /// As it is configured; the folder is made where it is absent.
    pub fn open(config: &Config) -> Result<AudioStore, AudioError> {
        Ok(Files::open(config.node.data_dir.join(FOLDER))?.into())
    }

    /// The same for who only looks: none where the folder is absent.
    pub fn existing(config: &Config) -> Option<AudioStore> {
        let there = config.node.data_dir.join(FOLDER).exists();
        there.then(|| AudioStore::open(config).ok()).flatten()
    }

    /// The folder of this node.
    pub fn files(&self) -> &Files {
        &self.folder
    }

    /// Keeps the bytes and says their hash. What is kept already is left as it is.
    pub async fn put(&self, bytes: Bytes) -> Result<String, AudioError> {
        self.in_folder(move |folder| folder.put(&bytes)).await
    }

    /// The bytes with this hash.
    pub async fn get(&self, hash: &str) -> Result<Bytes, AudioError> {
        let hash = hash.to_owned();
        self.in_folder(move |folder| folder.get(&hash))
            .await
            .map(Bytes::from)
    }

    /// Those of these hashes that are surely not kept.
    pub async fn missing(&self, hashes: BTreeSet<String>) -> BTreeSet<String> {
        let looked = self.in_folder(move |folder| {
            let there = |hash: &String| folder.path(hash).is_ok_and(|path| path.exists());
            Ok(hashes.into_iter().filter(|hash| !there(hash)).collect())
        });
        looked.await.unwrap_or_default()
    }

    /// Takes the bytes away; none is as well.
    async fn remove(&self, hash: &str) -> Result<(), AudioError> {
        let hash = hash.to_owned();
        self.in_folder(move |folder| folder.remove(&hash)).await
    }

    /// Takes away what no version needs any more. What cannot be taken away stays, and the log says so.
    pub async fn drop_unused(&self, db: &Db, hashes: impl IntoIterator<Item = String>) {
        for hash in hashes {
            if let Err(error) = self.drop_one(db, &hash).await {
                tracing::warn!(%error, audio.hash = hash, "a recording that nobody needs was not removed");
            }
        }
    }

    async fn drop_one(&self, db: &Db, hash: &str) -> Result<(), DropError> {
        if prompts::uses_audio(db, hash).await? {
            return Ok(());
        }
        let bytes = match self.get(hash).await {
            Ok(bytes) => bytes,
            Err(AudioError::Absent) => return Ok(()),
            Err(error @ (AudioError::Folder(_) | AudioError::Broken)) => return Err(error.into()),
        };
        self.remove(hash).await?;
        if prompts::uses_audio(db, hash).await? {
            self.put(bytes).await?;
        }
        Ok(())
    }

    async fn in_folder<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Files) -> Result<T, FilesError> + Send + 'static,
    ) -> Result<T, AudioError> {
        let folder = self.folder.clone();
        let done = tokio::task::spawn_blocking(move || work(&folder)).await;
        Ok(done.map_err(|_| AudioError::Broken)??)
    }
}

/// Why a recording stays that nobody needs.
#[derive(Debug, thiserror::Error)]
enum DropError {
    #[error(transparent)]
    Audio(#[from] AudioError),
    #[error(transparent)]
    Store(#[from] store::StoreError),
}

#[cfg(test)]
mod tests;
