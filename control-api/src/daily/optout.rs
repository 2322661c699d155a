//! "Never call me daily again": every subscription of a number ends, in all campaigns, and none is made again.

use trunkline_gateway::phone::Phone;

use super::subscribe::unsubscribe;
use crate::privacy::campaign::{CampaignKeyError, refs_everywhere};
use crate::runtime::App;
use crate::store::StoreError;
use crate::store::optouts::{self, OptOut};
use crate::store::schedules::{self, EndedWhy, How};

/// Why it was not done, or not wholly: to be asked for again.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OptOutError {
    /// A campaign's key.
    #[error(transparent)]
    Key(#[from] CampaignKeyError),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Keeps the wish and ends every subscription; answers what stands and how many it ended. `how` is in the asker's words.
pub(crate) async fn opt_out(
    app: &App,
    phone: &Phone,
    how: &str,
    source: &str,
) -> Result<(OptOut, u64), OptOutError> {
    let wish = OptOut {
        id: app.clock().new_id().to_string(),
        phone_hash: app.keys().phone_ref(phone.as_str()),
        how: how.to_owned(),
        created_at: app.clock().now_ms(),
    };
    // First the wish, so that nothing is subscribed while the rest is ended.
    let kept = optouts::create(app.db(), &wish).await?;
    let mut ended = 0;
    for (campaign, phone_ref) in refs_everywhere(app, phone.as_str()).await? {
        if let Some(standing) = schedules::standing(app.db(), &campaign, &phone_ref).await?
            && unsubscribe(app, &standing.id, EndedWhy::OptOut, How::Api, source).await?
        {
            ended += 1;
        }
    }
    Ok((kept, ended))
}
