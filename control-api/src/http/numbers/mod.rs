//! /v1/numbers: our own numbers, shown as caller ID and dialled by callers.

mod create;
mod delete;
mod get;
mod input;
mod list;
mod patch;
mod put;

use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::time::Time;
use crate::runtime::App;
use crate::store;
pub(super) use input::NumberInput;

/// The routes.
pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::default()
        .routes(routes!(list::list_numbers, create::create_number))
        .routes(routes!(
            get::get_number,
            put::put_number,
            patch::patch_number,
            delete::delete_number
        ))
}

/// One of our own numbers.
#[derive(Serialize, ToSchema)]
pub(crate) struct Number {
    id: String,
    #[schema(example = "+12025550100")]
    e164: String,
    trunk_id: String,
    campaign_id: Option<String>,
    created_at: Time,
}

impl From<store::numbers::Number> for Number {
    fn from(n: store::numbers::Number) -> Number {
        Number {
            id: n.id,
            e164: n.e164,
            trunk_id: n.trunk_id,
            campaign_id: n.campaign_id,
            created_at: Time(n.created_at),
        }
    }
}
