//! Targets and their offices: the people and places that callers are connected to.

use serde::{Deserialize, Serialize};
use sqlx::FromRow;

use super::grants::Reach;
use super::types::{JsonText, words};
use super::{Db, Page, Paged, Result, StoreError, in_transaction, on_read, on_write, one};

words!(
    /// What an office is.
    OfficeKind {
        /// The main office.
        Main = "main",
        /// One in the district.
        District = "district",
    }
);

/// A person or office.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, FromRow)]
pub struct Target {
    /// UUID.
    pub id: String,
    /// Unique: `us:bioguide:S000148`, `custom:…`
    pub key: String,
    /// `Senator`
    pub title: String,
    /// Whole name.
    pub name: String,
    /// How the name is said, where its spelling misleads; empty: as it is written.
    pub pronunciation: String,
    /// `NY`, `KY-1`; empty when it has none.
    pub district: String,
    /// Where the main office is, for the prompt.
    pub location: String,
    /// Main number, E.164; public, so kept in the clear.
    pub phone: Option<String>,
    /// Keys to send after answer.
    pub extension: String,
    /// Party, chamber and whatever an import brought.
    #[sqlx(try_from = "JsonText<serde_json::Value>")]
    pub data: serde_json::Value,
    /// Made.
    pub created_at: i64,
    /// Changed last.
    pub updated_at: i64,
}

/// One more place to reach a target at.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, FromRow)]
pub struct Office {
    /// The target's id.
    pub target_id: String,
    /// Unique within the target.
    pub uid: String,
    /// For people.
    pub name: String,
    /// Main or district.
    pub kind: OfficeKind,
    /// Street, town, code.
    pub address: String,
    /// Degrees north.
    pub lat: Option<f64>,
    /// Degrees east.
    pub lon: Option<f64>,
    /// E.164.
    pub phone: Option<String>,
    /// Keys to send after answer.
    pub extension: String,
    /// Opening hours: `{"mon":["09:00-17:00"],…}`; null when not known.
    #[sqlx(try_from = "JsonText<serde_json::Value>")]
    pub hours: serde_json::Value,
    /// IANA name; empty when not known.
    pub time_zone: String,
}

macro_rules! columns {
    () => {
        "id, key, title, name, pronunciation, district, location, phone, extension, data, created_at, updated_at"
    };
    (t) => {
        "t.id, t.key, t.title, t.name, t.pronunciation, t.district, t.location, t.phone, t.extension, t.data, t.created_at, t.updated_at"
    };
}

macro_rules! office_columns {
    () => {
        "target_id, uid, name, kind, address, lat, lon, phone, extension, hours, time_zone"
    };
}

/// Adds a target. [`StoreError::Conflict`] when the key is taken.
pub async fn create(db: &Db, t: &Target) -> Result<()> {
    let sql = concat!(
        "insert into targets (",
        columns!(),
        ") values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)"
    );
    on_write!(db, |x| sqlx::query(sql)
        .bind(&t.id)
        .bind(&t.key)
        .bind(&t.title)
        .bind(&t.name)
        .bind(&t.pronunciation)
        .bind(&t.district)
        .bind(&t.location)
        .bind(&t.phone)
        .bind(&t.extension)
        .bind(JsonText(&t.data))
        .bind(t.created_at)
        .bind(t.updated_at)
        .execute(x)
        .await
        .map(drop))?;
    Ok(())
}

/// Writes everything but id and `created_at`.
pub async fn update(db: &Db, t: &Target) -> Result<()> {
    let sql = "update targets set key = $2, title = $3, name = $4, district = $5, location = $6, phone = $7, \
               extension = $8, data = $9, updated_at = $10, pronunciation = $11 where id = $1";
    let rows = on_write!(db, |x| sqlx::query(sql)
        .bind(&t.id)
        .bind(&t.key)
        .bind(&t.title)
        .bind(&t.name)
        .bind(&t.district)
        .bind(&t.location)
        .bind(&t.phone)
        .bind(&t.extension)
        .bind(JsonText(&t.data))
        .bind(t.updated_at)
        .bind(&t.pronunciation)
        .execute(x)
        .await
        .map(|done| done.rows_affected()))?;
    one(rows)
}

/// One target by its id.
pub async fn get(db: &Db, id: &str) -> Result<Target> {
    let sql = concat!("select ", columns!(), " from targets where id = $1");
    Ok(on_read!(db, |x| sqlx::query_as(sql).bind(id).fetch_one(x).await)?)
}

/// One target by its key.
pub async fn get_by_key(db: &Db, key: &str) -> Result<Target> {
    let sql = concat!("select ", columns!(), " from targets where key = $1");
    Ok(on_read!(db, |x| sqlx::query_as(sql)
        .bind(key)
        .fetch_one(x)
        .await)?)
}

/// Targets that somebody may see, oldest first: those in which each of the first four words of `search` stands, in any case.
pub async fn list(db: &Db, reach: &Reach, search: &str, page: &Page) -> Result<Paged<Target>> {
    let sql = concat!(
        "select ",
        columns!(t),
        " from (select x.*, lower(x.title || ' ' || x.name || ' ' || x.district || ' ' || x.location || ' ' || x.key) as words from targets x) t \
         where t.id > $1 and ($2 is null \
         or not exists (select 1 from target_makers m where m.target_id = t.id and m.owner <> $2) \
         or exists (select 1 from campaign_targets c join grants g on g.campaign_id = c.campaign_id \
         where c.target_id = t.id and g.owner = $2)) \
         and t.words like lower($4) escape '!' and t.words like lower($5) escape '!' \
         and t.words like lower($6) escape '!' and t.words like lower($7) escape '!' order by t.id limit $3"
    );
    // A word that is left out is in every one.
    let mut words = search.split_whitespace().map(within);
    let mut word = || words.next().unwrap_or_else(|| within(""));
    let after = page.after.as_deref().unwrap_or_default();
    let rows = on_read!(db, |x| sqlx::query_as(sql)
        .bind(after)
        .bind(reach.owner())
        .bind(page.rows() + 1)
        .bind(word())
        .bind(word())
        .bind(word())
        .bind(word())
        .fetch_all(x)
        .await)?;
    Ok(Paged::cut(rows, page, |t: &Target| t.id.clone()))
}

/// A pattern that fits what a word stands in.
fn within(word: &str) -> String {
    let mut pattern = String::from("%");
    for letter in word.chars() {
        if matches!(letter, '!' | '%' | '_') {
            pattern.push('!');
        }
        pattern.push(letter);
    }
    pattern + "%"
}

/// A campaign's own list, in order.
pub async fn of_campaign(db: &Db, campaign_id: &str) -> Result<Vec<Target>> {
    let sql = concat!(
        "select ",
        columns!(t),
        " from campaign_targets c join targets t on t.id = c.target_id where c.campaign_id = $1 order by c.position"
    );
    Ok(on_read!(db, |x| sqlx::query_as(sql)
        .bind(campaign_id)
        .fetch_all(x)
        .await)?)
}

/// Deletes a target with its offices. [`StoreError::Reference`] while a campaign lists it.
pub async fn delete(db: &Db, id: &str) -> Result<()> {
    let rows = on_write!(db, |x| sqlx::query("delete from targets where id = $1")
        .bind(id)
        .execute(x)
        .await
        .map(|done| done.rows_affected()))?;
    one(rows)
}

/// Offices of a target, in order.
pub async fn offices(db: &Db, target_id: &str) -> Result<Vec<Office>> {
    let sql = concat!(
        "select ",
        office_columns!(),
        " from offices where target_id = $1 order by position, uid"
    );
    Ok(on_read!(db, |x| sqlx::query_as(sql)
        .bind(target_id)
        .fetch_all(x)
        .await)?)
}

/// Puts a list in place of a target's offices; each one's `target_id` is taken as `target_id`.
pub async fn set_offices(db: &Db, target_id: &str, offices: &[Office]) -> Result<()> {
    let insert = concat!(
        "insert into offices (",
        office_columns!(),
        ", position) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)"
    );
    in_transaction!(db, |tx| {
        let known: Option<String> = sqlx::query_scalar("select id from targets where id = $1")
            .bind(target_id)
            .fetch_optional(&mut *tx)
            .await?;
        if known.is_none() {
            return Err(StoreError::NotFound);
        }
        sqlx::query("delete from offices where target_id = $1")
            .bind(target_id)
            .execute(&mut *tx)
            .await?;
        for (position, office) in (0_i64..).zip(offices) {
            sqlx::query(insert)
                .bind(target_id)
                .bind(&office.uid)
                .bind(&office.name)
                .bind(office.kind)
                .bind(&office.address)
                .bind(office.lat)
                .bind(office.lon)
                .bind(&office.phone)
                .bind(&office.extension)
                .bind(JsonText(&office.hours))
                .bind(&office.time_zone)
                .bind(position)
                .execute(&mut *tx)
                .await?;
        }
    });
    Ok(())
}
