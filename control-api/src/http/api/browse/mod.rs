//! GET /api/{call,schedule,campaign,target,audiorecording}: rows by filters, in the form of Flask-Restless, with which CallPower answers.

pub(super) mod audiorecording;
pub(super) mod call;
pub(super) mod campaign;
mod read;
pub(super) mod schedule;
pub(super) mod target;

use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

use super::super::compat::answer::Fault;
use super::super::extract::id::is_id;
use super::super::time::Time;
use super::extract::{Answer, Json, Query};
use crate::runtime::App;
use crate::store::browse::{self, BrowseRow, Comparison, Filter, Noun, Value};
use crate::store::grants::Reach;
use read::Asked;

/// Which rows, in which order, which page of them.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "the shape in the OpenAPI document; `Asked` reads it")]
pub(crate) struct BrowseParams {
    /// JSON: `{"filters": [{"name": "status", "op": "eq", "val": "completed"}],
    /// "order_by": [{"field": "timestamp", "direction": "desc"}]}`. Filters may nest as `{"or": […]}`, `{"and": […]}` and `{"not": …}`, and
    /// compare with `field` in place of `val`. Operators beside `eq`: `neq gt ge lt le in not_in is_null is_not_null like ilike not_like`
    /// and their other names in Flask-Restless; `like` takes upper and lower case as the same. Beside them `limit`, `offset`, `single`.
    q: Option<String>,
    /// From 1.
    #[param(default = 1, minimum = 1)]
    page: Option<i64>,
    /// 1 to 100.
    #[param(default = 10, minimum = 1, maximum = 100)]
    results_per_page: Option<i64>,
}

/// One page of objects.
#[derive(Serialize, ToSchema)]
pub(crate) struct Objects<T> {
    /// All that the filters meet.
    num_results: i64,
    page: i64,
    total_pages: i64,
    /// Those of the page.
    objects: Vec<T>,
}

/// The rows of a page, and where it lies among all.
pub(super) struct Found<R> {
    pub(super) rows: Vec<R>,
    asked: Asked,
    count: i64,
}

/// Looks for what is asked, within a key's reach.
pub(super) async fn find<R: BrowseRow>(
    app: &App,
    noun: &'static Noun,
    reach: &Reach,
    query: &Query,
) -> Result<Found<R>, Fault> {
    let mut asked = Asked::read(noun, query)?;
    asked.filter = noun.within(reach, asked.filter);
    let count = asked.counted(browse::count(app.db(), noun, &asked.filter).await?);
    let rows = match asked.query(count) {
        Some(query) => browse::find(app.db(), noun, &query).await?,
        None => Vec::new(),
    };
    Ok(Found { rows, asked, count })
}

/// Looks for the one row of an id, within a key's reach.
pub(super) async fn get<R: BrowseRow>(
    app: &App,
    noun: &'static Noun,
    reach: &Reach,
    id: &str,
) -> Result<R, Fault> {
    let unknown = || Fault::new(404, format!("there is no {} of this id", noun.name));
    let column = noun.column("id").filter(|_| is_id(id)).ok_or_else(unknown)?;
    let query = browse::Query {
        filter: noun.within(
            reach,
            Filter::Value(column, Comparison::Equal, Value::Text(id.to_owned())),
        ),
        order: Vec::new(),
        offset: 0,
        limit: 1,
    };
    let mut rows = browse::find(app.db(), noun, &query).await?;
    rows.pop().ok_or_else(unknown)
}

impl<R> Found<R> {
    /// The answer: the page, or the one object that was asked for.
    pub(super) fn answer<T: Serialize>(self, objects: Vec<T>) -> Answer {
        if self.asked.single {
            return match (self.count, objects.first()) {
                (1, Some(object)) => Ok(Json::of(object)),
                (0 | 1, _) => Err(Fault::new(404, "No result found")),
                (_, _) => Err(Fault::new(400, "Multiple results found")),
            };
        }
        Ok(Json::of(&Objects {
            num_results: self.count,
            page: self.asked.page,
            total_pages: (self.count + self.asked.per_page - 1) / self.asked.per_page,
            objects,
        }))
    }
}

/// A time as CallPower's clients read it.
fn time(at: i64) -> String {
    Time(at).to_string()
}
