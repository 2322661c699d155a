//! The harness, tried without Trunkline: two sipps that speak our scenarios to each other, with audio in a capture.

use std::time::Duration;

use anyhow::{Result, ensure};
use trunkline_media::tone;
use trunkline_tests::capture::{self, Capture};
use trunkline_tests::scenario::Scenario;
use trunkline_tests::sipp::{Setup, Sipp};

#[test]
fn two_sipps_talk_and_the_capture_hears_them() -> Result<()> {
    let dir = tempfile::tempdir()?;
    let capture = Capture::start(dir.path(), "portrange 11000-31100")?;
    capture::write_tone(&dir.path().join("tone.pcap"), 440.0, 1_500)?;
    let target = Scenario::answering("target")
        .ringing()
        .answer()
        .play("tone.pcap")
        .pause(1_500)
        .keys("5")
        .bye_in();
    let caller = Scenario::calling("caller", "+12025550199", "+12025550123")
        .expect_response(200, &[180])
        .ack_out()
        .pause(2_000)
        .hang_up();
    let target_file = target.write(dir.path())?;
    let mut target = Sipp::start(
        dir.path(),
        &Setup {
            name: "target",
            scenario: &target_file,
            ..Setup::default()
        },
    )?;
    let caller_file = caller.write(dir.path())?;
    let there = format!("127.0.0.1:{}", target.port);
    let setup = Setup {
        name: "caller",
        scenario: &caller_file,
        args: &[&there],
        ..Setup::default()
    };
    let mut caller = Sipp::start(dir.path(), &setup)?;
    caller.finished(Duration::from_secs(15))?;
    target.finished(Duration::from_secs(15))?;
    let datagrams = capture.stop()?;
    let pcm = capture::heard(&datagrams, caller.media);
    ensure!(pcm.len() > 8_000, "{} samples heard", pcm.len());
    ensure!(
        tone::share(&pcm, 440.0) > 0.5,
        "440 Hz has {} of the energy",
        tone::share(&pcm, 440.0)
    );
    Ok(())
}
