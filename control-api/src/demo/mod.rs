//! `trunkline demo`: the whole product on loopback, driven from outside by its own control API, with a simulated carrier on the
//! other side of the trunk.
//!
//! ```text
//! cast      who takes part: the caller, three offices, their numbers and how they behave
//! stage     free ports, a configuration, a fresh database; serve, in this process; the carrier
//! client    the control API as a stranger uses it
//! setup     trunk, route, number, targets, prompts, campaign
//! feed      server-sent events as they come
//! story     an event as a line to read
//! past      with --keep, two weeks of callers for the console to show
//! judge     what must be true afterwards: tones, records, statuses
//! ```

mod cast;
mod client;
mod feed;
mod judge;
mod past;
mod setup;
mod stage;
mod story;

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, bail};
use serde_json::Value;
use tokio::time::Instant;
use trunkline_prompts::pcm::wav;

use client::Client;
use feed::Feed;
use stage::Stage;
use story::Story;

/// Most callers at once.
pub const MAX_CALLS: usize = 500;
/// A caller is through in some 28 s; a busy machine, and many callers at once, take longer.
const LIMIT: Duration = Duration::from_secs(60);
const LIMIT_OF_MANY: Duration = Duration::from_secs(120);
/// Records are written behind the calls.
const RECORDS_LIMIT: Duration = Duration::from_secs(10);

/// What is shown.
#[derive(Clone, Debug)]
pub struct Demo {
    /// Folder for the database, the recordings and the records.
    pub out: PathBuf,
    /// Go on serving afterwards.
    pub keep: bool,
    /// Callers at once, 1 to [`MAX_CALLS`].
    pub calls: usize,
}

/// Where lines go.
pub type Say<'a> = &'a mut (dyn FnMut(&str) -> anyhow::Result<()> + Send);

/// Shows it. An error when anything that must be true afterwards is not.
pub async fn run(demo: Demo, say: Say<'_>) -> anyhow::Result<()> {
    let begin = clock();
    say("Trunkline demo: a campaign call over real SIP and RTP, all on this machine\n")?;
    let mut stage = Stage::open(&demo).await?;
    for line in stage.describe() {
        say(&line)?;
    }
    let mut story = Story::new(begin, demo.calls);
    let campaign = setup::campaign(&stage.client, stage.carrier_sip()).await?;
    say("")?;
    say(&story.line(
        clock(),
        "",
        "trunk, route, number, 3 targets, prompts and a campaign set up through /v1",
    ))?;

    let mut feed = Feed::open(&stage.client).await?;
    for n in 0..demo.calls {
        let answer = setup::call(&stage.client, &campaign, n).await?;
        if demo.calls == 1 {
            let said = format!(
                "POST /call/create: campaign {}, call {}",
                answer["campaign"], answer["call"]
            );
            say(&story.line(clock(), "", &said.replace('"', "")))?;
        }
    }
    if demo.calls > 1 {
        say(&story.line(clock(), "", &format!("POST /call/create, {} times", demo.calls)))?;
    }
    follow(&demo, &mut feed, &mut story, say).await?;
    // An open stream would keep the HTTP side from ending.
    drop(feed);

    let facts = Facts::collect(&demo, &mut stage, &story).await?;
    facts.write(&demo.out)?;
    say("\nWhat must be true now:")?;
    let faults = judge::judge(&demo, &facts, &story, say)?;
    say("")?;
    if faults > 0 {
        bail!(
            "the demo is not as it should be in {faults} respect(s); {} tells more",
            demo.out.join("trunkline.log").display()
        );
    }
    say(&format!(
        "All is there after {:.0} s. Listen to it:",
        begin.elapsed().as_secs_f64()
    ))?;
    let files = [
        ("caller.wav", "all that the caller heard"),
        ("target-1.wav", "what the first office heard"),
        ("cdrs.csv", "one record a leg"),
        ("calls.json", "the session with its calls and its timeline"),
    ];
    for (file, what) in files {
        let width = demo.out.as_os_str().len() + 16;
        say(&format!(
            "  {:<width$}{what}",
            demo.out.join(file).display().to_string()
        ))?;
    }
    if demo.keep {
        stage.keep(&campaign, say).await
    } else {
        stage.close().await
    }
}

/// Tells what happens until every session has ended.
async fn follow(demo: &Demo, feed: &mut Feed, story: &mut Story, say: Say<'_>) -> anyhow::Result<()> {
    let limit = if demo.calls == 1 { LIMIT } else { LIMIT_OF_MANY };
    let end = clock() + limit;
    while story.ended() < demo.calls {
        let event = tokio::time::timeout_at(end, feed.next())
            .await
            .with_context(|| {
                format!(
                    "{} of {} calls have not ended within {} s",
                    demo.calls - story.ended(),
                    demo.calls,
                    limit.as_secs()
                )
            })??;
        for line in story.tell(clock(), &event) {
            say(&line)?;
        }
    }
    Ok(())
}

/// All that is known when the calls are over.
struct Facts {
    sessions: Vec<Value>,
    cdrs: Vec<Value>,
    cdrs_csv: String,
    /// What each caller heard.
    callers: Vec<Vec<i16>>,
    /// What the office heard that answers, call by call, and the keys that came to it.
    targets: Vec<(Vec<i16>, usize)>,
}

impl Facts {
    async fn collect(demo: &Demo, stage: &mut Stage, story: &Story) -> anyhow::Result<Facts> {
        let end = clock() + RECORDS_LIMIT;
        let mut sessions = Vec::new();
        for id in story.sessions() {
            sessions.push(written(&stage.client, id, end).await?);
        }
        let mut cdrs = stage.client.all("/v1/cdrs").await?;
        while cdrs.len() < story.legs() && clock() < end {
            tokio::time::sleep(Duration::from_millis(200)).await;
            cdrs = stage.client.all("/v1/cdrs").await?;
        }
        let cdrs_csv = stage.client.text("/v1/cdrs.csv").await?;
        let recorded = stage.recordings(demo.calls, end).await;
        Ok(Facts {
            sessions,
            cdrs,
            cdrs_csv,
            callers: (0..demo.calls)
                .filter_map(|n| recorded.last(&cast::caller(n)))
                .map(|r| r.heard.clone())
                .collect(),
            targets: recorded
                .all(cast::OFFICES[0].phone)
                .map(|r| (r.heard.clone(), r.digits.len()))
                .collect(),
        })
    }

    fn write(&self, out: &Path) -> anyhow::Result<()> {
        write_wav(
            &out.join("caller.wav"),
            self.callers.first().map_or(&[], Vec::as_slice),
        )?;
        write_wav(
            &out.join("target-1.wav"),
            self.targets.first().map_or(&[], |t| &t.0),
        )?;
        write(&out.join("cdrs.csv"), self.cdrs_csv.as_bytes())?;
        write(
            &out.join("calls.json"),
            serde_json::to_string_pretty(&self.sessions)?.as_bytes(),
        )
    }
}

/// A session once its end is in the database, or as it is when the time is up.
async fn written(client: &Client, id: &str, end: Instant) -> anyhow::Result<Value> {
    loop {
        let session = client.get(&format!("/v1/sessions/{id}")).await?;
        if !session["ended_at"].is_null() || clock() >= end {
            return Ok(session);
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

fn write(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    std::fs::write(path, bytes).with_context(|| format!("{} cannot be written", path.display()))
}

/// 8 kHz, 16 bit, mono.
fn write_wav(path: &Path, samples: &[i16]) -> anyhow::Result<()> {
    write(path, &wav(samples, 8_000))
}

#[expect(
    clippy::disallowed_methods,
    reason = "the demo waits and measures in real time, as somebody who watches does"
)]
fn clock() -> Instant {
    Instant::now()
}
