//! What a trunk may ask for: credentials by 401 and 407, with MD5 and SHA-256.

use anyhow::{Result, ensure};
use serde_json::json;
use trunkline_tests::scenario::Scenario;
use trunkline_tests::stage::{CALLER, Plan, Stage};
use trunkline_tests::world::World;

use super::{SESSION, SIPP, sipp};

async fn check(status: &str, challenge: &str) -> Result<()> {
    let world = World::start().await?;
    let caller = Scenario::answering("caller")
        .challenge(status, challenge, "trunkline", "open sesame")
        .ringing()
        .reject("486 Busy Here", "");
    let mut caller = sipp(world.path(), &caller)?;
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
    check("401 Unauthorized", header).await
}

#[tokio::test]
async fn asks_for_credentials_by_407() -> Result<()> {
    let header =
        "Proxy-Authenticate: Digest realm=\"carrier.example\", nonce=\"a1b2c3d4e5\", algorithm=MD5\n";
    check("407 Proxy Authentication Required", header).await
}
