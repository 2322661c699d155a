//! /v1/optouts: who asked never to be called daily, in any campaign: a STOP by text message or mail ends up here.

mod create;
mod delete;
mod list;

use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::time::Time;
use crate::runtime::App;
use crate::store::optouts;

/// The routes.
pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::default()
        .routes(routes!(list::list_optouts, create::create_optout))
        .routes(routes!(delete::delete_optout))
}

/// An opt-out.
#[derive(Serialize, ToSchema)]
pub(crate) struct OptOut {
    id: String,
    /// Keyed reference of the number; the number itself is not kept.
    phone_hash: String,
    /// Through what, in the words of whoever told us.
    how: String,
    created_at: Time,
}

impl From<optouts::OptOut> for OptOut {
    fn from(o: optouts::OptOut) -> OptOut {
        OptOut {
            id: o.id,
            phone_hash: o.phone_hash,
            how: o.how,
            created_at: Time(o.created_at),
        }
    }
}
