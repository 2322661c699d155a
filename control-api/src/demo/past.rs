//! A past for the demo that stays (`--keep`), so that every page of the console shows something: two weeks of callers, counted as real ones
//! are, and a little of all else that an installation has.

use rand::seq::IndexedRandom;
use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};

use super::cast::{CAMPAIGN_NUMBER, OFFICES};
use super::client::Client;
use crate::config::Config;
use crate::privacy::password;
use crate::store::calls::Call;
use crate::store::sessions::{Direction, Session, SessionState};
use crate::store::{Db, history};

/// Always the same past.
const SEED: u64 = 1_984;
/// How long it is.
const DAYS: i64 = 14;
const HOUR_MS: i64 = 3_600_000;
/// Callers of a quiet hour, and of a busy one.
const QUIET: i64 = 1;
const BUSY: i64 = 9;
/// Where they came from.
const REFS: [&str; 4] = ["newsletter", "front-page", "friends", ""];
/// How calls end, each as often as it stands here: status and outcome.
const ENDS: [(&str, &str); 10] = [
    ("completed", "talked"),
    ("completed", "talked"),
    ("completed", "talked"),
    ("completed", "talked"),
    ("completed", "skipped"),
    ("completed", "voicemail"),
    ("completed", "voicemail"),
    ("busy", "busy"),
    ("no-answer", "no_answer"),
    ("failed", "unreachable"),
];

/// Makes it, up to `now_ms`.
pub(super) async fn invent(
    client: &Client,
    config: &Config,
    campaign: &str,
    now_ms: i64,
) -> anyhow::Result<()> {
    let mut rng = ChaCha8Rng::seed_from_u64(SEED);
    let (mut sessions, mut calls) = (Vec::new(), Vec::new());
    let begin = now_ms / HOUR_MS * HOUR_MS - DAYS * 24 * HOUR_MS;
    for hour in 0..DAYS * 24 {
        let callers = if (13..23).contains(&(hour % 24)) {
            BUSY
        } else {
            QUIET
        };
        for _ in 0..rng.random_range(0..=callers) {
            let at = begin + hour * HOUR_MS + rng.random_range(0..HOUR_MS);
            caller(&mut rng, campaign, at, &mut sessions, &mut calls);
        }
    }
    let db = Db::open(&config.database.url).await?;
    history::add_sessions(&db, &sessions).await?;
    history::add_calls(&db, &calls).await?;
    db.close().await;
    surroundings(client, campaign).await
}

/// One caller with as many calls as they had patience for.
fn caller(rng: &mut impl Rng, campaign: &str, at: i64, sessions: &mut Vec<Session>, calls: &mut Vec<Call>) {
    let id = id(rng, at);
    let answered = rng.random_range(0..10) > 1;
    let reached = if answered {
        rng.random_range(0..=OFFICES.len())
    } else {
        0
    };
    let mut ms = 25_000;
    for (index, office) in OFFICES.iter().take(reached).enumerate() {
        let (status, outcome) = *ENDS.choose(rng).unwrap_or(&ENDS[0]);
        let talk_ms = match outcome {
            "talked" => rng.random_range(20_000..240_000),
            "voicemail" | "skipped" => rng.random_range(5_000..40_000),
            _ => 0,
        };
        calls.push(Call {
            id: self::id(rng, at + ms),
            session_id: id.clone(),
            campaign_id: campaign.to_owned(),
            target_key: office.key.to_owned(),
            target_index: i64::try_from(index).unwrap_or(0),
            office_uid: String::new(),
            caller_id_reason: "caller_proved".to_owned(),
            status: status.to_owned(),
            outcome: Some(outcome.to_owned()),
            started_at: at + ms,
            ended_at: Some(at + ms + 8_000 + talk_ms),
            duration_ms: Some(talk_ms),
        });
        ms += 12_000 + talk_ms;
    }
    let (status, step) = match (answered, reached) {
        (false, _) => ("no-answer", "start".to_owned()),
        (true, 0) => ("completed", "confirm".to_owned()),
        (true, n) => ("completed", format!("done {n}")),
    };
    let wait = rng.random_range(50..4_000);
    sessions.push(Session {
        id,
        campaign_id: campaign.to_owned(),
        direction: Direction::Outbound,
        state: SessionState::Ended,
        status: status.to_owned(),
        step,
        phone_hash: String::new(),
        phone_enc: None,
        phone_last2: format!("{:02}", rng.random_range(0..100)),
        country: "us".to_owned(),
        reference: REFS.choose(rng).copied().unwrap_or_default().to_owned(),
        location: String::new(),
        caller_id: Some(CAMPAIGN_NUMBER.to_owned()),
        record: false,
        targets: Vec::new(),
        target_keys: Vec::new(),
        node: Some("demo".to_owned()),
        lease_until: 0,
        not_before_at: at,
        attempts: 1,
        queued_at: at - wait,
        started_at: Some(at),
        answered_at: answered.then_some(at + 6_000),
        ended_at: Some(at + ms),
        queue_delay_ms: Some(wait),
        duration_ms: Some(ms),
    });
}

/// A UUID whose time is that of the row, so that lists by id are lists by time (RFC 9562 section 5.7).
fn id(rng: &mut impl Rng, at: i64) -> String {
    let millis = u64::try_from(at).unwrap_or(0);
    uuid::Builder::from_unix_timestamp_millis(millis, &rng.random())
        .into_uuid()
        .to_string()
}

/// A second campaign that rests, a partner and a viewer, a number that is blocked, and a receiver of events that is not there.
async fn surroundings(client: &Client, campaign: &str) -> anyhow::Result<()> {
    let second = json!({ "name": "clean water", "language": "es", "organization": "Río Limpio" });
    client.post("/v1/campaigns", &second).await?;
    for (name, role, campaigns) in [
        ("vera", "viewer", json!([])),
        ("paula", "partner", json!([campaign])),
    ] {
        let user = json!({ "name": name, "role": role, "campaigns": campaigns });
        client.post("/v1/users", &user).await?;
    }
    client
        .post(
            "/v1/blocklist",
            &json!({ "phone": "+12025550199", "reason": "asked us not to" }),
        )
        .await?;
    let hook = json!({ "url": "https://hooks.example/trunkline", "events": ["session.ended"] });
    client.post("/v1/webhooks", &hook).await?;
    Ok(())
}

/// Somebody who can log in. Answers the password.
pub(super) async fn login(client: &Client, name: &str) -> anyhow::Result<String> {
    let password = password::one_time()?;
    let user = json!({ "name": name, "role": "admin", "password": password });
    let made: Value = client.post("/v1/users", &user).await?;
    anyhow::ensure!(made["name"] == name, "no user was made: {made}");
    Ok(password)
}
