//! POST /v1/schedules

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;

use super::super::extract::auth::InReach;
use super::super::extract::{Auth, Body, CALLS};
use super::super::problem::{Kind, Problem};
use super::super::start::Refusal;
use super::Schedule;
use super::input::{ScheduleInput, minute_of};
use crate::daily::{Wish, subscribe};
use crate::guards;
use crate::guards::number::normalise;
use crate::runtime::App;
use crate::store::StoreError;
use crate::store::campaigns::{self, Campaign, CampaignStatus};
use crate::store::grants::{self, Reach, Thing};
use crate::store::schedules::How;

/// Subscribes somebody who agreed to it to a campaign's daily calls: Monday to Friday, at their local time, until they press 9, DELETE, an
/// opt-out, the end date or the end of the campaign. What they agreed to is kept with it.
#[utoipa::path(
    post,
    path = "/v1/schedules",
    tag = "schedules",
    request_body = ScheduleInput,
    responses((status = 201, description = "The subscription.", body = Schedule), Problem),
    security(("key" = ["calls"]))
)]
pub(crate) async fn create_schedule(
    auth: Auth<{ CALLS }, InReach>,
    State(app): State<App>,
    Body(input): Body<ScheduleInput>,
) -> Result<(StatusCode, Json<Schedule>), Problem> {
    input.check()?;
    let campaign = find(&app, auth.reach(), &input.campaign_id).await?;
    let country = input.country.as_deref().unwrap_or(&campaign.country);
    let number = normalise(&input.phone, country).map_err(Refusal::Number)?;
    let own = [campaign.country.clone()];
    let allowed = match campaign.settings.allowed_countries.as_slice() {
        [] => &own[..],
        listed => listed,
    };
    number
        .may_be_called(allowed, &campaign.settings.denied_prefixes)
        .map_err(Refusal::Number)?;
    guards::blocked(&app, &campaign.id, &number.phone, None)
        .await
        .map_err(Refusal::from)?;
    let wish = Wish {
        phone: number.phone,
        country: number.country,
        location: input.location,
        reference: input.r#ref,
        time_zone: input.time_zone,
        minute_of_day: input.time.as_deref().and_then(minute_of),
        end_on: input.end_on.as_deref().and_then(|date| date.parse().ok()),
        not_today: false,
        how: How::Api,
        source: auth.identity().id.clone(),
        version: input.consent_version,
        text: input.consent_text,
    };
    let row = subscribe(&app, &campaign, wish).await?;
    Ok((StatusCode::CREATED, Json(row.into())))
}

async fn find(app: &App, reach: &Reach, id: &str) -> Result<Campaign, Problem> {
    let unknown = || {
        Problem::field(
            "/campaign_id",
            "no campaign has this id or name: GET /v1/campaigns lists those there are",
        )
    };
    let campaign = match campaigns::find(app.db(), id).await {
        Ok(campaign) => campaign,
        Err(StoreError::NotFound) => return Err(unknown()),
        Err(error) => return Err(error.into()),
    };
    if !grants::covers(app.db(), reach, Thing::Campaign, &campaign.id).await? {
        return Err(unknown());
    }
    if campaign.status == CampaignStatus::Archived {
        return Err(Problem::new(
            Kind::Conflict,
            "the campaign is archived: nobody is called for it any more",
        ));
    }
    Ok(campaign)
}
