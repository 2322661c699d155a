//! Recordings that no version needs any more go with all that was made of them.

use std::sync::Arc;

use tokio::task::spawn_blocking;

use super::Script;
use crate::store::{Db, recordings};

impl Script {
    /// Takes away those of these uploads that nobody needs: the bytes, what is kept ready of them, and what was found out about them. What
    /// cannot be taken away stays, and the log says so. An upload of the same bytes meanwhile makes anew what it misses.
    pub(crate) async fn drop_unused(&self, db: &Db, hashes: impl IntoIterator<Item = String>) {
        for hash in self.audio().drop_unused(db, hashes).await {
            if let Err(error) = recordings::delete(db, &hash).await {
                tracing::warn!(%error, audio.hash = hash, "what was found out about a recording was not removed");
            }
            let inner = Arc::clone(&self.0);
            // Its own failure is in the log already.
            drop(spawn_blocking(move || inner.on_disk.remove(&hash)).await);
        }
    }
}
