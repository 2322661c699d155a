//! An upload on its way into the script: examined, kept as it came, and kept as it is played; decoded and encoded once.

use std::sync::Arc;

use axum::body::Bytes;
use tokio::task::spawn_blocking;
use trunkline_prompts::decode::DecodeError;
use trunkline_prompts::lab::{Report, examine};

use super::choose::Sound;
use super::ready::encode;
use super::{Script, lock};
use crate::audio_store::AudioError;

/// Why an upload was not taken.
#[derive(Debug, thiserror::Error)]
pub enum NotTaken {
    /// It cannot be used.
    #[error(transparent)]
    Upload(#[from] DecodeError),
    /// It cannot be kept.
    #[error(transparent)]
    Kept(#[from] AudioError),
    /// We failed.
    #[error("the recording cannot be prepared; try again")]
    Failed,
}

impl Script {
    /// Takes an upload in, one after the other, because ten minutes of sound need some 150 MB while they are worked on. Answers the hash
    /// that it is kept under, and what was found out about it.
    pub async fn take_in(&self, upload: Bytes) -> Result<(String, Report), NotTaken> {
        let _turn = self.0.uploads.acquire().await.map_err(|_| NotTaken::Failed)?;
        let bytes = upload.clone();
        let examined = spawn_blocking(move || examine(bytes).map(|(pcm, report)| (encode(&pcm), report)));
        let (clip, report) = examined.await.map_err(|_| NotTaken::Failed)??;
        let hash = self.0.audio.put(upload).await?;
        let (inner, sound) = (Arc::clone(&self.0), hash.clone());
        let kept = spawn_blocking(move || {
            inner.on_disk.put(&sound, &clip);
            lock(&inner.cache).put(Sound::Recording { hash: sound }, clip);
        });
        kept.await.map_err(|_| NotTaken::Failed)?;
        Ok((hash, report))
    }
}
