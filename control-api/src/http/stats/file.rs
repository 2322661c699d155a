//! GET /v1/campaigns/{id}/stats/{file}: each table as a CSV file.

use axum::extract::{Path, State};
use axum::response::Response;

use super::super::extract::auth::OfCampaign;
use super::super::extract::id::is_id;
use super::super::extract::{Auth, CAMPAIGNS, READ};
use super::super::problem::{Kind, Problem};
use super::table::file;
use super::{outcomes, refs, steps, targets, times};
use crate::runtime::App;

/// A table as a CSV file (RFC 4180), of all time; the tables themselves take parameters, and answer CSV for `Accept: text/csv`.
#[utoipa::path(
    get,
    path = "/v1/campaigns/{id}/stats/{file}",
    tag = "statistics",
    params(
        ("id" = String, Path, description = "The campaign's id."),
        ("file" = String, Path, description = "`outcomes.csv`, `steps.csv`, `targets.csv`, `refs.csv` or `times.csv` (by day)."),
    ),
    responses((status = 200, description = "A header line, then one line a row.", body = str, content_type = "text/csv"), Problem),
    security(("key" = ["read"]), ("key" = ["campaigns"]))
)]
pub(crate) async fn campaign_stats_csv(
    _: Auth<{ READ | CAMPAIGNS }, OfCampaign>,
    State(app): State<App>,
    Path((id, name)): Path<(String, String)>,
) -> Result<Response, Problem> {
    if !is_id(&id) {
        return Err(Problem::not_found("campaign", &id));
    }
    match name.as_str() {
        "outcomes.csv" => file("outcomes", &outcomes::rows(&app, &id).await?),
        "steps.csv" => file("steps", &steps::rows(&app, &id).await?),
        "targets.csv" => file(
            "targets",
            &targets::rows(&app, &id, times::SpanParams::default()).await?,
        ),
        "refs.csv" => file("refs", &refs::rows(&app, &id).await?),
        "times.csv" => file(
            "times",
            &times::rows(&app, &id, times::TimesParams::by_day()).await?,
        ),
        _ => Err(Problem::new(
            Kind::NotFound,
            "there are outcomes.csv, steps.csv, targets.csv, refs.csv and times.csv",
        )),
    }
}
