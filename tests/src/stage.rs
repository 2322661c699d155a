//! A campaign set up for a test: two trunks (one where callers are, one where targets are), tones for prompts, targets with numbers.

use std::time::Duration;

use anyhow::{Context, Result};
use serde_json::{Value, json};

use crate::world::World;

/// Each prompt is a tone of its own, so that a capture tells what was played.
pub const PROMPTS: [(&str, f64); 15] = [
    ("msg_intro", 500.0),
    ("msg_intro_confirm", 600.0),
    ("msg_call_block_intro", 700.0),
    ("msg_target_intro", 800.0),
    ("msg_between_calls", 900.0),
    ("msg_final_thanks", 1_000.0),
    ("msg_target_busy", 1_100.0),
    ("msg_goodbye", 1_200.0),
    ("msg_campaign_paused", 1_300.0),
    ("msg_prompt_schedule", 1_400.0),
    ("msg_campaign_complete", 1_500.0),
    ("msg_invalid_location", 1_600.0),
    ("msg_location", 1_700.0),
    ("msg_unparsed_location", 1_800.0),
    ("msg_intro_location", 1_900.0),
];
/// How long each of them plays, milliseconds.
pub const PROMPT_MS: usize = 300;
/// Callers of a test share its few targets; the office guard is for the test that looks at it.
const MANY: u32 = 10_000;
/// The supporter.
pub const CALLER: &str = "+12025550123";
/// Our number.
pub const OURS: &str = "+12025550100";

/// The tone of a prompt.
pub fn tone_of(prompt: &str) -> f64 {
    PROMPTS
        .iter()
        .find(|(key, _)| *key == prompt)
        .map_or(0.0, |(_, hz)| *hz)
}

/// A target's number, from 0.
pub fn target_number(index: usize) -> String {
    format!("+1303555{:04}", 110 + index)
}

/// What a stage is made of. Everything has a default.
#[derive(Clone, Debug)]
pub struct Plan {
    /// SIP port of the trunk to callers, and further ones that follow when it fails.
    pub callers: Vec<u16>,
    /// The same to targets.
    pub targets: Vec<u16>,
    /// How many targets.
    pub count: usize,
    /// Targets of other kinds, instead of them.
    pub list: Vec<Value>,
    /// Merged into every trunk: credentials, transport.
    pub trunk: Value,
    /// Merged into the trunk to callers, on top.
    pub caller_trunk: Value,
    /// Merged into the trunk to targets, on top.
    pub target_trunk: Value,
    /// Merged into the campaign.
    pub campaign: Value,
}

impl Default for Plan {
    fn default() -> Self {
        Plan {
            callers: Vec::new(),
            targets: Vec::new(),
            count: 1,
            list: Vec::new(),
            trunk: json!({}),
            caller_trunk: json!({}),
            target_trunk: json!({}),
            campaign: json!({}),
        }
    }
}

impl Plan {
    /// One trunk to callers and one to targets, by their ports.
    pub fn between(callers: u16, targets: u16) -> Plan {
        Plan {
            callers: vec![callers],
            targets: vec![targets],
            ..Plan::default()
        }
    }
}

/// A campaign that is live.
#[derive(Debug)]
pub struct Stage<'w> {
    world: &'w World,
    /// Its id.
    pub campaign: String,
}

impl<'w> Stage<'w> {
    /// Sets everything up through the control API and launches it.
    pub async fn set(world: &'w World, plan: &Plan) -> Result<Stage<'w>> {
        let extra = merged(plan.trunk.clone(), &plan.caller_trunk);
        let callers = trunks(world, "callers", &plan.callers, &extra).await?;
        // Nobody is rung who could not be connected: without a target's trunk of its own a test gets one where nothing listens.
        let ports = if plan.targets.is_empty() {
            &[9][..]
        } else {
            &plan.targets
        };
        let extra = merged(plan.trunk.clone(), &plan.target_trunk);
        let targets = trunks(world, "targets", ports, &extra).await?;
        route(world, "to callers", "+1202", &callers).await?;
        route(world, "to targets", "+1303", &targets).await?;
        let campaign = world
            .post(
                "/v1/campaigns",
                merged(json!({ "name": "test", "max_per_number": MANY }), &plan.campaign),
            )
            .await?;
        let campaign = id_of(&campaign)?;
        let first = callers
            .first()
            .or(targets.first())
            .context("a stage has a trunk")?;
        world
            .post(
                "/v1/numbers",
                json!({ "e164": OURS, "trunk_id": first, "campaign_id": campaign }),
            )
            .await?;
        for (key, hz) in PROMPTS {
            world.tone_prompt(&campaign, key, hz, PROMPT_MS).await?;
        }
        let alike = |index| json!({ "name": format!("Target {index}"), "title": "Senator", "phone": target_number(index) });
        let targets = match &plan.list[..] {
            [] => (0..plan.count).map(alike).collect(),
            others => others.to_vec(),
        };
        let mut list = Vec::new();
        for target in targets {
            list.push(id_of(&world.post("/v1/targets", target).await?)?);
        }
        world
            .put(
                &format!("/v1/campaigns/{campaign}/targets"),
                json!({ "target_ids": list }),
            )
            .await?;
        world
            .post(&format!("/v1/campaigns/{campaign}/launch"), json!({}))
            .await?;
        Ok(Stage { world, campaign })
    }

    /// Adds a trunk at this port for numbers that begin with +1404.
    pub async fn second_trunk(&self, port: u16) -> Result<()> {
        let trunk = trunks(self.world, "second", &[port], &json!({})).await?;
        route(self.world, "to the second", "+1404", &trunk).await
    }

    /// Adds one more target, on a trunk of its own at this port.
    pub async fn second_target(&self, port: u16) -> Result<()> {
        let world = self.world;
        self.second_trunk(port).await?;
        let target = json!({ "name": "Second", "title": "Senator", "phone": "+14045550111" });
        let id = id_of(&world.post("/v1/targets", target).await?)?;
        world
            .post(
                &format!("/v1/campaigns/{}/targets", self.campaign),
                json!({ "target_ids": [id] }),
            )
            .await?;
        Ok(())
    }

    /// Starts a session that calls this number back; returns its id.
    pub async fn call(&self, phone: &str) -> Result<String> {
        let body = json!({ "campaign_id": self.campaign, "phone": phone });
        id_of(&self.world.post("/v1/sessions", body).await?)
    }

    /// Waits until a session is over, and every leg of it has its record.
    pub async fn over(&self, session: &str, limit: Duration) -> Result<Value> {
        let path = format!("/v1/sessions/{session}");
        // The status is known when the flow says goodbye; the session is over when its last leg has its record.
        let over = |s: &Value| s["ended_at"].is_string();
        self.world.until(&path, limit, over).await
    }

    /// The records of a session's legs, oldest first.
    pub async fn cdrs(&self, session: &str) -> Result<Vec<Value>> {
        let list = self
            .world
            .get(&format!("/v1/cdrs?session_id={session}&limit=200"))
            .await?;
        let mut cdrs = list["items"].as_array().context("a list of records")?.clone();
        // Ids sort in the order of making, times only to the millisecond.
        cdrs.sort_by_key(|c| c["id"].as_str().unwrap_or_default().to_owned());
        Ok(cdrs)
    }

    /// One line a leg: `target outbound 200 answered by target`; what tests compare.
    pub async fn legs(&self, session: &str) -> Result<Vec<String>> {
        let line = |c: &Value| {
            let word = |name: &str| c[name].as_str().unwrap_or("-").to_owned();
            let answered = if c["answered_at"].is_string() {
                "answered"
            } else {
                "not answered"
            };
            format!(
                "{} {} {} {answered} by {}",
                word("side"),
                word("direction"),
                c["sip_status"],
                word("ended_by")
            )
        };
        Ok(self.cdrs(session).await?.iter().map(line).collect())
    }

    /// Status and outcome of a session's calls, in order: `completed talked`.
    pub async fn calls(&self, session: &str) -> Result<Vec<String>> {
        let session = self.world.get(&format!("/v1/sessions/{session}")).await?;
        let calls = session["calls"].as_array().context("a session has calls")?;
        let word = |c: &Value, name: &str| c[name].as_str().unwrap_or("-").to_owned();
        Ok(calls
            .iter()
            .map(|c| format!("{} {}", word(c, "status"), word(c, "outcome")))
            .collect())
    }
}

async fn trunks(world: &World, name: &str, ports: &[u16], extra: &Value) -> Result<Vec<String>> {
    let mut ids = Vec::new();
    for (index, port) in ports.iter().enumerate() {
        // A scenario of sipp counts every message: it is asked for nothing but calls, unless the test says so.
        let trunk = json!({ "name": format!("{name} {index}"), "host": "127.0.0.1", "port": port, "options_interval_ms": 0 });
        ids.push(id_of(&world.post("/v1/trunks", merged(trunk, extra)).await?)?);
    }
    Ok(ids)
}

async fn route(world: &World, name: &str, prefix: &str, trunks: &[String]) -> Result<()> {
    if trunks.is_empty() {
        return Ok(());
    }
    let tried: Vec<Value> = trunks
        .iter()
        .enumerate()
        .map(|(n, id)| json!({ "trunk_id": id, "priority": n + 1 }))
        .collect();
    world
        .post(
            "/v1/routes",
            json!({ "name": name, "prefixes": [prefix], "trunks": tried }),
        )
        .await?;
    Ok(())
}

fn merged(mut base: Value, over: &Value) -> Value {
    if let (Some(base), Some(over)) = (base.as_object_mut(), over.as_object()) {
        base.extend(over.clone());
    }
    base
}

fn id_of(answer: &Value) -> Result<String> {
    Ok(answer["id"]
        .as_str()
        .with_context(|| format!("no id in {answer}"))?
        .to_owned())
}
