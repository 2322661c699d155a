//! Everything that a campaign needs, made through the control API, in the order in which an operator would.

use std::net::SocketAddr;

use anyhow::Context;
use serde_json::{Value, json};

use super::cast::{CAMPAIGN_NUMBER, OFFICES, RING, SCRIPT, caller};
use super::client::Client;

/// Most calls that one office is rung with at once: all of them.
const MAX_PER_NUMBER: usize = 10_000;

/// Makes it and launches the campaign. Answers the campaign's id.
pub(super) async fn campaign(client: &Client, carrier: SocketAddr) -> anyhow::Result<String> {
    let trunk = json!({
        "name": "demo carrier", "host": carrier.ip().to_string(), "port": carrier.port(),
        "allow": [format!("{}/32", carrier.ip())], "codecs": ["PCMU", "PCMA"],
    });
    let trunk = id(client.post("/v1/trunks", &trunk).await?)?;
    let route = json!({"name": "everywhere", "prefixes": ["+"], "trunks": [{"trunk_id": trunk}]});
    client.post("/v1/routes", &route).await?;
    let campaign = json!({
        "name": "demo", "country": "us", "max_per_number": MAX_PER_NUMBER,
        "timers": {"ring_target_ms": u64::try_from(RING.as_millis())?},
    });
    let campaign = id(client.post("/v1/campaigns", &campaign).await?)?;
    let number = json!({"e164": CAMPAIGN_NUMBER, "trunk_id": trunk, "campaign_id": campaign});
    client.post("/v1/numbers", &number).await?;
    for office in &OFFICES {
        let target = json!({
            "key": office.key, "title": office.title, "name": office.name, "phone": office.phone,
        });
        client.post("/v1/targets", &target).await?;
    }
    let keys: Vec<&str> = OFFICES.iter().map(|office| office.key).collect();
    client
        .put(
            &format!("/v1/campaigns/{campaign}/targets"),
            &json!({"target_ids": keys}),
        )
        .await?;
    for (key, text) in SCRIPT {
        let form = reqwest::multipart::Form::new()
            .text("key", key)
            .text("language", "en")
            .text("campaign_id", campaign.clone())
            .text("text", text);
        client.form("/v1/prompts", form).await?;
    }
    client
        .post(&format!("/v1/campaigns/{campaign}/launch"), &json!({}))
        .await?;
    Ok(campaign)
}

/// Caller `n` fills in the form of a campaign's web page.
pub(super) async fn call(client: &Client, campaign: &str, n: usize) -> anyhow::Result<Value> {
    client
        .post(
            "/call/create",
            &json!({"campaignId": campaign, "userPhone": caller(n)}),
        )
        .await
}

fn id(made: Value) -> anyhow::Result<String> {
    Ok(made["id"]
        .as_str()
        .with_context(|| format!("no id in {made}"))?
        .to_owned())
}
