//! GET /v1/campaigns/{id}/crm/deliveries

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::super::extract::auth::OfCampaign;
use super::super::extract::{Auth, CAMPAIGNS, Id, Params, READ};
use super::super::paging::{List, page};
use super::super::problem::{Found as _, Problem};
use super::super::time::Time;
use crate::runtime::App;
use crate::store::campaigns;
use crate::store::crm::KIND;
use crate::store::jobs::{self, Job, JobState};

/// Which records.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct CrmDeliveriesParams {
    /// `waiting`, `done`, or `dead`: laid aside.
    #[param(inline)]
    state: Option<JobState>,
    /// `next` of the page before.
    cursor: Option<String>,
    /// Things of a page, 1 to 1000.
    #[param(default = 100, minimum = 1, maximum = 1000)]
    limit: Option<i64>,
}

/// One session on its way to the CRM.
#[derive(Serialize, ToSchema)]
pub(crate) struct CrmDelivery {
    session_id: String,
    /// `waiting`, `done`, `dead`
    #[schema(value_type = String)]
    state: JobState,
    attempts: i64,
    /// HTTP status of the last answer.
    status: Option<i64>,
    /// What was wrong the last time. No numbers and no addresses in it.
    error: String,
    /// The next try of one that waits.
    due_at: Time,
    created_at: Time,
    updated_at: Time,
}

impl From<Job> for CrmDelivery {
    fn from(job: Job) -> CrmDelivery {
        CrmDelivery {
            session_id: job.key,
            state: job.state,
            attempts: job.attempts,
            status: job.status,
            error: job.error,
            due_at: Time(job.due_at),
            created_at: Time(job.created_at),
            updated_at: Time(job.updated_at),
        }
    }
}

/// Records of a campaign, newest session first: those sent in the last 7 days, those laid aside in the last 30, and all that wait.
#[utoipa::path(
    get,
    path = "/v1/campaigns/{id}/crm/deliveries",
    tag = "crm",
    params(Id, CrmDeliveriesParams),
    responses((status = 200, description = "A page of records.", body = List<CrmDelivery>), Problem),
    security(("key" = ["read"]), ("key" = ["campaigns"]))
)]
pub(crate) async fn list_crm_deliveries(
    _: Auth<{ READ | CAMPAIGNS }, OfCampaign>,
    State(app): State<App>,
    Id(id): Id,
    Params(params): Params<CrmDeliveriesParams>,
) -> Result<Json<List<CrmDelivery>>, Problem> {
    let page = page(params.cursor, params.limit)?;
    campaigns::get(app.db(), &id).await.found("campaign", &id)?;
    let found = jobs::list(app.db(), KIND, &id, params.state, &page).await?;
    Ok(Json(List::of(found, CrmDelivery::from)))
}
