//! /v1/targets: the people and offices that callers are connected to.

mod create;
mod delete;
mod get;
mod input;
mod list;
mod patch;
mod put;

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::problem::Problem;
use super::time::Time;
use crate::runtime::App;
use crate::store;
pub(super) use input::TargetInput;
pub(crate) use input::{Office, is_key};

/// The routes.
pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::default()
        .routes(routes!(list::list_targets, create::create_target))
        .routes(routes!(
            get::get_target,
            put::put_target,
            patch::patch_target,
            delete::delete_target
        ))
}

/// A target.
#[derive(Serialize, ToSchema)]
pub(crate) struct Target {
    id: String,
    key: String,
    title: String,
    name: String,
    /// How the name is said to callers; empty: as it is written.
    pronunciation: String,
    district: String,
    location: String,
    phone: Option<String>,
    extension: String,
    data: Value,
    offices: Vec<Office>,
    created_at: Time,
    updated_at: Time,
}

impl Target {
    /// A row with its offices.
    pub(crate) fn of(t: store::targets::Target, offices: Vec<store::targets::Office>) -> Target {
        Target {
            id: t.id,
            key: t.key,
            title: t.title,
            name: t.name,
            pronunciation: t.pronunciation,
            district: t.district,
            location: t.location,
            phone: t.phone,
            extension: t.extension,
            data: t.data,
            offices: offices.into_iter().map(Office::from).collect(),
            created_at: Time(t.created_at),
            updated_at: Time(t.updated_at),
        }
    }
}

/// Rows with their offices.
pub(crate) async fn with_offices(
    app: &App,
    rows: Vec<store::targets::Target>,
) -> Result<Vec<Target>, Problem> {
    let mut targets = Vec::with_capacity(rows.len());
    for row in rows {
        let offices = store::targets::offices(app.db(), &row.id).await?;
        targets.push(Target::of(row, offices));
    }
    Ok(targets)
}
