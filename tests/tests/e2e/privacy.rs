//! After a call, and in the middle of one: the caller's number is nowhere in the clear. Not in a row, an event, a webhook, the journal, or
//! a log.

use std::fs;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use sqlx::Connection as _;
use trunkline_tests::program::eventually;
use trunkline_tests::receiver::Receiver;
use trunkline_tests::stage::{CALLER, Plan, Stage, target_number};
use trunkline_tests::world::{Database, World};

use super::{SESSION, SIPP, caller_who_begins, sipp, target_who_talks};

/// What is told to others, as text; the same words on both databases.
const TOLD: [&str; 2] = [
    "select id || ' ' || kind || ' ' || coalesce(session_id, '') || ' ' || data from events",
    "select kind || ' ' || lane || ' ' || key || ' ' || error from jobs",
];

#[tokio::test]
async fn numbers_are_nowhere_in_the_clear() -> Result<()> {
    for database in Database::all() {
        let world = World::with(&database).await?;
        let target = target_who_talks(3_000);
        let (mut caller, mut target) = (
            sipp(world.path(), &caller_who_begins().bye_in())?,
            sipp(world.path(), &target)?,
        );
        let plan = Plan::between(caller.port, target.port);
        let stage = Stage::set(&world, &plan).await?;
        let receiver = Receiver::start().await?;
        let hook = json!({ "url": receiver.url, "events": ["*"] });
        world.post("/v1/webhooks", hook).await?;
        let session = stage.call(CALLER).await?;
        let talks = |s: &Value| s["step"] == "talking 1";
        world
            .until(&format!("/v1/sessions/{session}"), SESSION, talks)
            .await?;
        // Both dialogs are up, and the journal could end them.
        let journal = texts_of(&world.file("trunkline-data/journal"))?;
        ensure!(journal.lines().count() >= 4, "the journal has lines:\n{journal}");
        stage.over(&session, SESSION).await?;
        caller.finished(SIPP)?;
        target.finished(SIPP)?;
        let ended = async || !receiver.of("session.ended").is_empty();
        eventually("the end is told", Duration::from_secs(20), ended).await?;

        let caller = national(CALLER);
        let target = target_number(0);
        let everyone = [caller, national(&target)];
        clear_of(
            "the journal",
            &(journal + &texts_of(&world.file("trunkline-data/journal"))?),
            &everyone,
        )?;
        let told = format!("{:#?}", receiver.bodies());
        ensure!(receiver.bodies().len() > 10, "the timeline is told: {told}");
        clear_of("a webhook", &told, &everyone)?;
        let mut rows = String::new();
        for sql in TOLD {
            rows += &all(&world, sql).await?.join("\n");
        }
        ensure!(rows.contains("session.ended"), "events are there: {rows}");
        clear_of("events or jobs", &rows, &everyone)?;
        clear_of("a log", &world.printed(), &everyone)?;
        // Targets hold office, and their numbers stand in their own rows.
        clear_of("the database", &whole(&world, &database).await?, &[caller])?;
    }
    Ok(())
}

/// However it is written: without its country's code.
fn national(number: &str) -> &str {
    &number[2..]
}

fn clear_of(place: &str, text: &str, numbers: &[&str]) -> Result<()> {
    for number in numbers {
        let at = text.find(number);
        let around = at.map(|at| {
            String::from_utf8_lossy(&text.as_bytes()[at.saturating_sub(200)..at + 10]).into_owned()
        });
        ensure!(
            at.is_none(),
            "{place} shows {number}: {}",
            around.unwrap_or_default()
        );
    }
    Ok(())
}

/// All files of a folder.
fn texts_of(folder: &Path) -> Result<String> {
    let mut all = String::new();
    for entry in fs::read_dir(folder)? {
        all += &String::from_utf8_lossy(&fs::read(entry?.path())?);
    }
    Ok(all)
}

/// Every row of every table, or the bytes of the file that they lie in.
async fn whole(world: &World, database: &Database) -> Result<String> {
    let Database::Postgres(_) = database else {
        let mut all = String::new();
        for end in ["", "-wal"] {
            let file = world.file(&format!("trunkline.db{end}"));
            all += &String::from_utf8_lossy(&fs::read(file).unwrap_or_default());
        }
        return Ok(all);
    };
    let mut text = String::new();
    let tables = "select table_name::text from information_schema.tables where table_schema = 'public'";
    for table in all(world, tables).await? {
        text += &all(world, &format!("select t::text from \"{table}\" t"))
            .await?
            .join("\n");
    }
    Ok(text)
}

/// The first column of a query.
async fn all(world: &World, sql: &str) -> Result<Vec<String>> {
    let config: toml::Table = fs::read_to_string(world.file("trunkline.toml"))?.parse()?;
    let url = config["database"]["url"].as_str().context("a database")?;
    let sql = sqlx::AssertSqlSafe(sql.to_owned());
    if url.starts_with("postgres") {
        let mut connection = sqlx::PgConnection::connect(url).await?;
        return Ok(sqlx::query_scalar(sql).fetch_all(&mut connection).await?);
    }
    let mut connection = sqlx::SqliteConnection::connect(url).await?;
    Ok(sqlx::query_scalar(sql).fetch_all(&mut connection).await?)
}
