//! A key of its own for every campaign, wrapped by the installation's: destroying one row forgets every caller of that campaign.
//!
//! ```text
//! key file (outside the database) ─encrypts─► campaign_keys.wrapped ─► reference and encryption of the campaign's numbers
//! ```

use super::{KEY_BYTES, Keys, PrivacyError, random_bytes};
use crate::runtime::App;
use crate::store::{Db, StoreError, campaign_keys};

/// Why a campaign's key is not to be had.
#[derive(Debug, thiserror::Error)]
pub enum CampaignKeyError {
    /// It was destroyed: nobody can read the campaign's numbers any more, and no new ones are kept.
    #[error("the campaign's key is destroyed: its callers are forgotten")]
    Destroyed,
    /// The key file is another one, or there is no randomness.
    #[error(transparent)]
    Privacy(#[from] PrivacyError),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The keys of a campaign; made when it has none yet.
pub async fn keys_of(app: &App, campaign_id: &str) -> Result<Keys, CampaignKeyError> {
    keys_in(app.db(), app.keys(), campaign_id, app.clock().now_ms()).await
}

/// The same, where no whole program runs.
pub async fn keys_in(
    db: &Db,
    installation: &Keys,
    campaign_id: &str,
    now: i64,
) -> Result<Keys, CampaignKeyError> {
    let row = match campaign_keys::get(db, campaign_id).await? {
        Some(row) => row,
        None => {
            let wrapped = wrapped_new(installation, campaign_id)?;
            campaign_keys::get_or_set(db, campaign_id, &wrapped, now).await?
        }
    };
    let wrapped = row.wrapped.ok_or(CampaignKeyError::Destroyed)?;
    Ok(unwrap(installation, campaign_id, &wrapped)?)
}

/// Every keyed reference that a number has in some campaign, to look for a caller over all of them.
pub async fn refs_everywhere(app: &App, e164: &str) -> Result<Vec<(String, String)>, CampaignKeyError> {
    let mut refs = Vec::new();
    for row in campaign_keys::all(app.db()).await? {
        if let Some(wrapped) = &row.wrapped {
            let keys = unwrap(app.keys(), &row.campaign_id, wrapped)?;
            refs.push((row.campaign_id, keys.phone_ref(e164)));
        }
    }
    Ok(refs)
}

fn wrapped_new(installation: &Keys, campaign_id: &str) -> Result<String, PrivacyError> {
    let both = [random_bytes::<KEY_BYTES>()?, random_bytes::<KEY_BYTES>()?];
    installation.encrypt(&hex::encode(both.concat()), &context(campaign_id))
}

fn unwrap(installation: &Keys, campaign_id: &str, wrapped: &str) -> Result<Keys, PrivacyError> {
    let plain = installation.decrypt(wrapped, &context(campaign_id))?;
    let bytes = hex::decode(plain).map_err(|_| PrivacyError::Undecipherable)?;
    let (Some(hmac), Some(aead)) = (bytes.first_chunk(), bytes.last_chunk()) else {
        return Err(PrivacyError::Undecipherable);
    };
    Ok(Keys::new(*hmac, *aead))
}

fn context(campaign_id: &str) -> String {
    format!("campaign-key:{campaign_id}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_campaigns_key_is_its_own_and_opens_with_the_installations_alone() {
        let ours = Keys::new([1; KEY_BYTES], [2; KEY_BYTES]);
        let wrapped = wrapped_new(&ours, "a").unwrap();
        let keys = unwrap(&ours, "a", &wrapped).unwrap();
        assert_ne!(keys.phone_ref("+12025550123"), ours.phone_ref("+12025550123"));
        let again = unwrap(&ours, "a", &wrapped).unwrap();
        assert_eq!(keys.phone_ref("+12025550123"), again.phone_ref("+12025550123"));
        assert!(unwrap(&ours, "b", &wrapped).is_err(), "bound to its campaign");
        let other = Keys::new([1; KEY_BYTES], [9; KEY_BYTES]);
        assert!(unwrap(&other, "a", &wrapped).is_err());
        let second = unwrap(&ours, "a", &wrapped_new(&ours, "a").unwrap()).unwrap();
        assert_ne!(keys.phone_ref("+12025550123"), second.phone_ref("+12025550123"));
    }
}
