//! What a trunk may speak beside G.711 in packets of 20 ms: G.722 and Opus with transcoding, and packets of other lengths both ways.

use std::collections::BTreeSet;

use anyhow::{Result, ensure};
use serde_json::json;
use trunkline_media::tone;
use trunkline_tests::capture;
use trunkline_tests::scenario::Scenario;
use trunkline_tests::stage::tone_of;

use super::srtp::{HEARD_MS, LEVEL, call, call_in_packets, talker, talks};

/// The target's telephone decodes and encodes by an implementation that is not ours.
#[tokio::test]
async fn g722_with_a_caller_who_speaks_g711() -> Result<()> {
    let call = call(
        talker(),
        json!({ "codecs": ["G722", "PCMU"] }),
        &["audio_codecs=g722"],
    )
    .await?;
    let (echoed, cdr) = (call.echoed_ms(), call.target_cdr());
    ensure!(
        echoed >= HEARD_MS && cdr["codec"] == "G722",
        "the caller heard {echoed} ms: {cdr:#}"
    );
    ensure!(cdr["mos"].as_f64().is_some_and(|mos| mos > 4.0), "{cdr:#}");
    Ok(())
}

/// The same with libopus at 48 kHz.
#[tokio::test]
async fn opus_with_a_caller_who_speaks_g711() -> Result<()> {
    let call = call(
        talker(),
        json!({ "codecs": ["opus", "PCMU"] }),
        &["audio_codecs=opus"],
    )
    .await?;
    let (echoed, cdr) = (call.echoed_ms(), call.target_cdr());
    ensure!(
        echoed >= HEARD_MS && cdr["codec"] == "opus",
        "the caller heard {echoed} ms: {cdr:#}"
    );
    Ok(())
}

/// The caller wishes packets of this length and sends such; the target's telephone does the same.
async fn check_ptime(ms: usize) -> Result<()> {
    let caller = Scenario::answering("caller")
        .ringing()
        .answer_with(&format!("a=ptime:{ms}\n"))
        .pause(1_500)
        .keys("*");
    let ptime = format!("ptime={ms}");
    let call = call_in_packets(talks(caller), json!({}), &["audio_codecs=pcmu", &ptime], ms).await?;
    let audio = capture::heard(&call.datagrams, call.caller);
    let intro = tone::heard_ms(&audio, tone_of("msg_intro"), LEVEL);
    let echoed = call.echoed_ms();
    ensure!(
        intro >= 200 && echoed >= HEARD_MS,
        "the caller heard {intro} ms of the intro and {echoed} ms of himself: {:#?}",
        call.cdrs
    );
    let loud = |payload: &[u8]| payload.iter().any(|byte| !matches!(byte, 0x7F | 0xFF));
    let lengths: BTreeSet<usize> = call
        .datagrams
        .iter()
        .filter(|d| d.to.port() == call.caller)
        .filter_map(|d| capture::Rtp::read(&d.payload))
        .filter(|rtp| rtp.payload_type == 0 && loud(rtp.payload))
        .map(|rtp| rtp.payload.len())
        .collect();
    ensure!(lengths.contains(&(ms * 8)), "packets of {lengths:?} bytes");
    Ok(())
}

#[tokio::test]
async fn packets_of_10_ms() -> Result<()> {
    check_ptime(10).await
}

#[tokio::test]
async fn packets_of_30_ms() -> Result<()> {
    check_ptime(30).await
}

#[tokio::test]
async fn packets_of_40_ms() -> Result<()> {
    check_ptime(40).await
}

#[tokio::test]
async fn packets_of_60_ms() -> Result<()> {
    check_ptime(60).await
}
