//! SIP over TLS, with Kamailio as the trunk: calls both ways of a dialog, and certificates that are not believed.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Result, ensure};
use serde_json::json;
use trunkline_tests::certificates::Authority;
use trunkline_tests::kamailio::{ACCOUNT, Carrier, Kamailio, PASSWORD};
use trunkline_tests::stage::{CALLER, Plan, Stage};
use trunkline_tests::world::World;

use super::{SESSION, SIPP, caller_who_begins, sipp, target_who_talks};

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
    // It shows its certificate too, since it is asked for one.
    let (world, authority) = World::with_tls(true).await?;
    // Who hangs up is another one on each leg: requests go both ways, ours on our connection, theirs on one that Kamailio opens.
    let caller = sipp(world.path(), &caller_who_begins().bye_in())?;
    let talks = target_who_talks(1_000);
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
    let (world, authority) = World::with_tls(false).await?;
    let strange = tempfile::tempdir()?;
    let stranger = Authority::new(strange.path())?;
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

/// OPTIONS over a connection that openssl opens, with this certificate; what comes back.
fn asked_by_openssl(world: &World, files: Option<&(PathBuf, PathBuf)>) -> Result<String> {
    let options = "OPTIONS sip:127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/TLS 127.0.0.1:5061;branch=z9hG4bKasked\r\nMax-Forwards: 70\r\n\
        From: <sip:carrier@127.0.0.1>;tag=1\r\nTo: <sip:127.0.0.1>\r\nCall-ID: asked\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n";
    std::fs::write(world.file("options.sip"), options)?;
    let shown = files.map_or_else(String::new, |(certificate, key)| {
        format!("-cert {} -key {}", certificate.display(), key.display())
    });
    // What is read to its end closes the connection: it stays open for the answer.
    let command = format!(
        "(cat options.sip; sleep 2) | timeout 10 openssl s_client -quiet -no_ign_eof -connect 127.0.0.1:{} {shown}",
        world.sip + 1
    );
    let done = Command::new("sh")
        .args(["-c", &command])
        .current_dir(world.path())
        .output()?;
    Ok(String::from_utf8_lossy(&done.stdout).into_owned())
}

/// Who calls must show a certificate of an authority that we name, before a word is read; the address alone is not enough.
#[tokio::test]
async fn who_shows_no_certificate_is_not_heard() -> Result<()> {
    let (world, authority) = World::with_tls(true).await?;
    let trunk =
        json!({ "name": "carrier", "host": "127.0.0.1", "transport": "tls", "options_interval_ms": 0 });
    world.post("/v1/trunks", trunk).await?;
    let elsewhere = tempfile::tempdir()?;
    let stranger = Authority::new(elsewhere.path())?.issue("localhost")?;
    ensure!(asked_by_openssl(&world, None)?.is_empty(), "nothing is shown");
    ensure!(
        asked_by_openssl(&world, Some(&stranger))?.is_empty(),
        "a stranger's is shown"
    );
    let known = authority.issue("localhost")?;
    let answer = asked_by_openssl(&world, Some(&known))?;
    ensure!(answer.starts_with("SIP/2.0 200 OK"), "{answer}");
    Ok(())
}
