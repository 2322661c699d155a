//! Whom a session calls: the campaign's own list, those who speak for the caller's place, or both, ordered, cut, with their numbers.

use rand::Rng;

use super::draft::DraftError;
use super::flow::LocateKeys;
use super::order::{Listed, cut, ordered, session_targets, town};
use crate::places::geocoder::{Geocoder, Nominatim};
use crate::places::{self, Found, Point, Wanted, keypad, postal};
use crate::runtime::App;
use crate::store::campaigns::{Campaign, LocateBy, Ordering, SegmentBy, TargetOffices};
use crate::store::sessions::{Direction, Session, SessionTarget};
use crate::store::targets::{self, Target};
use crate::store::{Db, StoreError, divisions, officials};

/// Hours of offices are judged again after a longer wait.
const SHORT_WAIT_MS: i64 = 60_000;

/// Digits of a US ZIP.
const ZIP_DIGITS: usize = 5;

/// What is asked for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asked<'a> {
    /// An inbound caller is never turned away for a place that is not known: they hear it instead.
    pub(super) direction: Direction,
    /// As given; may be empty.
    pub(super) location: &'a str,
    /// Keys of the campaign's own list; empty is all of it.
    pub(super) target_keys: &'a [String],
}

/// The session's targets. None at all when the caller has yet to key a location, or nobody is found for an inbound call.
pub(super) async fn session_list(
    app: &App,
    campaign: &Campaign,
    asked: Asked<'_>,
    rng: &mut impl Rng,
) -> Result<Vec<SessionTarget>, DraftError> {
    let own = targets::of_campaign(app.db(), &campaign.id).await?;
    let own = match asked.target_keys {
        [] => own,
        keys => pick(own, keys)?,
    };
    let (list, near) = match campaign.segment_by {
        SegmentBy::Custom => (ordered(own, &campaign.settings, rng), None),
        SegmentBy::Location if is_own_alone(campaign, &own) => (ordered(own, &campaign.settings, rng), None),
        SegmentBy::Location => match (
            by_location(app, campaign, asked.location, own, rng).await,
            asked.direction,
        ) {
            (Err(DraftError::NoLocation), _) if keys(campaign).is_some() => (Vec::new(), None),
            (Err(DraftError::NoLocation | DraftError::UnknownLocation { .. }), Direction::Inbound) => {
                (Vec::new(), None)
            }
            (found, Direction::Inbound | Direction::Outbound) => found?,
        },
    };
    let caller = places::Caller {
        near,
        now_ms: app.clock().now_ms(),
    };
    let listed = with_offices(
        app.db(),
        cut(list, &campaign.settings),
        campaign.settings.target_offices,
    )
    .await?;
    Ok(session_targets(&listed, &campaign.settings, caller, rng))
}

/// Whom a session of a caller from this place would call, without making one.
pub(crate) async fn preview(
    app: &App,
    campaign: &Campaign,
    location: &str,
) -> Result<Vec<SessionTarget>, DraftError> {
    let asked = Asked {
        direction: Direction::Outbound,
        location,
        target_keys: &[],
    };
    session_list(app, campaign, asked, &mut app.rng()).await
}

/// The targets of a session that has waited for its turn, with the hours of their offices judged now (CAMPAIGNS.md 4: "that is open"). A
/// target that was deleted since is called as it was promised.
pub(crate) async fn targets_now(
    app: &App,
    campaign: &Campaign,
    session: &Session,
) -> Result<Vec<SessionTarget>, StoreError> {
    let which = campaign.settings.target_offices;
    let mut targets = session.targets.clone();
    let now_ms = app.clock().now_ms();
    if which == TargetOffices::Main || now_ms - session.queued_at < SHORT_WAIT_MS {
        return Ok(targets);
    }
    for target in &mut targets {
        let row = match targets::get_by_key(app.db(), &target.key).await {
            Ok(row) => row,
            Err(StoreError::NotFound) => continue,
            Err(error) => return Err(error),
        };
        for listed in with_offices(app.db(), vec![row], which).await? {
            let before = &target.offices;
            let now = places::numbers_now(
                before,
                &listed.target,
                &listed.offices,
                which,
                now_ms,
                &mut app.rng(),
            );
            if now.first().map(|office| &office.uid) != before.first().map(|office| &office.uid) {
                target.location = town(&listed, &now);
            }
            target.offices = now;
        }
    }
    Ok(targets)
}

/// A list of the campaign's own and no word about the location's: the list alone is called.
fn is_own_alone(campaign: &Campaign, own: &[Target]) -> bool {
    !own.is_empty() && campaign.settings.include_special.is_none()
}

/// What a caller can key, where the campaign goes by a location that has a form for it.
pub(crate) fn keys(campaign: &Campaign) -> Option<LocateKeys> {
    match (campaign.segment_by, campaign.locate_by, campaign.country.as_str()) {
        (SegmentBy::Location, LocateBy::Postal, "us") => Some(LocateKeys::Digits(ZIP_DIGITS)),
        (SegmentBy::Location, LocateBy::Postal, "ca") => Some(LocateKeys::Keypad(keypad::MAX_KEYS)),
        (
            SegmentBy::Location | SegmentBy::Custom,
            LocateBy::Postal | LocateBy::None | LocateBy::Address | LocateBy::LatLon | LocateBy::District,
            _,
        ) => None,
    }
}

/// The postal code that a caller keyed; `None` when there is none, or several that lie in different districts.
pub(super) async fn keyed(db: &Db, campaign: &Campaign, keys: &str) -> Result<Option<String>, StoreError> {
    let country = campaign.country.as_str();
    let meant = match country {
        "ca" => keypad::canadian(keys),
        _ => postal::canonical(country, keys).into_iter().collect(),
    };
    let mut known = divisions::known_codes(db, country, &meant).await?;
    if known.is_empty() {
        // Where only areas are known, the first three of a Canadian code.
        let areas: Vec<String> = meant
            .iter()
            .filter_map(|code| postal::candidates(country, code).into_iter().nth(1))
            .collect();
        known = divisions::known_codes(db, country, &areas).await?;
    }
    let mut places = Vec::new();
    for code in &known {
        places.push(divisions::of_postal_code(db, country, code).await?);
    }
    places.dedup();
    Ok(known.into_iter().next().filter(|_| places.len() == 1))
}

/// The installation's geocoder, if it has one.
pub fn geocoder(app: &App) -> Option<Nominatim> {
    let url = app.config().geocoder.url.clone()?;
    Some(Nominatim::new(url, app.outbound().clone()))
}

async fn by_location(
    app: &App,
    campaign: &Campaign,
    location: &str,
    own: Vec<Target>,
    rng: &mut impl Rng,
) -> Result<(Vec<Target>, Option<Point>), DraftError> {
    let settings = &campaign.settings;
    if location.trim().is_empty() && campaign.locate_by != LocateBy::None {
        return Err(DraftError::NoLocation);
    }
    let wanted = Wanted {
        country: &campaign.country,
        kind: &campaign.kind,
        subtype: settings.subtype,
        locate_by: campaign.locate_by,
        location,
    };
    let geocoder = geocoder(app);
    let geocoder = geocoder.as_ref().map(|g| g as &dyn Geocoder);
    let unknown = || DraftError::UnknownLocation {
        location: location.to_owned(),
    };
    let Found { officials, point } = places::look_up(app.db(), geocoder, &wanted)
        .await?
        .ok_or_else(unknown)?;
    let found: Vec<Target> = places::arrange(officials, &campaign.kind, settings, rng)
        .into_iter()
        .map(|official| official.target)
        .collect();
    let list = match settings.include_special {
        Some(include) if !own.is_empty() => {
            let shuffle = settings.target_ordering == Ordering::Shuffle;
            places::combine(own, found, include, shuffle, rng)
        }
        Some(_) | None => found,
    };
    if list.is_empty() {
        return Err(unknown());
    }
    Ok((list, point))
}

fn pick(mut own: Vec<Target>, keys: &[String]) -> Result<Vec<Target>, DraftError> {
    let mut picked: Vec<Target> = Vec::new();
    for key in keys {
        // A key that is named twice is called once.
        if picked.iter().any(|t| t.key == *key) {
            continue;
        }
        match own.iter().position(|t| t.key == *key) {
            Some(at) => picked.push(own.remove(at)),
            None => return Err(DraftError::UnknownTarget { key: key.clone() }),
        }
    }
    Ok(picked)
}

/// Offices are fetched where they may be called: one query for all targets.
async fn with_offices(db: &Db, list: Vec<Target>, which: TargetOffices) -> Result<Vec<Listed>, StoreError> {
    let may_be_called = |t: &&Target| which != TargetOffices::Main || t.phone.is_none();
    let ids: Vec<String> = list.iter().filter(may_be_called).map(|t| t.id.clone()).collect();
    let mut offices = officials::offices(db, &ids).await?;
    let mut listed = Vec::with_capacity(list.len());
    for target in list {
        let (own, others) = offices
            .into_iter()
            .partition(|office| office.target_id == target.id);
        offices = others;
        listed.push(Listed { target, offices: own });
    }
    Ok(listed)
}
