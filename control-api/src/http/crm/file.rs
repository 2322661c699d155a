//! GET /v1/campaigns/{id}/crm.csv: every session as a line, streamed.

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use serde::Deserialize;
use utoipa::IntoParams;

use super::super::extract::auth::OfCampaign;
use super::super::extract::{Auth, CAMPAIGNS, Id, Params};
use super::super::problem::Problem;
use super::super::time::Time;
use super::settings;
use crate::crm::{csv, record};
use crate::runtime::App;
use crate::store::crm::{self, Crm};

/// Sessions read from the database at once.
const BATCH: i64 = 200;

/// Which sessions.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct CrmFileParams {
    /// Ended at or after.
    since: Option<Time>,
    /// Ended before.
    until: Option<Time>,
}

/// What is still to be written: after which end and session, and before when.
struct Rest {
    app: App,
    settings: Crm,
    after: (i64, String),
    until: i64,
}

/// What a CRM is told, as CSV (RFC 4180) for any that has no API of its own here: a line a session with a completed call, in the order in
/// which they ended. The number is in it only with `send_phone`, and only as long as it is kept. Fetch with some overlap, and tell lines
/// apart by `session_id`: a session may be written down a little after its end.
#[utoipa::path(
    get,
    path = "/v1/campaigns/{id}/crm.csv",
    tag = "crm",
    params(Id, CrmFileParams),
    responses((status = 200, description = "A header line, then one line a session.", body = str, content_type = "text/csv"), Problem),
    security(("key" = ["campaigns"]))
)]
pub(crate) async fn csv_crm(
    _: Auth<{ CAMPAIGNS }, OfCampaign>,
    State(app): State<App>,
    Id(id): Id,
    Params(params): Params<CrmFileParams>,
) -> Result<Response, Problem> {
    let settings = settings(&app, &id).await?;
    let broken = |_| Problem::new(super::Kind::Internal, "the file cannot be written");
    let head = csv::header(&settings.options).map_err(broken)?;
    let rest = Rest {
        app,
        settings,
        // Ids are longer than nothing, so that the first session of that instant is among them.
        after: (params.since.map_or(i64::MIN, |since| since.0), String::new()),
        until: params.until.map_or(i64::MAX, |until| until.0),
    };
    let lines = stream::unfold(Some(rest), |rest| async move {
        match batch(rest?).await {
            Ok((lines, rest)) => Some((Ok(lines), rest)),
            Err(error) => Some((Err(error), None)),
        }
    });
    let head = stream::iter([Ok(Bytes::from(head))]);
    let body = Body::from_stream(futures_util::StreamExt::chain(head, lines));
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"crm.csv\""),
    ];
    Ok((headers, body).into_response())
}

/// The next lines, and what is left after them.
async fn batch(rest: Rest) -> Result<(Bytes, Option<Rest>), std::io::Error> {
    let after = (rest.after.0, rest.after.1.as_str());
    let campaign = &rest.settings.campaign_id;
    let ended = crm::ended(rest.app.db(), campaign, after, rest.until, BATCH).await;
    let ended = ended.map_err(std::io::Error::other)?;
    let mut records = Vec::with_capacity(ended.len());
    for (_, session) in &ended {
        let read = record::read(&rest.app, &rest.settings, session).await;
        records.extend(read.map_err(std::io::Error::other)?);
    }
    let lines = csv::lines(&rest.settings.options, &records).map_err(std::io::Error::other)?;
    let full = i64::try_from(ended.len()).is_ok_and(|n| n >= BATCH);
    let next = ended.into_iter().next_back().filter(|_| full);
    Ok((lines.into(), next.map(|after| Rest { after, ..rest })))
}
