//! The console on a busy day: a million calls in the database and a thousand callers on the line. How long its pages take, and what a
//! dashboard that is open costs.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use futures_util::StreamExt as _;
use futures_util::future::try_join_all;
use reqwest::redirect::Policy;
use reqwest::{Client, Response};
use serde_json::json;
use trunkline_control_api::outbound::loopback_client;
use trunkline_control_api::store::calls::Call;
use trunkline_control_api::store::sessions::{Direction, Session, SessionState};
use trunkline_control_api::store::{Db, history};
use trunkline_tests::scenario::Scenario;
use trunkline_tests::sipp::{Setup, Sipp};
use trunkline_tests::stage::{Plan, Stage};
use trunkline_tests::world::{Database, World, tone_file};
use uuid::Builder;

/// Sessions in the past, and calls of each.
const SESSIONS: u32 = 250_000;
const CALLS_EACH: u32 = 4;
/// Written in one go.
const BATCH: u32 = 10_000;
/// Callers on the line, and how many of them come a second. They only listen, so nobody misses their voice.
const CALLERS: u32 = 1_000;
const A_SECOND: u32 = 25;
/// Those who come while it is measured.
const MORE: u32 = 300;
/// What they listen to.
const INTRO_MS: usize = 180_000;
/// Who ask for them, each one after the other.
const ASKERS: u32 = 10;
/// Dashboards that are open at once: one alone is lost in what the calls take.
const VIEWERS: u32 = 20;
/// How long is measured.
const SPAN: Duration = Duration::from_secs(12);
/// Times that each page is asked for.
const LOOKS: usize = 20;
/// A day ago, one call after the other.
const BEGIN_MS: u64 = 1_750_000_000_000;

/// Prints its rows.
pub(crate) async fn rows() -> Result<()> {
    let world = World::with_ports(&Database::Sqlite, 3_000).await?;
    let cookie = log_in(&world).await?;
    let caller = Scenario::answering("caller")
        .ringing()
        .answer_with("a=recvonly\n")
        .pause(240_000)
        .bye_out();
    let file = caller.write(world.path())?;
    let setup = Setup {
        name: "caller",
        scenario: &file,
        calls: Some(CALLERS + MORE),
        trace: false,
        ..Setup::default()
    };
    let callers = Sipp::start(world.path(), &setup)?;
    let plan = Plan {
        trunk: json!({ "max_channels": 2 * CALLERS, "max_cps": 1_000 }),
        ..Plan::between(callers.port, callers.port)
    };
    let stage = Stage::set(&world, &plan).await?;
    past(&world, &stage.campaign).await?;
    let intro = tone_file(500.0, INTRO_MS);
    world.upload(&stage.campaign, "msg_intro", intro).await?;
    try_join_all((0..ASKERS).map(|asker| ask(&stage, asker))).await?;
    tokio::select! {
        ended = more(&stage) => ended?,
        measured = measure(&world, &stage.campaign, &cookie) => measured?,
    }
    callers.stop();
    Ok(())
}

/// Asks for its share of the callers, one after the other.
async fn ask(stage: &Stage<'_>, asker: u32) -> Result<()> {
    let mut pace = tokio::time::interval(Duration::from_secs(1) * ASKERS / A_SECOND);
    for number in (asker..CALLERS).step_by(ASKERS as usize) {
        pace.tick().await;
        stage.call(&format!("+1202{:07}", 5_550_000 + number)).await?;
    }
    Ok(())
}

/// One more caller each second, so that there is something to tell: a dashboard is renewed as often as it can be.
async fn more(stage: &Stage<'_>) -> Result<()> {
    let mut pace = tokio::time::interval(Duration::from_secs(1));
    for number in CALLERS..CALLERS + MORE {
        pace.tick().await;
        stage.call(&format!("+1202{:07}", 5_550_000 + number)).await?;
    }
    anyhow::bail!("the callers were not enough")
}

async fn measure(world: &World, campaign: &str, cookie: &str) -> Result<()> {
    let live = world.get("/v1/sessions?state=live&limit=1000").await?;
    let live = live["items"].as_array().map_or(0, Vec::len);
    println!("{:<44}{:>12}", "callers on the line", live);
    println!("{:<44}{:>12}", "calls in the database", SESSIONS * CALLS_EACH);
    let pages = [
        "/campaigns".to_owned(),
        format!("/campaigns/{campaign}"),
        "/operations".to_owned(),
    ];
    for path in &pages {
        let mut times = Vec::new();
        for _ in 0..LOOKS {
            let began = Instant::now();
            let page = get(world, path, cookie).await?;
            ensure!(page.status().is_success(), "{path}: {}", page.status());
            page.bytes().await?;
            times.push(began.elapsed().as_millis());
        }
        times.sort_unstable();
        let name = if path.len() > 20 { "/campaigns/ID" } else { path };
        let (median, most) = (times[LOOKS / 2], times[LOOKS - 1]);
        println!("{:<44}{:>12}", format!("ms for {name}, median (aim 200)"), median);
        println!("{:<44}{:>12}", "   the slowest of 20", most);
    }
    let without = busy_for(world, std::future::pending()).await?;
    for path in [&pages[0], &pages[2]] {
        let viewers = try_join_all((0..VIEWERS).map(|_| dashboard(world, path, cookie)));
        let with = busy_for(world, async { viewers.await.map(drop) }).await?;
        let name = format!("% of a core, {path} open (aim 2)");
        println!(
            "{:<44}{:>12.1}",
            name,
            (with - without) * 100.0 / f64::from(VIEWERS)
        );
    }
    println!("{:<44}{:>12.1}\n", "% of a core, nobody looks", without * 100.0);
    Ok(())
}

/// Somebody has a page open: whenever the stream says so, it is asked for again.
async fn dashboard(world: &World, path: &str, cookie: &str) -> Result<()> {
    let mut stream = get(world, "/live", cookie).await?.bytes_stream();
    while let Some(word) = stream.next().await {
        if word?.starts_with(b"data") {
            get(world, path, cookie).await?.bytes().await?;
        }
    }
    anyhow::bail!("the stream has ended")
}

/// How busy the program is meanwhile, in cores.
async fn busy_for(world: &World, meanwhile: impl Future<Output = Result<()>>) -> Result<f64> {
    let (began, before) = (Instant::now(), cpu_seconds(world)?);
    if let Ok(ended) = tokio::time::timeout(SPAN, meanwhile).await {
        ended?;
    }
    Ok((cpu_seconds(world)? - before) / began.elapsed().as_secs_f64())
}

fn cpu_seconds(world: &World) -> Result<f64> {
    let program = world.program.as_ref().context("it runs")?;
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", program.id()))?;
    let after = stat.rsplit_once(") ").context("a state")?.1;
    let ticks: u64 = after
        .split(' ')
        .skip(11)
        .take(2)
        .filter_map(|field| field.parse::<u64>().ok())
        .sum();
    Ok(ticks as f64 / 100.0)
}

async fn get(world: &World, path: &str, cookie: &str) -> Result<Response> {
    Ok(loopback_client()
        .get(world.url(path))
        .header("cookie", cookie)
        .send()
        .await?)
}

/// By the link that the first start prints.
async fn log_in(world: &World) -> Result<String> {
    let printed = world.printed();
    let link = printed.split_whitespace().find(|word| word.contains("/first/"));
    let client = Client::builder().redirect(Policy::none()).build()?;
    let sent = client
        .post(link.context("no link was printed")?)
        .header("sec-fetch-site", "same-origin")
        .form(&[("name", "ada"), ("new", "correct horse battery staple")])
        .send()
        .await?;
    let cookie = sent.headers().get("set-cookie").context("no cookie")?.to_str()?;
    Ok(cookie.split(';').next().unwrap_or_default().to_owned())
}

/// Writes the past, counted as real calls are.
async fn past(world: &World, campaign: &str) -> Result<()> {
    let db = Db::open(&format!("sqlite://{}", world.file("trunkline.db").display())).await?;
    for batch in 0..SESSIONS / BATCH {
        let (mut sessions, mut calls) = (Vec::new(), Vec::new());
        for n in batch * BATCH..(batch + 1) * BATCH {
            let session = session(campaign, n);
            calls.extend((0..CALLS_EACH).map(|index| call(campaign, &session.id, n, index)));
            sessions.push(session);
        }
        history::add_sessions(&db, &sessions).await?;
        history::add_calls(&db, &calls).await?;
    }
    db.close().await;
    Ok(())
}

/// One every two seconds.
fn at(n: u32) -> u64 {
    BEGIN_MS + u64::from(n) * 2_000
}

fn id(at: u64, n: u32) -> String {
    let mut random = [0; 10];
    random[6..].copy_from_slice(&n.to_be_bytes());
    Builder::from_unix_timestamp_millis(at, &random)
        .into_uuid()
        .to_string()
}

fn session(campaign: &str, n: u32) -> Session {
    let begun = i64::try_from(at(n)).unwrap_or(0);
    Session {
        id: id(at(n), n),
        campaign_id: campaign.to_owned(),
        direction: Direction::Outbound,
        state: SessionState::Ended,
        status: "completed".to_owned(),
        step: "done 4".to_owned(),
        phone_hash: String::new(),
        phone_enc: None,
        phone_last2: "23".to_owned(),
        country: "us".to_owned(),
        reference: ["newsletter", "friends", ""][n as usize % 3].to_owned(),
        location: String::new(),
        caller_id: None,
        record: false,
        targets: Vec::new(),
        target_keys: Vec::new(),
        node: None,
        lease_until: 0,
        not_before_at: begun,
        attempts: 1,
        queued_at: begun,
        started_at: Some(begun),
        answered_at: Some(begun),
        ended_at: Some(begun + 300_000),
        queue_delay_ms: Some(0),
        duration_ms: Some(300_000),
    }
}

fn call(campaign: &str, session: &str, n: u32, index: u32) -> Call {
    let begun = at(n) + u64::from(index) * 60_000;
    let (status, outcome) = [
        ("completed", "talked"),
        ("completed", "voicemail"),
        ("busy", "busy"),
        ("no-answer", "no_answer"),
    ][(n + index) as usize % 4];
    let started_at = i64::try_from(begun).unwrap_or(0);
    Call {
        id: id(begun, n * CALLS_EACH + index),
        session_id: session.to_owned(),
        campaign_id: campaign.to_owned(),
        target_key: format!("custom:{}", (n + index) % 500),
        target_index: i64::from(index),
        office_uid: String::new(),
        caller_id_reason: "campaign".to_owned(),
        status: status.to_owned(),
        outcome: Some(outcome.to_owned()),
        started_at,
        ended_at: Some(started_at + 60_000),
        duration_ms: Some(50_000),
    }
}
