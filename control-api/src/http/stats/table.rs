//! Rows as a client wants them: JSON, or CSV when it says `Accept: text/csv` or asks for a file.

use axum::Json;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use super::super::problem::{Kind, Problem};
use crate::export;

/// Every row of a table; there are no pages.
#[derive(Serialize, ToSchema)]
pub(crate) struct Table<T> {
    /// The rows.
    items: Vec<T>,
}

/// A row of a table.
pub(super) trait TableRow: Serialize {
    /// The columns of the CSV: the fields of the JSON, in order.
    const COLUMNS: &'static [&'static str];
}

/// Answers as `Accept` says.
pub(super) fn answer<T: TableRow>(
    headers: &HeaderMap,
    name: &str,
    rows: Vec<T>,
) -> Result<Response, Problem> {
    let accepts = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok());
    if accepts.is_some_and(|accepts| accepts.trim_start().starts_with("text/csv")) {
        return file(name, &rows);
    }
    Ok(Json(Table { items: rows }).into_response())
}

/// Answers CSV.
pub(super) fn file<T: TableRow>(name: &str, rows: &[T]) -> Result<Response, Problem> {
    let text = export::table_csv(T::COLUMNS, rows).map_err(|error| {
        tracing::error!(%error, "a table cannot be written as CSV");
        Problem::new(Kind::Internal, "a mistake of the server: its log says more")
    })?;
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()),
        (
            header::CONTENT_DISPOSITION,
            format!("attachment; filename=\"{name}.csv\""),
        ),
    ];
    Ok((headers, text).into_response())
}
