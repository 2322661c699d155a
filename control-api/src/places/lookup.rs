//! From what a caller gave as their place to the officials who speak for it: one query for the divisions, one for their officials.

use std::collections::BTreeSet;

use super::geocoder::{Geocoder, GeocoderError, Place};
use super::{Point, is_called, ocd, postal};
use crate::store::campaigns::{LocateBy, Subtype};
use crate::store::officials::Official;
use crate::store::{Db, StoreError, divisions, officials};

/// What is looked for.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// ISO 3166 in lower case.
    pub country: &'a str,
    /// The campaign's type: whose role it is.
    pub kind: &'a str,
    /// Which of them.
    pub subtype: Subtype,
    /// How the place is given.
    pub locate_by: LocateBy,
    /// The place, as the caller gave it.
    pub location: &'a str,
}

/// Who speaks for a place. Nobody in particular order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Found {
    /// The officials.
    pub officials: Vec<Official>,
    /// Where the caller is, when that came with it.
    pub point: Option<Point>,
}

/// Why there is no answer. That a place is not known is an answer.
#[derive(Debug, thiserror::Error)]
pub enum LookupError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The geocoder.
    #[error(transparent)]
    Geocoder(#[from] GeocoderError),
}

/// Looks up. `None` when the place is not known, or nobody speaks for it.
pub async fn look_up(
    db: &Db,
    geocoder: Option<&dyn Geocoder>,
    wanted: &Wanted<'_>,
) -> Result<Option<Found>, LookupError> {
    let location = wanted.location.trim();
    let (divisions, point) = match wanted.locate_by {
        LocateBy::None => (vec![ocd::of_country(wanted.country)], None),
        LocateBy::Postal => (by_code(db, wanted.country, location).await?, None),
        LocateBy::District => (by_district(db, wanted.country, location).await?, None),
        LocateBy::LatLon => match (Point::parse(location), geocoder) {
            (Some(point), Some(geocoder)) => {
                by_place(db, wanted.country, geocoder.reverse(point).await?).await?
            }
            (Some(_) | None, Some(_) | None) => return Ok(None),
        },
        LocateBy::Address => match geocoder {
            Some(geocoder) if !location.is_empty() => {
                by_place(
                    db,
                    wanted.country,
                    geocoder.search(wanted.country, location).await?,
                )
                .await?
            }
            Some(_) | None => return Ok(None),
        },
    };
    let found = of_divisions(db, wanted, &divisions).await?;
    Ok((!found.is_empty()).then_some(Found {
        officials: found,
        point,
    }))
}

/// Divisions of a postal code: all of them where it lies in several.
async fn by_code(db: &Db, country: &str, typed: &str) -> Result<Vec<String>, StoreError> {
    let Some(code) = postal::canonical(country, typed) else {
        return Ok(Vec::new());
    };
    for code in postal::candidates(country, &code) {
        let found = divisions::of_postal_code(db, country, &code).await?;
        if !found.is_empty() {
            return Ok(found);
        }
    }
    Ok(Vec::new())
}

/// Divisions of that name, or the one with that id.
async fn by_district(db: &Db, country: &str, typed: &str) -> Result<Vec<String>, StoreError> {
    let lower = typed.to_lowercase();
    let key = if ocd::is_id(&lower) {
        lower
    } else {
        ocd::name_key(typed)
    };
    let found = divisions::by_name(db, country, &key).await?;
    Ok(found.into_iter().map(|division| division.id).collect())
}

/// A place's divisions by its postal code: geocoders know codes, and the codes' districts are in our own data.
async fn by_place(
    db: &Db,
    country: &str,
    place: Option<Place>,
) -> Result<(Vec<String>, Option<Point>), StoreError> {
    match place {
        Some(place) if place.country.is_empty() || place.country == country => {
            let found = by_code(db, country, &place.postal_code).await?;
            Ok((found, Some(place.point)))
        }
        Some(_) | None => Ok((Vec::new(), None)),
    }
}

/// Officials of the divisions and of all that they lie in.
async fn of_divisions(db: &Db, wanted: &Wanted<'_>, inner: &[String]) -> Result<Vec<Official>, StoreError> {
    if inner.is_empty() {
        return Ok(Vec::new());
    }
    let all: BTreeSet<&str> = inner.iter().flat_map(|id| ocd::with_parents(id)).collect();
    let all: Vec<String> = all.into_iter().map(str::to_owned).collect();
    let mut found = officials::of_divisions(db, wanted.kind, &all).await?;
    let called = |o: &Official| is_called(wanted.kind, wanted.subtype, o.chamber);
    found.retain(called);
    if wanted.locate_by != LocateBy::District && needs_districts(wanted, &found) {
        for state in unmapped(db, wanted.kind, inner).await? {
            let mut whole = officials::below_division(db, wanted.kind, state).await?;
            whole.retain(called);
            found.extend(whole);
        }
    }
    Ok(found)
}

/// Nobody of a legislature was found: its districts may not be known by postal code.
fn needs_districts(wanted: &Wanted<'_>, found: &[Official]) -> bool {
    let in_district = |o: &Official| ocd::first_level(&o.division_id) != o.division_id;
    wanted.subtype != Subtype::Exec && !found.iter().any(in_district)
}

/// States (provinces) of the place for which nobody has said which postal code lies in which of their own districts. All their members
/// are called then: it is the smallest list that surely holds the caller's own. `import divisions` with postal codes makes it exact.
async fn unmapped<'a>(db: &Db, kind: &str, inner: &'a [String]) -> Result<Vec<&'a str>, StoreError> {
    let states: BTreeSet<&str> = inner.iter().map(|id| ocd::first_level(id)).collect();
    let mut unmapped = Vec::new();
    for state in states {
        // The country itself is no state.
        if state.contains('/')
            && state.matches('/').count() > 1
            && !divisions::has_codes_below(db, state, kind).await?
        {
            unmapped.push(state);
        }
    }
    Ok(unmapped)
}

#[cfg(test)]
mod tests;
