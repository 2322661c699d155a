//! A session's row before it is queued or answered: whom it calls, from which number, with the caller's number encrypted.

use rand::Rng;
use rand::seq::IndexedRandom;
use trunkline_gateway::phone::Phone;

use super::located::{Asked, keyed, session_list};
use crate::places::LookupError;
use crate::places::geocoder::GeocoderError;
use crate::privacy::campaign::{CampaignKeyError, keys_of};
use crate::privacy::{PrivacyError, last_two, new_secret, secret_hash};
use crate::runtime::App;
use crate::store::campaigns::Campaign;
use crate::store::numbers::Number;
use crate::store::sessions::{Direction, Session, SessionState, SessionTarget};
use crate::store::{Db, StoreError, numbers};

/// What is asked for. The guards have passed it already.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Who called whom.
    pub direction: Direction,
    /// The caller.
    pub phone: Phone,
    /// The caller's country, lower case; empty takes it from the number.
    pub country: String,
    /// Postal code or what else was given; empty when none was.
    pub location: String,
    /// Keys of targets of the campaign's list, in the order in which they are to be called; empty is the whole list.
    pub target_keys: Vec<String>,
    /// Where the caller came from.
    pub reference: String,
    /// Record it, if the campaign does not anyway.
    pub record: bool,
    /// Our number: given for an inbound call, chosen for an outbound one.
    pub caller_id: Option<Phone>,
}

/// Why there is no session. The first three are the asker's to mend.
#[derive(Debug, thiserror::Error)]
pub enum DraftError {
    /// We have no number of that country to call from.
    #[error("no number of ours for country {country}: add one (POST /v1/numbers), or set allow_intl_calls")]
    NoNumber {
        /// Lower case.
        country: String,
    },
    /// The campaign's list has no such target.
    #[error("the campaign has no target {key}")]
    UnknownTarget {
        /// As asked for.
        key: String,
    },
    /// The campaign takes its targets from the caller's location, and none was given.
    #[error("the campaign needs the caller's location")]
    NoLocation,
    /// Nobody is known to speak for that location.
    #[error("nobody is known for location {location:?}")]
    UnknownLocation {
        /// As given.
        location: String,
    },
    /// The geocoder.
    #[error(transparent)]
    Geocoder(GeocoderError),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The keys.
    #[error(transparent)]
    Privacy(#[from] PrivacyError),
}

impl From<LookupError> for DraftError {
    fn from(error: LookupError) -> DraftError {
        match error {
            LookupError::Store(error) => DraftError::Store(error),
            LookupError::Geocoder(error) => DraftError::Geocoder(error),
        }
    }
}

/// The place and the targets of a location that the caller has keyed; `None` when nobody is known for it.
pub async fn locate(
    app: &App,
    campaign: &Campaign,
    session: &Session,
    keys: &str,
) -> Result<Option<(String, Vec<SessionTarget>)>, DraftError> {
    let Some(location) = keyed(app.db(), campaign, keys).await? else {
        return Ok(None);
    };
    let asked = Asked {
        direction: session.direction,
        location: &location,
        target_keys: &session.target_keys,
    };
    match session_list(app, campaign, asked, &mut app.rng()).await {
        Ok(targets) if targets.is_empty() => Ok(None),
        Ok(targets) => Ok(Some((location, targets))),
        Err(DraftError::UnknownLocation { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Builds the row; nothing is written. Outbound sessions are `queued`, inbound ones `live` on this node.
pub async fn draft(app: &App, campaign: &Campaign, request: Request) -> Result<Session, DraftError> {
    let mut rng = app.rng();
    let country = match request.country.as_str() {
        "" => country_of(request.phone.as_str()).unwrap_or_else(|| campaign.country.clone()),
        given => given.to_lowercase(),
    };
    let caller_id = match &request.caller_id {
        Some(number) => number.as_str().to_owned(),
        None => choose_number(app.db(), campaign, &country, &request.phone, &mut rng).await?,
    };
    let asked = Asked {
        direction: request.direction,
        location: &request.location,
        target_keys: &request.target_keys,
    };
    let targets = session_list(app, campaign, asked, &mut rng).await?;
    row(app, campaign, request, country, caller_id, targets).await
}

async fn row(
    app: &App,
    campaign: &Campaign,
    request: Request,
    country: String,
    caller_id: String,
    targets: Vec<SessionTarget>,
) -> Result<Session, DraftError> {
    let (id, now) = (app.clock().new_id().to_string(), app.clock().now_ms());
    let inbound = request.direction == Direction::Inbound;
    let phone = request.phone.as_str();
    let (phone_hash, phone_enc) = sealed(app, &campaign.id, phone, &id).await?;
    // Of a caller of a campaign that is forgotten not even the last digits are kept.
    let phone_last2 = phone_enc.as_ref().map_or_else(String::new, |_| last_two(phone));
    Ok(Session {
        campaign_id: campaign.id.clone(),
        direction: request.direction,
        state: if inbound {
            SessionState::Live
        } else {
            SessionState::Queued
        },
        status: if inbound { "ringing" } else { "queued" }.to_owned(),
        step: String::new(),
        phone_hash,
        phone_enc,
        phone_last2,
        country,
        reference: request.reference,
        location: request.location.trim().to_owned(),
        caller_id: Some(caller_id),
        record: request.record || campaign.settings.record,
        targets,
        target_keys: request.target_keys,
        node: inbound.then(|| app.node().to_owned()),
        lease_until: 0,
        not_before_at: 0,
        attempts: 0,
        queued_at: now,
        started_at: inbound.then_some(now),
        answered_at: None,
        ended_at: None,
        // Who dials in waits in no queue.
        queue_delay_ms: None,
        duration_ms: None,
        id,
    })
}

/// A new session for the caller of one that was lost, with the targets that it holds; `None` when the number is not kept any more.
pub async fn draft_again(app: &App, lost: &Session) -> Result<Option<Session>, DraftError> {
    let Some(phone) = phone_of(app, lost).await? else {
        return Ok(None);
    };
    let (id, now) = (app.clock().new_id().to_string(), app.clock().now_ms());
    let (phone_hash, phone_enc) = sealed(app, &lost.campaign_id, phone.as_str(), &id).await?;
    Ok(Some(Session {
        state: SessionState::Queued,
        status: "queued".to_owned(),
        step: String::new(),
        phone_hash,
        phone_enc,
        node: None,
        lease_until: 0,
        not_before_at: 0,
        queued_at: now,
        started_at: None,
        answered_at: None,
        ended_at: None,
        queue_delay_ms: None,
        duration_ms: None,
        id,
        ..lost.clone()
    }))
}

/// What a session's encrypted number is bound to (`privacy::Keys::encrypt`).
pub fn phone_context(session_id: &str) -> String {
    format!("session:{session_id}")
}

/// The number of a session as it is kept. Who dials a number of a campaign that is forgotten leaves a reference to nobody.
async fn sealed(
    app: &App,
    campaign_id: &str,
    phone: &str,
    session_id: &str,
) -> Result<(String, Option<String>), DraftError> {
    match keys_of(app, campaign_id).await {
        Ok(keys) => {
            let enc = keys.encrypt(phone, &phone_context(session_id))?;
            Ok((keys.phone_ref(phone), Some(enc)))
        }
        Err(CampaignKeyError::Destroyed) => Ok((secret_hash(&new_secret()?), None)),
        Err(CampaignKeyError::Privacy(error)) => Err(error.into()),
        Err(CampaignKeyError::Store(error)) => Err(error.into()),
    }
}

/// The caller's number of a session; `None` after the retention time, or when it was written with other keys.
pub async fn phone_of(app: &App, session: &Session) -> Result<Option<Phone>, StoreError> {
    let Some(sealed) = session.phone_enc.as_deref() else {
        return Ok(None);
    };
    match keys_of(app, &session.campaign_id).await {
        Ok(keys) => {
            let plain = keys.decrypt(sealed, &phone_context(&session.id));
            Ok(plain.ok().and_then(|plain| Phone::new(plain).ok()))
        }
        Err(CampaignKeyError::Destroyed | CampaignKeyError::Privacy(_)) => Ok(None),
        Err(CampaignKeyError::Store(error)) => Err(error),
    }
}

/// A number of the caller's country, at random; any of the campaign's when it calls abroad.
async fn choose_number(
    db: &Db,
    campaign: &Campaign,
    country: &str,
    caller: &Phone,
    rng: &mut impl Rng,
) -> Result<String, DraftError> {
    let mut all = numbers::for_campaign(db, &campaign.id).await?;
    let of_country: Vec<Number> = all
        .iter()
        .filter(|n| is_of(&n.e164, country, caller))
        .cloned()
        .collect();
    if !of_country.is_empty() {
        all = of_country;
    } else if !campaign.settings.allow_intl_calls {
        all.clear();
    }
    let chosen = all.choose(rng).map(|number| number.e164.clone());
    chosen.ok_or_else(|| DraftError::NoNumber {
        country: country.to_owned(),
    })
}

/// A number that no plan knows (a test number) counts as of the caller's country when it has the same calling code.
fn is_of(number: &str, country: &str, caller: &Phone) -> bool {
    match country_of(number) {
        Some(of) => of == country,
        None => calling_code(number).is_some_and(|code| calling_code(caller.as_str()) == Some(code)),
    }
}

/// ISO 3166 in lower case.
pub fn country_of(e164: &str) -> Option<String> {
    let number = phonenumber::parse(None, e164).ok()?;
    Some(number.country().id()?.as_ref().to_lowercase())
}

/// The calling code: 1 of +12025550123.
fn calling_code(e164: &str) -> Option<u16> {
    Some(phonenumber::parse(None, e164).ok()?.country().code())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_numbers_country() {
        for (number, country) in [
            ("+12025550123", Some("us")),
            ("+14165550123", Some("ca")),
            ("+4930901820", Some("de")),
            ("+353861234567", Some("ie")),
            ("+19999999999", None),
        ] {
            assert_eq!(country_of(number).as_deref(), country, "{number}");
        }
    }

    #[test]
    fn a_test_number_counts_by_its_calling_code() {
        let phone = |text| Phone::new(text).expect("a number");
        assert!(is_of("+12025550100", "us", &phone("+12025550123")));
        assert!(!is_of("+14165550100", "us", &phone("+12025550123")));
        assert!(is_of("+19999999999", "us", &phone("+12025550123")));
        assert!(!is_of("+19999999999", "de", &phone("+4930901820")));
    }
}
