//! Recordings of sessions, on this node's disk: they go with their callers.

use std::collections::HashMap;
use std::path::PathBuf;

use super::kept_since;
use crate::runtime::App;
use crate::store::{self, StoreError, campaign_keys, campaigns, retention};

/// Folder of recordings within `[node] data_dir`; one folder a session in it.
pub(crate) const FOLDER: &str = "recordings";

/// Deletes the recordings of sessions whose retention time is over, whose campaign is forgotten, or that are gone. What cannot be deleted
/// is logged and tried again the next time.
pub(crate) async fn sweep(app: &App) {
    let folder = app.config().node.data_dir.join(FOLDER);
    let Ok(mut entries) = tokio::fs::read_dir(&folder).await else {
        // Nothing was ever recorded here.
        return;
    };
    let mut campaigns = HashMap::new();
    while let Ok(Some(entry)) = entries.next_entry().await {
        let name = entry.file_name();
        let Some(session) = name.to_str().filter(|name| name.parse::<uuid::Uuid>().is_ok()) else {
            continue;
        };
        match may_go(app, session, &mut campaigns).await {
            Ok(true) => remove(entry.path()).await,
            Ok(false) => {}
            Err(error) => {
                tracing::warn!(%error, "recordings cannot be looked through; it is tried again");
                return;
            }
        }
    }
}

async fn remove(path: PathBuf) {
    if let Err(error) = tokio::fs::remove_dir_all(&path).await {
        tracing::error!(%error, folder = %path.display(), "a recording cannot be deleted");
    }
}

/// `campaigns` remembers until when each campaign's sessions are kept; nothing for one that is forgotten.
async fn may_go(
    app: &App,
    session: &str,
    campaigns: &mut HashMap<String, Option<i64>>,
) -> store::Result<bool> {
    let Some((campaign, ended_at)) = retention::session_end(app.db(), session).await? else {
        return Ok(true);
    };
    // Whoever is on the line is still being recorded.
    let Some(ended_at) = ended_at else {
        return Ok(false);
    };
    let kept = match campaigns.get(&campaign) {
        Some(kept) => *kept,
        None => {
            let kept = kept(app, &campaign).await?;
            campaigns.insert(campaign, kept);
            kept
        }
    };
    Ok(kept.is_none_or(|since| ended_at < since))
}

async fn kept(app: &App, campaign_id: &str) -> store::Result<Option<i64>> {
    let key = campaign_keys::get(app.db(), campaign_id).await?;
    if key.is_some_and(|key| key.destroyed_at.is_some()) {
        return Ok(None);
    }
    match campaigns::get(app.db(), campaign_id).await {
        Ok(campaign) => Ok(Some(kept_since(&campaign, app.clock().now_ms()))),
        Err(StoreError::NotFound) => Ok(None),
        Err(error) => Err(error),
    }
}
