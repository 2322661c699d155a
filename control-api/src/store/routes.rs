//! Routes: which trunks take which numbers, in what order.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use sqlx::FromRow;
use utoipa::ToSchema;

use super::types::JsonText;
use super::{Db, Page, Paged, Result, StoreError, in_transaction, on_read, on_write, one};

/// A route with its trunks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, FromRow)]
pub struct Route {
    /// UUID.
    pub id: String,
    /// Unique.
    pub name: String,
    /// E.164 prefixes; `+` takes every number.
    #[sqlx(try_from = "JsonText<Vec<String>>")]
    pub prefixes: Vec<String>,
    /// Only for this campaign.
    pub campaign_id: Option<String>,
    /// When and for which countries.
    #[sqlx(try_from = "JsonText<Conditions>")]
    pub conditions: Conditions,
    /// SIP statuses after which no other trunk is tried; empty is the default list.
    #[sqlx(try_from = "JsonText<Vec<u16>>")]
    pub stop_codes: Vec<u16>,
    /// Made.
    pub created_at: i64,
    /// Changed last.
    pub updated_at: i64,
    /// Lower priority first.
    #[sqlx(skip)]
    pub trunks: Vec<RouteTrunk>,
}

/// Calls that a route is for, beside its prefixes and its campaign.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Conditions {
    /// ISO 3166, lower case; none is every country.
    pub countries: Vec<String>,
    /// None is always.
    pub windows: Vec<Window>,
}

impl From<JsonText<Conditions>> for Conditions {
    fn from(text: JsonText<Conditions>) -> Conditions {
        text.0
    }
}

/// When a route is open.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Window {
    /// On whose clocks, over the days on which they are changed.
    #[schema(example = "America/New_York")]
    pub time_zone: String,
    /// `mon`, `tue`, `wed`, `thu`, `fri`, `sat`, `sun`; none is every day. A window over midnight belongs to the day on which it begins.
    #[serde(default)]
    #[schema(example = json!(["mon", "fri"]))]
    pub days: Vec<String>,
    /// From this time on.
    #[schema(example = "09:00")]
    pub from: String,
    /// Before this time; `24:00` is the end of the day.
    #[schema(example = "17:30")]
    pub to: String,
}

/// A trunk within a route.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RouteTrunk {
    /// The trunk's id.
    pub trunk_id: String,
    /// Lower is tried first.
    pub priority: i64,
    /// Among those the cheapest is tried first; in any unit.
    #[serde(default)]
    pub cost: i64,
    /// Share among equals.
    pub weight: i64,
}

#[derive(FromRow)]
struct RouteTrunkRow {
    route_id: String,
    trunk_id: String,
    priority: i64,
    cost: i64,
    weight: i64,
}

macro_rules! columns {
    () => {
        "id, name, prefixes, campaign_id, conditions, stop_codes, created_at, updated_at"
    };
}

const INSERT_TRUNK: &str = "insert into route_trunks (route_id, position, trunk_id, priority, cost, weight) values ($1, $2, $3, $4, $5, $6)";

/// Adds a route. [`StoreError::Conflict`] when the name is taken, [`StoreError::Reference`] when a trunk is not there.
pub async fn create(db: &Db, r: &Route) -> Result<()> {
    let sql = concat!(
        "insert into routes (",
        columns!(),
        ") values ($1, $2, $3, $4, $5, $6, $7, $8)"
    );
    in_transaction!(db, |tx| {
        sqlx::query(sql)
            .bind(&r.id)
            .bind(&r.name)
            .bind(JsonText(&r.prefixes))
            .bind(&r.campaign_id)
            .bind(JsonText(&r.conditions))
            .bind(JsonText(&r.stop_codes))
            .bind(r.created_at)
            .bind(r.updated_at)
            .execute(&mut *tx)
            .await?;
        for (position, t) in (0_i64..).zip(&r.trunks) {
            sqlx::query(INSERT_TRUNK)
                .bind(&r.id)
                .bind(position)
                .bind(&t.trunk_id)
                .bind(t.priority)
                .bind(t.cost)
                .bind(t.weight)
                .execute(&mut *tx)
                .await?;
        }
    });
    Ok(())
}

/// Writes everything but id and `created_at`, its trunks too.
pub async fn update(db: &Db, r: &Route) -> Result<()> {
    let sql = "update routes set name = $2, prefixes = $3, campaign_id = $4, conditions = $5, stop_codes = $6, \
               updated_at = $7 where id = $1";
    in_transaction!(db, |tx| {
        let done = sqlx::query(sql)
            .bind(&r.id)
            .bind(&r.name)
            .bind(JsonText(&r.prefixes))
            .bind(&r.campaign_id)
            .bind(JsonText(&r.conditions))
            .bind(JsonText(&r.stop_codes))
            .bind(r.updated_at)
            .execute(&mut *tx)
            .await?;
        if done.rows_affected() == 0 {
            return Err(StoreError::NotFound);
        }
        sqlx::query("delete from route_trunks where route_id = $1")
            .bind(&r.id)
            .execute(&mut *tx)
            .await?;
        for (position, t) in (0_i64..).zip(&r.trunks) {
            sqlx::query(INSERT_TRUNK)
                .bind(&r.id)
                .bind(position)
                .bind(&t.trunk_id)
                .bind(t.priority)
                .bind(t.cost)
                .bind(t.weight)
                .execute(&mut *tx)
                .await?;
        }
    });
    Ok(())
}

/// One route by its id.
pub async fn get(db: &Db, id: &str) -> Result<Route> {
    let sql = concat!("select ", columns!(), " from routes where id = $1");
    let trunks = "select route_id, trunk_id, priority, cost, weight from route_trunks where route_id = $1 order by position";
    let mut route: Route = on_read!(db, |x| sqlx::query_as(sql).bind(id).fetch_one(x).await)?;
    let rows: Vec<RouteTrunkRow> = on_read!(db, |x| sqlx::query_as(trunks).bind(id).fetch_all(x).await)?;
    route.trunks = rows.into_iter().map(RouteTrunk::from).collect();
    Ok(route)
}

/// Routes, oldest first.
pub async fn list(db: &Db, page: &Page) -> Result<Paged<Route>> {
    let sql = concat!(
        "select ",
        columns!(),
        " from routes where id > $1 order by id limit $2"
    );
    let after = page.after.as_deref().unwrap_or_default();
    let rows: Vec<Route> = on_read!(db, |x| sqlx::query_as(sql)
        .bind(after)
        .bind(page.rows() + 1)
        .fetch_all(x)
        .await)?;
    let mut paged = Paged::cut(rows, page, |r: &Route| r.id.clone());
    with_trunks(db, &mut paged.items).await?;
    Ok(paged)
}

/// Every route, for the gateway's snapshot.
pub async fn all(db: &Db) -> Result<Vec<Route>> {
    let sql = concat!("select ", columns!(), " from routes order by id");
    let mut routes: Vec<Route> = on_read!(db, |x| sqlx::query_as(sql).fetch_all(x).await)?;
    with_trunks(db, &mut routes).await?;
    Ok(routes)
}

/// Deletes a route.
pub async fn delete(db: &Db, id: &str) -> Result<()> {
    let rows = on_write!(db, |x| sqlx::query("delete from routes where id = $1")
        .bind(id)
        .execute(x)
        .await
        .map(|done| done.rows_affected()))?;
    one(rows)
}

async fn with_trunks(db: &Db, routes: &mut [Route]) -> Result<()> {
    let (Some(first), Some(last)) = (routes.first(), routes.last()) else {
        return Ok(());
    };
    let sql = "select route_id, trunk_id, priority, cost, weight from route_trunks \
               where route_id >= $1 and route_id <= $2 order by route_id, position";
    let rows: Vec<RouteTrunkRow> = on_read!(db, |x| sqlx::query_as(sql)
        .bind(&first.id)
        .bind(&last.id)
        .fetch_all(x)
        .await)?;
    let mut by_route: HashMap<String, Vec<RouteTrunk>> = HashMap::new();
    for row in rows {
        by_route.entry(row.route_id.clone()).or_default().push(row.into());
    }
    for route in routes {
        route.trunks = by_route.remove(&route.id).unwrap_or_default();
    }
    Ok(())
}

impl From<RouteTrunkRow> for RouteTrunk {
    fn from(row: RouteTrunkRow) -> RouteTrunk {
        RouteTrunk {
            trunk_id: row.trunk_id,
            priority: row.priority,
            cost: row.cost,
            weight: row.weight,
        }
    }
}
