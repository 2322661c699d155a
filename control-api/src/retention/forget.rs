//! Forgetting a campaign's callers: its key is destroyed, and everything that could lead to a number with it. Counts survive.

use super::{DAY_MS, recordings};
use crate::campaign::phone_context;
use crate::privacy::campaign::{CampaignKeyError, keys_of};
use crate::runtime::App;
use crate::store::{StoreError, campaign_keys, retention};

/// What was forgotten.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Forgotten {
    /// When the key was destroyed.
    pub(crate) at: i64,
    /// Sessions whose callers were still known.
    pub(crate) sessions: u64,
    /// Subscriptions that it ended.
    pub(crate) schedules: u64,
}

/// Why it was not done, or not wholly: to be asked for again.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ForgetError {
    /// The campaign's key cannot be opened.
    #[error(transparent)]
    Key(#[from] CampaignKeyError),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Forgets the callers of an archived campaign, for good. Done twice, it answers the same and does what the first time left undone.
pub(crate) async fn forget(app: &App, campaign_id: &str) -> Result<Forgotten, ForgetError> {
    let (db, now) = (app.db(), app.clock().now_ms());
    for session in retention::queued(db, campaign_id).await? {
        app.cancel_queued(&session, "").await?;
    }
    let counted = counted(app, campaign_id, now).await?;
    let schedules = retention::destroy(db, campaign_id, &counted, now).await?;
    let sessions = retention::expire(db, campaign_id, i64::MAX).await?;
    retention::wipe(db).await?;
    recordings::sweep(app).await;
    let key = campaign_keys::get(db, campaign_id).await?;
    tracing::info!(
        campaign.id = campaign_id,
        sessions,
        schedules,
        "the campaign's callers are forgotten"
    );
    Ok(Forgotten {
        at: key.and_then(|key| key.destroyed_at).unwrap_or(now),
        sessions,
        schedules,
    })
}

/// Under which keys, that hold over all campaigns, the last day's callers of the campaign are counted. Without them a caller has
/// their limit of the day anew.
async fn counted(app: &App, campaign_id: &str, now: i64) -> Result<Vec<String>, ForgetError> {
    let keys = match keys_of(app, campaign_id).await {
        Ok(keys) => keys,
        Err(CampaignKeyError::Destroyed) => return Ok(Vec::new()),
        Err(error) => return Err(error.into()),
    };
    let numbers = retention::recent_numbers(app.db(), campaign_id, now - DAY_MS).await?;
    let phones = numbers
        .iter()
        .filter_map(|(id, sealed)| keys.decrypt(sealed, &phone_context(id)).ok());
    Ok(phones
        .map(|phone| format!("phone:{}", app.keys().phone_ref(&phone)))
        .collect())
}
