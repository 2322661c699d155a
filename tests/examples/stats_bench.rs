//! How long each statistics answer takes over a million calls, through HTTP, on both databases; see docs/PERFORMANCE.md.
//!
//! `tests/setup/with-postgres cargo run --release -p trunkline-tests --example stats_bench [CALLS]`

use std::time::Instant;

use anyhow::{Context, Result};
use serde_json::json;
use sqlx::{AssertSqlSafe, Connection};
use trunkline_tests::world::{Database, World};

/// Campaigns that share the calls; the first has six tenths of them.
const CAMPAIGNS: usize = 10;
/// How often each question is asked; the median counts.
const TIMES: usize = 5;
/// The last call began: 2026-11-20T00:00:00Z. The first, 60 days before.
const LAST_MS: i64 = 1_795_132_800_000;

/// What is asked; `C` is the campaign with most calls.
const QUESTIONS: [&str; 24] = [
    "/api/campaign/C/count.json",
    "/api/campaign/C/stats.json",
    "/api/campaign/C/date_calls.json",
    "/api/campaign/C/date_calls.json?timespan=hour",
    "/api/campaign/C/date_calls.json?timespan=minute&start=2026-11-18&end=2026-11-18",
    "/api/campaign/C/date_calls.json?timespan=month",
    "/api/campaign/date_calls.json",
    "/api/campaign/date_calls.json?timespan=hour&start=2026-11-01",
    "/api/campaign/C/target_calls.json",
    "/api/campaign/C/target_calls.json?start=2026-10-01T05:30&end=2026-11-15T17:45",
    "/api/campaigns.json",
    "/api/call",
    "/api/call?page=50000",
    "/api/call?q=%7B%22filters%22:[%7B%22name%22:%22status%22,%22op%22:%22eq%22,%22val%22:%22completed%22%7D]%7D",
    concat!(
        "/api/call?q=%7B%22filters%22:[%7B%22name%22:%22campaign_id%22,%22op%22:%22eq%22,%22val%22:%22C%22%7D]",
        ",%22order_by%22:[%7B%22field%22:%22timestamp%22,%22direction%22:%22desc%22%7D]%7D"
    ),
    "/api/target",
    "/v1/campaigns/C/stats",
    "/v1/campaigns/C/stats/outcomes",
    "/v1/campaigns/C/stats/steps",
    "/v1/campaigns/C/stats/targets",
    "/v1/campaigns/C/stats/refs",
    "/v1/campaigns/C/stats/times?every=hour&time_zone=America/New_York",
    "/v1/campaigns/C/stats/times?every=day&time_zone=Asia/Kolkata",
    "/v1/campaigns/C/stats/times?every=minute&since=2026-11-15T00:00:00Z&until=2026-11-20T00:00:00Z",
];

#[tokio::main]
async fn main() -> Result<()> {
    let calls = std::env::args()
        .nth(1)
        .and_then(|a| a.parse().ok())
        .unwrap_or(1_000_000);
    for database in Database::all() {
        let name = match &database {
            Database::Sqlite => "SQLite",
            Database::Postgres(_) => "PostgreSQL",
        };
        let mut world = World::with(&database).await?;
        let mut ids = Vec::new();
        for n in 0..CAMPAIGNS {
            let campaign = world
                .post("/v1/campaigns", json!({"name": format!("campaign {n}")}))
                .await?;
            ids.push(campaign["id"].as_str().context("an id")?.to_owned());
        }
        world.kill();
        fill(&url(&world)?, calls, &ids).await?;
        let began = Instant::now();
        world.serve().await?;
        println!(
            "{name}, {calls} calls: counted in {:.1} s with the program's start",
            began.elapsed().as_secs_f64()
        );
        for question in QUESTIONS {
            let path = question.replace("/C/", &format!("/{}/", ids[0]));
            let path = path.replace("%22C%22", &format!("%22{}%22", ids[0]));
            let mut took = Vec::new();
            let mut bytes = 0;
            for _ in 0..TIMES {
                let began = Instant::now();
                bytes = world.text(&path).await.with_context(|| path.clone())?.len();
                took.push(began.elapsed());
            }
            took.sort();
            println!(
                "{name} | {question} | {:.1} ms | {bytes} bytes",
                took[TIMES / 2].as_secs_f64() * 1_000.0
            );
        }
    }
    Ok(())
}

/// The database's address, as the program reads it.
fn url(world: &World) -> Result<String> {
    let config: toml::Table = std::fs::read_to_string(world.file("trunkline.toml"))?.parse()?;
    let url = config["database"]["url"].as_str().context("a url")?;
    Ok(url.to_owned())
}

/// Writes ended sessions and calls as history has them: nobody has counted them.
async fn fill(url: &str, calls: i64, campaigns: &[String]) -> Result<()> {
    let statements = statements(calls, campaigns);
    if url.starts_with("sqlite") {
        let mut connection = sqlx::SqliteConnection::connect(url).await?;
        for sql in statements {
            sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut connection).await?;
        }
        sqlx::raw_sql("analyze").execute(&mut connection).await?;
        connection.close().await?;
    } else {
        let mut connection = sqlx::PgConnection::connect(url).await?;
        for sql in statements {
            sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut connection).await?;
        }
        sqlx::raw_sql("vacuum analyze").execute(&mut connection).await?;
        connection.close().await?;
    }
    Ok(())
}

fn statements(calls: i64, campaigns: &[String]) -> [String; 3] {
    let sessions = calls * 2 / 5;
    let id = |kind: u8, n: &str| {
        format!("'{kind}0000000-0000-7000-8000-' || substr(cast(1000000000000 + {n} as text), 2)")
    };
    let others: String = (0_i64..)
        .zip(campaigns)
        .skip(1)
        .map(|(n, id)| format!(" when s.i % 22 = {n} then '{id}'"))
        .collect();
    let campaign = format!("case{others} else '{}' end", campaigns[0]);
    let numbers = |count: i64| {
        format!(
            "with recursive n(i) as (select 0 union all select i + 1 from n where i < {})",
            count - 1
        )
    };
    // Scattered over 60 days, the same for the calls of a session.
    let at = |n: &str| format!("{LAST_MS} - ((cast({n} as bigint) * 7919) % 5184000) * 1000");
    let targets = format!(
        "{} insert into targets (id, key, title, name, district, location, phone, extension, data, created_at, updated_at) \
         select {}, 'us:bioguide:T' || i, 'Representative', 'Name ' || i, 'NY-1', 'Albany', '+12025550100', '', '{{}}', 1, 1 from n",
        numbers(535),
        id(7, "i"),
    );
    let sessions = format!(
        "{} insert into sessions (id, campaign_id, direction, state, status, step, phone_hash, phone_last2, country, ref, location, \
         record, targets, lease_until, not_before_at, attempts, queued_at, started_at, answered_at, ended_at, queue_delay_ms, duration_ms) \
         select {}, {campaign}, 'outbound', 'ended', 'completed', case when s.i % 5 = 0 then 'confirm' else 'done ' || (s.i % 4) end, \
         'ab', '23', 'us', 'r' || (s.i % 20000), '', false, '[]', 0, 0, 1, {at}, {at} + 1000, {at} + 5000, {at} + 300000, 1000, 299000 \
         from n as s",
        numbers(sessions),
        id(8, "s.i"),
        at = at("s.i"),
    );
    let calls = format!(
        "{} insert into calls (id, session_id, campaign_id, target_key, target_index, office_uid, caller_id_reason, status, outcome, \
         started_at, ended_at, duration_ms) select {}, {}, {campaign}, 'us:bioguide:T' || ((c.i * 31) % 535), 0, '', 'campaign', \
         case when c.i % 20 < 14 then 'completed' when c.i % 20 < 17 then 'busy' when c.i % 20 < 19 then 'no-answer' else 'failed' end, \
         case when c.i % 20 < 12 then 'talked' when c.i % 20 < 14 then 'skipped' when c.i % 20 < 17 then 'busy' \
         when c.i % 20 < 19 then 'no_answer' else 'unreachable' end, {at} + 10000, {at} + 70000, 60000 \
         from (select i, i * 2 / 5 as session from n) as c",
        numbers(calls),
        id(9, "c.i"),
        id(8, "c.session"),
        at = at("c.session"),
    );
    // The campaign of a call is its session's.
    let calls = calls.replace("s.i % 22", "c.session % 22");
    [targets, sessions, calls]
}
