//! A session's row made into an order: everything it needs to run without database and HTTP.

use std::time::Duration;

use trunkline_gateway::command::SessionOrder;
use trunkline_gateway::ids::{CampaignId, SessionId};
use trunkline_gateway::phone::Phone;
use trunkline_prompts::key::PromptKey;
use uuid::Uuid;

use crate::campaign::{OwnIntro, Vouched, phone_of, session_flow, targets_now};
use crate::daily;
use crate::retention;
use crate::runtime::App;
use crate::store::StoreError;
use crate::store::campaigns::{Campaign, SegmentBy};
use crate::store::nodes;
use crate::store::prompts;
use crate::store::sessions::Session;

/// Why there is no order.
#[derive(Debug, thiserror::Error)]
pub(super) enum OrderError {
    /// The number is gone, or was encrypted with another key.
    #[error("the caller's number cannot be read")]
    NoPhone,
    /// The row has no number of ours.
    #[error("the session has no number of ours to call from")]
    NoCallerId,
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// An order with all its sounds.
pub(super) async fn session_order(
    app: &App,
    campaign: &Campaign,
    session: &Session,
    vouched: Vouched,
) -> Result<SessionOrder, OrderError> {
    let caller = phone_of(app, session).await?.ok_or(OrderError::NoPhone)?;
    let session = &Session {
        targets: targets_now(app, campaign, session).await?,
        ..session.clone()
    };
    let daily = daily::offer(app, campaign, session, &caller).await?;
    let spoken_of = match daily {
        Some(_) => Some(daily::spoken_of(app, campaign, session, &caller).await?),
        None => None,
    };
    let mut order = bare_order(app, campaign, session, vouched, daily, caller).await?;
    order.clips = app
        .script()
        .book(app.db(), campaign, session, spoken_of.as_ref())
        .await?;
    Ok(order)
}

/// An order without sounds, for a caller who is waiting to be answered: they follow by `AddClips`. `daily` as [`daily::offer`] says.
pub(super) async fn bare_order(
    app: &App,
    campaign: &Campaign,
    session: &Session,
    vouched: Vouched,
    daily: Option<bool>,
    caller: Phone,
) -> Result<SessionOrder, OrderError> {
    let caller_id = session
        .caller_id
        .as_deref()
        .and_then(|number| Phone::new(number).ok())
        .ok_or(OrderError::NoCallerId)?;
    let own_intro = own_intro(app, campaign, session).await?;
    Ok(SessionOrder {
        session: SessionId(uuid(&session.id)),
        campaign: CampaignId(uuid(&session.campaign_id)),
        caller_ref: session.phone_hash.clone(),
        caller,
        caller_id_ref: app.keys().phone_ref(caller_id.as_str()),
        caller_id,
        target_refs_plain: true,
        flow: Box::new(session_flow(
            campaign,
            session,
            vouched,
            daily,
            own_intro,
            app.clock(),
        )),
        clips: trunkline_gateway::flow::ClipBook::new(),
        max_duration: Duration::from_millis(campaign.settings.timers.session_ms),
        max_per_number: share(
            campaign.settings.max_per_number,
            nodes::list(app.db()).await?.len(),
        ),
        retry_one_way: campaign.settings.retry_one_way,
        record_to: record_to(app, session).await,
    })
}

/// This node's part of what all nodes together may ring one number (CAMPAIGNS.md 4). A dead node counts until its calls were hung up. Where
/// there are more nodes than calls allowed, each may make one.
fn share(max_per_number: u32, nodes: usize) -> u32 {
    let nodes = u32::try_from(nodes).unwrap_or(u32::MAX).max(1);
    (max_per_number / nodes).max(1)
}

/// Whether callers who are asked for their location hear an introduction of its own; only they need to know.
async fn own_intro(app: &App, campaign: &Campaign, session: &Session) -> Result<OwnIntro, StoreError> {
    if campaign.segment_by == SegmentBy::Custom || !session.targets.is_empty() {
        return Ok(OwnIntro::Plain);
    }
    let selected = prompts::selected(app.db(), &campaign.id).await?;
    let key = PromptKey::IntroLocation.as_str();
    Ok(if selected.iter().any(|(selection, _)| selection.key == key) {
        OwnIntro::Location
    } else {
        OwnIntro::Plain
    })
}

/// The session's own folder; without it the call goes on unrecorded, and the log says so.
async fn record_to(app: &App, session: &Session) -> Option<std::path::PathBuf> {
    if !session.record {
        return None;
    }
    let folder = app
        .config()
        .node
        .data_dir
        .join(retention::RECORDINGS)
        .join(&session.id);
    match tokio::fs::create_dir_all(&folder).await {
        Ok(()) => Some(folder),
        Err(error) => {
            tracing::error!(session.id = session.id, %error, folder = %folder.display(), "the call cannot be recorded");
            None
        }
    }
}

/// Ids of rows are UUIDs that we made ourselves.
fn uuid(text: &str) -> Uuid {
    text.parse().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::share;

    #[test]
    fn the_office_guard_is_shared_among_the_nodes() {
        let shares: Vec<u32> = (0..6).map(|nodes| share(4, nodes)).collect();
        assert_eq!(shares, [4, 4, 2, 1, 1, 1]);
    }
}
