//! SIP over TLS, with Kamailio as the trunk: calls both ways of a dialog, and certificates that are not believed.

use anyhow::{Result, ensure};
use serde_json::json;
use trunkline_tests::kamailio::{ACCOUNT, Carrier, Kamailio, PASSWORD};
use trunkline_tests::scenario::Scenario;
use trunkline_tests::stage::{CALLER, Plan, Stage};
use trunkline_tests::world::World;

use super::{SESSION, SIPP, caller_who_begins, sipp};

fn plan(port: u16) -> Plan {
    Plan {
        callers: vec![port],
        targets: vec![port],
        trunk: json!({ "host": "localhost", "transport": "tls", "username": ACCOUNT, "password": PASSWORD }),
        ..Plan::default()
    }
}

#[tokio::test]
async fn a_call_goes_over_tls() -> Result<()> {
    let (world, authority) = World::with_tls().await?;
    // Who hangs up is another one on each leg: requests go both ways, ours on our connection, theirs on one that Kamailio opens.
    let caller = sipp(world.path(), &caller_who_begins().bye_in())?;
    let talks = Scenario::answering("target")
        .ringing()
        .answer()
        .pause(1_000)
        .bye_out();
    let mut target = sipp(world.path(), &talks)?;
    let carrier = Carrier {
        tls: Some(authority.issue("localhost")?),
        ..Carrier::default()
    };
    let routes = [("+1202", caller.port), ("+1303", target.port)];
    let kamailio = Kamailio::start(world.path(), &carrier, &routes)?;
    let stage = Stage::set(&world, &plan(kamailio.port + 1)).await?;
    let session = stage.call(CALLER).await?;
    let over = stage.over(&session, SESSION).await?;
    ensure!(
        over["status"] == "completed",
        "{over:#}\n{}\n{}",
        world.printed(),
        kamailio.printed()
    );
    ensure!(stage.calls(&session).await? == ["completed talked"]);
    target.finished(SIPP)?;
    Ok(())
}

/// Somebody else's certificate, and one that nobody we know has given: no word of the call is said to them.
#[tokio::test]
async fn a_trunk_with_a_wrong_name_or_authority_gets_no_call() -> Result<()> {
    let (world, authority) = World::with_tls().await?;
    let strange = tempfile::tempdir()?;
    let stranger = trunkline_tests::certificates::Authority::new(strange.path())?;
    for files in [authority.issue("other.example")?, stranger.issue("localhost")?] {
        let folder = tempfile::tempdir()?;
        let carrier = Carrier {
            tls: Some(files),
            ..Carrier::default()
        };
        let kamailio = Kamailio::start(folder.path(), &carrier, &[])?;
        let trunk = json!({ "name": format!("tls {}", kamailio.port), "host": "localhost", "transport": "tls",
            "port": kamailio.port + 1, "username": ACCOUNT, "password": PASSWORD, "register": true });
        let trunk = world.post("/v1/trunks", trunk).await?;
        let status = format!("/v1/trunks/{}/status", trunk["id"].as_str().unwrap_or_default());
        let silent = |s: &serde_json::Value| s["registration"] == "silent";
        world.until(&status, SESSION, silent).await?;
        ensure!(
            !kamailio.printed().contains("seen REGISTER"),
            "{}",
            kamailio.printed()
        );
        let told = world.printed().matches("TLS with a trunk failed").count();
        ensure!(told > 0, "the log says why: {}", world.printed());
    }
    Ok(())
}
