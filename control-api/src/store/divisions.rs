//! Divisions (a country, a state, a district), by their Open Civic Data ids, and which postal codes lie in them.

use sqlx::FromRow;

use super::{Db, Result, on_read};

/// Placeholders of the statements that take a list; a longer list is asked for in several.
pub(super) const LIST: usize = 32;

/// A part of a country that somebody holds office in.
#[derive(Clone, Debug, PartialEq, FromRow)]
pub struct Division {
    /// `ocd-division/country:us/state:ky/cd:1`
    pub id: String,
    /// ISO 3166 in lower case.
    pub country: String,
    /// `KY-1`
    pub name: String,
    /// The name as it is searched for.
    pub name_key: String,
    /// Degrees north of a point in it.
    pub lat: Option<f64>,
    /// Degrees east of that point.
    pub lon: Option<f64>,
    /// The import that it came from.
    pub source: String,
}

/// A postal code that lies in a division, wholly or in part.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct PostalCode {
    /// ISO 3166 in lower case.
    pub country: String,
    /// As `places` writes it: upper case, without spaces.
    pub code: String,
    /// The division.
    pub division_id: String,
    /// The import that it came from.
    pub source: String,
}

/// Ids of the divisions that a postal code lies in.
pub async fn of_postal_code(db: &Db, country: &str, code: &str) -> Result<Vec<String>> {
    let sql =
        "select distinct division_id from postal_codes where country = $1 and code = $2 order by division_id";
    Ok(on_read!(db, |x| sqlx::query_scalar(sql)
        .bind(country)
        .bind(code)
        .fetch_all(x)
        .await)?)
}

/// Those of these postal codes that are known.
pub async fn known_codes(db: &Db, country: &str, codes: &[String]) -> Result<Vec<String>> {
    let sql = "select distinct code from postal_codes where country = $1 and code in \
               ($2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, \
               $27, $28, $29, $30, $31, $32, $33) order by code";
    let mut known = Vec::new();
    for codes in codes.chunks(LIST) {
        let rows: Vec<String> = on_read!(db, |x| {
            let mut query = sqlx::query_scalar(sql).bind(country);
            for code in padded(codes) {
                query = query.bind(code);
            }
            query.fetch_all(x).await
        })?;
        known.extend(rows);
    }
    Ok(known)
}

/// Whether the country has postal codes at all.
pub async fn has_postal_codes(db: &Db, country: &str) -> Result<bool> {
    let sql = "select count(*) from (select 1 from postal_codes where country = $1 limit 1) as found";
    let found: i64 = on_read!(db, |x| sqlx::query_scalar(sql).bind(country).fetch_one(x).await)?;
    Ok(found > 0)
}

/// Whether any postal code is known to lie in one of the divisions right below `parent`, where an official of this role sits.
pub async fn has_codes_below(db: &Db, parent: &str, role: &str) -> Result<bool> {
    let sql = "select count(*) from (select 1 from officials o join postal_codes p on p.division_id = o.division_id \
               where o.role = $1 and o.division_id >= $2 and o.division_id < $3 limit 1) as found";
    let (from, to) = below(parent);
    let found: i64 = on_read!(db, |x| sqlx::query_scalar(sql)
        .bind(role)
        .bind(from)
        .bind(to)
        .fetch_one(x)
        .await)?;
    Ok(found > 0)
}

/// Divisions of this name.
pub async fn by_name(db: &Db, country: &str, name_key: &str) -> Result<Vec<Division>> {
    let sql = "select id, country, name, name_key, lat, lon, source from divisions \
               where country = $1 and (name_key = $2 or id = $2) order by id";
    Ok(on_read!(db, |x| sqlx::query_as(sql)
        .bind(country)
        .bind(name_key)
        .fetch_all(x)
        .await)?)
}

/// The list with empty texts after it, as long as the statements want it.
pub(super) fn padded(list: &[String]) -> impl Iterator<Item = &str> {
    let missing = LIST.saturating_sub(list.len());
    list.iter()
        .map(String::as_str)
        .chain(std::iter::repeat_n("", missing))
}

/// Ids below `parent` sort from the first of these to before the second: `0` follows `/`.
pub(super) fn below(parent: &str) -> (String, String) {
    (format!("{parent}/"), format!("{parent}0"))
}
