//! GET /v1/cdrs.csv: every record, streamed.

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use trunkline_gateway::cdr::Cdr;

use super::super::extract::{Auth, CALLS, InReach, OPS, Params, READ};
use super::super::problem::Problem;
use super::CdrParams;
use crate::export::{CDR_COLUMNS, cdr_csv};
use crate::runtime::App;
use crate::store::cdrs::{self, Filter};

/// Records read from the database at once.
const BATCH: i64 = 500;

/// Where the next batch begins: time and id of the record before.
type Cursor = Option<(i64, String)>;

/// Records as CSV (RFC 4180), oldest first. All of them, without pages.
#[utoipa::path(
    get,
    path = "/v1/cdrs.csv",
    tag = "cdrs",
    params(CdrParams),
    responses((status = 200, description = "A header line, then one line a record.", body = str, content_type = "text/csv"), Problem),
    security(("key" = ["read"]), ("key" = ["calls"]), ("key" = ["ops"]))
)]
pub(crate) async fn csv_cdrs(
    auth: Auth<{ READ | CALLS | OPS }, InReach>,
    State(app): State<App>,
    Params(params): Params<CdrParams>,
) -> Result<Response, Problem> {
    if params.cursor.is_some() || params.limit.is_some() {
        return Err(Problem::parameter(
            "cursor",
            "the CSV has no pages: leave cursor and limit out, and use since and until",
        ));
    }
    let filter = params.filter(auth.reach());
    // The first batch is read before the head of the answer, so that a database out of reach is told as such.
    let first = cdrs::oldest_first(app.db(), &filter, None, BATCH).await?;
    let rest = stream::unfold(Some((app, filter, first)), |state| async move {
        let (app, filter, batch) = state?;
        let lines = lines(&batch);
        let next = match cursor(&batch) {
            None => None,
            Some(after) => match more(&app, &filter, after).await {
                Ok(next) => next.map(|batch| (app, filter, batch)),
                Err(error) => return Some((Err(error), None)),
            },
        };
        Some((lines, next))
    });
    let head = stream::iter([Ok(Bytes::from(format!("{CDR_COLUMNS}\r\n")))]);
    let body = Body::from_stream(futures_util::StreamExt::chain(head, rest));
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"cdrs.csv\""),
    ];
    Ok((headers, body).into_response())
}

fn lines(batch: &[Cdr]) -> Result<Bytes, std::io::Error> {
    let lines: Result<String, csv::Error> = batch.iter().map(cdr_csv).collect();
    lines.map(Bytes::from).map_err(std::io::Error::other)
}

fn cursor(batch: &[Cdr]) -> Cursor {
    if i64::try_from(batch.len()).unwrap_or(0) < BATCH {
        return None;
    }
    batch.last().map(|cdr| (cdr.created_at, cdr.id.to_string()))
}

async fn more(app: &App, filter: &Filter, after: (i64, String)) -> Result<Option<Vec<Cdr>>, std::io::Error> {
    let batch = cdrs::oldest_first(app.db(), filter, Some(after), BATCH)
        .await
        .map_err(std::io::Error::other)?;
    Ok((!batch.is_empty()).then_some(batch))
}
