//! POST /v1/sessions: calls a supporter back.

use std::net::IpAddr;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::super::extract::{Auth, Body, CALLS, InReach};
use super::super::problem::{Checks, Kind, Problem};
use super::super::start::{Ask, DRAINING, Refusal, start};
use super::super::valid;
use super::Session;
use crate::guards::Asker;
use crate::guards::number::NumberError;
use crate::runtime::App;
use crate::store::StoreError;
use crate::store::campaigns::{self, Campaign, CampaignStatus};
use crate::store::grants::{self, Reach, Thing};

/// Most characters of `ref`.
pub(crate) const MAX_REF_CHARS: usize = 64;

/// Whom to call back, for which campaign.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SessionInput {
    /// The campaign's id, or its name.
    campaign_id: String,
    /// The caller: E.164, or as it is written in `country`.
    #[schema(example = "+12025550123")]
    phone: String,
    /// ISO 3166; left out, the campaign's.
    #[serde(default)]
    country: Option<String>,
    /// Postal code, for campaigns that look targets up by it.
    #[serde(default)]
    location: Option<String>,
    /// Targets of the campaign's list, in the order in which they are to be called; left out, all of them.
    #[serde(default)]
    target_keys: Option<Vec<String>>,
    /// Where the caller came from, 64 characters at most.
    #[serde(default)]
    r#ref: Option<String>,
    /// Record what the caller hears and says.
    #[serde(default)]
    record: bool,
    /// The address of the person who asked, for the blocklist.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    ip: Option<IpAddr>,
}

/// A session in the queue.
#[derive(Serialize, ToSchema)]
pub(crate) struct CreatedSession {
    #[serde(flatten)]
    session: Session,
    /// How many wait before it; 0 is next.
    queue_place: i64,
}

/// Calls a supporter back. The session is queued and dialled as soon as the trunks have room. The key stands in for the person: rate limits
/// per phone and address do not hold, the blocklist and the campaign's daily cap do.
#[utoipa::path(
    post,
    path = "/v1/sessions",
    tag = "sessions",
    request_body = SessionInput,
    responses((status = 201, description = "The session, queued.", body = CreatedSession), Problem),
    security(("key" = ["calls"]))
)]
pub(crate) async fn create_session(
    auth: Auth<{ CALLS }, InReach>,
    State(app): State<App>,
    Body(input): Body<SessionInput>,
) -> Result<(StatusCode, Json<CreatedSession>), Problem> {
    check(&input)?;
    let campaign = find(&app, auth.reach(), &input.campaign_id).await?;
    if campaign.status != CampaignStatus::Live {
        return Err(Problem::new(
            Kind::Conflict,
            format!(
                "the campaign is {}: nobody is called until it is live (POST /v1/campaigns/{{id}}/launch)",
                campaign.status
            ),
        ));
    }
    let ask = Ask {
        phone: input.phone,
        country: input.country.unwrap_or_else(|| campaign.country.clone()),
        location: input.location.unwrap_or_default(),
        target_keys: input.target_keys.unwrap_or_default(),
        reference: input.r#ref.unwrap_or_default(),
        record: input.record,
        ip: input.ip,
        asker: Asker::Key,
    };
    let started = start(&app, &campaign, ask).await?;
    let created = CreatedSession {
        session: started.session.into(),
        queue_place: started.place,
    };
    Ok((StatusCode::CREATED, Json(created)))
}

async fn find(app: &App, reach: &Reach, id_or_name: &str) -> Result<Campaign, Problem> {
    let unknown = || {
        Problem::field(
            "/campaign_id",
            "no campaign has this id or name: GET /v1/campaigns lists those there are",
        )
    };
    let campaign = match campaigns::find(app.db(), id_or_name).await {
        Ok(campaign) => campaign,
        Err(StoreError::NotFound) => return Err(unknown()),
        Err(error) => return Err(error.into()),
    };
    match grants::covers(app.db(), reach, Thing::Campaign, &campaign.id).await? {
        true => Ok(campaign),
        false => Err(unknown()),
    }
}

fn check(input: &SessionInput) -> Result<(), Problem> {
    let mut checks = Checks::default();
    checks.require(
        input
            .r#ref
            .as_deref()
            .is_none_or(|r| r.chars().count() <= MAX_REF_CHARS),
        "/ref",
        format!("expected at most {MAX_REF_CHARS} characters"),
    );
    valid::line(
        &mut checks,
        "/location",
        input.location.as_deref().unwrap_or_default(),
    );
    checks.finish()
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Problem {
        match refusal {
            Refusal::Number(error @ NumberError::NoSuchCountry(_)) => {
                Problem::field("/country", error.to_string())
            }
            Refusal::Number(error) => Problem::field("/phone", error.to_string()),
            Refusal::NoNumber { country } => Problem::new(
                Kind::Conflict,
                format!(
                    "no number of ours for country {country}: add one (POST /v1/numbers), or set allow_intl_calls of the campaign"
                ),
            ),
            Refusal::UnknownTarget { key } => Problem::field(
                "/target_keys",
                format!("the campaign's list has no target {key:?}"),
            ),
            Refusal::NoLocation => Problem::field(
                "/location",
                "the campaign takes its targets from the caller's location: send it",
            ),
            Refusal::UnknownLocation { location } => Problem::field(
                "/location",
                format!(
                    "nobody is known to speak for {location:?}: check it, and that its data are imported"
                ),
            ),
            Refusal::NoGeocoder { retry_after_ms } => Problem::new(
                Kind::Unavailable,
                "the location cannot be looked up at this moment: try again",
            )
            .retry_after_ms(retry_after_ms),
            Refusal::Blocked => Problem::new(Kind::RateLimited, "this number or address is on the blocklist"),
            Refusal::Limited { per, retry_after_ms } => {
                Problem::new(Kind::RateLimited, per).retry_after_ms(retry_after_ms)
            }
            Refusal::Draining { retry_after_ms } => {
                Problem::new(Kind::Unavailable, DRAINING).retry_after_ms(retry_after_ms)
            }
            Refusal::NoTrunk { retry_after_ms, why } => Problem::new(
                Kind::Unavailable,
                format!("{why}: POST /v1/routes/test says which trunks there are and why none is taken"),
            )
            .retry_after_ms(retry_after_ms),
            Refusal::Store(error) => error.into(),
            Refusal::Internal(why) => Problem::new(Kind::Internal, why),
        }
    }
}
