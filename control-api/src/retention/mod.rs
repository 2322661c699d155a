//! What is kept of callers, and for how long (CAMPAIGNS.md 9).
//!
//! ```text
//! session ends ─ retention_days ─► number, location, timeline, keys pressed and recording go; the rows that are counted stay
//! campaign archived ─ retention_days, or POST …/forget ─► its key is destroyed: no reference of its callers leads to a number any more
//! ```
//!
//! Events go after [`events::RETENTION_DAYS`], whoever they are of.
//!
//! What is keyed by the installation itself, and so outlives a campaign: entries of the blocklist and opt-outs, which must be honoured, and
//! rate limits over all campaigns, for a day at most.

mod forget;
mod recordings;

#[cfg(test)]
mod tests;

use std::time::Duration;

use crate::runtime::App;
use crate::store::campaigns::{self, Campaign};
use crate::store::grants::Reach;
use crate::store::{self, Page, audit, campaign_keys, events, retention};
pub(crate) use forget::{ForgetError, forget};
pub(crate) use recordings::FOLDER as RECORDINGS;

/// How often it is looked what may go.
const LOOK: Duration = Duration::from_secs(600);
/// Campaigns read at once.
const PAGE: i64 = 500;
/// Rate limits and idempotency keys reach back so far.
pub(crate) const DAY_MS: i64 = 24 * 3_600_000;

/// Looks for ever; drop the task to end it. Every node does: what is in the database goes once, recordings lie on each node's own disk.
pub(crate) async fn run(app: App) {
    let mut tick = tokio::time::interval(LOOK);
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tick.tick().await;
        if let Err(error) = look(&app).await {
            tracing::warn!(%error, "what is kept too long cannot be deleted; it is tried again");
        }
    }
}

/// Deletes what has been kept for long enough.
pub(crate) async fn look(app: &App) -> Result<(), ForgetError> {
    let now = app.clock().now_ms();
    retention::sweep(app.db(), now - DAY_MS).await?;
    audit::sweep(app.db(), now).await?;
    events::sweep(app.db(), now - events::RETENTION_DAYS * DAY_MS).await?;
    let mut expired = 0;
    for campaign in all(app).await? {
        expired += retention::expire(app.db(), &campaign.id, kept_since(&campaign, now)).await?;
        if is_over(app, &campaign, now).await? {
            match forget(app, &campaign.id).await {
                Ok(_) => {}
                Err(error @ ForgetError::Store(_)) => return Err(error),
                // One key that cannot be opened stands in nobody's way.
                Err(error @ ForgetError::Key(_)) => {
                    tracing::error!(campaign.id = campaign.id, %error, "a campaign cannot be forgotten");
                }
            }
        }
    }
    if expired > 0 {
        tracing::info!(
            sessions = expired,
            "callers of these sessions are forgotten: their time is over"
        );
        retention::shed(app.db()).await?;
    }
    recordings::sweep(app).await;
    Ok(())
}

/// What ended before this is kept no longer.
fn kept_since(campaign: &Campaign, now: i64) -> i64 {
    now - i64::from(campaign.settings.retention_days) * DAY_MS
}

/// Archived for longer than its callers are kept, and not forgotten yet.
async fn is_over(app: &App, campaign: &Campaign, now: i64) -> store::Result<bool> {
    if campaign
        .archived_at
        .is_none_or(|at| at >= kept_since(campaign, now))
    {
        return Ok(false);
    }
    let key = campaign_keys::get(app.db(), &campaign.id).await?;
    Ok(key.is_some_and(|key| key.destroyed_at.is_none()))
}

async fn all(app: &App) -> store::Result<Vec<Campaign>> {
    let mut all = Vec::new();
    let mut page = Page::first(PAGE);
    loop {
        let read = campaigns::list(app.db(), None, &Reach::Everything, &page).await?;
        all.extend(read.items);
        match read.next {
            Some(next) => page.after = Some(next),
            None => return Ok(all),
        }
    }
}
