//! GET /api/campaigns.json: names by id.

use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::super::compat::answer::Fault;
use super::extract::{Answer, Json, Key, KeyParams};
use crate::runtime::App;
use crate::store::stats;

/// Most campaigns of the answer.
const MAX_CAMPAIGNS: i64 = 10_000;

/// Every campaign's name.
#[derive(Serialize, ToSchema)]
pub(crate) struct Names {
    count: usize,
    /// Names by id.
    objects: serde_json::Map<String, serde_json::Value>,
}

/// Every campaign's name by its id.
#[utoipa::path(
    get,
    path = "/api/campaigns.json",
    tag = "compatible",
    params(KeyParams),
    responses(
        (status = 200, description = "The names.", body = Names),
        (status = 401, description = "No key, or one that is not good.", body = Fault),
        (status = 403, description = "The key may not read.", body = Fault),
        (status = 503, description = "Not now; Retry-After says when.", body = Fault)
    ),
    security(("key" = ["read"]))
)]
pub(crate) async fn campaigns(Key(reach): Key, State(app): State<App>) -> Answer {
    let names = stats::names(app.db(), &reach, MAX_CAMPAIGNS).await?;
    Ok(Json::of(&Names {
        count: names.len(),
        objects: names.into_iter().map(|(id, name)| (id, name.into())).collect(),
    }))
}
