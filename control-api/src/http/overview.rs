//! GET /v1/overview: what a dashboard shows, in one answer that costs little.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::extract::{Auth, OPS, READ};
use super::nodes::{Node, nodes};
use super::problem::Problem;
use super::time::Time;
use super::trunks::{TrunkStatus, statuses};
use crate::runtime::App;
use crate::store;
use crate::store::overview::Count;

/// The route.
pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::default().routes(routes!(get_overview))
}

/// This moment, over all nodes and campaigns.
#[derive(Serialize, ToSchema)]
pub(crate) struct Overview {
    at: Time,
    /// Sessions that have not ended, by state: `queued claimed dialling live`.
    sessions: BTreeMap<String, i64>,
    /// Calls to targets that have not ended, by status: `queued ringing in-progress`.
    calls: BTreeMap<String, i64>,
    queue: Queue,
    today: Today,
    /// Every trunk, as `GET /v1/trunks/{id}/status` answers it.
    trunks: Vec<TrunkStatus>,
    nodes: Vec<Node>,
}

/// Who waits to be called back.
#[derive(Serialize, ToSchema)]
struct Queue {
    waiting: i64,
    /// Since when the first one waits.
    oldest_at: Option<Time>,
    /// How long that is.
    oldest_ms: Option<i64>,
    /// Mean wait of those who were queued within the last 15 minutes and have been called; null when nobody was.
    delay_ms: Option<i64>,
}

/// What began today and has ended.
#[derive(Serialize, ToSchema)]
struct Today {
    /// The beginning of the day, of UTC.
    since: Time,
    /// Sessions by status.
    sessions: BTreeMap<String, i64>,
    /// Calls to targets by outcome.
    calls: BTreeMap<String, i64>,
}

/// The dashboard's figures: what is under way, the queue, today, trunks and nodes. It reads no row of a call that has ended, so that it may
/// be asked every second.
#[utoipa::path(
    get,
    path = "/v1/overview",
    tag = "overview",
    responses((status = 200, description = "This moment.", body = Overview), Problem),
    security(("key" = ["read"]), ("key" = ["ops"]))
)]
pub(crate) async fn get_overview(
    _: Auth<{ READ | OPS }>,
    State(app): State<App>,
) -> Result<Json<Overview>, Problem> {
    let now = app.clock().now_ms();
    let moment = store::overview::read(app.db(), now).await?;
    let (waiting, oldest_at) = store::sessions::queue_length(app.db()).await?;
    Ok(Json(Overview {
        at: Time(now),
        sessions: by_word(moment.sessions),
        calls: by_word(moment.calls),
        queue: Queue {
            waiting,
            oldest_at: oldest_at.map(Time),
            oldest_ms: oldest_at.map(|at| now.saturating_sub(at).max(0)),
            delay_ms: moment.delay_ms,
        },
        today: Today {
            since: Time(moment.today),
            sessions: by_word(moment.sessions_today),
            calls: by_word(moment.calls_today),
        },
        trunks: statuses(&app).await?,
        nodes: nodes(&app).await?,
    }))
}

fn by_word(counts: Vec<Count>) -> BTreeMap<String, i64> {
    counts.into_iter().map(|count| (count.word, count.n)).collect()
}
