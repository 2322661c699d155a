//! What a trunk may ask for: credentials by 401 and 407, with MD5 and SHA-256.

use anyhow::{Result, ensure};
use serde_json::json;
use trunkline_tests::scenario::Scenario;
use trunkline_tests::stage::{CALLER, Plan, Stage};
use trunkline_tests::world::World;

use super::{SESSION, SIPP, sipp};

async fn check(caller: &Scenario, sent: &str) -> Result<()> {
    let world = World::start().await?;
    let mut caller = sipp(world.path(), caller)?;
    let plan = Plan {
        callers: vec![caller.port],
        trunk: json!({ "username": "trunkline", "password": "open sesame" }),
        ..Plan::default()
    };
    let stage = Stage::set(&world, &plan).await?;
    let session = stage.call(CALLER).await?;
    let over = stage.over(&session, SESSION).await?;
    caller.finished(SIPP)?;
    ensure!(over["status"] == "busy", "{over:#}");
    ensure!(
        caller.messages().contains(sent),
        "no {sent} in {}",
        caller.messages()
    );
    let legs = stage.legs(&session).await?;
    ensure!(
        legs == ["caller outbound 486 not answered by caller"],
        "one leg, however often it was challenged: {legs:#?}"
    );
    Ok(())
}

#[tokio::test]
async fn asks_for_credentials_by_401() -> Result<()> {
    let header = "WWW-Authenticate: Digest realm=\"carrier.example\", nonce=\"47364c23432d2e131a5fb210812c\", qop=\"auth\"\n";
    let caller = Scenario::answering("caller")
        .challenge("401 Unauthorized", header, "trunkline", "open sesame")
        .ringing()
        .reject("486 Busy Here", "");
    check(&caller, "Authorization: Digest username=\"trunkline\"").await
}

/// sipp checks no Proxy-Authorization; that its digest is right is shown by RFC 7616's examples in `gateway`.
#[tokio::test]
async fn asks_for_credentials_by_407() -> Result<()> {
    let header =
        "Proxy-Authenticate: Digest realm=\"carrier.example\", nonce=\"a1b2c3d4e5\", algorithm=MD5\n";
    let caller = Scenario::answering("caller")
        .reject("407 Proxy Authentication Required", header)
        .expect("INVITE")
        .ringing()
        .reject("486 Busy Here", "");
    check(&caller, "Proxy-Authorization: Digest username=\"trunkline\"").await
}
