//! Encrypted media on a trunk, with baresip at its far end: the caller, who is not encrypted, hears himself back through it.

use std::ops::RangeInclusive;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use trunkline_media::srtp::{MASTER_MAX, Master, Suite};
use trunkline_media::tone;
use trunkline_tests::baresip::Baresip;
use trunkline_tests::capture::{self, Capture, Datagram};
use trunkline_tests::scenario::Scenario;
use trunkline_tests::stage::{CALLER, Plan, Stage, target_number};
use trunkline_tests::world::{Database, World};

use super::{SESSION, SIPP, caller_who_begins, sipp};

/// What the caller says: no prompt has this tone.
pub(crate) const VOICE_HZ: f64 = 2_350.0;
pub(crate) const VOICE_MS: u32 = 3_000;
/// Of what is said so much must come back at least, milliseconds: the beginning is lost while the bridge is made.
pub(crate) const HEARD_MS: u64 = 1_500;
pub(crate) const LEVEL: f64 = 1_000.0;

/// A call to one target over a trunk with these settings.
pub(crate) struct Call {
    pub(crate) datagrams: Vec<Datagram>,
    pub(crate) cdrs: Vec<Value>,
    calls: Vec<String>,
    /// RTP port of the caller.
    pub(crate) caller: u16,
    /// RTP ports of the target.
    target: RangeInclusive<u16>,
}

impl Call {
    /// How long the caller heard his own voice.
    pub(crate) fn echoed_ms(&self) -> u64 {
        tone::heard_ms(&capture::heard(&self.datagrams, self.caller), VOICE_HZ, LEVEL)
    }

    /// How long somebody on the wire heard it at the target's ports.
    fn overheard_ms(&self) -> u64 {
        let heard_at = |port| tone::heard_ms(&capture::heard(&self.datagrams, port), VOICE_HZ, LEVEL);
        self.target.clone().map(heard_at).sum()
    }

    /// Packets that went to them, so that silence on the wire is not for want of packets.
    fn packets(&self) -> usize {
        let to_target = |d: &&Datagram| self.target.contains(&d.to.port());
        self.datagrams.iter().filter(to_target).count()
    }

    pub(crate) fn target_cdr(&self) -> &Value {
        self.cdrs.last().unwrap_or(&Value::Null)
    }
}

/// The caller begins, talks, and leaves.
pub(crate) fn talker() -> Scenario {
    talks(caller_who_begins())
}

/// Says what the test listens for, once the bridge is made, and leaves.
pub(crate) fn talks(caller: Scenario) -> Scenario {
    caller
        .pause(2_000)
        .play("voice.pcap")
        .pause(VOICE_MS + 500)
        .bye_out()
}

pub(crate) async fn call(caller: Scenario, trunk: Value, account: &[&str]) -> Result<Call> {
    call_in_packets(caller, trunk, account, 20).await
}

/// The same with the voice in packets of so many milliseconds.
pub(crate) async fn call_in_packets(
    caller: Scenario,
    trunk: Value,
    account: &[&str],
    ptime_ms: usize,
) -> Result<Call> {
    let world = World::with(&Database::Sqlite).await?;
    let capture = Capture::start(world.path(), "portrange 11000-31900")?;
    let target = Baresip::start(world.path(), "target", &target_number(0), account)?;
    capture::write_tone_in(&world.path().join("voice.pcap"), VOICE_HZ, VOICE_MS, ptime_ms)?;
    let mut caller = sipp(world.path(), &caller)?;
    let plan = Plan {
        callers: vec![caller.port],
        targets: vec![target.port],
        target_trunk: trunk,
        ..Plan::default()
    };
    let stage = Stage::set(&world, &plan).await?;
    let session = stage.call(CALLER).await?;
    stage.over(&session, SESSION).await?;
    caller.finished(SIPP)?;
    Ok(Call {
        datagrams: capture.stop()?,
        cdrs: stage.cdrs(&session).await?,
        calls: stage.calls(&session).await?,
        caller: caller.media,
        target: target.media..=target.media + 19,
    })
}

/// Both ways through the cipher, and nothing to be heard on the wire.
async fn check_encrypted(srtp: &str, account: &[&str]) -> Result<()> {
    let trunk = json!({ "srtp": srtp, "srtp_over_plain": true });
    let call = call(talker(), trunk, account).await?;
    let (echoed, overheard, packets) = (call.echoed_ms(), call.overheard_ms(), call.packets());
    ensure!(
        echoed >= HEARD_MS && overheard == 0 && packets > 100,
        "the caller heard {echoed} ms, the wire {overheard} ms in {packets} packets: {:#?}",
        call.cdrs
    );
    Ok(())
}

#[tokio::test]
async fn required_with_a_far_end_that_requires() -> Result<()> {
    check_encrypted("required", &["mediaenc=srtp-mand", "audio_codecs=pcmu"]).await
}

#[tokio::test]
async fn optional_with_a_far_end_that_wants_it() -> Result<()> {
    check_encrypted("optional", &["mediaenc=srtp", "audio_codecs=pcma"]).await
}

/// One that knows nothing of it answers plainly.
#[tokio::test]
async fn optional_with_a_far_end_that_has_none() -> Result<()> {
    let call = call(
        talker(),
        json!({ "srtp": "optional", "srtp_over_plain": true }),
        &["audio_codecs=pcmu"],
    )
    .await?;
    let (echoed, overheard) = (call.echoed_ms(), call.overheard_ms());
    ensure!(
        echoed >= HEARD_MS && overheard >= HEARD_MS,
        "the caller heard {echoed} ms, the wire {overheard} ms: {:#?}",
        call.cdrs
    );
    Ok(())
}

/// Required is never plain: who cannot is not called, and the record says so.
#[tokio::test]
async fn required_with_a_far_end_that_has_none() -> Result<()> {
    let call = call(
        caller_who_begins().bye_in(),
        json!({ "srtp": "required", "srtp_over_plain": true }),
        &["audio_codecs=pcmu"],
    )
    .await?;
    ensure!(call.echoed_ms() == 0 && call.overheard_ms() == 0);
    let cdr = call.target_cdr();
    ensure!(cdr["sip_status"] == 488 && cdr["rtp_tx_packets"] == 0, "{cdr:#}");
    ensure!(call.calls == ["failed unreachable"], "{:?}", call.calls);
    Ok(())
}

/// The far end encrypts with a key that its SDP does not name: nothing of it is heard, and the record says why.
#[tokio::test]
async fn wrong_keys_are_not_heard() -> Result<()> {
    const NAMED: &str = "1 AES_CM_128_HMAC_SHA1_80 inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz";
    let world = World::with(&Database::Sqlite).await?;
    let capture = Capture::start(world.path(), "portrange 11000-31900")?;
    let other = Master::new(Suite::AesCm128HmacSha1_80, &[7; MASTER_MAX]).context("a key")?;
    capture::write_sealed_tone(&world.path().join("sealed.pcap"), VOICE_HZ, VOICE_MS, &other)?;
    let target = Scenario::answering("target")
        .ringing()
        .answer_encrypted(NAMED)
        .play("sealed.pcap")
        .bye_in();
    let (mut caller, mut target) = (
        sipp(world.path(), &caller_who_begins().pause(3_500).bye_out())?,
        sipp(world.path(), &target)?,
    );
    let plan = Plan {
        callers: vec![caller.port],
        targets: vec![target.port],
        target_trunk: json!({ "srtp": "required", "srtp_over_plain": true }),
        ..Plan::default()
    };
    let stage = Stage::set(&world, &plan).await?;
    let session = stage.call(CALLER).await?;
    stage.over(&session, SESSION).await?;
    for sipp in [&mut caller, &mut target] {
        sipp.finished(SIPP)?;
    }
    let datagrams = capture.stop()?;
    let heard = capture::heard(&datagrams, caller.media);
    let quiet = tone::heard_ms(&heard, VOICE_HZ, LEVEL) == 0;
    let cdrs = stage.cdrs(&session).await?;
    let cdr = cdrs.last().context("a record")?;
    let told = cdr["cause"]
        .as_str()
        .is_some_and(|cause| cause.ends_with(", SRTP not authentic"));
    ensure!(quiet && told && cdr["rtp_rx_packets"] == 0, "{cdr:#}");
    Ok(())
}
