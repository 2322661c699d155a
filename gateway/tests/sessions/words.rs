//! What can happen, as the words of a script.

use std::time::Duration;

use trunkline_gateway::command::Command;
use trunkline_gateway::ids::LegId;
use trunkline_media::command::Event as MediaEvent;
use trunkline_media::dtmf::Digit;

use crate::engine::first_packet;
use crate::rig::{CALLER, OURS, Rig, TARGETS};

/// Makes it happen. `false` when it cannot, in this moment (nobody rings, nobody is on the line).
pub(crate) fn say(rig: &mut Rig, line: &str) -> bool {
    let words: Vec<&str> = line.split(' ').collect();
    let done = match words[..] {
        ["dial"] => {
            rig.dial();
            true
        }
        ["extension", _] => {
            rig.extension = "12#";
            true
        }
        ["nobody", "proves", "the", "number"] => {
            rig.proved = false;
            true
        }
        ["wait", time] => {
            rig.wait(duration(time));
            true
        }
        ["played"] => played(rig),
        ["wire", "holds"] => hold(rig, true),
        ["wire", "goes"] => hold(rig, false),
        ["wire", "loses"] => {
            rig.lose();
            true
        }
        ["wire", "loses", "ACKs"] => {
            rig.loses_acks = true;
            true
        }
        ["wire", "brings", "ACKs"] => {
            rig.loses_acks = false;
            true
        }
        ["one", "trunk", ..] => one_trunk(rig, &words[2..]),
        ["hang", "up"] => order(rig, |rig| Command::HangUp {
            session: rig.session(),
        }),
        ["drain"] => order(rig, |_| Command::Drain),
        ["rest", ref over @ ..] => order(rig, |_| Command::Rest { on: over.is_empty() }),
        ["stop"] => order(rig, |_| Command::Stop),
        ["nobody", "is", "heard"] => {
            rig.engine.deaf = true;
            true
        }
        ["everybody", "is", "heard"] => {
            rig.engine.deaf = false;
            true
        }
        ["mute", "targets", "are", "kept"] => {
            rig.retries = false;
            true
        }
        ["show", "the", whose, "trace" | "traces"] => rig.show_traces(whose),
        ["no", "port"] => {
            rig.engine.refuse_next = true;
            true
        }
        ["nobody", "accepts"] => {
            rig.accepts = false;
            true
        }
        ["accept"] => rig.accept(),
        ["caller", "calls"] => inbound(rig, None),
        ["caller", "calls", "with", "Privacy", privacy] => inbound(rig, Some(privacy)),
        ["alpha" | "beta", ..] => carrier(rig, &words),
        [name @ ("caller" | "target" | "target2"), ref what @ ..] => telephone(rig, number(name), what),
        _ => panic!("no such words: {line}"),
    };
    rig.settle();
    done
}

fn number(name: &str) -> &'static str {
    match name {
        "caller" => CALLER,
        "target" => TARGETS[0],
        _ => TARGETS[1],
    }
}

fn duration(text: &str) -> Duration {
    match text.strip_suffix("ms") {
        Some(ms) => Duration::from_millis(ms.parse().expect("milliseconds")),
        None => Duration::from_secs(text.trim_end_matches('s').parse().expect("seconds")),
    }
}

fn order(rig: &mut Rig, command: impl FnOnce(&Rig) -> Command) -> bool {
    let command = command(rig);
    rig.command(command);
    true
}

fn hold(rig: &mut Rig, holds: bool) -> bool {
    rig.holds = holds;
    true
}

fn one_trunk(rig: &mut Rig, words: &[&str]) -> bool {
    match words {
        [] => rig.one_trunk(Duration::ZERO),
        ["asked", "every", time] => rig.one_trunk(duration(time)),
        _ => panic!("no such words: {words:?}"),
    }
    true
}

fn played(rig: &mut Rig) -> bool {
    let event = rig.stream(CALLER).and_then(|stream| rig.engine.played(stream));
    event.map(|event| rig.media(event)).is_some()
}

fn inbound(rig: &mut Rig, privacy: Option<&str>) -> bool {
    let gateway = "10.0.0.1:5060".parse().expect("address");
    let now = rig.now;
    rig.fars[0].dial(now, gateway, (CALLER, OURS), privacy);
    true
}

fn carrier(rig: &mut Rig, words: &[&str]) -> bool {
    let Some(far) = rig.fars.iter_mut().find(|f| f.name == words[0]) else {
        return false;
    };
    match words[1..] {
        ["silent"] => far.silent = true,
        ["back"] => (far.silent, far.refuses) = (false, None),
        ["refuses", status, "for", time] => {
            far.refuses = Some(status.parse().expect("a status"));
            far.retry_after = Some(duration(time));
        }
        ["refuses", status] => far.refuses = Some(status.parse().expect("a status")),
        ["speaks", "PCMA"] => far.codec = trunkline_media::codec::Codec::Pcma,
        _ => panic!("no such words: {words:?}"),
    }
    true
}

/// What the telephone with `user`'s number does.
fn telephone(rig: &mut Rig, user: &str, what: &[&str]) -> bool {
    let Some(n) = rig.fars.iter_mut().position(|f| f.call(user).is_some()) else {
        return false;
    };
    let now = rig.now;
    let stream = rig.stream(user);
    let far = &mut rig.fars[n];
    let Some(call) = far.call(user) else { return false };
    let (leg, offer, answered) = (call.leg, call.theirs.clone(), call.answered);
    match what {
        ["rings"] => far.endpoint.progress(now, leg, 180, None),
        ["is", "looked", "for"] => far.endpoint.progress(now, leg, 183, None),
        ["early"] => {
            let sdp = offer.map(|o| far.answer_to(&o));
            far.endpoint.progress(now, leg, 183, sdp);
        }
        ["answers"] => answer(rig, n, user),
        ["busy"] => reject(rig, n, (leg, user), 486),
        ["declines"] => reject(rig, n, (leg, user), 603),
        ["says", status] => reject(rig, n, (leg, user), status.parse().expect("a status")),
        ["hangs", "up"] => far.close(now, leg),
        ["holds"] if answered => {
            let offer = far.hold();
            far.endpoint.modify(now, leg, offer);
        }
        ["holds"] => return false,
        ["resumes"] if answered => {
            let offer = far.offer();
            far.endpoint.modify(now, leg, offer);
        }
        ["resumes"] => return false,
        ["presses", key] => {
            let digit = key.chars().next().and_then(Digit::from_char).expect("a key");
            let Some(stream) = stream else { return false };
            rig.media(MediaEvent::Digit { stream, digit });
        }
        ["speaks"] => {
            let Some(stream) = stream else { return false };
            rig.media(first_packet(stream));
        }
        ["falls", "silent"] => {
            let Some(stream) = stream else { return false };
            rig.media(MediaEvent::Timeout { stream });
        }
        _ => panic!("no such words: {what:?}"),
    }
    true
}

fn answer(rig: &mut Rig, n: usize, user: &str) {
    let now = rig.now;
    let far = &mut rig.fars[n];
    let Some(call) = far.call(user) else { return };
    let (leg, offer) = (call.leg, call.theirs.clone());
    call.answered = true;
    let sdp = offer.map_or_else(|| far.offer(), |o| far.answer_to(&o));
    far.endpoint.answer(now, leg, sdp);
}

fn reject(rig: &mut Rig, n: usize, (leg, user): (LegId, &str), status: u16) {
    let now = rig.now;
    let far = &mut rig.fars[n];
    far.endpoint.reject(now, leg, status, None);
    if let Some(call) = far.call(user) {
        call.over = true;
    }
}
