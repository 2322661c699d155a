//! /v1/campaigns/{id}/crm: what a campaign tells a CRM, when, and what became of it.

mod delete;
mod deliveries;
mod file;
mod get;
mod input;
mod put;
mod replay;
mod test;

use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::problem::{Found as _, Kind, Problem};
use super::time::Time;
use crate::runtime::App;
use crate::store;
use crate::store::crm::{self, Crm, CrmKind, Options, Schedule};

/// The routes.
pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::default()
        .routes(routes!(get::get_crm, put::put_crm, delete::delete_crm))
        .routes(routes!(file::csv_crm))
        .routes(routes!(test::test_crm))
        .routes(routes!(deliveries::list_crm_deliveries))
        .routes(routes!(replay::replay_crm))
}

/// What a campaign tells a CRM, and how far it is.
#[derive(Serialize, ToSchema)]
pub(crate) struct CampaignCrm {
    /// Null when the campaign tells none.
    crm: Option<CrmSettings>,
    /// Null when the campaign tells none.
    state: Option<CrmState>,
}

/// Settings. Password and token are never shown.
#[derive(Serialize, ToSchema)]
pub(crate) struct CrmSettings {
    /// `action_kit`, `mobile_commons`, `csv`
    kind: CrmKind,
    /// `immediate`, `hourly`, `nightly`
    schedule: Schedule,
    /// Hour of the day of a nightly schedule.
    hour: i64,
    /// IANA time zone of that hour.
    time_zone: String,
    url: String,
    /// Empty when a token is sent.
    username: String,
    /// There is a password or a token.
    has_secret: bool,
    /// The caller's number is told.
    send_phone: bool,
    /// Sessions are gathered and wait.
    paused: bool,
    #[serde(flatten)]
    options: Options,
    created_at: Time,
    updated_at: Time,
}

/// How far it is.
#[derive(Serialize, ToSchema)]
pub(crate) struct CrmState {
    /// When the next batch falls due; null for an immediate schedule.
    next_run_at: Option<Time>,
    last_run_at: Option<Time>,
    last_sent_at: Option<Time>,
    /// Records that the CRM took.
    sent: i64,
    /// Records to be sent.
    waiting: i64,
    /// Records that it refused for good: GET …/crm/deliveries?state=dead lists them, POST …/crm/replay sends them again.
    dead: i64,
    /// Nothing is sent before, as the CRM took none the last time.
    held_until: Option<Time>,
    /// What was wrong the last time; empty since it works.
    error: String,
}

/// A campaign's settings and state as they stand.
async fn show(app: &App, settings: Option<Crm>) -> Result<CampaignCrm, Problem> {
    let Some(c) = settings else {
        return Ok(CampaignCrm {
            crm: None,
            state: None,
        });
    };
    let backlog = crm::backlog(app.db(), &c.campaign_id).await?;
    let held = Some(c.hold_until).filter(|until| *until > app.clock().now_ms());
    Ok(CampaignCrm {
        state: Some(CrmState {
            next_run_at: (c.schedule != Schedule::Immediate).then_some(Time(c.next_run_at)),
            last_run_at: c.last_run_at.map(Time),
            last_sent_at: c.last_sent_at.map(Time),
            sent: c.sent,
            waiting: backlog.waiting,
            dead: backlog.dead,
            held_until: held.map(Time),
            error: c.error,
        }),
        crm: Some(CrmSettings {
            kind: c.kind,
            schedule: c.schedule,
            hour: c.hour,
            time_zone: c.time_zone,
            url: c.url,
            username: c.username,
            has_secret: c.secret_enc.is_some(),
            send_phone: c.send_phone,
            paused: c.paused,
            options: c.options,
            created_at: Time(c.created_at),
            updated_at: Time(c.updated_at),
        }),
    })
}

/// The settings of a campaign that must have some.
async fn settings(app: &App, id: &str) -> Result<Crm, Problem> {
    store::campaigns::get(app.db(), id).await.found("campaign", id)?;
    crm::find(app.db(), id).await?.ok_or_else(|| {
        Problem::new(
            Kind::Conflict,
            "the campaign tells no CRM: say which first (PUT /v1/campaigns/{id}/crm)",
        )
    })
}
