//! GET /v1/webhooks/{id}/deliveries

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::super::extract::{Auth, Id, OPS, Params, READ};
use super::super::paging::{List, page};
use super::super::problem::{Found as _, Problem};
use super::super::time::Time;
use crate::runtime::App;
use crate::store;
use crate::store::jobs::{self, Job, JobState};
use crate::store::webhooks::KIND;

/// Which deliveries.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct DeliveriesParams {
    /// `waiting`, `done`, or `dead`: the dead-letter list.
    #[param(inline)]
    state: Option<JobState>,
    /// `next` of the page before.
    cursor: Option<String>,
    /// Things of a page, 1 to 1000.
    #[param(default = 100, minimum = 1, maximum = 1000)]
    limit: Option<i64>,
}

/// One event on its way to one webhook.
#[derive(Serialize, ToSchema)]
pub(crate) struct Delivery {
    event_id: String,
    /// `waiting`, `done`, `dead`
    #[schema(value_type = String)]
    state: JobState,
    attempts: i64,
    /// HTTP status of the last answer.
    status: Option<i64>,
    /// What was wrong the last time.
    error: String,
    /// The next try of one that waits.
    due_at: Time,
    created_at: Time,
    updated_at: Time,
}

impl From<Job> for Delivery {
    fn from(job: Job) -> Delivery {
        Delivery {
            event_id: job.key,
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

/// Deliveries of a webhook, newest first: those of the last 7 days, dead ones of the last 30.
#[utoipa::path(
    get,
    path = "/v1/webhooks/{id}/deliveries",
    tag = "webhooks",
    params(Id, DeliveriesParams),
    responses((status = 200, description = "A page of deliveries.", body = List<Delivery>), Problem),
    security(("key" = ["read"]), ("key" = ["ops"]))
)]
pub(crate) async fn list_deliveries(
    _: Auth<{ READ | OPS }>,
    State(app): State<App>,
    Id(id): Id,
    Params(params): Params<DeliveriesParams>,
) -> Result<Json<List<Delivery>>, Problem> {
    let page = page(params.cursor, params.limit)?;
    store::webhooks::get(app.db(), &id).await.found("webhook", &id)?;
    let found = jobs::list(app.db(), KIND, &id, params.state, &page).await?;
    Ok(Json(List::of(found, Delivery::from)))
}
