//! Whether a campaign's look-up can ever find anybody: asked when the campaign is saved, so that no caller is the first to learn it.

use super::ocd;
use crate::store::campaigns::{Campaign, LocateBy, SegmentBy};
use crate::store::{Db, StoreError, divisions, officials};

/// What a look-up lacks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missing {
    /// Nobody of that role is known in that country.
    Officials,
    /// No postal code of that country is known.
    PostalCodes,
    /// The installation has no geocoder.
    Geocoder,
    /// The officials sit in parts of the country, and the campaign asks for no place.
    Place,
}

/// The first thing that is missing; `None` when the campaign's locations can be resolved, or need not be.
pub async fn missing(
    db: &Db,
    has_geocoder: bool,
    campaign: &Campaign,
) -> Result<Option<Missing>, StoreError> {
    if campaign.segment_by == SegmentBy::Custom {
        return Ok(None);
    }
    let (country, kind) = (campaign.country.as_str(), campaign.kind.as_str());
    if !officials::has_role(db, country, kind).await? {
        return Ok(Some(Missing::Officials));
    }
    let codes = || divisions::has_postal_codes(db, country);
    Ok(match campaign.locate_by {
        LocateBy::None => {
            let of_country = officials::of_divisions(db, kind, &[ocd::of_country(country)]).await?;
            of_country.is_empty().then_some(Missing::Place)
        }
        LocateBy::District => None,
        LocateBy::Address | LocateBy::LatLon if !has_geocoder => Some(Missing::Geocoder),
        LocateBy::Postal | LocateBy::Address | LocateBy::LatLon => {
            (!codes().await?).then_some(Missing::PostalCodes)
        }
    })
}
