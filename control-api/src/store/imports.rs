//! Putting imported divisions, postal codes and officials in place of what the same sources brought before, all or nothing.

use std::collections::{BTreeMap, HashSet};

use sqlx::AssertSqlSafe;

use super::divisions::{Division, PostalCode};
use super::officials::{self, Official};
use super::targets::Office;
use super::types::JsonText;
use super::{Db, Result, in_transaction, on_write};

/// Rows of one statement; PostgreSQL takes 65,535 values, SQLite 32,766.
const ROWS: usize = 500;

const PUT_TARGET: &str = "insert into targets \
    (id, key, title, name, district, location, phone, extension, data, created_at, updated_at) \
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10) on conflict (key) do update set title = excluded.title, \
    name = excluded.name, district = excluded.district, location = excluded.location, phone = excluded.phone, \
    extension = excluded.extension, data = excluded.data, updated_at = excluded.updated_at returning id";

const PUT_OFFICIAL: &str = "insert into officials (target_id, country, division_id, role, chamber, party, source) \
    values ($1, $2, $3, $4, $5, $6, $7) on conflict (target_id) do update set country = excluded.country, \
    division_id = excluded.division_id, role = excluded.role, chamber = excluded.chamber, party = excluded.party, \
    source = excluded.source";

const PUT_OFFICE: &str = "insert into offices \
    (target_id, uid, name, kind, address, lat, lon, phone, extension, hours, time_zone, position) \
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";

/// What an import read. Every row's source is one of `sources`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Batch {
    /// What is replaced: rows of these sources that are not in the batch go.
    pub sources: Vec<String>,
    /// Each id once.
    pub divisions: Vec<Division>,
    /// Each code and division once.
    pub postal_codes: Vec<PostalCode>,
    /// Each key once, with the offices beside the main number.
    pub officials: Vec<(Official, Vec<Office>)>,
}

/// What replacing came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Divisions there are now.
    pub divisions: usize,
    /// Pairs of postal code and division there are now.
    pub postal_codes: usize,
    /// Officials that were not there.
    pub added: usize,
    /// Officials of whom something changed.
    pub changed: usize,
    /// Officials as they were.
    pub same: usize,
    /// Officials who are gone.
    pub gone: usize,
    /// Of the gone, those that stay as targets because a campaign lists them.
    pub still_listed: usize,
}

/// The parts of the one transaction; macros, because its type differs between the engines.
macro_rules! clear {
    ($tx:ident, $sources:expr) => {
        for source in $sources {
            for sql in [
                "delete from postal_codes where source = $1",
                "delete from divisions where source = $1",
            ] {
                sqlx::query(sql).bind(source).execute(&mut *$tx).await?;
            }
        }
    };
}

macro_rules! put_divisions {
    ($tx:ident, $divisions:expr) => {
        for rows in $divisions.chunks(ROWS) {
            let table = "divisions (id, country, name, name_key, lat, lon, source)";
            let sql = insert_many(table, 7, rows.len())
                + " on conflict (id) do update set name = excluded.name, name_key = excluded.name_key, \
                   lat = coalesce(excluded.lat, divisions.lat), lon = coalesce(excluded.lon, divisions.lon), \
                   source = excluded.source";
            let mut query = sqlx::query(AssertSqlSafe(sql));
            for d in rows {
                query = query.bind(&d.id).bind(&d.country).bind(&d.name).bind(&d.name_key);
                query = query.bind(d.lat).bind(d.lon).bind(&d.source);
            }
            query.execute(&mut *$tx).await?;
        }
    };
}

macro_rules! put_codes {
    ($tx:ident, $codes:expr) => {
        for rows in $codes.chunks(ROWS) {
            let sql = insert_many("postal_codes (country, code, division_id, source)", 4, rows.len());
            let mut query = sqlx::query(AssertSqlSafe(sql));
            for p in rows {
                query = query
                    .bind(&p.country)
                    .bind(&p.code)
                    .bind(&p.division_id)
                    .bind(&p.source);
            }
            query.execute(&mut *$tx).await?;
        }
    };
}

/// Answers how many stay as targets, because a campaign lists them.
macro_rules! take_away {
    ($tx:ident, $gone:expr) => {{
        let mut still_listed = 0;
        for official in $gone {
            sqlx::query("delete from officials where target_id = $1")
                .bind(&official.target.id)
                .execute(&mut *$tx)
                .await?;
            let sql = "delete from targets where id = $1 \
                       and not exists (select 1 from campaign_targets c where c.target_id = $1)";
            let deleted = sqlx::query(sql)
                .bind(&official.target.id)
                .execute(&mut *$tx)
                .await?;
            if deleted.rows_affected() == 0 {
                still_listed += 1;
            }
        }
        still_listed
    }};
}

/// Answers the target's id: the one that it had, if its key was known.
macro_rules! put_official {
    ($tx:ident, $official:expr, $now:expr) => {{
        let o: &Official = $official;
        let t = &o.target;
        let id: String = sqlx::query_scalar(PUT_TARGET)
            .bind(&t.id)
            .bind(&t.key)
            .bind(&t.title)
            .bind(&t.name)
            .bind(&t.district)
            .bind(&t.location)
            .bind(&t.phone)
            .bind(&t.extension)
            .bind(JsonText(&t.data))
            .bind($now)
            .fetch_one(&mut *$tx)
            .await?;
        sqlx::query(PUT_OFFICIAL)
            .bind(&id)
            .bind(&o.country)
            .bind(&o.division_id)
            .bind(&o.role)
            .bind(o.chamber)
            .bind(o.party)
            .bind(&o.source)
            .execute(&mut *$tx)
            .await?;
        id
    }};
}

macro_rules! put_offices {
    ($tx:ident, $id:expr, $offices:expr) => {{
        let id: &str = $id;
        sqlx::query("delete from offices where target_id = $1")
            .bind(id)
            .execute(&mut *$tx)
            .await?;
        for (position, o) in (0_i64..).zip($offices) {
            sqlx::query(PUT_OFFICE)
                .bind(id)
                .bind(&o.uid)
                .bind(&o.name)
                .bind(o.kind)
                .bind(&o.address)
                .bind(o.lat)
                .bind(o.lon)
                .bind(&o.phone)
                .bind(&o.extension)
                .bind(JsonText(&o.hours))
                .bind(&o.time_zone)
                .bind(position)
                .execute(&mut *$tx)
                .await?;
        }
    }};
}

/// Replaces. Targets keep their ids as long as their keys stay.
pub async fn replace(db: &Db, batch: &Batch, now: i64) -> Result<Counts> {
    let before = before(db, &batch.sources).await?;
    let kept: HashSet<&str> = batch
        .officials
        .iter()
        .map(|(o, _)| o.target.key.as_str())
        .collect();
    let gone: Vec<&Official> = before
        .values()
        .map(|(official, _)| official)
        .filter(|o| !kept.contains(o.target.key.as_str()))
        .collect();
    let mut counts = Counts {
        divisions: batch.divisions.len(),
        postal_codes: batch.postal_codes.len(),
        gone: gone.len(),
        ..Counts::default()
    };
    let mut write: Vec<&(Official, Vec<Office>)> = Vec::new();
    for entry in &batch.officials {
        match before.get(&entry.0.target.key) {
            Some(old) if same(old, entry) => counts.same += 1,
            Some(_) => {
                counts.changed += 1;
                write.push(entry);
            }
            None => {
                counts.added += 1;
                write.push(entry);
            }
        }
    }
    in_transaction!(db, |tx| {
        clear!(tx, &batch.sources);
        put_divisions!(tx, &batch.divisions);
        put_codes!(tx, &batch.postal_codes);
        counts.still_listed = take_away!(tx, &gone);
        for (official, offices) in &write {
            let id: String = put_official!(tx, official, now);
            put_offices!(tx, &id, offices);
        }
    });
    // What was brought in at once is not known to the planners yet; look-ups would go through all of it.
    for sql in [
        "analyze postal_codes",
        "analyze officials",
        "analyze divisions",
        "analyze targets",
    ] {
        on_write!(db, |x| sqlx::query(sql).execute(x).await.map(drop))?;
    }
    Ok(counts)
}

type Before = BTreeMap<String, (Official, Vec<Office>)>;

/// Officials of these sources as they stand, by key.
async fn before(db: &Db, sources: &[String]) -> Result<Before> {
    let mut before = Before::new();
    for source in sources {
        let officials = officials::of_source(db, source).await?;
        let ids: Vec<String> = officials.iter().map(|o| o.target.id.clone()).collect();
        let mut offices: BTreeMap<String, Vec<Office>> = BTreeMap::new();
        for office in officials::offices(db, &ids).await? {
            offices.entry(office.target_id.clone()).or_default().push(office);
        }
        for official in officials {
            let own = offices.remove(&official.target.id).unwrap_or_default();
            before.insert(official.target.key.clone(), (official, own));
        }
    }
    Ok(before)
}

/// Whether nothing changed but ids and times, which an import does not know.
fn same(old: &(Official, Vec<Office>), new: &(Official, Vec<Office>)) -> bool {
    let mut official = new.0.clone();
    // Ours, and no import knows of it.
    official
        .target
        .pronunciation
        .clone_from(&old.0.target.pronunciation);
    official.target.id.clone_from(&old.0.target.id);
    official.target.created_at = old.0.target.created_at;
    official.target.updated_at = old.0.target.updated_at;
    let offices = new.1.iter().map(|office| Office {
        target_id: old.0.target.id.clone(),
        ..office.clone()
    });
    old.0 == official && old.1.iter().cloned().eq(offices)
}

/// `insert into TABLE values ($1, …), (…)`. Holds numbers and our own words only.
fn insert_many(table: &str, columns: usize, rows: usize) -> String {
    let row = |n: usize| {
        let marks: Vec<String> = (1..=columns).map(|c| format!("${}", n * columns + c)).collect();
        format!("({})", marks.join(", "))
    };
    let rows: Vec<String> = (0..rows).map(row).collect();
    format!("insert into {table} values {}", rows.join(", "))
}
