//! Sessions that were lost with their node: dialled again, once, when their campaign says so (DESIGN.md 6).
//!
//! The new session calls only those whom the lost one had not come to: a target whose call was over has had its call.

use std::collections::BTreeSet;

use crate::campaign::{DraftError, draft_again};
use crate::runtime::App;
use crate::store::campaigns::{self, CampaignStatus};
use crate::store::sessions::{self, Direction, Lost, Session};
use crate::store::{StoreError, calls};

/// Times that a session may be dialled, all in all.
const MOST_ATTEMPTS: i64 = 2;

#[derive(Debug, thiserror::Error)]
enum NotAgain {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Draft(#[from] DraftError),
}

/// Queues anew what may be dialled again. To be called once with what recovery closed; what fails is logged and left.
pub(crate) async fn redial(app: &App, lost: &[Lost]) {
    let mut again = 0;
    for session in lost {
        match one(app, session).await {
            Ok(true) => again += 1,
            Ok(false) => {}
            Err(error) => {
                tracing::warn!(session.id = session.id, %error, "a lost session is not dialled again")
            }
        }
    }
    if again > 0 {
        tracing::info!(sessions = again, "lost sessions are dialled again");
        app.wake().queue.notify_one();
    }
}

async fn one(app: &App, lost: &Lost) -> Result<bool, NotAgain> {
    let campaign = campaigns::get(app.db(), &lost.campaign_id).await?;
    if !campaign.settings.redial_lost || campaign.status != CampaignStatus::Live {
        return Ok(false);
    }
    let mut session = sessions::get(app.db(), &lost.id).await?;
    if session.direction == Direction::Inbound || session.attempts >= MOST_ATTEMPTS {
        return Ok(false);
    }
    let had = session.targets.len();
    leave_out_called(app, &mut session).await?;
    if session.targets.is_empty() && had > 0 {
        return Ok(false);
    }
    let Some(next) = draft_again(app, &session).await? else {
        return Ok(false);
    };
    sessions::create(app.db(), &next).await?;
    Ok(true)
}

async fn leave_out_called(app: &App, session: &mut Session) -> Result<(), StoreError> {
    let calls = calls::of_session(app.db(), &session.id).await?;
    let called: BTreeSet<&str> = calls
        .iter()
        .filter(|call| call.outcome.as_deref() != Some("node_lost"))
        .map(|call| call.target_key.as_str())
        .collect();
    session.targets.retain(|t| !called.contains(t.key.as_str()));
    Ok(())
}
