//! POST /v1/webhooks/{id}/replay

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::super::extract::{Auth, Body, Id, OPS};
use super::super::problem::{Found as _, Kind, Problem};
use crate::runtime::App;
use crate::store::webhooks::KIND;
use crate::store::{self, StoreError, jobs};

/// Which deliveries.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReplayInput {
    /// One delivery, dead or done; without it every dead one.
    #[serde(default)]
    event_id: Option<String>,
}

/// How many.
#[derive(Serialize, ToSchema)]
pub(crate) struct Replayed {
    /// Deliveries that wait again.
    replayed: u64,
}

/// Delivers again, with all tries anew: one event, or everything in the dead-letter list.
#[utoipa::path(
    post,
    path = "/v1/webhooks/{id}/replay",
    tag = "webhooks",
    params(Id),
    request_body = ReplayInput,
    responses((status = 200, description = "How many wait again.", body = Replayed), Problem),
    security(("key" = ["ops"]))
)]
pub(crate) async fn replay_deliveries(
    _: Auth<{ OPS }>,
    State(app): State<App>,
    Id(id): Id,
    Body(input): Body<ReplayInput>,
) -> Result<Json<Replayed>, Problem> {
    store::webhooks::get(app.db(), &id).await.found("webhook", &id)?;
    let now = app.clock().now_ms();
    let replayed = match input.event_id {
        None => jobs::replay_dead(app.db(), KIND, &id, now).await?,
        Some(event) => match jobs::replay(app.db(), KIND, &id, &event, now).await {
            Ok(()) => 1,
            Err(StoreError::NotFound) => {
                return Err(Problem::new(
                    Kind::NotFound,
                    "no delivery of this event is over: GET …/deliveries lists those there are",
                ));
            }
            Err(error) => return Err(error.into()),
        },
    };
    Ok(Json(Replayed { replayed }))
}
