//! POST, GET, DELETE /schedule/{campaign_id}/{phone}: daily calls as programs written for CallPower ask for them. With an API key, since a
//! stranger could subscribe anybody.

use axum::extract::{Path, Request, State};
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

use super::super::extract::auth::Identity;
use super::super::extract::{CALLS, auth};
use super::super::schedules::{clock_time, minute_of};
use super::super::start::Refusal;
use super::super::time::Time;
use super::answer::{self, Fault};
use super::values::Values;
use crate::daily::{NotSubscribed, Wish, is_zone, subscribe, unsubscribe};
use crate::guards;
use crate::guards::number::{Number, normalise};
use crate::privacy::campaign::{CampaignKeyError, keys_of};
use crate::runtime::App;
use crate::store::StoreError;
use crate::store::campaigns::{self, Campaign, CampaignStatus};
use crate::store::grants::{self, Thing};
use crate::store::schedules::{self, EndedWhy, How, Schedule, ScheduleStatus};

/// Most characters of a value.
const MAX_VALUE_CHARS: usize = 200;

/// What may be sent beside the path, as query, form or JSON. Other names are ignored.
#[derive(IntoParams, ToSchema)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "the shape in the OpenAPI document; `Values` reads it")]
pub(crate) struct ScheduleValues {
    /// An API key with the scope `calls`. Better as `Authorization: Bearer`.
    api_key: Option<String>,
    /// ISO 3166; the campaign's when left out.
    country: Option<String>,
    /// Postal code.
    location: Option<String>,
    /// Local time of day; that of the request when left out.
    #[param(example = "09:30")]
    time: Option<String>,
    /// IANA time zone; found by location, number, campaign and country when left out.
    time_zone: Option<String>,
    /// The text to which the person agreed.
    consent_text: Option<String>,
}

/// How a number stands with a campaign.
#[derive(Serialize, ToSchema)]
pub(crate) struct Standing {
    /// The campaign's id.
    campaign_id: String,
    /// Last two digits.
    phone: String,
    /// It is called every weekday.
    subscribed: bool,
    /// Local time of day.
    #[serde(skip_serializing_if = "Option::is_none")]
    time_to_call: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    time_zone: Option<String>,
    /// When it is called next.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_call: Option<Time>,
    /// Local date of the last call.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_called: Option<String>,
}

/// Subscribes a number to a campaign's daily calls. One that is subscribed already stays so.
#[utoipa::path(
    post,
    path = "/schedule/{campaign_id}/{phone}",
    tag = "compatible",
    params(("campaign_id" = String, Path, description = "Id or name."), ("phone" = String, Path, description = "The number."), ScheduleValues),
    responses(
        (status = 200, description = "It is subscribed.", body = Standing),
        (status = "4XX", description = "As /call/create; 401 without a good key, 409 for a number that opted out.", body = Fault),
        (status = "5XX", description = "As /call/create.", body = Fault)
    )
)]
pub(crate) async fn schedule_create(
    State(app): State<App>,
    Path((campaign, phone)): Path<(String, String)>,
    request: Request,
) -> Response {
    answer::write(create(&app, &campaign, &phone, request).await, None, None)
}

/// Whether a number is subscribed.
#[utoipa::path(
    get,
    path = "/schedule/{campaign_id}/{phone}",
    tag = "compatible",
    params(("campaign_id" = String, Path, description = "Id or name."), ("phone" = String, Path, description = "The number."), ScheduleValues),
    responses(
        (status = 200, description = "How it stands.", body = Standing),
        (status = "4XX", description = "As /call/create; 401 without a good key.", body = Fault),
        (status = "5XX", description = "As /call/create.", body = Fault)
    )
)]
pub(crate) async fn schedule_get(
    State(app): State<App>,
    Path((campaign, phone)): Path<(String, String)>,
    request: Request,
) -> Response {
    answer::write(get(&app, &campaign, &phone, request).await, None, None)
}

/// Ends a number's daily calls. One that has none is answered the same.
#[utoipa::path(
    delete,
    path = "/schedule/{campaign_id}/{phone}",
    tag = "compatible",
    params(("campaign_id" = String, Path, description = "Id or name."), ("phone" = String, Path, description = "The number."), ScheduleValues),
    responses(
        (status = 200, description = "It is not subscribed.", body = Standing),
        (status = "4XX", description = "As /call/create; 401 without a good key.", body = Fault),
        (status = "5XX", description = "As /call/create.", body = Fault)
    )
)]
pub(crate) async fn schedule_delete(
    State(app): State<App>,
    Path((campaign, phone)): Path<(String, String)>,
    request: Request,
) -> Response {
    answer::write(delete(&app, &campaign, &phone, request).await, None, None)
}

/// Who asks about whom.
struct Asked {
    key: String,
    campaign: Campaign,
    number: Number,
    values: Values,
}

async fn create(app: &App, campaign: &str, phone: &str, request: Request) -> Result<String, Fault> {
    let asked = asked(app, campaign, phone, request).await?;
    let (campaign, values) = (&asked.campaign, &asked.values);
    if campaign.status == CampaignStatus::Archived {
        return Err(Fault::new(
            400,
            "the campaign is archived: nobody is called for it any more",
        ));
    }
    let own = [campaign.country.clone()];
    let allowed = match campaign.settings.allowed_countries.as_slice() {
        [] => &own[..],
        listed => listed,
    };
    let denied = &campaign.settings.denied_prefixes;
    asked
        .number
        .may_be_called(allowed, denied)
        .map_err(Refusal::Number)?;
    guards::blocked(app, &campaign.id, &asked.number.phone, None)
        .await
        .map_err(Refusal::from)?;
    let time = values.first(&["time", "time_to_call"]).map(minute_of);
    let time_zone = values.first(&["time_zone"]);
    let location = values
        .first(&["location", "userLocation", "zipcode"])
        .unwrap_or_default();
    let text = values.first(&["consent_text"]).unwrap_or_default();
    let short = |value: &str, most: usize| value.chars().count() <= most && !value.contains(char::is_control);
    if time == Some(None) || time_zone.is_some_and(|zone| !is_zone(zone)) || !short(location, MAX_VALUE_CHARS)
    {
        return Err(Fault::new(
            400,
            "expected time as 09:30, time_zone as America/Chicago, and a location on one line",
        ));
    }
    let wish = Wish {
        phone: asked.number.phone.clone(),
        country: asked.number.country.clone(),
        location: location.to_owned(),
        reference: String::new(),
        time_zone: time_zone.map(str::to_owned),
        minute_of_day: time.flatten(),
        end_on: None,
        not_today: false,
        how: How::Api,
        source: asked.key.clone(),
        version: String::new(),
        text: text.to_owned(),
    };
    let row = match subscribe(app, campaign, wish).await {
        Ok(row) => row,
        Err(NotSubscribed::Already(standing)) => *standing,
        Err(NotSubscribed::OptedOut) => {
            return Err(Fault::new(409, "this number has asked never to be called daily"));
        }
        Err(NotSubscribed::NoDay) => return Err(Fault::new(400, "no weekday is left to call on")),
        Err(NotSubscribed::Key(error)) => return Err(key_fault(error)),
        Err(NotSubscribed::Store(error)) => return Err(Refusal::Store(error).into()),
    };
    Ok(standing(&asked, Some(&row)))
}

async fn get(app: &App, campaign: &str, phone: &str, request: Request) -> Result<String, Fault> {
    let asked = asked(app, campaign, phone, request).await?;
    Ok(standing(&asked, find_standing(app, &asked).await?.as_ref()))
}

async fn delete(app: &App, campaign: &str, phone: &str, request: Request) -> Result<String, Fault> {
    let asked = asked(app, campaign, phone, request).await?;
    if let Some(row) = find_standing(app, &asked).await? {
        unsubscribe(app, &row.id, EndedWhy::Api, How::Api, &asked.key)
            .await
            .map_err(Refusal::Store)?;
    }
    Ok(standing(&asked, None))
}

async fn asked(app: &App, campaign: &str, phone: &str, request: Request) -> Result<Asked, Fault> {
    let (headers, values) = Values::read(request).await.map_err(|(_, _, fault)| fault)?;
    let identity = key(app, &headers, &values).await?;
    let unknown = || Fault::new(400, "there is no campaign of this campaign_id");
    if campaign.contains('\0') || campaign.chars().count() > MAX_VALUE_CHARS {
        return Err(unknown());
    }
    let campaign = match campaigns::find(app.db(), campaign).await {
        Ok(campaign) => campaign,
        Err(StoreError::NotFound) => return Err(unknown()),
        Err(error) => return Err(Refusal::Store(error).into()),
    };
    let covered = grants::covers(app.db(), &identity.reach, Thing::Campaign, &campaign.id).await;
    if !covered.map_err(Refusal::Store)? {
        return Err(unknown());
    }
    let country = values
        .first(&["country", "userCountry"])
        .unwrap_or(&campaign.country);
    let number = normalise(phone, country).map_err(Refusal::Number)?;
    Ok(Asked {
        key: identity.id,
        campaign,
        number,
        values,
    })
}

/// The API key.
async fn key(app: &App, headers: &HeaderMap, values: &Values) -> Result<Identity, Fault> {
    let not_good = || {
        Fault::new(
            401,
            "send an API key with the scope calls: Authorization: Bearer KEY, or api_key",
        )
    };
    let secret = auth::bearer(headers).map_err(|_| not_good())?;
    let secret = secret
        .or_else(|| values.first(&["api_key"]))
        .ok_or_else(not_good)?;
    match auth::find(app, secret).await {
        Ok(Some(identity)) if identity.has(CALLS) => Ok(identity),
        Ok(_) => Err(not_good()),
        Err(_) => {
            Err(Fault::new(503, "the database is busy or out of reach: try again").retry_after_ms(1_000))
        }
    }
}

async fn find_standing(app: &App, asked: &Asked) -> Result<Option<Schedule>, Fault> {
    let keys = match keys_of(app, &asked.campaign.id).await {
        Ok(keys) => keys,
        Err(CampaignKeyError::Destroyed) => return Ok(None),
        Err(error) => return Err(key_fault(error)),
    };
    let phone_ref = keys.phone_ref(asked.number.phone.as_str());
    let found = schedules::standing(app.db(), &asked.campaign.id, &phone_ref).await;
    found.map_err(|error| Refusal::Store(error).into())
}

fn key_fault(error: CampaignKeyError) -> Fault {
    match error {
        CampaignKeyError::Destroyed => Fault::new(400, "the campaign's callers are forgotten"),
        CampaignKeyError::Privacy(error) => Refusal::Internal(error.to_string()).into(),
        CampaignKeyError::Store(error) => Refusal::Store(error).into(),
    }
}

fn standing(asked: &Asked, row: Option<&Schedule>) -> String {
    answer::text(&Standing {
        campaign_id: asked.campaign.id.clone(),
        phone: format!("…{}", crate::privacy::last_two(asked.number.phone.as_str())),
        subscribed: row.is_some(),
        time_to_call: row.map(|row| clock_time(row.minute_of_day)),
        time_zone: row.map(|row| row.time_zone.clone()),
        next_call: row
            .filter(|row| row.status == ScheduleStatus::Active)
            .map(|row| Time(row.next_at)),
        last_called: row.and_then(|row| row.last_called_on.clone()),
    })
}
