//! POST /v1/campaigns/{id}/crm/replay

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::super::extract::auth::OfCampaign;
use super::super::extract::{Auth, Body, CAMPAIGNS, Id};
use super::super::problem::{Checks, Kind, Problem};
use super::super::time::Time;
use super::settings;
use crate::runtime::App;
use crate::store::crm::{self, KIND};
use crate::store::{StoreError, jobs};

/// How far back sessions can be brought in: it is known for so long which were sent.
const MAX_BACK_MS: i64 = 7 * 86_400_000;

/// Which records.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CrmReplayInput {
    /// One session, laid aside or sent.
    #[serde(default)]
    session_id: Option<String>,
    /// Sessions that ended since then and were never gathered, 7 days back at most: those from before the campaign told a CRM.
    #[serde(default)]
    since: Option<Time>,
}

/// How many.
#[derive(Serialize, ToSchema)]
pub(crate) struct CrmReplayed {
    /// Records that wait now.
    replayed: u64,
}

/// Sends again, with all tries anew: one session, or everything that was laid aside; or brings in sessions from before. A hold ends.
#[utoipa::path(
    post,
    path = "/v1/campaigns/{id}/crm/replay",
    tag = "crm",
    params(Id),
    request_body = CrmReplayInput,
    responses((status = 200, description = "How many wait now.", body = CrmReplayed), Problem),
    security(("key" = ["campaigns"]))
)]
pub(crate) async fn replay_crm(
    _: Auth<{ CAMPAIGNS }, OfCampaign>,
    State(app): State<App>,
    Id(id): Id,
    Body(input): Body<CrmReplayInput>,
) -> Result<Json<CrmReplayed>, Problem> {
    settings(&app, &id).await?;
    let now = app.clock().now_ms();
    let mut checks = Checks::default();
    checks.require(
        input.session_id.is_none() || input.since.is_none(),
        "/since",
        "expected either session_id or since",
    );
    checks.require(
        input.since.is_none_or(|since| since.0 >= now - MAX_BACK_MS),
        "/since",
        "expected a time within the last 7 days",
    );
    checks.finish()?;
    let replayed = match (input.session_id, input.since) {
        (Some(session), _) => match jobs::replay(app.db(), KIND, &id, &session, now).await {
            Ok(()) => 1,
            Err(StoreError::NotFound) => {
                return Err(Problem::new(
                    Kind::NotFound,
                    "no record of this session is over: GET …/crm/deliveries lists those there are",
                ));
            }
            Err(error) => return Err(error.into()),
        },
        (None, Some(since)) => crm::gather(app.db(), &id, since.0, now).await?,
        (None, None) => jobs::replay_dead(app.db(), KIND, &id, now).await?,
    };
    crm::release(app.db(), &id).await?;
    Ok(Json(CrmReplayed { replayed }))
}
