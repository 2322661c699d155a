//! Subscribing and ending it: by a key in a call, or through the API. Every act is kept as a consent.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use trunkline_gateway::phone::Phone;
use trunkline_prompts::key::PromptKey;

use super::calendar::{self, local_date, local_minute};
use super::zones::{Whereabouts, zone_of};
use crate::campaign::{Heard, phone_of};
use crate::privacy::campaign::{CampaignKeyError, keys_of};
use crate::privacy::{PrivacyError, last_two};
use crate::runtime::App;
use crate::store::campaigns::{self, Campaign};
use crate::store::schedules::{self, Consent, EndedWhy, How, Schedule, ScheduleStatus};
use crate::store::{self, StoreError, optouts, sessions};

/// Whoever presses 1 is called at the time of that call, but never earlier in the day…
const EARLIEST_MINUTE: i64 = 8 * 60;
/// …nor later: nobody wants a daily call in the night (47 CFR 64.1200(c)(1) says 8 to 21 o'clock).
const LATEST_MINUTE: i64 = 20 * 60 + 30;

const MINUTE_MS: i64 = 60_000;

/// A key pressed about daily calls, as the gateway told it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Keyed {
    /// In this session.
    pub(crate) session: String,
    /// `1`; else `9`.
    pub(crate) on: bool,
    /// When.
    pub(crate) at: i64,
}

/// What is asked for through the API.
#[derive(Clone, Debug)]
pub(crate) struct Wish {
    /// Whom.
    pub(crate) phone: Phone,
    /// ISO 3166, lower case.
    pub(crate) country: String,
    /// Postal code or what else was given.
    pub(crate) location: String,
    /// Where the caller came from.
    pub(crate) reference: String,
    /// IANA name; found out when it is not given.
    pub(crate) time_zone: Option<String>,
    /// Local time of day; that of the request when it is not given.
    pub(crate) minute_of_day: Option<i64>,
    /// Last local date.
    pub(crate) end_on: Option<Date>,
    /// No call on the local date of the request: the caller is on the line already.
    pub(crate) not_today: bool,
    /// Through what, by whom, and to which text the person agreed.
    pub(crate) how: How,
    /// The session, the API key, the import.
    pub(crate) source: String,
    /// Which text.
    pub(crate) version: String,
    /// The text.
    pub(crate) text: String,
}

/// Why nobody is subscribed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NotSubscribed {
    /// The number asked never to be called daily.
    #[error("this number has asked never to be called daily")]
    OptedOut,
    /// It has a subscription of this campaign already.
    #[error("this number is subscribed already")]
    Already(Box<Schedule>),
    /// No weekday is left until the end date.
    #[error("the end date leaves no day to call on")]
    NoDay,
    /// The campaign's key.
    #[error(transparent)]
    Key(#[from] CampaignKeyError),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<PrivacyError> for NotSubscribed {
    fn from(error: PrivacyError) -> NotSubscribed {
        NotSubscribed::Key(error.into())
    }
}

/// What a subscription's encrypted number is bound to.
pub(crate) fn phone_context(schedule_id: &str) -> String {
    format!("schedule:{schedule_id}")
}

/// A zone by its name; UTC for one that the data does not know any more.
pub(crate) fn zone(name: &str) -> TimeZone {
    TimeZone::get(name).unwrap_or_else(|_| {
        tracing::error!(zone = name, "no such time zone: a subscriber is called by UTC");
        TimeZone::UTC
    })
}

/// Subscribes a number to a campaign's daily calls.
pub(crate) async fn subscribe(app: &App, campaign: &Campaign, wish: Wish) -> Result<Schedule, NotSubscribed> {
    let phone = wish.phone.as_str();
    if optouts::has(app.db(), &app.keys().phone_ref(phone)).await? {
        return Err(NotSubscribed::OptedOut);
    }
    let keys = keys_of(app, &campaign.id).await?;
    let phone_hash = keys.phone_ref(phone);
    if let Some(standing) = schedules::standing(app.db(), &campaign.id, &phone_hash).await? {
        return Err(NotSubscribed::Already(Box::new(standing)));
    }
    let (id, now) = (app.clock().new_id().to_string(), app.clock().now_ms());
    let before = schedules::last_called(app.db(), &campaign.id, &phone_hash).await?;
    let times = times(app, campaign, &wish, (now, before)).await?;
    let row = Schedule {
        campaign_id: campaign.id.clone(),
        phone_hash,
        phone_enc: Some(keys.encrypt(phone, &phone_context(&id))?),
        phone_last2: last_two(phone),
        country: wish.country,
        location: wish.location,
        reference: wish.reference,
        time_zone: times.time_zone,
        minute_of_day: times.minute_of_day,
        end_on: wish.end_on.map(|date| date.to_string()),
        status: ScheduleStatus::Active,
        next_at: times.next_at,
        last_called_on: times.called_on.map(|date| date.to_string()),
        last_session_id: None,
        lease_until: 0,
        created_at: now,
        updated_at: now,
        ended_at: None,
        ended_why: None,
        id,
    };
    let consent = Consent {
        id: app.clock().new_id().to_string(),
        schedule_id: row.id.clone(),
        at: now,
        given: true,
        how: wish.how,
        source: wish.source,
        version: wish.version,
        text: wish.text,
    };
    match schedules::create(app.db(), &row, &consent).await {
        Ok(()) => Ok(row),
        // Somebody else was faster.
        Err(StoreError::Conflict { .. }) => {
            match schedules::standing(app.db(), &campaign.id, &row.phone_hash).await? {
                Some(standing) => Err(NotSubscribed::Already(Box::new(standing))),
                None => Err(NotSubscribed::Store(StoreError::NotFound)),
            }
        }
        Err(error) => Err(error.into()),
    }
}

/// When a new subscriber is called.
struct Times {
    time_zone: String,
    minute_of_day: i64,
    next_at: i64,
    called_on: Option<Date>,
}

/// `before` is when the number was last called under an earlier subscription: never twice on a day.
async fn times(
    app: &App,
    campaign: &Campaign,
    wish: &Wish,
    (now, before): (i64, Option<String>),
) -> Result<Times, NotSubscribed> {
    let caller = Whereabouts {
        phone: wish.phone.as_str(),
        country: &wish.country,
        location: &wish.location,
        campaign: &campaign.settings.time_zone,
    };
    let time_zone = match &wish.time_zone {
        Some(given) => given.clone(),
        None => zone_of(app.db(), caller).await?,
    };
    let zone = zone(&time_zone);
    // Who names no time is called at this time from the next day on, not at this very moment.
    let (minute_of_day, from) = match wish.minute_of_day {
        Some(given) => (given, now),
        None => {
            let this = local_minute(&zone, now).unwrap_or(EARLIEST_MINUTE);
            (this.clamp(EARLIEST_MINUTE, LATEST_MINUTE), now + MINUTE_MS)
        }
    };
    let today = wish.not_today.then(|| local_date(&zone, now)).flatten();
    let called_on = today.max(before.and_then(|date| date.parse().ok()));
    let due = calendar::next(&zone, minute_of_day, from, called_on).ok_or(NotSubscribed::NoDay)?;
    if wish.end_on.is_some_and(|end| due.date > end) {
        return Err(NotSubscribed::NoDay);
    }
    Ok(Times {
        time_zone,
        minute_of_day,
        next_at: due.at,
        called_on,
    })
}

/// Ends a subscription and keeps who asked for it. Answers `false` when it was over.
pub(crate) async fn unsubscribe(
    app: &App,
    schedule_id: &str,
    why: EndedWhy,
    how: How,
    source: &str,
) -> store::Result<bool> {
    let withdrawal = Consent {
        id: app.clock().new_id().to_string(),
        schedule_id: schedule_id.to_owned(),
        at: app.clock().now_ms(),
        given: false,
        how,
        source: source.to_owned(),
        version: String::new(),
        text: String::new(),
    };
    schedules::end(app.db(), schedule_id, why, Some(&withdrawal), withdrawal.at).await
}

/// Carries out a key: 1 subscribes, or confirms the subscription there is; 9 ends it. To be tried again while the database is away; told
/// twice, it does no harm.
pub(crate) async fn keyed(app: &App, key: &Keyed) -> store::Result<()> {
    let session = sessions::get(app.db(), &key.session).await?;
    let standing = schedules::standing(app.db(), &session.campaign_id, &session.phone_hash).await?;
    match (key.on, standing) {
        (false, None) => Ok(()),
        (false, Some(standing)) => unsubscribe(app, &standing.id, EndedWhy::Key, How::Key, &session.id)
            .await
            .map(drop),
        (true, standing) => on(app, &session, standing, key.at).await,
    }
}

async fn on(
    app: &App,
    session: &sessions::Session,
    standing: Option<Schedule>,
    at: i64,
) -> store::Result<()> {
    let campaign = campaigns::get(app.db(), &session.campaign_id).await?;
    let asked = match &standing {
        Some(_) => PromptKey::AlterSchedule,
        None => PromptKey::PromptSchedule,
    };
    let Heard { version, text } = app.script().heard(app.db(), &campaign, asked).await?;
    if let Some(standing) = standing {
        return confirm(app, &standing, &session.id, version, text, at).await;
    }
    let Some(phone) = phone_of(app, session).await? else {
        tracing::error!(
            session.id = session.id,
            "a caller is not subscribed: the number is not kept any more"
        );
        return Ok(());
    };
    let wish = Wish {
        phone,
        country: session.country.clone(),
        location: session.location.clone(),
        reference: session.reference.clone(),
        time_zone: None,
        minute_of_day: None,
        end_on: None,
        not_today: true,
        how: How::Key,
        source: session.id.clone(),
        version,
        text,
    };
    match subscribe(app, &campaign, wish).await {
        Ok(_) | Err(NotSubscribed::Already(_)) => Ok(()),
        Err(NotSubscribed::Store(error) | NotSubscribed::Key(CampaignKeyError::Store(error))) => Err(error),
        Err(refused @ (NotSubscribed::OptedOut | NotSubscribed::NoDay | NotSubscribed::Key(_))) => {
            tracing::info!(session.id = session.id, %refused, "a caller is not subscribed");
            Ok(())
        }
    }
}

async fn confirm(
    app: &App,
    standing: &Schedule,
    session: &str,
    version: String,
    text: String,
    at: i64,
) -> store::Result<()> {
    let zone = zone(&standing.time_zone);
    let due = calendar::next(&zone, standing.minute_of_day, at, local_date(&zone, at));
    let consent = Consent {
        id: app.clock().new_id().to_string(),
        schedule_id: standing.id.clone(),
        at,
        given: true,
        how: How::Key,
        source: session.to_owned(),
        version,
        text,
    };
    schedules::confirm(app.db(), &consent, due.map_or(standing.next_at, |due| due.at)).await
}
