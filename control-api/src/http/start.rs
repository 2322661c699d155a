//! Starting a session: what POST /v1/sessions and /call/create have in common. Guards, draft, count, queue, in this order.

use std::net::IpAddr;

use trunkline_gateway::ids::CampaignId;
use trunkline_gateway::phone::Phone;
use trunkline_gateway::trunk::select::{Call, TrunkState, select};

use super::line;
use crate::campaign::{self, DraftError};
use crate::daily;
use crate::guards::number::{NumberError, normalise};
use crate::guards::{self, Asker, Refused};
use crate::runtime::App;
use crate::store::campaigns::{Campaign, LocateBy, SegmentBy};
use crate::store::sessions::{self, Direction, Session};
use crate::store::{StoreError, sessions::queue_place};

/// When somebody may try again whom no trunk could take.
const NO_TRUNK_RETRY_MS: i64 = 30_000;

/// What is said while this node drains.
pub(crate) const DRAINING: &str = "this node is shutting down and starts no calls: try again";

/// What is asked for, as it was sent.
pub(crate) struct Ask {
    /// The caller's number as typed.
    pub(crate) phone: String,
    /// The country that it was typed in.
    pub(crate) country: String,
    /// Postal code or what else was given; may be empty.
    pub(crate) location: String,
    /// Targets of the campaign's list; empty for all of them.
    pub(crate) target_keys: Vec<String>,
    /// Where the caller came from.
    pub(crate) reference: String,
    /// Record it.
    pub(crate) record: bool,
    /// The caller's address, where it is known.
    pub(crate) ip: Option<IpAddr>,
    /// Which limits hold.
    pub(crate) asker: Asker,
}

/// A session in the queue.
pub(crate) struct Started {
    /// Its row.
    pub(crate) session: Session,
    /// How many wait before it.
    pub(crate) place: i64,
}

/// Why there is none.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// The number.
    Number(NumberError),
    /// No number of ours.
    NoNumber { country: String },
    /// The campaign's list has no such target.
    UnknownTarget { key: String },
    /// The campaign needs a location.
    NoLocation,
    /// Nobody is known for it.
    UnknownLocation { location: String },
    /// The geocoder gives no answer.
    NoGeocoder { retry_after_ms: i64 },
    /// The blocklist.
    Blocked,
    /// A limit is full.
    Limited { per: String, retry_after_ms: i64 },
    /// This node takes no new calls.
    Draining { retry_after_ms: i64 },
    /// No trunk takes the number now.
    NoTrunk { retry_after_ms: i64, why: &'static str },
    /// The database.
    Store(StoreError),
    /// Our own mistake.
    Internal(String),
}

/// Starts a session of a live campaign.
pub(crate) async fn start(app: &App, campaign: &Campaign, ask: Ask) -> Result<Started, Refusal> {
    let number = normalise(&ask.phone, &ask.country).map_err(Refusal::Number)?;
    let settings = &campaign.settings;
    let own_country = [campaign.country.clone()];
    let allowed = match settings.allowed_countries.as_slice() {
        [] => &own_country[..],
        listed => listed,
    };
    number
        .may_be_called(allowed, &settings.denied_prefixes)
        .map_err(Refusal::Number)?;
    guards::blocked(app, &campaign.id, &number.phone, ask.ip).await?;
    may_look_up(app, campaign, &ask).await?;
    let request = campaign::Request {
        direction: Direction::Outbound,
        phone: number.phone.clone(),
        country: number.country,
        location: ask.location,
        target_keys: ask.target_keys,
        reference: ask.reference,
        record: ask.record,
        caller_id: None,
    };
    let session = campaign::draft(app, campaign, request).await?;
    reachable(app, campaign, &number.phone)?;
    // Whoever is called must be able to reach somebody. Targets that the caller has yet to key are not known.
    if let Some(office) = session.targets.iter().find_map(|target| target.offices.first()) {
        reachable(app, campaign, &office.phone)?;
    }
    let asker = guards::asker_of(app, &number.phone, ask.asker);
    guards::count(app, campaign, Some(&number.phone), ask.ip, asker).await?;
    sessions::create(app.db(), &session)
        .await
        .map_err(Refusal::Store)?;
    app.wake().queue.notify_one();
    let daily = match settings.prompt_schedule {
        true => daily::spoken_of(app, campaign, &session, &number.phone)
            .await
            .ok(),
        false => None,
    };
    app.script().prepare(app.db(), campaign, &session, daily);
    // A dispatcher may have taken it already: then nobody is before it.
    let place = queue_place(app.db(), &session.id).await.unwrap_or(0);
    Ok(Started { session, place })
}

/// Asking the geocoder is limited for pages, before it is asked.
async fn may_look_up(app: &App, campaign: &Campaign, ask: &Ask) -> Result<(), Refusal> {
    let asks = campaign.segment_by == SegmentBy::Location
        && matches!(campaign.locate_by, LocateBy::Address | LocateBy::LatLon)
        && !ask.location.is_empty();
    match ask.ip.filter(|_| asks && ask.asker == Asker::Public) {
        Some(ip) => Ok(guards::look_up(app, ip).await?),
        None => Ok(()),
    }
}

/// A trunk that is merely full keeps the session waiting; none at all is told at once.
fn reachable(app: &App, campaign: &Campaign, phone: &Phone) -> Result<(), Refusal> {
    if app.gateway().status().draining {
        return Err(Refusal::Draining {
            retry_after_ms: NO_TRUNK_RETRY_MS,
        });
    }
    let states = line::trunk_states(app);
    let with_room = |id| TrunkState {
        room: Ok(()),
        ..states(id)
    };
    let campaign = campaign.id.parse().ok().map(CampaignId);
    let call = Call {
        number: phone,
        campaign,
        at: Some(app.clock().now_ms()),
    };
    let selection = select(&app.snapshot(), call, with_room, &mut app.rng());
    if selection.candidates.is_empty() {
        let why = match selection.route {
            None => "no route takes this number",
            Some(_) => "no trunk can take a call to this number at this moment",
        };
        return Err(Refusal::NoTrunk {
            retry_after_ms: NO_TRUNK_RETRY_MS,
            why,
        });
    }
    Ok(())
}

impl From<Refused> for Refusal {
    fn from(refused: Refused) -> Refusal {
        match refused {
            Refused::Blocked => Refusal::Blocked,
            Refused::Limited { per, retry_after_ms } => Refusal::Limited { per, retry_after_ms },
            Refused::Store(error) => Refusal::Store(error),
        }
    }
}

impl From<DraftError> for Refusal {
    fn from(error: DraftError) -> Refusal {
        match error {
            DraftError::NoNumber { country } => Refusal::NoNumber { country },
            DraftError::UnknownTarget { key } => Refusal::UnknownTarget { key },
            DraftError::NoLocation => Refusal::NoLocation,
            DraftError::UnknownLocation { location } => Refusal::UnknownLocation { location },
            DraftError::Geocoder(error) => {
                tracing::warn!(%error, "an address could not be looked up");
                Refusal::NoGeocoder {
                    retry_after_ms: NO_TRUNK_RETRY_MS,
                }
            }
            DraftError::Store(error) => Refusal::Store(error),
            DraftError::Privacy(error) => Refusal::Internal(error.to_string()),
        }
    }
}
