//! What a session's flow may say about daily calls: nothing, the offer, or that the caller has them.

use trunkline_gateway::phone::Phone;

use crate::runtime::App;
use crate::store::campaigns::Campaign;
use crate::store::sessions::Session;
use crate::store::{self, optouts, schedules};

/// `None`: nothing is said. `Some(true)`: the caller is subscribed and hears how to end it, in every call and whether the campaign still
/// offers subscriptions or not. `Some(false)`: they are offered.
pub(crate) async fn offer(
    app: &App,
    campaign: &Campaign,
    session: &Session,
    caller: &Phone,
) -> store::Result<Option<bool>> {
    // Who withholds the number is known by ours, and cannot be called.
    if session.caller_id.as_deref() == Some(caller.as_str()) {
        return Ok(None);
    }
    let standing = schedules::standing(app.db(), &campaign.id, &session.phone_hash).await?;
    if standing.is_some() {
        return Ok(Some(true));
    }
    if !campaign.settings.prompt_schedule {
        return Ok(None);
    }
    // Who asked never to be called daily is not asked again.
    let opted_out = optouts::has(app.db(), &app.keys().phone_ref(caller.as_str())).await?;
    Ok((!opted_out).then_some(false))
}
