//! What a trunk may ask for: credentials by 401 and 407, with MD5 and SHA-256.

use anyhow::{Result, ensure};
use serde_json::json;
use trunkline_tests::scenario::Scenario;
use trunkline_tests::stage::{CALLER, Plan, Stage};
use trunkline_tests::world::World;

use super::{SESSION, SIPP, sipp};

/// So many INVITEs a trunk gets that is never content.
const CHALLENGES: u32 = 3;

/// What the trunk has received; `status` and `leg` are how the session and its one leg end.
async fn called(caller: &Scenario, (status, leg): (&str, &str)) -> Result<String> {
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
    ensure!(over["status"] == status, "{over:#}");
    let legs = stage.legs(&session).await?;
    ensure!(
        legs == [leg],
        "one leg, however often it was challenged: {legs:#?}"
    );
    Ok(caller.messages())
}

async fn check(caller: &Scenario, sent: &str) -> Result<()> {
    let busy = ("busy", "caller outbound 486 not answered by caller");
    let messages = called(caller, busy).await?;
    ensure!(messages.contains(sent), "no {sent} in {messages}");
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

/// Every nonce is stale as soon as it has been used: two are answered (RFC 7616 section 3.3), and then it is the trunk's fault.
#[tokio::test]
async fn challenges_for_ever() -> Result<()> {
    let header = |nonce| {
        format!("WWW-Authenticate: Digest realm=\"carrier.example\", nonce=\"{nonce}\", stale=true\n")
    };
    let mut caller = Scenario::answering("caller").reject("401 Unauthorized", &header(1));
    for nonce in 2..=CHALLENGES {
        caller = caller.expect("INVITE").reject("401 Unauthorized", &header(nonce));
    }
    let failed = ("failed", "caller outbound 401 not answered by trunk");
    let messages = called(&caller, failed).await?;
    let asked = |n: u32| messages.contains(&format!("CSeq: {n} INVITE"));
    ensure!(asked(CHALLENGES) && !asked(CHALLENGES + 1), "{messages}");
    Ok(())
}
