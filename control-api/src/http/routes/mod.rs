//! /v1/routes: which trunks take which numbers, in what order.

mod create;
mod delete;
mod get;
mod input;
mod list;
mod patch;
mod put;
mod test;

use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::time::Time;
use crate::runtime::App;
use crate::store;
pub(super) use input::RouteInput;

/// The routes.
pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::default()
        .routes(routes!(list::list_routes, create::create_route))
        .routes(routes!(
            get::get_route,
            put::put_route,
            patch::patch_route,
            delete::delete_route
        ))
        .routes(routes!(test::test_route))
}

/// A route.
#[derive(Serialize, ToSchema)]
pub(crate) struct Route {
    id: String,
    name: String,
    prefixes: Vec<String>,
    campaign_id: Option<String>,
    countries: Vec<String>,
    windows: Vec<store::routes::Window>,
    trunks: Vec<input::RouteTrunk>,
    stop_codes: Vec<u16>,
    created_at: Time,
    updated_at: Time,
}

impl From<store::routes::Route> for Route {
    fn from(r: store::routes::Route) -> Route {
        Route {
            id: r.id,
            name: r.name,
            prefixes: r.prefixes,
            campaign_id: r.campaign_id,
            countries: r.conditions.countries,
            windows: r.conditions.windows,
            trunks: r.trunks.into_iter().map(input::RouteTrunk::from).collect(),
            stop_codes: r.stop_codes,
            created_at: Time(r.created_at),
            updated_at: Time(r.updated_at),
        }
    }
}
