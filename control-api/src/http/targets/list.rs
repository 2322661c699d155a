//! GET /v1/targets

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use utoipa::IntoParams;

use super::super::extract::{Auth, CAMPAIGNS, InReach, Params, READ};
use super::super::paging::{List, page};
use super::super::problem::Problem;
use super::{Target, with_offices};
use crate::runtime::App;
use crate::store;

/// Most characters that are searched for.
const MAX_SEARCH_CHARS: usize = 100;

/// Which targets.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct TargetParams {
    /// Only those in whose title, name, district, location or key each of these words stands.
    #[param(example = "senator vermont")]
    q: Option<String>,
    /// `next` of the page before.
    cursor: Option<String>,
    /// Targets of a page, 1 to 1000.
    #[param(default = 100, minimum = 1, maximum = 1000)]
    limit: Option<i64>,
}

/// Targets, oldest first.
#[utoipa::path(
    get,
    path = "/v1/targets",
    tag = "targets",
    params(TargetParams),
    responses((status = 200, description = "A page of targets.", body = List<Target>), Problem),
    security(("key" = ["read"]), ("key" = ["campaigns"]))
)]
pub(crate) async fn list_targets(
    auth: Auth<{ READ | CAMPAIGNS }, InReach>,
    State(app): State<App>,
    Params(params): Params<TargetParams>,
) -> Result<Json<List<Target>>, Problem> {
    let search = params.q.unwrap_or_default();
    if search.chars().count() > MAX_SEARCH_CHARS {
        return Err(Problem::parameter(
            "q",
            format!("expected at most {MAX_SEARCH_CHARS} characters"),
        ));
    }
    let page = page(params.cursor, params.limit)?;
    let page = store::targets::list(app.db(), auth.reach(), &search, &page).await?;
    let items = with_offices(&app, page.items).await?;
    Ok(Json(List::new(items, page.next)))
}
