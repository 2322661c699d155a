//! Where recordings are kept, by the hash of their content: a folder of this node and, where one is configured, a bucket that all nodes
//! share. Then the folder is what this node has needed so far. What no version of a prompt needs any more goes.
//!
//! An upload and a removal of the same bytes may meet, in this program or in a command beside it. Neither waits for the other:
//!
//! ```text
//! upload    keeps the bytes, writes the row, keeps the bytes again
//! removal   takes the bytes away, looks for a row once more, and puts them back if there is one
//! ```
//!
//! Whoever comes last sees what the other did, so a row never stays without its bytes.

mod bucket;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use tokio::time::timeout;
use trunkline_prompts::files::{Files, FilesError};

pub use self::bucket::BucketError;

use self::bucket::Bucket;
use crate::config::Config;
use crate::store::{self, Db, prompts};

/// The folder within `[node] data_dir`.
const FOLDER: &str = "prompts";

/// How long a session waits for a recording out of the bucket before it plays something else.
const BRING: Duration = Duration::from_secs(10);

/// Recordings. Cheap to clone; every clone is the same.
#[derive(Clone, Debug)]
pub struct AudioStore {
    folder: Files,
    bucket: Option<Arc<Bucket>>,
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
    /// The bucket does not have it, or does not take it.
    #[error(transparent)]
    Bucket(BucketError),
    /// Our own mistake.
    #[error("the recording could not be kept or read; the log says why")]
    Broken,
}

impl From<Files> for AudioStore {
    fn from(folder: Files) -> AudioStore {
        AudioStore { folder, bucket: None }
    }
}

impl From<BucketError> for AudioError {
    fn from(error: BucketError) -> AudioError {
        match error {
            BucketError::Absent { .. } => AudioError::Absent,
            error @ (BucketError::Damaged { .. } | BucketError::Failed { .. }) => AudioError::Bucket(error),
        }
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
        let folder = Files::open(config.node.data_dir.join(FOLDER))?;
        let bucket = config.storage.bucket.as_ref().map(Bucket::new).transpose()?;
        Ok(AudioStore {
            folder,
            bucket: bucket.map(Arc::new),
        })
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

    /// Keeps the bytes and says their hash.
    pub async fn put(&self, bytes: Bytes) -> Result<String, AudioError> {
        let hash = self.in_this_folder(bytes.clone()).await?;
        if let Some(bucket) = &self.bucket {
            bucket.put(&hash, bytes).await?;
        }
        Ok(hash)
    }

    /// The bytes with this hash. What comes out of the bucket is in the folder from then on.
    pub async fn get(&self, hash: &str) -> Result<Bytes, AudioError> {
        let name = hash.to_owned();
        match (
            self.in_folder(move |folder| folder.get(&name)).await,
            &self.bucket,
        ) {
            (Err(AudioError::Absent), Some(bucket)) => {
                let bytes = bucket.get(hash).await?;
                self.in_this_folder(bytes.clone()).await?;
                Ok(bytes)
            }
            (found, Some(_) | None) => found.map(Bytes::from),
        }
    }

    /// Brings these into the folder, as far as that takes no longer than a caller waits.
    pub async fn bring(&self, hashes: BTreeSet<String>) {
        let Some(bucket) = &self.bucket else { return };
        for hash in self.not_here(hashes).await {
            if bucket.is_resting() {
                return;
            }
            let why = match timeout(BRING, self.get(&hash)).await {
                Ok(Ok(_) | Err(AudioError::Absent)) => continue,
                Ok(Err(error)) => error.to_string(),
                Err(_) => format!("it takes longer than {} s", BRING.as_secs()),
            };
            tracing::warn!(
                why,
                audio.hash = hash,
                "a recording does not come out of the bucket"
            );
            bucket.rest();
        }
    }

    /// Those of these hashes that are surely not kept.
    pub async fn missing(&self, hashes: BTreeSet<String>) -> BTreeSet<String> {
        let mut missing = self.not_here(hashes).await;
        if let Some(bucket) = &self.bucket {
            let mut surely = BTreeSet::new();
            for hash in missing {
                match bucket.has(&hash).await {
                    Ok(true) => {}
                    Ok(false) => {
                        surely.insert(hash);
                    }
                    // It says nothing of the others either.
                    Err(_) => break,
                }
            }
            missing = surely;
        }
        missing
    }

    /// Asks the bucket for anything at all; none without a bucket. Changes nothing.
    pub async fn look(config: &Config) -> Option<Result<(), AudioError>> {
        let bucket = config.storage.bucket.as_ref()?;
        Some(match Bucket::new(bucket) {
            Ok(bucket) => bucket.look().await.map_err(AudioError::from),
            Err(error) => Err(error.into()),
        })
    }

    /// Those of these hashes that are not in the folder.
    async fn not_here(&self, hashes: BTreeSet<String>) -> BTreeSet<String> {
        let looked = self.in_folder(move |folder| {
            let there = |hash: &String| folder.path(hash).is_ok_and(|path| path.exists());
            Ok(hashes.into_iter().filter(|hash| !there(hash)).collect())
        });
        looked.await.unwrap_or_default()
    }

    async fn in_this_folder(&self, bytes: Bytes) -> Result<String, AudioError> {
        self.in_folder(move |folder| folder.put(&bytes)).await
    }

    /// Takes the bytes away; none is as well.
    async fn remove(&self, hash: &str) -> Result<(), AudioError> {
        if let Some(bucket) = &self.bucket {
            bucket.remove(hash).await?;
        }
        let hash = hash.to_owned();
        self.in_folder(move |folder| folder.remove(&hash)).await
    }

    /// Takes away what no version needs any more, and answers what is not there now. What cannot be taken away stays, and the log says so.
    pub async fn drop_unused(&self, db: &Db, hashes: impl IntoIterator<Item = String>) -> Vec<String> {
        let mut dropped = Vec::new();
        for hash in hashes {
            match self.drop_one(db, &hash).await {
                Ok(true) => dropped.push(hash),
                Ok(false) => {}
                Err(error) => {
                    tracing::warn!(%error, audio.hash = hash, "a recording that nobody needs was not removed");
                }
            }
        }
        dropped
    }

    async fn drop_one(&self, db: &Db, hash: &str) -> Result<bool, DropError> {
        if prompts::uses_audio(db, hash).await? {
            return Ok(false);
        }
        let bytes = match self.get(hash).await {
            Ok(bytes) => bytes,
            Err(AudioError::Absent) => return Ok(true),
            Err(error @ (AudioError::Folder(_) | AudioError::Bucket(_) | AudioError::Broken)) => {
                return Err(error.into());
            }
        };
        self.remove(hash).await?;
        if prompts::uses_audio(db, hash).await? {
            self.put(bytes).await?;
            return Ok(false);
        }
        Ok(true)
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
mod shared;
#[cfg(test)]
mod tests;
