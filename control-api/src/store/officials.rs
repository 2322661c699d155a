//! Who holds office in which division. The person and their numbers are a target like any other.

use sqlx::FromRow;

use super::divisions::{LIST, below, padded};
use super::targets::{Office, Target};
use super::types::words;
use super::{Db, Result, on_read};

words!(
    /// Where an official sits.
    Chamber {
        /// Senate.
        Upper = "upper",
        /// House.
        Lower = "lower",
        /// The only chamber that there is (Nebraska, a province).
        Single = "single",
        /// Head of the executive: president, governor, mayor.
        Executive = "executive",
        /// Anybody else; known, and called only when listed by a campaign.
        Other = "other",
    }
);

words!(
    /// With which party an official votes: an independent counts by their caucus.
    Party {
        /// Democrats.
        Democrat = "democrat",
        /// Republicans.
        Republican = "republican",
        /// Any other, none, or not known. The party's name stands in the target's data.
        Other = "other",
    }
);

/// An official.
#[derive(Clone, Debug, PartialEq, FromRow)]
pub struct Official {
    /// The person, with the main number.
    #[sqlx(flatten)]
    pub target: Target,
    /// ISO 3166 in lower case.
    pub country: String,
    /// Where they hold office.
    pub division_id: String,
    /// The campaign type that calls them: `congress`, `state`, …
    pub role: String,
    /// Where they sit.
    pub chamber: Chamber,
    /// With whom they vote.
    pub party: Party,
    /// The import that they came from.
    pub source: String,
}

macro_rules! select {
    () => {
        "select t.id, t.key, t.title, t.name, t.pronunciation, t.district, t.location, t.phone, t.extension, t.data, \
         t.created_at, t.updated_at, \
         o.country, o.division_id, o.role, o.chamber, o.party, o.source from officials o join targets t on t.id = o.target_id where "
    };
}

/// Officials of these very divisions.
pub async fn of_divisions(db: &Db, role: &str, divisions: &[String]) -> Result<Vec<Official>> {
    let sql = concat!(
        select!(),
        "o.role = $1 and o.division_id in ($2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, \
         $20, $21, $22, $23, $24, $25, $26, $27, $28, $29, $30, $31, $32, $33)"
    );
    let mut found = Vec::new();
    for divisions in divisions.chunks(LIST) {
        let rows: Vec<Official> = on_read!(db, |x| {
            let mut query = sqlx::query_as(sql).bind(role);
            for division in padded(divisions) {
                query = query.bind(division);
            }
            query.fetch_all(x).await
        })?;
        found.extend(rows);
    }
    Ok(found)
}

/// Officials of every division below `parent`.
pub async fn below_division(db: &Db, role: &str, parent: &str) -> Result<Vec<Official>> {
    let sql = concat!(
        select!(),
        "o.role = $1 and o.division_id >= $2 and o.division_id < $3"
    );
    let (from, to) = below(parent);
    Ok(on_read!(db, |x| sqlx::query_as(sql)
        .bind(role)
        .bind(from)
        .bind(to)
        .fetch_all(x)
        .await)?)
}

/// Whether the country has officials of this role.
pub async fn has_role(db: &Db, country: &str, role: &str) -> Result<bool> {
    let sql =
        "select count(*) from (select 1 from officials where country = $1 and role = $2 limit 1) as found";
    let found: i64 = on_read!(db, |x| sqlx::query_scalar(sql)
        .bind(country)
        .bind(role)
        .fetch_one(x)
        .await)?;
    Ok(found > 0)
}

/// Everybody that came from an import.
pub async fn of_source(db: &Db, source: &str) -> Result<Vec<Official>> {
    let sql = concat!(select!(), "o.source = $1 order by t.key");
    Ok(on_read!(db, |x| sqlx::query_as(sql)
        .bind(source)
        .fetch_all(x)
        .await)?)
}

/// Offices of several targets, those of one together and in their order.
pub async fn offices(db: &Db, target_ids: &[String]) -> Result<Vec<Office>> {
    let sql = "select target_id, uid, name, kind, address, lat, lon, phone, extension, hours, time_zone from offices \
               where target_id in ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, \
               $22, $23, $24, $25, $26, $27, $28, $29, $30, $31, $32) order by target_id, position, uid";
    let mut found = Vec::new();
    for ids in target_ids.chunks(LIST) {
        let rows: Vec<Office> = on_read!(db, |x| {
            let mut query = sqlx::query_as(sql);
            for id in padded(ids) {
                query = query.bind(id);
            }
            query.fetch_all(x).await
        })?;
        found.extend(rows);
    }
    Ok(found)
}
