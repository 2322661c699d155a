//! GET /api/target, GET /api/target/{id}: people and offices.

use axum::extract::{Path, State};
use serde::Serialize;
use utoipa::ToSchema;

use super::super::super::compat::answer::Fault;
use super::super::extract::{Answer, Json, Key, KeyParams, Query};
use super::{BrowseParams, Objects, find, get};
use crate::runtime::App;
use crate::store::browse::{TARGET, TargetRow};
/// A target, with CallPower's fields first.
#[derive(Serialize, ToSchema)]
pub(crate) struct TargetObject {
    id: String,
    /// `us:bioguide:S000148`
    uid: String,
    name: String,
    title: String,
    /// E.164; targets' numbers are public.
    phone_number: Option<String>,
    district: String,
    location: String,
}

impl From<&TargetRow> for TargetObject {
    fn from(row: &TargetRow) -> TargetObject {
        TargetObject {
            id: row.id.clone(),
            uid: row.key.clone(),
            name: row.name.clone(),
            title: row.title.clone(),
            phone_number: row.phone.clone(),
            district: row.district.clone(),
            location: row.location.clone(),
        }
    }
}

/// Targets by filters.
#[utoipa::path(
    get,
    path = "/api/target",
    tag = "compatible",
    params(BrowseParams, KeyParams),
    responses(
        (status = 200, description = "A page.", body = Objects<TargetObject>),
        (status = 400, description = "A filter, an order or a page is not understood; the description says what would be.", body = Fault),
        (status = 401, description = "No key, or one that is not good.", body = Fault),
        (status = 403, description = "The key may not read.", body = Fault),
        (status = 503, description = "Not now; Retry-After says when.", body = Fault)
    ),
    security(("key" = ["read"]))
)]
pub(crate) async fn targets(Key(reach): Key, State(app): State<App>, query: Query) -> Answer {
    let found = find::<TargetRow>(&app, &TARGET, &reach, &query).await?;
    let objects = found.rows.iter().map(TargetObject::from).collect();
    found.answer::<TargetObject>(objects)
}

/// One target.
#[utoipa::path(
    get,
    path = "/api/target/{id}",
    tag = "compatible",
    params(("id" = String, Path, description = "The target's id."), KeyParams),
    responses(
        (status = 200, description = "It.", body = TargetObject),
        (status = 401, description = "No key, or one that is not good.", body = Fault),
        (status = 403, description = "The key may not read.", body = Fault),
        (status = 404, description = "There is none.", body = Fault),
        (status = 503, description = "Not now; Retry-After says when.", body = Fault)
    ),
    security(("key" = ["read"]))
)]
pub(crate) async fn target(Key(reach): Key, State(app): State<App>, Path(id): Path<String>) -> Answer {
    let row = get::<TargetRow>(&app, &TARGET, &reach, &id).await?;
    Ok(Json::of(&TargetObject::from(&row)))
}
